"""What JD should hold: each listing's quantity by its level, its rule and its bookings."""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from adapter.rules.ledger.writes import StockWrite
from adapter.rules.stock import WHOLE, Level, Share, StockModel, StockRule, quantities


class Sale(NamedTuple):
    """What a listing sells, and how."""

    sku: str
    """Helm's code."""
    units_per_listing: int = 1
    """Units of the SKU that one sold listing takes."""
    rule: StockRule | None = None
    """Stands in place of the channel's."""
    is_held: bool = False
    """It offers nothing, on purpose."""
    is_on_sale: bool = True
    """JD's buyers see it; only such listings share a SKU's units."""


class Desires:
    """The mapped listings of a channel and what is to be reckoned with.

    Args:
        rule: The channel's buffer and cap.
        stock_model: How JD counts; see `rules.stock.quantities`.
        levels: The pool's newest levels by SKU.
        uncounted: Units of a SKU that its level does not reflect yet.
        is_split: Listings of one SKU share its units; else each offers them all.
        zeroed: SKUs that count as gone, because their level cannot be read.
    """

    def __init__(
        self,
        *,
        rule: StockRule,
        stock_model: StockModel,
        levels: Mapping[str, Level],
        uncounted: Callable[[str], int],
        is_split: bool,
        zeroed: Container[str],
    ) -> None:
        self._rule = rule
        self._stock_model = stock_model
        self._levels = levels
        self._uncounted = uncounted
        self._is_split = is_split
        self._zeroed = zeroed
        self._sales: dict[str, Sale] = {}
        # A tuple, for nearly always it holds one listing, and there may be a million.
        self._listings_of: dict[str, tuple[str, ...]] = {}
        # True of JD's SKU, whether it is mapped at the moment or not.
        self._open_units: dict[str, int] = {}
        self._not_shared: set[str] = set()

    def __len__(self) -> int:
        """Count the mapped listings."""
        return len(self._sales)

    def __iter__(self) -> Iterator[str]:
        """Go through them."""
        return iter(self._sales)

    def put(self, sku_id: str, sale: Sale) -> Iterable[str]:
        """Take in what a listing sells; return whose quantity that may change."""
        changed = set(self.remove(sku_id))
        self._sales[sku_id] = sale
        self._listings_of[sale.sku] = (*self._listings_of.get(sale.sku, ()), sku_id)
        return changed | {sku_id} | set(self.siblings(sale.sku))

    def remove(self, sku_id: str) -> Iterable[str]:
        """Take in that a listing is not mapped; return whose quantity that may change."""
        sale = self._sales.pop(sku_id, None)
        if sale is None:
            return ()
        listings = self._listings_of.pop(sale.sku)
        if left := tuple(listing for listing in listings if listing != sku_id):
            self._listings_of[sale.sku] = left
        return self.siblings(sale.sku)

    def share(self, sku_id: str, *, is_shared: bool) -> Iterable[str]:
        """Take in whether a listing's stock is ours to share; return whose quantity may change."""
        if is_shared:
            self._not_shared.discard(sku_id)
        else:
            self._not_shared.add(sku_id)
        sale = self._sales.get(sku_id)
        return {sku_id} | set(self.siblings(sale.sku)) if sale else ()

    def set_open_units(self, sku_id: str, open_units: int) -> None:
        """Take in how many listings JD books for paid, unshipped orders."""
        if open_units:
            self._open_units[sku_id] = open_units
        else:
            self._open_units.pop(sku_id, None)

    def sale(self, sku_id: str) -> Sale | None:
        """Return what a listing sells."""
        return self._sales.get(sku_id)

    def listings_of(self, sku: str) -> Iterable[str]:
        """Return the listings of a SKU."""
        return self._listings_of.get(sku, ())

    def is_gone(self, sku: str) -> bool:
        """Tell whether a SKU's level was taken away: whatever level comes next begins anew."""
        return self._levels.get(sku) == Level(None)

    def siblings(self, sku: str) -> Iterable[str]:
        """Return the listings whose quantities depend on one another."""
        return self.listings_of(sku) if self._is_split else ()

    def booked(self, sku_id: str) -> int:
        """Return the units that JD takes off its number itself before it sells."""
        return self._open_units.get(sku_id, 0) if self._stock_model == "spot" else 0

    def without_level(self) -> int:
        """Count the listings whose SKU never had a level."""
        return sum(sale.sku not in self._levels for sale in self._sales.values())

    def of(self, sku_id: str) -> StockWrite | None:
        """Reckon what JD should hold; None when no level ever came and it is not held."""
        sale = self._sales.get(sku_id)
        if sale is None:
            return None
        level = self._levels.get(sale.sku, Level(None) if sale.is_held else None)
        if level is None:
            return None
        uncounted, share = self._uncounted(sale.sku), self._share_of(sku_id, sale)
        open_units, rule = self._open_units.get(sku_id, 0), sale.rule or self._rule
        offers_none = sale.is_held or share is None or sale.sku in self._zeroed
        reckoned = quantities(
            0 if offers_none else level.available,
            rule,
            uncounted=uncounted,
            open_units=open_units,
            units_per_listing=sale.units_per_listing,
            stock_model=self._stock_model,
            share=share or WHOLE,
        )
        return StockWrite(
            sku_id=sku_id,
            sku=sale.sku,
            quantity=reckoned.written,
            sellable=reckoned.sellable,
            level=level,
            rule=rule,
            units_per_listing=sale.units_per_listing,
            open_units=open_units,
            uncounted=uncounted,
            share=share or WHOLE,
        )

    def _share_of(self, sku_id: str, sale: Sale) -> Share | None:
        """Tell which part of its SKU's units a listing may offer; None for none."""
        if not self._is_split:
            return WHOLE
        sharing = sorted(
            other
            for other in self._listings_of[sale.sku]
            if self._sales[other].is_on_sale
            and not self._sales[other].is_held
            and other not in self._not_shared
        )
        return Share(sharing.index(sku_id), len(sharing)) if sku_id in sharing else None
