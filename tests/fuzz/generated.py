"""What a contract allows or forbids, made by chance: JSON for the fuzz tests."""

import copy
import json
import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode

from contracts import Json, JsonObject

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "2000"))
"""Answers in all; requests are made in proportion."""

ANY_JSON: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20)
    | st.sampled_from(
        ["", "0", "-1", "1e9", "9" * 40, "null", "1,,2", "2026-13-45 99:99:99", "\0"]
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


def fuzzed(share: int) -> settings:
    """Give Hypothesis's settings for so many examples."""
    return settings(
        max_examples=max(share, 1),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


def json_of(schema: JsonObject, *, obeying: bool) -> st.SearchStrategy[Any]:
    """Make JSON that obeys a schema, or that breaks it in some way.

    Args:
        schema: Draft 2020-12, with all it refers to under `$defs`.
        obeying: Whether it shall.
    """
    parts = {name: _moved(part) for name, part in schema.get("$defs", {}).items()}
    root = {name: part for name, part in schema.items() if name not in ("$defs", "$id", "$schema")}
    body = {"required": True, "content": {"application/json": {"schema": _moved(root)}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "fuzz", "version": "1"},
        "components": {"schemas": parts},
        "paths": {"/": {"post": {"requestBody": body, "responses": {"200": {"description": ""}}}}},
    }
    mode = GenerationMode.POSITIVE if obeying else GenerationMode.NEGATIVE
    cases = schemathesis.openapi.from_dict(document)["/"]["POST"].as_strategy(generation_mode=mode)
    return cases.map(lambda case: case.body).filter(_is_json)


@st.composite
def spoilt(draw: st.DrawFn, examples: list[Json]) -> Json:
    """Make an example with some of its values gone, doubled or replaced by any JSON."""
    value = copy.deepcopy(draw(st.sampled_from(examples)))
    for _ in range(draw(st.integers(1, 3))):
        value = _spoil(draw, value)
    return value


def _spoil(draw: st.DrawFn, value: Json) -> Json:
    if isinstance(value, dict) and value and draw(st.integers(0, 9)):
        name = draw(st.sampled_from(sorted(value)))
        match draw(st.sampled_from(["in", "in", "gone", "renamed"])):
            case "in":
                value[name] = _spoil(draw, value[name])
            case "gone":
                del value[name]
            case _:
                value[draw(st.text(max_size=8))] = value.pop(name)
        return value
    if isinstance(value, list) and value and draw(st.integers(0, 3)):
        value[0] = _spoil(draw, value[0])
        return (value * draw(st.sampled_from([1, 1, 2, 40])))[:40]
    return draw(ANY_JSON)


def _moved(node: Json) -> Json:
    """Copy a piece of a schema, its references pointing to OpenAPI's components."""
    if isinstance(node, list):
        return [_moved(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: value.replace("#/$defs/", "#/components/schemas/")
        if name == "$ref"
        else _moved(value)
        for name, value in node.items()
    }


def _is_json(body: object) -> bool:
    """Tell whether it can be sent: the generator also makes bytes, and a sign for no body."""
    try:
        json.dumps(body)
    except (TypeError, ValueError):
        return False
    return True
