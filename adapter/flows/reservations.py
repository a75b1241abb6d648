"""Reservations kept true: Helm's receipts taken in, counted ones forgotten, missing ones made.

Orders themselves reserve and free units where they are committed (`flows/orders.py`).
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from adapter.kafka.records import Accepted, OutgoingRecord, ReadRecord
from adapter.kafka.shard import Shard
from adapter.rules.diagnosis import Problems
from adapter.rules.messages import read_message, unknown_fields
from adapter.rules.reservations import is_settled, reservation_of, with_mapping, with_receipt
from adapter.rules.state import ChannelState
from adapter.rules.stock import Level
from adapter.wire.helm import OrderReceipt, SalesChannel
from adapter.wire.kept import Checkpoint, Reservation

log = structlog.get_logger()

UNCONFIRMED = "ORDERS_UNCONFIRMED"
REFUSED = "RECEIPTS_REFUSED"
UNCONFIRMED_AFTER = timedelta(minutes=15)
KEPT_AFTER_COUNTED = timedelta(days=1)
"""A level may be replaced by an older one for a while; after this nobody looks back."""
LOOK_EVERY = timedelta(minutes=1)
AT_ONCE = 500
"""Reservations changed by one transaction."""


def accept_receipt(
    record: ReadRecord, shard: Shard, *, now: datetime, unknown: Callable[[int], None]
) -> Accepted:
    """Read Helm's answer to an order and keep it with the order and its reservation.

    A receipt for an order that is not known, or for a combined one, tells only that receipts come.

    Args:
        record: As it was read.
        shard: Keeps orders and reservations.
        now: The clock.
        unknown: Told how many of its fields are not known.

    Raises:
        MalformedRecord: It cannot be read.
    """
    receipt = read_message(OrderReceipt, record.value, contract="helm.order-receipts")
    unknown(unknown_fields(receipt))
    channel_id, order_id = receipt.channel_id, receipt.channel_order_id
    tables, events = shard.tables, shard.events
    records: list[OutgoingRecord] = []
    capabilities = tables.checkpoints.get(channel_id, "capabilities")
    if capabilities is None or not capabilities.has_receipts:
        known = capabilities or Checkpoint(channel_id=channel_id, flow="capabilities")
        learnt = known.model_copy(update={"has_receipts": True})
        records.append(events.checkpoint(learnt, at=now))
        records += _marked(shard, channel_id, order_id, now)
    entry = tables.order_index.get(channel_id, order_id)
    if entry is not None:
        kept = with_receipt(entry.receipt, receipt)
        if kept != entry.receipt:
            entry = entry.model_copy(update={"receipt": kept})
            records.append(events.order_index(entry, at=now))
    reservation = tables.reservations.get(channel_id, order_id)
    if reservation is not None:
        kept = with_receipt(reservation.receipt, receipt)
        told = reservation.model_copy(update={"receipt": kept, "has_receipts": True})
        if told != reservation:
            records.append(events.reservation(told, at=now))
    return Accepted(channel_id, records)


def _marked(shard: Shard, channel_id: str, but_for: str, now: datetime) -> Iterator[OutgoingRecord]:
    """Tell reservations that receipts come; of very many the rest is told at the next look."""
    unmarked = [
        reservation
        for order_id, reservation in shard.tables.reservations.of(channel_id).items()
        if not reservation.has_receipts and order_id != but_for
    ]
    for reservation in unmarked[:AT_ONCE]:
        marked = reservation.model_copy(update={"has_receipts": True})
        yield shard.events.reservation(marked, at=now)


class ReservationFlow:
    """Keeps one channel's reservations.

    Args:
        channel_id: The sales channel.
        settings: Its settings.
        state: What is known of it.
        shard: Publishes, and keeps orders and reservations.
        levels: The newest levels of its stock pool, by SKU.
        now: The clock.
        problems: Where problems are noted.
    """

    def __init__(
        self,
        *,
        channel_id: str,
        settings: SalesChannel,
        state: ChannelState,
        shard: Shard,
        levels: Mapping[str, Level],
        now: Callable[[], datetime],
        problems: Problems,
    ) -> None:
        self._channel_id = channel_id
        self._settings = settings
        self._state = state
        self._shard = shard
        self._levels = levels
        self._now = now
        self._problems = problems
        self._due = now()
        self._settled_since: dict[str, datetime] = {}

    async def step(self) -> float | None:
        """Look through the channel's reservations, and put right what is to be.

        Returns:
            Seconds until the next look.

        Raises:
            AdapterError: The type is the decision.
        """
        now = self._now()
        if now < self._due:
            return (self._due - now).total_seconds()
        changing = await self._look(now)
        for place in range(0, len(changing), AT_ONCE):
            await self._change(changing[place : place + AT_ONCE], now)
        self._due = now + LOOK_EVERY
        return LOOK_EVERY.total_seconds()

    async def _look(self, now: datetime) -> list[str]:
        """Find the orders whose reservation is to change, and note what Helm owes."""
        tables = self._shard.tables
        reservations = dict(tables.reservations.of(self._channel_id))
        waiting: list[Reservation] = []
        changing: list[str] = []
        missing = tables.order_index.of(self._channel_id).keys() - reservations.keys()
        for number, order_id in enumerate([*reservations, *missing]):
            if number % AT_ONCE == 0:
                await asyncio.sleep(0)  # a long look must not starve the other loops
            known = reservations.get(order_id)
            if known is not None and not self._note_settled(known, now):
                waiting.append(known)
            if self._wanted(order_id, known, now) != known:
                changing.append(order_id)
        for order_id in self._settled_since.keys() - reservations.keys():
            del self._settled_since[order_id]
        self._note_unconfirmed(waiting, now)
        self._note_refused(waiting, now)
        return changing

    def _note_settled(self, reservation: Reservation, now: datetime) -> bool:
        is_over = is_settled(reservation, self._levels)
        if is_over:
            self._settled_since.setdefault(reservation.order_id, now)
        else:
            self._settled_since.pop(reservation.order_id, None)
        return is_over

    def _wanted(
        self, order_id: str, known: Reservation | None, now: datetime
    ) -> Reservation | None:
        """Say what an order's reservation should be now."""
        if known is None:
            return self._missing(order_id)
        since = self._settled_since.get(order_id)
        if since is not None and now - since >= KEPT_AFTER_COUNTED:
            return None
        wanted = with_mapping(known, self._sold_as) if known.unmapped else known
        if self._has_receipts() and not wanted.has_receipts:
            wanted = wanted.model_copy(update={"has_receipts": True})
        return wanted

    def _missing(self, order_id: str) -> Reservation | None:
        """Make a reservation that an earlier version did not; of what is counted none is needed."""
        entry = self._shard.tables.order_index.get(self._channel_id, order_id)
        if entry is None or not entry.is_open:
            return None
        if entry.receipt is not None and entry.receipt.outcome != "rejected":
            return None
        made = reservation_of(
            entry,
            settings=self._settings,
            sold_as=self._sold_as,
            has_receipts=self._has_receipts(),
        )
        return None if made is None or is_settled(made, self._levels) else made

    def _sold_as(self, sku_id: str) -> tuple[str, int] | None:
        return self._state.sold_as(sku_id, None)

    def _has_receipts(self) -> bool:
        known = self._shard.tables.checkpoints.get(self._channel_id, "capabilities")
        return known is not None and known.has_receipts

    async def _change(self, order_ids: Sequence[str], now: datetime) -> None:
        changed: list[str] = []

        def decide() -> Iterator[Sequence[OutgoingRecord]]:
            for order_id in order_ids:
                known = self._shard.tables.reservations.get(self._channel_id, order_id)
                if known is not None:  # a receipt may have come meanwhile
                    self._note_settled(known, now)
                wanted = self._wanted(order_id, known, now)
                if wanted == known:
                    continue
                changed.append(order_id)
                if wanted is None:
                    yield [self._shard.events.reservation_ended(self._channel_id, order_id)]
                else:
                    yield [self._shard.events.reservation(wanted, at=now)]

        await self._shard.transact(decide)
        log.info("reservations.changed", channel=self._channel_id, orders=len(changed))

    # Problems --------------------------------------------------------------------------------

    def _note_unconfirmed(self, waiting: Sequence[Reservation], now: datetime) -> None:
        late = [
            reservation.published_at
            for reservation in waiting
            if reservation.receipt is None
            and reservation.published_at is not None
            and now - reservation.published_at >= UNCONFIRMED_AFTER
        ]
        if not late:
            self._problems.passed(UNCONFIRMED)
            return
        self._problems.seen(
            UNCONFIRMED,
            now=now,
            cause=f"Helm has not confirmed {len(late)} orders; their units stay deducted.",
            evidence=f"the oldest was published at {min(late):%Y-%m-%d %H:%M} UTC",
            remedy="See that Helm reads jd.orders and answers on helm.order-receipts. Without "
            "receipts a level counts that is later than the order by order_grace_s.",
            flow=UNCONFIRMED,
        )

    def _note_refused(self, waiting: Sequence[Reservation], now: datetime) -> None:
        refused = [
            reservation.order_id
            for reservation in waiting
            if reservation.receipt is not None and reservation.receipt.outcome == "rejected"
        ]
        if not refused:
            self._problems.passed(REFUSED)
            return
        self._problems.seen(
            REFUSED,
            now=now,
            cause=f"Helm rejected {len(refused)} orders that are not cancelled at JD; their units "
            "stay deducted.",
            evidence=f"orders {', '.join(refused[:5])}",
            remedy="Helm says why in its receipts. Let Helm take the orders in, or cancel them in "
            "JD's seller console.",
            severity="error",
            flow=REFUSED,
        )
