"""Where tests find Kafka: one broker for a test run, whatever the number of its processes.

The first that applies: the Kafka named by `KAFKA_BOOTSTRAP_SERVERS`; a container, if a Docker
engine answers; the local Kafka of the dev stack. The last two are started by the first process of
the run that needs them and stop by themselves when its last process is gone, however that ends.
"""

import gc
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import TypeVar

import docker
import pytest
from docker.errors import DockerException
from filelock import FileLock
from rich.console import Console
from testcontainers.core.docker_client import DockerClient

from devstack.kafka import LocalKafkaError
from devstack.kafka.local import prepared_kafka
from devstack.kafka.settings import free_port
from devstack.kafka.supervised import join, start_supervised
from tests import kafka_container

CHECKOUT = Path(__file__).parents[1]
CONTAINER_TIMEOUT_S = 600
"""How long pulling the image and starting the container may take."""

Launch = Callable[[Path], tuple[str, Callable[[], None]]]
"""Starts a broker with a door at the given path; returns its address, and how to leave it."""


Broker = TypeVar("Broker")


@contextmanager
def entered_or_skipped(
    broker: AbstractContextManager[Broker], *, environment: Mapping[str, str]
) -> Iterator[Broker]:
    """Enter a broker's context; where there is none skip the test, but fail it under `CI=true`."""
    with ExitStack() as entered:
        try:
            running = entered.enter_context(broker)
        except LocalKafkaError as error:
            if environment.get("CI", "").lower() == "true":
                pytest.fail(f"CI=true demands a Kafka. {error}", pytrace=False)
            pytest.skip(str(error))
        yield running


@contextmanager
def broker_of_the_run(folder: Path, *, environment: Mapping[str, str]) -> Iterator[str]:
    """Find or start the broker of this test run.

    Args:
        folder: A folder that the processes of this run share, and no other run uses.
        environment: The environment variables.

    Yields:
        Its bootstrap servers.

    Raises:
        LocalKafkaError: There is none, and it says why.
    """
    if address := environment.get("KAFKA_BOOTSTRAP_SERVERS"):
        yield address
    else:
        with shared(folder, launch_container if docker_engine_answers() else launch_local) as found:
            yield found


@contextmanager
def shared(folder: Path, launch: Launch) -> Iterator[str]:
    """Use the broker whose door is in the folder, launching it if there is none."""
    folder.mkdir(parents=True, exist_ok=True)
    door, note = folder / "kafka.door", folder / "kafka.address"
    with ExitStack() as held:
        with FileLock(door.with_suffix(".lock")):
            if (hold := join(door)) is not None:
                held.callback(os.close, hold)
                address = note.read_text("utf-8")
            else:
                address, leave = launch(door)
                held.callback(leave)
                note.write_text(address, "utf-8")
        yield address


def docker_engine_answers() -> bool:
    """Tell whether a Docker engine can be used."""
    try:
        with closing(docker.from_env(timeout=5)) as engine:
            engine.ping()
    except DockerException:
        answers = False
    else:
        answers = True
    with warnings.catch_warnings():
        # The client never closes a socket that found no engine.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
    return answers


def launch_local(door: Path) -> tuple[str, Callable[[], None]]:
    """Start the local Kafka."""
    kafka = prepared_kafka(door=door, console=Console(stderr=True))
    kafka.start()
    return kafka.bootstrap_servers, kafka.leave


def launch_container(door: Path) -> tuple[str, Callable[[], None]]:
    """Start a container, kept by a process that any process of the run may outlive."""
    host, port = DockerClient().host(), free_port()
    log_path = door.with_suffix(".log")
    with log_path.open("wb") as log:
        keeper = start_supervised(
            [sys.executable, "-m", kafka_container.__name__, host, str(port)],
            log=log,
            cwd=CHECKOUT,
            env=os.environ,
            door=door,
        )
    deadline = time.monotonic() + CONTAINER_TIMEOUT_S
    while kafka_container.READY not in (lines := log_path.read_text("utf-8", errors="replace")):
        if keeper.has_ended(within_s=0.2) or time.monotonic() > deadline:
            keeper.stop()
            message = f"The Kafka container did not start. The end of its log:\n{lines[-2000:]}"
            raise LocalKafkaError(message)
    return f"{host}:{port}", keeper.leave
