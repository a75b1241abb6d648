"""Break an example in one place, to see that its schema refuses it."""

import copy
from collections.abc import Mapping

import jsonschema_rs

import contracts

REMOVED = object()  # as a new value: take the member out

Breakage = tuple[str, str, str, object]
"""A method, one of its examples, a place in it and what stands there instead. Steps of the place
are parted by slashes; a star is the root key, whatever its name."""


def breakages(
    table: Mapping[tuple[str, str, str], list[tuple[str, object]]],
) -> list[Breakage]:
    """Lay out a table: under a method, an example and a place above, the places and values."""
    return [
        (method, example, f"{above}/{place}".lstrip("/"), value)
        for (method, example, above), changes in table.items()
        for place, value in changes
    ]


def compiled(schema: contracts.JsonObject) -> jsonschema_rs.Draft202012Validator:
    """Compile a schema that needs nothing from elsewhere."""
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


def broken(example: contracts.Json, place: str, value: object) -> contracts.Json:
    """Copy an example with the member at `place` replaced or `REMOVED`."""
    result = copy.deepcopy(example)
    node = result
    *way, last = place.split("/")
    for step in way:
        node = node[_key(node, step)]
    if value is REMOVED:
        del node[_key(node, last)]
    else:
        node[_key(node, last)] = value
    return result


def named(breakage: Breakage) -> str:
    """Name a breakage for the test report, long values cut."""
    method, example, place, value = breakage
    change = "removed" if value is REMOVED else repr(value)[:24]
    return f"{method}:{example}:{place}={change}"


def _key(node: contracts.Json, step: str) -> str | int:
    if isinstance(node, list):
        return int(step)
    return next(iter(node)) if step == "*" else step
