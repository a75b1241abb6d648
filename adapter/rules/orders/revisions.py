"""When an order is published again, and what is kept of it.

Promise: no (order, modified, content) is published twice, an older state never follows a newer
one, and at rest the newest state of every order is published. So a newer `modified` is published
even where the content is the same, and an equal `modified` only with content not yet published.
JD's `modified` has whole seconds and its replicas may answer in turns: within one second nobody
can tell which content is newer. There the one published last holds, and a change that JD takes
back within the same second is told with the order's next change.

What JD takes back later has a newer `modified` and is published like any other: a lock that was
lifted, even a shipment. Only shipped units never fall (`index_entry`).

Source: contracts/jd/pop.order.search.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from adapter.rules.orders.facts import FulfilledBy, is_open
from adapter.rules.orders.receivers import address_form
from adapter.wire.jd import JdCode, JdOrder
from adapter.wire.kept import OrderIndexEntry
from adapter.wire.published import OrderFacts

CONTENT_VERSION = 1
"""Version of the list of fields that the content hash covers."""

_ORDER_FIELDS = (
    "order_type",
    "pay_type",
    "state",
    "delivery_type",
    "total_price",
    "seller_price",
    "freight",
    "seller_discount",
    "should_pay",
    "actual_pay",
    "pay_discount",
    "balance_used",
    "tax_fee",
    "created_at",
    "paid_at",
    "ended_at",
    "ship_booked_at",
    "buyer_remark",
    "seller_remark",
    "invoice_text",
    "waybill",
    "carrier_ids",
    "return_order",
    "parent_order_id",
    "direct_parent_order_id",
    "customs",
    "customs_model",
    "declaration_status",
    "declaration_text",
    "store_order",
    "store_id",
    "shipment_kind",
)
_LINE_FIELDS = (
    "sku_id",
    "outer_sku_id",
    "name",
    "price",
    "quantity",
)
_COUPON_FIELDS = (
    "sku_id",
    "kind",
    "amount",
)
_PARCEL_FIELDS = (
    "shipment_id",
    "carrier_id",
    "waybill",
)
_UNIT_FIELDS = ("sku_id", "quantity")
_PLACE_FIELDS = (
    "province",
    "city",
    "county",
    "town",
    "province_id",
    "city_id",
    "county_id",
    "town_id",
)
_RECEIVER_FIELDS = ("name", "mobile", "telephone", "address")
_INVOICE_FIELDS = (
    "kind",
    "content",
)


class NextRevision(NamedTuple):
    """What to do with an order that was read."""

    action: Literal["nothing", "index", "publish"]
    """`index` keeps it without publishing: out of scope, or JD ships it."""

    revision: int
    """The order's revision afterwards; 0 while none was published."""


def next_revision(
    previous: OrderIndexEntry | None, order: JdOrder, *, content: str, is_imported: bool
) -> NextRevision:
    """Decide whether an order is new, changed, known, or older than what is known.

    Args:
        previous: What is kept of it.
        order: As JD tells it.
        content: Its content hash.
        is_imported: It is in scope and not JD's own to ship.
    """
    action: Literal["index", "publish"] = "publish" if is_imported else "index"
    if previous is None:
        return NextRevision(action, int(is_imported))
    if order.modified < previous.modified:
        return NextRevision("nothing", previous.revision)
    if order.modified == previous.modified:
        known = previous.published_contents if is_imported else [previous.content_hash]
        if content in known:
            return NextRevision("nothing", previous.revision)
    return NextRevision(action, previous.revision + int(is_imported))


