"""Who does the work: one subscriber, and a shard for each partition that it is assigned.

One consumer takes all the log topics together, range-assigned, so the same partition numbers of
each come to the same instance: who holds partition p owns the channels of shard p. Kafka's group
protocol is the leader election; nothing else is.

Rebalance callbacks only stop workers and take note. A loop makes the running shards equal to the
assigned ones: partitions stay paused until their shard is open, and a shard that is lost is
opened anew in the same order. A fenced one waits until the group assigns it again.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.annotations import KafkaMessage
from faststream.kafka.message import FAKE_CONSUMER, KafkaAckableMessage

from adapter.diagnostics import Metrics
from adapter.errors import AdapterError, Fenced, RecordError, ShardLost
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.dead_letters import dead_letter
from adapter.kafka.records import Accepted, OutgoingRecord, ReadRecord
from adapter.kafka.shard import Shard
from adapter.kafka.stopping import stopped_within
from adapter.kafka.topics import shard_of
from adapter.workers import wait_any

log = structlog.get_logger()

_LEAVE_S = 2.0


Accept = Callable[[ReadRecord, Shard], Accepted]
"""Reads a record of one log topic; raises RecordError for what can never pass."""


class ShardWorkers(Protocol):
    """The work of a shard's channels."""

    def start(self) -> None:
        """Start the workers of the shard's active channels."""

    async def stop(self) -> None:
        """Let them finish what is in flight, within bounds."""

    def wake(self) -> None:
        """Tell them that something of theirs was accepted."""


@dataclass(slots=True)
class _Held:
    shard: Shard
    workers: ShardWorkers
    open_epoch: int | None = None
    fenced_epoch: int | None = None
    offsets: dict[TopicPartition, int] = field(default_factory=dict)
    offsets_epoch: int | None = None


