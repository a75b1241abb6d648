"""Orders in: windows of JD's changes, read last page first, committed page by page.

The window is fixed before anything is read. Orders, what is kept of them and, with the last page,
the watermark are committed in one transaction: a crash repeats a page and publishes nothing twice.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import datetime, timedelta

import structlog

from adapter.diagnostics import Metrics
from adapter.errors import JdThrottled
from adapter.jd.client import JdClient
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.shard import Shard
from adapter.rules.adjustments import adjustment, taken_by_jd
from adapter.rules.budget import poll_interval_s
from adapter.rules.diagnosis import Problems
from adapter.rules.orders import (
    Mapped,
    PollWindow,
    content_hash,
    fulfilled_by,
    halved,
    helm_status,
    in_scope,
    index_entry,
    next_revision,
    order_facts,
    pages_last_first,
    poll_window,
    translate,
)
from adapter.rules.reservations import reservation_of, with_order
from adapter.rules.state import ChannelState
from adapter.wire.helm import SalesChannel
from adapter.wire.jd import JdOrder, JdOrderPage
from adapter.wire.kept import Checkpoint, OrderIndexEntry
from adapter.wire.published import StockUpdate

log = structlog.get_logger()

PAGE_SIZE = 100
"""Orders a page; JD's limit.

Source: contracts/jd/pop.order.search.
"""
MOST_ORDERS = 100 * PAGE_SIZE
"""Orders that one search can page through; a longer window is halved. JD's cap of pages is not
published: clients report 100 or 300.
"""
SETTLE = timedelta(seconds=2)
OVERLAP = timedelta(minutes=2)
LATE_OVERLAP = timedelta(minutes=20)
LATE_EVERY = timedelta(minutes=5)
FURTHEST_BACK = timedelta(days=89)
"""JD searches changes of the last three months."""

UNREADABLE = "ORDER_UNREADABLE"
TOO_FAR_BACK = "ORDERS_TOO_FAR_BACK"


Fetch = Callable[[int], Awaitable[JdOrderPage]]
"""Fetches one page of a search."""


class OrderFlow:
    """Imports one channel's orders.

    Args:
        channel_id: The sales channel.
        settings: Its settings.
        state: What is known of it.
        shard: Publishes, and keeps index and watermark.
        jd: JD.
        calls_per_day: Gives the channel's share of calls as it is now; None when not known.
        sweep_every: Time between two full reads of all orders to ship.
        on_stock: Called after bookings changed.
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
        calls_per_day: Callable[[], int | None],
        sweep_every: timedelta,
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
        self._calls_per_day = calls_per_day
        self._sweep_every = sweep_every
        self._on_stock = on_stock
        self._now = now
        self._problems = problems
        self._metrics = metrics
        self._late_read_at: datetime | None = None
        self._polled_at: datetime | None = None
        self._calls_a_poll = 1

    async def step(self) -> float | None:
        """Sweep if due, then read the next window.

        Returns:
            Seconds until the next poll; 0 while behind.

        Raises:
            AdapterError: The type is the decision.
        """
        checkpoint = self._shard.tables.checkpoints.get(self._channel_id, "orders")
        if checkpoint is None:
            checkpoint = await self._begin()
        now = self._now()
        if checkpoint.swept_at is None or now - checkpoint.swept_at >= self._sweep_every:
            try:
                checkpoint = await self._sweep(checkpoint)
            except JdThrottled as error:  # a sweep can wait for calls; new orders must not
                log.warning("orders.sweep_waits", channel=self._channel_id, detail=str(error))
        return self._rest_s() or await self._poll(checkpoint)

    async def _begin(self) -> Checkpoint:
        """Fix where the import begins; kept from the first activation on.

        JD's instants have whole seconds: an order paid later in this one counts too.
        """
        now = self._now().replace(microsecond=0)
        checkpoint = Checkpoint(
            channel_id=self._channel_id, flow="orders", watermark=None, import_from=now
        )
        await self._shard.publish_atomically([self._shard.events.checkpoint(checkpoint, at=now)])
        return checkpoint

    def _start(self, checkpoint: Checkpoint) -> datetime:
        if self._settings.order_importing_type == "from_date":
            start = self._settings.import_orders_from
        else:
            start = checkpoint.import_from
        return start or self._now()

    async def _sweep(self, checkpoint: Checkpoint) -> Checkpoint:
        """Read all orders to ship, however old: what windows missed, and what JD books."""
        began = self._now()
        swept = checkpoint.model_copy(update={"swept_at": began})

        def fetch(page: int) -> Awaitable[JdOrderPage]:
            return self._jd.search_waiting_orders(page=page, page_size=PAGE_SIZE)

        await self._read(await fetch(1), fetch, checkpoint, last=swept)
        return swept

    async def _poll(self, checkpoint: Checkpoint) -> float:
        now = self._now()
        earliest = now - FURTHEST_BACK
        watermark = checkpoint.watermark or self._start(checkpoint)
        if watermark < earliest:
            self._problems.seen(
                TOO_FAR_BACK,
                now=now,
                cause=f"Orders changed before {earliest:%Y-%m-%d} cannot be asked for.",
                evidence=f"the import stands at {watermark:%Y-%m-%d}",
                remedy="JD searches three months back; older orders have to be entered by hand.",
            )
            watermark = earliest
        window = poll_window(
            watermark=watermark, now=now, overlap=self._overlap(now), settle=SETTLE
        )
        if window is None:
            return self._settings.order_poll_interval_s

        self._calls_a_poll = 0
        fetch = self._of(window)
        first = await fetch(1)
        while (first.total or 0) > MOST_ORDERS and (shorter := halved(window, watermark)):
            window, fetch = shorter, self._of(shorter)
            first = await fetch(1)
        last = checkpoint.model_copy(update={"watermark": window.until})
        await self._read(first, fetch, checkpoint, last=last)
        if now - window.until > timedelta(minutes=1):
            return 0.0
        self._polled_at = self._now()
        return self._interval_s()

    def _interval_s(self) -> float:
        return poll_interval_s(
            self._settings.order_poll_interval_s,
            calls_per_day=self._calls_per_day(),
            calls_a_poll=self._calls_a_poll,
        )

    def _rest_s(self) -> float:
        """Seconds until the next poll is due; who wakes the flow earlier must not use up calls."""
        if self._polled_at is None:
            return 0.0
        interval_s = self._interval_s()
        rest_s = interval_s - (self._now() - self._polled_at).total_seconds()
        return min(max(rest_s, 0.0), interval_s)

    def _of(self, window: PollWindow) -> Fetch:
        def fetch(page: int) -> Awaitable[JdOrderPage]:
            self._calls_a_poll += 1
            return self._jd.search_orders(
                since=window.since, until=window.until, page=page, page_size=PAGE_SIZE
            )

        return fetch

    def _overlap(self, now: datetime) -> timedelta:
        """Reach further back now and then: JD shows some orders minutes late."""
        if self._late_read_at is None or now - self._late_read_at >= LATE_EVERY:
            self._late_read_at = now
            return LATE_OVERLAP
        return OVERLAP

    async def _read(
        self,
        first: JdOrderPage,
        fetch: Fetch,
        checkpoint: Checkpoint,
        *,
        last: Checkpoint,
    ) -> None:
        """Read and commit every page from the last to the first; `last` goes with that one."""
        number = max(-(-(first.total or 0) // PAGE_SIZE), 1)
        page = first if number == 1 else await fetch(number)
        # JD's total is not believed: while a page is full there may be another.
        while _rows(page) == PAGE_SIZE and _rows(following := await fetch(number + 1)):
            number, page = number + 1, following
        for earlier in pages_last_first((number - 1) * PAGE_SIZE, PAGE_SIZE):
            await self._commit(page, checkpoint, None)
            page = await fetch(earlier)
        await self._commit(page, checkpoint, last)

    async def _commit(
        self, page: JdOrderPage, checkpoint: Checkpoint, final: Checkpoint | None
    ) -> None:
        start = self._start(checkpoint)
        adjusted: list[StockUpdate] = []
        after: dict[str, OrderIndexEntry] = {}
        published: list[OutgoingRecord] = []

        def decide() -> Iterator[Sequence[OutgoingRecord]]:
            known = self._shard.tables.order_index.of(self._channel_id)
            for order in page.orders:
                # JD may list an order twice in a page: the second is held against the first.
                previous = known.get(order.order_id)
                try:
                    records, entry = self._decide(order, previous, start)
                except Exception as error:  # a bug inside one order stops that order alone
                    log.exception("order.internal_error", channel=self._channel_id)
                    self._report_unreadable([(order.order_id, type(error).__name__)])
                    continue
                if entry is None:
                    continue
                after[order.order_id] = entry
                published.extend(records)
                changed = self._adjust(order, previous, entry)
                adjusted.extend(changed)
                yield [
                    *records,
                    self._shard.events.order_index(entry, at=self._now()),
                    *self._reserve(order, previous, entry),
                    *map(self._shard.events.stock_update, changed),
                ]
            if final is not None:
                yield [self._shard.events.checkpoint(final, at=self._now())]

        def applied() -> None:
            for update in adjusted:
                is_known = update.status == "adjusted"
                self._state.ledger.offered_known(
                    update.sku_id, update.quantity if is_known else None
                )
            for entry in after.values():
                self._state.take_order(entry)

        self._report_unreadable(page.unreadable)
        await self._shard.transact(decide, applied=applied)
        self._metrics.orders_published.inc(len(published))
        if after:
            self._on_stock()
            log.info(
                "orders.committed",
                channel=self._channel_id,
                published=len(published),
                indexed=len(after),
            )

    def _decide(
        self, order: JdOrder, previous: OrderIndexEntry | None, start: datetime
    ) -> tuple[list[OutgoingRecord], OrderIndexEntry | None]:
        is_wanted = (previous is not None and previous.in_scope) or in_scope(order, start)
        shipper = fulfilled_by(order)
        is_imported = is_wanted and (shipper != "jd" or self._settings.import_jd_fulfilled)
        content = content_hash(order)
        decided = next_revision(previous, order, content=content, is_imported=is_imported)
        if decided.action == "nothing":
            return [], None
        facts = order_facts(order)
        now = self._now()
        entry = index_entry(
            order,
            channel_id=self._channel_id,
            previous=previous,
            revision=decided.revision,
            facts=facts,
            content=content,
            is_in_scope=is_wanted,
            status_id=helm_status(facts, shipper),
            fulfilled_by=shipper,
            now=now,
        )
        if decided.action == "index":
            return [], entry
        message = translate(
            order,
            channel_id=self._channel_id,
            revision=decided.revision,
            previous=previous,
            mapping=self._mapping(order),
            despatch_hours=self._settings.despatch_hours,
            facts=facts,
        )
        return [self._shard.events.order(message, at=now)], entry

    def _reserve(
        self, order: JdOrder, previous: OrderIndexEntry | None, entry: OrderIndexEntry
    ) -> list[OutgoingRecord]:
        """Reserve the units of an order that is first seen open, and free those of a cancelled."""
        tables, events = self._shard.tables, self._shard.events
        known = tables.reservations.get(self._channel_id, entry.order_id)
        if known is not None:
            kept = with_order(known, entry)
        elif previous is None or not previous.is_open:
            capabilities = tables.checkpoints.get(self._channel_id, "capabilities")
            kept = reservation_of(
                entry,
                settings=self._settings,
                sold_as=self._mapping(order).get,
                has_receipts=capabilities is not None and capabilities.has_receipts,
            )
        else:
            return []
        if kept == known:
            return []
        if kept is None:
            return [events.reservation_ended(self._channel_id, entry.order_id)]
        return [events.reservation(kept, at=self._now())]

    def _mapping(self, order: JdOrder) -> dict[str, Mapped]:
        found = {
            line.sku_id: self._state.sold_as(line.sku_id, line.outer_sku_id) for line in order.lines
        }
        return {sku_id: Mapped(*sold_as) for sku_id, sold_as in found.items() if sold_as}

    def _adjust(
        self, order: JdOrder, before: OrderIndexEntry | None, entry: OrderIndexEntry
    ) -> list[StockUpdate]:
        """Say where JD changed its own numbers for an order."""
        stock_model = self._settings.stock_model
        not_before = before.modified if before else order.created_at
        adjusted = []
        for sku_id, units in taken_by_jd(before, entry, stock_model=stock_model).items():
            last = self._shard.tables.stock_updates.get(self._channel_id, sku_id)
            if last is not None and last.store_id == self._settings.jd_store_id:
                cause = f"order:{entry.order_id}"
                adjusted.append(
                    adjustment(
                        last, units=units, not_before=not_before, cause=cause, now=self._now()
                    )
                )
        return adjusted

    def _report_unreadable(self, unreadable: Sequence[tuple[str, str]]) -> None:
        for order_id, reason in unreadable:
            log.error("order.unreadable", channel=self._channel_id, order=order_id, reason=reason)
            self._problems.seen(
                UNREADABLE,
                now=self._now(),
                cause=f"JD's order {order_id or '(without number)'} cannot be read: {reason}",
                remedy="Enter this order by hand and report it; the others are not affected.",
                severity="error",
            )


def _rows(page: JdOrderPage) -> int:
    return len(page.orders) + len(page.unreadable)
