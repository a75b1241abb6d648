import json
from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest

from adapter.rules.orders import Mapped, content_hash, order_facts, translate
from adapter.rules.orders.translation import CHANNEL_DATA, order_change
from adapter.wire.jd import JdOrder, JdOrderPage
from adapter.wire.kept import OrderIndexEntry
from adapter.wire.published import Order
from contracts import helm_message, jd_method

VALIDATOR = jsonschema_rs.Draft202012Validator(
    helm_message("jd.orders").schema, validate_formats=True
)
MAPPING = {
    "100043217781": Mapped("TEE-RED-M"),
    "100043217799": Mapped("MUG-BLUE", units_per_listing=3),
}
ORDERS = {
    f"{name} {order.order_id}": order
    for name, body in jd_method("pop.order.search").response_examples.items()
    for envelope in body.values()
    if isinstance(envelope, dict) and "searchorderinfo_result" in envelope
    for order in JdOrderPage.model_validate(envelope["searchorderinfo_result"]).orders
}
SHIRTS = ORDERS["success-page 312846095517"]


def translated(order: JdOrder, *, previous: OrderIndexEntry | None = None) -> Order:
    """Translate with the usual settings."""
    return translate(
        order,
        channel_id="jd-1",
        revision=previous.revision + 1 if previous else 1,
        previous=previous,
        mapping=MAPPING,
        despatch_hours=48,
    )


def but(order: JdOrder, **fields: object) -> JdOrder:
    """Change an order's attributes."""
    return order.model_copy(update=fields)


@pytest.mark.parametrize("name", ORDERS)
def test_every_order_of_jds_contract_becomes_a_record_of_helms(name: str) -> None:
    """Whatever JD may send, the record is one that Helm's contract allows."""
    record = json.loads(translated(ORDERS[name]).model_dump_json())

    assert list(VALIDATOR.iter_errors(record)) == []


def test_an_order_to_ship_is_whole() -> None:
    """Money, dates, lines and JD's own view are those of the example."""
    record = translated(SHIRTS)

    assert (record.status_id, record.status_changed, record.change) == (3, True, "new")
    assert (record.fulfilled_by, record.payment_type) == ("merchant", "online")
    assert json.loads(record.model_dump_json())["total"] == "337.00"
    assert record.total == 337
    assert record.total_paid == 317
    assert record.total_discount == 20
    assert record.sums_agree
    assert record.date_paid == datetime(2026, 11, 23, 1, 58, 41, tzinfo=UTC)
    assert record.despatch_by
    assert not record.despatch_by.assumed
    assert record.customer.id == "ZwX3o2YB0mZ9"
    assert record.invoice is None
    assert record.customs is None
    assert record.parts[0].units == 2 + 3 + 1
    assert record.jd.state_en == "Waiting for dispatch"
    assert record.jd.content_hash == content_hash(SHIRTS)


def test_lines_are_mapped_and_multiplied() -> None:
    """A three-pack counts its units; what is not mapped is told, never guessed."""
    shirt, mug, gift = translated(SHIRTS).inventory

    assert (shirt.sku, shirt.quantity) == ("TEE-RED-M", 2)
    assert shirt.unit_price == 149
    assert shirt.discount == 10
    assert (mug.sku, mug.quantity, mug.is_gift) == ("MUG-BLUE", 3, False)
    assert (gift.sku, gift.sales_channel_item_id, gift.is_gift) == (None, "100043218866", True)
    assert translated(SHIRTS).channel_data["unmapped_codes"] == "GIFT-STICKER"


def test_line_ids_are_unique_and_stay() -> None:
    """A SKU on two lines has two ids, and its discount once."""
    twice = but(SHIRTS, lines=(SHIRTS.lines[0], SHIRTS.lines[0]))
    first, second = translated(twice).inventory

    assert first.line_id == translated(SHIRTS).inventory[0].line_id
    assert first.line_id != second.line_id
    assert first.discount == 10
    assert second.discount == 0


def test_without_a_booked_time_dispatch_is_reckoned() -> None:
    """From payment, or from the order where it is paid at the door; else nobody knows."""
    paid = translated(but(SHIRTS, ship_booked_at=None)).despatch_by
    at_door = translated(but(SHIRTS, ship_booked_at=None, paid_at=None)).despatch_by
    never = translated(but(SHIRTS, ship_booked_at=None, paid_at=None, created_at=None)).despatch_by

    assert paid
    assert (paid.instant, paid.assumed) == (datetime(2026, 11, 25, 1, 58, 41, tzinfo=UTC), True)
    assert at_door
    assert at_door.instant == datetime(2026, 11, 25, 1, 58, 3, tzinfo=UTC)
    assert never is None


