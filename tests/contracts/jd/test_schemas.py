"""The schemas are valid and stand alone."""

from importlib.resources import files

import jsonschema_rs
import pytest

import contracts
from tests.contracts.jd.breakage import compiled

METHODS = contracts.jd_methods()


@pytest.mark.parametrize("name", METHODS)
def test_schemas_are_valid_and_stand_alone(name: str) -> None:
    """Both schemas are draft 2020-12 and refer to nothing outside themselves."""
    contract = contracts.jd_method(name)

    for schema in (contract.request_schema, contract.response_schema):
        assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
        assert jsonschema_rs.meta.is_valid(schema)
        assert compiled(schema)


@pytest.mark.parametrize("name", METHODS)
def test_a_schema_is_titled_after_the_method(name: str) -> None:
    """Who reads a schema alone learns which method it is of."""
    contract = contracts.jd_method(name)

    assert contract.request_schema["title"] == f"Parameters of {contract.full_name}"
    assert contract.response_schema["title"] == f"Answer of {contract.full_name}"


@pytest.mark.parametrize("name", METHODS)
def test_both_places_name_the_same_envelopes(name: str) -> None:
    """The schema takes exactly the envelopes of the method's description."""
    contract = contracts.jd_method(name)
    in_envelope = contract.response_schema["anyOf"][0]

    assert in_envelope["propertyNames"]["enum"] == [
        contract.envelope,
        *contract.tolerated_envelopes,
    ]


def test_a_definition_has_one_home() -> None:
    """No name is defined in two files: bundling would mix them up."""
    folder = files(contracts).joinpath("jd", "definitions")
    names = [
        name
        for file in folder.iterdir()
        for name in contracts.load_json("jd", "definitions", file.name)["$defs"]
    ]

    assert len(names) == len(set(names))
    assert "envelope" not in names  # what each response schema defines for itself
