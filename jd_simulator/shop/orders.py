"""The orders of a shop: placed by buyers, held, changed and cancelled by them and JD's staff.

How they leave is in `dispatch`, how they are split in `splitting`.

Source: contracts/jd/order-states.json
"""

from collections.abc import Iterable
from decimal import Decimal
from random import Random

from jd_simulator.clock import Clock
from jd_simulator.errors import no_such_order, wrong_state
from jd_simulator.seed.people import (
    Buyer,
    Receiver,
    at_pick_up_point,
    make_buyer,
    make_receiver,
)
from jd_simulator.settings import Settings
from jd_simulator.shop.index import TimeIndex
from jd_simulator.shop.model import (
    Change,
    Line,
    Order,
    Purchase,
    Sku,
    SkuStatus,
    State,
    Wanted,
)
from jd_simulator.shop.shelves import NoSuchSku, Shelves
from jd_simulator.shop.stock import book, release

_HELD_FROM = {
    State.LOCKED: (State.TO_SHIP, State.LEFT_ABROAD),
    State.PAUSED: (State.TO_SHIP,),
    State.SUSPENDED: (State.TO_SHIP,),
    State.UNKNOWN: (State.TO_SHIP, State.LEFT_ABROAD, State.SHIPPED),
}
"""States that an order stands still in, and where it may come from and goes back to."""
HERE = (State.TO_SHIP, State.LOCKED, State.PAUSED, State.SUSPENDED)
"""States of an order to be shipped of which nothing, or not all, has left."""
CANCELLABLE = (State.NOT_PAY, *HERE, State.AWAITS_CODE)
"""States in which an order can still be cancelled."""
_REPEAT_CUSTOMERS = 0.3


class NotForSale(Exception):  # noqa: N818 - a refusal of a buyer's wish, answered by the control room
    """A buyer's order that JD would not take, or not split so; `path` names the line."""

    def __init__(self, path: str, detail: str) -> None:
        super().__init__(f"{path}: {detail}")
        self.path = path
        self.detail = detail


