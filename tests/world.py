"""A whole world for one test: topics of its own, a JD shop of its own, and adapters on real Kafka.

Every record that an adapter published is held to its contract when the world ends.
"""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from pydantic import SecretStr

from adapter.app import Adapter
from adapter.kafka.topics import create_topics, shard_of, topic_specs
from adapter.rules.channels import new_key, seal
from adapter.settings import Settings
from adapter.wire.helm import Credentials
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import jd_shop
from tests.published_records import assert_published

PARTITIONS = 2
PATIENCE_S = 40.0


class RunningAdapter:
    """An adapter inside the test's own process."""

    def __init__(self, adapter: Adapter) -> None:
        self.adapter = adapter
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(adapter.run(self._stop), name="adapter")

    @property
    def shards(self) -> frozenset[int]:
        """The shards that are open here."""
        ownership = self.adapter.ownership
        return (
            frozenset(shard.partition for shard in ownership.open_shards())
            if ownership
            else frozenset()
        )

    @property
    def is_ready(self) -> bool:
        """Whether it says so itself."""
        if self._task.done():
            self._task.result()
        return all(self.adapter.readiness().values())

    async def stop(self) -> None:
        """Stop it as SIGTERM does; safe to call twice."""
        self._stop.set()
        await self._task


class AdapterProcess:
    """An adapter as a process of its own, to be killed, stopped and continued."""

    def __init__(self, settings: Settings, private_key: SecretStr, log_file: Path) -> None:
        self._log_file = log_file
        variables = {
            "HELM_JD_KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "HELM_JD_TOPIC_PREFIX": settings.topic_prefix,
            "HELM_JD_CONSUMER_GROUP": settings.consumer_group,
            "HELM_JD_PARTITIONS": str(settings.partitions),
            "HELM_JD_PRIVATE_KEYS": private_key.get_secret_value(),
            "HELM_JD_WEB_PORT": "0",
            "HELM_JD_SESSION_TIMEOUT_S": str(settings.session_timeout_s),
            "HELM_JD_CALL_TIMEOUT_S": str(settings.call_timeout_s),
            "HELM_JD_GRACE_S": str(settings.grace_s),
            "HELM_JD_LATE_CALL_S": str(settings.late_call_s),
            "HELM_JD_CATALOGUE_FOLLOW_S": str(settings.catalogue_follow_s),
            "HELM_JD_LOG_FORMAT": "json",
        }
        program = Path(sys.executable).with_name("helm-jd")
        with log_file.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 (our own program)
                [program, "run"],
                env=os.environ | variables,
                stdout=subprocess.DEVNULL,
                stderr=output,
                cwd=log_file.parent,  # no .env of the checkout
            )

    def events(self, name: str) -> list[dict[str, Any]]:
        """Return the log entries of one event."""
        lines = self._log_file.read_text().splitlines()
        entries = [json.loads(line) for line in lines if line.startswith("{")]
        return [entry for entry in entries if entry["event"] == name]

    def signal(self, signum: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(signum)

    async def ended(self) -> int:
        """Wait until it has ended; return its exit code."""
        return await asyncio.to_thread(self._process.wait, PATIENCE_S)

    def clean_up(self) -> None:
        """Make sure that nothing is left."""
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()


class World:
    """Kafka, JD, and whoever writes to them."""

    def __init__(
        self,
        *,
        bootstrap_servers: str,
        topic_prefix: str,
        simulator: SimulatorHandle,
        shards: int = PARTITIONS,
    ) -> None:
        self._bootstrap_servers = bootstrap_servers
        self._shards = shards
        self._prefix = topic_prefix
        self._private_key, self.public_key = new_key()
        self._adapters: list[RunningAdapter] = []
        self._processes: list[AdapterProcess] = []
        self._producer: AIOKafkaProducer | None = None
        self.simulator = simulator
        self.names = self.settings().topics

    def settings(self, **changes: Any) -> Settings:
        """The adapter's settings in this world."""
        values: dict[str, Any] = {
            "kafka_bootstrap_servers": self._bootstrap_servers,
            "topic_prefix": self._prefix,
            "consumer_group": f"{self._prefix}adapter",
            "partitions": self._shards,
            "private_keys": [SecretStr(self._private_key.get_secret_value())],
            "web_port": 0,
            "session_timeout_s": 6,
            "call_timeout_s": 2.5,
            "late_call_s": 3,
            "grace_s": 4,
            "catalogue_follow_s": 1,
            "log_level": "debug",
        }
        return Settings(_env_file=None, **(values | changes))

    async def open(self) -> None:
        """Create the topics."""
        settings = self.settings()
        await create_topics(settings.kafka, topic_specs(settings.topics, self._shards), 1)
        self._producer = AIOKafkaProducer(bootstrap_servers=self._bootstrap_servers, acks="all")
        await self._producer.start()

    async def close(self) -> None:
        """Stop everything, then hold all that was published to the contracts."""
        if self._producer is not None:
            await self._producer.stop()
        for process in self._processes:
            process.clean_up()
        for running in self._adapters:
            await running.stop()
        names = self.names
        published = [
            names.orders,
            names.listings,
            names.stock_updates,
            names.shipment_results,
            names.channel_status,
            names.checkpoints,
            names.order_index,
            names.pending_shipments,
            names.reservations,
            names.dead_letters,
        ]
        for topic in published:
            assert_published(await self.records(topic), names)

    async def start_adapter(self, **changes: Any) -> RunningAdapter:
        """Start an adapter and wait until it is ready."""
        running = self.begin_adapter(**changes)
        await eventually(lambda: running.is_ready)
        return running

    def begin_adapter(self, **changes: Any) -> RunningAdapter:
        """Start an adapter and do not wait for it."""
        running = RunningAdapter(Adapter(self.settings(**changes)))
        self._adapters.append(running)
        return running

    async def start_process(self, folder: Path, **changes: Any) -> AdapterProcess:
        """Start an adapter as a process and wait until it has opened a shard."""
        log_file = folder / f"adapter-{len(self._processes)}.log"
        process = AdapterProcess(self.settings(**changes), self._private_key, log_file)
        self._processes.append(process)
        await eventually(lambda: process.events("shard.opened"))
        return process

    async def write(
        self,
        topic: str,
        key: str,
        value: object,
        *,
        partition: int | None = None,
        headers: list[tuple[str, bytes]] | None = None,
    ) -> None:
        """Write a record as Helm does; bytes go as they are, anything else as JSON."""
        assert self._producer is not None
        raw = value if isinstance(value, bytes | None) else json.dumps(value).encode()
        if partition is None:
            partition = shard_of(key.partition(":")[0], self._shards)
        await self._producer.send_and_wait(
            topic, raw, key=key.encode(), partition=partition, headers=headers or []
        )

    async def put_channel(
        self,
        channel_id: str,
        sandbox: SandboxHandle,
        *,
        secret: str | None = None,
        endpoint: str | None = None,
        **fields: Any,
    ) -> None:
        """Write a channel's settings, its credentials sealed; active and everything switched on."""
        endpoint = endpoint or sandbox.endpoint
        credentials = Credentials(
            channel_id=channel_id,
            api_endpoint=endpoint,
            api_key=sandbox.app_key,
            api_secret=SecretStr(secret or sandbox.app_secret),
            app_id=sandbox.app_id,
            access_token=SecretStr(sandbox.access_token),
        )
        settings = {
            "name": "测试店",
            "api_endpoint": endpoint,
            "credentials": {"sealed": seal(credentials, self.public_key)},
            "is_active": True,
            "sync_inventory": True,
            "sync_stock_levels": True,
            "order_poll_interval_s": 0.3,
            "calls_per_second": 200,
        }
        await self.write(self.names.sales_channels, channel_id, settings | fields)

    async def put_level(self, sku: str, available: int | None, version: int, **fields: Any) -> None:
        """Write a SKU's level."""
        change = {
            "stock_pool": "default",
            "sku": sku,
            "available": available,
            "version": version,
            "occurred_at": datetime.now(UTC).isoformat(),
        }
        key = f"default:{sku}"
        await self.write(self.names.stock_changes, key, change | fields)

    async def ship(self, channel_id: str, order_id: str, waybill: str, **fields: Any) -> str:
        """Write a dispatch of a whole order in one parcel; return its id."""
        shipment_id = f"S-{uuid.uuid4().hex[:8]}"
        parcel = {"carrier": fields.pop("carrier", "SF Express"), "shipping_tracking_code": waybill}
        shipment = {
            "channel_id": channel_id,
            "shipment_id": shipment_id,
            "channel_order_id": order_id,
            "parcels": [parcel],
            "despatched_at": datetime.now(UTC).isoformat(),
        }
        await self.write(self.names.shipments, channel_id, shipment | fields)
        return shipment_id

    async def answer(
        self, channel_id: str, order_id: int, outcome: str = "accepted", **fields: Any
    ) -> None:
        """Write Helm's receipt for the first revision of an order."""
        receipt = {
            "channel_id": channel_id,
            "channel_order_id": str(order_id),
            "revision": 1,
            "outcome": outcome,
            "taken_in_at": datetime.now(UTC).isoformat(),
        }
        await self.write(self.names.order_receipts, channel_id, receipt | fields)

    async def records(self, topic: str) -> list[ConsumerRecord]:
        """Read a topic whole, as a read-committed consumer sees it."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap_servers,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            partitions = [TopicPartition(topic, partition) for partition in range(self._shards)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            found: list[ConsumerRecord] = []
            while any([await consumer.position(p) < ends[p] for p in partitions]):
                for batch in (await consumer.getmany(timeout_ms=50)).values():
                    found += batch
            return found
        finally:
            await consumer.stop()

    async def messages(self, topic: str) -> list[Any]:
        """Read a topic's values as JSON; tombstones are None."""
        return [json.loads(r.value) if r.value else None for r in await self.records(topic)]


async def eventually(
    claim: Callable[[], Awaitable[object] | object], *, within_s: float = PATIENCE_S
) -> Any:
    """Wait until a claim holds and return what it gave; fail when it does not in time."""
    last: object = None
    try:
        async with asyncio.timeout(within_s):
            while True:
                last = claim()
                if isinstance(last, Awaitable):
                    last = await last
                if last:
                    return last
                await asyncio.sleep(0.05)
    except TimeoutError:
        message = f"not so within {within_s} s; last: {last!r}"
        raise AssertionError(message) from None


@contextlib.asynccontextmanager
async def world(
    bootstrap_servers: str, topic_prefix: str, *, every: int = 1, shards: int = PARTITIONS
) -> AsyncIterator[World]:
    """Run a world for one test; one in `every` of JD's answers is held to its contract."""
    async with jd_shop(every=every) as simulator:
        made = World(
            bootstrap_servers=bootstrap_servers,
            topic_prefix=topic_prefix,
            simulator=simulator,
            shards=shards,
        )
        await made.open()
        try:
            yield made
        finally:
            await made.close()
