"""How the control room shows what it holds: plain facts, not JD's veiled view."""

from datetime import UTC, datetime

from jd_simulator.checks import verdicts
from jd_simulator.clock import Clock
from jd_simulator.journal import Entry
from jd_simulator.sandbox import Sandbox
from jd_simulator.seed.people import Receiver
from jd_simulator.shop.model import Order, Parcel, Refund, Sku


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
        "store_order": order.purchase.store_order,
        "shipped_by_jd": order.is_shipped_by_jd,
        "cross_border": order.purchase.is_cross_border,
        "voucher": order.purchase.is_voucher,
        "cod": order.purchase.is_cash_on_delivery,
        "remark": order.purchase.remark,
        "seller_remark": order.remark,
        "seller_flag": order.flag,
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
        "parcels": [_parcel(parcel) for parcel in order.parcels],
        "parent_id": None if order.direct_parent_id is None else str(order.direct_parent_id),
        "children": [str(child) for child in order.children],
        "changes": [
            {
                "state": str(change.state),
                "modified": show_instant(change.modified),
                "cause": change.cause,
            }
            for change in order.changes
        ],
    }


def show_refund(refund: Refund) -> dict[str, object]:
    """Show a refund that a buyer asked for."""
    return {
        "refund_id": str(refund.refund_id),
        "order_id": str(refund.order_id),
        "amount": str(refund.amount),
        "reason": refund.reason,
        "status": refund.status.name.lower(),
        "applied": show_instant(refund.applied),
        "checked": show_instant(refund.checked),
        "check_remark": refund.check_remark,
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
        "stock_model": sku.stock_model,
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
    checks = verdicts(entry)
    return {
        "number": entry.number,
        "at": show_instant(entry.at),
        "verb": entry.verb,
        "method": entry.method,
        "parameters": entry.shown_parameters(),
        "arguments": entry.arguments,
        "in_query": list(entry.parameters)[: entry.placement.in_query],
        "content_type": entry.placement.content_type,
        "body_bytes": entry.placement.body_bytes,
        "checks": [{"check": name, "verdict": verdict} for name, verdict in checks],
        "checks_passed": [name for name, verdict in checks if verdict == "passed"],
        "check_failed": entry.failed_check,
        "status": entry.status,
        "code": entry.code,
        "answer": entry.answer_text,
        "fault": entry.fault,
        "applied_at": show_instant(entry.applied_at),
        "took_ms": None if entry.took_ms is None else round(entry.took_ms, 2),
        "near_miss": None if entry.near_miss is None else entry.near_miss.describe(),
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


def _parcel(parcel: Parcel) -> dict[str, object]:
    return {
        "carrier": parcel.carrier,
        "waybills": list(parcel.waybills),
        "at": show_instant(parcel.at),
        "units": [
            {"sku_id": str(line.sku.sku_id), "quantity": quantity}
            for line, quantity in parcel.units
        ],
    }


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
