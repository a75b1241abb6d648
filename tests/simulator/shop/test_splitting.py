"""A split order's children hold just what it held, units and money."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.errors import Refused
from jd_simulator.shop.model import Coupon, Order, Purchase, State, Wanted
from jd_simulator.shop.orders import NotForSale
from jd_simulator.shop.shop import Shop
from jd_simulator.shop.splitting import split
from jd_simulator.shop.view import order_view
from tests.simulator.shop.order_verbs import VERBS, buy, new_shop, ship_one


def place(
    shop: Shop, quantities: list[int], coupons: tuple[Coupon, ...] = (), gift: int = -1
) -> Order:
    """Order some of each SKU, one of them as a gift."""
    lines = tuple(
        Wanted(key=sku.outer_id, quantity=quantity, is_gift=index == gift)
        for index, (sku, quantity) in enumerate(
            zip(shop.shelves.by_id.values(), quantities, strict=False)
        )
    )
    return shop.orders.place(
        Purchase(lines=lines, coupons=coupons, freight=Decimal("6.00"), remark="快点")
    )


def view(shop: Shop, order: Order) -> dict[str, object]:
    """Show every field."""
    return order_view(order, settings=shop.settings, vender_id=shop.vender_id)


def amounts(shop: Shop, orders: list[Order], name: str) -> Decimal:
    """Add up an amount of some orders."""
    return sum((Decimal(str(view(shop, order)[name])) for order in orders), Decimal(0))


@given(
    quantities=st.lists(st.integers(1, 5), min_size=2, max_size=3),
    fen=st.lists(st.integers(1, 2000), max_size=3),
    of_sku=st.sampled_from([None, 0, 1]),
    gift=st.sampled_from([-1, 1]),
)
def test_children_hold_what_the_parent_held(
    quantities: list[int], fen: list[int], of_sku: int | None, gift: int
) -> None:
    """Units and money add up to the fen, and no child is discounted below nothing."""
    shop = new_shop()
    skus = list(shop.shelves.by_id)
    sku_id = None if of_sku is None else skus[of_sku]
    coupons = tuple(Coupon(amount=Decimal(each) / 100, sku_id=sku_id) for each in fen)
    parent = place(shop, quantities, coupons, gift)

    children = list(split(shop.orders, parent.order_id))

    for name in ("orderTotalPrice", "sellerDiscount", "shouldPay", "freightPrice", "actualPay"):
        assert amounts(shop, children, name) == amounts(shop, [parent], name)
    for child in children:
        assert amounts(shop, [child], "orderSellerPrice") >= 0
    assert [line.quantity for child in children for line in child.lines] == quantities


def test_the_parent_vanishes_and_children_name_it() -> None:
    """Children carry both parents' numbers; grandchildren the first one's too."""
    shop = new_shop()
    parent = place(shop, [4, 1])
    first, second = split(shop.orders, parent.order_id)
    left, right = split(shop.orders, first.order_id)

    assert not parent.is_searchable
    assert parent.children == (first.order_id, second.order_id)
    names = ("parentOrderId", "directParentOrderId", "tradeOrderId", "orderRemark")
    assert [view(shop, second)[name] for name in names] == [
        str(parent.order_id),
        str(parent.order_id),
        parent.order_id - 1,
        "快点",
    ]
    assert [view(shop, left)[name] for name in names[:2]] == [
        str(parent.order_id),
        str(first.order_id),
    ]
    assert right.state is State.TO_SHIP
    assert [change.cause for change in right.changes] == ["split"]


def test_nothing_more_happens_to_a_split_order() -> None:
    """To the seller the number is unknown; its children live their own lives."""
    shop = new_shop()
    parent = place(shop, [2, 1])
    first, second = split(shop.orders, parent.order_id)
    for verb in VERBS:
        with pytest.raises(Refused):
            VERBS[verb](shop, parent.order_id)
    shop.orders.cancel(first.order_id)

    assert (first.state, second.state) == (State.CANCELLED, State.TO_SHIP)


def test_parts_say_what_each_child_holds() -> None:
    """Parts name SKUs by id or code, over several lines."""
    shop = new_shop()
    parent = place(shop, [3, 1])
    one, two, _ = shop.shelves.by_id.values()
    first, second = split(
        shop.orders,
        parent.order_id,
        [
            [Wanted(key=one.outer_id, quantity=1)],
            [Wanted(key=str(one.sku_id), quantity=2), Wanted(key=two.outer_id, quantity=1)],
        ],
    )

    assert [(line.outer_id, line.quantity) for line in first.lines] == [(one.outer_id, 1)]
    assert [line.quantity for line in second.lines] == [2, 1]


@pytest.mark.parametrize(
    "parts",
    [
        [[("TEE-RED-M", 3)]],
        [[("TEE-RED-M", 1)], [("TEE-RED-M", 1)]],
        [[("TEE-RED-M", 2)], [("TEE-RED-M", 2)]],
        [[("TEE-RED-M", 3)], []],
        [[("TEE-RED-M", 3)], [("NO-SUCH", 1)]],
    ],
    ids=["one part", "too little", "too much", "empty part", "other SKU"],
)
def test_parts_that_do_not_add_up_are_refused(parts: list[list[tuple[str, int]]]) -> None:
    """Nothing is split then."""
    shop = new_shop()
    order = shop.orders.find(buy(shop, 3))
    wanted = [[Wanted(key=key, quantity=quantity) for key, quantity in part] for part in parts]

    with pytest.raises(NotForSale):
        split(shop.orders, order.order_id, wanted)

    assert order.is_searchable


@pytest.mark.parametrize(("quantity", "sent"), [(1, 0), (3, 1)], ids=["one unit", "part sent"])
def test_what_cannot_be_split_is_refused(quantity: int, sent: int) -> None:
    """A single unit stays whole, and so does an order of which a part has left."""
    shop = new_shop()
    order = buy(shop, quantity)
    if sent:
        ship_one(shop, order, sent)

    with pytest.raises(NotForSale):
        split(shop.orders, order)
