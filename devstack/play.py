"""The play: Helm and JD's buyers on a running stack, and the adapter killed in the middle.

It talks to the adapter over Kafka and to the simulator over HTTP, as a user would.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Hashable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

from aiokafka import AIOKafkaProducer

from devstack.buyers import Buyers, buy
from devstack.control_room import ControlRoom, control_room
from devstack.evidence import (
    LEVELS,
    LISTINGS,
    ORDERS,
    SHIPMENT_RESULTS,
    STOCK_UPDATES,
    TOPICS,
    collect,
    committed_reader,
    end_offsets,
)
from devstack.helm import Books, Message, dispatch_orders, take_orders_in, trade_elsewhere
from devstack.live import Score, SeenOrder
from devstack.observations import Evidence
from devstack.programs import StackError
from devstack.stack import CHANNEL, START_TIMEOUT_S, Stack

BROKEN = b'{"sku": "TEE-RED-M", "available": "seventeen"}'
"""The deliberately broken record: a level that is no number."""

_CHANGES_PER_S = 20.0
_ORDERS_PER_S = 3.0
_DISPATCHES_PER_S = 3.0
_LEAST_UNITS, _MOST_UNITS = 0, 80
_KILL_AFTER = 0.4
"""Part of the play after which the adapter is killed."""
_DOWN_S = 1.0
_FIRST_QUIET_S, _FIRST_LONGEST_S = 2.0, 30.0
_QUIET_S, _SETTLE_S = 6.0, 90.0
_LOOK_S = 0.25

Json = dict[str, Any]
Publish = Callable[[str, str, bytes], Awaitable[None]]
Probe = Callable[[], Awaitable[Hashable]]


async def play(stack: Stack, score: Score, *, chance: Random, import_from: datetime) -> Evidence:
    """Play, let everything settle, and collect the evidence.

    Args:
        stack: A running stack.
        score: Where everything is counted; `play_s` says how long to play.
        chance: Makes the players' choices.
        import_from: An instant before the channel was activated, after all earlier orders.

    Raises:
        StackError: The adapter ended by itself, or did not start again.
        Unreadable: Kafka's records could not be read back.
    """
    async with (
        control_room(stack.simulator_url) as room,
        _publishing(stack.bootstrap_servers) as publish,
        _stillness(stack.bootstrap_servers, room) as probe,
    ):

        async def send(message: Message) -> None:
            score.levels += message.topic == LEVELS
            await publish(message.topic, message.key, json.dumps(message.value).encode())

        books = Books(now=lambda: datetime.now(UTC), chance=chance)
        buyers = Buyers()
        skus = [str(sku["outer_id"]) for sku in await room.skus()]
        async with _beside(
            _take_in(stack.bootstrap_servers, books, send, score),
            _count_outcomes(stack.bootstrap_servers, score),
            _keep_score(room, books, buyers, score),
            dispatch_orders(
                books,
                send,
                chance=chance,
                may_leave=lambda order_id: order_id not in buyers.fickle,
                dispatches_per_s=_DISPATCHES_PER_S,
            ),
        ):
            score.phase = "Helm publishes its first levels"
            first = books.stock_up(skus, least=_LEAST_UNITS, most=_MOST_UNITS)
            await asyncio.gather(*map(send, first))
            await _wait_until_still(probe, quiet_s=_FIRST_QUIET_S, longest_s=_FIRST_LONGEST_S)
            score.phase, score.played_since = "playing", time.monotonic()
            async with _beside(
                trade_elsewhere(books, send, chance=chance, changes_per_s=_CHANGES_PER_S)
            ):
                await asyncio.gather(
                    publish(LEVELS, f"default:{skus[0]}", BROKEN),
                    _kill_once(stack, score),
                    buy(
                        room,
                        buyers,
                        skus=skus,
                        chance=chance,
                        orders_per_s=_ORDERS_PER_S,
                        seconds=score.play_s,
                    ),
                )
            score.phase = "settling"
            await _wait_until_still(probe, quiet_s=_QUIET_S, longest_s=_SETTLE_S)
        score.phase = "checking"
        return await collect(
            bootstrap_servers=stack.bootstrap_servers,
            room=room,
            channel_id=CHANNEL,
            import_from=import_from,
            broken_values=frozenset({BROKEN}),
        )


@asynccontextmanager
async def _beside(*players: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Let players act beside the body, until it ends; one that fails ends the body too."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(player) for player in players]
            yield
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from failures  # whoever waits looks for its kind


@asynccontextmanager
async def _publishing(bootstrap_servers: str) -> AsyncIterator[Publish]:
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap_servers, acks="all", enable_idempotence=True
    )
    await producer.start()

    async def publish(topic: str, key: str, value: bytes) -> None:
        await producer.send_and_wait(topic, value, key=key.encode())

    try:
        yield publish
    finally:
        await producer.stop()


@asynccontextmanager
async def _stillness(bootstrap_servers: str, room: ControlRoom) -> AsyncIterator[Probe]:
    """Give a probe whose answer stays the same when nothing happens on either shore."""
    reader = committed_reader(bootstrap_servers, TOPICS)
    await reader.start()

    async def probe() -> Hashable:
        ends = await end_offsets(reader)
        orders = [(order["order_id"], order["state"]) for order in await room.orders()]
        return (frozenset(ends.items()), frozenset(orders))

    try:
        yield probe
    finally:
        await reader.stop()


async def _wait_until_still(probe: Probe, *, quiet_s: float, longest_s: float) -> None:
    """Wait until a probe's answer stays the same for a while, or the longest time is over."""
    end = time.monotonic() + longest_s
    last, since = await probe(), time.monotonic()
    while time.monotonic() < min(since + quiet_s, end):
        await asyncio.sleep(_LOOK_S)
        seen = await probe()
        if seen != last:
            last, since = seen, time.monotonic()


