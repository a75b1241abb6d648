"""Shipments out: each is submitted until JD confirms it or refuses it for good.

An accepted shipment is kept first, then its offset is committed. While its call is under way or
ambiguous the listings of its order are not written: JD takes the units off its own number.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from adapter.diagnostics import Metrics
from adapter.errors import (
    JdAmbiguous,
    JdAnswer,
    JdRejected,
    MalformedRecord,
    RecordError,
    TransientError,
    UnknownCarrier,
)
from adapter.jd.client import JdClient
from adapter.kafka.records import Accepted, OutgoingRecord, ReadRecord, header
from adapter.kafka.shard import Shard
from adapter.rules.diagnosis import Problems, jd_words
from adapter.rules.messages import read_message, unknown_fields
from adapter.rules.orders import order_facts
from adapter.rules.shipments import carrier_id, is_same_waybill, is_whole_order
from adapter.rules.state import ChannelState
from adapter.wire.helm import COMBINED_PREFIX, SalesChannel, Shipment
from adapter.wire.jd import JdCarrier
from adapter.wire.kept import OrderIndexEntry, PendingShipment
from adapter.wire.published import ShipmentResult, StockUpdate
from adapter.workers import pause_after

log = structlog.get_logger()

UNKNOWN_CARRIER = "UNKNOWN_CARRIER"
LARGEST_SHIPMENT = 256 * 1024
"""Bytes of a dispatch; it is kept with more around it, which must fit into a record too."""
CARRIERS_KEPT = timedelta(hours=1)
LONGEST_WAIT_S = 600.0
WRITES_LAND = timedelta(milliseconds=250)
"""How soon to look again whether the stock writes of a shipment's listings have landed."""
LONGEST_FOR_WRITES = timedelta(minutes=5)
"""How long a shipment waits for stock writes that may still arrive at JD."""


def accept_shipment(
    record: ReadRecord, shard: Shard, *, now: datetime, unknown: Callable[[int], None]
) -> Accepted:
    """Read a dispatch and keep it until JD has answered.

    Args:
        record: As it was read.
        shard: Makes the records.
        now: The clock.
        unknown: Told how many of its fields are not known.

    Raises:
        MalformedRecord: It cannot be read.
    """
    if record.value is not None and len(record.value) > LARGEST_SHIPMENT:
        message = f"the record has {len(record.value)} bytes; a dispatch has {LARGEST_SHIPMENT}"
        raise MalformedRecord(message)
    shipment = read_message(Shipment, record.value, contract="helm.shipments")
    unknown(unknown_fields(shipment))
    place = f"{record.topic}-{record.partition}-{record.offset}"
    pending = PendingShipment(
        channel_id=shipment.channel_id,
        shipment_id=shipment.shipment_id or header(record, "ce_id") or place,
        shipment=shipment,
        accepted_at=now,
        traceparent=header(record, "traceparent"),
    )
    return Accepted(shipment.channel_id, [shard.events.pending_shipment(pending)])


