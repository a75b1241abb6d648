"""Hold what the adapter published in a test to the contract: key, CloudEvents headers and value.

Every test on a broker reads back what was published and passes it to `assert_published`. Public
topics are held to their JSON Schemas, compiled once for each process; what the adapter keeps for
itself to its own models.

Source: contracts/helm/.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any

import jsonschema_rs
from aiokafka import ConsumerRecord
from pydantic import BaseModel, ValidationError

import contracts
from adapter.kafka.topics import TopicNames
from adapter.wire import kept

Headers = Sequence[tuple[str, bytes]]
Validate = Callable[[bytes | None, bytes | None, Headers], None]

DEAD_LETTERS = "helm-jd.dead-letters"
NO_MESSAGE_HEADERS = {"ce_time", "content-type"}  # of a dead letter: its value is not our message
KEPT: Mapping[str, type[BaseModel]] = {
    "helm-jd.checkpoints": kept.Checkpoint,
    "helm-jd.order-index": kept.OrderIndexEntry,
    "helm-jd.pending-shipments": kept.PendingShipment,
    "helm-jd.reservations": kept.Reservation,
}
"""The adapter's own topics, and the models that read them back."""


@cache
def envelope() -> Mapping[str, Any]:
    """Load what the contract says of headers, keys and topics; read it, don't change it."""
    loaded: dict[str, Any] = contracts.load_json("helm", "envelope.json")
    return loaded


@cache
def validator_for(topic_kind: str) -> Validate:
    """Give the check of one topic's records.

    Args:
        topic_kind: The topic's default name, whatever it is called in the test.

    Returns:
        Takes key, value and headers of a record, and raises AssertionError if it breaks the
        contract. Headers that Helm may leave out are not asked of records that Helm writes.

    Raises:
        KeyError: The contract knows no such topic.
    """
    about = envelope()["topics"][topic_kind]
    is_ours = "adapter" in about["written_by"]

    def validate(key: bytes | None, value: bytes | None, headers: Headers) -> None:
        shape = _shape_of(about, key)
        if topic_kind == DEAD_LETTERS:
            _check_dead_letter(shape, headers)
            return
        if value is None:
            assert about["tombstone"] is not None, "this topic has no tombstones"
            return
        if is_ours:
            _check_headers(envelope()["headers"], shape, headers)
        message = _json(value)
        if about["is_private"]:
            _check_kept(topic_kind, value, message)
        else:
            _check_schema(topic_kind, shape["definition"], message)
        _check_key(shape["key"]["form"], (key or b"").decode(), message)

    return validate


def assert_published(records: Iterable[ConsumerRecord], names: TopicNames) -> None:
    """Hold every record to the contract of its topic.

    Args:
        records: What was read back, of any topics.
        names: What the topics are called in the test.

    Raises:
        AssertionError: A record breaks the contract, or lies in a topic that has none; the
            message says where it lies and what is wrong.
    """
    default = TopicNames()
    kinds = {getattr(names, item.name): getattr(default, item.name) for item in fields(names)}
    for record in records:
        place = f"{record.topic}-{record.partition}-{record.offset}"
        assert record.topic in kinds, f"{place}: the contract knows no such topic"
        try:
            validator_for(kinds[record.topic])(record.key, record.value, record.headers)
        except AssertionError as error:
            message = f"{place}, key {record.key!r}: {error}"
            raise AssertionError(message) from error


def _shape_of(about: Mapping[str, Any], key: bytes | None) -> Mapping[str, Any]:
    assert key is not None, "the record has no key"
    text = key.decode(errors="backslashreplace")  # a dead letter keeps anybody's key
    found = [shape for shape in about["records"] if re.fullmatch(shape["key"]["pattern"], text)]
    assert found, f"its key is not as {[shape['key']['form'] for shape in about['records']]}"
    shape: Mapping[str, Any] = found[0]
    return shape


def _check_headers(
    wanted: Mapping[str, Mapping[str, Any]], shape: Mapping[str, Any], headers: Headers
) -> None:
    given = {name: value.decode(errors="backslashreplace") for name, value in headers}
    assert len(given) == len(headers), "a header stands there twice"
    for name, rule in wanted.items():
        assert name in given or not rule["required"], f"header {name} is missing"
        assert re.search(rule["pattern"], given.get(name, "")) or name not in given, (
            f"header {name} is {given[name]!r}"
        )
    assert given["ce_type"] == shape["ce_type"], f"ce_type is not {shape['ce_type']}"


def _check_dead_letter(shape: Mapping[str, Any], headers: Headers) -> None:
    wanted = {
        name: rule for name, rule in envelope()["headers"].items() if name not in NO_MESSAGE_HEADERS
    }
    for name, rule in envelope()["dead_letter_headers"].items():
        wanted[name] = {**rule, "required": True}
    # The record's own headers are bytes of anybody's; ours stand before them.
    ours = [(name, value) for name, value in headers if not name.startswith("original_")]
    _check_headers(wanted, shape, ours)


def _check_schema(topic_kind: str, definition: str | None, message: contracts.Json) -> None:
    problems = [
        f"{'.'.join(map(str, error.instance_path)) or 'the record'}: {error.message}"
        for error in _compiled(topic_kind, definition).iter_errors(message)
    ]
    assert not problems, "; ".join(problems)


@cache
def _compiled(topic_kind: str, definition: str | None) -> jsonschema_rs.Draft202012Validator:
    schema = contracts.helm_message(topic_kind).schema
    if definition is not None:
        schema = {
            "$schema": schema["$schema"],
            "$defs": schema["$defs"],
            "$ref": f"#/$defs/{definition}",
        }
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


def _check_kept(topic_kind: str, value: bytes, message: contracts.Json) -> None:
    assert topic_kind in KEPT, "no model of adapter/wire/kept.py is known to read this topic"
    try:
        read = KEPT[topic_kind].model_validate_json(value)
    except ValidationError as error:
        message = f"its own model cannot read it: {error}"
        raise AssertionError(message) from error
    assert json.loads(read.model_dump_json()) == message, "its own model reads it differently"


def _check_key(form: str, key: str, message: Mapping[str, contracts.Json]) -> None:
    named = re.findall(r"\{(\w+)\}", form)
    if all(message.get(name) is not None for name in named):  # Helm may leave out what has defaults
        assert key == form.format_map(message), f"its key is not its {form}"


def _json(value: bytes) -> contracts.Json:
    try:
        return json.loads(value.decode("utf-8"))
    except ValueError as error:
        message = f"its value is not JSON in UTF-8: {error}"
        raise AssertionError(message) from error
