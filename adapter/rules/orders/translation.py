"""From an order as JD tells it to the record that Helm reads.

Money, receiver and dates stay as JD gave them. What JD's order says beyond the record's fields
goes into `channel_data`, by an allow-list: nothing of the buyer, no flags of unknown content.

Source: contracts/helm/jd.orders.
"""

import re
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import NamedTuple

from adapter.rules.orders.amounts import amounts, line_discounts
from adapter.rules.orders.facts import (
    STATES_EN,
    fulfilled_by,
    helm_status,
    is_cross_border,
    order_facts,
)
from adapter.rules.orders.receivers import shipping_address
from adapter.rules.orders.revisions import content_hash
from adapter.wire.jd import JdOrder
from adapter.wire.kept import OrderIndexEntry
from adapter.wire.published import (
    Customer,
    Customs,
    DespatchBy,
    Invoice,
    Order,
    OrderFacts,
    OrderJd,
    OrderLine,
    OrderPart,
)

PAYMENT_TYPES = MappingProxyType(
    {
        "1": "cash_on_delivery",
        "2": "post",
        "3": "pick_up",
        "4": "online",
        "5": "company_transfer",
        "6": "bank",
    }
)
"""JD's ways of paying, by number."""

CHANNEL_DATA = (
    "vender_id",
    "delivery_type",
    "order_source",
    "store_order",
    "store_id",
    "shipment_kind",
    "parent_order_id",
    "direct_parent_order_id",
    "return_order",
    "waybill",
    "carrier_ids",
)
"""Fields of JD's order that Helm may see as they are."""

_NO_INVOICE_WORDS = "不需要"
_NO_INVOICE_KIND = "0"
_CITIZEN_NUMBER = re.compile(r"[1-8]\d{5}(19|20)\d\d(0[1-9]|1[0-2])([0-2]\d|3[01])\d{3}[\dXx]")


class Mapped(NamedTuple):
    """What a listing is in Helm."""

    sku: str
    """Helm's SKU code."""

    units_per_listing: int = 1
    """Units of the SKU that one sold listing takes."""


def translate(
    order: JdOrder,
    *,
    channel_id: str,
    revision: int,
    previous: OrderIndexEntry | None,
    mapping: Mapping[str, Mapped],
    despatch_hours: float,
    facts: OrderFacts | None = None,
) -> Order:
    """Write an order as Helm reads it, whole.

    Args:
        order: As JD tells it.
        channel_id: The sales channel.
        revision: Its revision, from `next_revision`.
        previous: What is kept of its last revision.
        mapping: What listings are in Helm, by sku_id; lines of others have no `sku`.
        despatch_hours: Hours from payment to dispatch, where JD gives no date.
        facts: What is true of it at JD, where more is known than the order itself says.
    """
    facts = facts or order_facts(order)
    shipped_by = fulfilled_by(order)
    status_id = helm_status(facts, shipped_by)
    money = amounts(order)
    lines = order_lines(order, mapping)
    state = order.state or ""
    return Order(
        channel_id=channel_id,
        channel_order_id=order.order_id,
        revision=revision,
        change=order_change(previous, facts, state=state, status_id=status_id),
        status_id=status_id,
        status_changed=previous is None
        or previous.revision == 0
        or previous.status_id != status_id,
        facts=facts,
        fulfilled_by=shipped_by,
        parts=[
            OrderPart(
                channel_order_id=order.order_id,
                modified=order.modified,
                units=sum(line.quantity for line in lines),
                total=money.total,
            )
        ],
        date_received=order.created_at or order.paid_at or order.modified,
        date_paid=order.paid_at,
        despatch_by=despatch_by(order, timedelta(hours=despatch_hours)),
        not_before=None,
        payment_type=payment_type(order),
        total=money.total,
        total_paid=money.total_paid,
        total_discount=money.total_discount,
        discounts=money.discounts,
        shipping_paid=money.shipping_paid,
        tax_paid=money.tax_paid,
        sums_agree=money.sums_agree,
        customer_comments=order.buyer_remark or "",
        seller_remark=order.seller_remark or "",
        customer=Customer(id=order.open_id_buyer or order.xid_buyer),
        shipping_address=shipping_address(order.consignee),
        invoice=invoice(order),
        customs=customs(order),
        inventory=lines,
        jd=OrderJd(
            state=state,
            state_zh=order.state_label or "",
            state_en=STATES_EN.get(state, ""),
            order_type=order.order_type.code if order.order_type else None,
            modified=order.modified,
            content_hash=content_hash(order),
        ),
        channel_data=channel_data(order, mapping),
    )


