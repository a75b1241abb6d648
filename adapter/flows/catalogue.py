"""Catalogue in: JD's SKUs are read whole now and then, and followed by their changes between.

A deleted SKU is one that JD itself calls deleted; one that a page shift hid is left alone. How far
it came is kept with what was published, so that a restart goes on from there.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice

import structlog

from adapter.jd.client import JdClient
from adapter.jd.paging import sku_pages
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.shard import Shard
from adapter.rules.catalogue import DELETED, OFF_SALE, ON_SALE, is_changed, listing_of
from adapter.rules.diagnosis import Problems
from adapter.rules.encoding import DamagedTexts
from adapter.rules.mapping import near_misses
from adapter.rules.state import ChannelState
from adapter.wire.jd import JdSku, JdSkuPage
from adapter.wire.kept import Checkpoint

log = structlog.get_logger()

PAGE_SIZE = 50
"""SKUs a page; JD's limit.

Source: contracts/jd/sku.read.searchSkuList.
"""
OVERLAP = timedelta(minutes=5)
"""How far each look for changes reaches back: clocks differ, and a search may lag."""
LONG_OVERLAP = timedelta(minutes=30)
"""How far a long look reaches back, for what a search shows late."""
LONG_LOOK_EVERY = timedelta(minutes=10)
MOST_READINGS = 3
"""Full readings in a row until JD's own count is reached; then the next sweep has to find it."""

