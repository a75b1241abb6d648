"""Buyers that come by themselves: a load of orders, paid, cancelled, refunded as in a real shop.

A crowd lives in its sandbox's time. Whatever it does follows from its seed and from how the shop
stands at that instant; when the clock jumps ahead, all that fell into the gap happens at once, in
order and with its own instants.
"""

import asyncio
import heapq
import logging
import math
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from random import Random

from jd_simulator.errors import Refused
from jd_simulator.fields import Fields
from jd_simulator.seed.people import REMARKS, Receiver, make_receiver
from jd_simulator.shop.model import Order, Purchase, Sku, SkuStatus, State, Wanted
from jd_simulator.shop.orders import NotForSale
from jd_simulator.shop.shop import Shop
from jd_simulator.shop.splitting import split

FEWEST_A_MINUTE = 0.01
MOST_A_MINUTE = 6_000.0
"""In the sandbox's time; more would leave the other sandboxes of a process too little."""
MOST_ORDERS = 1_000_000
_REMEMBERED = 1_000
"""Earlier orders whose buyers and addresses may come back."""
_AT_ONCE = 50
"""Deeds in one go; then others get their turn."""
_TRIES = 5
"""SKUs that a buyer looks at before giving up."""
_MINUTE_S = 60.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrowdPlan:
    """What a crowd does. Shares are of the orders, between 0 and 1."""

    orders_per_minute: float = 6.0
    """On average, in the sandbox's time; they come at random."""
    most_orders: int = 10_000
    """Then the crowd goes home."""
    repeat_customers: float = 0.3
    """Share that comes from a buyer who ordered before."""
    same_addresses: float = 0.1
    """Share of others that goes to the address of an earlier order, under another name."""
    pick_ups: float = 0.02
    """Share that the buyer fetches, so that different people share one address."""
    unpaid: float = 0.1
    """Share that is placed unpaid; most of these are paid some minutes later, others never."""
    cancellations: float = 0.05
    """Share that is cancelled within the hour unless it has left."""
    refunds: float = 0.03
    """Share for which the buyer wants the money back; JD's staff decides some minutes later."""
    readdresses: float = 0.02
    """Share whose address changes within the half hour."""
    splits: float = 0.0
    """Share that JD splits into several orders some minutes later."""
    cross_border: float = 0.0
    """Share that comes from abroad."""

    def describe(self) -> dict[str, object]:
        """Show the plan as it is written."""
        return asdict(self)


def parse_crowd(value: object) -> CrowdPlan:
    """Read what a crowd is to do from parsed JSON; what is not given keeps its default.

    Raises:
        BadInput: Names the field that is wrong.
    """
    return read_crowd(Fields(value))


def read_crowd(fields: Fields) -> CrowdPlan:
    """Read what a crowd is to do where it stands in something larger.

    Raises:
        BadInput: Names the field that is wrong.
    """
    default = CrowdPlan()

    def share(name: str) -> float:
        return fields.number(name, getattr(default, name), low=0, high=1)

    plan = CrowdPlan(
        orders_per_minute=fields.number(
            "orders_per_minute", default.orders_per_minute, low=FEWEST_A_MINUTE, high=MOST_A_MINUTE
        ),
        most_orders=fields.integer("most_orders", default.most_orders, low=1, high=MOST_ORDERS),
        repeat_customers=share("repeat_customers"),
        same_addresses=share("same_addresses"),
        pick_ups=share("pick_ups"),
        unpaid=share("unpaid"),
        cancellations=share("cancellations"),
        refunds=share("refunds"),
        readdresses=share("readdresses"),
        splits=share("splits"),
        cross_border=share("cross_border"),
    )
    fields.done()
    return plan


