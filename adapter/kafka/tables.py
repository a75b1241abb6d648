"""Compacted topics as tables: read from the beginning to a watermark, then followed.

A table is read with explicit positions and no group. What a shard owns is read up to the *high
watermark*: the end that a read-committed consumer reports is the last stable offset, which an
open transaction of another channel may hold back, and records committed behind it would be
missed.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

import structlog
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from adapter.errors import KafkaUnreachable, ShardLost
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.records import ReadRecord
from adapter.kafka.stopping import stopped_within
from adapter.kafka.topics import partition_counts
from adapter.workers import pause_after, wait_any

log = structlog.get_logger()

Row = TypeVar("Row")
Positions = dict[TopicPartition, int]

_BATCH = 5_000
_STOP_S = 2.0


class Table(Generic[Row]):
    """One compacted topic whose keys begin with a channel's id.

    Args:
        topic: Its name.
        parse: Reads a value; raises ValueError for what it cannot read.
        only: What the rest of a key begins with; the topic's other records are not this table's.
    """

    def __init__(self, *, topic: str, parse: Callable[[bytes], Row], only: str = "") -> None:
        self.topic = topic
        self._parse = parse
        self._only = only
        self._rows: dict[str, dict[str, Row]] = {}

    def apply(self, key: bytes | None, value: bytes | None) -> None:
        """Take in a record; the later one of a key replaces the earlier.

        Raises:
            ValueError: The record cannot be read; the row stays as it was.
        """
        channel_id, _, rest = (key or b"").decode().partition(":")
        if not rest.startswith(self._only):
            return
        if value is None:
            self._rows.get(channel_id, {}).pop(rest, None)
        else:
            self._rows.setdefault(channel_id, {})[rest] = self._parse(value)

    def try_out(self, key: bytes | None, value: bytes | None) -> Callable[[], None]:
        """Take in a record that may not come to be; return what undoes it.

        Raises:
            ValueError: The record cannot be read; the row stays as it was.
        """
        channel_id, _, rest = (key or b"").decode().partition(":")
        before = self.get(channel_id, rest)
        self.apply(key, value)

        def undo() -> None:
            rows = self._rows.setdefault(channel_id, {})
            if before is None:
                rows.pop(rest, None)
            else:
                rows[rest] = before

        return undo

    def of(self, channel_id: str) -> Mapping[str, Row]:
        """Return the channel's rows by the rest of their keys."""
        return self._rows.get(channel_id, {})

    def all(self) -> Iterator[Row]:
        """Return every channel's rows."""
        return (row for rows in self._rows.values() for row in rows.values())

    def get(self, channel_id: str, rest: str) -> Row | None:
        """Return one row, or None."""
        return self._rows.get(channel_id, {}).get(rest)


class PackedTable(Generic[Row]):
    """A table of very many rows that are seldom looked at: kept as they were written.

    Args:
        topic: Its name.
        parse: Reads a value; raises ValueError for what it cannot read.
    """

    def __init__(self, *, topic: str, parse: Callable[[bytes], Row]) -> None:
        def checked(value: bytes) -> bytes:
            parse(value)
            return value

        self.topic = topic
        self._parse = parse
        self._kept = Table(topic=topic, parse=checked)
        self.apply = self._kept.apply
        self.try_out = self._kept.try_out

    def rows(self, channel_id: str) -> Iterator[Row]:
        """Go through the channel's rows."""
        return map(self._parse, self._kept.of(channel_id).values())

    def get(self, channel_id: str, rest: str) -> Row | None:
        """Return one row, or None."""
        kept = self._kept.get(channel_id, rest)
        return None if kept is None else self._parse(kept)


async def read_through(
    connection: KafkaConnection,
    partitions: Iterable[TopicPartition],
    *,
    positions: Positions,
    apply: Callable[[ReadRecord], None],
    timeout_s: float,
) -> Positions:
    """Read committed records from `positions` (else the beginning) up to the high watermarks.

    Args:
        connection: The cluster.
        partitions: What to read.
        positions: Where earlier reading ended, by partition.
        apply: Takes in each record, in the order of its partition.
        timeout_s: Longest pause without progress.

    Returns:
        Where this reading ended.

    Raises:
        ShardLost: The watermarks were not reached.
    """
    wanted = list(partitions)
    try:
        ends = await high_watermarks(connection, wanted)
        async with open_consumer(connection, "read_committed") as consumer:
            consumer.assign(wanted)
            for partition in wanted:
                if partition in positions:
                    consumer.seek(partition, positions[partition])
                else:
                    await consumer.seek_to_beginning(partition)
            return await _drain(consumer, ends, apply, timeout_s)
    except (KafkaError, TimeoutError, OSError) as error:
        message = f"reading tables failed: {type(error).__name__}"
        raise ShardLost(message) from error


