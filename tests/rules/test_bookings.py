from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.bookings import Bookings, open_units
from adapter.wire.kept import OrderIndexEntry

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
UNITS = st.dictionaries(st.sampled_from("567"), st.integers(0, 4))


def an_entry(**fields: Any) -> OrderIndexEntry:
    """Keep of an order what the arithmetic needs."""
    kept: dict[str, Any] = {
        "channel_id": "shop",
        "order_id": "1",
        "modified": NOON,
        "content_hash": "1-0",
        "state": "WAIT_SELLER_STOCK_OUT",
        "revision": 1,
        "in_scope": True,
        "is_open": True,
    }
    return OrderIndexEntry(**(kept | fields))


ENTRIES = st.builds(
    an_entry,
    order_id=st.sampled_from("1234"),
    is_open=st.booleans(),
    ordered=UNITS,
    shipped=UNITS,
    children=st.sampled_from([[], [], ["9"]]),
)


@pytest.mark.parametrize(
    ("fields", "booked"),
    [
        ({"ordered": {"5": 2, "6": 1}}, {"5": 2, "6": 1}),
        ({"ordered": {"5": 2, "6": 1}, "shipped": {"5": 1}}, {"5": 1, "6": 1}),
        ({"ordered": {"5": 2, "6": 1}, "shipped": {"5": 2}}, {"6": 1}),
        ({"ordered": {"5": 2}, "shipped": {"5": 3, "7": 1}}, {}),
        ({"ordered": {"5": 2}, "is_open": False}, {}),
        ({"ordered": {"5": 2}, "children": ["2", "3"]}, {}),
        ({"ordered": {"5": 2}, "revision": 0, "in_scope": False}, {"5": 2}),
        ({}, {}),
    ],
    ids=repr,
)
def test_jd_books_what_is_ordered_and_has_not_left(
    fields: dict[str, Any], booked: dict[str, int]
) -> None:
    """Out of scope or not: JD books all the same. A parent's children count in its place."""
    assert open_units(an_entry(**fields)) == booked


@given(entries=st.lists(ENTRIES, max_size=30))
def test_order_by_order_gives_what_a_count_from_scratch_gives(
    entries: list[OrderIndexEntry],
) -> None:
    """However often orders change, the sum is that of their newest states, and all news is told."""
    bookings, newest = Bookings(), dict[str, OrderIndexEntry]()
    for entry in entries:
        before = {sku_id: bookings.of(sku_id) for sku_id in "567"}
        changed = set(bookings.take(entry))
        newest[entry.order_id] = entry
        counted = {
            sku_id: sum(open_units(kept).get(sku_id, 0) for kept in newest.values())
            for sku_id in "567"
        }

        assert {sku_id: bookings.of(sku_id) for sku_id in "567"} == counted
        assert changed == {sku_id for sku_id in "567" if before[sku_id] != counted[sku_id]}
