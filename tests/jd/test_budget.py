from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import JdThrottled
from adapter.jd.budget import CallBudget, CallBudgets, until_next_day_s

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)


class FakeTime:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0

    def now(self) -> datetime:
        """Give the instant."""
        return NOON + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        """Give the seconds."""
        return self.elapsed_s

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.elapsed_s += seconds


def a_budget(
    clock: FakeTime, *, calls_per_second: float = 10, calls_per_day: int | None = None
) -> CallBudget:
    """Make a budget on that clock."""
    return CallBudget(
        calls_per_second=calls_per_second,
        calls_per_day=calls_per_day,
        now=clock.now,
        monotonic=clock.monotonic,
        sleep=clock.sleep,
    )


@given(
    calls_per_second=st.sampled_from([0.5, 1, 2, 10, 50]),
    pauses=st.lists(st.floats(0, 3), min_size=1, max_size=60),
)
async def test_no_second_holds_more_than_twice_the_pace(
    calls_per_second: float, pauses: list[float]
) -> None:
    """A second's worth may go at once, and from then on calls come at the pace."""
    clock = FakeTime()
    budget = a_budget(clock, calls_per_second=calls_per_second)
    taken = []
    for pause in pauses:
        await clock.sleep(pause)
        await budget.take()
        taken.append(clock.elapsed_s)

    assert taken == sorted(taken)
    for first in taken:
        within = sum(first <= moment < first + 1 for moment in taken)
        assert within <= max(2 * calls_per_second, 1) + 1


async def test_without_a_burst_calls_keep_their_distance() -> None:
    """At one call a second or less nothing is taken in advance."""
    clock = FakeTime()
    budget = a_budget(clock, calls_per_second=0.5)
    taken = []
    for _ in range(5):
        await budget.take()
        taken.append(clock.elapsed_s)

    assert [later - earlier for earlier, later in pairwise(taken)] == [2, 2, 2, 2]


async def test_the_days_quota_ends_the_day() -> None:
    """The call beyond the quota is refused until JD's next day begins."""
    clock = FakeTime()
    budget = a_budget(clock, calls_per_day=2)
    await budget.take()
    await budget.take()
    with pytest.raises(JdThrottled) as caught:
        await budget.take()

    assert caught.value.retry_after_s == 12 * 3600 - clock.elapsed_s
    assert budget.used_today == 2


async def test_a_new_day_gives_new_calls() -> None:
    """What JD said of a spent quota holds until midnight in Beijing."""
    clock = FakeTime()
    budget = a_budget(clock)
    budget.spend()
    with pytest.raises(JdThrottled):
        await budget.take()
    await clock.sleep(12 * 3600)
    await budget.take()

    assert budget.used_today == 1


def test_jds_day_begins_at_midnight_in_beijing() -> None:
    """Sixteen hours of UTC's day belong to JD's, eight to its next one."""
    assert until_next_day_s(NOON) == 12 * 3600
    assert until_next_day_s(datetime(2026, 11, 23, 16, tzinfo=UTC)) == 24 * 3600


def test_channels_of_one_app_share_its_budget() -> None:
    """JD counts by app; the settings given last hold."""
    clock = FakeTime()
    budgets = CallBudgets(now=clock.now, monotonic=clock.monotonic)
    first = budgets.share("app", calls_per_second=10)
    second = budgets.share("app", calls_per_second=5, calls_per_day=500)
    other = budgets.share("other", calls_per_second=10)

    assert first is second
    assert other is not first
    assert (first.calls_per_second, first.calls_per_day) == (5, 500)
