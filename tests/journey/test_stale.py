"""Numbers and dispatches that restarts and overlaps must not make stale or whole."""

from typing import Any

import pytest

from tests.world import eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


async def test_a_sku_that_went_while_the_adapter_was_down_is_offered_no_more(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A tombstone ends a level; what was offered before must not bring it back."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        sku, other = sandbox.skus()[:2]
        await w.put_channel("shop-1", sandbox)
        running = await w.start_adapter()
        await w.put_level(sku.outer_id, 8, version=1)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 8)
        await running.stop()
        await w.write(w.names.stock_changes, f"default:{sku.outer_id}", None)
        await w.start_adapter()
        await w.put_level(other.outer_id, 3, version=1)
        await eventually(lambda: sandbox.sku(other.sku_id).sellable == 3)

        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 0, within_s=10)


@pytest.mark.parametrize("sync_inventory", [True, False])
async def test_part_of_an_order_waits_after_a_restart_too(
    kafka_bootstrap_servers: str,
    topic_prefix: str,
    sync_inventory: bool,  # noqa: FBT001 (pytest passes it by name)
) -> None:
    """A parcel with one of two SKUs is not told to JD as the whole order, whatever is restored."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        one, two = sandbox.skus()[:2]
        await w.put_channel("shop-1", sandbox, sync_inventory=sync_inventory)
        running = await w.start_adapter()
        await w.put_level(one.outer_id, 5, version=1)
        await w.put_level(two.outer_id, 5, version=1)
        await eventually(
            lambda: sandbox.sku(one.sku_id).sellable == 5 == sandbox.sku(two.sku_id).sellable
        )
        order = sandbox.place_order([(one.outer_id, 1), (two.outer_id, 1)])
        await eventually(lambda: w.messages(w.names.orders))
        parcel = {
            "carrier": "467",
            "shipping_tracking_code": "SF1",
            "lines": [{"sku": one.outer_id, "quantity": 1}],
        }
        await w.ship("shop-1", str(order.order_id), "SF1", parcels=[parcel])
        (result,) = await eventually(lambda: w.messages(w.names.shipment_results))
        assert result["outcome"] == "waiting"
        await running.stop()
        await w.start_adapter()

        async def again() -> list[Any]:
            return (await w.messages(w.names.shipment_results))[1:]

        (second, *_) = await eventually(again)
        assert second["outcome"] == "waiting"
        assert not sandbox.order(order.order_id).waybills


async def test_part_of_an_order_that_is_not_known_waits(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Of an order from before the import nobody knows what is whole: a part is not the whole."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        one, two = sandbox.skus()[:2]
        order = sandbox.place_order([(one.outer_id, 1), (two.outer_id, 1)])
        sandbox.lock(order.order_id)  # not WAIT_SELLER_STOCK_OUT: no sweep sees it
        await w.put_channel("shop-1", sandbox)
        parcel = {
            "carrier": "467",
            "shipping_tracking_code": "SF1",
            "lines": [{"sku": one.outer_id, "quantity": 1}],
        }
        await w.ship("shop-1", str(order.order_id), "SF1", parcels=[parcel])
        sandbox.set_faults(
            [
                {
                    "match": {"method": "jingdong.pop.order.search"},
                    "fault": {"kind": "latency", "ms": 2500},
                }
            ]
        )
        sandbox.unlock(order.order_id)
        await w.start_adapter()
        (result,) = await eventually(lambda: w.messages(w.names.shipment_results))
        assert result["outcome"] == "waiting"


async def test_listings_are_not_written_while_a_dispatch_of_theirs_is_under_way(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """JD takes the units off its own number meanwhile: nobody could tell which came last."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await w.put_level(sku.outer_id, 10, version=1)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 10)
        orders = [sandbox.place_order([(sku.outer_id, 1)]) for _ in range(2)]

        async def imported() -> bool:
            return len(await w.messages(w.names.orders)) == 2

        await eventually(imported)
        for order in orders:
            await w.answer("shop-1", order.order_id, stock_versions={sku.outer_id: 2})
        await w.ship("shop-1", str(orders[0].order_id), "SF1")  # the carriers are known after it
        await eventually(lambda: w.messages(w.names.shipment_results))
        method = "jingdong.pop.order.shipment"
        sandbox.set_faults(
            [{"match": {"method": method}, "fault": {"kind": "latency", "ms": 1500}}]
        )
        shipment_id = await w.ship("shop-1", str(orders[1].order_id), "SF2")

        async def kept() -> bool:
            rows = await w.messages(w.names.pending_shipments)
            return any(row and row["shipment_id"] == shipment_id for row in rows)

        await eventually(kept)
        await w.put_level(sku.outer_id, 20, version=2)
        await eventually(lambda: sandbox.order(orders[1].order_id).waybills == "SF2")
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 20)
        dispatch = [e for e in sandbox.journal if e.method == method][-1]
        writes = [e.at for e in sandbox.journal if e.method.endswith("ware.stock.sku.set")]

        assert dispatch.applied_at is not None
        assert not [at for at in writes if dispatch.at < at < dispatch.applied_at]


async def test_a_shipment_id_that_is_used_again_while_the_first_is_under_way_loses_neither(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Nothing disappears: the second dispatch reaches JD, or a result says why not."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=3, initial_stock=10)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox, sync_stock_levels=False)
        await w.start_adapter()
        await eventually(lambda: w.messages(w.names.checkpoints))
        orders = [str(sandbox.place_order([(sku.outer_id, 1)]).order_id) for _ in range(3)]

        async def imported() -> bool:
            return len(await w.messages(w.names.orders)) == 3

        await eventually(imported)
        await w.ship("shop-1", orders[0], "SF0")
        await eventually(lambda: sandbox.order(orders[0]).waybills == "SF0")
        method = "jingdong.pop.order.shipment"
        sandbox.set_faults(
            [{"match": {"method": method}, "fault": {"kind": "latency", "ms": 2000}}]
        )
        await w.ship("shop-1", orders[1], "SF1", shipment_id="S-same")

        async def kept() -> bool:
            rows = await w.messages(w.names.pending_shipments)
            return any(row and row["shipment_id"] == "S-same" for row in rows)

        await eventually(kept)
        await w.ship("shop-1", orders[2], "SF2", shipment_id="S-same")
        await eventually(lambda: sandbox.order(orders[1]).waybills == "SF1")

        async def told() -> bool:
            results = await w.messages(w.names.shipment_results)
            return (
                sandbox.order(orders[2]).waybills == "SF2"
                or any(m["channel_order_id"] == orders[2] for m in results)
                or bool(await w.records(w.names.dead_letters))
            )

        await eventually(told, within_s=15)
