"""Oversell protection, the whole way: nobody is sold what somebody else was sold already.

Short in `make test`; `make soak-oversell SEED=… SIZE=…` sells for longer, and the same again.
"""

import asyncio
import json
import os
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer

from adapter.rules.stock import StockRule, sellable_quantity
from devstack.evidence import committed_reader
from devstack.helm import Books, Message, take_orders_in
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.journey.busy_sale import BUFFER, TRAFFICS, Sale, Traffic
from tests.journey.naive_adapter import NaiveAdapter
from tests.world import World, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(3_600)]

SEED = int(os.environ.get("SEED", "5"))
SIZE = int(os.environ.get("SIZE", "100"))
ROUNDS = max(SIZE // 100, 1)
"""Each brings some hundred orders."""
SKUS = 6
SEARCH_LAG_S = 1
HELM_IS_THERE_S, HELM_IS_AWAY_S = 0.5, 2.0
RULE = StockRule(stock_buffer=BUFFER)

FAULTS: list[dict[str, Any]] = [
    {"match": {"probability": 0.04}, "fault": {"kind": "http_status", "status": 503}},
    {"match": {"probability": 0.04}, "fault": {"kind": "reset_before"}},
    {"match": {"probability": 0.04}, "fault": {"kind": "reset_after"}},
    {"match": {"probability": 0.04}, "fault": {"kind": "truncated_json"}},
    {"match": {"probability": 0.10}, "fault": {"kind": "latency", "ms": 150}},
    {"match": {"probability": 0.05}, "fault": {"kind": "stale_read"}},
    {
        "match": {"method": "jingdong.ware.stock.sku.set", "probability": 0.05},
        "fault": {"kind": "receipt_without_skus"},
    },
]
"""What goes wrong at both shops. Nothing that makes a change's travel time unbounded: no call that
takes effect long after it was given up, and no write that JD confirms and loses, which only
reconciliation finds."""


def two_shops(simulator: SimulatorHandle, stock_model: str) -> dict[str, SandboxHandle]:
    """Open two shops with the same SKUs, empty shelves and a search that lags."""
    return {
        f"shop-{number}": simulator.create_sandbox(
            seed=SEED + number,
            sku_count=SKUS,
            initial_stock=0,
            search_lag_s=SEARCH_LAG_S,
            stock_model=stock_model,
        )
        for number in (1, 2)
    }


def new_books() -> Books:
    """Open Helm's books."""
    chance = Random(SEED)  # noqa: S311 (a seed, no secret)
    return Books(now=lambda: datetime.now(UTC), chance=chance)


def first_levels(books: Books, shops: dict[str, SandboxHandle], traffic: Traffic) -> list[Message]:
    """Give every SKU fewer units than the first burst wants."""
    least, most = traffic.first_levels
    codes = [sku.outer_id for sku in next(iter(shops.values())).skus()]
    return books.stock_up(codes, least=least, most=most)


class Receipts:
    """Orders whose receipt the adapter has taken in, as its reservations say."""

    def __init__(self) -> None:
        self.order_ids: set[str] = set()

    async def follow(self, reader: AIOKafkaConsumer) -> None:
        """Read reservations until cancelled."""
        while True:
            for batch in (await reader.getmany(timeout_ms=100)).values():
                for record in batch:
                    reservation = json.loads(record.value or b"{}")
                    if reservation.get("receipt") is not None:
                        self.order_ids.add(reservation["order_id"])


async def stay_away_now_and_then(helm: AIOKafkaConsumer) -> None:
    """Let Helm read no orders most of the time, until cancelled: its levels reflect them late."""
    while True:
        await asyncio.sleep(HELM_IS_THERE_S)
        helm.pause(*helm.assignment())
        await asyncio.sleep(HELM_IS_AWAY_S)
        helm.resume(*helm.assignment())


async def sell_through_the_adapter(
    w: World, bootstrap_servers: str, topic_prefix: str, stock_model: str
) -> tuple[Books, Sale]:
    """Hold the sale with the adapter, on real Kafka and with a JD that fails now and then."""
    shops, books, traffic = two_shops(w.simulator, stock_model), new_books(), TRAFFICS[stock_model]
    for name, shop in shops.items():
        await w.put_channel(name, shop, stock_buffer=BUFFER, stock_model=stock_model)
    receipts = Receipts()

    async def send(message: Message) -> None:
        await w.write(topic_prefix + message.topic, message.key, message.value)

    def is_at_rest(sku: str) -> bool:
        wanted = sellable_quantity(books.levels[sku].available, RULE)
        return all(shop.sku(sku).sellable == wanted for shop in shops.values()) and all(
            str(order.order_id) in receipts.order_ids
            for order in sale.orders(sku)
            if books.orders[str(order.order_id)].outcome != "returned"
        )

    await w.start_adapter(session_timeout_s=30, call_timeout_s=10)
    for message in first_levels(books, shops, traffic):
        await send(message)
    sale = Sale(books=books, shops=shops, send=send, is_at_rest=is_at_rest, seed=SEED)
    for shop in shops.values():
        shop.set_faults(FAULTS)
    async with (
        committed_reader(bootstrap_servers, [w.names.orders]) as orders,
        committed_reader(bootstrap_servers, [w.names.reservations]) as reservations,
        asyncio.TaskGroup() as players,
    ):
        helm = take_orders_in(books, send, orders, on_order=lambda _: None)
        tasks = [
            players.create_task(helm),
            players.create_task(receipts.follow(reservations)),
            players.create_task(stay_away_now_and_then(orders)),
        ]
        await sale.run(traffic=traffic, rounds=ROUNDS)
        for task in tasks:
            task.cancel()
    assert [shop.invariants()["oversold"] for shop in shops.values()] == [[], []]
    assert all(map(is_at_rest, books.levels))
    return books, sale


async def sell_naively(simulator: SimulatorHandle, stock_model: str) -> tuple[Books, int]:
    """Hold the same sale with a connector that writes `available` straight, on a good day.

    Returns:
        Helm's books, and how many orders at least cannot be filled: those of the first burst, when
        both shops show all that there is.
    """
    shops, books, traffic = two_shops(simulator, stock_model), new_books(), TRAFFICS[stock_model]
    first_levels(books, shops, traffic)
    certain = sum(traffic.too_many(level.available) for level in books.levels.values())
    naive = NaiveAdapter(books, shops)
    sale = Sale(books=books, shops=shops, send=naive.send, is_at_rest=naive.is_at_rest, seed=SEED)
    async with asyncio.TaskGroup() as players:
        connector = players.create_task(naive.run())
        await sale.run(traffic=traffic, rounds=ROUNDS)
        connector.cancel()
    return books, certain


@pytest.mark.parametrize("stock_model", ["spot", "sellable"])
async def test_every_order_of_a_busy_sale_can_be_filled(
    kafka_bootstrap_servers: str, topic_prefix: str, stock_model: str
) -> None:
    """With a buffer for what is sold elsewhere in the meantime no order is one too many."""
    async with world(kafka_bootstrap_servers, topic_prefix, every=20) as w:
        books, sale = await sell_through_the_adapter(
            w, kafka_bootstrap_servers, topic_prefix, stock_model
        )
        naive, certain = await sell_naively(w.simulator, stock_model)
        print(  # noqa: T201 (the figures that a reader of the soak wants)
            f"\n{stock_model}: {sale.placed} JD orders, {sale.turned_away} turned away,"
            f" {sale.sold_elsewhere} units sold elsewhere; could not be filled:"
            f" adapter {books.could_not_be_filled}, naive {naive.could_not_be_filled}"
            f" of {len(naive.orders)}; fewest units free: {sale.lowest}"
        )

        assert books.could_not_be_filled == 0
        assert naive.could_not_be_filled >= certain > 0
        assert 0 <= sale.lowest < BUFFER
        assert sale.placed > SKUS
