from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.orders.amounts import amounts, line_discounts
from adapter.wire.jd import JdOrder, JdOrderPage
from contracts import jd_method

INCOMPLETE = {"success-listed-fields-only", "success-shipped-by-jd"}
"""Examples that leave out amounts, or lines."""

MONEY = st.decimals(Decimal(0), Decimal(10_000), places=2)


def an_order(**fields: Any) -> JdOrder:
    """Write an order over 337 yuan less 20 of the seller's."""
    return JdOrder.model_validate(
        {
            "orderId": "1",
            "modified": "2026-11-23 12:00:00",
            "orderTotalPrice": "337.00",
            "orderSellerPrice": "317.00",
            "sellerDiscount": "20.00",
            "freightPrice": "0.00",
            "taxFee": "",
            "shouldPay": "317.00",
            "itemInfoList": [
                {"skuId": "5", "itemTotal": "2", "jdPrice": "149.00"},
                {"skuId": "6", "itemTotal": "1", "jdPrice": "39.00"},
                {"skuId": "7", "itemTotal": "1", "jdPrice": "0.00"},
            ],
            "couponDetailList": [
                {"skuId": "5", "couponType": "29-团购优惠", "couponPrice": "10.00"},
                {"skuId": "", "couponType": "100-店铺优惠", "couponPrice": "10.00"},
            ],
        }
        | fields
    )


def borne(order: JdOrder) -> list[tuple[str, str, str]]:
    """Show discounts as kind, amount and who bears them."""
    return [(each.kind, f"{each.amount:.2f}", each.borne_by) for each in amounts(order).discounts]


def test_every_order_of_the_contract_adds_up() -> None:
    """The examples' amounts agree, cash on delivery and import tax included."""
    for name, body in jd_method("pop.order.search").response_examples.items():
        if name in INCOMPLETE or not name.startswith("success-"):
            continue
        result = next(iter(body.values()))["searchorderinfo_result"]
        for order in JdOrderPage.model_validate(result).orders:
            assert amounts(order).sums_agree, (name, order.order_id)


@pytest.mark.parametrize(
    ("coupons", "seller", "expected"),
    [
        (
            [("29-团购优惠", "10"), ("41-京东券优惠", "10")],
            "20",
            [("29-团购优惠", "10.00", "seller"), ("41-京东券优惠", "10.00", "seller")],
        ),
        ([("41-京东券优惠", "15")], "0", [("41-京东券优惠", "15.00", "jd")]),
        (
            [("39-京豆优惠", "5"), ("100-店铺优惠", "10"), ("41", "3")],
            "13",
            [
                ("39-京豆优惠", "5.00", "jd"),
                ("100-店铺优惠", "10.00", "seller"),
                ("41", "3.00", "unknown"),
            ],
        ),
        (
            [("100-店铺优惠", "10")],
            "20",
            [("100-店铺优惠", "10.00", "seller"), ("seller_discount", "10.00", "seller")],
        ),
        ([], "20", [("seller_discount", "20.00", "seller")]),
        ([], "0", []),
        ([("29-团购优惠", "0.00")], "0", []),
        ([("", "4")], None, [("coupon", "4.00", "unknown")]),
    ],
    ids=repr,
)
def test_each_discount_is_somebodys(
    coupons: list[tuple[str, str]], seller: str | None, expected: list[tuple[str, str, str]]
) -> None:
    """JD's own sum decides where it can, else the kind; what the list lacks is the seller's."""
    listed = [{"couponType": kind, "couponPrice": amount} for kind, amount in coupons]

    assert borne(an_order(couponDetailList=listed, sellerDiscount=seller)) == expected


def test_a_discount_on_the_way_of_paying_is_jds() -> None:
    """It is not in the list, and lowers what the buyer pays."""
    order = an_order(payDiscount="5.00", shouldPay="312.00")

    assert borne(order)[-1] == ("pay_discount", "5.00", "jd")
    assert amounts(order).sums_agree


@pytest.mark.parametrize(
    "fields",
    [
        {"orderTotalPrice": "400.00"},
        {"orderSellerPrice": "300.00"},
        {"shouldPay": "1.00"},
        {"orderTotalPrice": None},
    ],
    ids=repr,
)
def test_amounts_that_do_not_add_up_are_told_and_kept(fields: dict[str, str | None]) -> None:
    """JD's figures stand; Helm learns that they are not consistent."""
    assert not amounts(an_order(**fields)).sums_agree


def test_missing_amounts_are_reckoned() -> None:
    """Without JD's totals the lines give the total and the rest what is to pay."""
    reckoned = amounts(an_order(orderTotalPrice=None, shouldPay=None, freightPrice="8"))

    assert reckoned.total == 337
    assert reckoned.total_paid == 325
    assert not reckoned.sums_agree


def test_what_was_paid_from_a_balance_agrees() -> None:
    """What is left to pay may be less by what the buyer had at JD."""
    assert amounts(an_order(balanceUsed="17.00", shouldPay="300.00")).sums_agree


def test_a_line_has_the_discounts_that_name_it() -> None:
    """Discounts of the whole order stay with the order."""
    assert line_discounts(an_order()) == {"5": 10}


@given(
    coupons=st.lists(st.tuples(st.sampled_from(["29", "39", "41", "77"]), MONEY), max_size=5),
    seller=MONEY,
    freight=MONEY,
)
def test_the_discounts_always_add_up_to_the_total_discount(
    coupons: list[tuple[str, Decimal]], seller: Decimal, freight: Decimal
) -> None:
    """No cent of a discount is lost, and the seller bears at least what JD says, or it is open."""
    listed = [{"couponType": kind, "couponPrice": str(amount)} for kind, amount in coupons]
    order = an_order(couponDetailList=listed, sellerDiscount=str(seller), freightPrice=str(freight))
    reckoned = amounts(order)
    not_jds = sum(each.amount for each in reckoned.discounts if each.borne_by != "jd")

    assert reckoned.total_discount == sum(each.amount for each in reckoned.discounts)
    assert reckoned.total_discount >= sum(amount for _, amount in coupons)
    assert not_jds >= seller
