"""What may happen to an order is what the contract says, in each of its states."""

from typing import Any

import pytest

import contracts
from jd_simulator.errors import Refused
from jd_simulator.settings import Settings
from jd_simulator.shop.model import Purchase, State, Wanted
from jd_simulator.shop.orders import NotForSale
from jd_simulator.shop.shop import Shop
from tests.simulator.shop.order_verbs import NOON, VERBS, buy, first_sku, new_shop

_EVERYWHERE = "remark"
HERE = {
    "cancel": State.CANCELLED,
    "lock": State.LOCKED,
    "apply for refund": State.LOCKED,
    "pause": State.PAUSED,
    "suspend": State.SUSPENDED,
    "lose state": State.UNKNOWN,
    "readdress": State.TO_SHIP,
}
UNPAID = {"pay": State.TO_SHIP, "cancel": State.CANCELLED}
Table = dict[State, dict[str, State]]
DOMESTIC: Table = {
    State.NOT_PAY: UNPAID,
    State.TO_SHIP: {**HERE, "ship": State.SHIPPED, "ship part": State.TO_SHIP},
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
    State.SUSPENDED: {
        "cancel": State.CANCELLED,
        "unsuspend": State.TO_SHIP,
        "readdress": State.SUSPENDED,
    },
    State.UNKNOWN: {"find state": State.TO_SHIP},
    State.SHIPPED: {
        "finish": State.FINISHED,
        "change waybills": State.SHIPPED,
        "bring back": State.RETURNED,
        "lose state": State.UNKNOWN,
    },
    State.FINISHED: {},
    State.RETURNED: {},
    State.CANCELLED: {},
}
_ABROAD = {"lock": State.LOCKED, "apply for refund": State.LOCKED, "lose state": State.UNKNOWN}
CROSS_BORDER: Table = {
    State.TO_SHIP: {**HERE, "leave abroad": State.LEFT_ABROAD},
    State.LEFT_ABROAD: {**_ABROAD, "deliver": State.SHIPPED},
}
BY_JD: Table = {State.TO_SHIP: {**HERE, "ship by jd": State.SHIPPED}}
FROM_ABROAD_BY_JD: Table = {
    State.TO_SHIP: {**HERE, "ship by jd": State.LEFT_ABROAD},
    State.LEFT_ABROAD: {**_ABROAD, "ship by jd": State.SHIPPED},
}
VOUCHER: Table = {
    State.NOT_PAY: {**UNPAID, "pay": State.AWAITS_CODE},
    State.AWAITS_CODE: {"send code": State.FINISHED, "cancel": State.CANCELLED},
}
KINDS: dict[str, tuple[Table, dict[str, Any]]] = {
    "domestic": (DOMESTIC, {}),
    "cross-border": (CROSS_BORDER, {"is_cross_border": True}),
    "by JD": (BY_JD, {"order_type": "21"}),
    "from abroad by JD": (FROM_ABROAD_BY_JD, {"order_type": "21", "is_cross_border": True}),
    "voucher": (VOUCHER, {"is_voucher": True}),
}
WAYS: dict[tuple[str, State], list[str]] = {
    ("domestic", State.LOCKED): ["pay", "lock"],
    ("domestic", State.PAUSED): ["pay", "pause"],
    ("domestic", State.SUSPENDED): ["pay", "suspend"],
    ("domestic", State.UNKNOWN): ["pay", "lose state"],
    ("domestic", State.SHIPPED): ["pay", "ship"],
    ("domestic", State.FINISHED): ["pay", "ship", "finish"],
    ("domestic", State.RETURNED): ["pay", "ship", "bring back"],
    ("domestic", State.CANCELLED): ["cancel"],
    ("cross-border", State.LEFT_ABROAD): ["pay", "leave abroad"],
    ("from abroad by JD", State.LEFT_ABROAD): ["pay", "ship by jd"],
}
CASES = [
    pytest.param(kind, state, verb, id=f"{kind}-{state}-{verb}")
    for kind, (table, _) in KINDS.items()
    for state in table
    for verb in VERBS
    if verb != "split"
]


