"""Listings and JD's own stock figures, on real Kafka against a JD shop."""

from typing import Any

import pytest

from tests.world import World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

SEARCH = "jingdong.sku.read.searchSkuList"


async def status(w: World) -> Any:
    """Return the channel's newest status."""
    found = [m for m in await w.messages(w.names.channel_status) if "health" in m]
    return found[-1] if found else None


async def problem(w: World, code: str) -> Any:
    """Return a problem of the channel's newest status; None when it has none of this code."""
    newest = await status(w) or {"problems": []}
    return next((p for p in newest["problems"] if p["code"] == code), None)


async def test_drift_at_jd_is_found_and_written_again(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Somebody changes two SKUs in JD's console; the problem ends with the repair."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=5)
        skus = sandbox.skus()
        for sku in skus:
            await w.put_level(sku.outer_id, 17, version=1)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter(catalogue_sweep_s=1)
        await eventually(lambda: all(sku.stock_num == 17 for sku in skus))
        sandbox.change_sku(skus[0].sku_id, stock_num=40)
        sandbox.change_sku(skus[1].sku_id, stock_num=3)
        found = await eventually(lambda: problem(w, "STOCK_DRIFT"))
        await eventually(lambda: all(sku.stock_num == 17 for sku in skus))

        async def ended() -> bool:
            newest = await status(w)
            is_equal = newest["reconciliation"].get("equal") == len(skus)
            return is_equal and await problem(w, "STOCK_DRIFT") is None

        await eventually(ended)

        assert "at JD, 17 written" in found["evidence"]
        causes = [(entry.cause, entry.stock_num) for entry in skus[0].history]
        assert causes[-2:] == [("jd", 40), ("seller", 17)]


async def test_without_repair_drift_is_reported_and_left(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A newer level still goes through: it is no repair."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=2)
        sku = sandbox.skus()[0]
        await w.put_level(sku.outer_id, 17, version=1)
        await w.put_channel("shop-1", sandbox, repair_drift=False)
        await w.start_adapter(catalogue_sweep_s=1)
        await eventually(lambda: sku.stock_num == 17)
        sandbox.change_sku(sku.sku_id, stock_num=40)
        found = await eventually(lambda: problem(w, "STOCK_DRIFT"))
        left = sku.stock_num
        await w.put_level(sku.outer_id, 16, version=2)
        await eventually(lambda: sku.stock_num == 16)

        assert "--repair" in found["remedy"]
        assert left == 40


async def test_stock_that_jd_keeps_itself_is_left_alone_and_reported(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The seller's other listings are written on."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=2)
        kept, other = sandbox.skus()
        for sku in (kept, other):
            await w.put_level(sku.outer_id, 17, version=1)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter(catalogue_sweep_s=1)
        await eventually(lambda: kept.stock_num == other.stock_num == 17)
        sandbox.change_sku(kept.sku_id, stock_num=90, stock_model=1)
        found = await eventually(lambda: problem(w, "STOCK_HELD_BY_JD"))
        for sku in (kept, other):
            await w.put_level(sku.outer_id, 5, version=2)
        await eventually(lambda: other.stock_num == 5)

        assert str(kept.sku_id) in found["evidence"]
        assert kept.stock_num == 90


async def test_a_restart_follows_changes_and_does_not_read_the_shop_again(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """What changed while no adapter ran is published, and what was deleted is tombstoned."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=120)
        skus = sandbox.skus()
        await w.put_channel("shop-1", sandbox)
        first = await w.start_adapter()

        async def published(count: int) -> bool:
            return len(await w.messages(w.names.listings)) >= count

        async def followed() -> bool:
            newest = await status(w)
            return newest is not None and "catalogue" in newest["watermarks"]

        await eventually(lambda: published(120))
        await eventually(followed)
        await first.stop()
        sandbox.change_sku(skus[0].sku_id, title="蓝色T恤")
        sandbox.delete_sku(skus[1].sku_id)
        calls = len(sandbox.journal)
        await w.start_adapter(catalogue_follow_s=3600)
        await eventually(lambda: published(122))
        searches = [entry for entry in sandbox.journal[calls:] if entry.method == SEARCH]
        changed, tombstone = (await w.records(w.names.listings))[-2:]

        assert len(searches) == 1
        assert b"startModifiedTime" in str(searches[0].parameters).encode()
        assert {changed.key, tombstone.key} == {f"shop-1:{sku.sku_id}".encode() for sku in skus[:2]}
        assert sorted([bool(changed.value), bool(tombstone.value)]) == [False, True]


async def test_without_sync_inventory_stock_is_written_and_nothing_is_published(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """After a restart too: the mapping comes from the last writes, before the shop is read."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_level(sku.outer_id, 17, version=1)
        await w.put_channel("shop-1", sandbox, sync_inventory=False)
        first = await w.start_adapter()
        await eventually(lambda: sku.stock_num == 17)
        await first.stop()
        sandbox.remove_scope(SEARCH)
        await w.put_level(sku.outer_id, 5, version=2)
        await w.start_adapter()
        await eventually(lambda: sku.stock_num == 5)

        assert await w.messages(w.names.listings) == []
