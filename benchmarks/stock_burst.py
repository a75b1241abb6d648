"""A burst of stock changes: how many JD calls it costs, and when JD's numbers are right.

JD takes 20 ms a call. The adapter runs as a process of its own, in which nothing is chosen but
the pace of calls: the default of 10 a second, and so many that only JD's own speed holds it back.
The peer is a plain FastStream handler that makes one call an event (`naive_handler`), as fast as
JD answers; it is given a part of the events, and the rest is reckoned from that.
"""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from benchmarks.measured import RUNS, Figures, ratios, scaled
from benchmarks.naive_handler import NaiveSettings
from benchmarks.place import WRITES, Place, Row, level_row, seller_of
from devstack.kafka import running_kafka
from jd_simulator.testing import SandboxHandle, SimulatorHandle, serve_in_thread

CHANGES = scaled(20_000)
SKUS = scaled(2_000)
PEER_CHANGES = scaled(500)
"""What the peer is given of the changes."""
JD_MS = 20
BATCH = 30
"""SKUs that one call may set."""
PACES = (10.0, 1000.0)
"""Calls a second that the channel's settings allow."""
PATIENCE_S = 180.0
GOAL_CALLS, GOAL_TIMES = 1.2, 30


def _sandbox(simulator: SimulatorHandle) -> SandboxHandle:
    """Make a shop that answers after `JD_MS`."""
    sandbox = simulator.create_sandbox(sku_count=SKUS, initial_stock=1, journal_size=100_000)
    sandbox.set_faults([{"fault": {"kind": "latency", "ms": JD_MS}}])
    return sandbox


class Measured(NamedTuple):
    """What every run took, by the pace that was allowed."""

    peer_s: list[float]
    """Reckoned for all changes."""
    adapter_s: dict[float, list[float]]
    calls: dict[float, list[int]]


class Burst:
    """Changes that are to reach JD: every SKU a few times, in any order; the last one counts."""

    def __init__(self, sandbox: SandboxHandle, changes: int, seed: int) -> None:
        self._sandbox = sandbox
        chance = random.Random(seed)  # noqa: S311 -- no secret
        codes = [sku.outer_id for sku in sandbox.skus()]
        self.wanted: dict[str, int] = {}
        self.rows: list[Row] = []
        order = [number % SKUS for number in range(changes)]
        chance.shuffle(order)
        for number, place in enumerate(order):
            code = codes[place]
            # Never what a run before left there: at the end each SKU holds a number of this run.
            self.wanted[code] = chance.randrange(1, 1000) * 100 + seed % 100
            self.rows.append(level_row(code, self.wanted[code], seed * changes + number))

    def is_at_jd(self) -> bool:
        """Whether JD holds the last number of each SKU."""
        return all(
            sku.stock_num == self.wanted.get(sku.outer_id, sku.stock_num)
            for sku in self._sandbox.skus()
        )

    async def reached(self) -> None:
        """Wait until JD holds them all."""
        async with asyncio.timeout(PATIENCE_S):
            while not self.is_at_jd():  # noqa: ASYNC110 -- a shop tells nobody
                await asyncio.sleep(0.01)


async def _calm(sandbox: SandboxHandle) -> int:
    """Wait until no call comes any more; return how many stock calls came in all."""
    calls = -1
    while True:
        found = sum(call.method == WRITES for call in sandbox.journal)
        if found == calls:
            return calls
        calls = found
        await asyncio.sleep(0.5)


async def _burst_s(place: Place, sandbox: SandboxHandle, changes: int, run: int) -> float:
    """Send a burst; seconds until JD holds the last number of each SKU."""
    burst = Burst(sandbox, changes, run + 1)
    began = time.perf_counter()
    await place.fill(place.names.stock_changes, burst.rows)
    await burst.reached()
    return time.perf_counter() - began


@asynccontextmanager
async def _peer(place: Place, sandbox: SandboxHandle) -> AsyncIterator[None]:
    settings = NaiveSettings(
        bootstrap_servers=place.settings.kafka_bootstrap_servers,
        topic=place.names.stock_changes,
        seller=seller_of(sandbox),
        sku_ids={sku.outer_id: str(sku.sku_id) for sku in sandbox.skus()},
    )
    module = "benchmarks.naive_handler"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, settings.model_dump_json()
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def _measure(bootstrap_servers: str, simulator: SimulatorHandle, folder: Path) -> Measured:
    """Let the peer and an adapter of each pace take bursts in turns, each in a shop of its own."""

    async def place_of(name: str) -> tuple[Place, SandboxHandle]:
        place = Place(bootstrap_servers=bootstrap_servers, prefix=f"{name}-", folder=folder / name)
        await place.create_topics()
        return place, _sandbox(simulator)

    measured = Measured([], {pace: [] for pace in PACES}, {pace: [] for pace in PACES})
    peer, peer_sandbox = await place_of("peer")
    async with _peer(peer, peer_sandbox):
        with ExitStack() as adapters:
            sides = {}
            for pace in PACES:
                place, sandbox = sides[pace] = await place_of(f"pace{pace:.0f}")
                await place.put_channel("shop", seller_of(sandbox), calls_per_second=pace)
                adapters.enter_context(place.adapter())
            for run in range(RUNS + 1):
                theirs = await _burst_s(peer, peer_sandbox, PEER_CHANGES, run)
                ours = {}
                for pace, (place, sandbox) in sides.items():
                    before = await _calm(sandbox)
                    seconds = await _burst_s(place, sandbox, CHANGES, run)
                    ours[pace] = seconds, await _calm(sandbox) - before
                if run == 0:
                    continue  # warms up: it waits for the starts, too
                measured.peer_s.append(theirs * CHANGES / PEER_CHANGES)
                for pace, (seconds, calls) in ours.items():
                    measured.adapter_s[pace].append(seconds)
                    measured.calls[pace].append(calls)
    return measured


def main() -> None:
    """Measure adapter and peer, and print calls and times."""
    with (
        running_kafka() as kafka,
        serve_in_thread() as simulator,
        tempfile.TemporaryDirectory() as folder,
    ):
        measured = asyncio.run(_measure(kafka.bootstrap_servers, simulator, Path(folder)))
    least = SKUS / BATCH
    calls = Figures(f"JD calls for a burst of {CHANGES:,} changes over {SKUS:,} SKUs")
    times = Figures(f"Burst of {CHANGES:,} changes over {SKUS:,} SKUs, JD takes {JD_MS} ms a call")
    theirs = measured.peer_s
    for pace in PACES:
        seconds, made = measured.adapter_s[pace], measured.calls[pace]
        who = f"adapter, {pace:,.0f} calls/s allowed"
        calls.row(who, made, form=",.0f")
        calls.row(
            f"  of SKUs / {BATCH}", [m / least for m in made], goal=f"<= {GOAL_CALLS} x", unit=" x"
        )
        times.row(f"{who}: until JD is right", seconds, unit=" s")
        times.row(
            "  times faster, run by run",
            ratios(theirs, seconds),
            goal=f">= {GOAL_TIMES} x",
            unit=" x",
        )
    times.row(f"one call an event, from {PEER_CHANGES:,} changes", theirs, unit=" s")
    calls.print()
    times.print(f"The peer wrote {PEER_CHANGES:,} changes; its time for {CHANGES:,} is reckoned.")


if __name__ == "__main__":
    main()
