"""How fast stock changes are taken in: read, parsed, validated, kept, told to the ledger.

The peer reads the same topic with aiokafka's `getmany` and validates each value with the same
pydantic model, and does nothing with it: what Kafka's client and pydantic leave to be had. Both
keep one core busy from beginning to end, so what counts is CPU time: it says the same on a machine
that has other work to do.
"""

import asyncio
import gc
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaConsumer, TopicPartition

from adapter.app import COLLECT_AFTER
from adapter.diagnostics import Metrics
from adapter.flows.tables import WholeTables
from adapter.kafka.bad_records import BadRecords
from adapter.kafka.tables import TableFollower
from adapter.rules.ledger import StockLedger
from adapter.rules.state import ChannelState
from adapter.wire.helm import SalesChannel, StockChange
from adapter.wire.published import Listing
from benchmarks.measured import RUNS, Figures, ratios, scaled
from benchmarks.place import PARTITIONS, Place, level_row
from devstack.kafka import running_kafka

CHANGES = scaled(200_000)
SKUS = scaled(10_000)
CHANNEL = "shop"
GOAL = 0.5
"""Share of the peer's speed that is owed."""


def code_of(number: int) -> str:
    """Give a SKU's code."""
    return f"SKU-{number:07d}"


def adapter_tables(place: Place, skus: int) -> tuple[WholeTables, StockLedger]:
    """Make the adapter's tables, and the ledger of a running channel that lists so many SKUs."""
    settings = place.settings
    tables = WholeTables(
        names=place.names,
        private_keys=settings.private_keys,
        http_hosts=(),
        bad_records=BadRecords(topic=place.names.dead_letters, partitions=PARTITIONS),
        on_channels=lambda: None,
        on_listing=lambda *_: None,
        metrics=Metrics(),
    )
    state = ChannelState(settings=SalesChannel(), levels=tables.levels.of("default"), overrides={})
    for number in range(skus):
        listing = Listing(
            channel_id=CHANNEL,
            sku_id=str(10**11 + number),
            sku=code_of(number),
            mapping="code",
            title="",
            status="on_sale",
        )
        state.take_listing(listing)
    tables.levels.watch("default", CHANNEL, state.ledger.level_changed)
    return tables, state.ledger


async def take_in(place: Place, tables: WholeTables, ledger: StockLedger) -> None:
    """Take the topic of stock changes in, to its end, as the adapter does; ask for a batch."""
    stop = asyncio.Event()
    topic = place.names.stock_changes
    follower = TableFollower(
        connection=place.settings.kafka,
        handlers={topic: tables.handlers[topic]},
        on_batch=stop.set,  # told first when the topic was read to its end
    )
    await follower.run(stop)
    ledger.next_batch(datetime.now(UTC))  # what differs is reckoned when it is asked for


async def _adapter_s(place: Place) -> float:
    """Take the topic in; seconds of CPU time."""
    tables, ledger = adapter_tables(place, SKUS)
    gc.collect()
    began = time.process_time()
    await take_in(place, tables, ledger)
    return time.process_time() - began


async def _peer_s(place: Place) -> float:
    """Read and validate the topic, nothing else; seconds of CPU time."""
    partitions = [TopicPartition(place.names.stock_changes, p) for p in range(PARTITIONS)]
    gc.collect()
    began = time.process_time()
    async with AIOKafkaConsumer(
        bootstrap_servers=place.settings.kafka_bootstrap_servers, auto_offset_reset="earliest"
    ) as consumer:
        consumer.assign(partitions)
        left = CHANGES
        while left:
            for records in (await consumer.getmany(timeout_ms=1000)).values():
                for record in records:
                    StockChange.model_validate_json(record.value)
                left -= len(records)
    return time.process_time() - began


async def _measure(place: Place) -> tuple[list[float], list[float]]:
    await place.create_topics()
    rows = (level_row(code_of(n % SKUS), n % 500, n // SKUS + 1) for n in range(CHANGES))
    await place.fill(place.names.stock_changes, rows)
    ours, theirs = [], []
    for _ in range(RUNS):
        ours.append(CHANGES / await _adapter_s(place))
        theirs.append(CHANGES / await _peer_s(place))
    return ours, theirs


def main() -> None:
    """Measure both in turns, and print them."""
    gc.set_threshold(COLLECT_AFTER)  # as in the adapter's own process
    with running_kafka() as kafka, tempfile.TemporaryDirectory() as folder:
        place = Place(
            bootstrap_servers=kafka.bootstrap_servers, prefix="intake-", folder=Path(folder)
        )
        ours, theirs = asyncio.run(_measure(place))
    figures = Figures(f"Taking in {CHANGES:,} stock changes of {SKUS:,} listed SKUs")
    figures.row("adapter: read, validate, ledger", ours, form=",.0f", unit=" /CPU s")
    figures.row("raw getmany + pydantic", theirs, form=",.0f", unit=" /CPU s")
    figures.row("ratio, run by run", ratios(ours, theirs), goal=f">= {GOAL}")
    figures.print()


if __name__ == "__main__":
    main()
