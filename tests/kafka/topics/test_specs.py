"""What topics are called and how they must be made."""

from dataclasses import fields

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from adapter.kafka.topics import TopicNames, TopicSpec, shard_of, topic_specs

DAY_MS = 86_400_000
PARTITIONER = DefaultPartitioner()


def specs() -> dict[str, TopicSpec]:
    """Give the specs by the names of their fields."""
    names = TopicNames()
    made = {spec.name: spec for spec in topic_specs(names, 12)}
    return {item.name: made[getattr(names, item.name)] for item in fields(names)}


def test_every_topic_has_a_spec() -> None:
    """A topic that is named is also made and checked."""
    assert len(specs()) == len(fields(TopicNames)) == len(topic_specs(TopicNames(), 12))


def test_the_prefix_goes_before_each_name() -> None:
    """Installations that share a cluster differ in it."""
    names = TopicNames(orders="mine").prefixed("test.")

    assert names.orders == "test.mine"
    assert all(getattr(names, item.name).startswith("test.") for item in fields(names))


@pytest.mark.parametrize(
    ("topic", "policy", "days"),
    [
        ("sales_channels", "compact", None),
        ("listing_settings", "compact", None),
        ("stock_changes", "compact", None),
        ("shipments", "delete", 14),
        ("order_receipts", "delete", 14),
        ("commands", "delete", 7),
        ("orders", "compact,delete", 30),
        ("listings", "compact", None),
        ("stock_updates", "compact", None),
        ("shipment_results", "compact,delete", 90),
        ("channel_status", "compact", None),
        ("checkpoints", "compact", None),
        ("order_index", "compact", None),
        ("reservations", "compact", None),
        ("pending_shipments", "compact", None),
        ("tokens", "compact", None),
        ("dead_letters", "delete", 30),
    ],
)
def test_a_topic_keeps_what_it_must(topic: str, policy: str, days: int | None) -> None:
    """Tables are compacted, logs are deleted for their age."""
    configs = specs()[topic].configs()

    assert configs["cleanup.policy"] == policy
    assert configs.get("retention.ms") == (None if days is None else str(days * DAY_MS))


def test_the_evidence_of_stock_writing_stays_for_a_week() -> None:
    """Of the tables only this one keeps what was replaced."""
    lags = {topic: spec.configs().get("min.compaction.lag.ms") for topic, spec in specs().items()}

    assert {topic for topic, lag in lags.items() if lag} == {"stock_updates"}
    assert lags["stock_updates"] == str(7 * DAY_MS)


def test_tables_of_helm_carry_the_brokers_time() -> None:
    """Of one key in two partitions the later record holds: only one clock can tell."""
    by_broker = {
        topic
        for topic, spec in specs().items()
        if spec.configs().get("message.timestamp.type") == "LogAppendTime"
    }

    assert by_broker == {"sales_channels", "listing_settings", "stock_changes"}


def test_all_topics_keyed_by_channel_have_the_same_number_of_partitions() -> None:
    """Stock changes are keyed by pool, dead letters by whatever they were."""
    free = {topic for topic, spec in specs().items() if not spec.is_sharded}

    assert free == {"stock_changes", "dead_letters"}
    assert {spec.partitions for spec in specs().values()} == {12}


@pytest.mark.parametrize(
    ("channel_id", "murmur2"),
    [
        ("21", -973932308),
        ("foobar", -790332482),
        ("a-little-bit-long-string", -985981536),
        ("a-little-bit-longer-string", -1486304829),
        ("abc", 479470107),
    ],
)
def test_the_hash_is_the_one_of_kafkas_own_clients(channel_id: str, murmur2: int) -> None:
    """These are the vectors of Kafka's own tests (UtilsTest.testMurmur2)."""
    assert shard_of(channel_id, 2**31) == murmur2 & 0x7FFFFFFF


@pytest.mark.parametrize(
    ("channel_id", "shards"), [("shop-1", (0, 2)), ("jd-demo", (0, 4)), ("abc", (1, 3))]
)
def test_a_channels_shard_is_fixed_for_life(channel_id: str, shards: tuple[int, int]) -> None:
    """These must never change: what was published stays where it is looked for."""
    assert (shard_of(channel_id, 2), shard_of(channel_id, 12)) == shards


@given(st.text(st.characters(codec="utf-8")), st.integers(1, 200))
def test_a_shard_is_where_kafkas_default_partitioner_puts_the_channel(
    channel_id: str, partitions: int
) -> None:
    """Helm's records land in their channel's shard when its client partitions as Kafka's does."""
    everywhere = list(range(partitions))

    assert shard_of(channel_id, partitions) == PARTITIONER(
        channel_id.encode(), everywhere, everywhere
    )
