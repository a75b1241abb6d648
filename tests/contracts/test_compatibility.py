"""No change of a message breaks those who know the last released one."""

import copy
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from contracts import JsonObject
from devstack.compatibility import breaks_of_incoming, breaks_of_outgoing
from devstack.contracts import WRITTEN_BY_THE_ADAPTER
from devstack.released import keep, last_release, main, released_envelope, released_schemas

RELEASED = released_schemas(last_release())
ALLOWED: dict[str, str] = contracts.load_json("released", "allowed.json")["changes"]


def breaks(topic: str, released: JsonObject, current: JsonObject) -> list[str]:
    """List what breaks of a topic, in the direction in which it is written."""
    judge = breaks_of_outgoing if topic in WRITTEN_BY_THE_ADAPTER else breaks_of_incoming
    return [f"{topic}: {found}" for found in judge(released, current)]


@pytest.mark.parametrize("topic", RELEASED)
def test_readers_and_writers_of_the_released_schema_are_not_broken(topic: str) -> None:
    """A topic keeps its fields, their meaning of missing, and what they may hold."""
    found = breaks(topic, RELEASED[topic], contracts.helm_message(topic).schema)
    broken = [change for change in found if not any(change.startswith(f"{a}:") for a in ALLOWED)]

    assert not broken, "\n".join(["readers of the last release would break:", *broken])


def test_keys_and_types_are_those_of_the_release() -> None:
    """Every released topic is there, and its records are told apart as before."""
    current = contracts.load_json("helm", "envelope.json")
    before = released_envelope(last_release())

    for topic, about in before["topics"].items():
        if about["is_private"]:
            continue
        now = {shape["ce_type"]: shape["key"] for shape in current["topics"][topic]["records"]}
        for shape in about["records"]:
            assert now[shape["ce_type"]] == shape["key"], topic
    assert current["headers"].keys() >= before["headers"].keys()


def test_every_exception_is_needed_and_has_its_reason() -> None:
    """What is on the list of allowed changes did change."""
    for change, reason in ALLOWED.items():
        topic, _, field = change.partition(": ")
        found = breaks(topic, RELEASED[topic], contracts.helm_message(topic).schema)
        assert any(each.startswith(f"{topic}: {field}:") for each in found), change
        assert len(reason) > 20, change


Change = Callable[[JsonObject], object]
ORDER = RELEASED["jd.orders"]
LINE = ("$defs", "OrderLine", "properties", "quantity")
STOCK = RELEASED["helm.stock-changes"]


def changed(schema: JsonObject, change: Change) -> JsonObject:
    """Give a schema with a change."""
    copied = copy.deepcopy(schema)
    change(copied)
    return copied


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda s: s["properties"].pop("seller_remark"), "seller_remark: was taken away"),
        (lambda s: s["properties"].pop("channel_data"), "channel_data: was taken away"),
        (lambda s: s["required"].remove("total"), "total: is required by the reader"),
        (lambda s: s["properties"]["total"].update(type="number"), "total: "),
        (lambda s: s["properties"]["fulfilled_by"]["enum"].append("moon"), "fulfilled_by: enum"),
        (
            lambda s: s["$defs"]["OrderLine"]["properties"]["quantity"].update(type="number"),
            "inventory[].quantity: ",
        ),
        (
            lambda s: s["$defs"]["OrderLine"]["properties"].pop("is_gift"),
            "inventory[].is_gift: was taken away",
        ),
        (
            lambda s: s["$defs"]["DespatchBy"]["properties"]["instant"].pop("format"),
            "despatch_by.instant: type string",
        ),
        (
            lambda s: s["properties"]["date_received"].update(
                anyOf=[{"type": "string", "format": "date-time"}, {"type": "null"}]
            ),
            "date_received: ",
        ),
        (
            lambda s: s["properties"].update(inventory={"type": "string"}),
            "inventory: type string is not type array",
        ),
        (
            lambda s: s["properties"]["total"].update(pattern="^x$"),
            "total: pattern ^x$, type string",
        ),
    ],
)
def test_a_change_that_breaks_readers_is_named_with_its_field(change: Change, field: str) -> None:
    """Taken away, left out, widened or given another form: the field's path says where."""
    found = breaks_of_outgoing(ORDER, changed(ORDER, change))

    assert [each for each in found if each.startswith(field)], found
    assert len(found) == 1


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (lambda s: s["required"].append("version"), "version: is required by the reader"),
        (lambda s: s["properties"].pop("name"), "name: was taken away"),
        (
            lambda s: (
                s["properties"].update(depot={"type": "string"}),
                s["required"].append("depot"),
            ),
            "depot: is required by the reader",
        ),
        (lambda s: s["properties"]["sku"].update(maxLength=5), "sku: "),
        (lambda s: s["properties"].update(available={"type": "integer"}), "available: "),
    ],
)
def test_a_change_that_refuses_old_messages_is_named_with_its_field(
    change: Change, field: str
) -> None:
    """Whatever Helm could write by the released schema must still be taken in."""
    found = breaks_of_incoming(STOCK, changed(STOCK, change))

    assert [each for each in found if each.startswith(field)], found
    assert len(found) == 1


