"""The outbox on a real broker."""

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from adapter.errors import Fenced, ShardLost
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.outbox import Outbox
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.topics import TopicSpec, create_topics

pytestmark = pytest.mark.broker


@pytest.fixture
async def connection(kafka_bootstrap_servers: str) -> KafkaConnection:
    """The cluster."""
    return KafkaConnection(kafka_bootstrap_servers)


@pytest.fixture
async def topic(connection: KafkaConnection, topic_prefix: str) -> str:
    """A topic with one partition."""
    name = f"{topic_prefix}outbox"
    await create_topics(connection, [TopicSpec(name, 1)], 1)
    return name


def outbox_of(connection: KafkaConnection, topic: str, outcomes: list[str]) -> Outbox:
    """Make an outbox whose id belongs to the topic."""
    return Outbox(
        connection=connection,
        transactional_id=topic,
        timeout_s=10,
        on_transaction=outcomes.append,
    )


async def committed(connection: KafkaConnection, topic: str) -> list[bytes]:
    """Read what a read-committed consumer sees."""
    consumer = AIOKafkaConsumer(
        isolation_level="read_committed", auto_offset_reset="earliest", **connection.arguments()
    )
    await consumer.start()
    try:
        partition = TopicPartition(topic, 0)
        consumer.assign([partition])
        end = (await consumer.end_offsets([partition]))[partition]
        values: list[bytes] = []
        while await consumer.position(partition) < end:
            for records in (await consumer.getmany(timeout_ms=50)).values():
                values += [record.value for record in records]
        return values
    finally:
        await consumer.stop()


async def test_all_records_of_a_publication_are_committed_together(
    connection: KafkaConnection, topic: str
) -> None:
    """A record that cannot be sent keeps the others of its transaction from being seen."""
    outcomes: list[str] = []
    outbox = outbox_of(connection, topic, outcomes)
    await outbox.start()
    await outbox.publish(
        [OutgoingRecord(topic, 0, b"a", b"1"), OutgoingRecord(topic, 0, b"b", b"2")]
    )
    too_large = OutgoingRecord(topic, 0, b"d", b"x" * 2_000_000)

    with pytest.raises(ShardLost):
        await outbox.publish([OutgoingRecord(topic, 0, b"c", b"3"), too_large])
    await outbox.start()
    await outbox.publish([OutgoingRecord(topic, 0, b"e", b"4")])
    await outbox.stop()

    assert await committed(connection, topic) == [b"1", b"2", b"4"]
    assert outcomes == ["committed", "failed", "committed"]


async def test_a_new_owner_fences_the_old_one(connection: KafkaConnection, topic: str) -> None:
    """Once a second outbox of a shard has started, the first publishes nothing more."""
    outcomes: list[str] = []
    old, new = outbox_of(connection, topic, outcomes), outbox_of(connection, topic, [])
    await old.start()
    await new.start()

    with pytest.raises(Fenced):
        await old.publish([OutgoingRecord(topic, 0, b"a", b"old")])
    await new.publish([OutgoingRecord(topic, 0, b"a", b"new")])
    await old.stop()
    await new.stop()

    assert await committed(connection, topic) == [b"new"]
    assert outcomes == ["fenced"]


async def test_a_stopped_outbox_refuses(connection: KafkaConnection, topic: str) -> None:
    """Publishing through a stopped outbox is an error, not silence."""
    outbox = outbox_of(connection, topic, [])
    await outbox.start()
    await outbox.stop()
    await outbox.stop()

    with pytest.raises(ShardLost):
        await outbox.publish([OutgoingRecord(topic, 0, b"a", b"1")])
