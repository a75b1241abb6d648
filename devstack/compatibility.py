"""Tell whether a change of a message's schema breaks those who know the last released one.

What the adapter writes must stay readable by the released schema's readers, what Helm writes by
that schema must stay accepted, and no field may be taken away. New fields that may be left out are
always welcome: readers ignore what they do not know.

Source: contracts/helm/README.md, "What every message keeps to".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from contracts import Json, JsonObject

_CONTAINERS = frozenset({"properties", "required", "items", "anyOf", "$ref", "$defs"})
_ANNOTATIONS = frozenset({"title", "description", "default", "$id", "$schema", "$comment"})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Side:
    """A piece of a schema, and where its references lead."""

    node: JsonObject
    root: JsonObject

    def at(self, node: Json) -> "_Side":
        """Give another piece of the same schema, its reference followed."""
        reference = node.get("$ref") if isinstance(node, dict) else None
        if reference is None:
            return _Side(node=node if isinstance(node, dict) else {}, root=self.root)
        return _Side(node=self.root["$defs"][reference.removeprefix("#/$defs/")], root=self.root)

    def branches(self) -> list[Json]:
        """Give what a piece may be: several, or itself."""
        branches: list[Json] = self.node.get("anyOf", [self.node])
        return branches

    @property
    def properties(self) -> JsonObject:
        properties: JsonObject = self.node.get("properties", {})
        return properties

    @property
    def required(self) -> set[str]:
        return set(self.node.get("required", ()))

    def shape(self) -> JsonObject:
        """Give what the piece says of its own value, its parts left out."""
        return {
            name: value
            for name, value in self.node.items()
            if name not in _CONTAINERS | _ANNOTATIONS
        }


Taken = Callable[[_Side, _Side], set[str]]


def breaks_of_outgoing(released: JsonObject, current: JsonObject) -> list[str]:
    """List the fields whose change breaks a reader of what the adapter writes.

    Args:
        released: The schema that readers know, with all it refers to under `$defs`.
        current: The schema as it is now.

    Returns:
        Each field's path, and what is wrong with it.
    """
    reader, writer = _Side(node=released, root=released), _Side(node=current, root=current)
    return list(dict.fromkeys(_breaks("", reader, writer, _taken_from_reader, frozenset())))


def breaks_of_incoming(released: JsonObject, current: JsonObject) -> list[str]:
    """List the fields whose change makes the adapter refuse, or pass over, what Helm writes.

    Args:
        released: The schema by which Helm writes, with all it refers to under `$defs`.
        current: The schema as it is now.

    Returns:
        Each field's path, and what is wrong with it.
    """
    reader, writer = _Side(node=current, root=current), _Side(node=released, root=released)
    return list(dict.fromkeys(_breaks("", reader, writer, _taken_from_writer, frozenset())))


def _taken_from_reader(reader: _Side, writer: _Side) -> set[str]:
    return reader.properties.keys() - writer.properties.keys()


def _taken_from_writer(reader: _Side, writer: _Side) -> set[str]:
    return writer.properties.keys() - reader.properties.keys()


def _breaks(
    path: str, reader: _Side, writer: _Side, taken: Taken, seen: frozenset[tuple[int, int]]
) -> Iterator[str]:
    pair = (id(reader.node), id(writer.node))
    if pair in seen:  # a message that holds itself
        return
    seen |= {pair}
    if "anyOf" in reader.node or "anyOf" in writer.node:
        yield from _breaks_of_branches(path, reader, writer, taken, seen)
        return
    if not _covers(reader.shape(), writer.shape()):
        yield f"{path or 'the message'}: {_words(writer.shape())} is not {_words(reader.shape())}"
        return
    gone = taken(reader, writer)
    for name in sorted(gone):
        yield f"{_field(path, name)}: was taken away"
    for name in sorted(reader.required - writer.required - gone):
        yield f"{_field(path, name)}: is required by the reader and may be missing"
    for name in sorted(reader.properties.keys() & writer.properties.keys()):
        sides = reader.at(reader.properties[name]), writer.at(writer.properties[name])
        yield from _breaks(_field(path, name), *sides, taken, seen)
    if "items" in reader.node:
        sides = reader.at(reader.node["items"]), writer.at(writer.node.get("items", {}))
        yield from _breaks(f"{path}[]", *sides, taken, seen)


def _breaks_of_branches(
    path: str, reader: _Side, writer: _Side, taken: Taken, seen: frozenset[tuple[int, int]]
) -> Iterator[str]:
    """Whatever may be written must be one of the things that are read."""
    for written in writer.branches():
        found = {
            index: list(_breaks(path, reader.at(branch), writer.at(written), taken, seen))
            for index, branch in enumerate(reader.branches())
        }
        if all(found.values()):
            likest = min(
                found.items(),
                # The branch that was meant: the one of the same name, else the least different.
                key=lambda entry: (reader.branches()[entry[0]] != written, len(entry[1])),
            )
            yield from likest[1]


def _covers(reader: JsonObject, writer: JsonObject) -> bool:
    """Tell whether all that one piece allows is allowed by another; in doubt, no."""
    if reader == writer:
        return True
    admits = _canonical(reader).covers(_canonical(writer))
    return bool(admits == jsonschema_rs.canonical.Containment.YES)


def _canonical(schema: JsonObject) -> Any:  # noqa: ANN401 - the library names no type for it
    return jsonschema_rs.canonicalize(
        schema, draft=jsonschema_rs.Draft202012, validate_formats=True, offline=True
    )


def _words(shape: JsonObject) -> str:
    return ", ".join(f"{name} {value}" for name, value in shape.items()) or "anything"


def _field(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
