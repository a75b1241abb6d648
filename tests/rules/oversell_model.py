"""JD, Helm and the adapter around one SKU, with every message on its way in any allowed order.

The goods are the truth: so many came in, so many were sold. The adapter's part is the arithmetic
of `adapter.rules` itself; what is modelled is who knows what when. A topic keeps its own order,
topics overtake each other; a call reaches JD and is answered at any time, or its answer is lost
and it reaches JD later or never. Helm's clock ticks with each of its levels.

A sale oversells if more is sold than ever came in. Sales which a channel's number could not
reflect yet are the buffer's business: what was sold elsewhere, on another channel or shipped past
the adapter, since the number was reckoned. A sale is a *breach* if it oversells though no more of
these were on their way than the buffer really held back: of one unit a buffer of two holds back
one. What follows a sale that was excused so is not judged: JD's number knows nothing below 0, so
a cancellation may then give back a unit that is not there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from adapter.rules.stock import StockModel, StockRule, quantities, sellable_quantity
from tests.rules.oversell_orders import open_listings, uncounted_units
from tests.rules.oversell_state import (
    Channel,
    HelmLevel,
    Left,
    Number,
    Order,
    Receipt,
    State,
    Write,
    put,
    with_channel,
    with_level,
    with_order,
)

_ON_ITS_WAY = ("sent", "arrived")


@dataclass(frozen=True, kw_only=True)
class Model:
    """The rules of the game, and what may be taken out of the adapter to see it fail.

    Args:
        left: What may happen at most.
        goods: Units at the beginning.
        channels: How many sell the SKU.
        rule: Buffer and cap.
        stock_model: How JD counts.
        receipts: `versions`, `instants`, or none at all.
        without: What is taken out of the adapter.
    """

    left: Left
    goods: int = 1
    channels: int = 1
    rule: StockRule = field(default_factory=StockRule)
    stock_model: StockModel = "spot"
    receipts: str = "versions"
    without: frozenset[str] = frozenset()

    @property
    def start(self) -> State:
        """Everything known and nothing sold."""
        level = HelmLevel(self.goods, 1, 0)
        sellable = self._reckon(level, (), 0)
        held_back = min(self.goods, self.rule.stock_buffer)
        channel = Channel(Number(sellable, 0, 0, 0, held_back), sellable)
        return State(
            self.goods,
            level,
            level,
            (channel,) * self.channels,
            self.left,
            to_helm=((),) * self.channels,
        )

    def steps(self, state: State) -> Iterator[tuple[str, State]]:
        """Give everything that may happen next, by name."""
        for channel in range(self.channels):
            yield from self._at_jd(state, channel)
            yield from self._writes(state, channel)
        for number, order in enumerate(state.orders):
            yield from self._order(state, number, order)
        yield from self._helm(state)
        yield from self._reads(state)

    def is_at_rest(self, state: State) -> bool:
        """Tell whether everything was read, seen and written, and nothing is on its way."""
        return (
            not state.levels
            and not state.receipts
            and not any(state.to_helm)
            and all(o.seen == o.at_jd and o.parcel not in _ON_ITS_WAY for o in state.orders)
            and all(
                channel.offered == self.desired(state, place)
                and channel.writing is None
                and channel.late is None
                and not channel.is_suspect
                for place, channel in enumerate(state.channels)
            )
        )

    def is_right(self, state: State) -> bool:
        """Tell whether JD's buyers can order what the rule allows of what is unsold."""
        allowed = sellable_quantity(self.unsold(state), self.rule)
        return all(max(self.sellable(state, place), 0) == allowed for place in range(self.channels))

    # JD --------------------------------------------------------------------------------------

    def sellable(self, state: State, channel: int) -> int:
        """Count what JD's buyers can order now."""
        booked = 0
        if self.stock_model == "spot":
            booked = sum(o.channel == channel and o.at_jd == "open" for o in state.orders)
        return state.channels[channel].number.quantity - booked

    @staticmethod
    def unsold(state: State) -> int:
        """Count the units that nobody bought; below 0 when more was sold than there is."""
        live = sum(order.at_jd != "cancelled" for order in state.orders)
        return state.goods - live - state.helm.elsewhere

    def _at_jd(self, state: State, channel: int) -> Iterator[tuple[str, State]]:
        if state.left.orders and self.sellable(state, channel) > 0:
            sold = self._moved(state, channel, -1, when="sellable")._replace(
                orders=(*state.orders, Order(channel)),
                left=state.left._replace(orders=state.left.orders - 1),
            )
            unseen = self._unseen(state, channel)
            if self.unsold(sold) < 0 and unseen > state.channels[channel].number.held_back:
                sold = sold._replace(is_excused=True)
            elif self.unsold(sold) < 0 and not state.is_excused:
                sold = sold._replace(breach=f"oversold with {unseen} on their way")
            yield f"sale on {channel}", sold

    def _unseen(self, state: State, channel: int) -> int:
        """Count what the channel's number does not reflect and JD does not book for it."""
        number = state.channels[channel].number
        others = sum(
            order.channel != channel
            and order.at_jd != "cancelled"
            and not number.orders >> place & 1
            for place, order in enumerate(state.orders)
        )
        return others + number.returned + state.helm.elsewhere - number.elsewhere

    def _moved(self, state: State, channel: int, units: int, *, when: StockModel) -> State:
        """Let JD change its own number, where it does."""
        if self.stock_model != when:
            return state
        known = state.channels[channel]
        number = known.number._replace(quantity=max(known.number.quantity + units, 0))
        return with_channel(state, channel, known._replace(number=number))

    # The adapter -----------------------------------------------------------------------------

    def desired(self, state: State, channel: int) -> int:
        """Reckon what JD should hold, with the adapter's own arithmetic."""
        return self._reckon(state.level, state.orders, channel)

    def _reckon(self, level: HelmLevel, orders: tuple[Order, ...], channel: int) -> int:
        uncounted = opened = 0
        for order in orders:
            if order.seen:
                uncounted += self._uncounted(order, level.version)
                opened += order.channel == channel and open_listings(order.seen)
        if "taking short units off" in self.without:
            uncounted = min(uncounted, max(level.available, 0))
        return quantities(
            level.available,
            self.rule,
            uncounted=0 if "uncounted" in self.without else uncounted,
            open_units=0 if "open_units" in self.without else opened,
            units_per_listing=1,
            stock_model=self.stock_model,
        ).written

    def _uncounted(self, order: Order, version: int) -> int:
        if order.seen == "shipped" and "keeping shipped" in self.without:
            return 0
        if "receipts" in self.without:
            return uncounted_units(order._replace(receipt=()), version, "none")
        receipts = order.receipt
        if "holding rejected" in self.without:
            receipts = tuple(r._replace(outcome="accepted") for r in receipts)
        if "holding rejected beyond a level" in self.without:
            receipts = tuple(
                Receipt("accepted", r.version + (r.outcome == "rejected")) for r in receipts
            )
        return uncounted_units(order._replace(receipt=receipts), version, self.receipts)

    def _writes(self, state: State, place: int) -> Iterator[tuple[str, State]]:
        channel = state.channels[place]
        is_shipping = any(o.channel == place and o.parcel in _ON_ITS_WAY for o in state.orders)
        if channel.writing is None:
            desired = self.desired(state, place)
            may_write = not is_shipping or "waiting for shipments" in self.without
            if desired != channel.offered and may_write:
                write = Write(self._reckoned(state, desired))
                yield "write", with_channel(state, place, channel._replace(writing=write))
        elif not channel.writing.has_arrived:
            yield "write arrives", self._arrived(state, place, channel.writing.number, "writing")
        else:
            call = channel.writing
            offered = None if call.is_doubted else call.number.quantity
            answered = channel._replace(offered=offered, writing=None)
            yield "write answered", with_channel(state, place, answered)
        if channel.writing is not None and state.left.crashes:
            lost = None if channel.writing.has_arrived else channel.writing.number
            crashed = channel._replace(offered=None, writing=None, late=lost, is_suspect=True)
            left = state.left._replace(crashes=state.left.crashes - 1)
            yield "crash", with_channel(state, place, crashed)._replace(left=left)
        if channel.late is not None:
            yield "late call arrives", self._arrived(state, place, channel.late, "late")
            yield "late call is lost", with_channel(state, place, channel._replace(late=None))
        elif channel.is_suspect and channel.writing is None and not is_shipping:
            known = channel._replace(offered=channel.number.quantity, is_suspect=False)
            yield "read back", with_channel(state, place, known)

    def _reckoned(self, state: State, desired: int) -> Number:
        seen = sum(bool(order.seen) << at for at, order in enumerate(state.orders))
        shipped = sum((order.seen == "shipped") << at for at, order in enumerate(state.orders))
        version = state.level.version
        uncounted = sum(self._uncounted(order, version) for order in state.orders if order.seen)
        there = max(state.level.available - uncounted, 0)
        held_back = min(there, self.rule.stock_buffer)
        return Number(desired, seen, shipped, state.level.elsewhere, held_back)

    def _arrived(self, state: State, place: int, number: Number, how: str) -> State:
        channel = state.channels[place]
        returned = sum(
            order.channel == place and self._is_returned(order, number, at)
            for at, order in enumerate(state.orders)
        )
        number = number._replace(returned=returned)
        if how == "late":
            channel = channel._replace(number=number, late=None)
        else:
            is_doubted = channel.writing is not None and channel.writing.is_doubted
            writing = Write(number, has_arrived=True, is_doubted=is_doubted)
            channel = channel._replace(number=number, writing=writing)
        return with_channel(state, place, channel)

    def _is_returned(self, order: Order, number: Number, at: int) -> bool:
        """Tell whether JD had taken an order's units off, and a write put them back unknowingly."""
        if self.stock_model == "sellable":
            return order.at_jd != "cancelled" and not number.orders >> at & 1
        return order.parcel == "past" and not number.shipped >> at & 1

    def _order(self, state: State, place: int, order: Order) -> Iterator[tuple[str, State]]:
        """Let an order be seen, cancelled, shipped."""
        if order.seen != order.at_jd:
            yield "poll", self._polled(state, place, order)
        if order.at_jd == "open":
            if state.left.cancellations:
                left = state.left._replace(cancellations=state.left.cancellations - 1)
                cancelled = with_order(state, place, order._replace(at_jd="cancelled"))
                cancelled = self._moved(cancelled, order.channel, 1, when="sellable")
                yield "cancellation", cancelled._replace(left=left)
            if state.left.shipped_past and order.at_helm == "accepted" and not order.parcel:
                left = state.left._replace(shipped_past=state.left.shipped_past - 1)
                gone = self._left(state, order._replace(parcel="past"))
                past = with_order(state, place, gone)._replace(left=left)
                yield "shipped past", self._moved(past, order.channel, -1, when="spot")
        channel = state.channels[order.channel]
        is_writing = channel.writing is not None or channel.late is not None
        may_ship = not is_writing or "waiting for writes" in self.without
        is_due = order.at_helm == "accepted" and order.seen == "open" and not order.parcel
        if is_due and may_ship:
            yield "ship", with_order(state, place, order._replace(parcel="sent"))
        if order.parcel == "sent":
            arrived = order._replace(parcel="arrived")
            if order.at_jd == "open":
                shipped = with_order(state, place, self._left(state, arrived))
                yield "parcel arrives", self._moved(shipped, order.channel, -1, when="spot")
            else:
                yield "parcel refused", with_order(state, place, arrived)
        if order.parcel == "arrived":
            yield "parcel answered", self._parcel_answered(state, place, order)

    def _left(self, state: State, order: Order) -> Order:
        return order._replace(at_jd="shipped", left_at=state.helm.version)

    def _polled(self, state: State, place: int, order: Order) -> State:
        is_new = not order.seen
        seen = order._replace(seen=order.at_jd)
        if is_new and (self.receipts == "none" or "receipts" in self.without):
            seen = seen._replace(published=state.helm.version)
        polled = with_order(state, place, seen)
        channel = polled.channels[order.channel]
        changed_by_jd = order.at_jd == "shipped" if self.stock_model == "spot" else True
        if changed_by_jd:  # nobody knows whether the last write came before or after it
            writing = channel.writing and channel.writing._replace(is_doubted=True)
            channel = channel._replace(offered=None, writing=writing)
            polled = with_channel(polled, order.channel, channel)
        if is_new or order.at_jd == "cancelled":
            records = (*polled.to_helm[order.channel], (place, order.at_jd))
            polled = polled._replace(to_helm=put(polled.to_helm, order.channel, records))
        return polled

    def _parcel_answered(self, state: State, place: int, order: Order) -> State:
        if order.at_jd != "shipped" or order.seen == "shipped":
            return with_order(state, place, order._replace(parcel="ended"))
        ended = with_order(state, place, order._replace(parcel="ended", seen="shipped"))
        channel = ended.channels[order.channel]
        if self.stock_model == "spot" and channel.offered is not None:
            channel = channel._replace(offered=max(channel.offered - 1, 0))
        return with_channel(ended, order.channel, channel)

    def _reads(self, state: State) -> Iterator[tuple[str, State]]:
        if state.levels:
            yield "level read", state._replace(level=state.levels[0], levels=state.levels[1:])
        if state.receipts:
            (place, receipt), *rest = state.receipts
            order = state.orders[place]
            told = order._replace(receipt=(*order.receipt, receipt))
            yield "receipt read", with_order(state, place, told)._replace(receipts=tuple(rest))

    # Helm ------------------------------------------------------------------------------------

    def _helm(self, state: State) -> Iterator[tuple[str, State]]:
        left = state.left
        for channel, records in enumerate(state.to_helm):
            if records:
                (place, at_jd), *rest = records
                read = state._replace(to_helm=put(state.to_helm, channel, tuple(rest)))
                yield from self._taken_in(read, place, at_jd)
        for place, order in enumerate(state.orders):
            if order.at_helm == "rejected" and state.helm.available > 0:
                yield "taken in after all", self._accepted(state, place)
        if left.goods_in:
            came = state._replace(
                goods=state.goods + 1, left=left._replace(goods_in=left.goods_in - 1)
            )
            yield "goods in", with_level(came, 1)
        # Helm sells elsewhere what is there: what it sells twice itself nobody here can hold back.
        if left.sales_elsewhere and state.helm.available > 0 and self.unsold(state) > 0:
            left = left._replace(sales_elsewhere=left.sales_elsewhere - 1)
            helm = state.helm._replace(elsewhere=state.helm.elsewhere + 1)
            yield "sale elsewhere", with_level(state._replace(left=left, helm=helm), -1)

    def _taken_in(self, state: State, place: int, at_jd: str) -> Iterator[tuple[str, State]]:
        order = state.orders[place]
        if at_jd == "cancelled":
            returned = with_order(state, place, order._replace(at_helm="returned"))
            yield "give-back", with_level(returned, 1) if order.at_helm == "accepted" else returned
            return
        if state.helm.available > 0:
            yield "taken in", self._accepted(state, place)
        if state.left.rejections or state.helm.available <= 0:
            left = state.left._replace(rejections=max(state.left.rejections - 1, 0))
            rejected = with_order(state, place, order._replace(at_helm="rejected"))
            yield "rejected", self._answered(rejected._replace(left=left), place, "rejected")

    def _accepted(self, state: State, place: int) -> State:
        order = state.orders[place]._replace(at_helm="accepted")
        return self._answered(with_level(with_order(state, place, order), -1), place, "accepted")

    def _answered(self, state: State, place: int, outcome: str) -> State:
        if self.receipts == "none":
            return state
        receipt = place, Receipt(outcome, state.helm.version)
        return state._replace(receipts=(*state.receipts, receipt))
