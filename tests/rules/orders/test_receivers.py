from typing import Any

import pytest

from adapter.rules.orders.receivers import shipping_address
from adapter.wire.jd import JdConsignee, JdOrderPage
from contracts import jd_method

CIPHER = "iqU9wVzaYpNiW8Hlp9/69jLnrKfn3G1+gQTwKI+IYyzcsBXQdnZ7jzIXvBaemxGK"


def the_example(name: str, *, province: str = "") -> JdConsignee:
    """Read the receiver of an example of the contract, the first one in that province."""
    body: dict[str, Any] = jd_method("pop.order.search").response_examples[name]
    page = body["jingdong_pop_order_search_responce"]["searchorderinfo_result"]
    return next(
        order.consignee
        for order in JdOrderPage.model_validate(page).orders
        if order.consignee and province in (order.consignee.province or "")
    )


@pytest.mark.parametrize(
    ("fields", "form"),
    [
        ({"fullname": "王小明", "mobile": "13812345678", "fullAddress": "北京海淀区"}, "plain"),
        ({"fullname": "Alexandra Konstantinopoulou-Smith"}, "plain"),
        ({"fullname": "王小明", "mobile": "138*******8"}, "masked"),
        ({"fullname": "王**", "fullAddress": "北京"}, "masked"),
        ({"fullname": CIPHER, "mobile": "138*******8"}, "encrypted"),
        ({"fullAddress": CIPHER + "=="}, "encrypted"),
        ({"mobile": CIPHER}, "encrypted"),
        ({}, "plain"),
    ],
)
def test_the_form_says_whether_people_can_read_it(fields: dict[str, str], form: str) -> None:
    """Ciphertext is long base64, a mask has stars; the worst of them names the form."""
    assert shipping_address(JdConsignee.model_validate(fields)).form == form


def test_the_examples_of_the_contract_have_their_forms() -> None:
    """Apps without a grant get ciphertext, others plain text with masked phones."""
    assert shipping_address(the_example("success-page")).form == "encrypted"
    assert shipping_address(the_example("success-receiver-in-plain-text")).form in {
        "plain",
        "masked",
    }


def test_a_receiver_passes_through_untouched() -> None:
    """Ciphertext, mask, oaid and a municipality stand exactly as JD gave them."""
    given = the_example("success-page", province="上海")
    address = shipping_address(given)

    assert (address.name, address.address, address.oaid) == (
        given.name,
        given.address,
        given.oaid,
    )
    assert address.phone == given.mobile
    assert (address.province, address.city, address.county) == ("上海", "浦东新区", "张江镇")
    assert address.country == "CN"


def test_a_land_line_stands_in_for_a_mobile() -> None:
    """One phone is enough."""
    assert shipping_address(JdConsignee(telephone="021-1")).phone == "021-1"


def test_no_receiver_is_an_empty_address() -> None:
    """An order without receiver is still an order."""
    assert shipping_address(None).name is None
