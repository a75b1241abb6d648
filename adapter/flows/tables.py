"""What every instance reads whole: channels, listings' own settings, levels, reservations.

A record that cannot be read is set aside for the owner of its shard to dead-letter, and what was
known stays. A channel whose newest settings cannot be read rests: they may have switched it off.
"""

import contextlib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache

import structlog
from pydantic import SecretStr, ValidationError

from adapter.diagnostics import Metrics
from adapter.errors import AdapterError, MalformedRecord, RecordError
from adapter.kafka.bad_records import BadRecords
from adapter.kafka.records import ReadRecord
from adapter.kafka.topics import TopicNames
from adapter.rules.channels import (
    AnyChannel,
    InactiveChannel,
    UnreadableChannel,
    read_channel,
    without_credentials,
)
from adapter.rules.levels import Levels
from adapter.rules.messages import read_message, require_key, unknown_fields
from adapter.rules.overrides import Overrides
from adapter.rules.stock import Level
from adapter.rules.uncounted import Reservations
from adapter.wire.helm import ListingSettings, StockChange
from adapter.wire.kept import Reservation

log = structlog.get_logger()


class WholeTables:
    """Takes in the records of the topics that every instance reads whole.

    Args:
        names: The topics.
        private_keys: Open channels' credentials.
        http_hosts: Hosts to which plain http is allowed beside loopback.
        bad_records: Where unreadable records go.
        on_channels: Called when a channel's settings changed.
        on_listing: Told channel and listing whose own settings changed.
        metrics: Counts.
    """

    def __init__(
        self,
        *,
        names: TopicNames,
        private_keys: Sequence[SecretStr],
        http_hosts: Collection[str],
        bad_records: BadRecords,
        on_channels: Callable[[], None],
        on_listing: Callable[[str, str], None],
        metrics: Metrics,
    ) -> None:
        self.levels = Levels()
        self.reservations = Reservations(self.levels)
        self.overrides = Overrides()
        self.channels: dict[str, AnyChannel] = {}
        self.handlers: Mapping[str, Callable[[ReadRecord], None]] = {
            names.sales_channels: self._guarded(self._take_channel, keep=without_credentials),
            names.listing_settings: self._guarded(self._take_override),
            names.stock_changes: self._guarded(self._take_level),
            names.reservations: self._guarded(self._take_reservation),
        }
        self._reservations_topic = names.reservations
        self._private_keys = private_keys
        self._http_hosts = http_hosts
        self._bad_records = bad_records
        self._on_channels = on_channels
        self._on_listing = on_listing
        self._metrics = metrics
        # Looking a labelled counter up takes longer than all else that becomes of a record.
        self._accepted = cache(
            lambda topic: metrics.records.labels(topic=topic, outcome="accepted").inc
        )
        self._channel_times: dict[str, int] = {}
        self._override_times: dict[tuple[str, str], int] = {}

    def committed(self, topic: str, key: bytes | None, value: bytes | None, offset: int) -> None:
        """Take in what this instance committed or restored before it comes by in its topic."""
        if topic == self._reservations_topic:
            self._reserve(key, value, offset, is_own=True)

    def _guarded(
        self,
        take: Callable[[ReadRecord], int],
        *,
        keep: Callable[[bytes], bytes] | None = None,
    ) -> Callable[[ReadRecord], None]:
        """Make a handler that sets unreadable records aside; `take` returns its unknown fields."""

        def handle(record: ReadRecord) -> None:
            try:
                unknown = take(record)
            except AdapterError as error:
                log.warning(
                    "record.unreadable", reason=error.reason, detail=str(error), **_place(record)
                )
                self._set_aside(record, error, error.reason, keep)
            except Exception as error:  # a bug inside one record stops that record alone
                log.exception("record.internal_error", **_place(record))
                self._set_aside(record, error, "internal_error", keep)
            else:
                self._accepted(record.topic)()
                if unknown:
                    self._metrics.unknown_fields.labels(topic=record.topic).inc(unknown)

        return handle

    def _set_aside(
        self,
        record: ReadRecord,
        error: Exception,
        reason: str,
        keep: Callable[[bytes], bytes] | None,
    ) -> None:
        self._metrics.dead_letters.labels(topic=record.topic, reason=reason).inc()
        self._bad_records.add(record, error, keep=keep)

    def _take_channel(self, record: ReadRecord) -> int:
        channel_id = (record.key or b"").decode(errors="replace")
        # Writers' partitioners differ, so one key may lie in two partitions: the later one holds.
        if record.timestamp < self._channel_times.get(channel_id, 0):
            return 0
        self._channel_times[channel_id] = record.timestamp
        try:
            if record.value is None:
                self.channels.pop(channel_id, None)
                return 0
            channel = read_channel(
                record.key,
                record.value,
                private_keys=self._private_keys,
                http_hosts=self._http_hosts,
            )
        except AdapterError as error:
            # A key that is no channel's id names no channel that could rest.
            if not isinstance(error, RecordError) or error.field != "key":
                self.channels[channel_id] = UnreadableChannel(channel_id, error)
            raise
        else:
            self.channels[channel_id] = channel
            return unknown_fields(channel.settings)
        finally:
            self._on_channels()

    def _take_override(self, record: ReadRecord) -> int:
        channel_id, sku_id = _parts(record.key)
        if record.timestamp < self._override_times.get((channel_id, sku_id), 0):
            return 0
        settings = None
        if record.value is not None:
            settings = read_message(ListingSettings, record.value, contract="helm.listing-settings")
            require_key(record.key, f"{settings.channel_id}:{settings.sku_id}")
        self._override_times[channel_id, sku_id] = record.timestamp
        self.overrides.take(channel_id, sku_id, settings)
        self._on_listing(channel_id, sku_id)
        return unknown_fields(settings) if settings else 0

    def _take_level(self, record: ReadRecord) -> int:
        try:
            if record.value is None:
                self.levels.take(*_parts(record.key), Level(None))
                return 0
            change = read_message(StockChange, record.value, contract="helm.stock-changes")
            stock_pool = change.stock_pool
            if "stock_pool" not in change.model_fields_set:
                stock_pool = _parts(record.key)[0]
            require_key(record.key, f"{stock_pool}:{change.sku}")
        except Exception:  # whatever is wrong with it, its SKU has a level that cannot be read
            with contextlib.suppress(MalformedRecord):  # under such a key it is no SKU's
                self.levels.take_unreadable(*_parts(record.key))
            raise
        level = Level(change.available, change.version, change.occurred_at)
        self.levels.take(stock_pool, change.sku, level)
        return unknown_fields(change)

    def _take_reservation(self, record: ReadRecord) -> int:
        try:
            self._reserve(record.key, record.value, record.offset, is_own=False)
        except ValidationError as error:
            message = "only this adapter writes reservations, and this is none"
            raise MalformedRecord(message) from error
        return 0

    def _reserve(
        self, key: bytes | None, value: bytes | None, offset: int, *, is_own: bool
    ) -> None:
        channel_id, order_id = _parts(key)
        reservation = None if value is None else Reservation.model_validate_json(value)
        self.reservations.take(channel_id, order_id, reservation, offset=offset, is_own=is_own)


def active(channels: Mapping[str, AnyChannel]) -> int:
    """Count the channels that are switched on and can be read."""
    return sum(
        not isinstance(channel, InactiveChannel | UnreadableChannel)
        for channel in channels.values()
    )


def _parts(key: bytes | None) -> tuple[str, str]:
    """Split a key at its first colon.

    Raises:
        MalformedRecord: It has none.
    """
    try:
        first, colon, rest = (key or b"").decode().partition(":")
    except UnicodeDecodeError:
        first = colon = rest = ""
    if not (first and colon and rest):
        message = "key: must be two names with a colon between, as contracts/helm says"
        raise MalformedRecord(message, field="key")
    return first, rest


def _place(record: ReadRecord) -> dict[str, str | int]:
    return {"topic": record.topic, "partition": record.partition, "offset": record.offset}
