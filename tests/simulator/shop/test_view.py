"""JD's view of an order agrees with itself and veils people."""

import json
import re
from base64 import b64decode
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.clock import Clock
from jd_simulator.seed.people import Receiver
from jd_simulator.settings import Settings
from jd_simulator.shop.model import Coupon, Order, Purchase, State, Wanted
from jd_simulator.shop.shop import Shop
from jd_simulator.shop.veil import masked_phone
from jd_simulator.shop.view import ORDER_FIELDS, order_view, show_order

RECEIVER = Receiver(
    name="𠮷娜",
    phone="19900012345",
    address="建设路1号",
    province="北京",
    city="朝阳区",
    county="三环到四环之间",
)


def view(shop: Shop, order: Order) -> dict[str, object]:
    """Show every field."""
    return order_view(order, settings=shop.settings, vender_id=shop.vender_id)


def money(shown: dict[str, object], name: str) -> Decimal:
    """Read an amount, which must be a text with two decimals."""
    text = shown[name]
    assert isinstance(text, str)
    assert re.fullmatch(r"[0-9]+\.[0-9]{2}", text)
    return Decimal(text)


@given(
    quantities=st.lists(st.integers(1, 5), min_size=1, max_size=4),
    coupons=st.lists(st.integers(1, 500), max_size=3),
    freight=st.sampled_from(["0.00", "6.00", "12.50"]),
    is_paid=st.booleans(),
    is_cross_border=st.booleans(),
)
def test_sums_agree(
    quantities: list[int],
    coupons: list[int],
    freight: str,
    *,
    is_paid: bool,
    is_cross_border: bool,
) -> None:
    """Lines make the total, coupons the discount, and what is due follows from both."""
    shop = Shop(settings=Settings(sku_count=5, initial_stock=100), clock=Clock())
    skus = list(shop.shelves.by_id.values())
    order = shop.orders.place(
        Purchase(
            lines=tuple(
                Wanted(key=sku.outer_id, quantity=quantity, is_gift=index == 1)
                for index, (sku, quantity) in enumerate(zip(skus, quantities, strict=False))
            ),
            coupons=tuple(Coupon(amount=Decimal(fen) / 100) for fen in coupons),
            freight=Decimal(freight),
            is_paid=is_paid,
            is_cross_border=is_cross_border,
        )
    )
    shown = view(shop, order)
    items, given_coupons = shown["itemInfoList"], shown["couponDetailList"]
    assert isinstance(items, list)
    assert isinstance(given_coupons, list)

    total = sum(Decimal(item["jdPrice"]) * int(item["itemTotal"]) for item in items)
    discount = sum(Decimal(coupon["couponPrice"]) for coupon in given_coupons)
    due = total - discount + Decimal(freight) + money(shown, "taxFee")
    assert money(shown, "orderTotalPrice") == total
    assert money(shown, "sellerDiscount") == discount
    assert money(shown, "orderSellerPrice") == total - discount
    assert money(shown, "shouldPay") == due
    assert money(shown, "actualPay") == (due if is_paid else 0)
    assert (money(shown, "taxFee") > 0) == (is_cross_border and total > discount)


def test_people_are_veiled_and_known_again() -> None:
    """Name and address are base64, phones masked; the same receiver has the same oaid."""
    shop = Shop(settings=Settings(sku_count=1), clock=Clock())
    line = (Wanted(key="TEE-RED-M", quantity=1),)
    first, again, other = (
        shop.orders.place(Purchase(lines=line, receiver=receiver))
        for receiver in (RECEIVER, RECEIVER, None)
    )
    shown = [view(shop, order)["consigneeInfo"] for order in (first, again, other)]

    assert shown[0] == shown[1]
    assert isinstance(shown[0], dict)
    assert isinstance(shown[2], dict)
    assert shown[0]["oaid"] != shown[2]["oaid"]
    assert len(b64decode(shown[0]["fullname"])) > 60
    assert len(b64decode(shown[0]["fullAddress"])) > 60
    assert shown[0]["mobile"] == "199*******5"
    assert re.fullmatch(r"[0-9a-f]{70}", shown[0]["desen_mobile"])
    assert (shown[0]["province"], shown[0]["city"]) == ("北京", "朝阳区")
    assert RECEIVER.name not in json.dumps(shown, ensure_ascii=False)


