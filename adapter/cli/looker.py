"""Reads what the topics tell of one channel's stock, in two goes: what it sells, what that needs.

Only what is asked for is kept: of a million levels those of one SKU, if one is asked for.
"""

import json
from collections.abc import Callable, Collection

from adapter.cli.output import note
from adapter.cli.reading import Newest, channel_settings, of_channel, parsed, read
from adapter.diagnostics import Metrics
from adapter.flows.tables import WholeTables
from adapter.kafka.bad_records import BadRecords
from adapter.kafka.reading import Wanted
from adapter.kafka.records import ReadRecord
from adapter.kafka.shard import ShardTables
from adapter.rules.catalogue import listing_as_written, mapped
from adapter.rules.mapping import near_misses
from adapter.settings import Settings
from adapter.wire.helm import SalesChannel
from adapter.wire.kept import Reservation
from adapter.wire.published import ChannelStatus, Listing, StockUpdate

_PART = 50_000
"""Codes that are compared at once."""

Take = Callable[[ReadRecord], None]


class Looker:
    """Reads one channel's topics in two goes: what it sells, then what that needs."""

    def __init__(self, settings: Settings, channel_id: str) -> None:
        names = settings.topics
        self._settings = settings
        self._names = names
        self._channel_id = channel_id
        self.tables = ShardTables(names)
        self.whole = WholeTables(
            names=names,
            private_keys=(),
            http_hosts=(),
            bad_records=BadRecords(topic=names.dead_letters, partitions=settings.partitions),
            on_channels=lambda: None,
            on_listing=lambda _, __: None,
            metrics=Metrics(),
        )
        self.channels, self.statuses, self.reservations = Newest(), Newest(), Newest()
        self.history: dict[str, list[StockUpdate]] = {}

    async def read_listings(self) -> SalesChannel:
        """Read settings, listings and status; return the settings."""
        names, channel_id = self._names, self._channel_id
        own, itself = of_channel(channel_id), channel_id.encode().__eq__
        take_override = self.whole.handlers[names.listing_settings]
        listings, checkpoints = Newest(), Newest()
        await read(
            self._settings,
            Wanted(names.sales_channels, self.channels.take, None, itself),
            Wanted(names.listing_settings, take_override, None, own),
            Wanted(names.listings, listings.take, channel_id, own),
            Wanted(names.checkpoints, checkpoints.take, channel_id, own),
            Wanted(names.channel_status, self.statuses.take, channel_id, itself),
        )
        self._apply(names.listings, listings)
        self._apply(names.checkpoints, checkpoints)
        return channel_settings(self.channels, self._channel_id)

    async def shop(self, channel: SalesChannel) -> list[Listing]:
        """Give the listings, their own settings applied; as last written if unpublished."""
        published = self.tables.listings.of(self._channel_id)
        if not channel.sync_inventory:
            written, topic = Newest(), self._names.stock_updates
            keeps = of_channel(self._channel_id)
            await read(self._settings, Wanted(topic, written.take, self._channel_id, keeps))
            updates = [parsed(StockUpdate, value, key) for key, value in written.items()]
            published = {each.sku_id: listing_as_written(each) for each in updates if each}
        own = self.whole.overrides.of(self._channel_id)
        return [mapped(each, own.get(each.sku_id)) for each in published.values()]

    def forget_listings_but(self, kept: Collection[str]) -> None:
        """Forget the listings that nobody asks for."""
        for sku_id in list(self.tables.listings.of(self._channel_id)):
            if sku_id not in kept:
                key = f"{self._channel_id}:{sku_id}".encode()
                self.tables.apply(self._names.listings, key, None)

    async def read_stock(
        self, pool: str, listings: Collection[Listing], *, asked: str | None
    ) -> None:
        """Read the levels, bookings and offers of listings, and of the SKU that is asked for."""
        names, channel_id = self._names, self._channel_id
        keys = {f"{channel_id}:{listing.sku_id}".encode() for listing in listings}
        skus = {listing.sku for listing in listings if listing.sku}
        if asked is not None:
            skus.add(asked)
        levels = {f"{pool}:{sku}".encode() for sku in skus}
        offers, orders = Newest(), Newest()
        take_offer: Take = offers.take
        take_order: Take = orders.take
        take_reservation: Take = self.whole.handlers[names.reservations]
        if asked is not None:
            take_offer = _both(offers.take, self._take_history)
            take_order = _mentioning([listing.sku_id for listing in listings], orders.take)
            take_reservation = _mentioning(skus, _both(take_reservation, self.reservations.take))
        await read(
            self._settings,
            Wanted(
                names.stock_changes,
                self.whole.handlers[names.stock_changes],
                keeps=levels.__contains__,
            ),
            Wanted(names.stock_updates, take_offer, channel_id, keys.__contains__),
            Wanted(names.order_index, take_order, channel_id, of_channel(channel_id)),
            Wanted(names.reservations, take_reservation),
        )
        self._apply(names.stock_updates, offers)
        self._apply(names.order_index, orders)

    async def read_codes(self, pool: str, take: Callable[[str], None]) -> None:
        """Read the SKUs that a pool has levels of; one may come several times."""
        beginning = f"{pool}:".encode()

        def take_key(record: ReadRecord) -> None:
            take((record.key or b"")[len(beginning) :].decode(errors="replace"))

        topic = self._names.stock_changes
        await read(self._settings, Wanted(topic, take_key, keeps=lambda k: k.startswith(beginning)))

    async def near_misses(self, pool: str, lost: Collection[str]) -> dict[str, list[str]]:
        """Find the levels whose codes nearly equal those that have none, a part at a time."""
        found: dict[str, set[str]] = {}
        part: list[str] = []

        def look() -> None:
            for code, candidates in near_misses(lost, part).items():
                found.setdefault(code, set()).update(candidates)
            part.clear()

        def take(code: str) -> None:
            part.append(code)
            if len(part) == _PART:
                look()

        await self.read_codes(pool, take)
        look()
        return {code: sorted(candidates) for code, candidates in found.items()}

    def reserved(self) -> list[Reservation]:
        """Return the reservations that were kept."""
        rows = [parsed(Reservation, value, key) for key, value in self.reservations.items()]
        return [row for row in rows if row is not None]

    def status(self) -> ChannelStatus | None:
        """Return the channel's newest status."""
        return parsed(ChannelStatus, self.statuses.get(self._channel_id), "the channel's status")

    def is_paused(self) -> bool:
        """Tell whether an operator paused it."""
        control = self.tables.checkpoints.get(self._channel_id, "control")
        return control is not None and control.paused

    def _apply(self, topic: str, newest: Newest) -> None:
        for key, value in newest.items():
            try:
                self.tables.apply(topic, key.encode(), value)
            except ValueError:
                note(f"warning: {topic} {key} cannot be read and is passed over", "yellow")

    def _take_history(self, record: ReadRecord) -> None:
        update = parsed(StockUpdate, record.value, f"{record.topic} offset {record.offset}")
        if update is not None:
            self.history.setdefault(update.sku_id, []).append(update)


def _both(*takes: Take) -> Take:
    def taking(record: ReadRecord) -> None:
        for take in takes:
            take(record)

    return taking


def _mentioning(codes: Collection[str], take: Take) -> Take:
    """Take an order's record only if it names one of the SKUs; a tombstone always."""
    texts = [json.dumps(code, ensure_ascii=False).encode() for code in codes]

    def taking(record: ReadRecord) -> None:
        if record.value is None or any(text in record.value for text in texts):
            take(record)

    return taking
