"""A channel's state as the topics tell it: at a takeover, and for whoever asks why."""

from collections.abc import Callable
from datetime import datetime, timedelta

from adapter.kafka.shard import ShardTables
from adapter.rules.levels import Levels
from adapter.rules.overrides import Overrides
from adapter.rules.state import ChannelState, offered_level
from adapter.wire.helm import SalesChannel


def restored_state(
    channel_id: str,
    settings: SalesChannel,
    *,
    tables: ShardTables,
    levels: Levels,
    overrides: Overrides,
    uncounted: Callable[[str, str], int],
    call_life: timedelta,
    now: datetime,
) -> ChannelState:
    """Put together what is known of a channel.

    Args:
        channel_id: The sales channel.
        settings: Its settings.
        tables: What is kept of its shard.
        levels: All pools' levels; one that was offered and is newer is taken in.
        overrides: All listings' own settings.
        uncounted: Units of a pool's SKU that its level does not reflect yet.
        call_life: How long a former owner's call may still arrive at JD.
        now: The clock.
    """
    pool = settings.stock_pool
    state = ChannelState(
        settings=settings,
        levels=levels.of(pool),
        overrides=overrides.of(channel_id),
        uncounted=lambda sku: uncounted(pool, sku),
        unreadable=levels.unreadable(pool),
        regressed=levels.regressed(pool),
    )
    for entry in tables.order_index.of(channel_id).values():
        state.take_order(entry)
    if settings.sync_inventory:
        for listing in tables.listings.of(channel_id).values():
            state.restore_listing(listing)
    for update in tables.stock_updates.rows(channel_id):
        # Compaction keeps a level's last record, not its newest: what was offered may know better.
        level = offered_level(update, stock_pool=pool)
        if level is not None and levels.restore(pool, update.sku, level):
            state.ledger.level_changed(update.sku)
        if not settings.sync_inventory:
            state.restore_mapping(update)
        state.restore_offered(update, now=now, late_until=now + call_life)
    return state
