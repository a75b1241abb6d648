"""The stock ledger told facts in any sequence, beside a JD that knows the truth and a model."""

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from typing_extensions import override

from adapter.rules.ledger import LARGEST_BATCH, StockLedger, StockWrite
from adapter.rules.levels import Levels
from adapter.rules.stock import Level, Share, StockModel, StockRule, sellable_quantity

POOL = "default"
SKUS = ["TEE", "MUG", "CAP"]
LISTINGS = [str(number) for number in range(40)]
CALL_LIFE = timedelta(seconds=90)
"""After that a call without an answer can no longer arrive."""

sku_ids = st.sampled_from(LISTINGS[:4])
"""Few, so that facts meet; the others are there to make more than one call."""
rules = st.builds(StockRule, st.integers(0, 3), st.none() | st.integers(0, 12))


class Sale(NamedTuple):
    """What one listing sells."""

    sku: str
    units: int
    rule: StockRule | None
    is_held: bool
    is_on_sale: bool = True


sales = st.builds(
    Sale,
    st.sampled_from(SKUS),
    st.integers(1, 3),
    st.none() | rules,
    st.sampled_from([False, True]),
    st.booleans(),
)


@dataclass
class Call:
    """A batch on its way to JD."""

    batch: list[StockWrite]
    has_arrived: bool = False


@dataclass
class Dispatch:
    """A shipment on its way to JD: units by listing."""

    units: dict[str, int]
    has_arrived: bool = False


@dataclass
class Shop:
    """JD: what it holds in truth, whatever the ledger believes."""

    stock: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LISTINGS, 5))

    def take_off(self, sku_id: str, units: int) -> None:
        """Take shipped or ordered units off."""
        self.stock[sku_id] = max(self.stock[sku_id] - units, 0)


