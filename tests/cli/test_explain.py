"""`helm-jd explain`, called as a user would, on what a real adapter left on a real Kafka."""

import json
from typing import Any

import pytest
from typer.testing import Result

from tests.cli.calling import HelmJd, called
from tests.cli.records import a_listing, put
from tests.world import eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


def listing_of(result: Result) -> Any:
    """Read the one listing of a document."""
    (listing,) = json.loads(result.stdout)["listings"]
    return listing


async def test_a_quantity_is_explained_while_the_adapter_is_down(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Level, rule with its numbers, what JD holds, and every offer with its outcome."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=4)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox, stock_buffer=2, max_stock_level=10)
        await w.put_level(sku.outer_id, 5, version=41)
        running = await w.start_adapter()
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 3)
        await w.put_level(sku.outer_id, 17, version=42)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 10)
        await running.stop()
        await w.put_level(sku.outer_id, 7, version=43)

        by_code = await called(helm_jd, "explain", "shop-1", "--sku", sku.outer_id, "--json")
        by_number = await called(helm_jd, "explain", "shop-1", "--sku", str(sku.sku_id))

        listing = listing_of(by_code)
        assert by_code.exit_code == 0
        assert listing["level"]["available"] == 7
        assert [(step["what"], step["left"]) for step in listing["steps"]] == [
            ("available", 7),
            ("less stock buffer 2", 5),
            ("at most 10", 5),
            ("sellable", 5),
            ("and 0 that JD books for open orders", 5),
        ]
        assert (listing["desired"], listing["offered"]) == (5, 10)
        assert [reason["code"] for reason in listing["reasons"]] == ["dirty"]
        assert [(offer["status"], offer["quantity"]) for offer in listing["history"]][-4:] == [
            ("intended", 3),
            ("accepted", 3),
            ("intended", 10),
            ("accepted", 10),
        ]
        assert by_number.exit_code == 0
        assert "to be written: 5, JD holds 10" in by_number.stdout
        assert "less stock buffer 2" in by_number.stdout


async def test_orders_that_helm_has_not_deducted_are_named(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Their units are a step of the rule, and what is reckoned is what the adapter wrote."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=4)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.put_level(sku.outer_id, 9, version=1)
        await w.start_adapter()
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 9)
        order_id = str(sandbox.place_order([(sku.outer_id, 2)]).order_id)
        await eventually(lambda: w.messages(w.names.reservations))

        result = await called(helm_jd, "explain", "shop-1", "--sku", sku.outer_id, "--json")
        shown = await called(helm_jd, "explain", "shop-1", "--sku", sku.outer_id)
        order = await called(helm_jd, "explain", "shop-1", "--order", order_id, "--json")
        preview = await called(helm_jd, "preview", "shop-1", "--json")

        listing = listing_of(result)
        assert ("less 2 uncounted", 7) in [(s["what"], s["left"]) for s in listing["steps"]]
        assert (listing["sellable"], listing["desired"], listing["offered"]) == (7, 9, 9)
        assert [each["order_id"] for each in listing["uncounted_orders"]] == [order_id]
        assert f"uncounted: 2 of order {order_id}, channel shop-1" in shown.stdout
        assert json.loads(order.stdout)["reservation"]["units"] == {sku.outer_id: 2}
        assert json.loads(preview.stdout)["changes"] == []


async def test_what_does_not_map_is_explained_with_near_misses(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A code in other letters, a listing without one, a SKU that nobody sells."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=1)
        await w.put_channel("shop-1", sandbox)
        await w.put_level("TEE-RED-M", 5, version=1)
        await put(w, a_listing("100", "tee-red-m ", outer_id="tee-red-m "))
        await put(w, a_listing("200", None))

        other_letters = await called(helm_jd, "explain", "shop-1", "--sku", "100", "--json")
        no_code = await called(helm_jd, "explain", "shop-1", "--sku", "200", "--json")
        not_sold = await called(helm_jd, "explain", "shop-1", "--sku", "TEE-RED-M")

        (reason,) = listing_of(other_letters)["reasons"]
        assert reason["code"] == "no_level"
        assert "nearly the same: TEE-RED-M" in reason["words"]
        assert [each["code"] for each in listing_of(no_code)["reasons"]] == ["unmapped"]
        assert not_sold.exit_code == 1
        assert "no listing sells TEE-RED-M" in not_sold.stdout
        assert "nearly the same: tee-red-m , listing 100" in not_sold.stdout


async def test_an_order_is_explained_without_its_buyer(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Record, index, receipt and dispatch stand together; name, phone and address nowhere."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=4)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.put_level(sku.outer_id, 5, version=1)
        running = await w.start_adapter()
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 5)
        order_id = str(sandbox.place_order([(sku.outer_id, 1)]).order_id)
        (record,) = await eventually(lambda: w.messages(w.names.orders))
        before = await called(helm_jd, "explain", "shop-1", "--order", order_id)
        receipt = {
            "channel_id": "shop-1",
            "channel_order_id": order_id,
            "revision": 1,
            "outcome": "accepted",
            "taken_in_at": "2026-11-23T08:00:00Z",
        }
        await w.write(w.names.order_receipts, "shop-1", receipt)
        shipment_id = await w.ship("shop-1", order_id, "SF0001")
        await eventually(lambda: w.messages(w.names.shipment_results))
        await running.stop()

        after = await called(helm_jd, "explain", "shop-1", "--order", order_id, "--json")
        unknown = await called(helm_jd, "explain", "shop-1", "--order", "1")

        document = json.loads(after.stdout)
        assert before.exit_code == 0
        assert "Helm has sent no receipt" in before.stdout
        assert document["receipts"][0]["outcome"] == "accepted"
        assert any("took it in at" in finding for finding in document["findings"])
        assert document["shipments"][0]["shipment_id"] == shipment_id
        assert document["shipment_results"][0]["outcome"] == "shipped"
        assert document["lines"] == [
            {"sku": sku.outer_id, "sku_id": str(sku.sku_id), "quantity": 1}
        ]
        address = record["shipping_address"]
        for secret in (address["name"], address["phone"], address["address"]):
            assert secret not in before.stdout + after.stdout
        assert unknown.exit_code == 1
        assert "nothing is known of it" in unknown.stdout


async def test_wrong_use_and_no_channel(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """One of SKU and order is asked for, of a channel that is there."""
    async with world(kafka_bootstrap_servers, topic_prefix):
        both = await called(helm_jd, "explain", "shop-1", "--sku", "A", "--order", "1")
        neither = await called(helm_jd, "explain", "shop-1")
        nowhere = await called(helm_jd, "explain", "nowhere", "--sku", "A", "--json")

        assert (both.exit_code, neither.exit_code) == (2, 2)
        assert (nowhere.exit_code, nowhere.stdout) == (1, "")
        assert "there is no channel nowhere" in nowhere.stderr
