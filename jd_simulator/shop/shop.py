"""A shop: its shelves, its orders, its carriers and what an observer at JD's side takes note of."""

from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from random import Random

import contracts
from jd_simulator.clock import Clock
from jd_simulator.seed.people import REMARKS
from jd_simulator.settings import Settings
from jd_simulator.shop.model import Coupon, Purchase, Sku, Wanted
from jd_simulator.shop.orders import OrderBook
from jd_simulator.shop.refunds import RefundDesk
from jd_simulator.shop.shelves import Shelves

_TWO_DAYS_S = 2 * 86_400
_MOST_REPEATS = 1_000
OWN_DELIVERY = 1274
"""The carrier that needs no waybill."""
CARRIERS = tuple((int(known.id), known.zh, known.names[0]) for known in contracts.jd_carriers())
"""Id, name and description of each carrier."""


@dataclass(slots=True)
class Repeat:
    """A shipment that came for an order which it should not have come for."""

    order_id: int
    waybills: str
    """What the seller sent now."""
    earlier: str
    """The waybills the order has at JD; empty when it never left."""
    at: float


@dataclass(slots=True)
class Notes:
    """What an observer at JD's side writes down as it happens."""

    shipments_doubled: deque[Repeat] = field(default_factory=partial(deque, maxlen=_MOST_REPEATS))
    """The newest ones, as below: a client that tries for ever does not fill the memory."""
    shipments_of_cancelled: deque[Repeat] = field(
        default_factory=partial(deque, maxlen=_MOST_REPEATS)
    )


class Shop:
    """One seller's shop at JD."""

    def __init__(self, *, settings: Settings, clock: Clock) -> None:
        """Open a shop whose whole content follows from the seed in `settings`."""
        self.settings = settings
        self.clock = clock
        self.shelves = Shelves(settings=settings, clock=clock)
        self.orders = OrderBook(settings=settings, clock=clock, shelves=self.shelves)
        self.refunds = RefundDesk(orders=self.orders)
        self.notes = Notes()
        self.vender_id = str(10_000_000 + Random(f"shop {settings.seed}").randrange(10**6))  # noqa: S311 - made-up data
        self._open_with(settings.order_count)

    def _open_with(self, order_count: int) -> None:
        """Let buyers have been here in the last two days."""
        chance = Random(f"earlier {self.settings.seed}")  # noqa: S311 - made-up data
        now = int(self.clock.now())
        skus = list(self.shelves.by_id.values())
        for at in sorted(now - chance.randrange(60, _TWO_DAYS_S) for _ in range(order_count)):
            picked = chance.sample(skus, k=min(len(skus), chance.choice((1, 1, 1, 2, 3))))
            purchase = _earlier_purchase([sku for sku in picked if sku.sellable > 0], chance)
            if purchase.lines:
                self.orders.place(purchase, at=at)


def _earlier_purchase(picked: list[Sku], chance: Random) -> Purchase:
    lines = tuple(
        Wanted(
            key=str(sku.sku_id),
            quantity=min(sku.sellable, chance.choice((1, 1, 1, 2))),
            is_gift=index > 0 and chance.random() < 0.3,
        )
        for index, sku in enumerate(picked)
    )
    has_coupon = bool(lines) and chance.random() < 0.25
    return Purchase(
        lines=lines,
        remark=chance.choice(REMARKS),
        is_cross_border=chance.random() < 0.05,
        coupons=(Coupon(amount=Decimal("5.00")),) if has_coupon else (),
        freight=Decimal(chance.choice(("0.00", "0.00", "6.00"))),
    )
