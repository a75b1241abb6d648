"""A real Apache Kafka on this machine, from package registries alone.

`jars` holds the broker's files to the manifest `devstack/kafka-jars.sha256`, `local` configures and
starts it, `supervisor` sees to it that it never outlives its users.
"""

from devstack.kafka.errors import LocalKafkaError
from devstack.kafka.local import LocalKafka, running_kafka

__all__ = ["LocalKafka", "LocalKafkaError", "running_kafka"]
