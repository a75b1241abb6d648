"""One channel's stock as the topics alone tell it, put together as its owner does at a start."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapter.cli.looker import Looker
from adapter.flows.restoring import restored_state
from adapter.kafka.shard import ShardTables
from adapter.rules.catalogue import mapped
from adapter.rules.explaining import Case
from adapter.rules.ledger import StockWrite
from adapter.rules.mapping import MappingReport, mapping_report, near_misses
from adapter.rules.reservations import is_counted
from adapter.rules.state import ChannelState
from adapter.settings import Settings
from adapter.wire.helm import SalesChannel
from adapter.wire.kept import Reservation
from adapter.wire.published import ChannelStatus, Listing, StockUpdate


@dataclass(slots=True)
class Picture:
    """What is known of a channel, or of one SKU of it."""

    channel_id: str
    settings: SalesChannel
    state: ChannelState
    tables: ShardTables
    status: ChannelStatus | None
    """As it was told last; None when it never was."""
    is_paused: bool
    """An operator paused it."""
    history: dict[str, list[StockUpdate]] = field(default_factory=dict)
    """By JD's number, all that is kept of what was offered, the oldest first."""
    candidates: dict[str, list[str]] = field(default_factory=dict)
    """By a code that has no level, Helm's SKUs that it nearly equals."""
    reservations: list[Reservation] = field(default_factory=list)
    """Those that name the SKU that was asked for, counted or not, of any channel."""
    near: list[Listing] = field(default_factory=list)
    """Listings whose code nearly equals what was asked for."""

    def listings(self) -> list[Listing]:
        """Give the listings, their own settings applied."""
        return [
            mapped(listing, self.state.override(listing.sku_id))
            for listing in self.state.listings.values()
        ]

    def uncounted(self, write: StockWrite) -> list[Reservation]:
        """Give the reservations that a write's level does not reflect."""
        return [
            each
            for each in self.reservations
            if each.stock_pool == self.settings.stock_pool
            and each.units.get(write.sku)
            and not is_counted(each, write.sku, write.level)
        ]

    def case(self, listing: Listing) -> Case:
        """Give all that is known of one listing."""
        return Case(
            settings=self.settings,
            listing=listing,
            override=self.state.override(listing.sku_id),
            standing=self.state.ledger.standing(listing.sku_id),
            last=self.tables.stock_updates.get(self.channel_id, listing.sku_id),
            candidates=self.candidates.get(listing.sku or "", ()),
            is_paused=self.is_paused,
            problems=self.status.problems if self.status else (),
            is_level_unreadable=listing.sku in self.state.unreadable_skus(),
            regressed=self.state.regressed_levels().get(listing.sku or ""),
        )


async def picture(
    settings: Settings, channel_id: str, *, now: datetime, asked: str | None = None
) -> Picture:
    """Put together what the topics tell of a channel; ends the command if there is none.

    Args:
        settings: Where the topics are.
        channel_id: The sales channel.
        now: The clock.
        asked: A SKU code or JD's number, if only its listings are wanted.

    Raises:
        AdapterError: The topics cannot be read.
    """
    looker = Looker(settings, channel_id)
    channel = await looker.read_listings()
    overrides = looker.whole.overrides
    shop = await looker.shop(channel)
    near: list[Listing] = []
    if asked is not None:
        codes = near_misses([asked], {each.sku for each in shop if each.sku}).get(asked, ())
        near = [each for each in shop if each.sku in codes]
        skus = {each.sku for each in shop if asked in {each.sku, each.sku_id} and each.sku}
        shop = [each for each in shop if each.sku in skus or each.sku_id == asked]
        looker.forget_listings_but({each.sku_id for each in shop})
    pool = channel.stock_pool
    await looker.read_stock(pool, shop, asked=asked)
    candidates: dict[str, list[str]] = {}
    if asked is not None:
        skus = {each.sku for each in shop if each.sku} or {asked}
        lost = skus - looker.whole.levels.of(pool).keys()
        candidates = await looker.near_misses(pool, lost) if lost else {}
    state = restored_state(
        channel_id,
        channel,
        tables=looker.tables,
        levels=looker.whole.levels,
        overrides=overrides,
        uncounted=looker.whole.reservations.uncounted,
        call_life=timedelta(seconds=settings.call_timeout_s + settings.late_call_s),
        now=now,
    )
    return Picture(
        channel_id=channel_id,
        settings=channel,
        state=state,
        tables=looker.tables,
        status=looker.status(),
        is_paused=looker.is_paused(),
        history=looker.history,
        candidates=candidates,
        reservations=looker.reserved(),
        near=[each for each in near if each not in shop],
    )


async def read_mapping(
    settings: Settings, channel_id: str, *, most_examples: int | None
) -> MappingReport:
    """Report how a channel's listings map; ends the command if there is no channel.

    Raises:
        AdapterError: The topics cannot be read.
    """
    looker = Looker(settings, channel_id)
    channel = await looker.read_listings()
    codes: set[str] = set()
    await looker.read_codes(channel.stock_pool, codes.add)
    return mapping_report(
        await looker.shop(channel),
        overrides=looker.whole.overrides.of(channel_id),
        levels=codes,
        most_examples=most_examples,
    )
