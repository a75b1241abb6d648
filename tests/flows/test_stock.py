"""Stock writes that JD answers late, never, in part or not at all, on a real broker."""

import asyncio
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapter.jd.budget import CallBudget
from adapter.jd.client import Credentials, JdClient
from adapter.jd.connection import http_client
from adapter.rules.budget import Share
from jd_simulator.testing import SandboxHandle
from tests.world import World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

SET_STOCK = "jingdong.ware.stock.sku.set"
SET_ONE = "jingdong.stock.write.updateSkuStock"


def lost(kind: str, *, times: int = 1, **options: int) -> list[dict[str, Any]]:
    """Order a failure of the next stock calls."""
    return [
        {"match": {"method": SET_STOCK}, "fault": {"kind": kind, **options}, "times": times},
    ]


def calls(sandbox: SandboxHandle, method: str) -> list[dict[str, Any]]:
    """List what a method was called with."""
    return [dict(e.arguments or {}) for e in sandbox.journal if e.method == method]


def sells(sandbox: SandboxHandle, quantities: dict[str, int]) -> Callable[[], bool]:
    """Claim what JD's buyers can order."""
    return lambda: all(sandbox.sku(sku).sellable == units for sku, units in quantities.items())


async def ship_elsewhere(sandbox: SandboxHandle, order_id: int) -> None:
    """Ship an order by another program that the seller uses beside Helm."""
    async with http_client(proxy=None) as http:
        jd = JdClient(
            http=http,
            endpoint=f"{sandbox.endpoint}/routerjson",
            credentials=Credentials(sandbox.app_key, sandbox.app_secret, sandbox.access_token),
            budget=CallBudget(
                share=Share(10), now=lambda: datetime.now(UTC), monotonic=time.monotonic
            ),
            now=lambda: datetime.now(UTC),
        )
        await jd.ship_order(order_id=str(order_id), carrier_ids=["467"], waybills=["SF1"])


async def statuses_of(w: World, sku_id: object) -> list[str]:
    """List what was published of a listing's writes."""
    updates = await w.messages(w.names.stock_updates)
    return [update["status"] for update in updates if update["sku_id"] == str(sku_id)]


async def problems(w: World) -> set[str]:
    """List the problems of the newest status."""
    statuses = [m for m in await w.messages(w.names.channel_status) if "problems" in m]
    return {problem["code"] for problem in statuses[-1]["problems"]} if statuses else set()


