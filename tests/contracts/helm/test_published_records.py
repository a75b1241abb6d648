"""The check of published records passes what the contract allows and names what it does not."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from pydantic import BaseModel

import contracts
from adapter.kafka.dead_letters import dead_letter
from adapter.kafka.events import Events
from adapter.kafka.records import OutgoingRecord, event, tombstone
from adapter.kafka.topics import TopicNames
from adapter.wire.kept import Checkpoint
from adapter.wire.published import (
    ChannelStatus,
    CommandOutcome,
    Listing,
    Order,
    ShipmentResult,
    StockUpdate,
)
from devstack.contracts import WRITTEN_BY_THE_ADAPTER
from tests.published_records import assert_published, envelope, validator_for

NAMES = TopicNames().prefixed("test-7.")
LISTING = Listing.model_validate(contracts.helm_message("jd.listings").valid["mapped-by-code"])
LISTING_KEY = f"{LISTING.channel_id}:{LISTING.sku_id}"


def listing_record(key: str = LISTING_KEY, ce_type: str = "helm-jd.listing.v1") -> OutgoingRecord:
    """Make the record of the example listing."""
    modified = LISTING.modified_at
    assert modified is not None
    return event(NAMES.listings, 1, key, LISTING, ce_type=ce_type, ce_id="l-1", time=modified)


def read_back(record: OutgoingRecord, **changes: object) -> ConsumerRecord[bytes, bytes]:
    """Make what a consumer would get of a record, with something in it changed."""
    value = record.value
    got: dict[str, Any] = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": 5,
        "timestamp": 1_795_420_800_000,
        "timestamp_type": 0,
        "key": record.key,
        "value": value,
        "checksum": None,
        "serialized_key_size": len(record.key),
        "serialized_value_size": len(value) if value is not None else -1,
        "headers": record.headers,
    }
    return ConsumerRecord(**{**got, **changes})


def with_field(record: OutgoingRecord, **changed: object) -> bytes:
    """Give a record's value with some fields replaced."""
    return json.dumps({**json.loads(record.value or b""), **changed}).encode()


def without_header(record: OutgoingRecord, name: str) -> tuple[tuple[str, bytes], ...]:
    """Give a record's headers but one."""
    return tuple(header for header in record.headers if header[0] != name)


def test_a_record_of_the_adapter_passes() -> None:
    """What is made the adapter's own way holds to the contract, whatever the topic is called."""
    record = listing_record()

    assert_published([read_back(record)], NAMES)


@pytest.mark.parametrize(
    ("topic", "example"),
    [
        (topic, example)
        for topic in ("jd.orders", "jd.stock-updates", "jd.shipment-results", "jd.channel-status")
        for example in contracts.helm_message(topic).valid
    ],
)
def test_every_example_passes_as_the_adapter_publishes_it(topic: str, example: str) -> None:
    """Keys, types and ids of the adapter's records are those of the contract."""
    events = Events(names=NAMES, partition=1)
    message = WRITTEN_BY_THE_ADAPTER[topic].validate_python(
        contracts.helm_message(topic).valid[example]
    )
    records: dict[type[BaseModel], Callable[[], OutgoingRecord]] = {
        Order: lambda: events.order(message, at=message.date_received),
        StockUpdate: lambda: events.stock_update(message),
        ShipmentResult: lambda: events.shipment_result(message),
        ChannelStatus: lambda: events.channel_status(message),
        CommandOutcome: lambda: events.command_outcome(message),
    }

    assert_published([read_back(records[type(message)]())], NAMES)


def test_both_shapes_of_channel_status_are_held_to_their_own_schema() -> None:
    """Under a command's key an outcome is asked for, under a channel's a status."""
    value = contracts.helm_message("jd.channel-status").valid["command-done"]
    outcome = CommandOutcome.model_validate(value)
    key = f"{outcome.channel_id}:command:{outcome.command_id}"
    record = event(
        NAMES.channel_status,
        0,
        key,
        outcome,
        ce_type="helm-jd.command-outcome.v1",
        ce_id="c-1",
        time=outcome.at,
    )

    assert_published([read_back(record)], NAMES)
    with pytest.raises(AssertionError, match="ce_type"):
        assert_published([read_back(record, key=outcome.channel_id.encode())], NAMES)


