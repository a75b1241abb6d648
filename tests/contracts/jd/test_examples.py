"""Every example of a method obeys the method's schemas, and every kind of answer has one."""

import json
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

import pytest

import contracts
from tests.contracts.jd.breakage import compiled

METHODS = contracts.jd_methods()
REQUESTS = [
    (name, example) for name in METHODS for example in contracts.jd_method(name).request_examples
]
RESPONSES = [
    (name, example) for name in METHODS for example in contracts.jd_method(name).response_examples
]


def errors_of(schema: contracts.JsonObject, example: contracts.Json) -> list[str]:
    """List what a schema finds wrong with an example."""
    return [error.message for error in compiled(schema).iter_errors(example)]


def json_files(folder: Traversable) -> Iterator[Traversable]:
    """Find every JSON file below a folder."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from json_files(entry)
        elif entry.name.endswith(".json"):
            yield entry


def values_named(name: str, node: object) -> Iterator[object]:
    """Find the values of every member of that name, however deep."""
    if isinstance(node, list):
        for item in node:
            yield from values_named(name, item)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key == name:
                yield value
            yield from values_named(name, value)


@pytest.mark.parametrize(("name", "example"), REQUESTS)
def test_a_request_example_obeys_its_schema(name: str, example: str) -> None:
    """Every shape in which a client is known to ask is a legal request."""
    contract = contracts.jd_method(name)

    assert errors_of(contract.request_schema, contract.request_examples[example]) == []


@pytest.mark.parametrize(("name", "example"), RESPONSES)
def test_a_response_example_obeys_its_schema(name: str, example: str) -> None:
    """Every answer shown, odd ones too, is a legal answer."""
    contract = contracts.jd_method(name)

    assert errors_of(contract.response_schema, contract.response_examples[example]) == []


@pytest.mark.parametrize("name", METHODS)
def test_a_method_shows_every_kind_of_answer(name: str) -> None:
    """A method shows success, business failure, platform error and odd but legal shapes."""
    contract = contracts.jd_method(name)
    kinds = {example.partition("-")[0] for example in contract.response_examples}

    assert kinds == {"success", "business", "error", "odd"}
    assert contract.request_examples


@pytest.mark.parametrize("name", METHODS)
def test_an_answer_of_the_method_lies_in_a_known_envelope(name: str) -> None:
    """Successes and odd shapes have one root key, the method's envelope or a tolerated one."""
    contract = contracts.jd_method(name)
    roots = {
        root
        for example, body in contract.response_examples.items()
        if example.startswith(("success", "odd"))
        for root in body
    }

    assert roots == {contract.envelope, *contract.tolerated_envelopes}


@pytest.mark.parametrize("name", METHODS)
def test_every_business_error_of_a_method_has_an_example(name: str) -> None:
    """Each refusal of the table is shown as an answer, by its code or, without one, its words."""
    shown = [
        json.dumps(body, ensure_ascii=False)
        for example, body in contracts.jd_method(name).response_examples.items()
        if example.startswith("business")
    ]
    errors = contracts.jd_business_errors(name)

    assert errors
    for error in errors:
        assert any((error.code or error.zh) in body for body in shown), error


@pytest.mark.parametrize("field", ["mobile", "telephone"])
def test_phones_are_masked(field: str) -> None:
    """No example holds a whole phone number: the first three and the last digit are kept."""
    phones = [
        phone
        for name, example in RESPONSES
        for phone in values_named(field, contracts.jd_method(name).response_examples[example])
        if phone is not None
    ]

    assert phones
    for phone in phones:
        assert re.fullmatch(r"\d{3}\*+\d", str(phone))


def test_files_are_readable_text() -> None:
    """Files are UTF-8 with real Chinese characters, indented by two, ended by a newline."""
    for file in json_files(files(contracts).joinpath("jd")):
        text = file.read_text(encoding="utf-8")

        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n", file.name