def test_an_order_from_abroad_brings_its_customs() -> None:
    """Model, office and declaration as JD has them."""
    record = translated(ORDERS["success-jd-worldwide 312846177003"])

    assert record.customs
    assert (record.customs.model, record.customs.port) == ("直邮", "广州海关")
    assert record.tax_paid == record.total_paid - record.total + record.total_discount


def test_what_jd_ships_is_held() -> None:
    """Nobody in Helm may ship it a second time."""
    record = translated(ORDERS["success-shipped-by-jd 312846150088"])

    assert (record.fulfilled_by, record.status_id) == ("jd", 2)


@pytest.mark.parametrize(
    ("fields", "number"),
    [
        ({"invoiceType": "2", "invoiceTitle": "某公司", "invoiceCode": "91310000MA1K35X12Y"}, True),
        (
            {"invoiceType": "2", "invoiceTitle": "王小明", "invoiceCode": "11010519491231002X"},
            False,
        ),
    ],
    ids=["company", "citizen"],
)
def test_a_citizens_number_never_passes(fields: dict[str, str], *, number: bool) -> None:
    """A company's tax number belongs on its invoice, a person's identity nowhere."""
    order = JdOrder.model_validate(
        {"orderId": "1", "modified": "2026-11-23 12:00:00", "invoiceEasyInfo": fields}
    )
    record = translated(order)

    assert record.invoice
    assert bool(record.invoice.tax_number) is number


def test_channel_data_is_an_allow_list() -> None:
    """Nothing of the buyer is in it."""
    data = translated(SHIRTS).channel_data

    assert set(data) <= {*CHANNEL_DATA, "unmapped_codes"}
    assert not {"pin", "consignee", "buyer_remark"} & set(CHANNEL_DATA)
    assert "jd_4f1c7****" not in json.dumps(data)


@pytest.mark.parametrize(
    ("pay_type", "words"),
    [
        ("1-货到付款", "cash_on_delivery"),
        ("4", "online"),
        ("9-刷脸", "刷脸"),
        ("9", "9"),
        (None, "unknown"),
    ],
    ids=repr,
)
def test_a_way_of_paying_has_a_name(pay_type: str | None, words: str) -> None:
    """One that is not known is told in JD's words."""
    order = JdOrder.model_validate(
        {"orderId": "1", "modified": "2026-11-23 12:00:00", "payType": pay_type}
    )

    assert translated(order).payment_type == words


@pytest.mark.parametrize(
    ("was", "status", "now", "word"),
    [
        ("WAIT_SELLER_STOCK_OUT", 3, {}, "updated"),
        ("WAIT_SELLER_STOCK_OUT", 3, {"state": "TRADE_CANCELED"}, "cancelled"),
        ("WAIT_SELLER_STOCK_OUT", 3, {"state": "WAIT_GOODS_RECEIVE_CONFIRM"}, "shipped"),
        ("WAIT_GOODS_RECEIVE_CONFIRM", 5, {"state": "FINISHED_L"}, "finished"),
        ("WAIT_SELLER_STOCK_OUT", 3, {"state": "LOCKED"}, "locked"),
        ("WAIT_SELLER_STOCK_OUT", 3, {"state": "POP_ORDER_PAUSE"}, "paused"),
        ("LOCKED", 2, {}, "released"),
    ],
    ids=repr,
)
def test_a_change_has_a_word(was: str, status: int, now: dict[str, Any], word: str) -> None:
    """The word says what is new against the last revision, and the status whether to apply it."""
    previous = OrderIndexEntry(
        channel_id="jd-1",
        order_id=SHIRTS.order_id,
        modified=SHIRTS.modified,
        content_hash="1-x",
        state=was,
        revision=4,
        in_scope=True,
        status_id=status,
        is_open=True,
    )
    record = translated(but(SHIRTS, **now), previous=previous)

    assert record.change == word
    assert record.revision == 5
    assert record.status_changed is (record.status_id != status)


def test_a_split_is_told_as_such() -> None:
    """Its children carry the lines on."""
    facts = order_facts(SHIRTS, replaced_by=["2"])
    previous = OrderIndexEntry(
        channel_id="jd-1",
        order_id="1",
        modified=SHIRTS.modified,
        content_hash="1-x",
        state="WAIT_SELLER_STOCK_OUT",
        revision=1,
        in_scope=True,
        status_id=3,
        is_open=True,
    )

    assert order_change(previous, facts, state="WAIT_SELLER_STOCK_OUT", status_id=6) == "split"
