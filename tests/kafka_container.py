"""Apache Kafka in a container, for machines with a Docker engine.

Testcontainers' own Kafka container knows another vendor's image only. Run as a program
(`python -m tests.kafka_container HOST PORT`) it keeps one container until SIGTERM, so that all
processes of a test run can share it.
"""

import signal
import sys

from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from devstack.kafka.manifest import KAFKA_VERSION
from devstack.kafka.settings import SINGLE_BROKER

READY = "The Kafka container is ready"
CLIENT_PORT = 9092
START_TIMEOUT_S = 120


class KafkaContainer(DockerContainer):
    """A single broker from Apache Kafka's own image.

    Args:
        host: Name under which this machine reaches the engine's published ports.
        port: Port to publish. It is chosen beforehand, as the broker has to tell it to its clients.
        docker_api_version: Version to speak to the engine; agreed with it by default.
    """

    def __init__(self, *, host: str, port: int, docker_api_version: str | None = None) -> None:
        settings = SINGLE_BROKER | {
            "log.dirs": "/var/lib/kafka/data",
            "listeners": f"CLIENT://:{CLIENT_PORT},BROKER://:9093,CONTROLLER://:9094",
            "advertised.listeners": f"CLIENT://{host}:{port},BROKER://localhost:9093",
            "controller.quorum.voters": "1@localhost:9094",
        }
        super().__init__(
            f"apache/kafka:{KAFKA_VERSION}",
            docker_client_kw={"version": docker_api_version},
            env={f"KAFKA_{name.replace('.', '_').upper()}": v for name, v in settings.items()},
        )
        started = LogMessageWaitStrategy("Kafka Server started")
        self.wait_strategy = started.with_startup_timeout(START_TIMEOUT_S)
        self.waiting_for(self.wait_strategy)
        self.with_bind_ports(CLIENT_PORT, port)


def main(host: str, port: str) -> None:
    """Keep a container until SIGTERM comes."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with KafkaContainer(host=host, port=int(port)):
        print(READY, flush=True)  # noqa: T201 -- the caller waits for this line in the log
        signal.pause()


if __name__ == "__main__":
    main(*sys.argv[1:])
