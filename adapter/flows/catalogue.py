"""Catalogue in: JD's SKUs are read whole now and then, and followed by their changes between.

A deleted SKU is one that JD itself calls deleted; one that a page shift hid is left alone.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import structlog

from adapter.jd.client import JdClient
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.shard import Shard
from adapter.rules.catalogue import DELETED, OFF_SALE, ON_SALE, is_changed, listing_of
from adapter.rules.diagnosis import Problems
from adapter.rules.state import ChannelState
from adapter.wire.jd import JdSku, JdSkuPage

log = structlog.get_logger()

PAGE_SIZE = 50
"""SKUs a page; JD's limit.

Source: contracts/jd/sku.read.searchSkuList.
"""
OVERLAP = timedelta(minutes=5)
UNREADABLE = "LISTING_UNREADABLE"


class CatalogueFlow:
    """Reads one channel's listings.

    Args:
        channel_id: The sales channel.
        state: What is known of it.
        shard: Publishes.
        jd: JD.
        publishes: Whether listings are published (Sync Inventory), or only read for the mapping.
        sweep_every: Time between two full reads.
        follow_every: Time between two looks for changes.
        on_change: Called after listings changed.
        now: The clock.
        problems: Where problems are noted.
    """

    def __init__(
        self,
        *,
        channel_id: str,
        state: ChannelState,
        shard: Shard,
        jd: JdClient,
        publishes: bool,
        sweep_every: timedelta,
        follow_every: timedelta,
        on_change: Callable[[], None],
        now: Callable[[], datetime],
        problems: Problems,
    ) -> None:
        self._channel_id = channel_id
        self._state = state
        self._shard = shard
        self._jd = jd
        self._publishes = publishes
        self._sweep_every = sweep_every
        self._follow_every = follow_every
        self._on_change = on_change
        self._now = now
        self._problems = problems
        self._swept_at: datetime | None = None
        self._followed_until: datetime | None = None

    async def step(self) -> float | None:
        """Read what is due.

        Returns:
            Seconds until the next look.

        Raises:
            AdapterError: The type is the decision.
        """
        began = self._now()
        await self._publish(
            [self._shard.events.listing(found, at=began) for found in self._state.changed_here()]
        )
        if self._swept_at is None or began - self._swept_at >= self._sweep_every:
            await self._read(since=None, until=None)
            self._swept_at = self._followed_until = began
        else:
            since = (self._followed_until or began) - OVERLAP
            await self._read(since=since, until=began)
            self._followed_until = began
        return self._follow_every.total_seconds()

    async def _read(self, *, since: datetime | None, until: datetime | None) -> None:
        """Read all pages, the last one first: a row that moves forward is still to be read."""
        first = await self._page(1, since, until)
        last = -(-(first.total or 0) // PAGE_SIZE)
        for page in range(last, 1, -1):
            await self._take(await self._page(page, since, until))
        await self._take(first if last <= 1 else await self._page(1, since, until))

    async def _page(self, page: int, since: datetime | None, until: datetime | None) -> JdSkuPage:
        return await self._jd.list_skus(
            page=page,
            page_size=PAGE_SIZE,
            modified_since=since,
            modified_until=until,
            statuses=(ON_SALE, OFF_SALE, DELETED),
        )

    async def _take(self, page: JdSkuPage) -> None:
        for sku_id, reason in page.unreadable:
            self._problems.seen(
                UNREADABLE,
                now=self._now(),
                cause=f"JD's SKU {sku_id or '(without number)'} cannot be read: {reason}",
                remedy="Look at the SKU in JD's seller console; the others are not affected.",
            )
        await self._publish(self._changed(page.skus))
        self._on_change()

    def _changed(self, skus: Iterable[JdSku]) -> list[OutgoingRecord]:
        records = []
        for sku in skus:
            known = self._state.listings.get(sku.sku_id)
            if sku.status == DELETED:
                if known is not None:
                    self._state.drop_listing(sku.sku_id)
                    records.append(self._shard.events.listing_deleted(self._channel_id, sku.sku_id))
                continue
            found = listing_of(self._channel_id, sku, self._state.override(sku.sku_id))
            if is_changed(known, found):
                self._state.take_listing(found)
                records.append(self._shard.events.listing(found, at=self._now()))
        return records

    async def _publish(self, records: list[OutgoingRecord]) -> None:
        if records and self._publishes:
            await self._shard.publish(records)
            log.info("catalogue.published", channel=self._channel_id, listings=len(records))
