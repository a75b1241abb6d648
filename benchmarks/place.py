"""Where the adapter is measured: on topics of its own on a real Kafka, as a process."""

import json
import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer
from pydantic import SecretStr

from adapter.kafka.topics import create_topics, shard_of, topic_specs
from adapter.rules.channels import new_key, seal
from adapter.settings import Settings
from adapter.wire.helm import Credentials
from devstack.kafka.settings import free_port
from devstack.programs import Program
from jd_simulator.testing import SandboxHandle

PARTITIONS = 4
WRITES = "jingdong.ware.stock.sku.set"
"""The method by which JD takes stock."""
BATCH_BYTES = 512 * 1024
# A topic that was made a moment ago has no leader yet, and the client tries again by itself.
logging.getLogger("aiokafka").setLevel(logging.CRITICAL)

Row = tuple[int, bytes, bytes]
"""Partition, key and value."""


class Seller(NamedTuple):
    """A shop at JD, and the way in."""

    endpoint: str
    app_key: str
    app_secret: str
    access_token: str


def seller_of(sandbox: SandboxHandle) -> Seller:
    """Give a sandbox's way in."""
    return Seller(sandbox.endpoint, sandbox.app_key, sandbox.app_secret, sandbox.access_token)


class Place:
    """An installation: topics, and the settings of an adapter that works on them.

    Args:
        bootstrap_servers: Kafka.
        prefix: Before every topic's name.
        folder: For the adapter's log.
    """

    def __init__(self, *, bootstrap_servers: str, prefix: str, folder: Path) -> None:
        self._private_key, self._public_key = new_key()
        self._folder = folder
        self.settings = Settings(
            _env_file=None,
            kafka_bootstrap_servers=bootstrap_servers,
            topic_prefix=prefix,
            consumer_group=f"{prefix}adapter",
            partitions=PARTITIONS,
            private_keys=(SecretStr(self._private_key.get_secret_value()),),
        )
        self.names = self.settings.topics

    async def create_topics(self) -> None:
        """Create the topics."""
        await create_topics(self.settings.kafka, topic_specs(self.names, PARTITIONS), 1)

    async def put_channel(self, channel_id: str, seller: Seller, **fields: object) -> None:
        """Write the settings of a channel that does nothing by itself but stock."""
        credentials = Credentials(
            channel_id=channel_id,
            api_endpoint=seller.endpoint,
            api_key=seller.app_key,
            api_secret=SecretStr(seller.app_secret),
            access_token=SecretStr(seller.access_token),
        )
        settings = {
            "api_endpoint": seller.endpoint,
            "credentials": {"sealed": seal(credentials, self._public_key)},
            "is_active": True,
            "sync_stock_levels": True,
            "order_poll_interval_s": 3600.0,
        }
        row = channel_id.encode(), json.dumps(settings | fields).encode()
        await self.fill(self.names.sales_channels, [(self.shard(channel_id), *row)])

    def shard(self, channel_id: str) -> int:
        """Give a channel's partition."""
        return shard_of(channel_id, PARTITIONS)

    async def fill(self, topic: str, rows: Iterable[Row]) -> None:
        """Write many records as fast as the client can."""
        async with AIOKafkaProducer(
            bootstrap_servers=self.settings.kafka_bootstrap_servers, max_batch_size=BATCH_BYTES
        ) as producer:
            batches = {partition: producer.create_batch() for partition in range(PARTITIONS)}
            for partition, key, value in rows:
                if batches[partition].append(key=key, value=value, timestamp=None) is None:
                    await producer.send_batch(batches[partition], topic, partition=partition)
                    batches[partition] = producer.create_batch()
                    batches[partition].append(key=key, value=value, timestamp=None)
            for partition, batch in batches.items():
                await producer.send_batch(batch, topic, partition=partition)

    @contextmanager
    def adapter(self, name: str = "helm-jd", **changes: str) -> Iterator["AdapterProcess"]:
        """Run the adapter as a process while the context is open; it may not be ready yet."""
        settings = self.settings
        web_port = free_port()
        variables = {
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "TOPIC_PREFIX": settings.topic_prefix,
            "CONSUMER_GROUP": settings.consumer_group,
            "PARTITIONS": str(PARTITIONS),
            "PRIVATE_KEYS": self._private_key.get_secret_value(),
            "WEB_PORT": str(web_port),
            "LOG_FORMAT": "json",
            "CATALOGUE_FOLLOW_S": "3600",
        }
        program = Program(
            name=name,
            arguments=["-m", "adapter", "run"],
            environment={
                f"HELM_JD_{key}": value
                for key, value in (
                    variables | {key.upper(): value for key, value in changes.items()}
                ).items()
            },
            folder=self._folder,
            ready_url=f"http://127.0.0.1:{web_port}/readyz",
        )
        program.launch()
        try:
            yield AdapterProcess(program)
        finally:
            program.stop()


class AdapterProcess:
    """A running adapter, seen from outside."""

    def __init__(self, program: Program) -> None:
        self._program = program

    def instant_of(self, event: str) -> datetime | None:
        """Tell when it logged an event last; None when it did not yet."""
        found = None
        for line in self._program.log_path.read_text().splitlines():
            if f'"{event}"' in line and (entry := json.loads(line))["event"] == event:
                found = datetime.fromisoformat(entry["timestamp"])
        if found is None and not self._program.is_ready():
            return None  # raises when it has ended
        return found

    def memory_mb(self) -> tuple[float, float]:
        """Tell its resident memory: now, and at its most."""
        status = Path(f"/proc/{self._program.pid}/status").read_text()
        sizes = dict(line.split(":", 1) for line in status.splitlines() if line.startswith("Vm"))
        now, most = (int(sizes[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))
        return now, most

    def cpu_s(self) -> float:
        """Tell how many seconds of CPU time it took so far."""
        fields = Path(f"/proc/{self._program.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def level_row(sku: str, available: int, version: int, at: datetime | None = None) -> Row:
    """Make a record of `helm.stock-changes` as Helm writes it."""
    change: dict[str, Any] = {
        "sku": sku,
        "available": available,
        "stock_pool": "default",
        "version": version,
        "occurred_at": (at or datetime.now(UTC)).isoformat(timespec="milliseconds"),
    }
    key = f"default:{sku}"
    return shard_of(key, PARTITIONS), key.encode(), json.dumps(change).encode()
