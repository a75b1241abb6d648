"""Reservations: units of paid JD orders that Helm's levels do not reflect yet.

Helm's `available` has all orders deducted that Helm has taken in. Between a sale at JD and the
level that reflects it the order's units are *uncounted*: they come off what is offered, on every
channel and listing that draws on the same SKU. Counting by time alone would sell them again
whenever Helm is slow, so an order that stays unconfirmed stays deducted.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from adapter.rules.bookings import open_units
from adapter.rules.orders.facts import CANCELLED
from adapter.rules.stock import Level
from adapter.wire.helm import OrderReceipt, SalesChannel
from adapter.wire.kept import KeptReceipt, OrderIndexEntry, Reservation

SoldAs = Callable[[str], tuple[str, int] | None]
"""Gives the Helm SKU and its units that one sold listing takes; None when it has none."""


def reservation_of(
    entry: OrderIndexEntry, *, settings: SalesChannel, sold_as: SoldAs, has_receipts: bool
) -> Reservation | None:
    """Make the reservation of an order that is open; None for one that needs none.

    What JD ships itself comes from JD's own shelves. Of an order that Helm is not told of for its
    age, only what has not left is reserved, and nothing where Helm's levels have it deducted.

    Args:
        entry: The order as it was just seen.
        settings: Its channel's.
        sold_as: The mapping with which it was published.
        has_receipts: Helm is known to send receipts for orders of this channel.
    """
    is_told = entry.first_published is not None
    if not entry.is_open or entry.children or entry.fulfilled_by == "jd":
        return None
    if not is_told and settings.earlier_orders_deducted:
        return None
    reservation = Reservation(
        channel_id=entry.channel_id,
        order_id=entry.order_id,
        stock_pool=settings.stock_pool,
        unmapped=entry.ordered if is_told else open_units(entry),
        published_at=entry.first_published,
        order_grace_s=settings.order_grace_s,
        has_receipts=has_receipts,
        receipt=entry.receipt,
    )
    return with_mapping(reservation, sold_as)


def with_mapping(reservation: Reservation, sold_as: SoldAs) -> Reservation:
    """Reserve the units of lines that had no Helm SKU so far; what is mapped stays as it is."""
    units, unmapped = dict(reservation.units), dict[str, int]()
    for sku_id, listings in reservation.unmapped.items():
        found = sold_as(sku_id)
        if found is None:
            unmapped[sku_id] = listings
        else:
            units[found[0]] = units.get(found[0], 0) + listings * found[1]
    return reservation.model_copy(update={"units": units, "unmapped": unmapped})


def with_order(reservation: Reservation, entry: OrderIndexEntry) -> Reservation | None:
    """Take in an order's newest state; None when its units are free again.

    A shipment frees nothing: the units have left, and Helm's level may not reflect it yet.
    """
    if entry.status_id == CANCELLED or entry.children:
        return None
    published_at = reservation.published_at or entry.first_published
    shipped_at = reservation.shipped_at
    if shipped_at is None and _is_unknown_to_helm(reservation) and _has_left(entry):
        shipped_at = entry.modified
    return reservation.model_copy(update={"published_at": published_at, "shipped_at": shipped_at})


def with_receipt(known: KeptReceipt | None, receipt: OrderReceipt) -> KeptReceipt:
    """Take Helm's receipts of one order together.

    An older revision's changes nothing. A later one that names no versions (`picking`, say) says
    nothing against those that were named, nor against the instant: Helm took the order in once.
    A rejection ends what was said before it.

    Args:
        known: What Helm answered so far.
        receipt: The one that follows.
    """
    if known is not None and receipt.revision < known.revision:
        return known
    taken_in_at, versions = receipt.taken_in_at, dict(receipt.stock_versions)
    if known is not None and "rejected" not in (known.outcome, receipt.outcome):
        taken_in_at = min(taken_in_at, known.taken_in_at)
        versions = known.stock_versions | versions
    return KeptReceipt(
        revision=receipt.revision,
        outcome=receipt.outcome,
        taken_in_at=taken_in_at,
        stock_versions=versions,
    )


def is_counted(reservation: Reservation, sku: str, level: Level | None) -> bool:
    """Tell whether a SKU's level reflects an order.

    Where Helm took the order in, versions decide, else instants, both Helm's own. What Helm does
    not have (it was not told, or rejected the order) its level reflects only after the goods left.
    A channel without any receipt is assumed to be deducted within its grace.

    Args:
        reservation: The order's.
        sku: Helm's SKU code.
        level: The newest one known; None when there is none.
    """
    if level is None:
        return False
    receipt = reservation.receipt
    if receipt is not None and receipt.outcome != "rejected":
        version = receipt.stock_versions.get(sku)
        if version is not None and level.version is not None:
            return level.version >= version
        return level.occurred_at is not None and level.occurred_at >= receipt.taken_in_at
    if _is_unknown_to_helm(reservation):
        return _is_after(level, reservation.shipped_at)
    if reservation.has_receipts or reservation.published_at is None:
        return False
    grace = timedelta(seconds=reservation.order_grace_s)
    return _is_after(level, reservation.published_at + grace)


def is_settled(reservation: Reservation, levels: Mapping[str, Level]) -> bool:
    """Tell whether an order is counted for all its SKUs.

    Args:
        reservation: The order's.
        levels: The newest levels of its pool.
    """
    return all(is_counted(reservation, sku, levels.get(sku)) for sku in reservation.units)


def _is_unknown_to_helm(reservation: Reservation) -> bool:
    receipt = reservation.receipt
    if receipt is None:
        return reservation.published_at is None
    return receipt.outcome == "rejected"


def _has_left(entry: OrderIndexEntry) -> bool:
    return all(entry.shipped.get(sku_id, 0) >= units for sku_id, units in entry.ordered.items())


def _is_after(level: Level, instant: datetime | None) -> bool:
    return level.occurred_at is not None and instant is not None and level.occurred_at > instant
