"""A player of Helm: an order and warehouse system as the adapter meets it over Kafka.

It sells on other channels and takes goods in, takes JD's orders in as Helm does (an order is
deducted from its level then, a cancelled one given back), answers with receipts and dispatches
what it took in. `Books` decides and does no I/O; the functions below carry its messages.

Source: contracts/helm/.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Literal

from aiokafka import AIOKafkaConsumer

Json = dict[str, Any]

CARRIERS = ("SF Express", "YTO Express", "467", "463")
"""Carriers as Helm names them, and some by JD's id: both are allowed."""
_CANCELLED = 6
_DESPATCH_READY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A record for one of Helm's topics."""

    topic: str
    key: str
    value: Json


@dataclass(slots=True, kw_only=True)
class Level:
    """The sellable units of a SKU; `version` rises with each change."""

    available: int
    version: int


@dataclass(slots=True, kw_only=True)
class TakenOrder:
    """What Helm knows of a JD order."""

    channel_id: str
    revision: int
    status_id: int
    outcome: Literal["accepted", "rejected", "returned"]
    lines: Mapping[str, int]
    """Units by SKU."""
    needs_customs: bool
    versions: dict[str, int] = field(default_factory=dict)
    """By SKU, the version of the level that reflects it."""
    is_dispatched: bool = False


class Books:
    """Helm's books: the levels of one stock pool, the orders of all channels that draw on it."""

    def __init__(self, *, now: Callable[[], datetime], chance: Random) -> None:
        """Open empty books."""
        self._now = now
        self._chance = chance
        self._shipments = 0
        self.levels: dict[str, Level] = {}
        self.orders: dict[str, TakenOrder] = {}

    @property
    def could_not_be_filled(self) -> int:
        """Orders for which there were not enough units."""
        return sum(order.outcome == "rejected" for order in self.orders.values())

    @property
    def dispatched(self) -> int:
        """Parcels that were sent off."""
        return self._shipments

    def stock_up(self, skus: Iterable[str], *, least: int, most: int) -> list[Message]:
        """Give each SKU its first level."""
        messages = []
        for sku in skus:
            units = self._chance.randint(least, most)
            self.levels[sku] = Level(available=units, version=1)
            messages.append(self._stock_change(sku))
        return messages

    def change(self, sku: str, units: int) -> Message | None:
        """Take goods in (positive units) or sell on another channel (negative).

        Returns:
            The new level; None when nothing changes, for nobody sells what is not there.
        """
        level = self.levels[sku]
        available = max(level.available + units, 0)
        if available == level.available:
            return None
        return self._set(sku, available)

    def take_in(self, order: Json) -> list[Message]:
        """Take a record of `jd.orders` in: levels that change, then the receipt.

        A revision that is not higher than what is known is nothing new: no messages.
        """
        order_id, revision = str(order["channel_order_id"]), int(order["revision"])
        known = self.orders.get(order_id)
        if known is None:
            known = self.orders[order_id] = _read(order)
            messages = self._deduct(known)
        elif revision <= known.revision:
            return []
        else:
            known.revision, known.status_id = revision, int(order["status_id"])
            messages = self._give_back(known) if known.status_id == _CANCELLED else []
        return [*messages, self._receipt(order_id, known)]

    def to_dispatch(self) -> list[str]:
        """List the orders that can leave: accepted, ready, domestic, not dispatched yet."""
        return [
            order_id
            for order_id, order in self.orders.items()
            if order.outcome == "accepted"
            and order.status_id == _DESPATCH_READY
            and not order.needs_customs
            and not order.is_dispatched
        ]

    def dispatch(self, order_id: str) -> Message:
        """Send an order off in one parcel."""
        order = self.orders[order_id]
        order.is_dispatched = True
        self._shipments += 1
        waybill = f"HJ{self._shipments:04d}{self._chance.randrange(10**8):08d}"
        parcel = {"carrier": self._chance.choice(CARRIERS), "shipping_tracking_code": waybill}
        return Message(
            topic="helm.shipments",
            key=order.channel_id,
            value={
                "channel_id": order.channel_id,
                "shipment_id": f"shipment-{self._shipments}",
                "channel_order_id": order_id,
                "parcels": [parcel],
                "despatched_at": self._instant(),
            },
        )

    def _deduct(self, order: TakenOrder) -> list[Message]:
        if order.status_id == _CANCELLED:
            order.outcome = "returned"
            return []
        if any(units > self._available(sku) for sku, units in order.lines.items()):
            order.outcome = "rejected"
            return []
        messages = [
            self._set(sku, self._available(sku) - units) for sku, units in order.lines.items()
        ]
        order.versions = {sku: self.levels[sku].version for sku in order.lines}
        return messages

    def _give_back(self, order: TakenOrder) -> list[Message]:
        if order.outcome != "accepted":
            return []
        order.outcome = "returned"
        messages = [
            self._set(sku, self._available(sku) + units) for sku, units in order.lines.items()
        ]
        order.versions = {sku: self.levels[sku].version for sku in order.lines}
        return messages

    def _available(self, sku: str) -> int:
        level = self.levels.get(sku)
        return 0 if level is None else level.available

    def _set(self, sku: str, available: int) -> Message:
        level = self.levels[sku]
        level.available, level.version = available, level.version + 1
        return self._stock_change(sku)

    def _stock_change(self, sku: str) -> Message:
        level = self.levels[sku]
        return Message(
            topic="helm.stock-changes",
            key=f"default:{sku}",
            value={
                "sku": sku,
                "available": level.available,
                "version": level.version,
                "occurred_at": self._instant(),
            },
        )

    def _receipt(self, order_id: str, order: TakenOrder) -> Message:
        is_rejected = order.outcome == "rejected"
        return Message(
            topic="helm.order-receipts",
            key=order.channel_id,
            value={
                "channel_id": order.channel_id,
                "channel_order_id": order_id,
                "revision": order.revision,
                "outcome": "rejected" if is_rejected else "accepted",
                "reason": "not enough units" if is_rejected else None,
                "taken_in_at": self._instant(),
                "stock_versions": order.versions,
            },
        )

    def _instant(self) -> str:
        return self._now().isoformat()


