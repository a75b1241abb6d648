"""A shard: the channels of one partition, what is kept of them, and the right to write.

Opened in this order: start the producer (it ends a stale owner's open transaction), take the high
watermarks, read the shard's tables up to them. Reading to the last stable offset instead would
restore less than was committed.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence

import structlog
from aiokafka import TopicPartition

from adapter.diagnostics import Metrics
from adapter.errors import ShardLost
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.events import Events
from adapter.kafka.outbox import Outbox
from adapter.kafka.publisher import Publisher
from adapter.kafka.records import OutgoingRecord, ReadRecord
from adapter.kafka.tables import PackedTable, Positions, Table, read_through
from adapter.kafka.topics import TopicNames
from adapter.wire.kept import Checkpoint, OrderIndexEntry, PendingShipment, Reservation
from adapter.wire.published import CommandOutcome, Listing, StockUpdate

log = structlog.get_logger()


OnCommitted = Callable[[str, bytes | None, bytes | None, int], None]
"""Takes in topic, key, value and offset of a record."""


class ShardTables:
    """What is kept of a shard's channels, by channel."""

    def __init__(self, names: TopicNames) -> None:
        self.checkpoints: Table[Checkpoint] = Table(
            topic=names.checkpoints, parse=Checkpoint.model_validate_json
        )
        self.order_index: Table[OrderIndexEntry] = Table(
            topic=names.order_index, parse=OrderIndexEntry.model_validate_json
        )
        # Kept as they were written: every listing has one, and read they take eight times as much.
        self.stock_updates: PackedTable[StockUpdate] = PackedTable(
            topic=names.stock_updates, parse=StockUpdate.model_validate_json
        )
        self.listings: Table[Listing] = Table(
            topic=names.listings, parse=Listing.model_validate_json
        )
        self.pending_shipments: Table[PendingShipment] = Table(
            topic=names.pending_shipments, parse=PendingShipment.model_validate_json
        )
        self.reservations: Table[Reservation] = Table(
            topic=names.reservations, parse=Reservation.model_validate_json
        )
        self.commands: Table[CommandOutcome] = Table(
            topic=names.channel_status, parse=CommandOutcome.model_validate_json, only="command:"
        )
        self._by_topic: dict[str, Table[object] | PackedTable[StockUpdate]] = {
            table.topic: table  # type: ignore[misc] # rows differ; each is read by its own parser
            for table in (
                self.checkpoints,
                self.order_index,
                self.stock_updates,
                self.listings,
                self.pending_shipments,
                self.reservations,
                self.commands,
            )
        }

    @property
    def topics(self) -> Sequence[str]:
        """The topics that the tables are read from."""
        return tuple(self._by_topic)

    def apply(self, topic: str, key: bytes | None, value: bytes | None) -> None:
        """Take in a record of one of the tables; other topics' records are none of theirs.

        Raises:
            ValueError: The record cannot be read.
        """
        if topic in self._by_topic:
            self._by_topic[topic].apply(key, value)

    @contextlib.contextmanager
    def trying_out(self) -> Iterator[Callable[[OutgoingRecord], None]]:
        """Take records in for the time of the block only; what is decided there sees them."""
        undos: list[Callable[[], None]] = []

        def take(record: OutgoingRecord) -> None:
            if record.topic in self._by_topic:
                undos.append(self._by_topic[record.topic].try_out(record.key, record.value))

        try:
            yield take
        finally:
            for undo in reversed(undos):
                undo()


