"""Records that must not stop anything but themselves."""

import json
from pathlib import Path
from typing import Any

import pytest

from adapter.kafka.topics import shard_of
from jd_simulator.testing import SandboxHandle
from tests.altered_jd import altered
from tests.world import PARTITIONS, World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


async def assert_still_works(w: World, sandbox: SandboxHandle, *, version: int) -> None:
    """Show that a healthy channel goes on: a new level reaches JD."""
    sku = sandbox.skus()[0]
    await w.put_level(sku.outer_id, 20 + version, version=version)
    await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 20 + version)


@pytest.mark.parametrize(
    "key", ["two words", "店铺", "", "x" * 101], ids=["space", "han", "empty", "long"]
)
async def test_a_channel_under_a_key_that_is_no_id_leaves_its_shard_alone(
    kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path, key: str
) -> None:
    """The record is a dead letter; the shard that would be its home is opened once, not again."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        shard = shard_of("shop-1", PARTITIONS)
        key = next(k for n in range(40) if shard_of(k := key + " " * n, PARTITIONS) == shard)
        await w.put_channel("shop-1", sandbox)
        await w.write(w.names.sales_channels, key, {"is_active": False}, partition=shard)
        process = await w.start_process(tmp_path)
        await eventually(lambda: w.records(w.names.dead_letters))
        for version in range(1, 4):
            await w.put_channel("shop-1", sandbox, name=f"named {version}")
            await assert_still_works(w, sandbox, version=version)

        async def renamed() -> bool:
            return bool((await w.messages(w.names.channel_status))[-1]["name"] == "named 3")

        await eventually(renamed)

        assert process.events("shard.lost") == []


async def test_a_dead_letter_that_is_too_large_for_kafka_stops_nothing(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A record as large as Kafka takes leaves no room for the reason; its shard goes on."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await assert_still_works(w, sandbox, version=1)
        order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
        await eventually(lambda: w.messages(w.names.orders))
        await w.write(w.names.shipments, "shop-1", b"{" + b"x" * 1_048_400)
        await w.ship("shop-1", str(order.order_id), "SF1")
        await eventually(lambda: sandbox.order(order.order_id).waybills == "SF1")


@pytest.mark.parametrize(
    ("order_id", "waybill"),
    [("ABC", "SF1"), ("9", "SF1,SF2"), ("\uff11\uff12", "SF1")],
    ids=["letters", "comma", "wide"],
)
async def test_a_dispatch_that_jd_cannot_be_told_stops_nothing(
    kafka_bootstrap_servers: str, topic_prefix: str, order_id: str, waybill: str
) -> None:
    """An order number that is none, or a waybill with a comma, is refused; the channel goes on."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await assert_still_works(w, sandbox, version=1)
        await w.ship("shop-1", order_id, waybill)
        (result,) = await eventually(lambda: w.messages(w.names.shipment_results), within_s=15)
        statuses = await w.messages(w.names.channel_status)
        assert result["outcome"] == "refused"
        assert not [
            p for s in statuses for p in s.get("problems", []) if p["code"] == "INTERNAL_ERROR"
        ]


async def test_a_shipment_for_an_unknown_order_is_refused(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """JD knows no such order."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await assert_still_works(w, sandbox, version=1)
        await w.ship("shop-1", "123456789", "SF1")
        (result,) = await eventually(lambda: w.messages(w.names.shipment_results), within_s=15)
        assert result["outcome"] == "refused"
        await assert_still_works(w, sandbox, version=2)


async def test_a_waybill_with_a_comma_ends_one_shipment_and_no_channel(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """JD separates waybills by commas: the shipment of an order that JD has is refused, once."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await assert_still_works(w, sandbox, version=1)
        order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
        await eventually(lambda: w.messages(w.names.orders))
        await w.ship("shop-1", str(order.order_id), "SF1,SF2")
        (result, *_) = await eventually(lambda: w.messages(w.names.shipment_results), within_s=30)

        assert result["outcome"] == "refused"


async def test_a_refused_stock_call_stops_no_orders(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """JD's gateway refuses every quantity (61): that is the SKUs' problem, not the channel's."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        refuse = {
            "match": {"method": "jingdong.ware.stock.sku.set"},
            "fault": {"kind": "jd_error", "code": "61"},
        }
        sandbox.set_faults([refuse])
        await w.start_adapter()
        for sku in sandbox.skus():
            await w.put_level(sku.outer_id, 10, version=1)
        await eventually(lambda: [e for e in sandbox.journal if e.method.endswith("sku.set")])

        async def statuses() -> list[Any]:
            return [m for m in await w.messages(w.names.channel_status) if m.get("problems")]

        await eventually(statuses)
        codes = {p["code"] for s in await statuses() for p in s["problems"]}
        assert "INTERNAL_ERROR" not in codes
        assert "STOCK_REFUSED" in codes


async def test_orders_that_cannot_be_read_hide_no_other(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """One paid in the year 9999 and one without a time of change are reported; others come."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=5, sku_count=3)
        code = sandbox.skus()[0].outer_id
        absurd, nameless, sound = (sandbox.place_order([(code, 1)]) for _ in range(3))

        def spoil(text: str) -> str:
            answer = json.loads(text)
            (root,) = answer.values()
            for order in root.get("searchorderinfo_result", {}).get("orderInfoList", []):
                if order["orderId"] == str(absurd.order_id):
                    order["paymentConfirmTime"] = "9999-12-31 23:59:59"
                if order["orderId"] == str(nameless.order_id):
                    del order["modified"]
            return json.dumps(answer, ensure_ascii=False)

        async with altered(sandbox.endpoint, spoil) as endpoint:
            start = "2026-01-01T00:00:00Z"
            await w.put_channel(
                "shop-1",
                sandbox,
                endpoint=endpoint,
                order_importing_type="from_date",
                import_orders_from=start,
            )
            running = await w.start_adapter()
            (order,) = await eventually(lambda: w.messages(w.names.orders))

            async def problem() -> Any:
                statuses = [m for m in await w.messages(w.names.channel_status) if m["problems"]]
                return statuses[-1]["problems"][0] if statuses else None

            reported = await eventually(problem)
            await running.stop()

        assert order["channel_order_id"] == str(sound.order_id)
        assert reported["code"] == "ORDER_UNREADABLE"
        assert reported["count"] >= 2