class OrderBook:
    """Every order of a shop, and what may happen to it."""

    def __init__(self, *, settings: Settings, clock: Clock, shelves: Shelves) -> None:
        self.settings = settings
        self._clock = clock
        self._shelves = shelves
        self._chance = Random(f"orders {settings.seed}")  # noqa: S311 - made-up data
        self._last_id = 280_000_000_000 + self._chance.randrange(10**9)
        self._buyers: dict[str, Buyer] = {}
        self._pins: list[str] = []
        self.by_id: dict[int, Order] = {}
        """Every order, split ones too."""
        self.by_modified = TimeIndex()
        """Those that were not split, as is `by_created`."""
        self.by_created = TimeIndex()

    def find(self, order_id: int) -> Order:
        """Look an order up.

        Raises:
            Refused: This seller has no such order.
        """
        order = self.by_id.get(order_id)
        if order is None:
            raise no_such_order()
        return order

    def in_state(self, order_id: int, states: tuple[State, ...]) -> Order:
        """Look an order up to which something is to happen.

        Raises:
            Refused: This seller has none, it was split, or is in another state.
        """
        order = self.find(order_id)
        if order.children:
            raise no_such_order()
        if order.state not in states:
            raise wrong_state(order.state)
        return order

    def is_found(self, order: Order) -> bool:
        """Tell whether a search can find an order yet: it lags behind what happens."""
        lag_s = self.settings.search_lag_s
        return order.is_searchable and (not lag_s or order.entered + lag_s <= self._clock.now())

    def place(self, purchase: Purchase, *, at: float | None = None) -> Order:
        """Take a buyer's order, as JD's shop does: no more than JD shows as sellable.

        Args:
            purchase: What the buyer wants.
            at: When, in seconds since the epoch; None means now.

        Raises:
            NotForSale: A line that cannot be bought, or discounts above the price.
        """
        now = int(self._clock.now() if at is None else at)
        order_id = self.next_id()
        lines = self._lines(purchase.lines, order_id)
        total = sum((line.price * line.quantity for line in lines), Decimal("0.00"))
        if sum(coupon.amount for coupon in purchase.coupons) > total:
            raise NotForSale(
                path="coupons", detail=f"discounts exceed the order's price of {total} yuan"
            )
        buyer = self._buyer(purchase.buyer)
        usual = at_pick_up_point(buyer.receiver) if purchase.is_pick_up else buyer.receiver
        goes_out = purchase.is_paid or purchase.is_cash_on_delivery
        order = Order(
            order_id=order_id,
            state=_state_once_paid(purchase) if goes_out else State.NOT_PAY,
            created=now,
            modified=now,
            entered=now,
            purchase=purchase,
            buyer=buyer.pin,
            receiver=purchase.receiver or usual,
            lines=lines,
            paid=now if purchase.is_paid and not purchase.is_cash_on_delivery else None,
        )
        for line in lines:
            book(line.sku, line.quantity, stock_model=self.settings.stock_model, at=now)
        self.enter(order, "place")
        return order

    def pay(self, order_id: int) -> Order:
        """Let the buyer pay.

        Raises:
            Refused: The order is not waiting for payment.
        """
        order = self.in_state(order_id, (State.NOT_PAY,))
        order.paid = order.entered = self.instant(order)
        self.move(order, _state_once_paid(order.purchase), "pay")
        return order

    def cancel(self, order_id: int) -> Order:
        """Cancel an order that has not left; the units that did not leave are free again.

        Raises:
            Refused: It has left, or is cancelled already.
        """
        order = self.in_state(order_id, CANCELLABLE)
        now = self._clock.now()
        for line, quantity in order.unsent():
            release(line.sku, quantity, stock_model=self.settings.stock_model, at=now)
        order.holds_stock = False
        order.ended = self.instant(order)
        self.move(order, State.CANCELLED, "cancel")
        return order

    def hold(self, order_id: int, state: State, cause: str) -> Order:
        """Let an order stand still: under review, paused, or in a state that JD does not tell.

        Args:
            order_id: The order.
            state: LOCKED, PAUSED, SUSPENDED or UNKNOWN.
            cause: What the order's history says.

        Raises:
            Refused: It cannot be held so from where it stands.
        """
        order = self.in_state(order_id, _HELD_FROM[state])
        order.held_from = order.state
        self.move(order, state, cause)
        return order

    def resume(self, order_id: int, state: State, cause: str) -> Order:
        """Let an order that was held go on where it stood.

        Raises:
            Refused: It is not held that way.
        """
        order = self.in_state(order_id, (state,))
        back, order.held_from = order.held_from or State.TO_SHIP, None
        self.move(order, back, cause)
        return order

    def finish(self, order_id: int) -> Order:
        """Let the buyer confirm that the goods came.

        Raises:
            Refused: The order has not been shipped.
        """
        order = self.in_state(order_id, (State.SHIPPED,))
        order.ended = self.instant(order)
        self.move(order, State.FINISHED, "finish")
        return order

    def readdress(self, order_id: int, receiver: Receiver | None) -> Order:
        """Change where an order goes that has not left; None makes a receiver up.

        Raises:
            Refused: It has left, or is cancelled.
        """
        order = self.in_state(order_id, HERE)
        order.original_receiver = order.original_receiver or order.receiver
        order.receiver = receiver or make_receiver(self._chance)
        self.move(order, order.state, "readdress")
        return order

    def write_remark(self, order_id: int, *, flag: int, remark: str) -> Order:
        """Put the seller's words in the place of those before.

        Raises:
            Refused: This seller has no such order, or it was split.
        """
        order = self.in_state(order_id, tuple(State))
        order.flag, order.remark = flag, remark
        self.move(order, order.state, "remark")
        return order

    def next_id(self) -> int:
        """Give out the next order number."""
        self._last_id += self._chance.randrange(1, 98)
        return self._last_id

    def instant(self, order: Order) -> int:
        """Tell the second it is, never before the order's last change, even if time went back."""
        return max(int(self._clock.now()), order.modified)

    def enter(self, order: Order, cause: str) -> None:
        """Take up an order that is new."""
        self.by_id[order.order_id] = order
        self.by_modified.add(order.state, order.modified, order.order_id)
        self.by_created.add(order.state, order.created, order.order_id)
        order.changes.append(Change(order.state, order.modified, cause))

    def move(self, order: Order, state: State, cause: str) -> None:
        """Let an order change, in its state or otherwise; this is its new `modified`."""
        now = self.instant(order)
        self._leave_indexes(order)
        order.state, order.modified = state, now
        order.shown.clear()
        self.by_modified.add(state, now, order.order_id)
        self.by_created.add(state, order.created, order.order_id)
        order.changes.append(Change(state, now, cause))

    def replace(self, order: Order, children: Iterable[Order]) -> None:
        """Put orders in the place of one that was split; its units are theirs now."""
        self._leave_indexes(order)
        order.holds_stock = False
        order.modified = self.instant(order)
        order.shown.clear()
        order.changes.append(Change(order.state, order.modified, "split"))
        for child in children:
            order.children += (child.order_id,)
            self.enter(child, "split")

    def _leave_indexes(self, order: Order) -> None:
        self.by_modified.remove(order.state, order.modified, order.order_id)
        self.by_created.remove(order.state, order.created, order.order_id)

    def _lines(self, wanted: Iterable[Wanted], order_id: int) -> tuple[Line, ...]:
        lines: list[Line] = []
        taken: dict[int, int] = {}
        for number, line in enumerate(wanted, start=1):
            sku = self._on_sale(line)
            taken[sku.sku_id] = taken.get(sku.sku_id, 0) + line.quantity
            if taken[sku.sku_id] > sku.sellable:
                raise NotForSale(
                    path=f"{line.path}.quantity",
                    detail=f"{max(sku.sellable, 0)} of {line.key} can be bought",
                )
            lines.append(
                Line(
                    uuid=f"{order_id:x}-{number}",
                    sku=sku,
                    outer_id=sku.outer_id,
                    title=f"【赠品】{sku.title}" if line.is_gift else sku.title,
                    quantity=line.quantity,
                    price=Decimal("0.00") if line.is_gift else sku.price,
                    is_gift=line.is_gift,
                )
            )
        return tuple(lines)

    def _on_sale(self, line: Wanted) -> Sku:
        try:
            sku = self._shelves.find(line.key)
        except NoSuchSku as error:
            raise NotForSale(path=line.path, detail=str(error)) from error
        if sku.status is not SkuStatus.ON_SALE:
            raise NotForSale(path=line.path, detail=f"{line.key} is not on sale")
        return sku

    def _buyer(self, pin: str | None) -> Buyer:
        if pin is None and self._pins and self._chance.random() < _REPEAT_CUSTOMERS:
            pin = self._chance.choice(self._pins)
        if pin is None:
            buyer = make_buyer(self._chance)
        elif pin in self._buyers:
            return self._buyers[pin]
        else:
            home = Random(f"{pin} {self.settings.seed}")  # noqa: S311 - made-up data
            buyer = Buyer(pin=pin, receiver=make_receiver(home))
        self._buyers[buyer.pin] = buyer
        self._pins.append(buyer.pin)
        return buyer


def _state_once_paid(purchase: Purchase) -> State:
    return State.AWAITS_CODE if purchase.is_voucher else State.TO_SHIP