UNREADABLE = "LISTING_UNREADABLE"
INCOMPLETE = "CATALOGUE_INCOMPLETE"
NEAR_MISS = "CODE_NEAR_MISS"
_MOST_EXAMPLES = 3


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
        on_read: Told the SKUs of each page, for their stock figures.
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
        on_read: Callable[[Iterable[JdSku]], None],
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
        self._on_read = on_read
        self._now = now
        self._problems = problems
        self._damaged = DamagedTexts(problems)
        self._newest: dict[str, datetime] = {}
        self._looked_far_at: datetime | None = None
        self._swept_at: datetime | None = None
        self._followed_until: datetime | None = None
        kept = shard.tables.checkpoints.get(channel_id, "catalogue")
        # What is not published is not there after a restart: then all has to be read again.
        if kept is not None and publishes and state.listings:
            self._swept_at, self._followed_until = kept.swept_at, kept.watermark
        for listing in state.listings.values():
            self._damaged.judge(listing, now=now())

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
            await self._sweep()
            await self._look_for_near_misses()
            self._swept_at = began
        else:
            await self._follow(began)
        self._followed_until = began
        if self._publishes:
            await self._keep(began)
        return self._follow_every.total_seconds()

    async def _sweep(self) -> None:
        """Read everything; again where rows moved between the pages and fewer came than JD has."""
        seen, total = await self._read_all()
        for _ in range(MOST_READINGS - 1):
            if seen >= total:
                break
            log.info("catalogue.incomplete", channel=self._channel_id, seen=seen, total=total)
            seen, total = await self._read_all()
        if seen >= total:
            self._problems.passed(INCOMPLETE)
            return
        self._problems.seen(
            INCOMPLETE,
            now=self._now(),
            cause=f"JD counts {total} SKUs and showed {seen}, {MOST_READINGS} times in a row.",
            remedy="Nothing: changes are followed, and the next full reading finds the rest.",
            flow=INCOMPLETE,
        )

    async def _read_all(self) -> tuple[int, int]:
        """Read every page; return how many SKUs came, and how many JD counts."""
        seen: set[str] = set()
        total = 0
        async for page in self._pages(None, None):
            await self._take(page)
            seen.update(sku.sku_id for sku in page.skus)
            seen.update(f"unreadable {sku_id}" for sku_id, _ in page.unreadable)
            total = page.total or 0
        return len(seen), total

    async def _look_for_near_misses(self) -> None:
        """Compare codes without level loosely with all levels; there may be a million of them."""
        lost, levels = self._state.without_level()
        found = await asyncio.to_thread(near_misses, lost, levels) if lost else {}
        self._state.near_misses = found
        if not found:
            self._problems.passed(NEAR_MISS)
            return
        named = (f"{code!r} at JD, {skus[0]!r} at Helm" for code, skus in found.items())
        self._problems.seen(
            NEAR_MISS,
            now=self._now(),
            cause=f"{len(found)} codes of listings nearly equal one of Helm's SKUs, and have no "
            "level of their own.",
            evidence="; ".join(islice(named, _MOST_EXAMPLES)),
            remedy="Correct the outer id at JD, or map the listing on helm.listing-settings; "
            "nothing is guessed.",
            flow=NEAR_MISS,
        )

    async def _follow(self, until: datetime) -> None:
        """Read what changed; JD's search may show a change late, so some looks reach far back."""
        overlap = OVERLAP
        if self._looked_far_at is None or until - self._looked_far_at >= LONG_LOOK_EVERY:
            overlap, self._looked_far_at = LONG_OVERLAP, until
        since = (self._followed_until or until) - overlap
        async for page in self._pages(since, until):
            await self._take(page)

    def _pages(self, since: datetime | None, until: datetime | None) -> AsyncIterator[JdSkuPage]:
        def fetch(number: int) -> Awaitable[JdSkuPage]:
            return self._jd.list_skus(
                page=number,
                page_size=PAGE_SIZE,
                modified_since=since,
                modified_until=until,
                statuses=(ON_SALE, OFF_SALE, DELETED),
            )

        return sku_pages(fetch, page_size=PAGE_SIZE)

    async def _take(self, page: JdSkuPage) -> None:
        for sku_id, reason in page.unreadable:
            self._problems.seen(
                UNREADABLE,
                now=self._now(),
                cause=f"JD's SKU {sku_id or '(without number)'} cannot be read: {reason}",
                remedy="Look at the SKU in JD's seller console; the others are not affected.",
            )
        await self._publish(
            [record for sku in page.skus if self._is_new(sku) for record in self._changed(sku)]
        )
        self._on_change()
        self._on_read(page.skus)

    def _is_new(self, sku: JdSku) -> bool:
        """Tell whether a row is not older than what is known: a search may answer from before.

        An instant that is still to come says nothing: it would hide all that comes after it.
        """
        if sku.modified is None:
            return True
        known = self._state.listings.get(sku.sku_id)
        newest = self._newest.get(sku.sku_id, known.modified_at if known else None)
        if newest is not None and sku.modified < newest <= self._now():
            return False
        self._newest[sku.sku_id] = sku.modified
        return True

    def _changed(self, sku: JdSku) -> Iterable[OutgoingRecord]:
        known = self._state.listings.get(sku.sku_id)
        if sku.status == DELETED:
            self._state.drop_listing(sku.sku_id)
            self._damaged.forget(sku.sku_id)
            if known is not None:
                yield self._shard.events.listing_deleted(self._channel_id, sku.sku_id)
            return
        found = listing_of(self._channel_id, sku, self._state.override(sku.sku_id))
        if is_changed(known, found):
            self._state.take_listing(found)
            self._damaged.judge(found, now=self._now())
            yield self._shard.events.listing(found, at=self._now())

    async def _publish(self, records: list[OutgoingRecord]) -> None:
        """Publish listings; fenced, for a former owner's must not stand over newer ones."""
        if records and self._publishes:
            await self._shard.publish_atomically(records)
            log.info("catalogue.published", channel=self._channel_id, listings=len(records))

    async def _keep(self, at: datetime) -> None:
        """Keep how far it came, which is true only of what was published before."""
        checkpoint = Checkpoint(
            channel_id=self._channel_id,
            flow="catalogue",
            watermark=self._followed_until,
            swept_at=self._swept_at,
        )
        await self._shard.publish_atomically([self._shard.events.checkpoint(checkpoint, at=at)])
