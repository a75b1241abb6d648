"""What an observer at JD's side can truly know of a sandbox: the invariants."""

from typing import TypedDict

from jd_simulator.clock import beijing_text
from jd_simulator.sandbox import Sandbox
from jd_simulator.shop.shop import Repeat

_SIGNATURE_CODES = ("11", "12")


class RepeatedShipment(TypedDict):
    """A shipment that came although the order had left or was cancelled."""

    order_id: str
    waybills: str
    earlier_waybills: str
    """Those the order has at JD; empty when it never left."""
    at: str
    """Beijing time."""


class NegativeSku(TypedDict):
    """A SKU whose stock was once set below its bookings."""

    sku_id: str
    outer_id: str
    lowest: int


class Quota(TypedDict):
    """Calls of the day."""

    used: int
    limit: int | None


class Invariants(TypedDict):
    """What an observer at JD's side knows."""

    orders_placed: int
    orders_searchable: int
    orders_returned: int
    orders_never_returned: list[str]
    orders_newest_state_never_returned: list[str]
    shipments_doubled: list[RepeatedShipment]
    shipments_of_cancelled: list[RepeatedShipment]
    negative_sellable: list[NegativeSku]
    calls: int
    calls_by_method: dict[str, int]
    refused_by_code: dict[str, int]
    refused_for_signature: int
    quota: Quota


def invariants(sandbox: Sandbox) -> Invariants:
    """Tell what a checker compares with the other side's record.

    Orders that were never paid are not in JD's search, so nobody can have missed them.
    """
    orders = sandbox.shop.orders.by_id.values()
    due = [order for order in orders if order.is_searchable]
    tallies, notes = sandbox.tallies, sandbox.shop.notes
    return {
        "orders_placed": len(orders),
        "orders_searchable": len(due),
        "orders_returned": sum(order.returned_modified is not None for order in due),
        "orders_never_returned": [
            str(order.order_id) for order in due if order.returned_modified is None
        ],
        "orders_newest_state_never_returned": [
            str(order.order_id)
            for order in due
            if order.returned_modified is not None and order.returned_modified < order.modified
        ],
        "shipments_doubled": [_repeat(repeat) for repeat in notes.shipments_doubled],
        "shipments_of_cancelled": [_repeat(repeat) for repeat in notes.shipments_of_cancelled],
        "negative_sellable": [
            {"sku_id": str(sku.sku_id), "outer_id": sku.outer_id, "lowest": sku.lowest_sellable}
            for sku in sandbox.shop.shelves.by_id.values()
            if sku.lowest_sellable < 0
        ],
        "calls": sum(tallies.calls_by_method.values()),
        "calls_by_method": dict(tallies.calls_by_method),
        "refused_by_code": dict(tallies.refused_by_code),
        "refused_for_signature": sum(tallies.refused_by_code[code] for code in _SIGNATURE_CODES),
        "quota": {"used": tallies.quota_used, "limit": sandbox.settings.daily_quota},
    }


def _repeat(repeat: Repeat) -> RepeatedShipment:
    return {
        "order_id": str(repeat.order_id),
        "waybills": repeat.waybills,
        "earlier_waybills": repeat.earlier,
        "at": beijing_text(int(repeat.at)),
    }
