"""What happens to an order, and what that does to stock, holds in every order of events."""

from collections.abc import Callable
from typing import ClassVar

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jd_simulator.clock import Clock
from jd_simulator.errors import Refused
from jd_simulator.settings import Settings
from jd_simulator.shop.model import Purchase, Sku, State, Wanted
from jd_simulator.shop.orders import NotForSale, OrderBook
from jd_simulator.shop.shop import Shop

NOON = 1_795_406_400


def new_shop(**settings: object) -> Shop:
    """Open a shop of three SKUs with ten of each, whose clock stands still."""
    chosen = Settings(sku_count=3, initial_stock=10, clock_start=NOON, **settings)  # type: ignore[arg-type]  # any setting
    clock = Clock(start=NOON)
    clock.freeze()
    clock.set(NOON)
    return Shop(settings=chosen, clock=clock)


def buy(shop: Shop, quantity: int = 1, *, is_paid: bool = True) -> int:
    """Order the first SKU."""
    line = Wanted(key="TEE-RED-M", quantity=quantity)
    return shop.orders.place(Purchase(lines=(line,), is_paid=is_paid)).order_id


def first_sku(shop: Shop) -> Sku:
    """Take the SKU that `buy` orders."""
    return shop.shelves.find("TEE-RED-M")


VERBS: dict[str, Callable[[OrderBook, int], object]] = {
    "pay": lambda book, order: book.pay(order),
    "cancel": lambda book, order: book.cancel(order),
    "lock": lambda book, order: book.hold(order, State.LOCKED, "lock"),
    "unlock": lambda book, order: book.resume(order, State.LOCKED, "unlock"),
    "pause": lambda book, order: book.hold(order, State.PAUSED, "pause"),
    "unpause": lambda book, order: book.resume(order, State.PAUSED, "unpause"),
    "finish": lambda book, order: book.finish(order),
    "ship": lambda book, order: book.ship(order, carriers="467", waybills="SF1"),
    "readdress": lambda book, order: book.readdress(order, None),
}

ALLOWED = {
    State.NOT_PAY: {"pay": State.TO_SHIP, "cancel": State.CANCELLED},
    State.TO_SHIP: {
        "cancel": State.CANCELLED,
        "lock": State.LOCKED,
        "pause": State.PAUSED,
        "ship": State.SHIPPED,
        "readdress": State.TO_SHIP,
    },
    State.LOCKED: {
        "cancel": State.CANCELLED,
        "unlock": State.TO_SHIP,
        "readdress": State.LOCKED,
    },
    State.PAUSED: {
        "cancel": State.CANCELLED,
        "unpause": State.TO_SHIP,
        "readdress": State.PAUSED,
    },
    State.SHIPPED: {"finish": State.FINISHED},
    State.FINISHED: {},
    State.CANCELLED: {},
}
WAYS: dict[State, list[str]] = {
    State.NOT_PAY: [],
    State.TO_SHIP: ["pay"],
    State.LOCKED: ["pay", "lock"],
    State.PAUSED: ["pay", "pause"],
    State.SHIPPED: ["pay", "ship"],
    State.FINISHED: ["pay", "ship", "finish"],
    State.CANCELLED: ["cancel"],
}


@pytest.mark.parametrize("state", WAYS)
@pytest.mark.parametrize("verb", VERBS)
def test_each_state_allows_what_the_contract_says(state: State, verb: str) -> None:
    """Every state and verb: either the next state and a later `modified`, or a refusal."""
    shop = new_shop()
    order = shop.orders.find(buy(shop, is_paid=False))
    for step in WAYS[state]:
        VERBS[step](shop.orders, order.order_id)
    shop.clock.advance(60)
    expected = ALLOWED[state].get(verb)

    if expected is None:
        with pytest.raises(Refused):
            VERBS[verb](shop.orders, order.order_id)
        assert (order.state, order.modified) == (state, NOON)
    else:
        VERBS[verb](shop.orders, order.order_id)
        assert (order.state, order.modified) == (expected, NOON + 60)


def test_modified_never_goes_back() -> None:
    """A clock that is set back does not make an order older than it was."""
    shop = new_shop()
    order = buy(shop)
    shop.clock.advance(-3600)
    shop.orders.hold(order, State.LOCKED, "lock")

    assert shop.orders.find(order).modified == NOON


