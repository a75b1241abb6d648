"""What an observer at JD's side can truly know of a sandbox: the invariants.

Which of two writes was the older in Helm's sense JD cannot know: a checker joins the journal with
`jd.stock-updates` by stock_ref.
"""

from collections.abc import Iterable
from typing import TypedDict

from jd_simulator.clock import beijing_text
from jd_simulator.retries import RenamedRetry
from jd_simulator.sandbox import Sandbox
from jd_simulator.shop.model import Order, Sku, State
from jd_simulator.shop.shop import Repeat

SHIP_WITHIN_S = 48 * 3600
"""How long after its payment an order may wait to leave (assumed: JD's usual promise)."""
_SIGNATURE_CODES = ("11", "12")
_WAITING = (State.TO_SHIP, State.LEFT_ABROAD)


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


class OversoldSku(TypedDict):
    """A SKU of which more units are sold and not shipped than JD has."""

    sku_id: str
    outer_id: str
    units: int
    """Missing now."""
    order_ids: list[str]
    """The newest orders that hold it, as many as the missing units concern."""


class Renamed(TypedDict):
    """An unanswered full-stock call that came again under another stockRfId, nothing between."""

    first_call: int
    """Both are numbers in the journal."""
    second_call: int
    first_ref: str
    second_ref: str
    sku_ids: list[str]


class LateOrder(TypedDict):
    """An order that left too late, or waits too long."""

    order_id: str
    due: str
    """Beijing time, as is `shipped`."""
    shipped: str | None


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
    orders_shipped_late: list[LateOrder]
    shipments_doubled: list[RepeatedShipment]
    shipments_of_cancelled: list[RepeatedShipment]
    negative_sellable: list[NegativeSku]
    oversold: list[OversoldSku]
    retries_renamed: list[Renamed]
    calls: int
    calls_by_method: dict[str, int]
    refused_by_code: dict[str, int]
    refused_for_signature: int
    crashes: int
    """Methods of the simulator that failed: its own mistakes, answered as JD's code 1."""
    quota: Quota
    broken: list[str]
    """Names of the invariants above that are broken, whatever the integration still has to do.

    Orders that nobody has read or shipped yet are work, not a mistake: they are not among them.
    """


def invariants(sandbox: Sandbox) -> Invariants:
    """Tell what a checker compares with the other side's record.

    Orders that were never paid, that were split, or that search does not show yet are not due:
    nobody can have missed them.
    """
    book = sandbox.shop.orders
    due = [order for order in book.by_id.values() if book.is_found(order)]
    tallies, notes, shelves = sandbox.tallies, sandbox.shop.notes, sandbox.shop.shelves
    known: Invariants = {
        "orders_placed": len(book.by_id),
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
        "orders_shipped_late": _late(due, sandbox.clock.now()),
        "shipments_doubled": [_repeat(repeat) for repeat in notes.shipments_doubled],
        "shipments_of_cancelled": [_repeat(repeat) for repeat in notes.shipments_of_cancelled],
        "negative_sellable": [
            {"sku_id": str(sku.sku_id), "outer_id": sku.outer_id, "lowest": sku.lowest_sellable}
            for sku in shelves.by_id.values()
            if sku.lowest_sellable < 0
        ],
        "oversold": _oversold(shelves.by_id.values(), book.by_id.values()),
        "retries_renamed": [_renamed(retry) for retry in tallies.retries.renamed],
        "calls": sum(tallies.calls_by_method.values()),
        "calls_by_method": dict(tallies.calls_by_method),
        "refused_by_code": dict(tallies.refused_by_code),
        "refused_for_signature": sum(tallies.refused_by_code[code] for code in _SIGNATURE_CODES),
        "crashes": tallies.crashes,
        "quota": {"used": tallies.quota_used, "limit": sandbox.settings.daily_quota},
        "broken": [],
    }
    known["broken"] = [
        name
        for name, offenders in (
            ("shipments_doubled", known["shipments_doubled"]),
            ("shipments_of_cancelled", known["shipments_of_cancelled"]),
            ("oversold", known["oversold"]),
            ("retries_renamed", known["retries_renamed"]),
            ("crashes", known["crashes"]),
        )
        if offenders
    ]
    return known


def _late(orders: Iterable[Order], now: float) -> list[LateOrder]:
    late: list[LateOrder] = []
    for order in orders:
        if order.is_shipped_by_jd or order.purchase.is_voucher:
            continue  # not the seller's to ship
        # Cash on delivery is paid at the door, so the promise counts from the order.
        due = (order.paid or order.created) + SHIP_WITHIN_S
        unshipped = now if order.state in _WAITING else due
        left = unshipped if order.shipped is None else order.shipped
        if left > due:
            shipped = None if order.shipped is None else beijing_text(order.shipped)
            late.append(
                {"order_id": str(order.order_id), "due": beijing_text(due), "shipped": shipped}
            )
    return late


def _oversold(skus: Iterable[Sku], orders: Iterable[Order]) -> list[OversoldSku]:
    short = {sku.sku_id: sku for sku in skus if sku.sellable < 0}
    holders: dict[int, list[tuple[Order, int]]] = {sku_id: [] for sku_id in short}
    for order in orders if short else ():
        for line, quantity in order.unsent() if order.holds_stock and not order.children else ():
            if line.sku.sku_id in short:
                holders[line.sku.sku_id].append((order, quantity))
    return [
        {
            "sku_id": str(sku_id),
            "outer_id": sku.outer_id,
            "units": -sku.sellable,
            "order_ids": _newest(holders[sku_id], -sku.sellable),
        }
        for sku_id, sku in short.items()
    ]


def _newest(holders: list[tuple[Order, int]], units: int) -> list[str]:
    """Name the newest orders that hold so many units between them, oldest of them first."""
    named: list[str] = []
    for order, quantity in sorted(holders, key=lambda held: -held[0].order_id):
        if units <= 0:
            break
        named.insert(0, str(order.order_id))
        units -= quantity
    return named


def _repeat(repeat: Repeat) -> RepeatedShipment:
    return {
        "order_id": str(repeat.order_id),
        "waybills": repeat.waybills,
        "earlier_waybills": repeat.earlier,
        "at": beijing_text(int(repeat.at)),
    }


def _renamed(retry: RenamedRetry) -> Renamed:
    return {
        "first_call": retry.first_call,
        "second_call": retry.second_call,
        "first_ref": retry.first_ref,
        "second_ref": retry.second_ref,
        "sku_ids": [str(sku_id) for sku_id in retry.sku_ids],
    }
