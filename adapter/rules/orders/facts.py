"""What is true of an order at JD, and what Helm makes of it.

Source: contracts/jd/order-states.json and contracts/jd/pop.order.search.
"""

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Literal

from adapter.wire.jd import JdOrder
from adapter.wire.published import OrderFacts

FulfilledBy = Literal["merchant", "jd", "unknown"]

ON_HOLD = 2
DESPATCH_READY = 3
DESPATCHED = 5
CANCELLED = 6
PARTIALLY_SHIPPED = 81

STATES_EN = MappingProxyType(
    {
        "NOT_PAY": "Waiting for payment",
        "WAIT_SELLER_STOCK_OUT": "Waiting for dispatch",
        "WAIT_SELLER_DELIVERY": "Waiting for domestic dispatch",
        "WAIT_GOODS_RECEIVE_CONFIRM": "Waiting for receipt",
        "FINISHED_L": "Finished",
        "TRADE_CANCELED": "Cancelled",
        "LOCKED": "Locked",
        "PAUSE": "Paused",
        "POP_ORDER_PAUSE": "Paused (marketplace)",
        "WAIT_SEND_CODE": "Waiting for a code",
        "DELIVERY_RETURN": "Returned in delivery",
        "UN_KNOWN": "Unknown",
    }
)
"""JD's states in English."""

_PAUSED = frozenset({"PAUSE", "POP_ORDER_PAUSE"})
_SHIPPED = frozenset({"WAIT_GOODS_RECEIVE_CONFIRM", "FINISHED_L", "DELIVERY_RETURN"})
_ACTED_UPON = frozenset(STATES_EN) - {"UN_KNOWN", "WAIT_SEND_CODE"}
_PAID = _ACTED_UPON - {"NOT_PAY", "TRADE_CANCELED"}
_CASH_ON_DELIVERY = "1"
_SHIPPED_BY_MERCHANT = "22"
_SHIPPED_BY_JD = frozenset({"21", "23", "25", "112"})
_JD_WAREHOUSES = ("京仓", "云仓")
_CLEARED_WORDS = ("成功", "放行", "通过")
_CLEARED_STATUS = "3"


def order_facts(
    order: JdOrder, *, refund_requested: bool = False, replaced_by: Sequence[str] = ()
) -> OrderFacts:
    """Say what is true of an order at JD.

    A state on which Helm cannot act (a code to be sent instead of goods, or JD's own
    "unknown") counts as not known, like any that JD may invent.

    Args:
        order: As JD tells it.
        refund_requested: JD's list of refunds holds an open one for it.
        replaced_by: The orders that JD split it into.
    """
    state = order.state or ""
    shipped = state in _SHIPPED
    return OrderFacts(
        paid=order.paid_at is not None or state in _PAID or _is_ordered_for_cash(order),
        locked=state == "LOCKED",
        paused=state in _PAUSED,
        refund_requested=refund_requested,
        cancelled=state == "TRADE_CANCELED",
        partly_shipped=bool(order.partial_shipments) and not shipped,
        shipped=shipped,
        finished=state == "FINISHED_L",
        customs_uncleared=_is_customs_uncleared(order),
        state_unknown=state not in _ACTED_UPON,
        address_changed=order.original_consignee is not None,
        replaced_by=list(replaced_by),
    )


def helm_status(facts: OrderFacts, fulfilled_by: FulfilledBy = "merchant") -> int:
    """Give Helm's status.

    What ended comes first, then what forbids shipping, then what remains to ship. An order that
    was split is cancelled: its children hold its lines. What somebody else ships, or may ship, is
    held, so that nobody ships it twice.

    Args:
        facts: What is true of the order at JD.
        fulfilled_by: Who ships it.

    Returns:
        6, 5, 2, 81 or 3.
    """
    if facts.cancelled or facts.replaced_by:
        return CANCELLED
    if facts.shipped or facts.finished:
        return DESPATCHED
    is_held = (
        not facts.paid
        or facts.locked
        or facts.paused
        or facts.refund_requested
        or facts.customs_uncleared
        or facts.state_unknown
    )
    if is_held or fulfilled_by != "merchant":
        return ON_HOLD
    return PARTIALLY_SHIPPED if facts.partly_shipped else DESPATCH_READY


def is_open(facts: OrderFacts) -> bool:
    """Tell whether JD books units for an order.

    Of a state that is not known nobody can say; it counts as not booked, for a unit thought to be
    booked is offered once more.

    Args:
        facts: What is true of the order at JD.
    """
    ended = facts.cancelled or facts.shipped or facts.finished or bool(facts.replaced_by)
    return facts.paid and not ended and not facts.state_unknown


def fulfilled_by(order: JdOrder) -> FulfilledBy:
    """Say who ships an order; a kind that is not known is nobody's guess.

    Args:
        order: As JD tells it.
    """
    kind = order.order_type.code if order.order_type else ""
    warehouse = order.store_order or ""
    if kind in _SHIPPED_BY_JD or warehouse.startswith(_JD_WAREHOUSES):
        return "jd"
    return "merchant" if kind == _SHIPPED_BY_MERCHANT and not warehouse else "unknown"


def in_scope(order: JdOrder, start: datetime) -> bool:
    """Tell whether an order is to be imported.

    Args:
        order: As JD tells it.
        start: The earliest payment that counts, inclusive; where JD gives no payment time, the
            creation decides.
    """
    return (order.paid_at or order.created_at or order.modified) >= start


def is_cross_border(order: JdOrder) -> bool:
    """Tell whether an order comes from abroad and passes customs.

    Args:
        order: As JD tells it.
    """
    return order.customs is not None or order.customs_model is not None


def _is_ordered_for_cash(order: JdOrder) -> bool:
    is_cash = order.pay_type is not None and order.pay_type.code == _CASH_ON_DELIVERY
    return is_cash and order.state not in (None, "NOT_PAY")


def _is_customs_uncleared(order: JdOrder) -> bool:
    """Tell whether JD says that customs have not cleared an order.

    Assumed: words of success mean cleared, and where there are no words, status 3. Where JD says
    nothing at all the order is not held.
    """
    if not is_cross_border(order):
        return False
    if order.declaration_text is not None:
        return not any(word in order.declaration_text for word in _CLEARED_WORDS)
    return order.declaration_status not in (None, _CLEARED_STATUS)
