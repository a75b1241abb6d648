"""The kinds of field that messages are made of.

Quantities are whole units, money is a decimal string with its currency beside it, an instant is
RFC 3339 with offset.
"""

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetPydanticSchema,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, core_schema

ChannelId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
"""A sales channel's id. No colon: it begins the keys of most topics."""

StockPool = Annotated[str, StringConstraints(pattern=r"^[^:\s]{1,100}$")]
"""One company, client and set of locations whose SKUs share a level. No colon, no white space."""

Code = Annotated[str, StringConstraints(min_length=1, max_length=200)]
"""A SKU code or an order's, parcel's or listing's number, exactly as its owner writes it."""

Units = Annotated[int, Field(strict=True, ge=0)]
"""A count of units that cannot be negative."""

SignedUnits = Annotated[int, Field(strict=True)]
"""A count of units, as whoever counts them gives it."""

Version = Annotated[int, Field(strict=True)]
"""Rises with each change of what it belongs to."""

_RFC_3339 = r"^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$".replace(
    r"\d", "[0-9]"
)


def _whole_rfc_3339(source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
    """Let only whole RFC 3339 texts pass: a number may mean seconds, milliseconds or a mistake.

    pydantic's core checks it: a function of ours would take as long as all else of a message.
    """
    text = core_schema.str_schema(pattern=_RFC_3339)
    instance = core_schema.is_instance_schema(datetime)
    passing = core_schema.custom_error_schema(
        core_schema.json_or_python_schema(text, core_schema.union_schema([instance, text])),
        custom_error_type="instant",
        custom_error_message="write an instant as RFC 3339 text with offset, "
        "e.g. 2026-11-23T08:00:00Z",
    )
    return core_schema.chain_schema([passing, handler(source)])


Instant = Annotated[
    AwareDatetime,
    GetPydanticSchema(_whole_rfc_3339),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""RFC 3339 with offset."""

Flag = Annotated[bool, Field(strict=True)]
"""true or false, not a number or a word that may mean it."""

Money = Annotated[
    Decimal,
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d{2}$"}),
]
"""An amount as a decimal string with two decimals; its currency stands beside it."""


class Incoming(BaseModel):
    """A message that somebody else writes: unknown fields are kept apart, to be counted."""

    model_config = ConfigDict(
        frozen=True, extra="allow", use_attribute_docstrings=True, hide_input_in_errors=True
    )


class Outgoing(BaseModel):
    """A message that the adapter writes; read back, unknown fields of a later version pass."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", use_attribute_docstrings=True, hide_input_in_errors=True
    )