def test_a_tombstone_passes_where_the_topic_has_them() -> None:
    """A deleted listing's record has no value and no headers; an offered quantity never goes."""
    listing = tombstone(NAMES.listings, 1, LISTING_KEY)
    update = tombstone(NAMES.stock_updates, 1, LISTING_KEY)

    assert_published([read_back(listing)], NAMES)
    with pytest.raises(AssertionError, match="no tombstones"):
        assert_published([read_back(update)], NAMES)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"topic": "jd.lists"}, "knows no such topic"),
        ({"key": None}, "no key"),
        ({"key": b"jd-flagship"}, "key is not as"),
        ({"key": b"jd-flagship:1"}, "its key is not its"),
        ({"value": b"{"}, "not JSON"),
        ({"value": "标题".encode("gb18030")}, "not JSON in UTF-8"),
        ({"value": with_field(listing_record(), price=149)}, "price"),
        ({"value": with_field(listing_record(), modified_at="2026-11-20 10:12:45")}, "modified_at"),
        ({"headers": without_header(listing_record(), "ce_id")}, "ce_id is missing"),
        ({"headers": without_header(listing_record(), "content-type")}, "content-type is missing"),
        ({"headers": (*listing_record().headers, ("ce_id", b"2"))}, "stands there twice"),
        ({"headers": listing_record(ce_type="helm-jd.order.v1").headers}, "ce_type is not"),
        ({"headers": (*listing_record().headers, ("traceparent", b"00-1"))}, "traceparent"),
    ],
    ids=lambda value: value if isinstance(value, str) else "-".join(value),
)
def test_a_broken_record_is_named_with_its_place(
    changes: Mapping[str, object], complaint: str
) -> None:
    """Whatever breaks the contract fails the test that published it, and says what and where."""
    with pytest.raises(AssertionError, match=complaint) as failure:
        assert_published([read_back(listing_record(), **changes)], NAMES)

    assert "-1-5" in str(failure.value)


def test_what_the_adapter_keeps_is_held_to_its_model() -> None:
    """A checkpoint must be one that a later run reads as the same."""
    checkpoint = Checkpoint(channel_id="jd-flagship", flow="control", paused=True)
    record = event(
        NAMES.checkpoints,
        0,
        "jd-flagship:control",
        checkpoint,
        ce_type="helm-jd.checkpoint.v1",
        ce_id="k-1",
        time=LISTING.modified_at or pytest.fail("the example has an instant"),
    )

    assert_published([read_back(record)], NAMES)
    for broken in (with_field(record, paused="perhaps"), with_field(record, stopped=True)):
        with pytest.raises(AssertionError, match="its own model"):
            assert_published([read_back(record, value=broken)], NAMES)


def test_a_dead_letter_is_held_to_its_headers() -> None:
    """Its key and value are anybody's bytes; the headers say where it lay and why."""
    broken = read_back(listing_record(), key=b"\xff", value=b"\xff", headers=(("ce_id", b"\xff"),))
    record = dead_letter(NAMES.dead_letters, 0, broken, ValueError("not told"))

    assert_published([read_back(record)], NAMES)
    with pytest.raises(AssertionError, match="dead_letter_reason is missing"):
        assert_published(
            [read_back(record, headers=without_header(record, "dead_letter_reason"))], NAMES
        )


@pytest.mark.parametrize("topic", ["helm.stock-changes", "helm.sales-channels", "helm.commands"])
def test_records_of_helm_need_no_headers(topic: str) -> None:
    """CloudEvents headers are optional on what Helm writes; key and value are held to."""
    defaults = {"stock_pool": "default", "channel_id": "jd-flagship"}
    form = envelope()["topics"][topic]["records"][0]["key"]["form"]

    for value in contracts.helm_message(topic).valid.values():
        key = form.format_map({**defaults, **value}).encode()
        validator_for(topic)(key, json.dumps(value).encode(), ())


def test_every_topic_has_a_check() -> None:
    """The name of each topic leads to its check; any other name is an error."""
    for item in fields(TopicNames):
        with pytest.raises(AssertionError, match="no key"):
            validator_for(getattr(TopicNames(), item.name))(None, b"{}", ())
    with pytest.raises(KeyError):
        validator_for("jd.lists")
