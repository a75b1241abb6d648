"""Units of orders that Helm's levels do not reflect yet, on real Kafka against a JD shop."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapter.diagnostics import Metrics
from adapter.flows.reservations import AT_ONCE, ReservationFlow
from adapter.kafka.publisher import Publisher
from adapter.kafka.shard import Shard
from adapter.rules.diagnosis import Problems
from adapter.rules.levels import Levels
from adapter.rules.state import ChannelState
from adapter.rules.stock import Level
from adapter.wire.helm import ListingSettings, SalesChannel
from adapter.wire.kept import Checkpoint, KeptReceipt, OrderIndexEntry, Reservation
from jd_simulator.testing import SandboxHandle
from tests.world import World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def rows(w: World, topic: str) -> dict[str, Any]:
    """Read what stands in a compacted topic, by key."""
    newest = {record.key.decode(): record.value for record in await w.records(topic)}
    return {key: json.loads(value) for key, value in newest.items() if value is not None}


@asynccontextmanager
async def a_sale(servers: str, prefix: str) -> AsyncIterator[tuple[World, SandboxHandle, int, str]]:
    """Sell 3 of 10 units of a SKU on shop-1, and wait until JD offers what is left."""
    async with world(servers, prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=2)
        code = sandbox.skus()[0].outer_id
        await w.put_channel("shop-1", sandbox)
        await w.put_level(code, 10, version=1)
        await w.start_adapter()
        await eventually(lambda: sandbox.sku(code).sellable == 10)
        order = sandbox.place_order([(code, 3)])
        await eventually(lambda: _is_reserved(w, order.order_id))
        yield w, sandbox, order.order_id, code


async def _is_reserved(w: World, order_id: int) -> bool:
    return f"shop-1:{order_id}" in await rows(w, w.names.reservations)


async def test_an_order_comes_off_every_channel_until_helm_has_it(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Once, not twice: before its receipt and after, whatever else moves the level meanwhile."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        one, two = (w.simulator.create_sandbox(seed=7, sku_count=2) for _ in range(2))
        code = one.skus()[0].outer_id
        await w.put_channel("shop-1", one)
        await w.put_channel("shop-2", two)
        await w.put_level(code, 10, version=1)
        await w.start_adapter()
        await eventually(lambda: one.sku(code).sellable == 10 == two.sku(code).sellable)
        order = one.place_order([(code, 3)])
        await eventually(lambda: two.sku(code).sellable == 7)
        await w.put_level(code, 9, version=2)  # a sale elsewhere
        await eventually(lambda: two.sku(code).sellable == 6 == one.sku(code).sellable)
        await w.answer("shop-1", order.order_id, stock_versions={code: 3})
        await w.put_level(code, 6, version=3)
        await w.put_level(code, 5, version=4)
        await eventually(lambda: two.sku(code).sellable == 5 == one.sku(code).sellable)

        async def answered() -> Any:
            return (await rows(w, w.names.reservations))[f"shop-1:{order.order_id}"]["receipt"]

        receipt = await eventually(answered)
        index = await rows(w, w.names.order_index)
        checkpoints = await rows(w, w.names.checkpoints)

        assert receipt["stock_versions"] == {code: 3}
        assert index[f"shop-1:{order.order_id}"]["receipt"] == receipt
        assert checkpoints["shop-1:capabilities"]["has_receipts"]
        assert "shop-2:capabilities" not in checkpoints


async def test_a_cancelled_order_frees_its_units(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Before Helm ever knew of it: they are offered again, and no reservation stays."""
    async with a_sale(kafka_bootstrap_servers, topic_prefix) as (w, sandbox, order_id, code):
        sold = sandbox.sku(code).sellable
        sandbox.cancel(order_id)
        await eventually(lambda: _is_free(w, order_id))
        await eventually(lambda: sandbox.sku(code).sellable == 10)

        assert sold == 7


async def _is_free(w: World, order_id: int) -> bool:
    return not await _is_reserved(w, order_id)