async def test_a_call_that_takes_effect_after_a_newer_one_does_not_last(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """JD carries 5 out over 6; the suspect is read back and 6 is written again."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter(late_call_s=3)
        sandbox.set_faults(lost("apply_late", ms=4_500))
        await w.put_level(sku.outer_id, 5, version=1)
        await eventually(lambda: calls(sandbox, SET_STOCK))
        await w.put_level(sku.outer_id, 6, version=2)
        await eventually(sells(sandbox, {sku.outer_id: 6}))
        await eventually(sells(sandbox, {sku.outer_id: 5}))
        await eventually(sells(sandbox, {sku.outer_id: 6}))

        async def settled() -> bool:
            return (await statuses_of(w, sku.sku_id))[-1] == "accepted"

        await eventually(settled)
        assert "unknown" in await statuses_of(w, sku.sku_id)
        assert not sandbox.invariants()["retries_renamed"]


async def test_the_very_same_call_is_repeated_under_the_same_number(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """JD took it and its answer got lost: under the same number it is no second call."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter(late_call_s=1)
        sandbox.set_faults(lost("reset_after", times=2))
        await w.put_level(sku.outer_id, 5, version=1)

        async def settled() -> bool:
            return (await statuses_of(w, sku.sku_id))[-1:] == ["accepted"]

        await eventually(settled)
        refs = [call["req"]["stockRfId"] for call in calls(sandbox, SET_STOCK)]
        assert len(refs) == 3
        assert len(set(refs)) == 1
        assert calls(sandbox, "jingdong.ware.stock.sku.query")


async def test_a_killed_owners_call_that_arrives_late_does_not_last(
    kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    """An intent without outcome is all that is left of it: its heir reads the listing back."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        process = await w.start_process(tmp_path)
        sandbox.set_faults(lost("apply_late", ms=20_000))
        await w.put_level(sku.outer_id, 5, version=1)
        await eventually(lambda: calls(sandbox, SET_STOCK))
        process.signal(signal.SIGKILL)
        await process.ended()
        await w.put_level(sku.outer_id, 6, version=2)
        await w.start_process(tmp_path, late_call_s=15)
        await eventually(sells(sandbox, {sku.outer_id: 6}))
        await eventually(sells(sandbox, {sku.outer_id: 5}))

        await eventually(sells(sandbox, {sku.outer_id: 6}))


async def test_a_restart_writes_only_what_differs(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """What JD took is known from the topic; one level changed meanwhile."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=40)
        await w.put_channel("shop-1", sandbox)
        running = await w.start_adapter()
        levels = {sku.outer_id: 10 + place for place, sku in enumerate(sandbox.skus())}
        for sku, units in levels.items():
            await w.put_level(sku, units, version=1)
        await eventually(sells(sandbox, levels))
        await running.stop()
        before = len(calls(sandbox, SET_STOCK))
        changed = sandbox.skus()[0]
        await w.put_level(changed.outer_id, 3, version=2)
        await w.start_adapter()
        await eventually(sells(sandbox, levels | {changed.outer_id: 3}))

        (after,) = calls(sandbox, SET_STOCK)[before:]
        assert [stock["skuId"] for stock in after["req"]["skuStocks"]] == [changed.sku_id]


async def test_a_wave_of_zeros_waits_and_ends_when_levels_recover(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The status names it; the shop goes on selling, and other quantities are written."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=30)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        skus = [sku.outer_id for sku in sandbox.skus()]
        levels = dict.fromkeys(skus, 9)
        for sku in skus:
            await w.put_level(sku, 9, version=1)
        await eventually(sells(sandbox, levels))
        before = len(calls(sandbox, SET_STOCK))
        for sku in skus[:25]:
            await w.put_level(sku, 0, version=2)
        await w.put_level(skus[29], 4, version=2)
        await eventually(sells(sandbox, {skus[29]: 4}))

        async def braked() -> bool:
            return "MASS_ZERO" in await problems(w)

        await eventually(braked)
        written = [
            stock["skuId"]
            for call in calls(sandbox, SET_STOCK)[before:]
            for stock in call["req"]["skuStocks"]
            if stock["stockNum"] == 0
        ]
        for sku in skus[:25]:
            await w.put_level(sku, 7, version=3)
        await eventually(sells(sandbox, levels | {skus[29]: 4} | dict.fromkeys(skus[:25], 7)))

        async def released() -> bool:
            return "MASS_ZERO" not in await problems(w)

        assert len(written) < 20
        await eventually(released)


async def test_an_app_without_the_newer_permission_writes_one_by_one(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Code 24: the older method does it, also after a restart, and the status says so."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        sandbox.remove_scope(SET_STOCK)
        await w.put_channel("shop-1", sandbox)
        running = await w.start_adapter()
        levels = {sku.outer_id: 10 + place for place, sku in enumerate(sandbox.skus())}
        for sku, units in levels.items():
            await w.put_level(sku, units, version=1)
        await eventually(sells(sandbox, levels))
        await running.stop()
        asked = len(calls(sandbox, SET_STOCK))
        await w.start_adapter()
        await w.put_level(sandbox.skus()[0].outer_id, 1, version=2)
        await eventually(sells(sandbox, levels | {sandbox.skus()[0].outer_id: 1}))

        async def told() -> bool:
            return "STOCK_ONE_BY_ONE" in await problems(w)

        await eventually(told)
        assert len(calls(sandbox, SET_STOCK)) == asked
        assert len(calls(sandbox, SET_ONE)) == 4


async def test_a_version_that_fell_is_told_with_its_remedy(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The lower version is not offered; what the remedy names brings the level through."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await w.put_level(sku.outer_id, 5, version=50)
        await eventually(sells(sandbox, {sku.outer_id: 5}))
        await w.put_level(sku.outer_id, 9, version=3)

        async def told() -> bool:
            return "STOCK_VERSION_REGRESSED" in await problems(w)

        await eventually(told)
        still_sold = sandbox.sku(sku.outer_id).sellable
        await w.write(w.names.stock_changes, f"default:{sku.outer_id}", None)
        await w.put_level(sku.outer_id, 9, version=4)

        assert still_sold == 5
        await eventually(sells(sandbox, {sku.outer_id: 9}))


@pytest.mark.parametrize(("policy", "offered"), [("keep", 5), ("zero", 0)])
async def test_a_level_that_cannot_be_read_follows_the_channels_policy(
    kafka_bootstrap_servers: str, topic_prefix: str, policy: str, offered: int
) -> None:
    """It is told per SKU, and kept or taken for none until it can be read again."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        sku, other = sandbox.skus()[:2]
        await w.put_channel("shop-1", sandbox, on_unreadable_level=policy)
        await w.start_adapter()
        await w.put_level(sku.outer_id, 5, version=1)
        await eventually(sells(sandbox, {sku.outer_id: 5}))
        await w.write(w.names.stock_changes, f"default:{sku.outer_id}", b"{")
        await w.put_level(other.outer_id, 2, version=1)

        async def told() -> bool:
            return "STOCK_LEVEL_UNREADABLE" in await problems(w)

        await eventually(told)
        await eventually(sells(sandbox, {sku.outer_id: offered, other.outer_id: 2}))
        await w.put_level(sku.outer_id, 7, version=2)
        await eventually(sells(sandbox, {sku.outer_id: 7}))


async def test_listings_that_split_a_sku_offer_its_units_once(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """`shared_sku: split`: 11 units make 6 and 5, and never 22."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        one, two = sandbox.skus()[:2]
        await w.put_channel("shop-1", sandbox, shared_sku="split")
        await w.write(
            w.names.listing_settings,
            f"shop-1:{two.sku_id}",
            {"channel_id": "shop-1", "sku_id": str(two.sku_id), "sku": one.outer_id},
        )
        await w.start_adapter()
        await w.put_level(one.outer_id, 11, version=1)

        await eventually(
            lambda: sorted(sandbox.sku(s.sku_id).sellable for s in (one, two)) == [5, 6]
        )


async def test_a_hot_sku_costs_few_calls_and_delays_no_other(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Of 10,000 changes of one SKU the newest is written; what came between coalesces."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        hot, other = sandbox.skus()[:2]
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await w.put_level(other.outer_id, 1, version=1)
        await eventually(sells(sandbox, {other.outer_id: 1}))
        before = len(calls(sandbox, SET_STOCK))
        for first in range(0, 10_000, 500):
            versions = range(first, first + 500)
            await asyncio.gather(*(w.put_level(hot.outer_id, v % 90, version=v) for v in versions))
        await w.put_level(other.outer_id, 2, version=2)
        levels = {hot.outer_id: 9_999 % 90, other.outer_id: 2}
        await eventually(sells(sandbox, levels), within_s=90)

        assert len(calls(sandbox, SET_STOCK)) - before < 1_000


async def test_a_shipment_outside_the_adapter_is_kept_before_a_restart_can_forget_it(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Goods in of as many units as left leave the desired number as it was: JD's is lower."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox, earlier_orders_deducted=True)
        await w.put_level(sku.outer_id, 10, version=1)
        running = await w.start_adapter()
        await eventually(sells(sandbox, {sku.outer_id: 10}))
        order = sandbox.place_order([(sku.outer_id, 2)])
        await eventually(lambda: w.messages(w.names.orders))
        sandbox.set_faults([{"match": {"method": SET_STOCK}, "fault": {"kind": "reset_before"}}])
        await ship_elsewhere(sandbox, order.order_id)

        async def shipped() -> bool:
            return (await w.messages(w.names.orders))[-1]["facts"]["shipped"] is True

        await eventually(shipped)
        await running.stop()
        sandbox.set_faults([])
        await w.put_level(sku.outer_id, 12, version=2)
        await w.start_adapter()

        await eventually(sells(sandbox, {sku.outer_id: 10}))
        assert (await statuses_of(w, sku.sku_id)).count("unknown") >= 1
