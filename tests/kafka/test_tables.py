"""Tables on a real broker."""

import asyncio

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition

from adapter.kafka.connection import KafkaConnection
from adapter.kafka.records import ReadRecord
from adapter.kafka.tables import PackedTable, Positions, Table, TableFollower, read_through
from adapter.kafka.topics import TopicSpec, create_topics
from tests.world import eventually

pytestmark = pytest.mark.broker


@pytest.fixture
async def connection(kafka_bootstrap_servers: str) -> KafkaConnection:
    """The cluster."""
    return KafkaConnection(kafka_bootstrap_servers)


async def test_restoring_reads_past_another_channels_open_transaction(
    connection: KafkaConnection, topic_prefix: str
) -> None:
    """Records committed behind an open transaction are restored once that has ended.

    A consumer that asks for the last stable offset would stop before them.
    """
    topic = f"{topic_prefix}table"
    await create_topics(connection, [TopicSpec(topic, 1)], 1)
    other = AIOKafkaProducer(transactional_id=f"{topic}.other", **connection.arguments())
    own = AIOKafkaProducer(**connection.arguments())
    await other.start()
    await own.start()
    await other.begin_transaction()
    await (await other.send(topic, b"open", key=b"c:1", partition=0))
    await own.send_and_wait(topic, b"committed", key=b"c:2", partition=0)
    seen: list[bytes] = []

    def take(record: ReadRecord) -> None:
        assert record.value is not None
        seen.append(record.value)

    partition = TopicPartition(topic, 0)
    restoring = asyncio.create_task(
        read_through(connection, [partition], positions={}, apply=take, timeout_s=20)
    )
    await asyncio.wait([restoring], timeout=1)
    was_done_early = restoring.done()
    await other.abort_transaction()
    positions = await restoring
    await other.stop()
    await own.stop()

    assert not was_done_early
    assert seen == [b"committed"]
    assert positions[partition] >= 2


async def test_restoring_again_reads_on_from_where_it_stood(
    connection: KafkaConnection, topic_prefix: str
) -> None:
    """A second reading brings only what has come since."""
    topic = f"{topic_prefix}table"
    await create_topics(connection, [TopicSpec(topic, 1)], 1)
    partition = TopicPartition(topic, 0)
    seen: list[bytes | None] = []

    async def read(positions: Positions) -> Positions:
        return await read_through(
            connection,
            [partition],
            positions=positions,
            apply=lambda record: seen.append(record.value),
            timeout_s=20,
        )

    async with AIOKafkaProducer(**connection.arguments()) as producer:
        await producer.send_and_wait(topic, b"1", key=b"c:1")
        positions = await read({})
        await producer.send_and_wait(topic, b"2", key=b"c:1")
        await read(positions)

    assert seen == [b"1", b"2"]


async def test_a_follower_loads_then_follows(
    connection: KafkaConnection, topic_prefix: str
) -> None:
    """What was there is known when loading ends; what comes later is taken in too."""
    topic = f"{topic_prefix}table"
    await create_topics(connection, [TopicSpec(topic, 3)], 1)
    seen: list[bytes | None] = []
    stop = asyncio.Event()
    follower = TableFollower(
        connection=connection,
        handlers={topic: lambda record: seen.append(record.value)},
        on_batch=lambda: None,
    )
    async with AIOKafkaProducer(**connection.arguments()) as producer:
        for partition in range(3):
            await producer.send_and_wait(topic, b"early", key=b"c:1", partition=partition)
        running = asyncio.create_task(follower.run(stop))
        await follower.loaded.wait()
        loaded = list(seen)
        await producer.send_and_wait(topic, b"late", key=b"c:1", partition=1)
        await eventually(lambda: b"late" in seen)
    stop.set()
    await running

    assert loaded == [b"early"] * 3
    assert len(seen) == 4


def test_a_row_that_cannot_be_read_leaves_the_former_one() -> None:
    """An unreadable value raises and changes nothing."""
    table: Table[int] = Table(topic="t", parse=int)
    table.apply(b"c:1", b"5")

    with pytest.raises(ValueError, match="invalid literal"):
        table.apply(b"c:1", b"x")

    assert table.get("c", "1") == 5
    assert dict(table.of("c")) == {"1": 5}


def test_a_packed_row_is_checked_when_it_comes_and_read_when_it_is_asked_for() -> None:
    """An unreadable value raises and changes nothing, as in any table."""
    table: PackedTable[int] = PackedTable(topic="t", parse=int)
    table.apply(b"c:1", b"5")
    table.apply(b"c:2", b"06")

    with pytest.raises(ValueError, match="invalid literal"):
        table.apply(b"c:1", b"x")

    assert table.get("c", "2") == 6
    assert table.get("c", "3") is None
    assert list(table.rows("c")) == [5, 6]


def test_a_tombstone_removes_a_row() -> None:
    """A null value removes the key, whether or not it was there."""
    table: Table[int] = Table(topic="t", parse=int)
    table.apply(b"c:a:b", b"5")
    table.apply(b"c:a:b", None)
    table.apply(b"c:never", None)

    assert dict(table.of("c")) == {}


def test_a_table_of_some_of_a_topics_records_leaves_the_others() -> None:
    """Commands lie beside the channels' health; neither is read as the other."""
    table: Table[int] = Table(topic="t", parse=int, only="command:")
    undo = table.try_out(b"c", b"no number")
    table.apply(b"c", b"no number")
    table.apply(b"c:command:a:b", b"5")
    table.apply(b"c", None)
    undo()

    assert dict(table.of("c")) == {"command:a:b": 5}
    assert list(table.all()) == [5]
