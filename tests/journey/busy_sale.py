"""A busy sale: two JD shops and Helm's other channels sell the same few units of each SKU.

The traffic keeps the promise that a stock buffer needs, by construction: what is sold elsewhere,
seen from a shop that sells, is at most `BUFFER` units until all of it has arrived at both shops. So
each SKU goes through bursts (everybody buys at the same instant) and rushes (one shop sells as fast
as it can, orders are cancelled, goods come in), and rests between them until nothing is under way.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random

from devstack.helm import Books, Send, dispatch_orders
from jd_simulator.shop.model import Order, State
from jd_simulator.shop.orders import NotForSale
from jd_simulator.testing import SandboxHandle
from tests.world import eventually

BUFFER = 4
"""Units held back at each shop."""
ELSEWHERE = 1
"""Units that Helm's other channels sell in a burst."""
_RUSH_TRIES = 60
_TRY_S = 0.05
_REST_S = 90.0
_LOOK_S = 0.1

IsAtRest = Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """How much is bought; each order is of one unit."""

    burst: tuple[int, int]
    """Units wanted at either shop in a burst, beside `ELSEWHERE`."""
    has_rushes: bool
    """Whether one shop alone sells as fast as it can.

    Not where JD's number is net of orders: a write may then return the units of orders that the
    shop's search does not show yet, so a shop's own sales are the buffer's business too.
    """

    @property
    def first_levels(self) -> tuple[int, int]:
        """Least and most units of a SKU at first: fewer than a burst wants."""
        wanted = sum(self.burst) + ELSEWHERE
        return wanted - 3, wanted - 1

    def too_many(self, level: int) -> int:
        """Reckon the orders of a burst that cannot be filled where both shops show the level."""
        return sum(min(units, level) for units in self.burst) + ELSEWHERE - level


TRAFFICS: Mapping[str, Traffic] = {
    "spot": Traffic(burst=(BUFFER - ELSEWHERE, BUFFER - ELSEWHERE), has_rushes=True),
    "sellable": Traffic(burst=(BUFFER - ELSEWHERE - 1, 1), has_rushes=False),
}
"""The hardest traffic that `BUFFER` covers, by JD's stock model."""


