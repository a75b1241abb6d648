from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from adapter.wire.jd import JdOrder, JdOrderPage
from contracts import jd_method

SEARCH = jd_method("pop.order.search")
GET = jd_method("pop.order.get")
PAGES = {
    name: envelope["searchorderinfo_result"]
    for name, body in SEARCH.response_examples.items()
    for envelope in body.values()
    if isinstance(envelope, dict) and "searchorderinfo_result" in envelope
}
PARTIAL = {"success-listed-fields-only", "success-without-order-id"}


def an_order(**fields: Any) -> dict[str, Any]:
    """Write the least that makes an order, and more."""
    return {"orderId": "249786309732", "modified": "2026-11-23 16:54:18"} | fields


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_of_the_contract_is_read(name: str) -> None:
    """Each example page gives one order a row, and rows without their number are set aside."""
    page = JdOrderPage.model_validate(PAGES[name])
    rows = PAGES[name].get("orderInfoList") or []

    assert len(page.orders) + len(page.unreadable) == len(rows)
    assert not page.unreadable or name in PARTIAL
    assert [order.order_id for order in page.orders] == [
        str(row["orderId"]) for row in rows if "orderId" in row and "modified" in row
    ]


def test_a_whole_order_of_the_contract_is_read_from_bytes() -> None:
    """Of an order with every field, each field that the model names has its value."""
    body = GET.response_examples["success-whole-order"]
    order = JdOrder.model_validate(
        body["jingdong_pop_order_get_responce"]["orderDetailInfo"]["orderInfo"]
    )

    assert order.order_type
    assert order.pay_type
    assert order.pay_type.code == "4"
    assert order.paid_at
    assert order.consignee
    assert order.consignee.oaid
    assert order.lines
    assert order.total_price == sum(
        (line.price or Decimal(0)) * line.quantity for line in order.lines
    )


def test_one_bad_order_does_not_spoil_its_page() -> None:
    """What cannot be read is set aside with its number and a reason without values."""
    page = JdOrderPage.model_validate(
        {
            "orderTotal": "4",
            "orderInfoList": [
                an_order(),
                an_order(orderId=7, orderTotalPrice="geheim"),
                an_order(orderId=8, itemInfoList=[{"skuId": "1"}]),
                "no order",
            ],
        }
    )

    assert page.total == 4
    assert [order.order_id for order in page.orders] == ["249786309732"]
    assert page.unreadable[:2] == (
        ("7", "orderTotalPrice: is not an amount of money"),
        ("8", "itemInfoList.0.itemTotal: Field required"),
    )
    assert page.unreadable[2][0] == ""
    assert "geheim" not in str(page.unreadable)


@pytest.mark.parametrize("nothing", [None, "", [], {}], ids=repr)
@pytest.mark.parametrize(
    ("field", "attribute"),
    [
        ("itemInfoList", "lines"),
        ("couponDetailList", "coupons"),
        ("partialLogisticsInfoModel", "partial_shipments"),
        ("consigneeInfo", "consignee"),
        ("originalConsigneeInfo", "original_consignee"),
        ("invoiceEasyInfo", "invoice"),
        ("payType", "pay_type"),
    ],
)
def test_an_empty_object_and_an_empty_list_mean_the_same(
    field: str, attribute: str, nothing: object
) -> None:
    """JD writes an empty list where an object belongs and the other way round."""
    assert not getattr(JdOrder.model_validate(an_order(**{field: nothing})), attribute)


def test_a_single_object_reads_as_a_list_of_one() -> None:
    """A list of one may come as the object alone."""
    order = JdOrder.model_validate(an_order(itemInfoList={"skuId": 5, "itemTotal": "2"}))

    assert [(line.sku_id, line.quantity) for line in order.lines] == [("5", 2)]


def test_a_state_nobody_knows_stays_as_text() -> None:
    """States are text, so that a new one of JD's is an order like any other."""
    order = JdOrder.model_validate(an_order(orderState="WAIT_FOR_THE_MOON", pieceOfNews={"a": 1}))

    assert order.state == "WAIT_FOR_THE_MOON"


def test_the_waybill_ciphertexts_are_not_read() -> None:
    """What differs at each reading and serves label printing alone is not in the model."""

    def names(model: type[BaseModel]) -> set[str]:
        return {str(field.validation_alias) for field in model.model_fields.values()}

    assert not any("desen" in name for name in names(JdOrder))
