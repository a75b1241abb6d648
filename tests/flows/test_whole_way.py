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


async def test_a_listings_own_settings_change_mapping_and_stock_live(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A multi-pack of another SKU offers whole packs and is published so; a hold offers none."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=5)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.put_level("SINGLE", 17, version=1)
        await w.put_level(sku.outer_id, 3, version=1)
        await w.start_adapter(catalogue_follow_s=3600)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 3)
        key = f"shop-1:{sku.sku_id}"
        own = {"channel_id": "shop-1", "sku_id": str(sku.sku_id)}
        pack = own | {"sku": "SINGLE", "units_per_listing": 3}
        await w.write(w.names.listing_settings, key, pack)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 5)

        async def published() -> Any:
            listings = [
                m for m in await w.messages(w.names.listings) if m["sku_id"] == own["sku_id"]
            ]
            return listings[-1] if listings[-1]["mapping"] == "override" else None

        listing = await eventually(published)
        await w.write(w.names.listing_settings, key, pack | {"hold": True})
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 0)
        await w.write(w.names.listing_settings, key, None)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 3)

        assert (listing["sku"], listing["units_per_listing"]) == ("SINGLE", 3)


async def test_changed_channel_settings_take_effect_live(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Buffer and cap, switching stock off, deactivating and removing a channel: no restart."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=2)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.put_level(sku.outer_id, 17, version=1)
        running = await w.start_adapter()
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 17)
        await w.put_channel("shop-1", sandbox, stock_buffer=2, max_stock_level=10)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 10)
        await w.put_channel("shop-1", sandbox, is_active=False)

        async def inactive() -> bool:
            statuses = [m for m in await w.messages(w.names.channel_status) if "health" in m]
            return bool(statuses) and statuses[-1]["health"] == "inactive"

        await eventually(inactive)
        await w.put_level(sku.outer_id, 5, version=2)
        await w.put_level(sku.outer_id, 4, version=3)
        await eventually(
            lambda: running.adapter.tables.levels.of("default")[sku.outer_id].version == 3
        )
        before = sandbox.sku(sku.sku_id).sellable
        await w.put_channel("shop-1", sandbox, stock_buffer=1)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 3)

        assert before == 10


async def test_pause_and_resume_by_command(kafka_bootstrap_servers: str, topic_prefix: str) -> None:
    """A paused channel writes nothing; resumed, it catches up. Unknown commands say so."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=2)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.put_level(sku.outer_id, 6, version=1)
        await w.start_adapter()
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 6)

        async def command(command_id: str, name: str) -> Any:
            value = {"channel_id": "shop-1", "command_id": command_id, "command": name}
            await w.write(w.names.commands, "shop-1", value)

            async def outcome() -> Any:
                messages = await w.messages(w.names.channel_status)
                found = [m for m in messages if m.get("command_id") == command_id]
                return found[-1] if found else None

            return await eventually(outcome)

        async def health() -> str:
            messages = await w.messages(w.names.channel_status)
            return str([m for m in messages if "health" in m][-1]["health"])

        async def is_paused() -> bool:
            return await health() == "paused"

        paused = await command("c-1", "pause")
        await eventually(is_paused)
        await w.put_level(sku.outer_id, 9, version=2)
        unknown = await command("c-2", "dance")
        at_jd = sandbox.sku(sku.sku_id).sellable
        await command("c-3", "resume")
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 9)

        assert (paused["status"], unknown["status"]) == ("done", "failed")
        assert "pause, resume" in unknown["result"]["reason"]
        assert at_jd == 6


async def test_a_removed_channel_says_so(kafka_bootstrap_servers: str, topic_prefix: str) -> None:
    """Nobody must read of a channel that is gone that it lives."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()

        async def health() -> str:
            statuses = [m for m in await w.messages(w.names.channel_status) if "health" in m]
            return str(statuses[-1]["health"]) if statuses else ""

        async def lives() -> bool:
            return await health() == "live"

        async def is_gone() -> bool:
            return await health() == "inactive"

        await eventually(lives)
        await w.write(w.names.sales_channels, "shop-1", None)
        await eventually(is_gone)

        assert await health() == "inactive"