async def test_what_is_reserved_outlives_the_adapter(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A new owner knows of the order before it writes: goods that come in are not sold for it."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=2)
        code = sandbox.skus()[0].outer_id
        await w.put_channel("shop-1", sandbox)
        await w.put_level(code, 3, version=1)
        first = await w.start_adapter()
        await eventually(lambda: sandbox.sku(code).sellable == 3)
        order = sandbox.place_order([(code, 3)])
        await eventually(lambda: _is_reserved(w, order.order_id))
        await first.stop()
        await w.put_level(code, 8, version=2)
        await w.start_adapter()

        await eventually(lambda: sandbox.sku(code).sellable == 5)
        quantities = {m["quantity"] for m in await w.messages(w.names.stock_updates)}
        assert quantities & {11} == set()


async def test_a_rejected_order_stays_deducted(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Until it is cancelled; Helm's reason may hold a buyer's data and is not repeated."""
    async with a_sale(kafka_bootstrap_servers, topic_prefix) as (w, sandbox, order_id, code):
        await w.answer("shop-1", order_id, "rejected", reason="ask Ms Zhang, 13800001111")
        await w.put_level(code, 20, version=2)
        await eventually(lambda: sandbox.sku(code).sellable == 17)

        async def answered() -> Any:
            return (await rows(w, w.names.reservations))[f"shop-1:{order_id}"]["receipt"]

        receipt = await eventually(answered)

        assert receipt["outcome"] == "rejected"
        everything = [
            record.value or b""
            for topic in (w.names.reservations, w.names.order_index, w.names.channel_status)
            for record in await w.records(topic)
        ]
        assert all(b"13800001111" not in value for value in everything)


async def test_a_receipt_for_an_unknown_order_tells_that_receipts_come(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """It is no dead letter, and the reservations of other orders learn of it."""
    async with a_sale(kafka_bootstrap_servers, topic_prefix) as (w, _, order_id, _):
        before = (await rows(w, w.names.reservations))[f"shop-1:{order_id}"]
        await w.answer("shop-1", 42)

        async def is_told() -> Any:
            kept = (await rows(w, w.names.reservations))[f"shop-1:{order_id}"]
            return kept if kept["has_receipts"] else None

        after = await eventually(is_told)

        assert after == before | {"has_receipts": True}
        assert await w.records(w.names.dead_letters) == []


# The keeper, its clock in the test's hands ------------------------------------------------------


class Keeper:
    """A keeper of shop-1 on a shard of its own."""

    def __init__(self, shard: Shard) -> None:
        self.now = NOON
        self.shard = shard
        self.levels = Levels()
        self.problems = Problems()
        self.overrides: dict[str, ListingSettings] = {}
        settings = SalesChannel()
        state = ChannelState(
            settings=settings, levels=self.levels.of("default"), overrides=self.overrides
        )
        self.flow = ReservationFlow(
            channel_id="shop-1",
            settings=settings,
            state=state,
            shard=shard,
            levels=self.levels.of("default"),
            now=lambda: self.now,
            problems=self.problems,
        )

    async def look(self, **after: float) -> set[str]:
        """Let time pass, let it look, and tell which orders are reserved."""
        self.now += timedelta(**after)
        await self.flow.step()
        return set(self.shard.tables.reservations.of("shop-1"))


@asynccontextmanager
async def a_keeper(servers: str, prefix: str) -> AsyncIterator[Keeper]:
    """Open a shard for a keeper."""
    async with world(servers, prefix) as w:
        settings = w.settings()
        publisher = Publisher(connection=settings.kafka, timeout_s=10)
        await publisher.start()

        async def prove(_: int) -> None:
            """Nobody else is there."""

        shard = Shard(
            partition=0,
            connection=settings.kafka,
            names=w.names,
            group=settings.consumer_group,
            transaction_timeout_s=10,
            publisher=publisher,
            prove=prove,
            on_committed=lambda *_: None,
            metrics=Metrics(),
        )
        try:
            await shard.open()
            yield Keeper(shard)
        finally:
            await shard.close()
            await publisher.stop()


def a_reservation(order_id: str, receipt: KeptReceipt | None = None) -> Reservation:
    """Reserve a unit of TEE."""
    return Reservation(
        channel_id="shop-1",
        order_id=order_id,
        stock_pool="default",
        units={"TEE": 1},
        published_at=NOON,
        order_grace_s=60,
        receipt=receipt,
    )


def an_entry(order_id: str, **fields: Any) -> OrderIndexEntry:
    """Keep an open order of a unit of listing 5."""
    kept: dict[str, Any] = {
        "channel_id": "shop-1",
        "order_id": order_id,
        "modified": NOON,
        "content_hash": "1-0",
        "state": "WAIT_SELLER_STOCK_OUT",
        "revision": 1,
        "first_published": NOON,
        "in_scope": True,
        "status_id": 3,
        "is_open": True,
        "ordered": {"5": 1},
        "fulfilled_by": "merchant",
    }
    return OrderIndexEntry(**(kept | fields))


ACCEPTED = KeptReceipt(revision=1, outcome="accepted", taken_in_at=NOON, stock_versions={"TEE": 7})


async def test_a_reservation_is_forgotten_a_day_after_it_was_counted(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Without a break: a level that falls back starts the day anew. Nothing is made again."""
    async with a_keeper(kafka_bootstrap_servers, topic_prefix) as keeper:
        events = keeper.shard.events
        entry = an_entry("1", receipt=ACCEPTED)
        await keeper.shard.publish_atomically(
            [
                events.order_index(entry, at=NOON),
                events.reservation(a_reservation("1", ACCEPTED), at=NOON),
            ]
        )
        keeper.levels.take("default", "TEE", Level(1, 7))
        kept = [await keeper.look(), await keeper.look(hours=23)]
        keeper.levels.take("default", "TEE", Level(None))
        kept.append(await keeper.look(hours=2))
        keeper.levels.take("default", "TEE", Level(1, 8))
        kept += [await keeper.look(minutes=1), await keeper.look(hours=23)]

        assert kept == [{"1"}] * 5
        assert await keeper.look(hours=2) == set()
        assert await keeper.look(hours=2) == set()


async def test_a_missing_reservation_is_made(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Of an order that an earlier version kept, unless a level reflects it or it ended."""
    async with a_keeper(kafka_bootstrap_servers, topic_prefix) as keeper:
        entries = [
            an_entry("1"),
            an_entry("2", receipt=ACCEPTED),
            an_entry("3", is_open=False),
            an_entry("4", fulfilled_by="jd"),
        ]
        events = keeper.shard.events
        await keeper.shard.publish_atomically(
            [events.order_index(entry, at=NOON) for entry in entries]
        )
        keeper.overrides["5"] = ListingSettings(channel_id="shop-1", sku_id="5", sku="TEE")
        kept = await keeper.look()
        made = keeper.shard.tables.reservations.get("shop-1", "1")

        assert kept == {"1"}
        assert made == a_reservation("1").model_copy(update={"order_grace_s": 120})


async def test_a_line_is_reserved_once_its_listing_is_mapped(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The reservation knew the listing; its units are deducted from then on."""
    async with a_keeper(kafka_bootstrap_servers, topic_prefix) as keeper:
        unmapped = a_reservation("1").model_copy(update={"units": {}, "unmapped": {"5": 2}})
        await keeper.shard.publish_atomically([keeper.shard.events.reservation(unmapped, at=NOON)])
        await keeper.look()
        keeper.overrides["5"] = ListingSettings(channel_id="shop-1", sku_id="5", sku="TEE")
        await keeper.look(minutes=2)

        made = keeper.shard.tables.reservations.get("shop-1", "1")
        assert made is not None
        assert (made.units, made.unmapped) == ({"TEE": 2}, {})


async def test_all_reservations_learn_that_receipts_come(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """However many there are."""
    async with a_keeper(kafka_bootstrap_servers, topic_prefix) as keeper:
        events = keeper.shard.events
        told = Checkpoint(channel_id="shop-1", flow="capabilities", has_receipts=True)
        await keeper.shard.publish_atomically(
            [
                events.checkpoint(told, at=NOON),
                *(
                    events.reservation(a_reservation(str(number)), at=NOON)
                    for number in range(AT_ONCE + 7)
                ),
            ]
        )
        await keeper.look()

        kept = keeper.shard.tables.reservations.of("shop-1").values()
        assert {reservation.has_receipts for reservation in kept} == {True}


async def test_what_helm_owes_is_a_problem(kafka_bootstrap_servers: str, topic_prefix: str) -> None:
    """How many orders and since when; it ends when a level reflects them."""
    async with a_keeper(kafka_bootstrap_servers, topic_prefix) as keeper:
        events = keeper.shard.events
        rejected = ACCEPTED.model_copy(update={"outcome": "rejected", "stock_versions": {}})
        await keeper.shard.publish_atomically(
            [
                events.reservation(a_reservation("1"), at=NOON),
                events.reservation(a_reservation("2"), at=NOON),
                events.reservation(a_reservation("3", rejected), at=NOON),
            ]
        )
        await keeper.look(minutes=14)
        early = [problem.code for problem in keeper.problems.all()]
        await keeper.look(minutes=2)
        refused, unconfirmed = keeper.problems.all()
        keeper.levels.take("default", "TEE", Level(1, 1, NOON + timedelta(minutes=20)))
        await keeper.look(minutes=2)

        assert early == ["RECEIPTS_REFUSED"]
        assert "1 orders" in refused.cause
        assert "2 orders" in unconfirmed.cause
        assert "2026-11-23 12:00" in unconfirmed.evidence
        assert [problem.code for problem in keeper.problems.all()] == ["RECEIPTS_REFUSED"]
