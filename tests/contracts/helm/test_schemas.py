"""The schemas are valid, equal to the models, and describe every message that leaves."""

import json
from importlib.resources import files
from pathlib import Path

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

import contracts
from adapter.wire import published
from devstack.contracts import (
    COMMAND,
    WRITTEN_BY_HELM,
    WRITTEN_BY_THE_ADAPTER,
    schema_texts,
    write_schemas,
)
from tests.contracts.helm.messages import messages

pytestmark = pytest.mark.slow

FOLDERS = [*WRITTEN_BY_HELM, *WRITTEN_BY_THE_ADAPTER]
OUTGOING: list[tuple[str, type[BaseModel]]] = [
    ("jd.orders", published.Order),
    ("jd.listings", published.Listing),
    ("jd.stock-updates", published.StockUpdate),
    ("jd.shipment-results", published.ShipmentResult),
    ("jd.channel-status", published.ChannelStatus),
    ("jd.channel-status", published.CommandOutcome),
]


def test_every_message_has_a_contract() -> None:
    """The folders are those of the models, no more and no fewer."""
    assert sorted(contracts.helm_messages()) == sorted(FOLDERS)


@pytest.mark.parametrize("name", FOLDERS)
def test_the_committed_schema_is_that_of_the_model(name: str) -> None:
    """Whoever changes a model writes the schemas anew, and sees in the diff what readers will."""
    committed = files(contracts).joinpath("helm", name, "schema.json").read_text(encoding="utf-8")

    assert committed == schema_texts()[name], f"a model changed; run: {COMMAND}"


def test_only_what_differs_is_written(tmp_path: Path) -> None:
    """The first run writes every schema, the second none, a third the one that was damaged."""
    first = write_schemas(tmp_path)
    second = write_schemas(tmp_path)
    damaged = tmp_path / "jd.orders" / "schema.json"
    damaged.write_text("{}", encoding="utf-8")

    assert [file.parent.name for file in first] == FOLDERS
    assert second == []
    assert write_schemas(tmp_path) == [damaged]


@pytest.mark.parametrize("name", FOLDERS)
def test_a_schema_is_valid_and_names_itself(name: str) -> None:
    """Each is a draft 2020-12 schema that stands alone, under a name with its major version."""
    schema = contracts.helm_message(name).schema

    jsonschema_rs.meta.validate(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"] == f"urn:helm-jd:schema:{name}:1"


@pytest.mark.parametrize("name", FOLDERS)
def test_every_field_is_described(name: str) -> None:
    """Every message says what it holds, and so does every field that is not a message itself."""
    schema = contracts.helm_message(name).schema
    shapes = [schema, *schema.get("$defs", {}).values()]

    for shape in shapes:
        for field, about in shape.get("properties", {}).items():
            assert about.keys() & {"description", "$ref"}, f"{shape['title']}.{field}"
        assert shape.get("description") or "anyOf" in shape, shape["title"]


@pytest.mark.parametrize(("name", "model"), OUTGOING)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_whatever_the_adapter_can_say_obeys_the_schema(
    name: str, model: type[BaseModel], data: st.DataObject
) -> None:
    """No message that a model can hold leaves in a form that its schema does not describe."""
    message = data.draw(messages(model))
    validator = jsonschema_rs.Draft202012Validator(
        contracts.helm_message(name).schema, validate_formats=True, offline=True
    )
    text = message.model_dump_json()

    assert [error.message for error in validator.iter_errors(json.loads(text))] == []
    assert model.model_validate_json(text).model_dump_json() == text
