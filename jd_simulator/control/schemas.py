"""Pieces that the schemas of the control room are made of.

They say what `jd_simulator.fields` reads: null counts as not given, unknown fields are refused.
"""

import ast
import inspect
import textwrap
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import pairwise
from typing import Any

from jd_simulator.fields import AMOUNT_PATTERN, LARGEST, LARGEST_AMOUNT

Schema = Mapping[str, Any]  # a JSON Schema of draft 2020-12


def closed(required: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    """Describe an object; each of the `optional` fields may be left out or null."""
    more = {name: nullable(schema) for name, schema in (optional or {}).items()}
    schema: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "properties": {**required, **more},
    }
    return {**schema, "required": list(required)} if required else schema


def nullable(schema: Schema) -> Schema:
    """Let null stand for what is not given."""
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    widened = {**schema, "type": [*kinds, "null"]}
    return {**widened, "enum": [*schema["enum"], None]} if "enum" in schema else widened


def text(longest: int, about: str = "") -> Schema:
    """Describe a text."""
    return _with({"type": "string", "maxLength": longest}, about)


def choice(options: Iterable[str], about: str = "") -> Schema:
    """Describe one of some texts."""
    return _with({"type": "string", "enum": list(options)}, about)


def integer(low: int = 0, high: int = LARGEST, about: str = "") -> Schema:
    """Describe an integer in `[low, high]`."""
    return _with({"type": "integer", "minimum": low, "maximum": high}, about)


def number(low: float, high: float, about: str = "") -> Schema:
    """Describe a number in `[low, high]`."""
    return _with({"type": "number", "minimum": low, "maximum": high}, about)


def flag(about: str = "") -> Schema:
    """Describe a boolean."""
    return _with({"type": "boolean"}, about)


def array(items: Schema, longest: int = 1000, about: str = "", *, shortest: int = 0) -> Schema:
    """Describe an array."""
    schema = {"type": "array", "items": items, "maxItems": longest}
    return _with({**schema, "minItems": shortest} if shortest else schema, about)


def amount(about: str = "") -> Schema:
    """Describe an amount of money in yuan."""
    return {
        "description": about or "Yuan, with at most two decimals.",
        "anyOf": [
            {"type": "string", "pattern": AMOUNT_PATTERN},
            {
                "type": "number",
                "minimum": 0,
                "exclusiveMaximum": LARGEST_AMOUNT,
                "multipleOf": 0.01,
            },
        ],
    }


def instant(about: str) -> Schema:
    """Describe an instant, as `Fields.instant` reads it."""
    return {
        "description": f"{about} RFC 3339, or as JD writes it in Beijing time, or epoch seconds; "
        "in the years 1971 to 2286.",
        "anyOf": [
            {"type": "string", "format": "simulator-instant"},
            {"type": "number", "minimum": 31_536_000, "maximum": 9_999_999_999},
        ],
        "examples": ["2026-11-23T08:00:00Z", "2026-11-23 16:00:00"],
    }


@cache
def attribute_docs(described: type) -> Mapping[str, str]:
    """Read what stands below each attribute of a class, as prose in one line."""
    body = ast.parse(textwrap.dedent(inspect.getsource(described))).body[0]
    statements = body.body if isinstance(body, ast.ClassDef) else []
    docs: dict[str, str] = {}
    for above, below in pairwise(statements):
        match above, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(said))),
            ):
                docs[name] = " ".join(said.split())
    return docs


def _with(schema: Schema, about: str) -> Schema:
    return {**schema, "description": about} if about else schema