class ShipmentFlow:
    """Submits one channel's shipments.

    Args:
        channel_id: The sales channel.
        settings: Its settings.
        state: What is known of it.
        shard: Publishes, keeps what is pending, proves ownership.
        jd: JD.
        carrier_aliases: Well-known carrier names to JD's ids.
        on_stock: Called when listings may be written again.
        now: The clock.
        problems: Where problems are noted.
        metrics: Counts.
    """

    def __init__(
        self,
        *,
        channel_id: str,
        settings: SalesChannel,
        state: ChannelState,
        shard: Shard,
        jd: JdClient,
        carrier_aliases: Mapping[str, str],
        on_stock: Callable[[], None],
        now: Callable[[], datetime],
        problems: Problems,
        metrics: Metrics,
    ) -> None:
        self._channel_id = channel_id
        self._settings = settings
        self._state = state
        self._shard = shard
        self._jd = jd
        self._aliases = carrier_aliases
        self._on_stock = on_stock
        self._now = now
        self._problems = problems
        self._metrics = metrics
        self._carriers: list[JdCarrier] = []
        self._carriers_until: datetime | None = None
        self._due: dict[str, datetime] = {}
        self._tries: dict[str, int] = {}
        self._held: dict[str, list[str]] = {}
        self._asked_at: dict[str, datetime] = {}
        # A former owner's call may still be on its way: each of these is read back before it is
        # submitted, and until it is answered what it would change is not written.
        self._unsure: set[str] = set()
        for pending in shard.tables.pending_shipments.of(channel_id).values():
            self._unsure.add(pending.shipment_id)
            self._hold(pending)

    async def step(self) -> float | None:
        """Submit every shipment that is due, the oldest first.

        Returns:
            Seconds until the next one is due; None when nothing is pending.

        Raises:
            AdapterError: The type is the decision.
        """
        pending = self._shard.tables.pending_shipments.of(self._channel_id)
        for shipment in sorted(pending.values(), key=lambda row: row.accepted_at):
            if self._due.get(shipment.shipment_id, self._now()) <= self._now():
                await self._submit(shipment)
        left = self._shard.tables.pending_shipments.of(self._channel_id)
        if not left:
            return None
        soonest = min(self._due.get(shipment_id, self._now()) for shipment_id in left)
        return max((soonest - self._now()).total_seconds(), 0.0)

    async def _submit(self, pending: PendingShipment) -> None:
        shipment = pending.shipment
        obstacle = self._obstacle(shipment)
        if obstacle:
            await self._wait(pending, obstacle)
            return
        try:
            await self._load_carriers()
            carriers = [self._carrier(parcel.carrier) for parcel in shipment.parcels]
        except UnknownCarrier as error:
            self._note_carrier(error)
            await self._wait(pending, str(error))
            return
        self._problems.passed(UNKNOWN_CARRIER)
        waybills = [parcel.shipping_tracking_code for parcel in shipment.parcels]
        if self._waits_for_writes(pending):
            self._due[pending.shipment_id] = self._now() + WRITES_LAND
            return
        self._hold(pending)
        try:
            await self._ship(pending, carriers, waybills)
        except RecordError as error:
            answer = error.answer if isinstance(error, JdRejected) else JdAnswer()
            await self._end(pending, "refused", reason=str(error), answer=answer)
        except TransientError as error:
            if isinstance(error, JdAmbiguous):
                self._unsure.add(pending.shipment_id)
            if pending.shipment_id not in self._unsure:
                self._release(pending)
            self._postpone(pending, error)

    def _waits_for_writes(self, pending: PendingShipment) -> bool:
        """Tell whether stock writes of the order's listings have to land first.

        JD that answers no call for long must not keep a parcel that has left from being told.
        """
        if pending.shipment_id in self._held:
            return False
        since = self._asked_at.setdefault(pending.shipment_id, self._now())
        entry = self._shard.tables.order_index.get(
            self._channel_id, pending.shipment.channel_order_id
        )
        is_open = entry is not None and self._state.ledger.may_arrive(entry.ordered)
        return is_open and self._now() - since < LONGEST_FOR_WRITES

    def _obstacle(self, shipment: Shipment) -> str:
        """Say why a shipment cannot be submitted as it is; empty when it can."""
        if shipment.stage is not None:
            return "cross-border stages are not submitted by this version"
        if shipment.replaces is not None:
            return "corrected waybills are not submitted by this version"
        if shipment.channel_order_id.startswith(COMBINED_PREFIX):
            return "combined orders are not submitted by this version"
        if not is_whole_order(shipment, self._ordered(shipment.channel_order_id)):
            return (
                "part of an order, or of an order whose lines are not all known: it waits for the "
                "rest, for JD ships an order whole; `final` says that nothing more will come"
            )
        return ""

    def _ordered(self, order_id: str) -> dict[str, int] | None:
        """Count an order's units by Helm's SKU code; None while that is not known."""
        entry = self._shard.tables.order_index.get(self._channel_id, order_id)
        if entry is None:
            return None
        units: dict[str, int] = {}
        for sku_id, listings in entry.ordered.items():
            sold_as = self._state.sold_as(sku_id, None)
            if sold_as is None:
                return None
            units[sold_as[0]] = units.get(sold_as[0], 0) + listings * sold_as[1]
        return units

    async def _load_carriers(self) -> None:
        now = self._now()
        if self._carriers_until is None or now >= self._carriers_until:
            self._carriers = await self._jd.carriers()
            self._carriers_until = now + CARRIERS_KEPT

    def _carrier(self, name: str) -> str:
        return carrier_id(
            name,
            carrier_map=self._settings.carrier_map,
            carriers=self._carriers,
            aliases=self._aliases,
        )

    async def _ship(
        self, pending: PendingShipment, carriers: list[str], waybills: list[str]
    ) -> None:
        order_id = pending.shipment.channel_order_id
        if pending.shipment_id in self._unsure and await self._settled(pending, waybills):
            return
        receipt = await self._jd.ship_order(
            order_id=order_id, carrier_ids=carriers, waybills=waybills
        )
        if receipt.outcome == "shipped":
            await self._end(pending, "shipped", answer=receipt.answer)
        elif not await self._settled(pending, waybills, receipt.answer):
            reason = "JD says that this order has left, and shows it as not shipped"
            await self._end(pending, "conflict", reason=reason, answer=receipt.answer)

    async def _settled(
        self, pending: PendingShipment, waybills: list[str], answer: JdAnswer | None = None
    ) -> bool:
        """Read the order back; if it has left, end the shipment by whose waybill JD holds."""
        order = await self._jd.get_order(pending.shipment.channel_order_id)
        if order is None or not order_facts(order).shipped:
            return False
        if is_same_waybill(order.waybill, waybills):
            await self._end(pending, "shipped", answer=answer or JdAnswer())
        else:
            reason = (
                f"JD has this order as shipped with waybill {order.waybill or '(none)'}: "
                "correct the waybill in JD's seller console, or send a shipment that replaces it"
            )
            await self._end(pending, "conflict", reason=reason, answer=answer or JdAnswer())
        return True

    async def _end(
        self,
        pending: PendingShipment,
        outcome: str,
        *,
        reason: str = "",
        answer: JdAnswer,
    ) -> None:
        """Commit the final answer, and what it changes, in one transaction."""
        now = self._now()
        result = self._result(pending, outcome, reason, answer)
        adjusted: dict[str, int | None] = {}
        left: list[OrderIndexEntry] = []

        def decide() -> Iterator[Sequence[OutgoingRecord]]:
            yield [self._shard.events.shipment_result(result, traceparent=pending.traceparent)]
            tables = self._shard.tables
            if tables.pending_shipments.get(self._channel_id, pending.shipment_id) is pending:
                # else another dispatch under the same id was accepted meanwhile
                yield [self._shard.events.shipment_ended(self._channel_id, pending.shipment_id)]
            entry = tables.order_index.get(self._channel_id, pending.shipment.channel_order_id)
            if outcome == "shipped" and entry is not None:
                adjusted.update(self._adjusted(entry))
                left.append(entry.model_copy(update={"shipped": dict(entry.ordered)}))
                yield [self._shard.events.order_index(left[0], at=now)]
                yield self._adjustments(pending, adjusted, now)

        def applied() -> None:
            for sku_id, quantity in adjusted.items():
                self._state.ledger.offered_known(sku_id, quantity)
            for entry in left:
                self._state.take_order(entry)

        await self._shard.transact(decide, applied=applied)
        self._release(pending)
        self._unsure.discard(pending.shipment_id)
        self._asked_at.pop(pending.shipment_id, None)
        self._due.pop(pending.shipment_id, None)
        self._tries.pop(pending.shipment_id, None)
        self._metrics.shipment_results.labels(outcome=outcome).inc()
        log.info(
            "shipment.answered",
            channel=self._channel_id,
            shipment=pending.shipment_id,
            order=pending.shipment.channel_order_id,
            outcome=outcome,
            reason=reason,
        )

    def _adjusted(self, entry: OrderIndexEntry) -> dict[str, int | None]:
        """Reckon what JD holds for the listings of an order that has just left; None: unknown."""
        return {
            sku_id: self._state.jd_changed(sku_id, ordered - entry.shipped.get(sku_id, 0))
            for sku_id, ordered in entry.ordered.items()
            if ordered > entry.shipped.get(sku_id, 0)
        }

    def _adjustments(
        self, pending: PendingShipment, adjusted: Mapping[str, int | None], now: datetime
    ) -> list[OutgoingRecord]:
        updates = []
        for sku_id, quantity in adjusted.items():
            sold_as = self._state.sold_as(sku_id, None)
            if sold_as is None or quantity is None:
                continue  # what is not certain stays as it was last told
            last = self._shard.tables.stock_updates.get(self._channel_id, sku_id)
            update = StockUpdate(
                channel_id=self._channel_id,
                sku_id=sku_id,
                sku=sold_as[0],
                status="adjusted",
                quantity=quantity,
                stock_ref=f"shipment:{pending.shipment_id}",
                store_id=self._settings.jd_store_id,
                level=last.level if last else None,
                arithmetic=last.arithmetic if last else None,
                at=now,
            )
            updates.append(self._shard.events.stock_update(update))
        return updates

    async def _wait(self, pending: PendingShipment, reason: str) -> None:
        """Say once that a shipment waits and why, and look again later."""
        self._release(pending)
        if pending.shipment_id not in self._tries:
            result = self._result(pending, "waiting", reason, JdAnswer())
            await self._shard.publish_atomically(
                [self._shard.events.shipment_result(result, traceparent=pending.traceparent)]
            )
            self._metrics.shipment_results.labels(outcome="waiting").inc()
        tries = self._tries[pending.shipment_id] = self._tries.get(pending.shipment_id, 0) + 1
        pause_s = min(pause_after(tries, retry_after_s=None, jitter=1.0) * 2, LONGEST_WAIT_S)
        self._due[pending.shipment_id] = self._now() + timedelta(seconds=pause_s)

    def _result(
        self, pending: PendingShipment, outcome: str, reason: str, answer: JdAnswer
    ) -> ShipmentResult:
        return ShipmentResult.model_validate(
            {
                "channel_id": self._channel_id,
                "shipment_id": pending.shipment_id,
                "channel_order_id": pending.shipment.channel_order_id,
                "outcome": outcome,
                "reason": reason,
                "parts": [pending.shipment.channel_order_id],
                "jd": jd_words(answer),
                "at": self._now(),
            }
        )

    def _postpone(self, pending: PendingShipment, error: TransientError) -> None:
        tries = self._tries[pending.shipment_id] = self._tries.get(pending.shipment_id, 0) + 1
        pause_s = pause_after(tries, retry_after_s=error.retry_after_s, jitter=1.0)
        self._due[pending.shipment_id] = self._now() + timedelta(seconds=pause_s)
        self._problems.seen_error(error, now=self._now(), flow="shipments")

    def _note_carrier(self, error: UnknownCarrier) -> None:
        self._problems.seen(
            UNKNOWN_CARRIER,
            now=self._now(),
            cause=str(error),
            remedy="Add the name to the channel's carrier_map; the shipment is then submitted.",
            flow=UNKNOWN_CARRIER,
        )

    def _hold(self, pending: PendingShipment) -> None:
        if pending.shipment_id not in self._held:
            entry = self._shard.tables.order_index.get(
                self._channel_id, pending.shipment.channel_order_id
            )
            self._held[pending.shipment_id] = list(entry.ordered) if entry else []
            self._state.ledger.shipment_started(self._held[pending.shipment_id])

    def _release(self, pending: PendingShipment) -> None:
        self._state.ledger.shipment_ended(self._held.pop(pending.shipment_id, ()))
        self._on_stock()
