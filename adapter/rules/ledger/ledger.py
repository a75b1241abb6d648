"""The stock ledger: desired against offered, for every listing of one channel.

Level-triggered like a controller: changed levels, settings, mappings and bookings, drift and a
restart are all the same case, desired ≠ offered. The ledger takes facts in and hands out the next
batch, newest desired quantities only; while a call is under way its listings coalesce by
themselves. It knows no clock and does no I/O: where time matters it is an argument.

A listing whose last call may still arrive at JD is *suspect*: it is written like any other, and
once no call can arrive any more it is read back, and written again if JD holds another number.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping
from datetime import datetime

from adapter.rules.ledger.brake import Brake
from adapter.rules.ledger.desires import Desires, Sale
from adapter.rules.ledger.queues import Queues
from adapter.rules.ledger.refusals import Refusals
from adapter.rules.ledger.suspects import Suspects
from adapter.rules.ledger.writes import Standing, StockWrite
from adapter.rules.stock import Level, StockModel, StockRule

LARGEST_BATCH = 30
"""SKUs that one call may set.

Source: contracts/jd/ware.stock.sku.set.
"""


class StockLedger:
    """The state machine over one channel's listings.

    Args:
        rule: The channel's buffer and cap.
        stock_model: How JD counts; see `rules.stock.quantities`.
        levels: The pool's newest levels by SKU; `level_changed` tells when one changed.
        uncounted: Units of a SKU that its level does not reflect yet; `level_changed` tells when
            they change.
        is_split: Listings of one SKU share its units; else each offers them all.
        brake_percent: See `brake`.
        zeroed: SKUs that count as gone, because their level cannot be read.
    """

    def __init__(
        self,
        *,
        rule: StockRule,
        stock_model: StockModel,
        levels: Mapping[str, Level],
        uncounted: Callable[[str], int] = lambda _: 0,
        is_split: bool = False,
        brake_percent: int = 30,
        zeroed: Container[str] = (),
    ) -> None:
        self._desires = Desires(
            rule=rule,
            stock_model=stock_model,
            levels=levels,
            uncounted=uncounted,
            is_split=is_split,
            zeroed=zeroed,
        )
        self._offered: dict[str, int] = {}
        self._queues = Queues(Brake(brake_percent))
        self._refusals = Refusals()
        self._suspects = Suspects()
        # These are true of JD's SKU, whether it is mapped at the moment or not: a mapping that
        # ends and comes back does not end a call that is under way.
        self._shipments: dict[str, int] = {}
        self._in_flight: set[str] = set()
        self._held_by_jd: set[str] = set()
        # Those whose number JD changed meanwhile: nobody knows which of the two came last.
        self._doubted: set[str] = set()
        # Rises with whatever may change what JD holds: a reading that crossed one is worthless.
        self._generations: dict[str, int] = {}
        # SKUs whose level was taken away, and whose listings forgot what they were offered.
        self._gone: set[str] = set()
        # Those that JD's buyers can order, as far as is known.
        self._selling: set[str] = set()
        # Those that something happened to: reckoned once, when somebody asks, however much it was.
        self._stale: dict[str, None] = {}

    # Facts -----------------------------------------------------------------------------------

    def level_changed(self, sku: str) -> None:
        """Take in that a SKU has a newer level, or other uncounted units."""
        was_gone, is_gone = sku in self._gone, self._desires.is_gone(sku)
        (self._gone.add if is_gone else self._gone.discard)(sku)
        for sku_id in self._desires.listings_of(sku):
            if is_gone and not was_gone:
                # Written even where the quantity stays: what was written last names a level whose
                # version would stand, after a restart, over those that begin anew.
                self.offered_known(sku_id, None)
            self._reckon(sku_id)

    def listing_mapped(
        self,
        sku_id: str,
        sku: str,
        *,
        units_per_listing: int = 1,
        rule: StockRule | None = None,
        is_held: bool = False,
        is_on_sale: bool = True,
        observed: int | None = None,
    ) -> None:
        """Take in a listing that has a Helm SKU.

        Args:
            sku_id: JD's number.
            sku: Helm's code.
            units_per_listing: Units of the SKU that one sold listing takes.
            rule: Stands in place of the channel's.
            is_held: It offers nothing, on purpose.
            is_on_sale: JD's buyers see it; only such listings share a SKU's units.
            observed: JD's own figure, where the catalogue gave one: tells whether it sells while
                nothing was ever offered.
        """
        sale = Sale(sku, units_per_listing, rule, is_held, is_on_sale)
        changed = self._desires.put(sku_id, sale)
        if observed is not None and sku_id not in self._offered:
            self._note_selling(sku_id, observed)
        self._reckon_all(changed)

    def listing_gone(self, sku_id: str) -> None:
        """Take in that a listing was deleted or lost its mapping; it is written no more."""
        changed = self._desires.remove(sku_id)
        self._offered.pop(sku_id, None)
        self._refusals.forget(sku_id)
        self._selling.discard(sku_id)
        self._queues.remove(sku_id)
        self._reckon_all(changed)

    def open_units_changed(self, sku_id: str, open_units: int) -> None:
        """Take in how many listings JD books for paid, unshipped orders."""
        self._desires.set_open_units(sku_id, open_units)
        if sku_id in self._offered:
            self._note_selling(sku_id, self._offered[sku_id])
        self._reckon(sku_id)

    def offered_known(self, sku_id: str, quantity: int | None) -> None:
        """Take in what JD holds now; None when that is not known."""
        self._disturb(sku_id)
        self._set_offered(sku_id, quantity)
        self._reckon(sku_id)

    def suspected(self, sku_id: str, until: datetime) -> None:
        """Take in that a call for this listing may still arrive at JD until then."""
        self._suspects.add(sku_id, until)

    def may_arrive(self, sku_ids: Iterable[str]) -> bool:
        """Tell whether a write of one of these is under way, or may still arrive at JD.

        A shipment waits for it: a write that was reckoned before JD took the shipped units off,
        and arrives after, would sell them again.
        """
        return any(sku_id in self._in_flight or sku_id in self._suspects for sku_id in sku_ids)

    def refused_before(self, sku_id: str, quantity: int, now: datetime) -> None:
        """Take in, at a restart, the quantity that JD refused last."""
        self._refusals.add(sku_id, quantity, now)
        self._reckon(sku_id)

    def held_by_jd(self, sku_id: str, *, is_held: bool = True) -> None:
        """Take in whether JD keeps this listing's stock itself: then it is left alone."""
        if is_held:
            self._held_by_jd.add(sku_id)
        else:
            self._held_by_jd.discard(sku_id)
        self._reckon_all(self._desires.share(sku_id, is_shared=not is_held))

    def shipment_started(self, sku_ids: Iterable[str]) -> None:
        """Take in that a shipment is under way: JD will change these numbers itself."""
        for sku_id in sku_ids:
            self._disturb(sku_id)
            self._shipments[sku_id] = self._shipments.get(sku_id, 0) + 1
            self._reckon(sku_id)

    def shipment_ended(self, sku_ids: Iterable[str]) -> None:
        """Take in that a shipment's outcome is known."""
        for sku_id in sku_ids:
            self._disturb(sku_id)
            left = self._shipments.pop(sku_id, 0) - 1
            if left > 0:
                self._shipments[sku_id] = left
            self._reckon(sku_id)

    # Orders ----------------------------------------------------------------------------------

    def refusals_forgotten(self) -> None:
        """Let refused listings be tried again."""
        self._reckon_all(self._refusals.forget_all())

    def approve(self) -> int:
        """Release the brake for what waits behind it; return how many listings that are."""
        self._settle()
        return len(self._queues.approve())

    def resync(self) -> int:
        """Write every listing again, behind all other work; return how many."""
        self._settle()
        self._refusals.forget_all()
        self._offered.clear()
        for sku_id in self._desires:
            if self._due(sku_id) is not None:
                self._queues.put_if_absent(sku_id, "bulk")
        return len(self._desires)

    # Writing ---------------------------------------------------------------------------------

    def next_batch(
        self, now: datetime, limit: int = LARGEST_BATCH, *, is_urgent_only: bool = False
    ) -> list[StockWrite]:
        """Hand out what to write next: first what must go to zero, then by waiting time.

        The listings are in flight until `accepted`, `refused`, `unknown` or `untouched` is told.

        Args:
            now: The clock.
            limit: Most SKUs, from 1; never more than `LARGEST_BATCH`.
            is_urgent_only: Only what must go to zero.
        """
        self._reckon_all(self._refusals.over(now))
        self._settle()
        batch: list[StockWrite] = []
        for sku_id, queue in self._queues.take(
            selling=len(self._selling), now=now, is_urgent_only=is_urgent_only
        ):
            write = self._due(sku_id)
            if write is not None:
                batch.append(write._replace(queue=queue))
                self._in_flight.add(sku_id)
                self._suspects.written(sku_id, now)
                self._pass(sku_id)
            if len(batch) == min(limit, LARGEST_BATCH):
                break
        return batch

    def accepted(self, batch: Iterable[StockWrite]) -> None:
        """Take in that JD took these quantities; it holds them unless it changed them meanwhile."""
        for write in batch:
            is_doubted = write.sku_id in self._doubted
            self._set_offered(write.sku_id, None if is_doubted else write.quantity)
            self._refusals.forget(write.sku_id)
            if self._suspects.is_settled_by_write(write.sku_id):
                self._suspects.clear(write.sku_id)
            self._landed(write.sku_id)

    def refused(self, write: StockWrite, now: datetime) -> None:
        """Take in that JD refuses this quantity: it waits for a change, or for a while."""
        if self._desires.sale(write.sku_id) is not None:
            self._refusals.add(write.sku_id, write.quantity, now)
        self._landed(write.sku_id)

    def unknown(self, batch: Iterable[StockWrite], until: datetime) -> None:
        """Take in that nobody knows what became of these: they are written again.

        Args:
            batch: What was called.
            until: When the call can no longer arrive.
        """
        for write in batch:
            self._set_offered(write.sku_id, None)
            self._suspects.add(write.sku_id, until)
            self._write_again(write)

    def untouched(self, batch: Iterable[StockWrite]) -> None:
        """Take in that the call was not carried out: they are written later."""
        for write in batch:
            self._write_again(write)

    def is_desired(self, batch: Iterable[StockWrite]) -> bool:
        """Tell whether these are still the quantities that JD should hold."""
        return all(
            (desired := self._desires.of(write.sku_id)) is not None
            and desired.quantity == write.quantity
            for write in batch
        )

    def is_certain(self, sku_id: str) -> bool:
        """Tell whether an accepted write settles what JD holds.

        It does not where JD changed the number itself meanwhile, or an older call may still
        arrive.
        """
        return self._suspects.is_settled_by_write(sku_id) and sku_id not in self._doubted

    # Reading back ----------------------------------------------------------------------------

    def next_reading(self, now: datetime) -> tuple[str, int] | None:
        """Hand out a suspect that no call can reach any more, and its generation.

        What is about to be written needs no reading: that write comes after any older call.
        """
        for sku_id in self._suspects.due(now):
            if self._desires.sale(sku_id) is None:
                self._suspects.clear(sku_id)
                continue
            is_busy = sku_id in self._in_flight or sku_id in self._shipments
            if not is_busy and self._due(sku_id) is None:
                return sku_id, self.generation(sku_id)
            self._suspects.again(sku_id, now)
        return None

    def read_back(
        self, sku_id: str, generation: int, *, stock_num: int, booked: int, now: datetime
    ) -> bool:
        """Take in what JD holds of a suspect.

        Where JD's number differs while it books fewer units than are known to be open, a shipment
        was not polled yet: the number is looked at again later, for writing it now would give
        back units that have left.

        Args:
            sku_id: JD's number.
            generation: From `next_reading`.
            stock_num: JD's number.
            booked: Units that JD books.
            now: The clock.

        Returns:
            Whether the suspicion is over.
        """
        if self._desires.sale(sku_id) is None or sku_id not in self._suspects:
            return False
        is_worn_out = self._suspects.is_worn_out(sku_id)
        differs = stock_num != self._offered.get(sku_id)
        lags = differs and booked < self._desires.booked(sku_id) and not is_worn_out
        if lags or generation != self.generation(sku_id):
            self._suspects.again(sku_id, now)
            return False
        self._suspects.clear(sku_id)
        self._set_offered(sku_id, stock_num)
        self._reckon(sku_id)
        return True

    def reading_failed(self, sku_id: str, now: datetime) -> None:
        """Take in that a suspect could not be read: it is tried again later."""
        if sku_id in self._suspects:
            self._suspects.again(sku_id, now)

    def reading_refused(self, sku_id: str, now: datetime) -> None:
        """Take in that JD does not show a suspect.

        It is written again instead: that write comes after any older call. Where JD refuses this
        too, both are tried again, later each time.
        """
        if sku_id in self._suspects:
            self._suspects.not_shown(sku_id, now)
            self._set_offered(sku_id, None)
            self._reckon(sku_id)

    def observed(self, sku_id: str, stock_num: int, *, generation: int) -> bool:
        """Take in JD's number as a reconciliation read it.

        Args:
            sku_id: JD's number.
            stock_num: JD's number.
            generation: As it was before the reading.

        Returns:
            False when something crossed the reading, so that it says nothing.
        """
        is_busy = sku_id in self._in_flight or sku_id in self._shipments
        if is_busy or generation != self.generation(sku_id):
            return False
        self._set_offered(sku_id, stock_num)
        self._reckon(sku_id)
        return True

    def generation(self, sku_id: str) -> int:
        """Return a number that changes with whatever may change what JD holds."""
        return self._generations.get(sku_id, 0)

    # Looking ---------------------------------------------------------------------------------

    def offered(self, sku_id: str) -> int | None:
        """Return what JD holds as far as is known."""
        return self._offered.get(sku_id)

    def desired(self, sku_id: str) -> StockWrite | None:
        """Reckon what JD should hold; None for what is not mapped or never had a level."""
        return self._desires.of(sku_id)

    def standing(self, sku_id: str) -> Standing | None:
        """Tell how a listing stands; None for what is not mapped."""
        if self._desires.sale(sku_id) is None:
            return None
        self._settle()
        refusal = self._refusals.of(sku_id)
        return Standing(
            desired=self._desires.of(sku_id),
            offered=self._offered.get(sku_id),
            is_in_flight=sku_id in self._in_flight,
            is_shipping=sku_id in self._shipments,
            suspect_until=self._suspects.until(sku_id),
            refused=refusal.quantity if refusal else None,
            retry_at=refusal.retry_at if refusal else None,
            is_braked=sku_id in self._queues.braked,
            is_held_by_jd=sku_id in self._held_by_jd,
        )

    def sells(self, sku: str) -> bool:
        """Tell whether a listing sells this SKU."""
        return bool(self._desires.listings_of(sku))

    @property
    def braked(self) -> Collection[str]:
        """The listings whose zero waits for approval."""
        self._settle()
        return self._queues.braked

    @property
    def has_refusals(self) -> bool:
        """Whether there are listings whose quantity JD refused last."""
        self._settle()
        return len(self._refusals) > 0

    @property
    def has_suspects(self) -> bool:
        """Whether there are listings whose last call may still arrive, or was not read back."""
        return len(self._suspects) > 0

    @property
    def waiting(self) -> int:
        """How many listings can be written at once."""
        self._settle()
        return len(self._queues)

    @property
    def rests_until(self) -> datetime | None:
        """When a refused listing or a suspect is due, if nothing happens before."""
        self._settle()
        dues = (self._suspects.rests_until, self._refusals.rests_until)
        return min((due for due in dues if due is not None), default=None)

    def counts(self) -> Mapping[str, int]:
        """Count listings by what is the matter with them."""
        return {
            "mapped": len(self._desires),
            "waiting": self.waiting,
            "in_flight": len(self._in_flight),
            "refused": len(self._refusals),
            "suspect": len(self._suspects),
            "braked": len(self.braked),
            "held_by_jd": len(self._held_by_jd),
            "without_level": self._desires.without_level(),
        }

    # -----------------------------------------------------------------------------------------

    def _pass(self, sku_id: str) -> None:
        """Take note that something happens that may change what JD holds."""
        self._generations[sku_id] = self._generations.get(sku_id, 0) + 1

    def _disturb(self, sku_id: str) -> None:
        """Take note that JD's number may have changed beside our calls."""
        self._pass(sku_id)
        if sku_id in self._in_flight:
            self._doubted.add(sku_id)

    def _write_again(self, write: StockWrite) -> None:
        if write.queue == "zero":
            self._queues.let_pass(write.sku_id)
        self._landed(write.sku_id)

    def _landed(self, sku_id: str) -> None:
        self._in_flight.discard(sku_id)
        self._doubted.discard(sku_id)
        self._suspects.landed(sku_id)
        self._pass(sku_id)
        self._place(sku_id)  # at once: what changes after this waits from then on

    def _set_offered(self, sku_id: str, quantity: int | None) -> None:
        if self._desires.sale(sku_id) is None:
            return
        if quantity is None:
            self._offered.pop(sku_id, None)
        else:
            self._offered[sku_id] = quantity
            self._note_selling(sku_id, quantity)

    def _note_selling(self, sku_id: str, quantity: int) -> None:
        if quantity > self._desires.booked(sku_id):
            self._selling.add(sku_id)
        else:
            self._selling.discard(sku_id)

    def _due(self, sku_id: str) -> StockWrite | None:
        """Reckon a listing's next write; None when it has to wait or nothing differs."""
        write = self._desires.of(sku_id)
        if write is None or write.quantity == self._offered.get(sku_id):
            self._refusals.forget(sku_id)
            return None
        is_busy = (
            sku_id in self._in_flight or sku_id in self._shipments or sku_id in self._held_by_jd
        )
        return None if is_busy or self._refusals.forbid(sku_id, write.quantity) else write

    def _reckon_all(self, sku_ids: Iterable[str]) -> None:
        for sku_id in sku_ids:
            self._reckon(sku_id)

    def _reckon(self, sku_id: str) -> None:
        """Take note that the listing may belong into another queue.

        What ends a refusal or an approval ends it, even if it is over a moment later.
        """
        if sku_id in self._refusals or self._queues.is_approved(sku_id):
            self._place(sku_id)
        else:
            self._stale[sku_id] = None

    def _settle(self) -> None:
        """Put every listing that something happened to where it belongs."""
        stale, self._stale = self._stale, {}
        for sku_id in stale:
            self._place(sku_id)

    def _place(self, sku_id: str) -> None:
        """Put the listing into the queue where it belongs, or take it out."""
        write = self._due(sku_id)
        if write is None:
            self._queues.remove(sku_id)
        elif write.sellable == 0 and self._offered.get(sku_id) != 0:
            sale = self._desires.sale(sku_id)
            is_on_purpose = sale is not None and sale.is_held
            ends_a_sale = sku_id in self._selling and not is_on_purpose
            self._queues.put(sku_id, "zero", ends_a_sale=ends_a_sale)
        else:
            self._queues.put(sku_id, "stock")
