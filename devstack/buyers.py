"""A player of JD's buyers: they order, some pay late, some change their mind."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from devstack.control_room import ControlRoom, NotForSale

REMARKS = (
    "",
    "",
    "请尽快发货，谢谢！",
    "送人的礼物，请不要放价格单",
    "周末在家，工作日请放丰巢柜",
    "麻烦换个结实点的纸箱",
    "送货前请打电话",
)
"""What buyers write: often nothing."""

_PAY_LATER = 0.05
_CHANGE_THEIR_MIND = 0.1
_FROM_ABROAD = 0.04
_WITH_GIFT = 0.15
_WITH_COUPON = 0.2
_PONDER_S = (0.5, 2.0)

Json = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Wish:
    """What a buyer is going to do."""

    order: Json
    """The order as the control room takes it."""
    pays_later: bool
    changes_mind: bool
    """Cancels soon after."""
    ponders_s: float
    """Seconds until the one or the other."""


@dataclass(slots=True)
class Buyers:
    """All buyers, and what came of their wishes."""

    placed: int = 0
    cancelled: int = 0
    turned_away: int = 0
    """Wishes that JD could not meet."""
    fickle: set[str] = field(default_factory=set)
    """Orders that are cancelled, or will be: their parcels must not leave."""


def make_wish(skus: Sequence[str], chance: Random) -> Wish:
    """Make up what a buyer wants of some SKUs (the seller's codes); receivers are the shop's."""
    picked = chance.sample(skus, k=min(len(skus), chance.choice((1, 1, 1, 2, 3))))
    lines = [{"outer_id": sku, "quantity": chance.choice((1, 1, 1, 2))} for sku in picked]
    if chance.random() < _WITH_GIFT:
        lines.append({"outer_id": chance.choice(skus), "quantity": 1, "gift": True})
    fate = chance.random()
    pays_later = fate < _PAY_LATER
    return Wish(
        order={
            "lines": lines,
            "paid": not pays_later,
            "cross_border": chance.random() < _FROM_ABROAD,
            "remark": chance.choice(REMARKS),
            "coupons": [{"amount": "5.00"}] if chance.random() < _WITH_COUPON else [],
            "freight": chance.choice(("0.00", "0.00", "6.00")),
        },
        pays_later=pays_later,
        changes_mind=_PAY_LATER <= fate < _PAY_LATER + _CHANGE_THEIR_MIND,
        ponders_s=chance.uniform(*_PONDER_S),
    )


async def buy(
    room: ControlRoom,
    buyers: Buyers,
    *,
    skus: Sequence[str],
    chance: Random,
    orders_per_s: float,
    seconds: float,
) -> None:
    """Let buyers order at a lively rate for some seconds; return when each has made up their mind.

    Raises:
        aiohttp.ClientError: The simulator does not answer.
    """
    end = asyncio.get_running_loop().time() + seconds
    async with asyncio.TaskGroup() as wishes:
        while asyncio.get_running_loop().time() < end:
            wishes.create_task(_fulfil(room, buyers, make_wish(skus, chance)))
            await asyncio.sleep(chance.expovariate(orders_per_s))


async def _fulfil(room: ControlRoom, buyers: Buyers, wish: Wish) -> None:
    try:
        order_id = str((await room.place_order(wish.order))["order_id"])
    except NotForSale:
        buyers.turned_away += 1
        return
    buyers.placed += 1
    if wish.changes_mind:
        # Known from here on for good: Helm hears of a cancellation only some time after JD.
        buyers.fickle.add(order_id)
    if wish.pays_later or wish.changes_mind:
        await asyncio.sleep(wish.ponders_s)
    if wish.pays_later:
        await room.act(order_id, "pay")
    elif wish.changes_mind and await room.act(order_id, "cancel"):
        buyers.cancelled += 1