def test_receivers_come_plain_where_the_switch_says_so() -> None:
    """Then name and address are readable, and phones stay masked."""
    shop = Shop(settings=Settings(sku_count=1, receivers="plain"), clock=Clock())
    order = shop.orders.place(
        Purchase(lines=(Wanted(key="TEE-RED-M", quantity=1),), receiver=RECEIVER)
    )
    shown = view(shop, order)["consigneeInfo"]

    assert isinstance(shown, dict)
    assert shown["fullname"] == "𠮷娜"
    assert shown["fullAddress"] == "北京朝阳区三环到四环之间建设路1号"
    assert shown["mobile"] == "199*******5"


@pytest.mark.parametrize(("phone", "masked"), [("1", "1*1"), ("", "*"), ("12345", "123*5")])
def test_short_phones_are_masked_too(phone: str, masked: str) -> None:
    """Whatever was given, something is hidden."""
    assert masked_phone(phone) == masked


def test_change_of_address_keeps_the_first_one() -> None:
    """However often it changes, `originalConsigneeInfo` is where it was to go at first."""
    shop = Shop(settings=Settings(sku_count=1), clock=Clock())
    line = (Wanted(key="TEE-RED-M", quantity=1),)
    order = shop.orders.place(Purchase(lines=line, receiver=RECEIVER))
    before = view(shop, order)
    shop.orders.readdress(order.order_id, None)
    shop.orders.readdress(order.order_id, None)

    after = view(shop, order)
    assert before["originalConsigneeInfo"] is None
    assert after["originalConsigneeInfo"] == before["consigneeInfo"]
    assert after["consigneeInfo"] != before["consigneeInfo"]


@pytest.mark.parametrize(
    ("purchase", "number"),
    [
        ({}, 0),
        ({"is_pick_up": True}, 69),
        ({"order_type": "25"}, 68),
        ({"store_order": "京仓订单"}, 68),
    ],
)
def test_who_brings_the_goods_is_shown(purchase: dict[str, object], number: int) -> None:
    """68 is JD's delivery, 69 a pick-up by the buyer."""
    shop = Shop(settings=Settings(sku_count=1), clock=Clock())
    line = (Wanted(key="TEE-RED-M", quantity=1),)
    order = shop.orders.place(Purchase(lines=line, **purchase))  # type: ignore[arg-type]  # any field of a purchase

    assert view(shop, order)["idSopShipmenttype"] == number


@pytest.mark.parametrize("state", [State.PAUSED, State.SUSPENDED])
def test_a_pause_tells_its_reason(state: State) -> None:
    """In either of JD's states of a pause, and only as long as it lasts."""
    shop = Shop(settings=Settings(sku_count=1), clock=Clock())
    line = (Wanted(key="TEE-RED-M", quantity=1),)
    order = shop.orders.place(Purchase(lines=line))
    shop.orders.hold(order.order_id, state, "pause")
    paused = view(shop, order)["pauseBizInfo"]
    shop.orders.resume(order.order_id, state, "unpause")

    assert paused
    assert view(shop, order)["pauseBizInfo"] == {}


def test_fields_are_those_of_the_contract() -> None:
    """An order shows each field that the contract knows, and no other."""
    shop = Shop(settings=Settings(sku_count=1, order_count=1), clock=Clock())
    (order,) = shop.orders.by_id.values()

    assert view(shop, order).keys() == ORDER_FIELDS


def test_few_choices_of_fields_are_kept() -> None:
    """A caller that asks for ever other fields does not make an order grow."""
    shop = Shop(settings=Settings(sku_count=1, order_count=1), clock=Clock())
    (order,) = shop.orders.by_id.values()
    for name in sorted(ORDER_FIELDS):
        text = show_order(order, (name,), settings=shop.settings, vender_id=shop.vender_id)

        assert list(json.loads(text)) == [name]
    assert len(order.shown) <= 4
