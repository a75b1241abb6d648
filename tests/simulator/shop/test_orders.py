"""What may happen to an order is what the contract says, in each of its states."""

import pytest

import contracts
from jd_simulator.errors import Refused
from jd_simulator.settings import Settings
from jd_simulator.shop.model import Purchase, State, Wanted
from jd_simulator.shop.orders import NotForSale
from jd_simulator.shop.shop import Shop
from tests.simulator.shop.order_verbs import NOON, VERBS, buy, first_sku, new_shop

_EVERYWHERE = "remark"
DOMESTIC = {
    State.NOT_PAY: {"pay": State.TO_SHIP, "cancel": State.CANCELLED},
    State.TO_SHIP: {
        "cancel": State.CANCELLED,
        "lock": State.LOCKED,
        "apply for refund": State.LOCKED,
        "pause": State.PAUSED,
        "ship": State.SHIPPED,
        "ship part": State.TO_SHIP,
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
    State.SHIPPED: {"finish": State.FINISHED, "change waybills": State.SHIPPED},
    State.FINISHED: {},
    State.CANCELLED: {},
}
CROSS_BORDER = {
    State.TO_SHIP: {
        "cancel": State.CANCELLED,
        "lock": State.LOCKED,
        "apply for refund": State.LOCKED,
        "pause": State.PAUSED,
        "leave abroad": State.LEFT_ABROAD,
        "readdress": State.TO_SHIP,
    },
    State.LEFT_ABROAD: {
        "lock": State.LOCKED,
        "apply for refund": State.LOCKED,
        "deliver": State.SHIPPED,
    },
}
WAYS: dict[State, list[str]] = {
    State.NOT_PAY: [],
    State.TO_SHIP: ["pay"],
    State.LEFT_ABROAD: ["pay", "leave abroad"],
    State.LOCKED: ["pay", "lock"],
    State.PAUSED: ["pay", "pause"],
    State.SHIPPED: ["pay", "ship"],
    State.FINISHED: ["pay", "ship", "finish"],
    State.CANCELLED: ["cancel"],
}
CASES = [
    pytest.param(is_cross_border, state, verb, id=f"{state}-{verb}-{is_cross_border}")
    for is_cross_border, table in ((False, DOMESTIC), (True, CROSS_BORDER))
    for state in table
    for verb in VERBS
    if verb != "split"
]


@pytest.mark.parametrize(("is_cross_border", "state", "verb"), CASES)
def test_each_state_allows_what_the_contract_says(
    state: State, verb: str, *, is_cross_border: bool
) -> None:
    """Every state and verb: either the next state and a later `modified`, or a refusal."""
    shop = new_shop()
    order = shop.orders.find(buy(shop, 2, is_paid=False, is_cross_border=is_cross_border))
    for step in WAYS[state]:
        VERBS[step](shop, order.order_id)
    shop.clock.advance(60)
    table = CROSS_BORDER if is_cross_border else DOMESTIC
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
        for table in (DOMESTIC, CROSS_BORDER)
        for state, verbs in table.items()
        for after in verbs.values()
        if after is not state
    }

    assert made <= {(state, after) for state in State for after in states[state].transitions}


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