def order_lines(order: JdOrder, mapping: Mapping[str, Mapped]) -> list[OrderLine]:
    """Write an order's lines; a multi-pack counts its units, a line without price is a gift.

    A discount that JD gives for a SKU stands on the first line of that SKU. Line ids stay the same
    from one revision to the next, as long as a SKU's lines keep their sequence.

    Args:
        order: As JD tells it.
        mapping: What listings are in Helm, by sku_id.
    """
    discounts = line_discounts(order)
    seen: dict[str, int] = {}
    lines = []
    for line in order.lines:
        seen[line.sku_id] = nth = seen.get(line.sku_id, 0) + 1
        mapped = mapping.get(line.sku_id)
        lines.append(
            OrderLine(
                line_id=f"{order.order_id}-{line.sku_id}" + (f"-{nth}" if nth > 1 else ""),
                channel_order_id=order.order_id,
                sku=mapped.sku if mapped else None,
                sales_channel_item_id=line.sku_id,
                name=line.name or "",
                quantity=max(line.quantity, 0) * (mapped.units_per_listing if mapped else 1),
                unit_price=line.price or Decimal(0),
                discount=discounts.pop(line.sku_id, Decimal(0)),
                is_gift=not line.price,
            )
        )
    return lines


def order_change(
    previous: OrderIndexEntry | None, facts: OrderFacts, *, state: str, status_id: int
) -> str:
    """Say in a word what is new about an order.

    Args:
        previous: What is kept of its last revision.
        facts: What is true of it now.
        state: JD's state now.
        status_id: Helm's status now.
    """
    if previous is None or previous.revision == 0:
        return "new"
    if previous.state == state and previous.status_id == status_id:
        return "updated"
    if facts.replaced_by:
        return "split"
    for change in ("cancelled", "finished", "shipped", "locked", "paused", "partly_shipped"):
        if getattr(facts, change):
            return change
    return "released" if previous.state != state else "updated"


def despatch_by(order: JdOrder, despatch_time: timedelta) -> DespatchBy | None:
    """Say until when an order has to leave.

    Args:
        order: As JD tells it.
        despatch_time: The time from payment (order, for cash on delivery) to dispatch that is
            assumed where JD gives no date.
    """
    if order.ship_booked_at is not None:
        return DespatchBy(instant=order.ship_booked_at, assumed=False)
    begin = order.paid_at or order.created_at
    return DespatchBy(instant=begin + despatch_time, assumed=True) if begin else None


def payment_type(order: JdOrder) -> str:
    """Name the way of paying; one that is not known is told in JD's words.

    Args:
        order: As JD tells it.
    """
    if order.pay_type is None:
        return "unknown"
    return PAYMENT_TYPES.get(order.pay_type.code) or order.pay_type.label or order.pay_type.code


def invoice(order: JdOrder) -> Invoice | None:
    """Write the invoice that the buyer asks for; a citizen's number is left out.

    Args:
        order: As JD tells it.
    """
    wanted = order.invoice
    if wanted is None or _NO_INVOICE_WORDS in (order.invoice_text or ""):
        return None
    if wanted.kind in (None, _NO_INVOICE_KIND) and wanted.title is None:
        return None
    number = (wanted.tax_number or "").strip()
    return Invoice(
        kind=wanted.kind,
        title=wanted.title,
        tax_number=None if not number or _CITIZEN_NUMBER.fullmatch(number) else number,
        content=wanted.content,
    )


def customs(order: JdOrder) -> Customs | None:
    """Write what customs need of an order from abroad.

    Args:
        order: As JD tells it.
    """
    if not is_cross_border(order):
        return None
    return Customs(
        model=order.customs_model,
        port=order.customs,
        declaration_status=order.declaration_status,
        declaration_description=order.declaration_text,
    )


def channel_data(order: JdOrder, mapping: Mapping[str, Mapped]) -> dict[str, str]:
    """Collect what else Helm may see of JD's order.

    Args:
        order: As JD tells it.
        mapping: What listings are in Helm, by sku_id.

    Returns:
        The fields of `CHANNEL_DATA` that JD filled, and under `unmapped_codes` the seller's codes
        of the lines that are not mapped.
    """
    data = {name: str(getattr(order, name)) for name in CHANNEL_DATA if getattr(order, name)}
    codes = [line.outer_sku_id for line in order.lines if line.sku_id not in mapping]
    unmapped = ", ".join(code for code in codes if code)
    return data | {"unmapped_codes": unmapped} if unmapped else data
