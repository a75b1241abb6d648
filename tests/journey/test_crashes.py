"""Kills, resets and time-outs: nothing is lost, doubled or left stale."""

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from devstack.kafka import LocalKafka
from tests.world import World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]


async def test_a_reset_after_the_change_ends_in_the_right_number(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """JD carried the call out and the connection broke: unknown until JD's number is read back."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        sandbox.set_faults(
            [
                {
                    "match": {"method": "jingdong.ware.stock.sku.set"},
                    "fault": {"kind": "reset_after"},
                    "times": 1,
                }
            ]
        )
        await w.start_adapter()
        await w.put_level(sku.outer_id, 7, version=1)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 7)

        async def accepted() -> bool:
            updates = await w.messages(w.names.stock_updates)
            return bool(updates) and updates[-1]["status"] == "accepted"

        await eventually(accepted)
        statuses = [m["status"] for m in await w.messages(w.names.stock_updates)]

        assert statuses == ["intended", "unknown", "intended", "unknown", "accepted"]


async def test_a_dispatch_whose_answer_was_lost_is_at_jd_once(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Asked again, JD says "already shipped"; with our own waybill that is success."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await w.put_level(sku.outer_id, 7, version=1)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 7)
        order = sandbox.place_order([(sku.outer_id, 2)])
        await eventually(lambda: w.messages(w.names.orders))
        sandbox.set_faults(
            [
                {
                    "match": {"method": "jingdong.pop.order.shipment"},
                    "fault": {"kind": "reset_after"},
                    "times": 1,
                }
            ]
        )
        await w.ship("shop-1", str(order.order_id), "SF77")
        (result,) = await eventually(lambda: w.messages(w.names.shipment_results))
        await w.put_level(sku.outer_id, 5, version=2)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 5)

        assert result["outcome"] == "shipped"
        assert sandbox.order(order.order_id).waybills == "SF77"
        assert sandbox.invariants()["shipments_doubled"] == []
        adjusted = [m for m in await w.messages(w.names.stock_updates) if m["status"] == "adjusted"]
        assert [m["stock_ref"] for m in adjusted] == [f"shipment:{result['shipment_id']}"]


async def test_an_order_that_jd_ships_with_another_waybill_is_a_conflict(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Two different waybills for one order are never both sent; the second is reported."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
        await eventually(lambda: w.messages(w.names.orders))
        await w.ship("shop-1", str(order.order_id), "SF1")
        await eventually(lambda: w.messages(w.names.shipment_results))
        await w.ship("shop-1", str(order.order_id), "SF2")

        async def both() -> list[Any] | None:
            results = await w.messages(w.names.shipment_results)
            return results if len(results) == 2 else None

        first, second = await eventually(both)

        assert (first["outcome"], second["outcome"]) == ("shipped", "conflict")
        assert "SF1" in second["reason"]
        assert sandbox.order(order.order_id).waybills == "SF1"


async def test_one_refused_sku_does_not_block_the_others(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """JD refuses a SKU it no longer has; the other listings of the call are written."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=6)
        skus = sandbox.skus()
        await w.put_channel("shop-1", sandbox, is_active=True)
        await w.start_adapter(catalogue_follow_s=3600)
        await eventually(lambda: _listings(w, 6))
        sandbox.delete_sku(skus[0].sku_id)
        for sku in skus:
            await w.put_level(sku.outer_id, 4, version=1)
        await eventually(lambda: all(sandbox.sku(s.sku_id).sellable == 4 for s in skus[1:]))

        async def refused() -> list[Any]:
            updates = await w.messages(w.names.stock_updates)
            return [m for m in updates if m["status"] == "refused"]

        (update, *_) = await eventually(refused)

        assert update["sku_id"] == str(skus[0].sku_id)
        assert update["jd"]["message_zh"] or update["jd"]["code"]


async def _listings(w: World, count: int) -> bool:
    return len(await w.messages(w.names.listings)) >= count


async def test_sigterm_finishes_and_exits_0(
    kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Told to stop, the process ends by itself with 0 and what was in flight is settled."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=30)
        sandbox.set_faults(
            [
                {
                    "match": {"method": "jingdong.ware.stock.sku.set"},
                    "fault": {"kind": "latency", "ms": 700},
                }
            ]
        )
        await w.put_channel("shop-1", sandbox)
        for sku in sandbox.skus():
            await w.put_level(sku.outer_id, 3, version=1)
        process = await w.start_process(tmp_path)

        async def intended() -> bool:
            return bool(await w.messages(w.names.stock_updates))

        await eventually(intended)
        process.signal(signal.SIGTERM)
        exit_code = await process.ended()
        statuses: dict[str, str] = {}
        for message in await w.messages(w.names.stock_updates):
            statuses[message["sku_id"]] = message["status"]

        assert exit_code == 0
        assert set(statuses.values()) == {"accepted"}
        assert process.events("adapter.stopped")


async def test_sigterm_ends_it_though_kafka_is_gone(
    private_kafka: LocalKafka, topic_prefix: str, tmp_path: Path
) -> None:
    """With the broker dead nothing can be flushed, and the process still ends by itself with 0."""
    async with world(private_kafka.bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=5)
        await w.put_channel("shop-1", sandbox)
        process = await w.start_process(tmp_path)
        await eventually(lambda: w.messages(w.names.checkpoints))
        await asyncio.to_thread(private_kafka.stop)
        sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
        await eventually(lambda: process.events("shard.lost"))
        process.signal(signal.SIGTERM)
        exit_code = await process.ended()
        await asyncio.to_thread(private_kafka.start)

        assert exit_code == 0


async def test_a_broker_restart_loses_and_doubles_nothing(
    private_kafka: LocalKafka, topic_prefix: str, tmp_path: Path
) -> None:
    """The adapter outlives its broker: what came meanwhile arrives, each order once."""
    async with world(private_kafka.bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=5)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        process = await w.start_process(tmp_path)
        await w.put_level(sku.outer_id, 30, version=1)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 30)
        placed = [str(sandbox.place_order([(sku.outer_id, 1)]).order_id) for _ in range(3)]
        await eventually(lambda: w.messages(w.names.orders))
        await asyncio.to_thread(private_kafka.stop)
        placed += [str(sandbox.place_order([(sku.outer_id, 1)]).order_id) for _ in range(3)]
        await asyncio.to_thread(private_kafka.start)
        await w.put_level(sku.outer_id, 40, version=2)
        # Helm's level does not reflect the six orders: their units are held back.
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 34, within_s=90)

        async def orders() -> list[str]:
            return sorted(m["channel_order_id"] for m in await w.messages(w.names.orders))

        async def all_there() -> bool:
            return set(placed) == set(await orders())

        await eventually(all_there, within_s=90)

        assert await orders() == sorted(placed)
        assert not process.events("adapter.stopped")
