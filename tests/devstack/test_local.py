import os
import signal
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from devstack.kafka import LocalKafka, LocalKafkaError, running_kafka
from devstack.kafka.local import prepared_kafka
from devstack.kafka.settings import HOST
from tests.waiting import is_alive, wait_until_gone

pytestmark = pytest.mark.broker

KAFKA_USER = """
import signal
from pathlib import Path
from devstack.kafka import running_kafka
with running_kafka(data_dir=FOLDER and Path(FOLDER)) as kafka:
    print(kafka.pid, kafka.data_dir, flush=True)
    signal.pause()
"""


async def create_topic(bootstrap_servers: str, topic: str) -> None:
    """Create a topic of one partition."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    finally:
        await admin.close()


async def write(bootstrap_servers: str, topic: str, value: bytes) -> None:
    """Publish a record and wait for the broker's word that it has it."""
    async with AIOKafkaProducer(bootstrap_servers=bootstrap_servers, acks="all") as producer:
        await producer.send_and_wait(topic, value)


async def read(bootstrap_servers: str, topic: str, count: int) -> list[bytes | None]:
    """Read the first committed records of a topic."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        consumer.assign([TopicPartition(topic, 0)])
        return [(await consumer.getone()).value for _ in range(count)]
    finally:
        await consumer.stop()


def user_of_kafka(folder: Path | None) -> subprocess.Popen[str]:
    """Start a process of its own that runs a local Kafka and tells process id and folder."""
    program = KAFKA_USER.replace("FOLDER", repr(folder and str(folder)))
    return subprocess.Popen(  # noqa: S603 -- a program of this test
        [sys.executable, "-c", textwrap.dedent(program)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )


async def test_a_committed_transaction_is_read_and_an_aborted_one_is_not(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The broker has the transactions that the outbox rests on."""
    topic = f"{topic_prefix}orders"
    await create_topic(kafka_bootstrap_servers, topic)
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka_bootstrap_servers, transactional_id=f"{topic_prefix}publisher"
    )
    async with producer:
        await producer.begin_transaction()
        await producer.send_and_wait(topic, b"aborted")
        await producer.abort_transaction()
        async with producer.transaction():
            await producer.send_and_wait(topic, b"committed")

    assert await read(kafka_bootstrap_servers, topic, 1) == [b"committed"]


async def test_a_killed_broker_starts_again_with_address_and_data(
    private_kafka: LocalKafka,
) -> None:
    """After a crash the same clients find the same records."""
    await create_topic(private_kafka.bootstrap_servers, "orders")
    await write(private_kafka.bootstrap_servers, "orders", b"before")
    address, pid = private_kafka.bootstrap_servers, private_kafka.pid
    os.kill(pid, signal.SIGKILL)

    private_kafka.restart()
    await write(private_kafka.bootstrap_servers, "orders", b"after")

    assert private_kafka.bootstrap_servers == address
    assert private_kafka.pid != pid
    assert await read(address, "orders", 2) == [b"before", b"after"]


async def test_a_killed_user_leaves_no_broker_and_its_data_folder_stays_usable(
    tmp_path: Path,
) -> None:
    """SIGKILL of the user ends the broker; the next one starts on the same folder at once."""
    with user_of_kafka(tmp_path) as user:
        assert user.stdout
        pid, _ = user.stdout.readline().split()
        user.kill()

    with running_kafka(data_dir=tmp_path) as kafka:
        assert not is_alive(int(pid))
        await create_topic(kafka.bootstrap_servers, "orders")
        with pytest.raises(LocalKafkaError, match=f"Another local Kafka uses {tmp_path}"):
            LocalKafka(data_dir=tmp_path, port=1, jars=[], lock_timeout_s=0).start()


def test_ctrl_c_stops_the_broker_and_removes_its_temporary_data() -> None:
    """An interrupted user takes its broker along."""
    with user_of_kafka(None) as user:
        assert user.stdout
        pid, folder = user.stdout.readline().split()
        user.send_signal(signal.SIGINT)

    wait_until_gone(int(pid), Path(folder))
    assert user.returncode != 0


def test_a_broker_that_cannot_start_shows_the_end_of_its_log(tmp_path: Path) -> None:
    """A port that is taken is told in the broker's own words, and nothing is left running."""
    with socket.socket() as other:
        other.bind((HOST, 0))
        other.listen()
        kafka = prepared_kafka(data_dir=tmp_path, port=other.getsockname()[1])

        with pytest.raises(LocalKafkaError, match="Address already in use") as failure:
            kafka.start()

    assert f"The end of its log, {tmp_path}/kafka.log" in str(failure.value)
    with pytest.raises(LocalKafkaError, match="is not running"):
        _ = kafka.pid


def test_files_that_are_no_broker_are_reported_with_the_log(tmp_path: Path) -> None:
    """What goes wrong before the start is told in the same way."""
    kafka = LocalKafka(data_dir=tmp_path, port=1, jars=[])

    with pytest.raises(LocalKafkaError, match="could not prepare its data folder"):
        kafka.start()


def test_stopping_a_broker_that_does_not_run_does_nothing(tmp_path: Path) -> None:
    """Stop is idempotent."""
    LocalKafka(data_dir=tmp_path, port=1, jars=[]).stop()