class LedgerMachine(RuleBasedStateMachine):
    """Tells the ledger facts in any sequence, beside a JD that knows the truth and a plain model.

    Calls and shipments leave, reach JD and are answered in any order.
    """

    @initialize(
        rule=rules,
        stock_model=st.sampled_from(["spot", "sellable"]),
        mapping=st.dictionaries(sku_ids, sales),
        busy=st.booleans(),
        is_split=st.booleans(),
    )
    def begin(
        self,
        rule: StockRule,
        stock_model: StockModel,
        mapping: dict[str, Sale],
        *,
        busy: bool,
        is_split: bool,
    ) -> None:
        """Open a channel with some listings, in half of the runs with more than a call takes."""
        self.rule, self.stock_model, self.is_split = rule, stock_model, is_split
        self.now = datetime(2026, 11, 27, tzinfo=UTC)
        self.shop = Shop()
        self.newest: dict[str, tuple[int, int | None]] = {}
        self.mapping: dict[str, Sale] = {}
        self.open_units: dict[str, int] = {}
        self.refused: dict[str, int] = {}
        self.uncounted: dict[str, int] = {}
        self.held_by_jd: set[str] = set()
        self.calls: list[Call] = []
        self.adrift: list[Call] = []
        self.unpolled: list[tuple[str, int]] = []
        self.dispatches: list[Dispatch] = []
        self.levels = Levels()
        self.ledger = StockLedger(
            rule=rule,
            stock_model=stock_model,
            levels=self.levels.of(POOL),
            uncounted=lambda sku: self.uncounted.get(sku, 0),
            is_split=is_split,
            brake_percent=100,
        )
        self.levels.watch(POOL, "channel", self.ledger.level_changed)
        crowd = dict.fromkeys(LISTINGS, Sale("TEE", 1, None, is_held=False)) if busy else {}
        for sku_id, sale in (crowd | mapping).items():
            self.map_listing(sku_id, sale)

    # Facts

    @rule(
        sku=st.sampled_from(SKUS),
        available=st.none() | st.integers(-2, 30),
        version=st.integers(0, 12),
    )
    def change_level(self, sku: str, available: int | None, version: int) -> None:
        """Read a level, perhaps an old or repeated one."""
        self.levels.take(POOL, sku, Level(available, version))
        if sku not in self.newest or version > self.newest[sku][0]:
            self.newest[sku] = (version, available)
        self.facts_changed()

    @rule(sku_id=sku_ids, sale=sales)
    def map_listing(self, sku_id: str, sale: Sale) -> None:
        """Map a listing, or map it otherwise."""
        self.ledger.listing_mapped(
            sku_id,
            sale.sku,
            units_per_listing=sale.units,
            rule=sale.rule,
            is_held=sale.is_held,
            is_on_sale=sale.is_on_sale,
        )
        self.mapping[sku_id] = sale
        self.facts_changed()

    @rule(sku_id=sku_ids)
    def lose_listing(self, sku_id: str) -> None:
        """End a listing's mapping."""
        self.ledger.listing_gone(sku_id)
        self.mapping.pop(sku_id, None)
        self.refused.pop(sku_id, None)

    @rule(sku_id=sku_ids, units=st.integers(1, 3))
    def place_order(self, sku_id: str, units: int) -> None:
        """Let a buyer order; only where JD's number is net of orders it falls at once."""
        if self.stock_model == "sellable":
            self.shop.take_off(sku_id, units)
            self.ledger.offered_known(sku_id, None)
        self.set_open_units(sku_id, self.open_units.get(sku_id, 0) + units)

    @rule(sku=st.sampled_from(SKUS), units=st.integers(0, 4))
    def count_orders(self, sku: str, units: int) -> None:
        """Learn how many units a level does not reflect."""
        self.uncounted[sku] = units
        self.ledger.level_changed(sku)
        self.facts_changed()

    @rule(sku_id=sku_ids, is_held=st.booleans())
    def leave_to_jd(self, sku_id: str, *, is_held: bool) -> None:
        """Learn whether JD keeps a listing's stock itself."""
        self.ledger.held_by_jd(sku_id, is_held=is_held)
        (self.held_by_jd.add if is_held else self.held_by_jd.discard)(sku_id)
        self.facts_changed()

    @precondition(lambda self: self.stock_model == "spot" and self.undispatched())
    @rule(data=st.data())
    def ship_elsewhere(self, data: st.DataObject) -> None:
        """Ship outside the adapter: JD's number and bookings fall, and nobody here knows."""
        sku_id, units = data.draw(st.sampled_from(sorted(self.undispatched().items())))
        self.shop.take_off(sku_id, units)
        self.unpolled.append((sku_id, units))

    @precondition(lambda self: self.unpolled)
    @rule()
    def poll(self) -> None:
        """Learn of what was shipped elsewhere."""
        for sku_id, units in self.unpolled:
            self.ledger.offered_known(sku_id, None)
            self.set_open_units(sku_id, self.open_units[sku_id] - units)
        self.unpolled.clear()

    @rule(sku_id=sku_ids, units=st.integers(1, 3))
    def change_at_jd(self, sku_id: str, units: int) -> None:
        """Find by polling that JD took units off its number itself."""
        self.shop.take_off(sku_id, units)
        self.ledger.offered_known(sku_id, None)

    @rule(sku_id=sku_ids)
    def observe(self, sku_id: str) -> None:
        """Reconcile: read JD's number, while nothing is about to change it."""
        generation = self.ledger.generation(sku_id)
        if not self.is_shipping(sku_id) and sku_id not in dict(self.unpolled):
            self.ledger.observed(sku_id, self.shop.stock[sku_id], generation=generation)

    @rule()
    def forget_refusals(self) -> None:
        """Let refused listings be tried again."""
        self.ledger.refusals_forgotten()
        self.refused.clear()

    # Shipments

    @precondition(lambda self: self.undispatched())
    @rule(data=st.data())
    def dispatch(self, data: st.DataObject) -> None:
        """Send a shipment of what is open, whatever is on its way to JD already."""
        left = self.undispatched()
        chosen = data.draw(st.lists(st.sampled_from(sorted(left)), min_size=1, unique=True))
        units = {sku_id: data.draw(st.integers(1, left[sku_id])) for sku_id in chosen}
        self.ledger.shipment_started(units)
        self.dispatches.append(Dispatch(units))

    @precondition(lambda self: self.dispatches)
    @rule(data=st.data())
    def dispatch_arrives(self, data: st.DataObject) -> None:
        """Let JD carry a shipment out."""
        self.arrive(data.draw(st.sampled_from(self.dispatches)))

    @precondition(lambda self: self.dispatches)
    @rule(data=st.data(), is_refused=st.booleans())
    def dispatch_answered(self, data: st.DataObject, *, is_refused: bool) -> None:
        """Answer a shipment; one that has not arrived may be refused."""
        dispatch = data.draw(st.sampled_from(self.dispatches))
        if is_refused and not dispatch.has_arrived:
            self.dispatches.remove(dispatch)
            self.ledger.shipment_ended(dispatch.units)
        else:
            self.end(dispatch)

    # Calls

    @rule(limit=st.integers(1, 50))
    def hand_out(self, limit: int) -> None:
        """Take a batch and hold it to the model."""
        due = self.due()
        urgent = {sku_id for sku_id in due if self.is_urgent(sku_id)}
        batch = self.ledger.next_batch(self.now, limit)
        handed = [write.sku_id for write in batch]

        assert len(handed) == len(set(handed)) == min(limit, LARGEST_BATCH, len(due))
        assert set(handed) <= due
        assert [sku_id in urgent for sku_id in handed] == sorted(
            (sku_id in urgent for sku_id in handed), reverse=True
        )
        assert set(handed) <= urgent or urgent <= set(handed)
        for write in batch:
            assert write.quantity == self.desired(write.sku_id)
            assert write.sellable == self.sellable(write.sku_id)
            assert write.quantity != self.ledger.offered(write.sku_id)
            assert write.sku == self.mapping[write.sku_id].sku
        if batch:
            self.calls.append(Call(batch))

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def call_arrives(self, data: st.DataObject) -> None:
        """Let JD carry a call out, before its answer is known."""
        self.land(data.draw(st.sampled_from(self.calls)))

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def call_accepted(self, data: st.DataObject) -> None:
        """Answer a call."""
        self.accept(data.draw(st.sampled_from(self.calls)))

    @precondition(lambda self: self.calls)
    @rule(data=st.data())
    def call_lost(self, data: st.DataObject) -> None:
        """Lose a call's answer, whether JD carried it out, will do so later, or never."""
        call = data.draw(st.sampled_from(self.calls))
        self.calls.remove(call)
        self.ledger.unknown(call.batch, self.now + CALL_LIFE)
        if not call.has_arrived:
            self.adrift.append(call)

    @precondition(lambda self: self.adrift)
    @rule(data=st.data())
    def call_arrives_late(self, data: st.DataObject) -> None:
        """Let JD carry out a call that was given up: an older number stands over a newer one."""
        call = data.draw(st.sampled_from(self.adrift))
        self.adrift.remove(call)
        self.land(call)

    @precondition(lambda self: any(not call.has_arrived for call in self.calls))
    @rule(data=st.data(), is_refused=st.booleans())
    def call_not_carried_out(self, data: st.DataObject, *, is_refused: bool) -> None:
        """Refuse every quantity of a call, or throttle it."""
        call = data.draw(st.sampled_from([call for call in self.calls if not call.has_arrived]))
        self.calls.remove(call)
        if not is_refused:
            self.ledger.untouched(call.batch)
            return
        for write in call.batch:
            self.ledger.refused(write, self.now)
            if write.sku_id in self.mapping:
                self.refused[write.sku_id] = write.quantity
        self.facts_changed()

    # Rest

    @rule(are_calls_late=st.booleans())
    def rest(self, *, are_calls_late: bool) -> None:
        """Answer all that is under way, let JD accept everything, and look at what JD holds.

        Calls that are late arrive after the shipments, and are answered before them. What was
        given up arrives at last, over newer numbers; then nothing can arrive any more.
        """
        self.poll()
        for dispatch in self.dispatches if are_calls_late else ():
            self.arrive(dispatch)
        for call in list(self.calls) if are_calls_late else ():
            self.accept(call)
        for dispatch in list(self.dispatches):
            self.end(dispatch)
        for call in list(self.calls):
            self.accept(call)
        self.write_all()
        for call in self.adrift:
            self.land(call)
        self.adrift.clear()
        self.now += CALL_LIFE
        while due := self.ledger.next_reading(self.now):
            sku_id, generation = due
            self.ledger.read_back(
                sku_id,
                generation,
                stock_num=self.shop.stock[sku_id],
                booked=self.open_units.get(sku_id, 0),
                now=self.now,
            )
        self.write_all()

        assert self.ledger.waiting == 0
        assert self.ledger.next_batch(self.now) == []
        for sku_id in self.mapping.keys() - self.held_by_jd:
            if self.has_desire(sku_id):
                assert self.shop.stock[sku_id] == self.desired(sku_id)
                assert self.ledger.offered(sku_id) == self.desired(sku_id)

    @override
    def teardown(self) -> None:
        """End every run at rest."""
        if hasattr(self, "ledger"):
            self.rest(are_calls_late=True)

    # The model

    def write_all(self) -> None:
        """Write until nothing waits, JD accepting everything."""
        self.forget_refusals()
        for _ in range(2 * len(LISTINGS)):
            self.hand_out(LARGEST_BATCH)
            for call in list(self.calls):
                self.accept(call)

    def set_open_units(self, sku_id: str, units: int) -> None:
        """Tell of bookings."""
        self.open_units[sku_id] = units
        self.ledger.open_units_changed(sku_id, units)
        self.facts_changed()

    def arrive(self, dispatch: Dispatch) -> None:
        """Let JD take shipped units off, where its number includes them."""
        if not dispatch.has_arrived and self.stock_model == "spot":
            for sku_id, units in dispatch.units.items():
                self.shop.take_off(sku_id, units)
        dispatch.has_arrived = True

    def end(self, dispatch: Dispatch) -> None:
        """Confirm a shipment: what JD holds is reckoned, its bookings end."""
        self.arrive(dispatch)
        self.dispatches.remove(dispatch)
        for sku_id, shipped in dispatch.units.items():
            offered = self.ledger.offered(sku_id)
            if offered is not None and self.stock_model == "spot":
                self.ledger.offered_known(sku_id, max(offered - shipped, 0))
            self.set_open_units(sku_id, self.open_units[sku_id] - shipped)
        self.ledger.shipment_ended(dispatch.units)

    def land(self, call: Call) -> None:
        """Let JD carry a call out."""
        if not call.has_arrived:
            self.shop.stock |= {write.sku_id: write.quantity for write in call.batch}
        call.has_arrived = True

    def accept(self, call: Call) -> None:
        """Confirm a call."""
        self.land(call)
        self.calls.remove(call)
        self.ledger.accepted(call.batch)

    def facts_changed(self) -> None:
        """Forget refusals of quantities that are not desired any more."""
        for sku_id, quantity in list(self.refused.items()):
            if self.has_desire(sku_id) and self.desired(sku_id) != quantity:
                del self.refused[sku_id]

    def undispatched(self) -> dict[str, int]:
        """Count the open units that no shipment under way holds, by listing."""
        left = dict(self.open_units)
        for sku_id, units in self.unpolled:
            left[sku_id] -= units
        for dispatch in self.dispatches:
            for sku_id, units in dispatch.units.items():
                left[sku_id] -= units
        return {sku_id: units for sku_id, units in left.items() if units > 0}

    def is_shipping(self, sku_id: str) -> bool:
        """Tell whether a shipment of it is under way."""
        return any(sku_id in dispatch.units for dispatch in self.dispatches)

    def has_desire(self, sku_id: str) -> bool:
        """Tell whether it is known what JD should hold."""
        sale = self.mapping[sku_id]
        return sale.is_held or sale.sku in self.newest

    def sellable(self, sku_id: str) -> int:
        """Reckon what JD's buyers should find."""
        return max(self.desired(sku_id) - self.booked(sku_id), 0)

    def share(self, sku_id: str) -> Share | None:
        """Tell which part of its SKU's units a listing offers."""
        if not self.is_split:
            return Share()
        sharing = sorted(
            other
            for other, sale in self.mapping.items()
            if sale.sku == self.mapping[sku_id].sku
            and sale.is_on_sale
            and not sale.is_held
            and other not in self.held_by_jd
        )
        return Share(sharing.index(sku_id), len(sharing)) if sku_id in sharing else None

    def desired(self, sku_id: str) -> int:
        """Reckon what JD should hold: what is short of zero comes off the booked units."""
        sale = self.mapping[sku_id]
        rule = sale.rule or self.rule
        level = self.newest[sale.sku][1] if sale.sku in self.newest else 0
        share = self.share(sku_id)
        offers_none = sale.is_held or share is None
        free = 0 if offers_none else max(level or 0, 0)
        free -= self.uncounted.get(sale.sku, 0)
        offered = sellable_quantity(free, rule, share or Share()) // sale.units
        short = math.ceil(max(-free, 0) / sale.units)
        return max(offered - short + self.booked(sku_id), 0)

    def booked(self, sku_id: str) -> int:
        """Count the units that JD takes off its number before it sells."""
        return self.open_units.get(sku_id, 0) if self.stock_model == "spot" else 0

    def due(self) -> set[str]:
        """List what has to be handed out."""
        in_flight = {write.sku_id for call in self.calls for write in call.batch}
        return {
            sku_id
            for sku_id in self.mapping
            if sku_id not in in_flight
            and sku_id not in self.held_by_jd
            and not self.is_shipping(sku_id)
            and self.has_desire(sku_id)
            and self.desired(sku_id) not in (self.ledger.offered(sku_id), self.refused.get(sku_id))
        }

    def is_urgent(self, sku_id: str) -> bool:
        """Tell whether JD sells what it must not."""
        return self.sellable(sku_id) == 0 and self.ledger.offered(sku_id) != 0
