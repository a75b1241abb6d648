"""`helm-jd preview`, and `approve` and `resync` after it, called as a user would."""

import json

import pytest

from tests.cli.calling import HelmJd, called
from tests.cli.records import a_listing, an_offer, put
from tests.world import eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(240)]


async def test_what_would_change_is_shown_with_its_reason(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Only what differs: from what, to what, why; nothing is written."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=1)
        await w.put_channel("shop-1", sandbox, stock_buffer=2)
        await put(w, a_listing("100", "A"), a_listing("200", "B"), a_listing("300", "C"))
        await put(w, a_listing("400", "D"), a_listing("500", None))
        await put(w, an_offer("100", "A", "accepted", 3), an_offer("200", "B", "accepted", 9))
        await put(w, an_offer("400", "D", "accepted", 5))
        await w.put_level("A", 5, version=1)
        await w.put_level("B", 2, version=1)
        await w.put_level("D", 12, version=1)
        hold = {"channel_id": "shop-1", "sku_id": "400", "hold": True}
        await w.write(w.names.listing_settings, "shop-1:400", hold)

        result = await called(helm_jd, "preview", "shop-1", "--json")
        shown = await called(helm_jd, "preview", "shop-1")

        document = json.loads(result.stdout)
        assert result.exit_code == 0
        assert {
            row["sku_id"]: (row["sku"], row["offered"], row["desired"])
            for row in document["changes"]
        } == {"200": ("B", 9, 0), "400": ("D", 5, 0)}
        why = {row["sku_id"]: row["why"] for row in document["changes"]}
        assert why["200"] == "the stock buffer of 2 holds back all 2"
        assert why["400"] == "held, offers nothing"
        assert document["totals"]["listings"] == 5
        assert document["totals"]["to_zero"] == 2
        assert document["totals"]["without_level"] == 1
        assert "2 would change, 2 of them to zero, 0 held back" in shown.stdout
        assert await w.records(w.names.stock_changes)
        assert len(await w.records(w.names.stock_updates)) == 3


async def test_the_brake_is_previewed_and_approved(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A wave of zeros waits; preview counts it, explain names it, approve lets it pass."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=24)
        skus = sandbox.skus()
        await w.put_channel("shop-1", sandbox)
        for sku in skus:
            await w.put_level(sku.outer_id, 9, version=1)
        running = await w.start_adapter()
        await eventually(lambda: all(sku.sellable == 9 for sku in sandbox.skus()))
        await running.stop()
        for sku in skus:
            await w.put_level(sku.outer_id, 0, version=2)
        preview = await called(helm_jd, "preview", "shop-1", "--json")
        await w.start_adapter()

        async def braked() -> bool:
            told = [m for m in await w.messages(w.names.channel_status) if "health" in m]
            return any(p["code"] == "MASS_ZERO" for p in told[-1]["problems"])

        await eventually(braked)
        told = await called(helm_jd, "preview", "shop-1")
        why = await called(helm_jd, "explain", "shop-1", "--sku", skus[-1].outer_id)
        approved = await called(helm_jd, "approve", "shop-1", "--json")
        await eventually(lambda: all(sku.sellable == 0 for sku in sandbox.skus()))
        after = await called(helm_jd, "preview", "shop-1", "--json")

        totals = json.loads(preview.stdout)["totals"]
        assert totals["braked"] == totals["to_zero"] == 24
        assert "24 of them to zero, 24 held back by the brake" in told.stdout
        assert "`helm-jd approve shop-1` releases them" in told.stdout
        assert json.loads(approved.stdout)["result"] == {"released": 24}
        assert "the brake holds zeros back" in why.stdout
        assert json.loads(after.stdout)["totals"]["changes"] == 0


async def test_a_resync_writes_everything_again(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """What somebody changed at JD by hand is overwritten; the end tells how many were written."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=6)
        skus = sandbox.skus()
        await w.put_channel("shop-1", sandbox, repair_drift=False)
        for sku in skus:
            await w.put_level(sku.outer_id, 9, version=1)
        await w.start_adapter()
        await eventually(lambda: all(sku.sellable == 9 for sku in sandbox.skus()))
        sandbox.change_sku(skus[0].sku_id, stock_num=3)

        result = await called(helm_jd, "resync", "shop-1", "--json")
        outcome = json.loads(result.stdout)

        assert result.exit_code == 0
        assert (outcome["status"], outcome["result"]) == ("done", {"done": 6, "total": 6})
        assert all(sku.sellable == 9 for sku in sandbox.skus())
