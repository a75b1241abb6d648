"""How soon a restarted adapter knows a large shop again, and what memory that takes.

The adapter runs as a process of its own; the time runs from the start of the process until its
channel runs, all levels, listings and offered quantities restored. The peer, a process too, reads
the same topics with aiokafka and keeps nothing.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from adapter.wire.published import Arithmetic, LevelUsed, Listing, StockUpdate
from benchmarks.measured import RUNS, Figures, ratios, scaled
from benchmarks.place import Place, Row, level_row, seller_of
from devstack.kafka import running_kafka
from jd_simulator.testing import SimulatorHandle, serve_in_thread

LEVELS = scaled(1_000_000)
LISTINGS = scaled(100_000)
CHANNEL = "shop"
PATIENCE_S = 300.0
GOAL_TIMES, GOAL_MB = 3, 1024


def _code(number: int) -> str:
    return f"SKU-{number:07d}"


def _listings(shard: int, at: datetime) -> Iterator[Row]:
    """Make the records of `jd.listings`, as full as JD fills them."""
    for number in range(LISTINGS):
        sku_id = str(10**11 + number)
        listing = Listing(
            channel_id=CHANNEL,
            sku_id=sku_id,
            ware_id=str(10**10 + number // 6),
            outer_id=_code(number),
            sku=_code(number),
            mapping="code",
            title=f"纯棉圆领短袖T恤 男女同款 宽松百搭 {number}",
            status="on_sale",
            price=f"{number % 300}.90",
            bar_code=str(69 * 10**11 + number),
            image_url=f"https://img10.360buyimg.com/n1/jfs/t1/{number}/11/5bd1.jpg",
            attributes={"1000000": "白色", "1000001": "XL"},
            observed_stock=number % 500,
            modified_at=at,
        )
        yield shard, f"{CHANNEL}:{sku_id}".encode(), listing.model_dump_json().encode()


def _stock_updates(shard: int, at: datetime) -> Iterator[Row]:
    """Make the records of `jd.stock-updates`: JD holds what the levels say."""
    for number in range(LISTINGS):
        sku_id = str(10**11 + number)
        update = StockUpdate(
            channel_id=CHANNEL,
            sku_id=sku_id,
            sku=_code(number),
            status="accepted",
            quantity=number % 500,
            stock_ref=f"{number // 30:032x}",
            level=LevelUsed(
                stock_pool="default", available=number % 500, version=number, occurred_at=at
            ),
            arithmetic=Arithmetic(
                uncounted=0,
                stock_buffer=0,
                max_stock_level=None,
                units_per_listing=1,
                open_units=0,
                sellable=number % 500,
            ),
            at=at,
        )
        yield shard, f"{CHANNEL}:{sku_id}".encode(), update.model_dump_json().encode()


async def _fill(place: Place) -> None:
    await place.create_topics()
    at = datetime.now(UTC).replace(microsecond=123000)
    shard = place.shard(CHANNEL)
    levels = (level_row(_code(number), number % 500, number, at) for number in range(LEVELS))
    await place.fill(place.names.stock_changes, levels)
    await place.fill(place.names.listings, _listings(shard, at))
    await place.fill(place.names.stock_updates, _stock_updates(shard, at))


class Restart(NamedTuple):
    """What one start took until the channel ran."""

    seconds: float
    cpu_s: float
    held_mb: float
    """Resident memory then."""
    most_mb: float
    """Resident memory at its most."""


def _restart(place: Place, run: int) -> Restart:
    """Start the adapter and wait until its channel runs."""
    began = time.time()
    with place.adapter(f"helm-jd-{run}") as adapter:
        while (started := adapter.instant_of("channel.started")) is None:
            if time.time() - began > PATIENCE_S:
                raise TimeoutError
            time.sleep(0.2)
        cpu_s = adapter.cpu_s()
        if adapter.instant_of("stock.written"):
            message = "the adapter wrote what JD holds already"
            raise RuntimeError(message)
        return Restart(started.timestamp() - began, cpu_s, *adapter.memory_mb())


def _raw(place: Place) -> tuple[float, float]:
    """Read the topics raw; seconds, and seconds of CPU time."""
    names = place.names
    topics = [names.stock_changes, names.listings, names.stock_updates]
    servers = place.settings.kafka_bootstrap_servers
    began = time.time()
    command = [sys.executable, "-m", "benchmarks.raw_reader", servers, *topics]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 -- ours
    ended, cpu_s = map(float, done.stdout.split())
    return ended - began, cpu_s


def _prepared(bootstrap_servers: str, simulator: SimulatorHandle, folder: Path) -> Place:
    place = Place(bootstrap_servers=bootstrap_servers, prefix="restart-", folder=folder)

    async def prepare() -> None:
        await _fill(place)
        # The shop itself is small: how long JD takes to list one is no matter of a restart.
        seller = seller_of(simulator.create_sandbox(sku_count=1))
        await place.put_channel(CHANNEL, seller, sync_inventory=True)

    asyncio.run(prepare())
    return place


def main() -> None:
    """Measure restarts and bare readings in turns, and print them."""
    ours: list[Restart] = []
    theirs: list[tuple[float, float]] = []
    with (
        running_kafka() as kafka,
        serve_in_thread() as simulator,
        tempfile.TemporaryDirectory() as folder,
    ):
        place = _prepared(kafka.bootstrap_servers, simulator, Path(folder))
        for run in range(RUNS):
            ours.append(_restart(place, run))
            theirs.append(_raw(place))
    figures = Figures(f"Restart with {LEVELS:,} levels and {LISTINGS:,} listings")
    goal = f"<= {GOAL_TIMES} x"
    for what, index in (("time", 0), ("CPU time", 1)):
        adapter, raw = [run[index] for run in ours], [run[index] for run in theirs]
        figures.row(f"{what} until the channel runs", adapter, unit=" s")
        figures.row(f"{what} of reading the same topics raw", raw, unit=" s")
        figures.row("  ratio, run by run", ratios(adapter, raw), unit=" x", goal=goal)
    held, most = [run.held_mb for run in ours], [run.most_mb for run in ours]
    goal = f"< {GOAL_MB:,} MB"
    figures.row("resident memory then", held, form=",.0f", unit=" MB", goal=goal)
    figures.row("resident memory at its most", most, form=",.0f", unit=" MB", goal=goal)
    figures.print()


if __name__ == "__main__":
    main()
