"""A refund locks its order until somebody decides."""

from decimal import Decimal

import pytest

from jd_simulator.errors import Refused
from jd_simulator.shop.model import RefundStatus, State
from jd_simulator.shop.view import amount_due
from tests.simulator.shop.order_verbs import NOON, VERBS, buy, first_sku, new_shop


@pytest.mark.parametrize(
    ("verb", "state", "status", "booked"),
    [
        ("approve refund", State.CANCELLED, RefundStatus.REFUNDED, 0),
        ("reject refund", State.TO_SHIP, RefundStatus.REFUSED, 2),
        ("withdraw refund", State.TO_SHIP, RefundStatus.WITHDRAWN, 2),
    ],
)
def test_a_decision_ends_a_refund(
    verb: str, state: State, status: RefundStatus, booked: int
) -> None:
    """Approved: cancelled and refunded; else the order goes on where it stood."""
    shop = new_shop()
    order = shop.orders.find(buy(shop, 2))
    refund = shop.refunds.apply(order.order_id, reason="不想要了")
    before = (order.state, refund.status, refund.amount)
    shop.clock.advance(60)
    VERBS[verb](shop, order.order_id)

    assert before == (State.LOCKED, RefundStatus.UNREVIEWED, amount_due(order))
    assert (order.state, refund.status) == (state, status)
    assert (refund.applied, refund.checked) == (NOON, NOON + 60)
    assert first_sku(shop).booked == booked


@pytest.mark.parametrize("verb", ["approve refund", "reject refund", "withdraw refund"])
def test_a_refund_is_decided_once(verb: str) -> None:
    """Afterwards, as before any application, there is nothing to decide."""
    shop = new_shop()
    order = buy(shop)
    with pytest.raises(Refused):
        VERBS[verb](shop, order)
    shop.refunds.apply(order)
    VERBS[verb](shop, order)

    with pytest.raises(Refused):
        VERBS[verb](shop, order)


def test_an_order_that_left_meanwhile_is_not_refunded_so() -> None:
    """Unlocked and shipped: the approval is refused, the refund stays open."""
    shop = new_shop()
    order = buy(shop)
    refund = shop.refunds.apply(order)
    for verb in ("unlock", "ship"):
        VERBS[verb](shop, order)

    with pytest.raises(Refused):
        shop.refunds.approve(order)

    assert refund.status is RefundStatus.UNREVIEWED


def test_an_order_that_was_cancelled_meanwhile_is_refunded() -> None:
    """The money goes back all the same, and units are not given back twice."""
    shop = new_shop()
    order = buy(shop, 2)
    refund = shop.refunds.apply(order)
    shop.orders.cancel(order)
    shop.refunds.approve(order)

    assert refund.status is RefundStatus.REFUNDED
    assert first_sku(shop).booked == 0


def test_an_order_that_was_not_paid_has_nothing_to_refund() -> None:
    """Cash on delivery: the sum is nothing."""
    shop = new_shop()
    order = shop.orders.find(buy(shop))
    order.paid = None

    assert shop.refunds.apply(order.order_id).amount == Decimal(0)