class Crowd:
    """The buyers of one sandbox."""

    def __init__(self, *, plan: CrowdPlan, shop: Shop, seed: int) -> None:
        self.plan = plan
        self.done: Counter[str] = Counter()
        """What happened, by deed; `too_late` counts what the order's state did not allow."""
        self._shop = shop
        self._chance = Random(f"crowd {seed}")  # noqa: S311 - made-up buyers
        self._earlier: deque[tuple[str, Receiver]] = deque(maxlen=_REMEMBERED)
        self._due: list[tuple[float, int, str, int]] = []
        """A heap of instant, serial, deed and order id."""
        self._serial = 0
        self._seen = shop.clock.now()
        self._task: asyncio.Task[None] | None = None
        self._plan_order(self._seen)

    @property
    def is_running(self) -> bool:
        """Whether it still comes."""
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Begin to come, in the event loop that runs."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="crowd")

    def stop(self) -> None:
        """Stay away from now on."""
        if self._task is not None:
            self._task.cancel()

    def describe(self) -> dict[str, object]:
        """Show the plan and what came of it."""
        return {
            "running": self.is_running,
            "plan": self.plan.describe(),
            "done": dict(sorted(self.done.items())),
        }

    def step(self) -> float:
        """Do what is due by the shop's clock, a limited number of deeds at a time.

        Returns:
            When the next deed is due, in seconds since the epoch; infinity when there is none.
        """
        now = self._shop.clock.now()
        if now < self._seen:
            # The clock went back, and what was to come goes with it.
            back = self._seen - now
            self._due = [
                (at - back, serial, deed, order_id) for at, serial, deed, order_id in self._due
            ]
        self._seen = now
        for _ in range(_AT_ONCE):
            if not self._due or self._due[0][0] > now:
                break
            at, _, deed, order_id = heapq.heappop(self._due)
            try:
                self._deeds[deed](order_id, at)
                self.done[deed] += 1
            except Refused:
                self.done["too_late"] += 1
            except NotForSale:
                self.done["turned_away"] += 1
        return self._due[0][0] if self._due else math.inf

    async def _run(self) -> None:
        try:
            while (due := self.step()) < math.inf:
                await asyncio.sleep(0)
                await self._shop.clock.wait_until(due)
        except Exception:
            log.exception("crowd.crashed")
            raise

    @property
    def _deeds(self) -> dict[str, Callable[[int, float], object]]:
        orders, refunds = self._shop.orders, self._shop.refunds
        return {
            "order": self._order,
            "pay": lambda order_id, _: orders.pay(order_id),
            "cancel": lambda order_id, _: orders.cancel(order_id),
            "refund": self._refund,
            "approve": lambda order_id, _: refunds.approve(order_id),
            "reject": lambda order_id, _: refunds.reject(order_id),
            "readdress": lambda order_id, _: orders.readdress(order_id, None),
            "split": lambda order_id, _: split(orders, order_id),
        }

    def _plan_order(self, after: float) -> None:
        gap_s = self._chance.expovariate(self.plan.orders_per_minute / _MINUTE_S)
        self._plan("order", after + gap_s, 0)

    def _plan(self, deed: str, at: float, order_id: int) -> None:
        self._serial += 1
        heapq.heappush(self._due, (at, self._serial, deed, order_id))

    def _order(self, _: int, at: float) -> None:
        if self.done["order"] + self.done["turned_away"] + 1 < self.plan.most_orders:
            self._plan_order(at)
        purchase = self._purchase()
        order = self._shop.orders.place(purchase, at=at)
        self._earlier.append((order.buyer, order.receiver))
        self._follow_up(order, at)

    def _purchase(self) -> Purchase:
        chance, plan = self._chance, self.plan
        buyer, receiver = f"jd_{chance.getrandbits(52):013x}", None
        if self._earlier and chance.random() < plan.repeat_customers:
            buyer, receiver = chance.choice(self._earlier)
        elif self._earlier and chance.random() < plan.same_addresses:
            _, home = chance.choice(self._earlier)
            person = make_receiver(chance)
            receiver = replace(home, name=person.name, phone=person.phone)
        is_pick_up = receiver is None and chance.random() < plan.pick_ups
        return Purchase(
            lines=self._lines(),
            buyer=buyer,
            receiver=receiver,
            is_paid=chance.random() >= plan.unpaid,
            is_cross_border=chance.random() < plan.cross_border,
            is_pick_up=is_pick_up,
            remark=chance.choice(REMARKS),
        )

    def _lines(self) -> tuple[Wanted, ...]:
        chance = self._chance
        skus = self._shop.shelves.on_shelf([SkuStatus.ON_SALE])
        lines: dict[int, Wanted] = {}
        for _ in range(chance.choice((1, 1, 1, 2, 3)) if skus else 0):
            sku = self._wished(skus)
            if sku is not None:
                quantity = min(chance.choice((1, 1, 1, 2, 3)), sku.sellable)
                lines[sku.sku_id] = Wanted(key=str(sku.sku_id), quantity=quantity)
        if not lines:
            raise NotForSale(path="lines", detail="nothing is left to buy")
        return tuple(lines.values())

    def _wished(self, skus: list[Sku]) -> Sku | None:
        """Choose a SKU: a few are wanted by many."""
        for _ in range(_TRIES):
            sku = skus[int(len(skus) * self._chance.random() ** 2)]
            if sku.sellable > 0:
                return sku
        return None

    def _follow_up(self, order: Order, at: float) -> None:
        """Plan what will happen to an order; each kind is drawn, whatever the others came to."""
        chance, plan = self._chance, self.plan
        if order.state is State.NOT_PAY:
            pays, after_s = chance.random() < 0.7, chance.uniform(30, 900)
            self._plan(
                "pay" if pays else "cancel", at + (after_s if pays else 1800), order.order_id
            )
        for deed, share, longest_s in (
            ("cancel", plan.cancellations, 3600),
            ("refund", plan.refunds, 3600),
            ("readdress", plan.readdresses, 1800),
            ("split", plan.splits, 600),
        ):
            happens, after_s = chance.random() < share, chance.uniform(30, longest_s)
            if happens:
                self._plan(deed, at + after_s, order.order_id)

    def _refund(self, order_id: int, at: float) -> None:
        self._shop.refunds.apply(order_id)
        decision = "approve" if self._chance.random() < 0.8 else "reject"
        self._plan(decision, at + self._chance.uniform(60, 1800), order_id)