async def high_watermarks(
    connection: KafkaConnection, partitions: Iterable[TopicPartition]
) -> Positions:
    """Ask for the ends of partitions, open transactions included."""
    async with open_consumer(connection, "read_uncommitted") as consumer:
        wanted = list(partitions)
        consumer.assign(wanted)
        ends: Positions = await consumer.end_offsets(wanted)
        return ends


class TableFollower:
    """Reads whole topics up to their ends, then follows them; every instance does.

    Args:
        connection: The cluster.
        handlers: By topic, what takes in its records; must not raise.
        on_batch: Called after records were taken in, once for each batch.
    """

    def __init__(
        self,
        *,
        connection: KafkaConnection,
        handlers: Mapping[str, Callable[[ReadRecord], None]],
        on_batch: Callable[[], None],
    ) -> None:
        self._connection = connection
        self._handlers = handlers
        self._on_batch = on_batch
        self._positions: Positions = {}
        self.loaded = asyncio.Event()
        """Set once the topics were read up to their ends."""

    async def run(self, stop: asyncio.Event) -> None:
        """Load, then follow until told to stop; a lost broker is waited for."""
        failures = 0
        while not stop.is_set():
            try:
                async with open_consumer(self._connection, "read_committed") as consumer:
                    await self._load(consumer)
                    failures = 0
                    await self._follow(consumer, stop)
            except (KafkaError, KafkaUnreachable, TimeoutError, OSError) as error:
                failures += 1
                log.warning("tables.interrupted", error=type(error).__name__)
                await wait_any(
                    stop, timeout_s=pause_after(failures, retry_after_s=None, jitter=1.0)
                )

    async def _load(self, consumer: AIOKafkaConsumer) -> None:
        # What Helm writes needs no high watermark: records behind its own open transaction
        # are not committed yet, and following brings them.
        counts = await partition_counts(self._connection)
        partitions = [
            TopicPartition(topic, partition)
            for topic in self._handlers
            for partition in range(counts[topic])
        ]
        consumer.assign(partitions)
        for partition in partitions:
            if partition in self._positions:
                consumer.seek(partition, self._positions[partition])
            else:
                await consumer.seek_to_beginning(partition)
        ends = await consumer.end_offsets(partitions)
        self._positions |= await _drain(consumer, ends, self._take, 30.0)
        self.loaded.set()
        self._on_batch()

    async def _follow(self, consumer: AIOKafkaConsumer, stop: asyncio.Event) -> None:
        while not stop.is_set():
            batches = await consumer.getmany(timeout_ms=200, max_records=_BATCH)
            for partition, records in batches.items():
                for record in records:
                    self._take(record)
                self._positions[partition] = records[-1].offset + 1
            if batches:
                self._on_batch()
                await asyncio.sleep(0)  # a long backlog must not starve the other loops

    def _take(self, record: ReadRecord) -> None:
        self._handlers[record.topic](record)


async def _drain(
    consumer: AIOKafkaConsumer,
    ends: Positions,
    apply: Callable[[ReadRecord], None],
    timeout_s: float,
) -> Positions:
    """Read until every partition's position has reached its end."""
    positions: Positions = {}
    last_progress = time.monotonic()
    while True:
        for partition in ends.keys() - positions.keys():
            position = await asyncio.wait_for(consumer.position(partition), timeout_s)
            if position >= ends[partition]:
                positions[partition] = position
        if positions.keys() == ends.keys():
            return positions
        batches = await consumer.getmany(timeout_ms=100, max_records=_BATCH)
        for partition, records in batches.items():
            for record in records:
                apply(record)
            if partition in positions:  # read on past its end: not again
                positions[partition] = records[-1].offset + 1
        if batches:
            last_progress = time.monotonic()
            await asyncio.sleep(0)
        elif time.monotonic() - last_progress > timeout_s:
            raise TimeoutError


@contextlib.asynccontextmanager
async def open_consumer(
    connection: KafkaConnection, isolation: str
) -> AsyncIterator[AIOKafkaConsumer]:
    """Give a consumer without a group, and stop it in the end.

    Args:
        connection: The cluster.
        isolation: `read_committed` or `read_uncommitted`.
    """
    consumer = AIOKafkaConsumer(
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level=isolation,
        max_partition_fetch_bytes=4 * 1024 * 1024,
        **connection.arguments(),
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await stopped_within(consumer.stop(), _STOP_S)