UNNOTICED_BY_READERS: dict[str, Change] = {
    "new-field": lambda s: s["properties"].update(warehouse={"type": "string"}),
    "new-required-field": lambda s: (
        s["properties"].update(more={"type": "null"}),
        s["required"].append("more"),
    ),
    "shorter": lambda s: s["properties"]["channel_order_id"].update(maxLength=100),
    "fewer-words": lambda s: s["properties"]["fulfilled_by"]["enum"].remove("unknown"),
    "other-description": lambda s: s["properties"]["total"].update(description="Other words."),
    "new-field-of-a-part": lambda s: s["$defs"]["OrderLine"]["properties"].update(
        weight={"type": "integer"}
    ),
    "new-definition": lambda s: s["$defs"].update(Nobody={"type": "integer"}),
    "always-null": lambda s: s["properties"].update(invoice={"type": "null"}),
}


@pytest.mark.parametrize("change", UNNOTICED_BY_READERS.values(), ids=UNNOTICED_BY_READERS.keys())
def test_a_change_that_readers_do_not_notice_passes(change: Change) -> None:
    """More fields, tighter promises and other descriptions break nobody."""
    assert breaks_of_outgoing(ORDER, changed(ORDER, change)) == []


UNNOTICED_BY_WRITERS: dict[str, Change] = {
    "new-field": lambda s: s["properties"].update(depot={"type": "string"}),
    "no-longer-required": lambda s: s["required"].remove("sku"),
    "longer": lambda s: s["properties"]["sku"].pop("maxLength", None),
}


@pytest.mark.parametrize("change", UNNOTICED_BY_WRITERS.values(), ids=UNNOTICED_BY_WRITERS.keys())
def test_a_change_that_writers_do_not_notice_passes(change: Change) -> None:
    """More optional fields and laxer ones refuse nothing that was written before."""
    assert breaks_of_incoming(STOCK, changed(STOCK, change)) == []


def test_either_of_two_messages_is_judged_by_its_own() -> None:
    """The channel's status and a command's outcome lie in one topic."""
    status = RELEASED["jd.channel-status"]
    broken = changed(status, lambda s: s["$defs"]["CommandOutcome"]["properties"].pop("result"))

    assert breaks_of_outgoing(status, broken) == ["result: was taken away"]


@given(
    topic=st.sampled_from(sorted(RELEASED)),
    data=st.data(),
)
def test_no_field_can_be_taken_away_unnoticed(topic: str, data: st.DataObject) -> None:
    """Whichever field of whichever message it is."""
    schema = copy.deepcopy(RELEASED[topic])
    shapes = [
        shape for shape in (schema, *schema.get("$defs", {}).values()) if shape.get("properties")
    ]
    shape = data.draw(st.sampled_from(shapes))
    field = data.draw(st.sampled_from(sorted(shape["properties"])))
    del shape["properties"][field]

    found = breaks(topic, RELEASED[topic], schema)
    assert [each for each in found if each.endswith(f"{field}: was taken away")]


def test_a_release_is_kept_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The newest by its numbers is the last one; a version is never kept twice."""
    for version in ("0.9.0", "0.10.0"):
        keep(version, tmp_path)
    snapshot = last_release(tmp_path)

    assert snapshot.name == "0.10.0"
    assert set(released_schemas(snapshot)) == set(contracts.helm_messages())
    with pytest.raises(FileExistsError):
        keep("0.9.0", tmp_path)
    with pytest.raises(ValueError, match="invalid literal"):
        keep("next", tmp_path)
    with pytest.raises(FileNotFoundError):
        last_release(snapshot)
    for arguments in ((), ("next",)):
        with pytest.raises(SystemExit):
            main(arguments)
    assert not capsys.readouterr().out
