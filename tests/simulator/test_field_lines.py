"""Each field of a JSON text is found on its line."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.field_lines import Misplaced, field_lines, line_of

NAMES = st.text(st.characters(codec="utf-8", exclude_characters=".[]"), min_size=1, max_size=4)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=15,
)


def fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """List each named field with the text that its line begins with when it is indented."""
    if isinstance(value, dict):
        for name, inner in value.items():
            below = f"{path}.{name}" if path else name
            yield below, json.dumps(name)
            yield from fields(inner, below)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from fields(inner, f"{path}[{index}]")


@given(JSON)
def test_each_field_is_found(value: Any) -> None:
    """Whatever the document holds, its indented form has one field a line."""
    text = json.dumps(value, indent=1)
    lines = field_lines(text)
    texts = text.split("\n")

    for path, beginning in fields(value):
        assert texts[lines[path] - 1].strip().startswith(f"{beginning}:")


def test_a_missing_field_is_where_it_would_belong() -> None:
    """The nearest thing around it that is there."""
    lines = field_lines('{\n"a": [\n{"b": 1}]}')

    assert line_of("a[0].c.d", lines) == 3
    assert line_of("a[7].c", lines) == 2
    assert line_of("z", lines) == 1


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"a": 1,\n"a": 2}', "a"),
        ('[{"b":\n{"c": 1, "c": 1}}]', "[0].b.c"),
        ("[\n-Infinity]", "[0]"),
    ],
)
def test_what_json_should_not_hold_is_told(text: str, field: str) -> None:
    """A field twice, of which parsers keep one in silence, and numbers that are none."""
    with pytest.raises(Misplaced) as refused:
        field_lines(text)

    assert (refused.value.line, refused.value.field) == (2, field)
