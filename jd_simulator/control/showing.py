"""How the control room shows what it holds: plain facts, not JD's veiled view."""

from datetime import UTC, datetime

from jd_simulator.checks import CHECKS
from jd_simulator.clock import Clock
from jd_simulator.journal import Entry
from jd_simulator.sandbox import Sandbox
from jd_simulator.seed.people import Receiver
from jd_simulator.shop.model import Order, Sku

_CHECK_NAMES = [*(name for name, _ in CHECKS), "parameters"]


def show_sandbox(sandbox: Sandbox, endpoint: str) -> dict[str, object]:
    """Show a sandbox's credentials."""
    return {
        "sandbox_id": sandbox.identity.sandbox_id,
        "app_key": sandbox.identity.app_key,
        "app_secret": sandbox.identity.app_secret,
        "app_id": sandbox.identity.app_id,
        "access_token": sandbox.grant.access_token,
        "refresh_token": sandbox.grant.refresh_token,
        "endpoint": endpoint,
        "expires_at": show_instant(sandbox.grant.expires_at),
        "removed_scopes": sorted(sandbox.grant.removed_scopes),
    }


def show_order(order: Order) -> dict[str, object]:
    """Show an order."""
    return {
        "order_id": str(order.order_id),
        "state": str(order.state),
        "created": show_instant(order.created),
        "modified": show_instant(order.modified),
        "paid": show_instant(order.paid),
        "shipped": show_instant(order.shipped),
        "returned_modified": show_instant(order.returned_modified),
        "buyer": order.buyer,
        "receiver": _receiver(order.receiver),
        "order_type": order.purchase.order_type,
        "cross_border": order.purchase.is_cross_border,
        "cod": order.purchase.is_cash_on_delivery,
        "remark": order.purchase.remark,
        "lines": [
            {
                "sku_id": str(line.sku.sku_id),
                "outer_id": line.outer_id,
                "title": line.title,
                "quantity": line.quantity,
                "price": str(line.price),
                "gift": line.is_gift,
            }
            for line in order.lines
        ],
        "carriers": order.carriers,
        "waybills": order.waybills,
        "changes": [
            {
                "state": str(change.state),
                "modified": show_instant(change.modified),
                "cause": change.cause,
            }
            for change in order.changes
        ],
    }


def show_sku(sku: Sku) -> dict[str, object]:
    """Show a SKU."""
    return {
        "sku_id": str(sku.sku_id),
        "ware_id": str(sku.ware_id),
        "outer_id": sku.outer_id,
        "title": sku.title,
        "price": str(sku.price),
        "status": sku.status.name.lower(),
        "bar_code": sku.bar_code,
        "stock_num": sku.stock_num,
        "booked": sku.booked,
        "sellable": sku.sellable,
        "created": show_instant(sku.created),
        "modified": show_instant(sku.modified),
    }


def show_sku_with_history(sku: Sku) -> dict[str, object]:
    """Show a SKU and the last writes of its stock, oldest first."""
    history = [
        {
            "at": show_instant(write.at),
            "cause": write.cause,
            "stock_num": write.stock_num,
            "stock_ref": write.stock_ref,
            "call": write.call,
        }
        for write in sku.history
    ]
    return {**show_sku(sku), "stock_writes": history}


def show_entry(entry: Entry) -> dict[str, object]:
    """Show a call."""
    reached = len(_CHECK_NAMES)
    if entry.failed_check is not None:
        reached = _CHECK_NAMES.index(entry.failed_check)
    return {
        "number": entry.number,
        "at": show_instant(entry.at),
        "verb": entry.verb,
        "method": entry.method,
        "parameters": entry.shown_parameters(),
        "arguments": entry.arguments,
        "checks_passed": _CHECK_NAMES[:reached],
        "check_failed": entry.failed_check,
        "status": entry.status,
        "code": entry.code,
        "answer": entry.answer_text,
        "fault": entry.fault,
        "applied_at": show_instant(entry.applied_at),
        "notes": entry.notes,
        "traceback": entry.traceback,
    }


def show_clock(clock: Clock) -> dict[str, object]:
    """Show a clock."""
    return {"now": show_instant(clock.now()), "speed": clock.speed, "frozen": clock.speed == 0}


def show_instant(seconds: float | None) -> str | None:
    """Write an instant as RFC 3339 in UTC."""
    if seconds is None:
        return None
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def _receiver(receiver: Receiver) -> dict[str, object]:
    return {
        "name": receiver.name,
        "phone": receiver.phone,
        "address": receiver.address,
        "province": receiver.province,
        "city": receiver.city,
        "county": receiver.county,
        "town": receiver.town,
    }
