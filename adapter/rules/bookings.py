"""Units that JD books for paid orders that have not left, by listing."""

from collections.abc import Iterable

from adapter.wire.kept import OrderIndexEntry


def open_units(entry: OrderIndexEntry) -> dict[str, int]:
    """Reckon what JD books for an order, by JD's SKU number.

    A parent whose children are known counts nothing: they do.
    """
    if not entry.is_open or entry.children:
        return {}
    left = {
        sku_id: ordered - entry.shipped.get(sku_id, 0) for sku_id, ordered in entry.ordered.items()
    }
    return {sku_id: units for sku_id, units in left.items() if units > 0}


class Bookings:
    """Open units of one channel, kept up to date order by order."""

    def __init__(self) -> None:
        self._of_order: dict[str, dict[str, int]] = {}
        self._of_listing: dict[str, int] = {}

    def take(self, entry: OrderIndexEntry) -> Iterable[str]:
        """Take in an order's newest state; return the listings whose open units changed."""
        before = self._of_order.pop(entry.order_id, {})
        after = open_units(entry)
        if after:
            self._of_order[entry.order_id] = after
        changed = [
            sku_id
            for sku_id in before.keys() | after.keys()
            if before.get(sku_id) != after.get(sku_id)
        ]
        for sku_id in changed:
            total = self.of(sku_id) - before.get(sku_id, 0) + after.get(sku_id, 0)
            if total:
                self._of_listing[sku_id] = total
            else:
                self._of_listing.pop(sku_id, None)
        return changed

    def of(self, sku_id: str) -> int:
        """Return a listing's open units."""
        return self._of_listing.get(sku_id, 0)
