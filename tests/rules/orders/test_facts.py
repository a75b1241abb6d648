from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.orders import (
    FulfilledBy,
    fulfilled_by,
    helm_status,
    in_scope,
    is_open,
    order_facts,
)
from adapter.rules.orders.facts import STATES_EN
from adapter.wire.jd import JdOrder
from adapter.wire.published import OrderFacts
from contracts import jd_order_states

PAID = "2026-11-23 10:00:00"
PARCEL = [{"shipmentId": "1", "skus": [{"skuId": "5", "num": 1}]}]


def an_order(**fields: Any) -> JdOrder:
    """Write an order as JD would."""
    return JdOrder.model_validate(
        {
            "orderId": "1",
            "orderType": "22",
            "payType": "4-在线支付",
            "orderState": "WAIT_SELLER_STOCK_OUT",
            "modified": "2026-11-23 12:00:00",
            "orderStartTime": "2026-11-23 09:59:00",
            "paymentConfirmTime": PAID,
        }
        | fields
    )


def true_facts(order: JdOrder) -> set[str]:
    """Name the facts that hold."""
    return {name for name, value in order_facts(order).model_dump().items() if value}


@pytest.mark.parametrize(
    ("fields", "facts", "status", "is_booked"),
    [
        ({"orderState": "NOT_PAY", "paymentConfirmTime": ""}, set(), 2, False),
        ({"orderState": "WAIT_SELLER_STOCK_OUT"}, {"paid"}, 3, True),
        ({"paymentConfirmTime": "0001-01-01 00:00:00"}, {"paid"}, 3, True),
        ({"partialLogisticsInfoModel": PARCEL}, {"paid", "partly_shipped"}, 81, True),
        ({"orderState": "WAIT_SELLER_DELIVERY"}, {"paid"}, 3, True),
        ({"orderState": "WAIT_GOODS_RECEIVE_CONFIRM"}, {"paid", "shipped"}, 5, False),
        ({"orderState": "FINISHED_L"}, {"paid", "shipped", "finished"}, 5, False),
        ({"orderState": "DELIVERY_RETURN"}, {"paid", "shipped"}, 5, False),
        ({"orderState": "TRADE_CANCELED"}, {"paid", "cancelled"}, 6, False),
        ({"orderState": "TRADE_CANCELED", "paymentConfirmTime": ""}, {"cancelled"}, 6, False),
        ({"orderState": "LOCKED"}, {"paid", "locked"}, 2, True),
        ({"orderState": "PAUSE"}, {"paid", "paused"}, 2, True),
        ({"orderState": "POP_ORDER_PAUSE"}, {"paid", "paused"}, 2, True),
        ({"orderState": "WAIT_SEND_CODE"}, {"paid", "state_unknown"}, 2, False),
        ({"orderState": "UN_KNOWN"}, {"paid", "state_unknown"}, 2, False),
        ({"orderState": "ON_THE_MOON"}, {"paid", "state_unknown"}, 2, False),
        ({"orderState": None}, {"paid", "state_unknown"}, 2, False),
        ({"payType": "1-货到付款", "paymentConfirmTime": ""}, {"paid"}, 3, True),
        ({"originalConsigneeInfo": {"city": "杭州市"}}, {"paid", "address_changed"}, 3, True),
        ({"customsModel": "直邮", "declarationDesc": "申报成功"}, {"paid"}, 3, True),
        ({"customsModel": "直邮", "declarationStatus": "3"}, {"paid"}, 3, True),
        ({"customsModel": "直邮"}, {"paid"}, 3, True),
        (
            {"customsModel": "直邮", "declarationDesc": "申报失败"},
            {"paid", "customs_uncleared"},
            2,
            True,
        ),
        (
            {"customs": "广州海关", "declarationStatus": "1"},
            {"paid", "customs_uncleared"},
            2,
            True,
        ),
        ({"declarationStatus": "1"}, {"paid"}, 3, True),
    ],
    ids=lambda value: " ".join(sorted(value)) if isinstance(value, set) else repr(value),
)
def test_a_state_of_jds_becomes_facts_and_a_status(
    fields: dict[str, Any], facts: set[str], status: int, *, is_booked: bool
) -> None:
    """What JD says gives facts, the facts Helm's status and whether JD books units."""
    order = an_order(**fields)

    assert true_facts(order) == facts
    assert helm_status(order_facts(order)) == status
    assert is_open(order_facts(order)) is is_booked


