from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.stock import (
    LARGEST_QUANTITY,
    Level,
    Quantities,
    StockRule,
    is_newer,
    quantities,
    sellable_quantity,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

AVAILABLE = st.none() | st.integers(-50, 500) | st.integers(-(10**12), 10**12)
RULES = st.builds(StockRule, st.integers(0, 60), st.none() | st.integers(0, 300))
CASES = st.fixed_dictionaries(
    {
        "uncounted": st.integers(0, 50),
        "open_units": st.integers(0, 50),
        "units_per_listing": st.integers(1, 12),
        "stock_model": st.sampled_from(["spot", "sellable"]),
    }
)
INSTANTS = st.integers(0, 3).map(lambda hours: NOON + timedelta(hours=hours))
BY_VERSION = st.builds(
    Level, st.none() | st.integers(0, 3), st.integers(0, 3), st.none() | INSTANTS
)
BY_INSTANT = st.builds(Level, st.none() | st.integers(0, 3), st.none(), INSTANTS)
LEVELS = BY_VERSION | BY_INSTANT | st.builds(Level, st.none() | st.integers(0, 3))
COMPARABLE = st.one_of(
    st.lists(BY_VERSION, min_size=3, max_size=3), st.lists(BY_INSTANT, min_size=3, max_size=3)
)


@pytest.mark.parametrize(
    ("available", "rule", "offered"),
    [
        (17, StockRule(), 17),
        (17, StockRule(2), 15),
        (17, StockRule(2, 10), 10),
        (11, StockRule(2, 10), 9),
        (2, StockRule(2, 10), 0),
        (1, StockRule(2), 0),
        (17, StockRule(0, 0), 0),
        (0, StockRule(), 0),
        (-3, StockRule(), 0),
        (None, StockRule(), 0),
    ],
    ids=repr,
)
def test_the_buffer_comes_off_before_the_cap(
    available: int | None, rule: StockRule, offered: int
) -> None:
    """A cap of 10 over 11 units with 2 held back offers 9, not 8."""
    assert sellable_quantity(available, rule) == offered


@given(available=AVAILABLE, rule=RULES)
def test_never_more_is_offered_than_there_is_or_than_the_cap(
    available: int | None, rule: StockRule
) -> None:
    """Not below zero, not above the cap, and the buffer is always left, in any case."""
    offered = sellable_quantity(available, rule)

    assert offered >= 0
    assert rule.max_stock_level is None or offered <= rule.max_stock_level
    assert offered == 0 or offered + rule.stock_buffer <= (available or 0)


@given(available=st.integers(-50, 500), more=st.integers(0, 500), rule=RULES)
def test_more_available_never_offers_less(available: int, more: int, rule: StockRule) -> None:
    """The rule rises with the level, and by no more than the level does."""
    less_offered = sellable_quantity(available, rule)
    more_offered = sellable_quantity(available + more, rule)

    assert less_offered <= more_offered <= less_offered + more


@given(available=AVAILABLE, rule=RULES, case=CASES)
def test_at_rest_jds_buyers_can_order_what_the_rule_allows(
    available: int | None, rule: StockRule, case: dict[str, Any]
) -> None:
    """Whichever way JD counts, what it still sells is the rule's quantity in whole listings."""
    reckoned = quantities(available, rule, **case)
    free = max(available or 0, 0) - case["uncounted"]
    booked = case["open_units"] if case["stock_model"] == "spot" else 0
    allowed = sellable_quantity(free, rule) // case["units_per_listing"]

    assert max(reckoned.written - booked, 0) == reckoned.sellable
    assert reckoned.sellable == min(allowed, LARGEST_QUANTITY - booked)
    assert free < 0 or reckoned.written >= booked


@pytest.mark.parametrize(
    ("available", "uncounted", "units_per_listing", "written"),
    [(3, 3, 1, 4), (3, 4, 1, 3), (3, 9, 1, 0), (0, 4, 3, 2), (-9, 1, 1, 3), (None, 1, 1, 3)],
)
def test_what_is_short_comes_off_the_booked_units(
    available: int | None, uncounted: int, units_per_listing: int, written: int
) -> None:
    """Of four booked orders one was let go of, not seen yet, and its unit sold again."""
    reckoned = quantities(
        available,
        StockRule(),
        uncounted=uncounted,
        open_units=4,
        units_per_listing=units_per_listing,
        stock_model="spot",
    )

    assert reckoned == Quantities(0, written)


@given(available=AVAILABLE, rule=RULES, case=CASES)
def test_the_number_for_jd_is_one_that_jd_can_hold(
    available: int | None, rule: StockRule, case: dict[str, Any]
) -> None:
    """However much Helm says there is, no call carries a negative or an endless number."""
    reckoned = quantities(available, rule, **case)

    assert 0 <= reckoned.sellable <= reckoned.written <= LARGEST_QUANTITY


@given(
    available=st.integers(-50, 500),
    rule=RULES,
    case=CASES,
    growth=st.sampled_from(["uncounted", "units_per_listing"]),
)
def test_uncounted_units_and_bigger_packs_never_sell_more(
    available: int, rule: StockRule, case: dict[str, Any], growth: str
) -> None:
    """Each order that the level does not reflect yet, and each unit more in a pack, takes away."""
    before = quantities(available, rule, **case)
    after = quantities(available, rule, **(case | {growth: case[growth] + 1}))

    assert after.sellable <= before.sellable


@pytest.mark.parametrize(
    ("case", "reckoned"),
    [
        ({}, Quantities(17, 17)),
        ({"uncounted": 3}, Quantities(14, 14)),
        ({"open_units": 4}, Quantities(17, 21)),
        ({"open_units": 4, "stock_model": "sellable"}, Quantities(17, 17)),
        ({"units_per_listing": 3}, Quantities(5, 5)),
        ({"units_per_listing": 3, "open_units": 1, "uncounted": 3}, Quantities(4, 5)),
        ({"uncounted": 20, "open_units": 20}, Quantities(0, 17)),
    ],
    ids=repr,
)
def test_booked_units_are_added_where_jd_subtracts_them(
    case: dict[str, Any], reckoned: Quantities
) -> None:
    """Of 17 units: uncounted in units of the SKU, booked in listings, and a pack is never split."""
    common: dict[str, Any] = {
        "uncounted": 0,
        "open_units": 0,
        "units_per_listing": 1,
        "stock_model": "spot",
    }

    assert quantities(17, StockRule(), **(common | case)) == reckoned


def test_a_level_beyond_what_jd_can_hold_is_cut() -> None:
    """The booked units stay in the number, for JD takes them off again."""
    endless: dict[str, Any] = {"uncounted": 0, "open_units": 5, "units_per_listing": 1}

    assert quantities(10**12, StockRule(), **endless, stock_model="spot") == Quantities(
        LARGEST_QUANTITY - 5, LARGEST_QUANTITY
    )
    assert quantities(10**12, StockRule(), **endless, stock_model="sellable") == Quantities(
        LARGEST_QUANTITY, LARGEST_QUANTITY
    )


@given(levels=COMPARABLE)
def test_newer_is_a_strict_order_where_levels_can_be_compared(levels: list[Level]) -> None:
    """Of levels with versions, or of levels with instants alone, none is newer than itself."""
    one, other, third = levels

    assert not is_newer(one, one)
    assert not (is_newer(one, other) and is_newer(other, one))
    if is_newer(one, other) and is_newer(other, third):
        assert is_newer(one, third)


@given(one=BY_VERSION, other=BY_VERSION)
def test_versions_decide_whatever_the_instants_say(one: Level, other: Level) -> None:
    """A clock that was set back holds up no level."""
    assert one.version is not None
    assert other.version is not None
    assert is_newer(one, other) == (one.version > other.version)


@given(one=LEVELS, other=LEVELS)
def test_an_equal_level_changes_nothing(one: Level, other: Level) -> None:
    """A record that is read again is not news, and of two that differ one at least is."""
    assert not is_newer(one, one)
    if one.version is None and one.occurred_at is None and one != other:
        assert is_newer(one, other)


@pytest.mark.parametrize(
    ("candidate", "known", "newer"),
    [
        (Level(5, 2), Level(9, 1), True),
        (Level(5, 1), Level(9, 1), False),
        (Level(5, 1, NOON), Level(9, 2, NOON - timedelta(hours=1)), False),
        (Level(5, None, NOON), Level(9, 7, NOON - timedelta(hours=1)), True),
        (Level(5, None, NOON), Level(9, 7, NOON), False),
        (Level(5, 3), Level(9, None, NOON), True),
        (Level(5), Level(9, 7, NOON), True),
        (Level(None), Level(9, 7, NOON), True),
        (Level(9), Level(9), False),
    ],
    ids=repr,
)
def test_the_later_in_the_log_holds_where_nothing_else_decides(
    candidate: Level, known: Level, *, newer: bool
) -> None:
    """Version first, then instant; where one of the two has neither, the candidate is later."""
    assert is_newer(candidate, known) == newer
