"""What happens, as it happens: counters, the last orders, the time; and the table at the end.

On a terminal a picture that renews itself, elsewhere a plain line every few seconds.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.cells import set_cell_size
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from devstack.checker import FIRST_OFFENDERS, Result

_FRAMES_PER_S = 4
_PLAIN_LINE_S = 3.0
_LAST_ORDERS = 6
_TITLE_CELLS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenOrder:
    """An order's record, for people."""

    order_id: str
    revision: int
    change: str
    title: str
    """JD's title of its first line."""
    paid: str
    """Amount and currency."""


@dataclass(slots=True)
class Score:
    """All that is shown; whoever does something counts it here."""

    phase: str = "starting"
    play_s: float = 1.0
    """How long the play takes, in seconds."""
    played_since: float | None = None
    """When it began, by the monotonic clock."""
    levels: int = 0
    stock_written: int = 0
    listings: int = 0
    placed: int = 0
    cancelled: int = 0
    turned_away: int = 0
    records: int = 0
    """Records of `jd.orders`."""
    imported: int = 0
    """Orders among them."""
    could_not_be_filled: int = 0
    dispatched: int = 0
    shipped: int = 0
    jd_calls: int = 0
    jd_calls_per_s: float = 0.0
    kills: int = 0
    last_orders: deque[SeenOrder] = field(default_factory=lambda: deque(maxlen=_LAST_ORDERS))

    def played_s(self) -> float:
        """Tell how much of the play is over, in seconds."""
        if self.played_since is None:
            return 0.0
        return min(time.monotonic() - self.played_since, self.play_s)


@contextmanager
def shown(score: Score, console: Console) -> Iterator[None]:
    """Show a score while the context is open."""
    if console.is_terminal:
        live = Live(
            get_renderable=lambda: picture(score),
            console=console,
            refresh_per_second=_FRAMES_PER_S,
            transient=True,
        )
        with live:
            yield
        return
    done = threading.Event()
    writer = threading.Thread(target=_write_lines, args=(score, console, done), daemon=True)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def picture(score: Score) -> RenderableType:
    """Draw the whole score."""
    counters = Table.grid(padding=(0, 2))
    for _ in range(2):
        counters.add_column(justify="left", style="bold")
        counters.add_column(justify="right", min_width=6)
    rows = (
        ("Helm's levels changed", score.levels, "JD stock written", score.stock_written),
        ("Orders placed at JD", score.placed, "Orders imported", score.imported),
        ("  cancelled by buyers", score.cancelled, "  records in jd.orders", score.records),
        ("  could not be filled", score.could_not_be_filled, "  sold out", score.turned_away),
        ("Parcels dispatched", score.dispatched, "Parcels shipped at JD", score.shipped),
        ("Listings", score.listings, "JD calls", score.jd_calls),
    )
    for left, count, right, other in rows:
        counters.add_row(left, f"{count:,}", right, f"{other:,}")
    orders = Table.grid(padding=(0, 1))
    for order in reversed(score.last_orders):
        orders.add_row(
            Text(order.order_id, style="cyan"),
            f"r{order.revision}",
            Text(order.change, style="magenta"),
            Text(set_cell_size(order.title, _TITLE_CELLS)),
            Text(order.paid, style="green"),
        )
    kills = f" · killed {score.kills} times" if score.kills > 1 else ""
    head = Text.assemble(
        (score.phase, "bold yellow"), f" · {score.jd_calls_per_s:.1f} JD calls a second{kills}"
    )
    bar = ProgressBar(total=score.play_s, completed=score.played_s(), width=60)
    return Panel(
        Group(head, bar, Text(), counters, Text(), Text("Last orders", style="bold"), orders),
        title="Helm ⇄ Kafka ⇄ helm-jd ⇄ JD.com",
    )


def line(score: Score) -> str:
    """Say the score in one line."""
    return (
        f"{score.played_s():3.0f}/{score.play_s:.0f} s  {score.phase}: "
        f"levels {score.levels}, stock written {score.stock_written}, placed {score.placed}, "
        f"imported {score.imported}, dispatched {score.dispatched}, shipped {score.shipped}, "
        f"JD calls {score.jd_calls} ({score.jd_calls_per_s:.1f}/s)"
    )


def verdict_table(results: Sequence[Result]) -> Table:
    """Draw the invariants: what, how many were looked at, whether it holds, who breaks it."""
    table = Table(title="Invariants")
    table.add_column("Invariant")
    table.add_column("Counted", justify="right")
    table.add_column("Verdict")
    table.add_column("First offenders", overflow="fold")
    for result in results:
        offenders = list(result.offenders[:FIRST_OFFENDERS])
        if len(result.offenders) > FIRST_OFFENDERS:
            offenders.append(f"and {len(result.offenders) - FIRST_OFFENDERS} more")
        if not result.counted:
            offenders.append("nothing was seen, which proves nothing")
        verdict = Text("holds", style="green") if result.holds else Text("BROKEN", style="bold red")
        table.add_row(result.what, f"{result.counted:,}", verdict, Text("\n".join(offenders)))
    return table


def _write_lines(score: Score, console: Console, done: threading.Event) -> None:
    last_phase, next_line = "", 0.0
    while not done.wait(0.1):
        if score.phase != last_phase or time.monotonic() >= next_line:
            last_phase, next_line = score.phase, time.monotonic() + _PLAIN_LINE_S
            console.print(line(score), soft_wrap=True, highlight=False, markup=False)
