"""What callers of the control room ask for, read into the shop's own terms."""

from decimal import Decimal
from typing import TypedDict

from jd_simulator.fields import BadInput, Fields
from jd_simulator.seed.people import Receiver
from jd_simulator.shop.model import Coupon, Purchase, SkuStatus, Wanted
from jd_simulator.shop.shelves import MOST_UNITS

ORDER_TYPES = ("22", "21", "23", "25", "112")
"""SOP, FBP, LBP, SOPL, FCS."""
STORE_ORDERS = ("", "京仓订单", "云仓订单")
"""The seller's own warehouse, or one of JD's."""
REFUND_DECISIONS = ("apply", "withdraw", "approve", "reject")
"""What can be done about a refund."""
MOST_STOCK_MODEL = 99
"""Largest stockModel that a SKU can be given; JD's own values are not known."""
STATUSES = {"on_sale": SkuStatus.ON_SALE, "off_sale": SkuStatus.OFF_SALE}
"""What a SKU's status can be set to; deleting is a verb of its own."""


def read_purchase(value: object) -> Purchase:
    """Read a buyer's order.

    Raises:
        BadInput: Names the field that is wrong.
    """
    fields = Fields(value)
    lines = tuple(_wanted(path, item) for path, item in fields.array("lines", longest=200))
    if not lines:
        raise BadInput(field="lines", detail="must name at least one SKU")
    purchase = Purchase(
        lines=lines,
        buyer=fields.text("buyer", longest=100) if fields.has("buyer") else None,
        receiver=read_receiver(fields.nested("receiver")) if fields.has("receiver") else None,
        is_paid=fields.boolean("paid", default=True),
        is_cash_on_delivery=fields.boolean("cod", default=False),
        is_cross_border=fields.boolean("cross_border", default=False),
        order_type=fields.choice("order_type", ORDER_TYPES, "22"),
        is_pick_up=fields.boolean("pick_up", default=False),
        is_voucher=fields.boolean("voucher", default=False),
        remark=fields.text("remark", "", longest=500),
        coupons=tuple(_coupon(path, item) for path, item in fields.array("coupons", longest=20)),
        freight=fields.money("freight", Decimal("0.00")),
        store_order=fields.choice("store_order", STORE_ORDERS, ""),
    )
    fields.done()
    return purchase


def read_receiver(fields: Fields) -> Receiver:
    """Read a receiver; in a municipality `city` is the district.

    Raises:
        BadInput: Names the field that is wrong.
    """
    receiver = Receiver(
        name=fields.text("name", longest=100),
        phone=fields.text("phone", longest=30),
        address=fields.text("address", longest=300),
        province=fields.text("province", longest=50),
        city=fields.text("city", longest=50),
        county=fields.text("county", "", longest=50),
        town=fields.text("town", "", longest=50),
    )
    fields.done()
    return receiver


class NewSku(TypedDict):
    """A SKU to be listed."""

    outer_id: str
    title: str
    price: Decimal
    stock_num: int
    bar_code: str | None


class SkuChange(TypedDict, total=False):
    """What is to change of a SKU."""

    title: str
    price: Decimal
    status: SkuStatus
    outer_id: str
    stock_num: int
    stock_model: int


def read_new_sku(value: object) -> NewSku:
    """Read a SKU to be listed.

    Raises:
        BadInput: Names the field that is wrong.
    """
    fields = Fields(value)
    sku: NewSku = {
        "outer_id": fields.text("outer_id", "", longest=100),
        "title": fields.text("title", longest=200),
        "price": fields.money("price", Decimal("99.00")),
        "stock_num": fields.integer("stock_num", 0, high=MOST_UNITS),
        "bar_code": fields.text("bar_code", longest=30) if fields.has("bar_code") else None,
    }
    fields.done()
    return sku


def read_sku_change(value: object) -> SkuChange:
    """Read what is to change of a SKU.

    Raises:
        BadInput: Names the field that is wrong.
    """
    fields = Fields(value)
    change: SkuChange = {}
    if fields.has("title"):
        change["title"] = fields.text("title", longest=200)
    if fields.has("price"):
        change["price"] = fields.money("price")
    if fields.has("status"):
        change["status"] = STATUSES[fields.choice("status", STATUSES)]
    if fields.has("outer_id"):
        change["outer_id"] = fields.text("outer_id", longest=100)
    if fields.has("stock_num"):
        change["stock_num"] = fields.integer("stock_num", high=MOST_UNITS)
    if fields.has("stock_model"):
        change["stock_model"] = fields.integer("stock_model", high=MOST_STOCK_MODEL)
    fields.done()
    if value == {}:
        raise BadInput(field="(body)", detail="names nothing to change")
    return change


def read_parts(fields: Fields) -> list[list[Wanted]]:
    """Read what each child of an order that is split is to hold.

    Raises:
        BadInput: Names the field that is wrong.
    """
    parts = []
    for path, part in fields.array("parts", longest=50):
        if not isinstance(part, list) or len(part) > 200:
            raise BadInput(path, "must be an array of at most 200 lines")
        wanted = [_wanted(f"{path}[{index}]", item) for index, item in enumerate(part)]
        parts.append(wanted)
    return parts


def _wanted(path: str, item: object) -> Wanted:
    fields = Fields(item, path)
    given = [name for name in ("sku_id", "outer_id") if fields.has(name)]
    if len(given) != 1:
        raise BadInput(path, "must name a SKU by either sku_id or outer_id")
    name = given[0]
    is_text = name == "outer_id" or isinstance(fields.raw(name), str | bool)
    wanted = Wanted(
        # A SKU id may come as a number, as JD itself writes it.
        key=fields.text(name, longest=100) if is_text else str(fields.integer(name)),
        quantity=fields.integer("quantity", 1, low=1, high=MOST_UNITS),
        is_gift=fields.boolean("gift", default=False),
        path=path,
    )
    fields.done()
    return wanted


def _coupon(path: str, item: object) -> Coupon:
    fields = Fields(item, path)
    coupon = Coupon(
        amount=fields.money("amount"),
        kind=fields.text("kind", "41-京东券优惠", longest=50),
        sku_id=fields.integer("sku_id", low=1) if fields.has("sku_id") else None,
    )
    fields.done()
    return coupon
