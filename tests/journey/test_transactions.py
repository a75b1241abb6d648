"""What happens when Kafka takes only a part of what belongs together."""

import contextlib
from collections.abc import AsyncIterator

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from tests.world import RunningAdapter, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


@contextlib.asynccontextmanager
async def refusing(bootstrap_servers: str, topic: str) -> AsyncIterator[None]:
    """Let the broker refuse every record of one topic for a while, as a full disk would."""

    async def allow(size: int) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
        await admin.start()
        try:
            configs = {"max.message.bytes": str(size)}
            await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, configs)])
        finally:
            await admin.close()

    await allow(200)  # room for the marks of transactions, none for a record
    try:
        yield
    finally:
        await allow(1_048_588)


def failed(running: RunningAdapter) -> float:
    """Count the transactions that failed."""
    registry = running.adapter.metrics.registry
    return registry.get_sample_value("helm_jd_transactions_total", {"outcome": "failed"}) or 0


@pytest.mark.parametrize("refused", ["orders", "order_index"])
async def test_an_order_and_what_is_kept_of_it_are_published_together_or_not_at_all(
    kafka_bootstrap_servers: str, topic_prefix: str, refused: str
) -> None:
    """Kafka refuses one of the two for a while: afterwards the order is there, once."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=3)
        await w.put_channel("shop-1", sandbox, sync_stock_levels=False)
        running = await w.start_adapter()
        await eventually(lambda: w.messages(w.names.checkpoints))
        async with refusing(kafka_bootstrap_servers, getattr(w.names, refused)):
            order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
            await eventually(lambda: failed(running) >= 2)
        await eventually(lambda: w.messages(w.names.orders))
        await eventually(lambda: running.is_ready)
        later = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])

        async def published() -> list[str]:
            return [m["channel_order_id"] for m in await w.messages(w.names.orders)]

        async def both() -> bool:
            return str(later.order_id) in await published()

        await eventually(both)

        assert await published() == [str(order.order_id), str(later.order_id)]


async def test_a_dispatch_that_could_not_be_kept_is_taken_in_again(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Its offset is not committed before it is kept, and the shard goes back to it."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=3)
        await w.put_channel("shop-1", sandbox, sync_stock_levels=False)
        running = await w.start_adapter()
        await eventually(lambda: w.messages(w.names.checkpoints))
        order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
        await eventually(lambda: w.messages(w.names.orders))
        async with refusing(kafka_bootstrap_servers, w.names.pending_shipments):
            await w.ship("shop-1", str(order.order_id), "SF1")
            await eventually(lambda: failed(running) >= 1)
        await eventually(lambda: sandbox.order(order.order_id).waybills == "SF1")