def _read(order: Json) -> TakenOrder:
    lines: dict[str, int] = {}
    for line in order["inventory"]:
        # An unmapped line has no SKU of Helm's: no level can fill it.
        sku = line["sku"] or f"unmapped {line['sales_channel_item_id']}"
        lines[sku] = lines.get(sku, 0) + int(line["quantity"])
    return TakenOrder(
        channel_id=str(order["channel_id"]),
        revision=int(order["revision"]),
        status_id=int(order["status_id"]),
        outcome="accepted",
        lines=lines,
        needs_customs=order["customs"] is not None,
    )


Send = Callable[[Message], Awaitable[None]]


async def trade_elsewhere(
    books: Books, send: Send, *, chance: Random, changes_per_s: float
) -> None:
    """Sell on other channels and take goods in, at a lively rate, until cancelled."""
    skus = list(books.levels)
    while True:
        await asyncio.sleep(chance.expovariate(changes_per_s))
        sku = chance.choice(skus)
        units = chance.randint(5, 30) if chance.random() < 0.15 else -chance.randint(1, 5)
        message = books.change(sku, units)
        if message is not None:
            await send(message)


async def take_orders_in(
    books: Books, send: Send, consumer: AIOKafkaConsumer, *, on_order: Callable[[Json], None]
) -> None:
    """Take in what a started read_committed consumer of `jd.orders` gives, until cancelled."""
    while True:
        batches = await consumer.getmany(timeout_ms=200)
        for record in (record for batch in batches.values() for record in batch):
            if record.value is None:
                continue  # the adapter forgot the order
            order = json.loads(record.value)
            on_order(order)
            for message in books.take_in(order):
                await send(message)


async def dispatch_orders(
    books: Books,
    send: Send,
    *,
    chance: Random,
    may_leave: Callable[[str], bool],
    dispatches_per_s: float,
) -> None:
    """Dispatch orders one after the other, until cancelled.

    Args:
        books: Helm's books.
        send: Carries a message to Kafka.
        chance: Says which order is next.
        may_leave: Tells whether an order's buyer means it. A dispatch that crosses a cancellation
            is refused by JD, rightly, and would blur what the demo shows.
        dispatches_per_s: How many, on average.
    """
    while True:
        await asyncio.sleep(chance.expovariate(dispatches_per_s))
        ready = [order_id for order_id in books.to_dispatch() if may_leave(order_id)]
        if ready:
            await send(books.dispatch(chance.choice(ready)))
