from dataclasses import dataclass
from typing import Self, cast

import pytest
from testcontainers.core.waiting_utils import WaitStrategyTarget

from tests.kafka_container import KafkaContainer


@dataclass(kw_only=True)
class FakeEngine:
    """A container whose log grows at every look."""

    logs: list[bytes]
    status: str = "running"

    def get_logs(self) -> tuple[bytes, bytes]:
        """Show one more line."""
        return self.logs.pop(0), b""

    def get_wrapped_container(self) -> Self:
        """Stand for the engine's own object too."""
        return self

    def reload(self) -> None:
        """Stay as it is."""


@pytest.fixture
def container() -> KafkaContainer:
    """Describe a container; without an engine it can be described, not started."""
    return KafkaContainer(host="engine.example", port=21000, docker_api_version="1.45")


def test_it_is_apache_kafkas_own_image_in_the_version_of_the_local_kafka(
    container: KafkaContainer,
) -> None:
    """Both ways test the same broker."""
    assert container.image == "apache/kafka:4.3.1"


def test_clients_outside_and_the_broker_inside_have_listeners_of_their_own(
    container: KafkaContainer,
) -> None:
    """The address told to clients is the published one, which means nothing inside."""
    advertised = container.env["KAFKA_ADVERTISED_LISTENERS"].split(",")

    assert container.ports == {"9092": 21000}
    assert advertised == ["CLIENT://engine.example:21000", "BROKER://localhost:9093"]
    assert "CLIENT://:9092" in container.env["KAFKA_LISTENERS"].split(",")
    assert container.env["KAFKA_INTER_BROKER_LISTENER_NAME"] == "BROKER"


def test_transactions_need_no_further_broker(container: KafkaContainer) -> None:
    """One node is enough for the logs of transactions and offsets."""
    assert container.env["KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR"] == "1"
    assert container.env["KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"] == "1"
    assert container.env["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] == "1"


def test_it_is_ready_when_the_broker_says_so(container: KafkaContainer) -> None:
    """Its log tells when it takes requests; the image's own command writes that."""
    engine = FakeEngine(
        logs=[
            b"[2026-11-23 08:00:00,000] INFO Registered signal handlers\n",
            b"[2026-11-23 08:00:03,000] INFO [KafkaRaftServer nodeId=1] Kafka Server started\n",
        ]
    )

    container.wait_strategy.with_poll_interval(0).wait_until_ready(cast(WaitStrategyTarget, engine))

    assert engine.logs == []
