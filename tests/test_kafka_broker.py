import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from devstack.kafka import LocalKafkaError
from devstack.kafka.supervised import start_supervised
from tests.kafka_broker import broker_of_the_run, entered_or_skipped, shared
from tests.waiting import is_alive, wait_until_gone


class FakeBroker:
    """Launches a program that only waits, and counts how often."""

    def __init__(self) -> None:
        self.pids: list[int] = []

    def launch(self, door: Path) -> tuple[str, Callable[[], None]]:
        """Start the program with a door."""
        with door.with_suffix(".log").open("wb") as log:
            program = start_supervised(
                [sys.executable, "-c", "import signal; signal.pause()"],
                log=log,
                cwd=door.parent,
                env=os.environ,
                door=door,
            )
        self.pids.append(program.pid)
        return f"127.0.0.1:{program.pid}", program.leave


def launch_nothing(_door: Path) -> tuple[str, Callable[[], None]]:
    """Fail as a launch does where no Kafka can be had."""
    message = "there is no Kafka because of a test"
    raise LocalKafkaError(message)


def test_the_processes_of_a_run_share_one_broker(tmp_path: Path) -> None:
    """The first starts it, further ones join, and it stays until the last has gone."""
    fake = FakeBroker()
    first, second = shared(tmp_path, fake.launch), shared(tmp_path, fake.launch)
    with first as address:
        second.__enter__()
    was_alive = is_alive(fake.pids[0])

    second.__exit__(None, None, None)

    assert len(fake.pids) == 1
    assert address == f"127.0.0.1:{fake.pids[0]}"
    assert was_alive
    wait_until_gone(fake.pids[0], tmp_path / "kafka.door")


def test_a_broker_that_has_gone_is_replaced(tmp_path: Path) -> None:
    """Whoever comes after the last has left starts anew."""
    fake = FakeBroker()
    with shared(tmp_path, fake.launch):
        pass
    wait_until_gone(fake.pids[0], tmp_path / "kafka.door")

    with shared(tmp_path, fake.launch) as address:
        assert address == f"127.0.0.1:{fake.pids[1]}"


def test_the_kafka_that_the_environment_names_comes_first(tmp_path: Path) -> None:
    """Nothing is started when a Kafka is named."""
    environment = {"KAFKA_BOOTSTRAP_SERVERS": "kafka.example:9092"}

    with broker_of_the_run(tmp_path / "kafka", environment=environment) as address:
        assert address == "kafka.example:9092"

    assert not (tmp_path / "kafka").exists()


def test_no_kafka_skips_a_test_with_the_reason(tmp_path: Path) -> None:
    """On a developer's machine the other tests are still worth running."""
    with (
        pytest.raises(pytest.skip.Exception, match="because of a test"),
        entered_or_skipped(shared(tmp_path, launch_nothing), environment={}),
    ):
        pytest.fail("never entered")


def test_no_kafka_fails_a_test_in_ci(tmp_path: Path) -> None:
    """Where CI=true, nothing may pass by being left out."""
    with (
        pytest.raises(pytest.fail.Exception, match=r"CI=true demands a Kafka.*because of a test"),
        entered_or_skipped(shared(tmp_path, launch_nothing), environment={"CI": "true"}),
    ):
        pass
