"""The topics: what they are called, how each must be made, and which shard a channel has.

All topics whose keys are or begin with a channel's id have the same number of partitions, and
the partition that the id hashes to is the channel's shard.

Names, keys and cleanup policies are decided here; documents repeat them.
"""

from dataclasses import dataclass, fields
from typing import Self

from aiokafka.partitioner import murmur2

FOREVER = -1
"""Kafka's value of a retention without end."""

_DAY_MS = 24 * 60 * 60 * 1000
_COMPACT = frozenset({"compact"})
_DELETE = frozenset({"delete"})


@dataclass(frozen=True, slots=True)
class TopicNames:
    """What the topics are called; each name is a setting."""

    sales_channels: str = "helm.sales-channels"
    listing_settings: str = "helm.listing-settings"
    stock_changes: str = "helm.stock-changes"
    shipments: str = "helm.shipments"
    order_receipts: str = "helm.order-receipts"
    commands: str = "helm.commands"
    orders: str = "jd.orders"
    listings: str = "jd.listings"
    stock_updates: str = "jd.stock-updates"
    shipment_results: str = "jd.shipment-results"
    channel_status: str = "jd.channel-status"
    checkpoints: str = "helm-jd.checkpoints"
    order_index: str = "helm-jd.order-index"
    reservations: str = "helm-jd.reservations"
    pending_shipments: str = "helm-jd.pending-shipments"
    tokens: str = "helm-jd.tokens"
    dead_letters: str = "helm-jd.dead-letters"

    def prefixed(self, prefix: str) -> Self:
        """Give the same names with `prefix` before each."""
        return type(self)(**{item.name: prefix + getattr(self, item.name) for item in fields(self)})


@dataclass(frozen=True, slots=True)
class TopicSpec:
    """How a topic must be made."""

    name: str
    partitions: int
    """What it is created with."""
    is_sharded: bool = True
    """Its keys begin with a channel's id, so its number of partitions must be `partitions`."""
    cleanup: frozenset[str] = _COMPACT
    """`compact`, `delete` or both."""
    retention_ms: int | None = None
    """How long records must be kept at least; None where nothing is deleted for its age."""
    min_compaction_lag_ms: int = 0
    """How long even a record that was replaced must be kept."""
    is_log_append_time: bool = False
    """Records carry the broker's time, not their writer's."""
    max_message_bytes: int | None = None
    """Largest batch that must be taken; None leaves the broker's own limit."""

    def configs(self) -> dict[str, str]:
        """Give Kafka's own settings of the topic."""
        configs = {"cleanup.policy": ",".join(sorted(self.cleanup))}
        if self.retention_ms is not None:
            configs["retention.ms"] = str(self.retention_ms)
            configs["retention.bytes"] = str(FOREVER)  # a broker's default could cut it short
        if self.min_compaction_lag_ms:
            configs["min.compaction.lag.ms"] = str(self.min_compaction_lag_ms)
        if self.max_message_bytes is not None:
            configs["max.message.bytes"] = str(self.max_message_bytes)
        if self.is_log_append_time:
            configs["message.timestamp.type"] = "LogAppendTime"
        return configs


def shard_of(channel_id: str, partitions: int) -> int:
    """Give the channel's shard, from 0 to `partitions` - 1.

    It is where Kafka's default partitioner puts a record with this key. Other clients' differ,
    so a channel's shard is this, never the partition in which a record happens to lie.
    """
    return int(murmur2(channel_id.encode()) & 0x7FFFFFFF) % partitions


def topic_specs(names: TopicNames, partitions: int) -> list[TopicSpec]:
    """Give how every topic must be made.

    Args:
        names: What they are called.
        partitions: Shards; also what the other topics are created with.
    """

    def log(name: str, days: int) -> TopicSpec:
        return TopicSpec(name, partitions, cleanup=_DELETE, retention_ms=days * _DAY_MS)

    def table(name: str) -> TopicSpec:
        return TopicSpec(name, partitions)

    def aging_table(name: str, days: int) -> TopicSpec:
        return TopicSpec(name, partitions, cleanup=_COMPACT | _DELETE, retention_ms=days * _DAY_MS)

    def table_of_helm(name: str, *, is_sharded: bool = True) -> TopicSpec:
        # A key may lie in two partitions, for Helm's partitioner is its own. The later record
        # holds, and only the broker's time says which that is.
        return TopicSpec(name, partitions, is_sharded=is_sharded, is_log_append_time=True)

    return [
        table_of_helm(names.sales_channels),
        table_of_helm(names.listing_settings),
        table_of_helm(names.stock_changes, is_sharded=False),  # keyed by pool, not by channel
        log(names.shipments, 14),
        log(names.order_receipts, 14),
        log(names.commands, 7),
        aging_table(names.orders, 30),
        table(names.listings),
        # Every intent and outcome stays for a week, replaced or not: they are the evidence of
        # why JD was told a quantity. Compaction alone may remove them after minutes.
        TopicSpec(names.stock_updates, partitions, min_compaction_lag_ms=7 * _DAY_MS),
        aging_table(names.shipment_results, 90),
        table(names.channel_status),
        table(names.checkpoints),
        table(names.order_index),
        table(names.reservations),
        table(names.pending_shipments),
        table(names.tokens),
        TopicSpec(
            names.dead_letters,
            partitions,
            is_sharded=False,  # keys are the original records', whatever they are
            cleanup=_DELETE,
            retention_ms=30 * _DAY_MS,
            max_message_bytes=2 * 1024 * 1024,  # a largest record, and the reason in its headers
        ),
    ]