async def _kill_once(stack: Stack, score: Score) -> None:
    """Kill the adapter in the middle of the play, and start it again.

    Raises:
        StackError: It does not come back.
    """
    await asyncio.sleep(score.play_s * _KILL_AFTER)
    score.phase = "the adapter was killed (SIGKILL)"
    await asyncio.to_thread(stack.adapter.kill)
    score.kills += 1
    await asyncio.sleep(_DOWN_S)
    score.phase = "the adapter starts again"
    stack.adapter.launch()
    deadline = time.monotonic() + START_TIMEOUT_S
    while not await asyncio.to_thread(stack.adapter.is_ready):
        if time.monotonic() > deadline:
            message = f"the adapter did not come back; its log is {stack.adapter.log_path}"
            raise StackError(message)
        await asyncio.sleep(_LOOK_S)
    score.phase = "playing on"


async def _take_in(
    bootstrap_servers: str,
    books: Books,
    send: Callable[[Message], Awaitable[None]],
    score: Score,
) -> None:
    def on_order(order: Json) -> None:
        score.records += 1
        score.last_orders.append(
            SeenOrder(
                order_id=order["channel_order_id"],
                revision=order["revision"],
                change=order["change"],
                title=order["inventory"][0]["name"] if order["inventory"] else "",
                paid=f"{order['total_paid']} {order['payment_currency']}",
            )
        )

    reader = committed_reader(bootstrap_servers, [ORDERS])
    await reader.start()
    try:
        await take_orders_in(books, send, reader, on_order=on_order)
    finally:
        await reader.stop()


async def _count_outcomes(bootstrap_servers: str, score: Score) -> None:
    """Count what the adapter says of its writes, until cancelled."""
    listings: set[bytes] = set()
    shipped: set[bytes] = set()
    reader = committed_reader(bootstrap_servers, [LISTINGS, STOCK_UPDATES, SHIPMENT_RESULTS])
    await reader.start()
    try:
        while True:
            for place, batch in (await reader.getmany(timeout_ms=200)).items():
                for record in batch:
                    said = json.loads(record.value or b"{}")
                    if place.topic == LISTINGS:
                        listings.add(record.key)
                    elif place.topic == STOCK_UPDATES:
                        score.stock_written += said.get("status") == "accepted"
                    elif said.get("outcome") == "shipped":
                        shipped.add(record.key)
            score.listings, score.shipped = len(listings), len(shipped)
    finally:
        await reader.stop()


async def _keep_score(room: ControlRoom, books: Books, buyers: Buyers, score: Score) -> None:
    """Carry the players' own counts and JD's calls over, until cancelled."""
    last, then = 0, time.monotonic()
    while True:
        score.placed, score.cancelled = buyers.placed, buyers.cancelled
        score.turned_away = buyers.turned_away
        score.imported = len(books.orders)
        score.could_not_be_filled = books.could_not_be_filled
        score.dispatched = books.dispatched
        if time.monotonic() - then >= 1.0:
            calls = int((await room.invariants())["calls"])
            now = time.monotonic()
            score.jd_calls, score.jd_calls_per_s = calls, (calls - last) / (now - then)
            last, then = calls, now
        await asyncio.sleep(_LOOK_S)
