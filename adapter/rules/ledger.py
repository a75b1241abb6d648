"""The stock ledger: desired against offered, for every listing of one channel.

Level-triggered like a controller: changed levels, settings, mappings and bookings, drift and a
restart are all the same case, desired ≠ offered. The ledger takes facts in and hands out the next
batch, newest desired quantities only; while a call is under way its listings coalesce by
themselves. It knows no clock and does no I/O.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from adapter.rules.stock import Level, StockModel, StockRule, quantities

LARGEST_BATCH = 30
"""SKUs that one call may set.

Source: contracts/jd/ware.stock.sku.set.
"""


@dataclass(slots=True)
class _Line:
    """One listing."""

    sku: str
    units_per_listing: int
    rule: StockRule | None
    is_held: bool
    offered: int | None = None
    refused: int | None = None


class StockWrite(NamedTuple):
    """One listing's next quantity, and how it was reckoned."""

    sku_id: str
    sku: str
    quantity: int
    sellable: int
    level: Level
    rule: StockRule
    units_per_listing: int
    open_units: int
    uncounted: int


class StockLedger:
    """The state machine over one channel's listings.

    Args:
        rule: The channel's buffer and cap.
        stock_model: How JD counts; see `rules.stock.quantities`.
        levels: The pool's newest levels by SKU; `level_changed` tells when one changed.
    """

    def __init__(
        self, *, rule: StockRule, stock_model: StockModel, levels: Mapping[str, Level]
    ) -> None:
        self._rule = rule
        self._stock_model = stock_model
        self._levels = levels
        self._lines: dict[str, _Line] = {}
        self._listings_of: dict[str, set[str]] = {}
        # True of JD's SKU, whether it is mapped at the moment or not: a mapping that ends and
        # comes back does not end a call that is under way.
        self._open_units: dict[str, int] = {}
        self._shipments: dict[str, int] = {}
        self._in_flight: set[str] = set()
        # Those whose number JD changed meanwhile: nobody knows which of the two came last.
        self._doubted: set[str] = set()
        # Insertion-ordered: who has waited longest comes first, after what must go to zero.
        self._to_zero: dict[str, None] = {}
        self._dirty: dict[str, None] = {}

    # Facts -----------------------------------------------------------------------------------

    def level_changed(self, sku: str) -> None:
        """Take in that a SKU has a newer level."""
        for sku_id in self._listings_of.get(sku, ()):
            self._reckon(sku_id)

    def listing_mapped(
        self,
        sku_id: str,
        sku: str,
        *,
        units_per_listing: int = 1,
        rule: StockRule | None = None,
        is_held: bool = False,
    ) -> None:
        """Take in a listing that has a Helm SKU; `rule` stands in place of the channel's."""
        line = self._lines.get(sku_id)
        if line is None:
            self._lines[sku_id] = _Line(sku, units_per_listing, rule, is_held)
        else:
            self._listings_of[line.sku].discard(sku_id)
            line.sku, line.units_per_listing = sku, units_per_listing
            line.rule, line.is_held = rule, is_held
        self._listings_of.setdefault(sku, set()).add(sku_id)
        self._reckon(sku_id)

    def listing_gone(self, sku_id: str) -> None:
        """Take in that a listing was deleted or lost its mapping; it is written no more."""
        line = self._lines.pop(sku_id, None)
        if line is not None:
            self._listings_of[line.sku].discard(sku_id)
        self._to_zero.pop(sku_id, None)
        self._dirty.pop(sku_id, None)

    def open_units_changed(self, sku_id: str, open_units: int) -> None:
        """Take in how many listings JD books for paid, unshipped orders."""
        if open_units:
            self._open_units[sku_id] = open_units
        else:
            self._open_units.pop(sku_id, None)
        self._reckon(sku_id)

    def offered_known(self, sku_id: str, quantity: int | None) -> None:
        """Take in what JD holds now; None when that is not known."""
        self._doubt(sku_id)
        line = self._lines.get(sku_id)
        if line is not None:
            line.offered = quantity
            self._reckon(sku_id)

    def offered(self, sku_id: str) -> int | None:
        """Return what JD holds as far as is known."""
        line = self._lines.get(sku_id)
        return line.offered if line is not None else None

    def shipment_started(self, sku_ids: Iterable[str]) -> None:
        """Take in that a shipment is under way: JD will change these numbers itself."""
        for sku_id in sku_ids:
            self._doubt(sku_id)
            self._shipments[sku_id] = self._shipments.get(sku_id, 0) + 1
            self._reckon(sku_id)

    def shipment_ended(self, sku_ids: Iterable[str]) -> None:
        """Take in that a shipment's outcome is known."""
        for sku_id in sku_ids:
            left = self._shipments.pop(sku_id, 0) - 1
            if left > 0:
                self._shipments[sku_id] = left
            self._reckon(sku_id)

    def refusals_forgotten(self) -> None:
        """Let refused listings be tried again."""
        for sku_id, line in self._lines.items():
            if line.refused is not None:
                line.refused = None
                self._reckon(sku_id)

    # Writing ---------------------------------------------------------------------------------

    def next_batch(self, limit: int = LARGEST_BATCH) -> list[StockWrite]:
        """Hand out what to write next: first what must go to zero, then by waiting time.

        The listings are in flight until `accepted`, `refused`, `unknown` or `untouched` is told.

        Args:
            limit: Most SKUs; never more than `LARGEST_BATCH`.
        """
        batch: list[StockWrite] = []
        for queue in (self._to_zero, self._dirty):
            for sku_id in list(queue):
                if len(batch) == min(limit, LARGEST_BATCH):
                    return batch
                write = self._due(sku_id)
                del queue[sku_id]
                if write is not None:
                    self._in_flight.add(sku_id)
                    batch.append(write)
        return batch

    def accepted(self, batch: Iterable[StockWrite]) -> None:
        """Take in that JD took these quantities; it holds them unless it changed them meanwhile."""
        for write in batch:
            line = self._lines.get(write.sku_id)
            if line is not None:
                line.offered = None if write.sku_id in self._doubted else write.quantity
            self._landed(write.sku_id)

    def refused(self, write: StockWrite) -> None:
        """Take in that JD refuses this quantity: it waits for a change."""
        line = self._lines.get(write.sku_id)
        if line is not None:
            line.refused = write.quantity
        self._landed(write.sku_id)

    def unknown(self, batch: Iterable[StockWrite]) -> None:
        """Take in that nobody knows what became of these: they are written again."""
        for write in batch:
            line = self._lines.get(write.sku_id)
            if line is not None:
                line.offered = None
            self._landed(write.sku_id)

    def untouched(self, batch: Iterable[StockWrite]) -> None:
        """Take in that the call was not carried out: they are written later."""
        for write in batch:
            self._landed(write.sku_id)

    def is_doubted(self, sku_id: str) -> bool:
        """Tell whether JD may have changed a listing's number itself while it was in flight."""
        return sku_id in self._doubted

    @property
    def waiting(self) -> int:
        """How many listings wait to be written."""
        return len(self._to_zero) + len(self._dirty)

    def counts(self) -> Mapping[str, int]:
        """Count listings by what is the matter with them."""
        return {
            "mapped": len(self._lines),
            "waiting": self.waiting,
            "in_flight": len(self._in_flight),
            "refused": sum(line.refused is not None for line in self._lines.values()),
            "without_level": sum(line.sku not in self._levels for line in self._lines.values()),
        }

    # -----------------------------------------------------------------------------------------

    def _doubt(self, sku_id: str) -> None:
        if sku_id in self._in_flight:
            self._doubted.add(sku_id)

    def _landed(self, sku_id: str) -> None:
        self._in_flight.discard(sku_id)
        self._doubted.discard(sku_id)
        self._reckon(sku_id)

    def _due(self, sku_id: str) -> StockWrite | None:
        """Reckon a listing's next write; None when it has to wait or nothing differs."""
        line = self._lines[sku_id]
        write = self._desired(sku_id, line)
        if write is None:
            return None
        if write.quantity != line.refused:
            line.refused = None
        is_busy = sku_id in self._in_flight or sku_id in self._shipments
        return None if is_busy or write.quantity in (line.offered, line.refused) else write

    def _desired(self, sku_id: str, line: _Line) -> StockWrite | None:
        """Reckon what JD should hold; None when no level ever came and it is not held."""
        level = self._levels.get(line.sku, Level(None) if line.is_held else None)
        if level is None:
            return None
        rule, open_units = line.rule or self._rule, self._open_units.get(sku_id, 0)
        reckoned = quantities(
            0 if line.is_held else level.available,
            rule,
            uncounted=0,
            open_units=open_units,
            units_per_listing=line.units_per_listing,
            stock_model=self._stock_model,
        )
        return StockWrite(
            sku_id=sku_id,
            sku=line.sku,
            quantity=reckoned.written,
            sellable=reckoned.sellable,
            level=level,
            rule=rule,
            units_per_listing=line.units_per_listing,
            open_units=open_units,
            uncounted=0,
        )

    def _reckon(self, sku_id: str) -> None:
        """Put the listing into the queue where it belongs, or take it out."""
        line = self._lines.get(sku_id)
        write = self._due(sku_id) if line is not None else None
        if line is None or write is None:
            self._to_zero.pop(sku_id, None)
            self._dirty.pop(sku_id, None)
            return
        urgent = write.sellable == 0 and line.offered != 0
        queue, other = (self._to_zero, self._dirty) if urgent else (self._dirty, self._to_zero)
        other.pop(sku_id, None)
        queue.setdefault(sku_id)
