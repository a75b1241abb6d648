"""Every record of a journey is one that Helm or the adapter writes, and readers can be proved."""

import json
from collections.abc import Callable

import jsonschema_rs
import pytest
from typing_extensions import override

import contracts
from adapter.wire.published import Order
from contracts import JsonObject
from contracts.journeys import Journey, assert_played, deliveries, journey, journeys
from contracts.reference_consumer import Orders
from tests.published_records import validator_for

JOURNEYS = journeys()
NAMES = {
    "cancel-while-picking",
    "change-of-address",
    "merge-and-separate",
    "partial-dispatch",
    "split",
    "token-expiry",
}
each_journey = pytest.mark.parametrize("played", JOURNEYS, ids=lambda played: played.name)


def orders_of(played: Journey) -> list[JsonObject]:
    """Give the values of a journey's order records."""
    return [record["value"] for record in played.records if record["topic"] == "jd.orders"]


def test_every_promised_journey_is_there() -> None:
    """The journeys are those that the page for other teams names."""
    assert {played.name for played in JOURNEYS} == NAMES


@each_journey
def test_a_journey_obeys_its_schema(played: Journey) -> None:
    """Title, records and end state are there, and nothing that nobody reads."""
    schema = contracts.load_json("helm", "journeys.schema.json")
    about = contracts.load_json("helm", "journeys", f"{played.name}.json")

    jsonschema_rs.meta.validate(schema)
    assert jsonschema_rs.Draft202012Validator(schema).is_valid(about)


@each_journey
def test_every_record_obeys_the_contract_of_its_topic(played: Journey) -> None:
    """Keys and values are held to what is held of every record that the adapter publishes."""
    for record in played.records:
        topic = contracts.load_json("helm", "envelope.json")["topics"][record["topic"]]
        headers: list[tuple[str, bytes]] = []
        if "adapter" in topic["written_by"]:
            shape = next(
                shape
                for shape in topic["records"]
                if jsonschema_rs.is_valid({"pattern": shape["key"]["pattern"]}, record["key"])
            )
            headers = [
                ("ce_specversion", b"1.0"),
                ("ce_id", b"journey"),
                ("ce_source", b"urn:helm-jd"),
                ("ce_type", shape["ce_type"].encode()),
                ("ce_time", b"2026-11-23T08:00:00Z"),
                ("content-type", b"application/json"),
            ]

        validator_for(record["topic"])(
            record["key"].encode(), json.dumps(record["value"]).encode(), headers
        )


@each_journey
def test_orders_look_as_the_adapter_writes_them(played: Journey) -> None:
    """The adapter's own model reads an order and writes the same text again."""
    for value in orders_of(played):
        assert json.loads(Order.model_validate(value).model_dump_json()) == value


@each_journey
def test_revisions_rise_by_one(played: Journey) -> None:
    """The adapter leaves no revision out, and of the first one the status is always new."""
    last: dict[str, int] = {}
    for value in orders_of(played):
        order_id = value["channel_order_id"]
        assert value["revision"] == last.get(order_id, 0) + 1
        assert value["status_changed"] or order_id in last
        last[order_id] = value["revision"]


@each_journey
def test_the_reference_consumer_ends_where_the_journey_says(played: Journey) -> None:
    """However Kafka delivers the records."""
    assert_played(played, Orders)


@each_journey
def test_no_unit_can_leave_twice(played: Journey) -> None:
    """After no record do the orders that ship hold more units than buyers ordered."""
    placed = sum(
        line["quantity"]
        for value in orders_of(played)
        if value["revision"] == 1
        and not value["is_combined"]
        and "parent_order_id" not in value["channel_data"]
        for line in value["inventory"]
    )
    reader = Orders()
    for record in played.records:
        reader.apply(record)
        ships = [order["units"] for order in reader.state().values() if order["ships"]]

        assert sum(sum(units.values()) for units in ships) <= placed


class Careless:
    """A reader that makes one mistake."""

    def __init__(self, mistake: Callable[[JsonObject], JsonObject]) -> None:
        """Let `mistake` change every record before it is applied."""
        self._orders = Orders()
        self._mistake = mistake

    def apply(self, record: JsonObject) -> None:
        """Apply the record wrongly."""
        if record["topic"] == "jd.orders":
            record = {**record, "value": self._mistake(record["value"])}
        self._orders.apply(record)

    def state(self) -> JsonObject:
        """Tell what the mistake led to."""
        return self._orders.state()


@pytest.mark.parametrize(
    ("name", "mistake", "field"),
    [
        ("cancel-while-picking", {"status_changed": False}, "status_id"),
        ("merge-and-separate", {"combined_into": "C-1"}, "ships"),
        ("change-of-address", {"shipping_address": {"oaid": "the first one"}}, "receiver"),
    ],
)
def test_a_careless_reader_is_told_what_is_wrong(
    name: str, mistake: JsonObject, field: str
) -> None:
    """The message names journey, delivery, order and field."""

    def start() -> Careless:
        return Careless(lambda value: {**value, **mistake})

    with pytest.raises(AssertionError, match=rf"journey {name}, in order: .*{field} is"):
        assert_played(journey(name), start)


def test_orders_too_many_or_too_few_are_named() -> None:
    """A reader that keeps nothing misses every order, one that invents has one too many."""

    class Forgetful(Orders):
        @override
        def state(self) -> JsonObject:
            return {"jd-flagship:1": {}}

    with pytest.raises(AssertionError, match=r"1 is not expected; .* is missing"):
        assert_played(journey("split"), Forgetful)


def test_compaction_keeps_the_last_record_of_a_key() -> None:
    """That delivery has one record a key, the newest."""
    ways = dict(deliveries(journey("cancel-while-picking")))

    orders = [
        record for record in ways["as compaction leaves it"] if record["topic"] == "jd.orders"
    ]
    assert [record["value"]["revision"] for record in orders] == [3]
