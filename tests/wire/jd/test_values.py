from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from adapter.wire.jd.values import (
    Count,
    Identifier,
    Instant,
    InstantIfReadable,
    JdCode,
    Money,
    Text,
)

NOTHING: tuple[object, ...] = (None, "", "  ", [], {})
KINDS: dict[str, Any] = {
    "Count": Count,
    "Identifier": Identifier,
    "Instant": Instant,
    "InstantIfReadable": InstantIfReadable,
    "Money": Money,
    "Text": Text,
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nothing", NOTHING, ids=repr)
def test_all_ways_of_writing_nothing_read_as_none(kind: str, nothing: object) -> None:
    """Null, blank text, an empty list and an empty object all mean that JD gave nothing."""
    assert TypeAdapter(KINDS[kind]).validate_python(nothing) is None


@pytest.mark.parametrize(
    ("kind", "written", "read"),
    [
        ("Text", 467, "467"),
        ("Text", 467.0, "467"),
        ("Text", True, "true"),
        ("Text", {"a": 1}, '{"a":1}'),
        ("Text", " kept ", " kept "),
        ("Identifier", 249786309732, "249786309732"),
        ("Identifier", "0", None),
        ("Identifier", 0, None),
        ("Identifier", "-1", None),
        ("Money", "199.90", Decimal("199.90")),
        ("Money", 199.9, Decimal("199.9")),
        ("Money", 0, Decimal(0)),
        ("Count", "2", 2),
        ("Count", 2.0, 2),
        ("Count", "-3", -3),
        ("Instant", "2026-11-23 16:54:18", datetime(2026, 11, 23, 8, 54, 18, tzinfo=UTC)),
        ("Instant", "2026-11-23 16:54:18.5+0800", datetime(2026, 11, 23, 8, 54, 18, 500_000, UTC)),
        ("Instant", 1795400392000, datetime(2026, 11, 23, 2, 19, 52, tzinfo=UTC)),
        ("Instant", "1795400392000", datetime(2026, 11, 23, 2, 19, 52, tzinfo=UTC)),
        ("Instant", "0001-01-01 00:00:00", None),
        ("Instant", "1970-01-01 00:00:00", None),
        ("Instant", 0, None),
        ("Instant", -28_800_000, None),
        ("InstantIfReadable", "上午", None),
        ("InstantIfReadable", "2026-11-23", datetime(2026, 11, 22, 16, tzinfo=UTC)),
    ],
    ids=repr,
)
def test_a_value_is_read_however_jd_writes_it(kind: str, written: object, read: object) -> None:
    """Text and numbers read alike, Beijing time becomes UTC, and JD's zero dates mean none."""
    assert TypeAdapter(KINDS[kind]).validate_python(written) == read


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("Money", "free"),
        ("Money", "NaN"),
        ("Money", "1e99"),
        ("Count", "2.5"),
        ("Count", "two"),
        ("Count", "1e999999999"),
        ("Instant", "yesterday"),
        ("Instant", "9999-12-31 23:59:59-23:00"),
        ("Instant", "9" * 30),
    ],
    ids=repr,
)
def test_what_is_not_of_its_kind_is_refused(kind: str, written: object) -> None:
    """A value that is there but unreadable is an error, never a guess."""
    with pytest.raises(ValidationError):
        TypeAdapter(KINDS[kind]).validate_python(written)


@pytest.mark.parametrize(
    ("written", "code", "label"),
    [("4-在线支付", "4", "在线支付"), ("4", "4", ""), (22, "22", ""), ("在线支付", "在线支付", "")],
    ids=repr,
)
def test_a_kind_is_split_into_number_and_words(written: object, code: str, label: str) -> None:
    """JD writes kinds as a number, often with words behind a dash."""
    assert JdCode.model_validate(written) == JdCode(code=code, label=label)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@pytest.mark.parametrize("kind", KINDS)
@given(written=ANY_JSON)
def test_no_value_breaks_a_reader(kind: str, written: object) -> None:
    """Whatever JSON holds is read or refused as a validation error; nothing else escapes."""
    try:
        TypeAdapter(KINDS[kind]).validate_python(written)
    except ValidationError as error:
        refused = error.error_count()

        assert refused == 1
