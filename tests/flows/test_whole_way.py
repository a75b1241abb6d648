"""The whole way on real Kafka, against a JD shop whose answers are held to the contract."""

from typing import Any

import pytest

from tests.world import eventually, world

pytestmark = pytest.mark.broker


async def test_stock_listings_orders_and_a_dispatch_travel(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A level reaches JD, a listing and an order reach Kafka, and a dispatch reaches JD."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=5)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.put_level(sku.outer_id, 17, version=1)
        await w.start_adapter()

        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 17)
        order = sandbox.place_order([(sku.outer_id, 2)])

        async def imported() -> list[Any]:
            return [
                m
                for m in await w.messages(w.names.orders)
                if m["channel_order_id"] == str(order.order_id)
            ]

        (record, *_) = await eventually(imported)
        shipment_id = await w.ship("shop-1", str(order.order_id), "SF0001")

        async def results() -> list[Any]:
            return [
                m
                for m in await w.messages(w.names.shipment_results)
                if m["shipment_id"] == shipment_id
            ]

        (result, *_) = await eventually(results)

        assert record["inventory"][0]["sku"] == sku.outer_id
        assert result["outcome"] == "shipped"
        assert sandbox.order(order.order_id).waybills == "SF0001"
        listings = await w.messages(w.names.listings)
        assert {m["sku"] for m in listings} == {s.outer_id for s in sandbox.skus()}
