"""What is known of one running channel: its listings, its bookings, its stock ledger.

Each fact is told here once and reaches whatever depends on it.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from types import MappingProxyType

from adapter.rules.bookings import Bookings
from adapter.rules.catalogue import listing_as_written, mapped
from adapter.rules.ledger import StockLedger
from adapter.rules.mapping import level_counts
from adapter.rules.stock import Level, StockRule
from adapter.wire.helm import ListingSettings, SalesChannel
from adapter.wire.kept import OrderIndexEntry
from adapter.wire.published import Listing, MappingCounts, StockUpdate


def offered_level(update: StockUpdate, *, stock_pool: str) -> Level | None:
    """Return the level that was offered; None where it is not known to be one of this pool.

    A channel's pool may have changed since, and versions of two pools do not compare.
    """
    used = update.level
    if used is None or used.stock_pool != stock_pool:
        return None
    return Level(used.available, used.version, used.occurred_at)


class ChannelState:
    """One running channel.

    Args:
        settings: The channel's.
        levels: The newest levels of its stock pool, by SKU.
        overrides: Its listings' own settings, by JD's SKU number; follows later changes.
        uncounted: Units of a SKU of the pool that its level does not reflect yet.
        unreadable: SKUs of the pool whose newest level cannot be read; follows later changes.
        regressed: Levels that were refused as older although they happened later, by SKU.
    """

    def __init__(
        self,
        *,
        settings: SalesChannel,
        levels: Mapping[str, Level],
        overrides: Mapping[str, ListingSettings],
        uncounted: Callable[[str], int] = lambda _: 0,
        unreadable: AbstractSet[str] = frozenset(),
        regressed: Mapping[str, Level] = MappingProxyType({}),
    ) -> None:
        self._settings = settings
        self._overrides = overrides
        self._unreadable = unreadable
        self._regressed = regressed
        self._levels = levels
        self._counts: MappingCounts | None = None
        self._sellers: Counter[str] = Counter()
        self.near_misses: Mapping[str, tuple[str, ...]] = {}
        """Codes without level and what they nearly equal, as last looked for."""
        self.reconciliation: Mapping[str, int] = {}
        """Listings by what comparing them with JD's own figures came to last."""
        self._changed_here: set[str] = set()
        self.listings: dict[str, Listing] = {}
        self.bookings = Bookings()
        self.ledger = StockLedger(
            rule=StockRule(settings.stock_buffer, settings.max_stock_level),
            stock_model=settings.stock_model,
            levels=levels,
            uncounted=uncounted,
            is_split=settings.shared_sku == "split",
            brake_percent=settings.brake_percent,
            zeroed=unreadable if settings.on_unreadable_level == "zero" else (),
        )

    def override(self, sku_id: str) -> ListingSettings | None:
        """Return a listing's own settings."""
        return self._overrides.get(sku_id)

    def restore_listing(self, listing: Listing) -> None:
        """Take in a listing as it was published; its own settings may have changed since."""
        now = mapped(listing, self.override(listing.sku_id))
        self.take_listing(now)
        if now is not listing:
            self._changed_here.add(listing.sku_id)

    def restore_mapping(self, update: StockUpdate) -> None:
        """Take in a listing as its last write tells it, where listings are not published.

        It is written at once after a restart; what else it is, the catalogue tells.
        """
        self.restore_listing(listing_as_written(update))

    def override_changed(self, sku_id: str) -> Listing | None:
        """Take in that a listing's own settings changed; return the listing as it is now."""
        known = self.listings.get(sku_id)
        if known is None:
            return None
        listing = mapped(known, self.override(sku_id))
        self.take_listing(listing)
        self._changed_here.add(sku_id)
        return listing

    def changed_here(self) -> list[Listing]:
        """Return once what changed by settings of its own, and not at JD."""
        changed = [self.listings[sku_id] for sku_id in self._changed_here & self.listings.keys()]
        self._changed_here.clear()
        return changed

    def take_listing(self, listing: Listing) -> None:
        """Take in a listing, its own settings applied."""
        self._counts = None
        self.listings[listing.sku_id] = listing
        override = self.override(listing.sku_id)
        if listing.sku is None:
            self.ledger.listing_gone(listing.sku_id)
            return
        self.ledger.listing_mapped(
            listing.sku_id,
            listing.sku,
            units_per_listing=listing.units_per_listing,
            rule=self._own_rule(override),
            is_held=override is not None and override.hold,
            is_on_sale=listing.status == "on_sale",
            observed=listing.observed_stock,
        )

    def drop_listing(self, sku_id: str) -> None:
        """Take in that JD deleted a listing."""
        self._counts = None
        self.listings.pop(sku_id, None)
        self.ledger.listing_gone(sku_id)

    def take_order(self, entry: OrderIndexEntry) -> None:
        """Take in an order's newest state."""
        for sku_id in self.bookings.take(entry):
            self.ledger.open_units_changed(sku_id, self.bookings.of(sku_id))

    def restore_offered(self, update: StockUpdate, *, now: datetime, late_until: datetime) -> None:
        """Take in what was last offered.

        An intent without outcome, or an outcome that was not certain, leaves it unknown: a former
        owner's call may still arrive. What another store was offered says nothing.

        Args:
            update: The last record of a listing.
            now: The clock.
            late_until: When no call of a former owner can arrive any more.
        """
        if update.store_id != self._settings.jd_store_id:
            return
        match update.status:
            case "accepted" | "adjusted":
                self.ledger.offered_known(update.sku_id, update.quantity)
            case "refused":
                self.ledger.refused_before(update.sku_id, update.quantity, now)
            case _:
                self.ledger.suspected(update.sku_id, late_until)

    def jd_changed(self, sku_id: str, units: int) -> int | None:
        """Reckon what JD holds after it took shipped units off a listing's number itself.

        Returns:
            The new offered quantity; None when it is not known, also where a write is under way
            or an older call may still arrive.
        """
        offered = self.ledger.offered(sku_id)
        if not self.ledger.is_certain(sku_id):
            return None
        if offered is None or self._settings.stock_model != "spot":
            return offered
        return max(offered - units, 0)

    def sold_as(self, sku_id: str, outer_id: str | None) -> tuple[str, int] | None:
        """Return the Helm SKU and its units that one sold listing takes; None when not mapped.

        Args:
            sku_id: JD's SKU number.
            outer_id: The seller's code on the order, for a listing that was not read yet.
        """
        listing, override = self.listings.get(sku_id), self.override(sku_id)
        if listing is not None:
            return (listing.sku, listing.units_per_listing) if listing.sku else None
        sku = (override.sku if override else None) or outer_id
        return (sku, override.units_per_listing if override else 1) if sku else None

    def unreadable_skus(self) -> list[str]:
        """Return the channel's SKUs whose newest level cannot be read."""
        return sorted(sku for sku in self._unreadable if self.ledger.sells(sku))

    def regressed_levels(self) -> dict[str, Level]:
        """Return the channel's levels that were refused as older although they happened later."""
        return {sku: level for sku, level in self._regressed.items() if self.ledger.sells(sku)}

    def mapping_counts(self) -> MappingCounts:
        """Count listings by how they map, and against the levels of the pool."""
        if self._counts is None:
            self._sellers = Counter(
                listing.sku for listing in self.listings.values() if listing.sku is not None
            )
            mapped_listings = self._sellers.total()
            self._counts = MappingCounts(
                mapped=mapped_listings,
                unmapped=len(self.listings) - mapped_listings,
                duplicate=sum(count for count in self._sellers.values() if count > 1),
            )
        by_level = level_counts(self._sellers, self._levels)
        return self._counts.model_copy(
            update=by_level._asdict() | {"near_miss": len(self.near_misses)}
        )

    def without_level(self) -> tuple[set[str], list[str]]:
        """Return the codes that no level ever came for, and the codes of all levels."""
        skus = {listing.sku for listing in self.listings.values() if listing.sku is not None}
        return {sku for sku in skus if sku not in self._levels}, list(self._levels)

    def _own_rule(self, override: ListingSettings | None) -> StockRule | None:
        if override is None:
            return None
        own = self._settings
        buffer, cap = override.stock_buffer, override.max_stock_level
        return StockRule(
            own.stock_buffer if buffer is None else buffer,
            own.max_stock_level if cap is None else cap,
        )
