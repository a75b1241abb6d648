"""What orders do to stock holds in every order of events, in both stock models."""

from typing import Any, ClassVar

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jd_simulator.errors import Refused
from jd_simulator.shop.dispatch import ship
from jd_simulator.shop.model import State
from jd_simulator.shop.orders import NotForSale
from jd_simulator.shop.splitting import split
from tests.simulator.shop.order_verbs import LIKELY, VERBS, buy, first_sku, new_shop, ship_one

_ENDING = {"cancel", "approve refund"}
_LEAVING = {"ship", "ship by jd", "deliver", "send code"}
_ANY = sorted(set(VERBS) - {"split", "ship part"})


class StockMachine(RuleBasedStateMachine):
    """Any interleaving of orders, changes of state, parts and stock writes keeps the books."""

    stock_model: ClassVar[str]

    @initialize()
    def open_shop(self) -> None:
        """Begin with a new shop and a model of its first SKU."""
        self.shop = new_shop(stock_model=self.stock_model)
        self.stock_num = 10
        self.open: dict[int, int] = {}
        self.split: set[int] = set()

    @rule(
        quantity=st.integers(1, 4),
        is_paid=st.booleans(),
        kind=st.sampled_from(["domestic", "cross-border", "jd", "jd from abroad", "voucher"]),
    )
    def place(self, quantity: int, kind: str, *, is_paid: bool) -> None:
        """A buyer orders; JD takes it exactly if it shows that much."""
        sellable = first_sku(self.shop).sellable
        try:
            order = buy(
                self.shop,
                quantity,
                is_paid=is_paid,
                is_cross_border=kind in ("cross-border", "jd from abroad"),
                order_type="21" if kind.startswith("jd") else "22",
                is_voucher=kind == "voucher",
            )
        except NotForSale:
            assert quantity > sellable
            return
        assert quantity <= sellable
        self.open[order] = quantity
        if self.stock_model == "sellable":
            self.stock_num -= quantity

    @rule(data=st.data())
    def change(self, data: st.DataObject) -> None:
        """Something happens to an order, or is refused."""
        order = self._some_order(data)
        if order is None:
            return
        state = self.shop.orders.by_id[order].state
        verb = data.draw(st.sampled_from(LIKELY[state]) | st.sampled_from(_ANY))
        try:
            VERBS[verb](self.shop, order)
        except Refused:
            return
        if verb in _LEAVING and self.shop.orders.by_id[order].state is not State.LEFT_ABROAD:
            self._take_off(self.open.pop(order))
        elif verb in _ENDING and state is not State.CANCELLED:
            quantity = self.open.pop(order)
            self.stock_num += quantity if self.stock_model == "sellable" else 0

    @rule(data=st.data(), quantity=st.integers(1, 4))
    def send_part(self, data: st.DataObject, quantity: int) -> None:
        """Some units of an order leave; never more than are left."""
        order = self._some_order(data)
        if order is None:
            return
        try:
            ship_one(self.shop, order, quantity)
        except Refused:
            return
        self.open[order] -= quantity
        assert self.open[order] >= 0
        self._take_off(quantity)
        if not self.open[order]:
            del self.open[order]
            assert self.shop.orders.by_id[order].state is State.SHIPPED

    @rule(data=st.data())
    def divide(self, data: st.DataObject) -> None:
        """An order is split: the units are its children's."""
        order = self._some_order(data)
        if order is None:
            return
        try:
            children = split(self.shop.orders, order)
        except (Refused, NotForSale):
            return
        shares = {child.order_id: sum(line.quantity for line in child.lines) for child in children}
        assert sum(shares.values()) == self.open.pop(order)
        self.split.add(order)
        self.open |= shares

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
    def orders_hold_what_is_booked(self) -> None:
        """An order holds stock exactly while units of it are open."""
        for order in self.shop.orders.by_id.values():
            assert order.holds_stock is (order.order_id in self.open)

    @invariant()
    def indexes_agree(self) -> None:
        """Each order is found under its state and times, once; a split one nowhere."""
        book = self.shop.orders
        there = [order for order in book.by_id.values() if order.order_id not in self.split]
        for index, attribute in ((book.by_modified, "modified"), (book.by_created, "created")):
            rows = index.window(State, None, None)
            assert rows == sorted((getattr(order, attribute), order.order_id) for order in there)

    def _some_order(self, data: st.DataObject) -> int | None:
        # Mostly one that is still open: ended ones refuse nearly everything.
        orders = [*sorted(self.shop.orders.by_id), *sorted(self.open) * 3]
        return data.draw(st.sampled_from(orders)) if orders else None

    def _take_off(self, quantity: int) -> None:
        if self.stock_model == "spot":
            self.stock_num = max(self.stock_num - quantity, 0)