class Ownership(ConsumerRebalanceListener):  # type: ignore[misc] # aiokafka ships no types
    """Keeps the running shards equal to the assigned partitions.

    Args:
        connection: The cluster.
        group: The consumer group.
        accepts: By log topic, what reads its records.
        dead_letters: The dead letters' topic.
        partitions: How many shards there are.
        session_timeout_s: After this silence the group gives the shards to others.
        stop_timeout_s: Longest to wait for work in flight.
        new_shard: Makes a shard; given its number and the proof of ownership.
        new_workers: Makes a shard's workers; given the shard and what to call when it is lost.
        metrics: Counts.
    """

    def __init__(
        self,
        *,
        connection: KafkaConnection,
        group: str,
        accepts: dict[str, Accept],
        dead_letters: str,
        partitions: int,
        session_timeout_s: float,
        stop_timeout_s: float,
        new_shard: Callable[[int, Callable[[int], Awaitable[None]]], Shard],
        new_workers: Callable[[Shard, Callable[[ShardLost], None]], ShardWorkers],
        metrics: Metrics,
    ) -> None:
        self._accepts = accepts
        self._dead_letters = dead_letters
        self._partitions = partitions
        self._session_timeout_s = session_timeout_s
        self._stop_timeout_s = stop_timeout_s
        self._new_shard = new_shard
        self._new_workers = new_workers
        self._metrics = metrics

        self._epoch = 0
        self._joined = False
        self._assigned: frozenset[int] = frozenset()
        self._held: dict[int, _Held] = {}
        self._changed = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._commit_lock = asyncio.Lock()
        self._proved: dict[int, tuple[int, float]] = {}

        self._broker = KafkaBroker(
            connection.bootstrap_servers,
            security=connection.security(),
            allow_auto_create_topics=False,
            graceful_timeout=stop_timeout_s,
            acks="all",
            enable_idempotence=True,
            logger=None,  # its access log says nothing that the metrics do not
        )
        self._subscriber = self._broker.subscriber(
            *accepts,
            group_id=group,
            batch=True,
            max_records=500,
            batch_timeout_ms=100,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="earliest",
            isolation_level="read_committed",
            partition_assignment_strategy=[RangePartitionAssignor],
            session_timeout_ms=int(session_timeout_s * 1000),
            heartbeat_interval_ms=int(session_timeout_s * 1000 / 6),
            rebalance_timeout_ms=int((session_timeout_s + stop_timeout_s) * 1000),
            listener=self,
            parser=_raw,
            decoder=_undecoded,
        )
        self._subscriber(self._take_batch)

    @property
    def assigned(self) -> frozenset[int]:
        """The partitions that the group has given to this instance."""
        return self._assigned

    @property
    def is_joined(self) -> bool:
        """Whether the group has given this instance its part, even if that is nothing."""
        return self._joined

    @property
    def is_ready(self) -> bool:
        """Whether the group was joined and every assigned shard is open."""
        return self._joined and all(self._is_open(p) for p in self._assigned)

    @property
    def is_alive(self) -> bool:
        """Whether the subscriber's loop runs."""
        return any(not task.done() for task in self._subscriber.tasks)

    def assignment(self) -> Collection[TopicPartition]:
        """Return what the group has assigned to the consumer."""
        return frozenset(self._consumer.assignment())

    def open_shards(self) -> Collection[Shard]:
        """Return the shards that are open now."""
        return [held.shard for p, held in self._held.items() if self._is_open(p)]

    async def run(self, stop: asyncio.Event) -> None:
        """Join the group and work until told to stop; then finish, and leave the group last."""
        await self._broker.start()
        try:
            while not stop.is_set():
                await wait_any(stop, self._changed, timeout_s=1.0)
                self._changed.clear()
                await self._converge()
        finally:
            await self._leave()

    # What the group tells us -------------------------------------------------------------

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Stop all workers; the group waits for this, within bounds."""
        self._assigned = frozenset()
        self._epoch += 1
        if revoked:
            log.info("shards.revoked", shards=sorted({tp.partition for tp in revoked}))
            await self._stop_workers()
        self._changed.set()

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Pause what was assigned and take note; nothing is fetched before its shard is open."""
        self._epoch += 1
        self._consumer.pause(*assigned)
        self._assigned = frozenset(tp.partition for tp in assigned)
        self._joined = True
        log.info("shards.assigned", shards=sorted(self._assigned))
        self._changed.set()

    # Desired against running -----------------------------------------------------------------

    async def _converge(self) -> None:
        epoch, assigned = self._epoch, self._assigned
        for partition in self._held.keys() - assigned:
            await self._close(self._held[partition])
            if partition not in self._assigned:  # it may have come back meanwhile
                del self._held[partition]
        missing = [p for p in sorted(assigned) if not self._is_open(p) and not self._is_fenced(p)]
        await asyncio.gather(*(self._open(partition, epoch) for partition in missing))
        self._metrics.shards_owned.set(sum(self._is_open(p) for p in self._held))

    async def _open(self, partition: int, epoch: int) -> None:
        held = self._held.get(partition)
        if held is None:
            shard = self._new_shard(partition, self.prove)
            workers = self._new_workers(shard, lambda error: self._lost(partition, error))
            held = self._held[partition] = _Held(shard=shard, workers=workers)
        await self._close(held)
        if self._epoch != epoch or self._is_fenced(partition):
            return
        try:
            await self._note_positions(held, partition, epoch)
            await self.prove(partition)
            await held.shard.open()
        except ShardLost as error:
            log.warning("shard.not_opened", shard=partition, error=str(error))
            return  # the next round tries again, if it is still ours
        if self._epoch != epoch:
            await held.shard.close()
            return
        held.open_epoch = epoch
        held.workers.start()
        for topic_partition, offset in held.offsets.items():
            self._consumer.seek(topic_partition, offset)
        self._consumer.resume(*held.offsets)
        log.info("shard.opened", shard=partition)

    async def _note_positions(self, held: _Held, partition: int, epoch: int) -> None:
        """Remember up to where each log topic is done; a lost shard goes on from there."""
        if held.offsets_epoch == epoch:
            return
        offsets = {}
        for topic in self._accepts:
            topic_partition = TopicPartition(topic, partition)
            try:
                position = await asyncio.wait_for(
                    self._consumer.position(topic_partition), self._session_timeout_s
                )
            except (KafkaError, TimeoutError) as error:
                message = f"the position of {topic_partition} is not known"
                raise ShardLost(message) from error
            offsets[topic_partition] = position
        held.offsets, held.offsets_epoch = offsets, epoch

    async def _close(self, held: _Held) -> None:
        await held.workers.stop()
        await held.shard.close()

    def _lost(self, partition: int, error: ShardLost) -> None:
        held = self._held[partition]
        if isinstance(error, Fenced):
            held.fenced_epoch = self._epoch
            log.warning("shard.fenced", shard=partition)
        else:
            log.warning("shard.lost", shard=partition, error=str(error))
        if held.open_epoch == self._epoch:
            self._consumer.pause(*held.offsets)
        held.open_epoch = None
        self._changed.set()

    # The proof -------------------------------------------------------------------------------

    async def prove(self, partition: int) -> None:
        """Prove by a generation-checked commit that the group counts this instance as owner.

        A proof holds for half the session time-out: until then nobody else can own the shard.

        Raises:
            ShardLost: It does not, or it cannot be told.
        """
        held = self._held.get(partition)
        if held is None or partition not in self._assigned:
            message = f"shard {partition} is not assigned to this instance"
            raise ShardLost(message)
        epoch, proved_at = self._proved.get(partition, (-1, 0.0))
        if epoch == self._epoch and time.monotonic() - proved_at < self._session_timeout_s / 2:
            return
        await self._commit(held, partition)

    async def _commit(self, held: _Held, partition: int) -> None:
        async with self._commit_lock:
            epoch, asked_at = self._epoch, time.monotonic()
            try:
                await asyncio.wait_for(
                    self._consumer.commit(dict(held.offsets)), self._session_timeout_s / 2
                )
            except (KafkaError, IllegalStateError, TimeoutError) as error:
                message = f"shard {partition}: the group did not take a commit"
                raise ShardLost(message) from error
            if epoch != self._epoch:
                message = f"shard {partition} was reassigned meanwhile"
                raise ShardLost(message)
            self._proved[partition] = (epoch, asked_at)

    # Records of the log topics ---------------------------------------------------------------

    async def _take_batch(self, message: KafkaMessage) -> None:
        """Take in a batch. Nothing may escape: FastStream would go on past what failed."""
        self._idle.clear()
        try:
            records: Sequence[ReadRecord] = message.raw_message
            for place, batch in groupby(records, lambda r: TopicPartition(r.topic, r.partition)):
                held = self._held.get(place.partition)
                if held is None or not self._is_open(place.partition):
                    continue  # not committed: read again when the shard is open
                try:
                    await self._take(held, place, list(batch))
                except ShardLost as error:
                    self._lost(place.partition, error)
        except Exception:  # what escaped would be swallowed, and its records passed over
            log.exception("records.failed")
            for partition in list(self._held):
                self._lost(partition, ShardLost("taking in records failed"))
        finally:
            self._idle.set()

    async def _take(
        self, held: _Held, place: TopicPartition, records: Sequence[ReadRecord]
    ) -> None:
        # Step by step: of two records about one thing, the second builds on the first.
        await held.shard.transact(lambda: (self._accept(held.shard, record) for record in records))
        held.offsets[place] = records[-1].offset + 1
        # A commit that fails loses nothing: the same records lead to the same keys again.
        with contextlib.suppress(ShardLost):
            await self._commit(held, place.partition)
        held.workers.wake()

    def _accept(self, shard: Shard, record: ReadRecord) -> Sequence[OutgoingRecord]:
        try:
            accepted = self._accepts[record.topic](record, shard)
        except Exception as error:
            if not isinstance(error, AdapterError):
                log.exception("record.internal_error", **_place(record))
            reason = error.reason if isinstance(error, AdapterError) else "internal_error"
            log.warning(
                "record.dead_lettered",
                reason=reason,
                detail=str(error) if isinstance(error, RecordError) else "",
                **_place(record),
            )
            self._metrics.dead_letters.labels(topic=record.topic, reason=reason).inc()
            return [dead_letter(self._dead_letters, shard.partition, record, error)]
        home = shard_of(accepted.channel_id, self._partitions)
        if home != shard.partition:
            # Clients differ in their partitioners: the channel decides, not where it was put.
            log.warning("record.moved", channel=accepted.channel_id, to=home, **_place(record))
            self._metrics.moved_records.labels(topic=record.topic).inc()
            headers = tuple((name, value or b"") for name, value in record.headers)
            key = accepted.channel_id.encode()
            return [OutgoingRecord(record.topic, home, key, record.value, headers)]
        self._metrics.records.labels(topic=record.topic, outcome="accepted").inc()
        return accepted.records

    # Leaving ---------------------------------------------------------------------------------

    async def _stop_workers(self) -> None:
        """Let records that are being taken in and work in flight end, within bounds."""
        settled = asyncio.wait_for(self._idle.wait(), self._stop_timeout_s)
        stopped = (held.workers.stop() for held in self._held.values())
        await asyncio.gather(settled, *stopped, return_exceptions=True)

    async def _leave(self) -> None:
        with contextlib.suppress(IllegalStateError, KafkaError):
            self._consumer.pause(*self._consumer.assignment())
        await self._stop_workers()
        await asyncio.gather(*(held.shard.close() for held in self._held.values()))
        self._assigned = frozenset()
        self._held.clear()
        await stopped_within(self._broker.stop(), _LEAVE_S)

    @property
    def _consumer(self) -> AIOKafkaConsumer:
        consumer = self._subscriber.consumer
        if consumer is None:
            message = "the subscriber has not started"
            raise ShardLost(message)
        return consumer

    def _is_open(self, partition: int) -> bool:
        held = self._held.get(partition)
        return held is not None and held.open_epoch == self._epoch

    def _is_fenced(self, partition: int) -> bool:
        held = self._held.get(partition)
        return held is not None and held.fenced_epoch == self._epoch


async def _raw(records: tuple[ReadRecord, ...]) -> KafkaMessage:
    """Hand over raw records: FastStream's parser skips a record whose header is not UTF-8.

    The message cannot acknowledge: that would commit the positions of every partition.
    """
    return KafkaAckableMessage(
        raw_message=records, body=b"", headers={}, message_id="", consumer=FAKE_CONSUMER
    )


async def _undecoded(message: KafkaMessage) -> Any:  # noqa: ANN401 (FastStream's own type)
    return message.body


def _place(record: ReadRecord) -> dict[str, Any]:
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}
