"""Topics are described as the adapter makes them, with keys and types that tell records apart."""

import re
from importlib.resources import files

import pytest

import contracts
from adapter.kafka.topics import TopicNames, topic_specs
from devstack.contracts import WRITTEN_BY_HELM, WRITTEN_BY_THE_ADAPTER
from tests.published_records import envelope

DAY_MS = 24 * 60 * 60 * 1000
TOPICS = envelope()["topics"]
SPECS = {spec.name: spec for spec in topic_specs(TopicNames(), 12)}


def test_every_topic_is_described() -> None:
    """The contract names the adapter's topics, no more and no fewer."""
    assert set(TOPICS) == set(SPECS)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_is_described_as_it_is_made(topic: str) -> None:
    """Cleanup, retention, lag and sharding are those with which the adapter creates the topic."""
    about, spec = TOPICS[topic], SPECS[topic]
    days, lag_days = about["retention_days"], about["min_compaction_lag_days"]

    assert frozenset(about["cleanup"]) == spec.cleanup
    assert (None if days is None else days * DAY_MS) == spec.retention_ms
    assert (lag_days or 0) * DAY_MS == spec.min_compaction_lag_ms
    assert about["is_sharded"] == spec.is_sharded


def test_only_compacted_topics_have_tombstones() -> None:
    """A record without value removes a key; the one that did not have any may be a dead letter."""
    for topic, about in TOPICS.items():
        if about["tombstone"] is not None:
            assert "compact" in about["cleanup"] or topic == "helm-jd.dead-letters"


def test_public_topics_have_schemas() -> None:
    """Every topic that others read or write has a schema, written by those who write the topic."""
    public = {topic for topic, about in TOPICS.items() if not about["is_private"]}

    assert public == {*WRITTEN_BY_HELM, *WRITTEN_BY_THE_ADAPTER} - {"sealed-credentials"}
    for topic in public:
        assert ("adapter" in TOPICS[topic]["written_by"]) == (topic in WRITTEN_BY_THE_ADAPTER)


def test_every_kind_of_record_has_its_own_type() -> None:
    """The header ce_type tells the kinds of record apart, whatever the topic is called."""
    kinds = [shape["ce_type"] for about in TOPICS.values() for shape in about["records"]]
    pattern = envelope()["headers"]["ce_type"]["pattern"]

    assert len(set(kinds)) == len(kinds)
    assert all(re.fullmatch(pattern, kind) for kind in kinds)


@pytest.mark.parametrize("topic", sorted({*WRITTEN_BY_HELM, *WRITTEN_BY_THE_ADAPTER} & {*TOPICS}))
def test_the_keys_of_examples_fit_their_pattern(topic: str) -> None:
    """A key is made of fields of the value, and the pattern matches what they make."""
    defaults = {"stock_pool": "default", "channel_id": "jd-flagship"}

    for value in contracts.helm_message(topic).valid.values():
        given = {**defaults, **value}
        keys = [
            (shape["key"]["form"].format_map(given), shape["key"]["pattern"])
            for shape in TOPICS[topic]["records"]
            if set(re.findall(r"\{(\w+)\}", shape["key"]["form"])) <= set(given)
        ]

        assert keys
        assert all(re.fullmatch(pattern, key) for key, pattern in keys)


def test_the_two_shapes_of_channel_status_are_told_by_their_keys() -> None:
    """No key is both a channel's and a command's."""
    status, command = (shape["key"]["pattern"] for shape in TOPICS["jd.channel-status"]["records"])

    assert re.fullmatch(status, "jd-flagship")
    assert not re.fullmatch(command, "jd-flagship")
    assert re.fullmatch(command, "jd-flagship:command:op-1")
    assert not re.fullmatch(status, "jd-flagship:command:op-1")


def test_the_explanation_names_every_header_and_public_topic() -> None:
    """Whoever reads README.md misses no header, no topic and no form of a key."""
    text = files(contracts).joinpath("helm", "README.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if "|" in line}

    for header in (*envelope()["headers"], *envelope()["dead_letter_headers"]):
        assert f"`{header}`" in text, header
    for topic, about in TOPICS.items():
        for shape in about["records"] if not about["is_private"] else ():
            assert re.sub(r"[{}]", "", shape["key"]["form"]) in rows[f"`{topic}`"]
