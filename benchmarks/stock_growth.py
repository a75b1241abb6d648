"""What one SKU costs in time and memory, in a shop of 10,000, of 100,000 and of 1,000,000.

Each figure is taken in a process of its own: it lists every SKU in the ledger of one channel, then
takes the level of every SKU in from Kafka, as the adapter does. Twice as many SKUs should cost
twice as much, so the figures for one SKU should be the same.
"""

import asyncio
import gc
import multiprocessing
import os
import statistics
import time
from multiprocessing.connection import Connection
from pathlib import Path

from adapter.app import COLLECT_AFTER
from benchmarks.measured import RUNS, Figures, scaled
from benchmarks.place import Place, level_row
from benchmarks.stock_intake import adapter_tables, code_of, take_in
from devstack.kafka import running_kafka

SIZES = tuple(scaled(size) for size in (10_000, 100_000, 1_000_000))
GOAL = 0.2
"""How far the figure of a size may be from that of the size before."""

_SPAWN = multiprocessing.get_context("spawn")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def _resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE_BYTES


async def _cost(place: Place, skus: int) -> tuple[float, float]:
    """Take a shop in; return microseconds of CPU time and bytes of memory for one SKU."""
    before = _resident_bytes()
    began = time.process_time()
    tables, ledger = adapter_tables(place, skus)
    await take_in(place, tables, ledger)
    took = time.process_time() - began
    return took / skus * 1e6, (_resident_bytes() - before) / skus


def _run(pipe: Connection, bootstrap_servers: str, skus: int) -> None:
    gc.set_threshold(COLLECT_AFTER)  # as in the adapter's own process
    pipe.send(asyncio.run(_cost(_place(bootstrap_servers, skus), skus)))


def _place(bootstrap_servers: str, skus: int) -> Place:
    return Place(bootstrap_servers=bootstrap_servers, prefix=f"size{skus}-", folder=Path())


async def _fill(place: Place, skus: int) -> None:
    await place.create_topics()
    rows = (level_row(code_of(number), number % 500, number) for number in range(skus))
    await place.fill(place.names.stock_changes, rows)


def _measured(bootstrap_servers: str, skus: int) -> tuple[float, float]:
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_run, args=(theirs, bootstrap_servers, skus), daemon=True)
    process.start()
    cost: tuple[float, float] = ours.recv()
    process.join()
    return cost


def _table(title: str, unit: str, costs: dict[int, list[float]]) -> None:
    figures = Figures(title)
    former: list[float] = []
    for skus, cost in costs.items():
        figures.row(f"{skus:,} SKUs", cost, form=",.1f", unit=unit)
        if former:
            change = statistics.median(cost) / statistics.median(former) - 1
            figures.cells(
                "  medians, from the size before",
                "",
                f"{change:+.0%}",
                "",
                goal=f"within {GOAL:.0%}",
            )
        former = cost
    figures.print()


def main() -> None:
    """Measure the sizes in turns, and print what one SKU costs in each."""
    times: dict[int, list[float]] = {skus: [] for skus in SIZES}
    sizes: dict[int, list[float]] = {skus: [] for skus in SIZES}
    with running_kafka() as kafka:
        for skus in SIZES:
            asyncio.run(_fill(_place(kafka.bootstrap_servers, skus), skus))
        for _ in range(RUNS):
            for skus in SIZES:
                took_us, held = _measured(kafka.bootstrap_servers, skus)
                times[skus].append(took_us)
                sizes[skus].append(held)
    _table("CPU time for one SKU: listed, and its level taken in", " µs", times)
    _table("Resident memory for one SKU", " B", sizes)


if __name__ == "__main__":
    main()
