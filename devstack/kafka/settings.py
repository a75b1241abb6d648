"""Settings of a single broker for developing and testing, wherever it runs."""

import random
import socket

from devstack.kafka.errors import LocalKafkaError

HOST = "127.0.0.1"
PORTS = range(20_000, 32_000)
"""Where free ports are looked for: below the ranges from which systems draw the ports of outgoing
connections, as a client that keeps trying a stopped broker's port could connect to itself."""

SINGLE_BROKER = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "BROKER",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,BROKER:PLAINTEXT,CLIENT:PLAINTEXT",
    "num.partitions": "4",
    "auto.create.topics.enable": "false",
    # Kafka's own topics: one replica, as there is one node; one partition, for a short start.
    "offsets.topic.num.partitions": "1",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # What takes seconds or minutes in production may be asked for at once here.
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "broker.session.timeout.ms": "3000",  # a killed broker may not come back before it is over
    "broker.heartbeat.interval.ms": "500",
    "log.cleaner.backoff.ms": "500",
    "log.retention.check.interval.ms": "1000",
    "log.initial.task.delay.ms": "500",
    "log.cleaner.dedupe.buffer.size": "16777216",
}


def local_settings(*, port: int, broker_port: int, controller_port: int) -> dict[str, str]:
    """Complete the settings for a process on this machine whose working folder holds its data."""
    return SINGLE_BROKER | {
        "log.dirs": "log",
        "listeners": f"CLIENT://{HOST}:{port},BROKER://{HOST}:{broker_port},"
        f"CONTROLLER://{HOST}:{controller_port}",
        "advertised.listeners": f"CLIENT://{HOST}:{port},BROKER://{HOST}:{broker_port}",
        "controller.quorum.voters": f"1@{HOST}:{controller_port}",
    }


def free_port() -> int:
    """Find a port of this machine that nothing listens on.

    Raises:
        LocalKafkaError: None of a hundred tried is free.
    """
    for port in random.sample(PORTS, 100):
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    message = f"The local Kafka found no free port from {PORTS.start} to {PORTS.stop - 1}."
    raise LocalKafkaError(message)
