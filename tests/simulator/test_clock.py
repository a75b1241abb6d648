"""The clock runs, jumps and stands still as it is told."""

import asyncio
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.clock import LATEST, Clock, beijing_text, parse_instant

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


@pytest.mark.parametrize("instant", [-1.0, 0.0, 1e10, math.inf, -math.inf, math.nan])
def test_clock_stays_within_what_can_be_written(instant: float) -> None:
    """The years 1971 to 2286; what is added to them is still a year of four digits."""
    clock = Clock(start=NOON)

    with pytest.raises(ValueError, match="1971 to 2286"):
        clock.set(instant)


@pytest.mark.parametrize("speed", [-1.0, 1e9, math.nan])
def test_clock_has_a_fastest_speed(speed: float) -> None:
    """It neither runs backwards nor faster than others can follow."""
    clock = Clock(start=NOON)

    with pytest.raises(ValueError, match="times as fast"):
        clock.run(speed)


def test_a_fast_clock_stops_at_its_end() -> None:
    """Left alone for years at full speed it stands still, and can be set back."""
    real = [1000.0]
    clock = Clock(start=NOON, real=lambda: real[0])
    clock.run(100_000)
    real[0] += 10**9

    assert clock.now() == LATEST
    clock.set(NOON)
    assert clock.now() == NOON


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("pass"), st.floats(0, 1000)),
            st.tuples(st.just("advance"), st.floats(-1000, 1000)),
            st.tuples(st.just("run"), st.sampled_from([0.0, 0.5, 1.0, 60.0])),
        ),
        max_size=20,
    )
)
def test_virtual_time_is_the_sum_of_what_was_done(steps: list[tuple[str, float]]) -> None:
    """Each real second counts with the speed that it passed at, each jump by itself."""
    real, expected, speed = [0.0], float(NOON), 1.0
    clock = Clock(start=NOON, real=lambda: real[0])
    for what, amount in steps:
        if what == "pass":
            real[0] += amount
            expected += amount * speed
        elif what == "advance":
            clock.advance(amount)
            expected += amount
        else:
            clock.run(amount)
            speed = amount

    assert clock.now() == pytest.approx(expected, abs=0.01)


async def test_waiting_follows_the_clock() -> None:
    """A frozen clock's waiter wakes when the clock jumps there, and not before."""
    clock = Clock(start=NOON)
    clock.freeze()
    waiting = asyncio.create_task(clock.wait_until(NOON + 3600))
    await asyncio.sleep(0)
    clock.advance(3599)
    await asyncio.sleep(0)
    was_waiting = not waiting.done()
    clock.advance(1)
    await waiting

    assert was_waiting


async def test_waiting_ends_by_itself_when_the_clock_runs() -> None:
    """At a thousand times the speed of real time a minute is soon over."""
    clock = Clock(start=NOON)
    clock.run(10_000)

    await clock.wait_until(NOON + 60)

    assert clock.now() >= NOON + 60
