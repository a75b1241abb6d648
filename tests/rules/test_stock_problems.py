from datetime import UTC, datetime

import pytest

from adapter.errors import JdAnswer
from adapter.rules.diagnosis import Problems
from adapter.rules.ledger import StockWrite
from adapter.rules.stock import LARGEST_QUANTITY, Level, StockRule
from adapter.rules.stock_problems import (
    note_brake,
    note_clamped,
    note_one_by_one,
    note_refusals,
    note_regressed,
    note_unreadable,
)

NOW = datetime(2026, 11, 27, tzinfo=UTC)


def a_write(quantity: int) -> StockWrite:
    """Write a quantity of one listing."""
    return StockWrite("100", "TEE", quantity, quantity, Level(10**12, 1), StockRule(), 1, 0, 0)


def told(problems: Problems) -> list[tuple[str, str]]:
    """Shorten problems to code and evidence."""
    return [(problem.code, problem.evidence) for problem in problems.all()]


def test_what_stands_in_the_way_is_told_and_ends_with_it() -> None:
    """Each note names a few examples, and is over once nothing is left."""
    problems = Problems()
    note_brake(problems, [str(number) for number in range(7)], channel_id="shop", now=NOW)
    note_regressed(problems, {"TEE": Level(1, 3)}, now=NOW)
    note_unreadable(problems, ["CAP", "MUG"], now=NOW)
    note_one_by_one(problems, NOW, now=NOW)
    note_refusals(problems, {a_write(5): JdAnswer("1", "错", "no")}, is_any_left=True, now=NOW)
    first = told(problems)
    note_brake(problems, [], channel_id="shop", now=NOW)
    note_regressed(problems, {}, now=NOW)
    note_unreadable(problems, [], now=NOW)
    note_one_by_one(problems, None, now=NOW)
    note_refusals(problems, {}, is_any_left=True, now=NOW)
    still = told(problems)
    note_refusals(problems, {}, is_any_left=False, now=NOW)

    assert first == [
        ("MASS_ZERO", "JD's SKUs 0, 1, 2, 3, 4 …"),
        ("STOCK_LEVEL_UNREADABLE", "CAP, MUG"),
        ("STOCK_VERSION_REGRESSED", "TEE: version 3"),
        ("STOCK_ONE_BY_ONE", "since 2026-11-27 00:00 UTC"),
        ("STOCK_REFUSED", "quantity 5"),
    ]
    assert still == [("STOCK_REFUSED", "quantity 5")]
    assert told(problems) == []


def test_the_brakes_remedy_names_the_command() -> None:
    """Somebody has to say that the zeros are meant."""
    problems = Problems()
    note_brake(problems, ["1"], channel_id="my-shop", now=NOW)

    assert "helm-jd approve my-shop" in problems.all()[0].remedy


@pytest.mark.parametrize(("quantity", "is_told"), [(LARGEST_QUANTITY, True), (5, False)])
def test_a_quantity_beyond_what_jd_holds_is_told(quantity: int, *, is_told: bool) -> None:
    """Less was written than was desired."""
    problems = Problems()
    note_clamped(problems, [a_write(quantity)], now=NOW)

    assert [problem.code for problem in problems.all()] == ["STOCK_CLAMPED"] * is_told
