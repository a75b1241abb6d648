"""The kinds of field that messages are made of.

Quantities are whole units, money is a decimal string with its currency beside it, an instant is
RFC 3339 with offset.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
)

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

Instant = AwareDatetime
"""RFC 3339 with offset."""

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
