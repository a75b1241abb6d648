"""A compacted topic as it stands."""

import pytest

from adapter.errors import TopicsError
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.publisher import Publisher
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.snapshot import LastRecord, Snapshot, read_snapshot
from adapter.kafka.topics import TopicSpec, create_topics

ELSEWHERE = Snapshot(
    partitions=2,
    records={
        b"moved": {0: LastRecord(2, b"newer"), 1: LastRecord(1, b"older")},
        b"removed": {0: LastRecord(1, b"older"), 1: LastRecord(2, None)},
        b"again": {0: LastRecord(1, None), 1: LastRecord(2, b"newer")},
    },
)


def test_of_one_key_in_two_partitions_the_later_record_holds() -> None:
    """A tombstone that came later holds as well."""
    held = dict(ELSEWHERE.items())

    assert held == {b"again": b"newer", b"moved": b"newer"}
    assert ELSEWHERE.value_of(b"removed") is None
    assert ELSEWHERE.value_of(b"never") is None


def test_every_partition_that_still_holds_a_value_is_known() -> None:
    """Whoever removes a key has to remove it from each of them."""
    assert ELSEWHERE.partitions_of(b"moved") == [0, 1]
    assert ELSEWHERE.partitions_of(b"removed") == [0]
    assert ELSEWHERE.partitions_of(b"never") == []


@pytest.mark.broker
async def test_a_topic_is_read_to_its_end(kafka_bootstrap_servers: str, topic_prefix: str) -> None:
    """The last value of each key is there, an empty topic is empty."""
    connection = KafkaConnection(kafka_bootstrap_servers)
    topic = f"{topic_prefix}table"
    await create_topics(connection, [TopicSpec(topic, 2, is_log_append_time=True)], 1)
    publisher = Publisher(connection=connection, timeout_s=30)

    empty = await read_snapshot(connection, topic)
    await publisher.start()
    for partition, key, value in [
        (0, b"a", b"1"),
        (1, b"b", b"1"),
        (0, b"a", b"2"),
        (0, b"c", b"1"),
        (0, b"c", None),
    ]:
        await publisher.publish([OutgoingRecord(topic, partition, key, value)])
    await publisher.stop()
    full = await read_snapshot(connection, topic)

    assert empty == Snapshot(2, {})
    assert dict(full.items()) == {b"a": b"2", b"b": b"1"}


@pytest.mark.broker
async def test_a_topic_that_is_not_there_is_named(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The command that creates it is named too."""
    with pytest.raises(TopicsError, match=f"{topic_prefix}none.*helm-jd topics create"):
        await read_snapshot(KafkaConnection(kafka_bootstrap_servers), f"{topic_prefix}none")