def content_hash(order: JdOrder) -> str:
    """Digest an order's business fields.

    Ciphertexts may differ at each reading and are left out: of a receiver only the place counts,
    and name, phone and address where JD gives them in plain text.

    Args:
        order: As JD tells it.

    Returns:
        The version of the list of fields, a dash, and 32 hexadecimal digits.
    """
    to = order.consignee
    content = {
        "order": _values(order, _ORDER_FIELDS),
        "lines": [_values(line, _LINE_FIELDS) for line in order.lines],
        "coupons": sorted(_values(coupon, _COUPON_FIELDS) for coupon in order.coupons),
        "parcels": [
            [
                _values(parcel, _PARCEL_FIELDS),
                *(_values(line, _UNIT_FIELDS) for line in parcel.lines),
            ]
            for parcel in order.partial_shipments
        ],
        "place": _values(to, _PLACE_FIELDS) if to else [],
        "receiver": (_values(to, _RECEIVER_FIELDS) if to and address_form(to) == "plain" else []),
        "invoice": _values(order.invoice, _INVOICE_FIELDS) if order.invoice else [],
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return f"{CONTENT_VERSION}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def index_entry(
    order: JdOrder,
    *,
    channel_id: str,
    previous: OrderIndexEntry | None,
    revision: int,
    facts: OrderFacts,
    content: str,
    is_in_scope: bool,
    status_id: int,
    fulfilled_by: FulfilledBy,
    now: datetime,
) -> OrderIndexEntry:
    """Write what is kept of an order.

    Shipped units never fall: the adapter's own shipments are kept before JD's state shows them,
    and of a shipment that JD takes back too few units are offered rather than too many.

    Args:
        order: As JD tells it.
        channel_id: The sales channel.
        previous: What was kept of it.
        revision: Its revision, from `next_revision`.
        facts: What is true of it at JD.
        content: Its content hash.
        is_in_scope: It is imported, decided when it was first seen.
        status_id: Helm's status of this revision.
        fulfilled_by: Who ships it.
        now: When revision 1 is published, if it is this one.
    """
    first_published = previous.first_published if previous else None
    shipped = shipped_units(order, facts)
    contents: list[str] = []
    if previous is not None:
        for sku_id, units in previous.shipped.items():
            shipped[sku_id] = max(units, shipped.get(sku_id, 0))
        if previous.modified == order.modified:
            contents = list(previous.published_contents)
    if revision > (previous.revision if previous else 0):
        contents.append(content)
    return OrderIndexEntry(
        channel_id=channel_id,
        order_id=order.order_id,
        modified=order.modified,
        content_hash=content,
        published_contents=contents,
        state=order.state or "",
        revision=revision,
        first_published=first_published or (now if revision else None),
        in_scope=is_in_scope,
        status_id=status_id,
        is_open=is_open(facts),
        ordered=ordered_units(order),
        shipped=shipped,
        children=facts.replaced_by or (previous.children if previous else []),
        fulfilled_by=fulfilled_by,
        receipt=previous.receipt if previous else None,
    )


def ordered_units(order: JdOrder) -> dict[str, int]:
    """Count the listings of an order, by sku_id.

    Args:
        order: As JD tells it.
    """
    units: dict[str, int] = {}
    for line in order.lines:
        units[line.sku_id] = units.get(line.sku_id, 0) + max(line.quantity, 0)
    return units


def shipped_units(order: JdOrder, facts: OrderFacts) -> dict[str, int]:
    """Count the listings of an order that have left, by sku_id; never more than were ordered.

    Args:
        order: As JD tells it.
        facts: What is true of it at JD.
    """
    ordered = ordered_units(order)
    if facts.shipped:
        return ordered
    left: dict[str, int] = {}
    for parcel in order.partial_shipments:
        for line in parcel.lines:
            if line.sku_id in ordered:
                so_far = left.get(line.sku_id, 0) + max(line.quantity or 0, 0)
                left[line.sku_id] = min(so_far, ordered[line.sku_id])
    return left


def _values(source: object, names: Iterable[str]) -> list[str]:
    return [_plain(getattr(source, name)) for name in names]


def _plain(value: object) -> str:
    match value:
        case None:
            return ""
        case JdCode():
            return value.code
        case Decimal():
            return f"{value.normalize():f}"
        case datetime():
            return value.astimezone(UTC).isoformat()
        case _:
            return str(value)