def test_buyers_get_no_more_than_jd_shows() -> None:
    """Ten can be bought, over all orders and lines; the eleventh is refused, with its line."""
    shop = new_shop()
    buy(shop, 8)
    lines = (
        Wanted(key="TEE-RED-M", quantity=2, path="a"),
        Wanted(key="TEE-RED-M", quantity=1, path="b"),
    )

    with pytest.raises(NotForSale) as refused:
        shop.orders.place(Purchase(lines=lines))

    assert refused.value.path == "b.quantity"
    assert first_sku(shop).booked == 8


def test_same_seed_makes_the_same_shop() -> None:
    """SKUs, orders and people follow from the seed alone."""
    one, same, other = (new_shop(seed=seed, order_count=5) for seed in (1, 1, 2))

    def people(shop: Shop) -> list[object]:
        return [(order.order_id, order.receiver) for order in shop.orders.by_id.values()]

    assert people(one) == people(same)
    assert people(one) != people(other)


class StockMachine(RuleBasedStateMachine):
    """Any interleaving of orders, changes of state and stock writes keeps the books right."""

    stock_model: ClassVar[str]

    @initialize()
    def open_shop(self) -> None:
        """Begin with a new shop and a model of its first SKU."""
        self.shop = new_shop(stock_model=self.stock_model)
        self.stock_num = 10
        self.open: dict[int, int] = {}
        self.writes = 0

    @rule(quantity=st.integers(1, 4), is_paid=st.booleans())
    def place(self, quantity: int, *, is_paid: bool) -> None:
        """A buyer orders; JD takes it exactly if it shows that much."""
        sellable = first_sku(self.shop).sellable
        try:
            order = buy(self.shop, quantity, is_paid=is_paid)
        except NotForSale:
            assert quantity > sellable
            return
        assert quantity <= sellable
        self.open[order] = quantity
        if self.stock_model == "sellable":
            self.stock_num -= quantity

    @rule(data=st.data(), verb=st.sampled_from(sorted(VERBS)))
    def change(self, data: st.DataObject, verb: str) -> None:
        """Something happens to an order, or is refused."""
        if not self.shop.orders.by_id:
            return
        order = data.draw(st.sampled_from(sorted(self.shop.orders.by_id)))
        try:
            VERBS[verb](self.shop.orders, order)
        except Refused:
            return
        if verb in ("cancel", "ship"):
            quantity = self.open.pop(order)
            if verb == "cancel" and self.stock_model == "sellable":
                self.stock_num += quantity
            if verb == "ship" and self.stock_model == "spot":
                self.stock_num = max(self.stock_num - quantity, 0)

    @rule(quantity=st.integers(0, 12))
    def write(self, quantity: int) -> None:
        """The seller sets the stock."""
        self.shop.shelves.change("TEE-RED-M", stock_num=quantity)
        self.stock_num = quantity

    @invariant()
    def books_agree(self) -> None:
        """Bookings are the units of open orders, never negative; stockNum is the model's."""
        sku = first_sku(self.shop)
        booked = sum(self.open.values()) if self.stock_model == "spot" else 0

        assert sku.booked == booked
        assert sku.stock_num == self.stock_num
        assert sku.sellable == self.stock_num - booked
        assert sku.lowest_sellable <= min(sku.sellable, 0)

    @invariant()
    def indexes_agree(self) -> None:
        """Each order is found under its state and times, once."""
        book = self.shop.orders
        for index, attribute in ((book.by_modified, "modified"), (book.by_created, "created")):
            rows = index.window(State, None, None)
            expected = sorted(
                (getattr(order, attribute), order.order_id) for order in book.by_id.values()
            )
            assert rows == expected


class SpotMachine(StockMachine):
    """Orders book, shipments take off."""

    stock_model = "spot"


class SellableMachine(StockMachine):
    """stockNum itself falls when an order is placed."""

    stock_model = "sellable"


_QUICK = hypothesis_settings(max_examples=40, stateful_step_count=30, deadline=None)
SpotMachine.TestCase.settings = _QUICK
SellableMachine.TestCase.settings = _QUICK
TestSpot = SpotMachine.TestCase
TestSellable = SellableMachine.TestCase
