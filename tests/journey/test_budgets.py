"""Calls to JD: an app's quota is divided among its channels, and holds whatever crashes."""

import signal
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from adapter.kafka.events import Events
from adapter.kafka.topics import shard_of
from adapter.rules.budget import jd_day
from adapter.wire.kept import Checkpoint
from tests.world import PARTITIONS, AdapterProcess, World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

CHANNELS = {"shop-1", "shop-2"}


async def statuses(w: World) -> dict[str, Any]:
    """Return the newest status of each channel."""
    return {m["channel_id"]: m for m in await w.messages(w.names.channel_status)}


async def counted(w: World) -> dict[str, int]:
    """Return the newest count of each channel's calls."""
    messages = await w.messages(w.names.checkpoints)
    return {m["channel_id"]: m["calls"] for m in messages if m["flow"] == "budget"}


def without_bulk(process: AdapterProcess) -> set[str]:
    """Return the channels whose bulk work the process has stopped for want of calls."""
    return {
        event["channel"]
        for event in process.events("channel.problem")
        if event["flow"] == "catalogue" and "bulk" in event["detail"]
    }


async def test_channels_of_one_app_stay_within_its_quota_whatever_crashes(
    kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    """JD never has to refuse a call, and stock goes to zero when bulk work has used its part.

    The catalogue is followed so often that it uses all it may, before the kill and after it.
    """
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3, daily_quota=60)
        sku = sandbox.skus()[0]
        for channel_id in CHANNELS:
            await w.put_channel(channel_id, sandbox, daily_call_quota=60)
        await w.put_level(sku.outer_id, 7, version=1)
        first = await w.start_process(tmp_path, catalogue_follow_s=0.1)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 7)
        await eventually(lambda: without_bulk(first) == CHANNELS)
        first.signal(signal.SIGKILL)
        await first.ended()
        before = sandbox.invariants()["quota"]["used"]
        second = await w.start_process(tmp_path, catalogue_follow_s=0.1)
        await eventually(lambda: without_bulk(second) == CHANNELS)
        await w.put_level(sku.outer_id, 0, version=2)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 0)
        after = sandbox.invariants()
        known = await counted(w)

        assert 44 <= before <= 48
        assert before < after["quota"]["used"] <= 60
        assert "2" not in after["refused_by_code"]
        assert known.keys() == CHANNELS
        assert sum(known.values()) >= after["quota"]["used"]
        assert {s["quota"]["limit"] for s in (await statuses(w)).values()} == {30}


