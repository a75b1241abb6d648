"""How JD writes single values, and how each is read.

JD writes nearly every value of an order as text and is not consistent about it: the same field
comes as text, as a number, as null, as an empty text, or not at all, and an empty object may be
written as an empty list. Each type here accepts all of these, reads "nothing" as None, and
refuses only what is surely not of its kind.

Source: contracts/jd/pop.order.search and contracts/jd/sku.read.searchSkuList, examples.
"""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

BEIJING = timezone(timedelta(hours=8), "Beijing")
"""JD's clock. A fixed offset: China keeps no summer time, and no zone database is needed."""

_FIRST_YEAR = 1971
_MOST_DIGITS = 18


class JdModel(BaseModel):
    """What all of JD's nouns share: immutable, and deaf to fields it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, use_attribute_docstrings=True
    )


def _is_nothing(value: object) -> bool:
    return value is None or value in ("", [], {}) or (isinstance(value, str) and not value.strip())


def _text(value: object) -> str | None:
    if _is_nothing(value):
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, dict | list | bool):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)


def _identifier(value: object) -> str | None:
    text = _text(value)
    return None if text is None or text.strip() in {"0", "-1"} else text.strip()


def _money(value: object) -> Decimal | None:
    if _is_nothing(value):
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation as error:
        message = "is not an amount of money"
        raise ValueError(message) from error
    if not amount.is_finite() or amount.adjusted() > _MOST_DIGITS:
        message = "is not an amount of money"
        raise ValueError(message)
    return amount


def _count(value: object) -> int | None:
    if _is_nothing(value):
        return None
    try:
        number = Decimal(str(value).strip())
    except InvalidOperation as error:
        message = "is not a whole number"
        raise ValueError(message) from error
    if not number.is_finite() or number.adjusted() > _MOST_DIGITS or number != int(number):
        message = "is not a whole number"
        raise ValueError(message)
    return int(number)


def _instant(value: object) -> datetime | None:
    if _is_nothing(value):
        return None
    if isinstance(value, datetime):
        return value
    text = str(value).strip()
    try:
        if text.lstrip("-").isdigit():
            moment = datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=int(text))
        else:
            moment = datetime.fromisoformat(text)
        if moment.year < _FIRST_YEAR:
            return None
        return (moment if moment.tzinfo else moment.replace(tzinfo=BEIJING)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        message = "is not an instant"
        raise ValueError(message) from error


def _instant_if_readable(value: object) -> datetime | None:
    try:
        return _instant(value)
    except ValueError:
        return None


def _object(value: object) -> object:
    return None if _is_nothing(value) else value


def _list(value: object) -> object:
    if _is_nothing(value):
        return ()
    return (value,) if isinstance(value, dict) else value


Text = Annotated[str | None, BeforeValidator(_text)]
"""Text; numbers become text, a structure becomes its JSON."""

Identifier = Annotated[str | None, BeforeValidator(_identifier)]
"""A reference to something else, as text; JD's 0 and -1 mean none."""

RequiredIdentifier = Annotated[str, BeforeValidator(_identifier)]
"""The number of the thing itself, as text."""

Money = Annotated[Decimal | None, BeforeValidator(_money)]
"""Yuan."""

Count = Annotated[int | None, BeforeValidator(_count)]
"""A whole number of units or pieces."""

RequiredCount = Annotated[int, BeforeValidator(_count)]
"""A whole number without which the rest cannot be used."""

Instant = Annotated[datetime | None, BeforeValidator(_instant)]
"""A moment in UTC, from Beijing time or epoch milliseconds; JD's years 1 and 1970 mean none."""

RequiredInstant = Annotated[datetime, BeforeValidator(_instant)]
"""A moment without which the rest cannot be used."""

InstantIfReadable = Annotated[datetime | None, BeforeValidator(_instant_if_readable)]
"""A moment of which no form is established: whatever is not one is read as none."""


class JdCode(JdModel):
    """A number with words beside it, as JD writes kinds: `4-在线支付`, also bare `4`."""

    code: str
    """The number, as text."""

    label: str = ""
    """JD's words for it; empty where only the number came."""

    @model_validator(mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        text = _text(value)
        if text is None or isinstance(value, dict):
            return value
        code, _, label = text.partition("-")
        return {"code": code.strip(), "label": label.strip()}


OptionalCode = Annotated[JdCode | None, BeforeValidator(_object)]
"""A number with words, or nothing."""

OBJECT_OR_NONE = BeforeValidator(_object)
"""Reads an empty object, list or text as nothing."""

LIST = BeforeValidator(_list)
"""Reads nothing as an empty list, and a single object as a list of one."""
