"""The cluster's topics, compared and created."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import KafkaUnreachable, TopicsError
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.topics import (
    TopicNames,
    TopicProblem,
    TopicSpec,
    check_topics,
    create_topics,
    partition_counts,
    require_topics,
    topic_specs,
)
from adapter.kafka.topics.cluster import FoundTopic, topic_problems

SPECS = topic_specs(TopicNames(), 12)
AS_NEEDED = {spec.name: FoundTopic(spec.partitions, spec.configs()) for spec in SPECS}
DAY_MS = 86_400_000


def problems(found: Mapping[str, FoundTopic]) -> list[TopicProblem]:
    """Compare topics with what is needed."""
    return topic_problems(SPECS, found, bootstrap_servers="broker:9092")


def changed(topic: str, **configs: str) -> dict[str, FoundTopic]:
    """Give topics as needed but for one setting of one."""
    named = {name.replace("_", "."): value for name, value in configs.items()}
    found = AS_NEEDED[topic]
    return AS_NEEDED | {topic: replace(found, configs={**found.configs, **named})}


def test_topics_made_as_needed_have_no_problem() -> None:
    """What `create` makes passes."""
    assert problems(AS_NEEDED) == []


def test_a_missing_topic_is_named_with_the_command() -> None:
    """Every missing one is listed."""
    found = problems({})

    assert [item.topic for item in found] == [spec.name for spec in SPECS]
    assert all(item.remedy == "Run: helm-jd topics create" for item in found)


@pytest.mark.parametrize(
    ("topic", "configs"),
    [
        ("jd.orders", {"cleanup_policy": "delete"}),
        ("jd.orders", {"cleanup_policy": "compact"}),
        ("helm.sales-channels", {"cleanup_policy": "delete"}),
        ("helm.sales-channels", {"cleanup_policy": "compact,delete"}),
        ("helm.sales-channels", {"message_timestamp_type": "CreateTime"}),
        ("helm.shipments", {"retention_ms": str(14 * DAY_MS - 1)}),
        ("helm.shipments", {"retention_bytes": "1000000"}),
        ("jd.stock-updates", {"min_compaction_lag_ms": "0"}),
    ],
)
def test_what_would_lose_records_is_a_problem(topic: str, configs: dict[str, str]) -> None:
    """What is there, what is needed and the command that mends it are said."""
    (problem,) = problems(changed(topic, **configs))
    ((name, value),) = configs.items()

    assert problem.topic == topic
    assert f"{name.replace('_', '.')}={value}" in problem.found
    assert name.replace("_", ".") in problem.needed
    assert "kafka-configs.sh --bootstrap-server broker:9092 --alter" in problem.remedy
    assert f"--entity-name {topic} " in problem.remedy


def test_a_list_is_bracketed_in_the_command() -> None:
    """Kafka's tool takes a comma as the end of a setting, but not within brackets."""
    (problem,) = problems(changed("jd.orders", cleanup_policy="delete"))

    assert "--add-config 'cleanup.policy=[compact,delete]'" in problem.remedy


@pytest.mark.parametrize(
    ("topic", "configs"),
    [
        ("jd.orders", {"cleanup_policy": "delete,compact"}),
        ("helm.shipments", {"retention_ms": "-1"}),
        ("helm.shipments", {"retention_ms": str(15 * DAY_MS)}),
        ("jd.stock-updates", {"min_compaction_lag_ms": str(8 * DAY_MS)}),
        ("helm.shipments", {"max_message_bytes": "1"}),
    ],
)
def test_what_keeps_more_is_no_problem(topic: str, configs: dict[str, str]) -> None:
    """Longer is fine, and what the adapter does not depend on is the operator's."""
    assert problems(changed(topic, **configs)) == []


def test_unequal_partitions_among_topics_keyed_by_channel_are_a_problem() -> None:
    """The one that differs is named, whatever the others have."""
    (problem,) = problems(AS_NEEDED | {"jd.orders": replace(AS_NEEDED["jd.orders"], partitions=6)})

    assert problem.topic == "jd.orders"
    assert problem.found == "has 6 partitions"


def test_equal_partitions_that_the_setting_does_not_name_are_the_settings_problem() -> None:
    """Topics cannot change their number: the setting follows them."""
    found = {name: replace(topic, partitions=6) for name, topic in AS_NEEDED.items()}

    (problem,) = problems(found)

    assert "HELM_JD_PARTITIONS=6" in problem.remedy


@given(st.dictionaries(st.sampled_from(SPECS), st.integers(1, 20)))
def test_topics_pass_only_if_all_shards_agree(partitions: dict[TopicSpec, int]) -> None:
    """Whatever the numbers are, topics pass only if each keyed by channel has its number."""
    found = AS_NEEDED | {
        spec.name: replace(AS_NEEDED[spec.name], partitions=count)
        for spec, count in partitions.items()
    }
    is_right = all(
        count == spec.partitions for spec, count in partitions.items() if spec.is_sharded
    )

    assert (problems(found) == []) == is_right


@pytest.mark.broker
async def test_topics_are_created_once_and_pass(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The second time there is nothing to do; what was made passes its own check."""
    connection = KafkaConnection(kafka_bootstrap_servers)
    specs = topic_specs(TopicNames().prefixed(topic_prefix), 2)

    first = await create_topics(connection, specs, 1)
    second = await create_topics(connection, specs)
    await require_topics(connection, specs)
    counts = await partition_counts(connection)

    assert first == [spec.name for spec in specs]
    assert second == []
    assert {counts[name] for name in first} == {2}


@pytest.mark.broker
async def test_problems_on_a_cluster_are_all_listed_at_once(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A missing topic, a wrong policy and a wrong number of partitions are told together."""
    connection = KafkaConnection(kafka_bootstrap_servers)
    names = TopicNames().prefixed(topic_prefix)
    specs = topic_specs(names, 2)
    wrong = [
        replace(spec, cleanup=frozenset({"delete"})) if spec.name == names.orders else spec
        for spec in specs
        if spec.name not in {names.tokens, names.listings}
    ]
    await create_topics(connection, [*wrong, TopicSpec(names.listings, 3)], 1)

    found = await check_topics(connection, specs)
    with pytest.raises(TopicsError) as refused:
        await require_topics(connection, specs)

    assert {item.topic for item in found} == {names.tokens, names.orders, names.listings}
    assert all(item.in_words() in str(refused.value) for item in found)
    assert "helm-jd topics create" in str(refused.value)


@pytest.mark.broker
async def test_a_refusal_of_the_cluster_is_told(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """More copies than brokers cannot be made; Kafka's own words say so."""
    spec = TopicSpec(f"{topic_prefix}a", 1)

    with pytest.raises(TopicsError, match="refused") as refused:
        await create_topics(KafkaConnection(kafka_bootstrap_servers), [spec], 9)

    assert spec.name in str(refused.value)


async def test_without_a_broker_the_servers_are_named() -> None:
    """Errors of aiokafka do not leave the room."""
    with pytest.raises(KafkaUnreachable, match=r"127\.0\.0\.1:1 "):
        await partition_counts(KafkaConnection("127.0.0.1:1"))