async def test_a_share_follows_the_channels_that_are_active(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A second channel of the app takes its half at once, and leaves it when it is switched off.

    An orderly stop keeps the exact count.
    """
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)

        async def limit() -> int | None:
            status = (await statuses(w)).get("shop-1")
            return status["quota"]["limit"] if status else None

        async def is_limited_to(calls: int) -> bool:
            return await limit() == calls

        await w.put_channel("shop-1", sandbox, daily_call_quota=100_000)
        running = await w.start_adapter()
        await eventually(lambda: is_limited_to(100_000))
        await w.put_channel("shop-2", sandbox, daily_call_quota=100_000)
        await eventually(lambda: is_limited_to(50_000))
        await w.put_channel("shop-2", sandbox, daily_call_quota=100_000, is_active=False)
        await eventually(lambda: is_limited_to(100_000))
        await running.stop()

        assert sum((await counted(w)).values()) == sandbox.invariants()["quota"]["used"]


async def test_orders_come_when_bulk_work_has_used_its_part(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A sweep that has no calls left does not hold up the polls."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        now = datetime.now(UTC)
        sandbox.clock.set((now - timedelta(minutes=1)).timestamp())
        order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
        sandbox.clock.set(now.timestamp())
        shard = shard_of("shop-1", PARTITIONS)
        used = Checkpoint(channel_id="shop-1", flow="budget", day=jd_day(now), calls=90)
        record = Events(names=w.names, partition=shard).checkpoint(used, at=now)
        await w.write(record.topic, "shop-1:budget", record.value, headers=[*record.headers])
        await w.put_channel(
            "shop-1",
            sandbox,
            daily_call_quota=100,
            order_importing_type="from_date",
            import_orders_from=(now - timedelta(hours=1)).isoformat(),
        )
        await w.start_adapter()
        (message,) = await eventually(lambda: w.messages(w.names.orders))
        calls = sandbox.invariants()["calls_by_method"]

        assert message["channel_order_id"] == str(order.order_id)
        assert set(calls) == {"jingdong.pop.order.search"}


async def test_polls_are_stretched_whatever_wakes_them(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """With 1,000 calls a day there is a poll in 216 seconds, however many records come in."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)

        def searches() -> int:
            calls = sandbox.invariants()["calls_by_method"]
            return calls.get("jingdong.pop.order.search", 0)

        async def has_results(wanted: int) -> bool:
            return len(await w.messages(w.names.shipment_results)) >= wanted

        await w.put_channel("shop-1", sandbox, daily_call_quota=1000)
        await w.start_adapter()
        await eventually(lambda: searches() == 2)  # the sweep and the first poll
        began, number = sandbox.clock.now(), 0
        while sandbox.clock.now() < began + 3:  # a window begins with each second
            number += 1
            await w.ship("shop-1", "1", f"SF{number}")
            await eventually(partial(has_results, number))

        assert searches() == 2


async def test_a_quota_that_jd_calls_spent_is_told_with_its_end(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The app's quota was not known here; JD's word ends the day, also for the next owner."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3, daily_quota=8)
        await w.put_channel("shop-1", sandbox)

        async def problem() -> Any:
            problems = (await statuses(w)).get("shop-1", {}).get("problems", [])
            return next((p for p in problems if p["code"] == "QUOTA_SPENT"), None)

        running = await w.start_adapter(catalogue_follow_s=0.1)
        told = await eventually(problem)
        refused = sandbox.invariants()["refused_by_code"]["2"]
        await running.stop()
        restarted = await w.start_adapter(catalogue_follow_s=0.1)
        await eventually(lambda: restarted.shards == {0, 1})

        async def told_again() -> bool:
            found = await problem()
            return bool(found) and found["since"] > told["since"]

        await eventually(told_again)

        assert "JD says" in told["cause"]
        assert "00:00 in Beijing" in told["cause"]
        assert sandbox.invariants()["refused_by_code"]["2"] == refused


async def test_what_must_go_off_sale_goes_when_stock_has_used_its_part(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The last calls of the day are for zeros: other quantities wait until tomorrow."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3, daily_quota=60)
        sku, other = sandbox.skus()[:2]
        await w.put_channel("shop-1", sandbox, daily_call_quota=60)
        running = await w.start_adapter(catalogue_follow_s=0.1)
        version = 1
        await w.put_level(other.outer_id, 5, version=version)
        await eventually(lambda: sandbox.sku(other.sku_id).sellable == 5)

        def limit_reached() -> bool:
            return sandbox.invariants()["quota"]["used"] >= 57

        def written_or_at_limit(units: int) -> bool:
            return sandbox.sku(sku.sku_id).sellable == units or limit_reached()

        while not limit_reached():
            version += 1
            await w.put_level(sku.outer_id, version, version=version)
            await eventually(partial(written_or_at_limit, version))
        await w.put_level(sku.outer_id, 99, version=version + 1)
        await w.put_level(other.outer_id, 0, version=version + 1)
        await eventually(lambda: sandbox.sku(other.sku_id).sellable == 0)

        assert sandbox.sku(sku.sku_id).sellable != 99
        assert sandbox.invariants()["quota"]["used"] <= 60
        assert "2" not in sandbox.invariants()["refused_by_code"]
        await running.stop()
