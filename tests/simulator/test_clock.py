"""The clock runs, jumps and stands still as it is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.clock import Clock, beijing_text, parse_instant

NOON = 1_795_406_400
"""2026-11-23 12:00:00 in Beijing."""


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23 12:00:00",
        "2026-11-23 12:00:00.000+0800",
        "2026-11-23 04:00:00.000+0000",
        "2026-11-23T04:00:00Z",
        "2026-11-22 23:00:00-0500",
        "2026-11-23T12:00:00+08:00",
    ],
)
def test_instants_are_beijing_time_unless_they_say_otherwise(text: str) -> None:
    """An explicit offset is honoured, none means Beijing."""
    assert parse_instant(text) == NOON


@pytest.mark.parametrize(
    "text", ["", "2026-11-23", "23.11.2026 12:00:00", "2026-13-01 00:00:00", "2026-11-23 24:00:00"]
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    """Another form or an impossible date is a mistake."""
    with pytest.raises(ValueError, match=r"."):
        parse_instant(text)


@given(st.integers(0, 9_999_999_999))
def test_what_jd_writes_reads_back(seconds: int) -> None:
    """Writing and reading an instant are each other's inverse."""
    assert parse_instant(beijing_text(seconds)) == seconds


def test_clock_follows_real_time_at_its_speed() -> None:
    """Frozen time stands still; fast time passes in proportion; nothing is lost when changing."""
    real = [1000.0]
    clock = Clock(start=NOON, real=lambda: real[0])
    real[0] += 5
    clock.run(60)
    real[0] += 2
    clock.freeze()
    real[0] += 100

    assert clock.now() == NOON + 5 + 120
    assert clock.speed == 0


def test_clock_can_be_set_and_advanced() -> None:
    """It jumps both ways and then goes on."""
    real = [1000.0]
    clock = Clock(real=lambda: real[0])
    clock.set(NOON)
    clock.advance(-60)
    real[0] += 1

    assert clock.now() == NOON - 59
