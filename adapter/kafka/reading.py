"""Topics read by hand, with no adapter and no group: once up to their ends, or on from there."""

from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from dataclasses import dataclass

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from adapter.errors import KafkaUnreachable, TopicsError
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.records import ReadRecord
from adapter.kafka.tables import Positions, high_watermarks, open_consumer, read_through
from adapter.kafka.topics import partition_counts, shard_of

TELL_EVERY = 5_000
"""Records."""
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is read of a topic."""

    topic: str
    take: Callable[[ReadRecord], None]
    """Takes in each record, in the order of its partition."""
    channel_id: str | None = None
    """Only the partition of this channel's shard is read; None reads all of them."""
    keeps: Callable[[bytes], bool] | None = None
    """Tells by its key whether a record is taken; None takes all."""


async def read_topics(
    connection: KafkaConnection,
    wanted: Sequence[Wanted],
    *,
    on_records: Callable[[int], None] = lambda _: None,
) -> None:
    """Read topics from their beginnings up to their high watermarks, committed records only.

    Nothing is kept but what is taken.

    Args:
        connection: The cluster.
        wanted: One for each topic.
        on_records: Told now and then how many records have been read.

    Raises:
        TopicsError: A topic is missing.
        KafkaUnreachable: No broker answered.
        ShardLost: Reading did not come to an end.
    """
    counts = await partition_counts(connection)
    missing = [each.topic for each in wanted if each.topic not in counts]
    if missing:
        message = f"there is no topic {', '.join(missing)}; run `helm-jd topics create`"
        raise TopicsError(message)
    by_topic = {each.topic: (each.keeps, each.take) for each in wanted}
    count = 0

    def apply(record: ReadRecord) -> None:
        nonlocal count
        keeps, take = by_topic[record.topic]
        if keeps is None or keeps(record.key or b""):
            take(record)
        count += 1
        if count % TELL_EVERY == 0:
            on_records(count)

    partitions = [
        TopicPartition(each.topic, partition)
        for each in wanted
        for partition in _partitions(each, counts[each.topic])
    ]
    await read_through(connection, partitions, positions={}, apply=apply, timeout_s=_TIMEOUT_S)
    on_records(count)


async def end_of(connection: KafkaConnection, topic: str, shard: int) -> Positions:
    """Give where a partition ends now, to follow it from there.

    Raises:
        KafkaUnreachable: No broker answered.
    """
    try:
        return await high_watermarks(connection, [TopicPartition(topic, shard)])
    except (KafkaError, TimeoutError, OSError) as error:
        raise _lost(error) from error


async def follow(
    connection: KafkaConnection, positions: Positions
) -> AsyncGenerator[Sequence[ReadRecord], None]:
    """Read on from positions, committed records only; an empty batch comes while nothing comes.

    Raises:
        KafkaUnreachable: The broker was lost.
    """
    try:
        async with open_consumer(connection, "read_committed") as consumer:
            consumer.assign(list(positions))
            for partition, position in positions.items():
                consumer.seek(partition, position)
            while True:
                batches = await consumer.getmany(timeout_ms=200)
                yield [record for records in batches.values() for record in records]
    except (KafkaError, OSError) as error:
        raise _lost(error) from error


def _partitions(wanted: Wanted, count: int) -> Iterable[int]:
    return range(count) if wanted.channel_id is None else [shard_of(wanted.channel_id, count)]


def _lost(error: Exception) -> KafkaUnreachable:
    return KafkaUnreachable(f"reading from Kafka failed: {type(error).__name__}")