class Shard:
    """One owned partition.

    Args:
        partition: Its number.
        connection: The cluster.
        names: The topics.
        group: The consumer group; part of the transactional id.
        transaction_timeout_s: Longest a transaction may take.
        publisher: Publishes what needs no transaction.
        prove: Proves that this instance still owns the shard; raises ShardLost.
        on_committed: Told topic, key, value and offset of each record that was committed by a
            transaction or restored: whoever follows the topics hears of it later.
        metrics: Counts.
    """

    def __init__(
        self,
        *,
        partition: int,
        connection: KafkaConnection,
        names: TopicNames,
        group: str,
        transaction_timeout_s: float,
        publisher: Publisher,
        prove: Callable[[int], Awaitable[None]],
        on_committed: OnCommitted,
        metrics: Metrics,
    ) -> None:
        self.partition = partition
        self.names = names
        self.events = Events(names=names, partition=partition)
        self.tables = ShardTables(names)
        self._connection = connection
        self._publisher = publisher
        self._prove = prove
        self._on_committed = on_committed
        self._metrics = metrics
        self._positions: Positions = {}
        self._read_timeout_s = transaction_timeout_s
        self._outbox = Outbox(
            connection=connection,
            transactional_id=f"{group}.{partition}",
            timeout_s=transaction_timeout_s,
            on_transaction=lambda outcome: metrics.transactions.labels(outcome=outcome).inc(),
        )
        self._lock = asyncio.Lock()
        self._loss: ShardLost | None = ShardLost(f"shard {partition} is not open")

    @property
    def is_lost(self) -> bool:
        """Whether its right to write has gone since it was opened."""
        return self._loss is not None

    async def open(self) -> None:
        """Take the shard over and restore its tables, reading on from where they stood.

        Raises:
            ShardLost: It could not be taken over; try again.
        """
        self._loss = None
        await self._outbox.start()
        partitions = [TopicPartition(topic, self.partition) for topic in self.tables.topics]
        self._positions = await read_through(
            self._connection,
            partitions,
            positions=self._positions,
            apply=self._restore,
            timeout_s=self._read_timeout_s,
        )

    async def close(self) -> None:
        """Give the shard up; a transaction under way ends first."""
        self._loss = self._loss or ShardLost(f"shard {self.partition} is closed")
        await self._outbox.stop()

    async def publish_atomically(self, records: Sequence[OutgoingRecord]) -> None:
        """Publish all the records or none, and take them into the tables.

        For records that do not depend on what the tables hold; else see `transact`.

        Raises:
            Fenced: The shard is another instance's.
            ShardLost: The outcome is unknown; the shard has to be opened anew.
        """
        if records:
            await self.transact(lambda: [records])

    async def transact(
        self,
        decide: Callable[[], Iterable[Sequence[OutgoingRecord]]],
        *,
        applied: Callable[[], None] = lambda: None,
    ) -> None:
        """Decide what to publish, publish all of it or none, and take it into the tables.

        Nobody else's transaction comes between reading the tables and writing them: of two that
        change the same row, the second sees what the first made of it.

        Args:
            decide: Reads the tables and gives records, step by step; a step sees in the tables
                what the steps before it gave. Must not await.
            applied: Called once the tables hold the records, before anybody else runs. A caller
                that is cancelled meanwhile does not tear commit, tables and this apart.

        Raises:
            Fenced: The shard is another instance's.
            ShardLost: The outcome is unknown; the shard has to be opened anew.
        """
        await asyncio.shield(asyncio.ensure_future(self._transact(decide, applied)))

    async def publish(self, records: Sequence[OutgoingRecord]) -> None:
        """Publish records, each on its own, and take them into the tables.

        Raises:
            ShardLost: Some may not have been published.
        """
        self._require_held()
        await self._publisher.publish(records)
        self._apply(records)

    async def prove_ownership(self) -> None:
        """Make sure that this instance owned the shard a moment ago; JD itself cannot be fenced.

        Raises:
            ShardLost: It does not, or it cannot be told.
        """
        self._require_held()
        await self._prove(self.partition)

    def _require_held(self) -> None:
        """Make sure that the shard is held; once it is lost, everybody is told how.

        Whoever comes second must not hear of a mere loss where the first was fenced: a lost shard
        is opened anew, a fenced one is not.
        """
        if self._loss is not None:
            raise type(self._loss)(str(self._loss)) from self._loss

    async def _transact(
        self,
        decide: Callable[[], Iterable[Sequence[OutgoingRecord]]],
        applied: Callable[[], None],
    ) -> None:
        async with self._lock:
            self._require_held()
            records: list[OutgoingRecord] = []
            with self.tables.trying_out() as take:
                for step in decide():
                    for record in step:
                        take(record)
                        records.append(record)
            if records:
                try:
                    offsets = await self._outbox.publish(records)
                except ShardLost as error:
                    self._loss = error
                    raise
                self._apply(records)
                for record, offset in zip(records, offsets, strict=True):
                    self._on_committed(record.topic, record.key, record.value, offset)
            applied()

    def _apply(self, records: Sequence[OutgoingRecord]) -> None:
        for record in records:
            self.tables.apply(record.topic, record.key, record.value)

    def _restore(self, record: ReadRecord) -> None:
        try:
            self.tables.apply(record.topic, record.key, record.value)
            self._on_committed(record.topic, record.key, record.value, record.offset)
        except ValueError as error:
            # Only this adapter writes these topics: an unreadable row is a defect or a foreign
            # hand. One row is lost to memory, the record stays where it is.
            self._metrics.records.labels(topic=record.topic, outcome="unreadable").inc()
            log.exception(
                "tables.unreadable",
                topic=record.topic,
                partition=record.partition,
                offset=record.offset,
                error=type(error).__name__,
            )