class Sale:
    """A sale of one stock pool's SKUs.

    Args:
        books: Helm's, with the first levels.
        shops: The two JD shops, by channel.
        send: Carries Helm's messages.
        is_at_rest: Tells of a SKU whether whoever connects Helm and JD has nothing left to do.
        seed: Whatever happens follows from it and from what the shops show.
    """

    def __init__(
        self,
        *,
        books: Books,
        shops: Mapping[str, SandboxHandle],
        send: Send,
        is_at_rest: IsAtRest,
        seed: int,
    ) -> None:
        self._books = books
        self._first, self._second = shops.values()
        self._send = send
        self._is_at_rest = is_at_rest
        self._seed = seed
        self._orders: dict[str, list[Order]] = {sku: [] for sku in books.levels}
        self._fickle: set[str] = set()
        self.turned_away = 0
        """Orders that JD did not take, for it showed too little."""
        self.sold_elsewhere = 0
        """Units that Helm's other channels sold."""
        self.lowest = BUFFER
        """The fewest units of a SKU that were free at any instant; below 0 is oversold."""

    @property
    def placed(self) -> int:
        """Orders that JD took."""
        return sum(map(len, self._orders.values()))

    def orders(self, sku: str) -> list[Order]:
        """List what JD took orders for, in both shops."""
        return self._orders[sku]

    def is_heard(self, sku: str) -> bool:
        """Tell whether Helm knows each order of a SKU as it is at JD, held or given up."""
        return all(self._is_heard(order) for order in self._orders[sku])

    async def run(self, *, traffic: Traffic, rounds: int) -> None:
        """Sell all SKUs side by side, and rest."""
        async with asyncio.TaskGroup() as players:
            warehouse = players.create_task(self._dispatch())
            async with asyncio.TaskGroup() as skus:
                for sku in self._orders:
                    skus.create_task(self._sell(sku, traffic, rounds))
            warehouse.cancel()

    async def _sell(self, sku: str, traffic: Traffic, rounds: int) -> None:
        chance = Random(f"{self._seed} {sku}")  # noqa: S311 (a seed, no secret)
        await self._rest(sku)
        for _ in range(rounds):
            await self._burst(sku, traffic)
            await self._rest(sku)
            await self._change_to(sku, BUFFER + chance.randint(4, 9))
            await self._rest(sku)
            if traffic.has_rushes:
                await self._rush(sku, chance)
            else:
                await self._burst(sku, traffic)
            await self._rest(sku)
            await self._change_to(sku, BUFFER + chance.randint(1, max(traffic.burst)))
            await self._rest(sku)
        await self._burst(sku, traffic)
        await self._rest(sku)

    async def _burst(self, sku: str, traffic: Traffic) -> None:
        """Let everybody buy at the same instant: nothing of it has arrived anywhere."""
        for shop, units in zip((self._first, self._second), traffic.burst, strict=True):
            for _ in range(units):
                self._buy(shop, sku)
        await self._change(sku, -ELSEWHERE)

    async def _rush(self, sku: str, chance: Random) -> None:
        """Let one shop sell as fast as it can while the others sell no more than the buffer.

        A cancelled order's unit counts as sold elsewhere: JD sells it again before Helm hears.
        """
        shop = chance.choice((self._first, self._second))
        left = BUFFER
        second_thoughts: list[Order] = []
        for _ in range(_RUSH_TRIES):
            order = self._buy(shop, sku)
            if order is not None and left and chance.random() < 0.1:
                left -= 1
                self._fickle.add(str(order.order_id))
                second_thoughts.append(order)
            elif left and chance.random() < 0.1:
                left -= 1
                await self._change(sku, -1)
            elif chance.random() < 0.1:
                await self._change(sku, chance.randint(1, 3))
            if second_thoughts and chance.random() < 0.2:
                shop.cancel(second_thoughts.pop().order_id)
            await asyncio.sleep(_TRY_S * chance.random() * 2)
        for order in second_thoughts:
            shop.cancel(order.order_id)

    def _buy(self, shop: SandboxHandle, sku: str) -> Order | None:
        try:
            order = shop.place_order([(sku, 1)])
        except NotForSale:
            self.turned_away += 1
            return None
        self._orders[sku].append(order)
        self._note_lowest(sku)
        return order

    async def _change_to(self, sku: str, available: int) -> None:
        await self._change(sku, available - self._books.levels[sku].available)

    async def _change(self, sku: str, units: int) -> None:
        message = self._books.change(sku, units)
        if message is not None:
            self.sold_elsewhere += max(-units, 0)
            self._note_lowest(sku)
            await self._send(message)

    async def _rest(self, sku: str) -> None:
        """Wait until nothing of a SKU is under way, and look twice."""
        looks = 0

        def is_at_rest() -> bool:
            nonlocal looks
            is_so = self.is_heard(sku) and self._is_at_rest(sku)
            looks = looks + 1 if is_so else 0
            return looks > 1

        await eventually(is_at_rest, within_s=_REST_S)

    async def _dispatch(self) -> None:
        await dispatch_orders(
            self._books,
            self._send,
            chance=Random(self._seed),  # noqa: S311 (a seed, no secret)
            may_leave=lambda order_id: order_id not in self._fickle,
            dispatches_per_s=5.0,
        )

    def _note_lowest(self, sku: str) -> None:
        """Reckon what Helm's level would be if it had heard of everything."""
        unheard = [order for order in self._orders[sku] if not self._is_heard(order)]
        known = self._books.orders
        back = sum(
            order.state is State.CANCELLED and known[str(order.order_id)].outcome == "accepted"
            for order in unheard
            if str(order.order_id) in known
        )
        out = sum(
            order.state is not State.CANCELLED and str(order.order_id) not in known
            for order in unheard
        )
        self.lowest = min(self.lowest, self._books.levels[sku].available + back - out)

    def _is_heard(self, order: Order) -> bool:
        known = self._books.orders.get(str(order.order_id))
        if known is None:
            return False
        return (order.state is State.CANCELLED) == (known.outcome == "returned")