def test_every_state_of_the_contract_has_its_words() -> None:
    """The English words are the contract's."""
    assert {name: state.en for name, state in jd_order_states().items()} == dict(STATES_EN)


FACTS = st.builds(
    OrderFacts,
    **{
        name: st.lists(st.just("2"), max_size=1) if name == "replaced_by" else st.booleans()
        for name in OrderFacts.model_fields
    },
)


@given(facts=FACTS, who=st.sampled_from(["merchant", "jd", "unknown"]))
def test_every_combination_of_facts_has_a_status(facts: OrderFacts, who: FulfilledBy) -> None:
    """Nothing that is held, ended or somebody else's is ever ready for despatch."""
    status = helm_status(facts, who)
    is_held = (
        facts.locked
        or facts.paused
        or facts.refund_requested
        or facts.customs_uncleared
        or facts.state_unknown
        or not facts.paid
    )
    has_ended = facts.cancelled or facts.replaced_by or facts.shipped or facts.finished

    assert status in {2, 3, 5, 6, 81}
    assert (status == 6) is bool(facts.cancelled or facts.replaced_by)
    assert (status in {3, 81}) is (not is_held and not has_ended and who == "merchant")
    assert not (has_ended and is_open(facts))


@given(facts=FACTS, remark=st.booleans())
def test_a_remark_never_moves_a_status(facts: OrderFacts, *, remark: bool) -> None:
    """What was written about an order does not push it back or forth."""
    changed = facts.model_copy(update={"remark_changed": remark, "invoice_changed": remark})

    assert helm_status(changed) == helm_status(facts)


@pytest.mark.parametrize(
    ("kind", "warehouse", "who"),
    [
        ("22", "", "merchant"),
        ("22-SOP", None, "merchant"),
        (22, "", "merchant"),
        ("22", "京仓订单", "jd"),
        ("22", "云仓订单", "jd"),
        ("22", "月仓订单", "unknown"),
        ("21", "", "jd"),
        ("23", "", "jd"),
        ("25", "", "jd"),
        ("112", "", "jd"),
        ("999", "", "unknown"),
        ("", "", "unknown"),
        ("", "京仓订单", "jd"),
    ],
    ids=repr,
)
def test_who_ships_an_order_is_never_guessed(kind: object, warehouse: object, who: str) -> None:
    """JD's warehouses and kinds ship for JD; what is not known is nobody's."""
    assert fulfilled_by(an_order(orderType=kind, storeOrder=warehouse)) == who


@pytest.mark.parametrize(
    ("fields", "first_second"),
    [
        ({}, datetime(2026, 11, 23, 2, tzinfo=UTC)),
        ({"paymentConfirmTime": ""}, datetime(2026, 11, 23, 1, 59, tzinfo=UTC)),
        (
            {"paymentConfirmTime": "", "orderStartTime": ""},
            datetime(2026, 11, 23, 4, tzinfo=UTC),
        ),
    ],
    ids=["paid", "created", "modified"],
)
def test_the_start_is_inclusive(fields: dict[str, str], first_second: datetime) -> None:
    """The payment counts, else the creation; an order of the very start is imported."""
    order = an_order(**fields)

    assert in_scope(order, first_second)
    assert not in_scope(order, first_second + timedelta(seconds=1))


def test_what_the_order_does_not_say_can_be_added() -> None:
    """Refunds and children are known from elsewhere, and count."""
    refund = order_facts(an_order(), refund_requested=True)
    parent = order_facts(an_order(), replaced_by=["2", "3"])

    assert helm_status(refund) == 2
    assert helm_status(parent) == 6
    assert not is_open(parent)
