"""A compacted topic as it stands now: read whole once, for a look or a change by hand."""

from collections.abc import Iterator
from dataclasses import dataclass

from aiokafka import ConsumerRecord, TopicPartition

from adapter.errors import TopicsError
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.tables import read_through
from adapter.kafka.topics import partition_counts

_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class LastRecord:
    """The last record of a key in one partition."""

    timestamp_ms: int
    """The broker's time."""
    value: bytes | None
    """None is a tombstone."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The last records of a topic."""

    partitions: int
    """How many the topic has."""
    records: dict[bytes, dict[int, LastRecord]]
    """By key and partition: clients with another partitioner put a key elsewhere."""

    def value_of(self, key: bytes) -> bytes | None:
        """Give the key's value: of records in several partitions the latest holds."""
        places = self.records.get(key, {})
        if not places:
            return None
        return max(places.values(), key=lambda record: record.timestamp_ms).value

    def partitions_of(self, key: bytes) -> list[int]:
        """Give the partitions that hold a value of the key, also one that no longer holds."""
        places = self.records.get(key, {})
        return sorted(partition for partition, last in places.items() if last.value is not None)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """Give each key that has a value with it, in the order of the keys."""
        for key in sorted(self.records):
            value = self.value_of(key)
            if value is not None:
                yield key, value


async def read_snapshot(connection: KafkaConnection, topic: str) -> Snapshot:
    """Read a topic from the beginning to its high watermarks.

    Raises:
        TopicsError: There is no such topic.
        KafkaUnreachable: No broker answered.
        ShardLost: Reading did not come to an end.
    """
    partitions = (await partition_counts(connection)).get(topic)
    if partitions is None:
        message = f"there is no topic {topic}; run `helm-jd topics create`"
        raise TopicsError(message)
    records: dict[bytes, dict[int, LastRecord]] = {}

    def take(record: ConsumerRecord) -> None:
        last = LastRecord(record.timestamp, record.value)
        records.setdefault(record.key or b"", {})[record.partition] = last

    await read_through(
        connection,
        [TopicPartition(topic, partition) for partition in range(partitions)],
        positions={},
        apply=take,
        timeout_s=_TIMEOUT_S,
    )
    return Snapshot(partitions, records)
