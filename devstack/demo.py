"""The demo: a play on a real stack, shown live; then the table of its invariants.

What the players do is lively and by chance; what must hold of it in the end is exact.
"""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from rich.console import Console

from devstack.checker import Result, check
from devstack.live import Score, shown, verdict_table
from devstack.observations import Evidence
from devstack.play import play
from devstack.stack import chosen_ports, running_stack


def run_demo(*, seconds: float, seed: int, folder: Path, console: Console) -> int:
    """Run the demo and print the table of its invariants.

    Args:
        seconds: How long Helm and the buyers play.
        seed: Of the players' choices.
        folder: Where a folder for data and logs is made; it stays when something did not hold.
        console: Where to show it.

    Returns:
        0 if all invariants hold, 1 otherwise.

    Raises:
        StackError: A part of the stack did not start, or ended by itself.
        LocalKafkaError: Kafka did not start.
        Unreadable: Kafka's records could not be read back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="demo-", dir=folder))
    score = Score(play_s=seconds)
    began = time.monotonic()
    are_logs_wanted = True
    try:
        results = check(_evidence(score, seed=seed, folder=own, console=console))
        are_logs_wanted = not all(result.holds for result in results)
        _report(score, results, took_s=time.monotonic() - began, console=console)
    except KeyboardInterrupt:
        are_logs_wanted = False
        console.print("Broken off; everything is stopped.")
        raise
    finally:
        if are_logs_wanted:
            shutil.rmtree(own / "kafka" / "log", ignore_errors=True)
            console.print(f"The logs are in {own}", soft_wrap=True, highlight=False)
        else:
            shutil.rmtree(own, ignore_errors=True)
    return 1 if are_logs_wanted else 0


def _evidence(score: Score, *, seed: int, folder: Path, console: Console) -> Evidence:
    def on_phase(phase: str) -> None:
        score.phase = phase

    import_from = datetime.now(UTC)
    chance = Random(seed)  # noqa: S311 -- a game, not cryptography
    with (
        shown(score, console),
        running_stack(
            folder=folder, ports=chosen_ports(None), console=console, on_phase=on_phase
        ) as stack,
    ):
        evidence = asyncio.run(play(stack, score, chance=chance, import_from=import_from))
        score.phase = "stopping"
    return evidence


def _report(score: Score, results: Sequence[Result], *, took_s: float, console: Console) -> None:
    console.print(verdict_table(results))
    console.print(
        f"{score.levels:,} levels changed, {score.stock_written:,} quantities written to JD, "
        f"{score.placed:,} orders placed, {score.cancelled:,} cancelled, "
        f"{score.could_not_be_filled:,} could not be filled, {score.shipped:,} parcels shipped, "
        f"{score.jd_calls:,} JD calls, the adapter killed {score.kills} time(s), "
        f"{took_s:.0f} s in all.",
        highlight=False,
        soft_wrap=True,
    )