@pytest.mark.parametrize(("kind", "state", "verb"), CASES)
def test_each_state_allows_what_the_contract_says(kind: str, state: State, verb: str) -> None:
    """Every state and verb: either the next state and a later `modified`, or a refusal."""
    shop = new_shop()
    table, wish = KINDS[kind]
    order = shop.orders.find(buy(shop, 2, is_paid=False, **wish))
    for step in WAYS.get((kind, state), [] if state is State.NOT_PAY else ["pay"]):
        VERBS[step](shop, order.order_id)
    shop.clock.advance(60)
    expected = state if verb == _EVERYWHERE else table[state].get(verb)

    if expected is None:
        with pytest.raises(Refused):
            VERBS[verb](shop, order.order_id)
        assert (order.state, order.modified) == (state, NOON)
    else:
        VERBS[verb](shop, order.order_id)
        assert (order.state, order.modified) == (expected, NOON + 60)


def test_every_transition_is_one_of_the_contracts() -> None:
    """The shop lets nothing happen that the contract does not foresee."""
    states = contracts.jd_order_states()
    made = {
        (state, after)
        for table, _ in KINDS.values()
        for state, verbs in table.items()
        for after in verbs.values()
        if after is not state
    }

    assert made <= {(state, after) for state in State for after in states[state].transitions}
    assert set(State) == set(states) == {state for table, _ in KINDS.values() for state in table}


def test_an_order_that_came_back_was_shipped_already() -> None:
    """Whoever ships it once more is told so, with JD's code for that."""
    shop = new_shop()
    order = buy(shop)
    for verb in ("ship", "bring back"):
        VERBS[verb](shop, order)

    with pytest.raises(Refused) as refused:
        VERBS["ship"](shop, order)
    assert refused.value.code == "10400001"


@pytest.mark.parametrize("way", [[], ["leave abroad"], ["leave abroad", "deliver"]])
def test_an_order_whose_state_is_found_again_stands_where_it_stood(way: list[str]) -> None:
    """Nothing happens to it while JD does not tell its state."""
    shop = new_shop()
    order = shop.orders.find(buy(shop, is_cross_border=True))
    for verb in way:
        VERBS[verb](shop, order.order_id)
    stood = order.state
    for verb in ("lose state", "find state"):
        VERBS[verb](shop, order.order_id)

    assert order.state is stood


def test_a_locked_order_goes_back_to_where_it_stood() -> None:
    """A cross-border order that left abroad still waits for its second step."""
    shop = new_shop()
    order = shop.orders.find(buy(shop, is_cross_border=True))
    for verb in ("leave abroad", "lock", "unlock"):
        VERBS[verb](shop, order.order_id)

    assert order.state is State.LEFT_ABROAD


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


def test_unpaid_orders_book_stock_and_are_in_no_search() -> None:
    """What waits for payment cannot be bought by others, and the seller does not see it."""
    shop = new_shop()
    order = shop.orders.find(buy(shop, 10, is_paid=False))

    assert first_sku(shop).sellable == 0
    assert not shop.orders.is_found(order)
    shop.orders.pay(order.order_id)
    assert shop.orders.is_found(order)


def test_search_lags_behind_what_happens() -> None:
    """An order can be found some time after it was placed; from then on at once."""
    shop = new_shop(search_lag_s=300)
    order = shop.orders.find(buy(shop))
    shop.clock.advance(299)
    too_early = shop.orders.is_found(order)
    shop.clock.advance(1)
    VERBS["lock"](shop, order.order_id)

    assert not too_early
    assert shop.orders.is_found(order)


def test_different_people_fetch_at_one_pick_up_address() -> None:
    """The place is the same, name and phone are each buyer's own."""
    shop = new_shop()
    line = (Wanted(key="TEE-RED-M", quantity=1),)
    one, other = (
        shop.orders.place(Purchase(lines=line, buyer=buyer, is_pick_up=True)).receiver
        for buyer in ("anna", "bert")
    )

    assert one.full_address == other.full_address
    assert (one.name, one.phone) != (other.name, other.phone)


def test_same_seed_makes_the_same_shop() -> None:
    """SKUs, orders and people follow from the seed alone."""
    one, same, other = (
        Shop(
            settings=Settings(sku_count=3, initial_stock=10, order_count=5, seed=seed),
            clock=new_shop().clock,
        )
        for seed in (1, 1, 2)
    )

    def people(shop: Shop) -> list[object]:
        return [(order.order_id, order.receiver) for order in shop.orders.by_id.values()]

    assert people(one) == people(same)
    assert people(one) != people(other)
