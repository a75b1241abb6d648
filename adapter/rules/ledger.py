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
    open_units: int = 0
    offered: int | None = None
    in_flight: int | None = None
    shipments: int = 0
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
        self._open_units: dict[str, int] = {}
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
            open_units = self._open_units.get(sku_id, 0)
            line = _Line(sku, units_per_listing, rule, is_held, open_units=open_units)
            self._lines[sku_id] = line
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
        self._open_units[sku_id] = open_units
        line = self._lines.get(sku_id)
        if line is not None and line.open_units != open_units:
            line.open_units = open_units
            self._reckon(sku_id)

    def offered_known(self, sku_id: str, quantity: int | None) -> None:
        """Take in what JD holds now; None when that is not known."""
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
            if sku_id in self._lines:
                self._lines[sku_id].shipments += 1
                self._reckon(sku_id)

    def shipment_ended(self, sku_ids: Iterable[str]) -> None:
        """Take in that a shipment's outcome is known."""
        for sku_id in sku_ids:
            line = self._lines.get(sku_id)
            if line is not None and line.shipments:
                line.shipments -= 1
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
        """
        batch: list[StockWrite] = []
        for queue in (self._to_zero, self._dirty):
            for sku_id in list(queue):
                if len(batch) == limit:
                    return batch
                write = self._desired(sku_id)
                del queue[sku_id]
                if write is not None:
                    self._lines[sku_id].in_flight = write.quantity
                    batch.append(write)
        return batch

    def accepted(self, batch: Iterable[StockWrite]) -> None:
        """Take in that JD holds these quantities now."""
        for write in batch:
            self._landed(write.sku_id, offered=write.quantity)

    def refused(self, write: StockWrite) -> None:
        """Take in that JD refuses this quantity: it waits for a change."""
        line = self._lines.get(write.sku_id)
        if line is not None:
            line.refused = write.quantity
            self._landed(write.sku_id, offered=line.offered)

    def unknown(self, batch: Iterable[StockWrite]) -> None:
        """Take in that nobody knows what became of these: they are written again."""
        for write in batch:
            self._landed(write.sku_id, offered=None)

    def untouched(self, batch: Iterable[StockWrite]) -> None:
        """Take in that the call was not carried out: they are written later."""
        for write in batch:
            line = self._lines.get(write.sku_id)
            if line is not None:
                self._landed(write.sku_id, offered=line.offered)

    @property
    def waiting(self) -> int:
        """How many listings wait to be written."""
        return len(self._to_zero) + len(self._dirty)

    def counts(self) -> Mapping[str, int]:
        """Count listings by what is the matter with them."""
        return {
            "mapped": len(self._lines),
            "waiting": self.waiting,
            "in_flight": sum(line.in_flight is not None for line in self._lines.values()),
            "refused": sum(line.refused is not None for line in self._lines.values()),
            "without_level": sum(line.sku not in self._levels for line in self._lines.values()),
        }

    # -----------------------------------------------------------------------------------------

    def _landed(self, sku_id: str, *, offered: int | None) -> None:
        line = self._lines.get(sku_id)
        if line is not None:
            line.in_flight, line.offered = None, offered
            self._reckon(sku_id)

    def _desired(self, sku_id: str) -> StockWrite | None:
        """Reckon a listing's next write; None when there is nothing to write."""
        line = self._lines[sku_id]
        level = self._levels.get(line.sku)
        if level is None:
            return None
        rule = line.rule or self._rule
        reckoned = quantities(
            0 if line.is_held else level.available,
            rule,
            uncounted=0,
            open_units=line.open_units,
            units_per_listing=line.units_per_listing,
            stock_model=self._stock_model,
        )
        if reckoned.written in (line.offered, line.refused):
            return None
        return StockWrite(
            sku_id=sku_id,
            sku=line.sku,
            quantity=reckoned.written,
            sellable=reckoned.sellable,
            level=level,
            rule=rule,
            units_per_listing=line.units_per_listing,
            open_units=line.open_units,
            uncounted=0,
        )

    def _reckon(self, sku_id: str) -> None:
        """Put the listing into the queue where it belongs, or take it out."""
        line = self._lines[sku_id]
        is_busy = line.in_flight is not None or line.shipments > 0
        write = None if is_busy else self._desired(sku_id)
        if write is None:
            self._to_zero.pop(sku_id, None)
            self._dirty.pop(sku_id, None)
            return
        if line.refused is not None and write.quantity != line.refused:
            line.refused = None
        urgent = write.sellable == 0 and line.offered != 0
        queue, other = (self._to_zero, self._dirty) if urgent else (self._dirty, self._to_zero)
        other.pop(sku_id, None)
        queue.setdefault(sku_id)
