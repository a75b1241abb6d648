"""Where JD changed its own stock number: a shipment, or an order, that the adapter did not make.

Such a change is kept like a write of ours, so that a restart does not take the number that was
written before it for the one that JD holds.
"""

from datetime import datetime, timedelta

from adapter.rules.stock import StockModel
from adapter.wire.kept import OrderIndexEntry
from adapter.wire.published import StockUpdate

CLOCKS_DIFFER = timedelta(minutes=10)
"""JD refuses calls of a clock that is further off than 6 minutes, 10 by a newer page.

Source: contracts/jd/definitions.
"""


def taken_by_jd(
    before: OrderIndexEntry | None, after: OrderIndexEntry, *, stock_model: StockModel
) -> dict[str, int]:
    """Reckon how many units JD took off its numbers for an order, by listing.

    Where its number is spot stock, JD takes off what ships; else what is ordered, and gives back
    what is cancelled (negative). Of an order that is first seen when it had ended long ago nothing
    is known, and nothing changes.

    Args:
        before: What was kept of the order.
        after: What is kept now.
        stock_model: How JD counts.
    """
    if stock_model == "spot":
        if before is None and not after.is_open:
            return {}
        known = before.shipped if before else {}
        taken = {sku_id: n - known.get(sku_id, 0) for sku_id, n in after.shipped.items()}
    elif before is None or not before.is_open:
        taken = dict(after.ordered) if after.is_open else {}
    elif after.is_open or after.children or after.shipped == after.ordered:
        taken = {}
    else:
        taken = {sku_id: after.shipped.get(sku_id, 0) - n for sku_id, n in after.ordered.items()}
    return {sku_id: units for sku_id, units in taken.items() if units}


def adjustment(
    last: StockUpdate, *, units: int, not_before: datetime | None, cause: str, now: datetime
) -> StockUpdate:
    """Say what JD holds after it took units off itself.

    Args:
        last: What was last offered.
        units: What JD took off.
        not_before: JD's instant before which it surely did not; None when there is none.
        cause: Names the change, in place of a call's number.
        now: The clock.

    Returns:
        `adjusted` where the change is surely later than the last write, and that was certain; else
        `unknown`: nobody can tell which of the two came last.
    """
    is_certain = last.status in ("accepted", "adjusted")
    is_later = not_before is not None and last.at + CLOCKS_DIFFER < not_before
    changes: dict[str, object] = {"status": "unknown"}
    if is_certain and is_later:
        changes = {"status": "adjusted", "quantity": max(last.quantity - units, 0)}
    return last.model_copy(update=changes | {"stock_ref": cause, "jd": None, "at": now})
