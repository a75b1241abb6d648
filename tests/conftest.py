"""Fixtures of all tests: Kafka, names for topics, and a watch on tasks left running."""

import logging
import os
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
import structlog
from hypothesis import settings as hypothesis_settings

from devstack.kafka import LocalKafka, running_kafka
from tests.kafka_broker import broker_of_the_run, entered_or_skipped
from tests.task_leaks import left_tasks

hypothesis_settings.register_profile("quick", max_examples=15)


@pytest.fixture(scope="session")
def kafka_bootstrap_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the one Kafka of this test run."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # shared by the workers of this run
    broker = broker_of_the_run(folder / "kafka", environment=os.environ)
    with entered_or_skipped(broker, environment=os.environ) as address:
        yield address


@pytest.fixture
def private_kafka() -> Iterator[LocalKafka]:
    """Run a local Kafka for one test alone, which may stop, kill and restart it."""
    with entered_or_skipped(running_kafka(), environment=os.environ) as kafka:
        yield kafka


@pytest.fixture
def topic_prefix() -> str:
    """Make a beginning for the names of topics and groups that no other test uses."""
    return f"t{uuid.uuid4().hex[:12]}."


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Take away what a test's program set up: its stream is closed, and later tests log too."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def _no_task_left(request: pytest.FixtureRequest) -> None:
    """Set the watch first in an asynchronous test, so that it looks last."""
    if request.node.get_closest_marker("asyncio"):
        request.getfixturevalue("_task_watch")


@pytest.fixture
async def _task_watch() -> AsyncIterator[None]:
    yield
    if tasks := await left_tasks():
        pytest.fail("The test left tasks running: " + "; ".join(tasks))