class SpotMachine(StockMachine):
    """Orders book, shipments take off."""

    stock_model = "spot"


class SellableMachine(StockMachine):
    """stockNum itself falls when an order is placed."""

    stock_model = "sellable"


_QUICK = hypothesis_settings(max_examples=100, stateful_step_count=40, deadline=None)
SpotMachine.TestCase.settings = _QUICK
SellableMachine.TestCase.settings = _QUICK
TestSpot = SpotMachine.TestCase
TestSellable = SellableMachine.TestCase


def test_bookings_of_a_cross_border_order_fall_at_its_second_step() -> None:
    """Leaving the foreign warehouse changes nothing; the handover inside the country does."""
    shop = new_shop()
    order = buy(shop, 3, is_cross_border=True)
    sku = first_sku(shop)
    seen = []
    for verb in ("leave abroad", "deliver"):
        VERBS[verb](shop, order)
        seen.append((sku.stock_num, sku.booked))

    assert seen == [(10, 3), (7, 0)]


def test_shipping_the_rest_takes_the_rest_off() -> None:
    """After a part left, the whole-order method sends what is left."""
    shop = new_shop()
    order = buy(shop, 3)
    ship_one(shop, order)
    ship(shop.orders, order, carriers="467", waybills="SF2")

    sku = first_sku(shop)
    assert (sku.stock_num, sku.booked) == (7, 0)


@pytest.mark.parametrize("stock_model", ["spot", "sellable"])
@pytest.mark.parametrize(
    ("kind", "way", "left"),
    [
        ({}, ["cancel"], 10),
        ({}, ["apply for refund", "approve refund"], 10),
        ({}, ["ship"], 7),
        ({}, ["ship part", "ship"], 7),
        ({}, ["ship part", "ship part", "ship part"], 7),
        ({}, ["ship part", "cancel"], 9),
        ({"is_cross_border": True}, ["leave abroad", "deliver"], 7),
        ({"order_type": "21"}, ["ship by jd"], 7),
        ({"order_type": "21", "is_cross_border": True}, ["ship by jd", "ship by jd"], 7),
        ({"is_voucher": True}, ["send code"], 7),
        ({"is_voucher": True}, ["cancel"], 10),
        ({}, ["suspend", "cancel"], 10),
        ({}, ["ship", "bring back"], 7),
        ({}, ["ship", "lose state", "find state"], 7),
    ],
    ids=str,
)
def test_when_an_order_ends_both_models_agree(
    stock_model: str, kind: dict[str, Any], way: list[str], left: int
) -> None:
    """Whatever way three units went, what lies on the shelf can be sold, and nothing is booked."""
    shop = new_shop(stock_model=stock_model)
    order = buy(shop, 3, **kind)
    sku = first_sku(shop)
    sellable_meanwhile = sku.sellable
    for verb in way:
        VERBS[verb](shop, order)

    assert sellable_meanwhile == 7
    assert (sku.stock_num, sku.booked, sku.sellable) == (left, 0, left)
