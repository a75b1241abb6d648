import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from pydantic import SecretStr

from adapter.diagnostics import Metrics
from adapter.errors import JdThrottled, LaneSpent, ShardLost
from adapter.jd.budget import CallBudget, CallBudgets, Turn
from adapter.rules.budget import LANE_RANKS, DayUse, Lane, Share, jd_day, lane_limit
from adapter.rules.channels import Channel, InactiveChannel
from adapter.wire.helm import Credentials, SalesChannel

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
TODAY = jd_day(NOON)
HALF_A_DAY_S = 12 * 3600

lanes = st.sampled_from(list(LANE_RANKS))

_Result = TypeVar("_Result")


class FakeTimer:
    """Something that a fake clock will do."""

    def __init__(self, at: float, act: Callable[[], None]) -> None:
        self.at = at
        self.act = act
        self.is_off = False

    def cancel(self) -> None:
        """Call it off."""
        self.is_off = True


class FakeTime:
    """A clock that moves only when it is told to, or to what somebody waits for."""

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self._timers: list[FakeTimer] = []

    def now(self) -> datetime:
        """Give the instant."""
        return NOON + timedelta(seconds=self.elapsed_s)

    def monotonic(self) -> float:
        """Give the seconds."""
        return self.elapsed_s

    def call_later(self, seconds: float, act: Callable[[], None]) -> FakeTimer:
        """Do something later."""
        timer = FakeTimer(self.elapsed_s + max(seconds, 1e-6), act)
        self._timers.append(timer)
        return timer

    def go_on(self) -> None:
        """Move to what is due next, and do it."""
        timer = min((t for t in self._timers if not t.is_off), key=lambda timer: timer.at)
        self._timers = [t for t in self._timers if t is not timer and not t.is_off]
        self.elapsed_s = max(self.elapsed_s, timer.at)
        timer.act()

    async def until_done(self, work: Awaitable[_Result]) -> _Result:
        """Let time pass until something is done."""
        task = asyncio.ensure_future(work)
        await settled()
        while not task.done():
            self.go_on()
            await settled()
        return task.result()


async def settled() -> None:
    """Let every task go as far as it can without time passing."""
    for _ in range(8):
        await asyncio.sleep(0)


def a_budget(
    clock: FakeTime,
    *,
    pace: float = 10,
    quota: int | None = None,
    use: DayUse | None = None,
    keep: Callable[[DayUse], Awaitable[None]] | None = None,
) -> CallBudget:
    """Make a budget on that clock."""
    return CallBudget(
        share=Share(pace, quota),
        now=clock.now,
        monotonic=clock.monotonic,
        use=use,
        keep=keep,
        call_later=clock.call_later,
    )


@given(
    st.sampled_from([0.5, 1, 3.5, 10]),
    st.lists(st.tuples(st.floats(0, 2), lanes), min_size=1, max_size=40),
)
async def test_no_window_holds_more_than_the_share(
    pace: float, calls: list[tuple[float, Lane]]
) -> None:
    """A second's worth may go at once, and never more in any such span, whatever the lanes."""
    clock = FakeTime()
    budget = a_budget(clock, pace=pace)
    taken = []
    for pause, lane in calls:
        clock.elapsed_s += pause
        taken.append((await clock.until_done(budget.take(lane))).at)
    at_once = max(int(pace), 1)

    assert taken == sorted(taken)
    for first in taken:
        within = sum(first <= moment < first + at_once / pace - 1e-3 for moment in taken)
        assert within <= at_once


@given(st.lists(lanes, min_size=1, max_size=12), st.sets(st.integers(0, 11)))
async def test_turns_come_by_lane_then_in_the_order_of_asking(
    asked: list[Lane], cancelled: set[int]
) -> None:
    """Those that were cancelled while they waited take no turn from the others."""
    clock = FakeTime()
    budget = a_budget(clock, pace=1)
    await budget.take("bulk")
    served: list[int] = []

    async def one(number: int) -> None:
        await budget.take(asked[number])
        served.append(number)

    waiting = [asyncio.create_task(one(number)) for number in range(len(asked))]
    await settled()
    gone = {number for number in cancelled if number < len(asked)}
    for number in gone:
        waiting[number].cancel()
    await settled()
    left = [number for number in range(len(asked)) if number not in gone]
    for _ in left:
        clock.go_on()
        await settled()

    assert served == sorted(left, key=lambda number: (LANE_RANKS[asked[number]], number))
    assert clock.elapsed_s == pytest.approx(len(left))
    assert budget.quota().used == 1 + len(left)
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_turn_that_came_as_its_waiter_was_cancelled_goes_to_the_next() -> None:
    """It was given and not used: neither the pace nor the day loses it."""
    clock = FakeTime()
    budget = a_budget(clock, pace=1, quota=100)
    await budget.take("stock")
    first = asyncio.create_task(budget.take("stock"))
    second = asyncio.create_task(budget.take("stock"))
    await settled()
    clock.go_on()  # gives the first its turn, which it has not seen yet
    first.cancel()
    turn = await clock.until_done(second)

    assert first.cancelled()
    assert turn == Turn(1.0, TODAY)
    assert budget.quota().used == 2


@given(st.integers(1, 60), st.lists(lanes, max_size=80))
async def test_bulk_work_never_touches_the_reserve(quota: int, asked: list[Lane]) -> None:
    """Nor does any lane go beyond its part, in whatever order calls are asked for."""
    clock = FakeTime()
    budget = a_budget(clock, pace=1000, quota=quota)
    for lane in asked:
        used = budget.quota().used
        try:
            await clock.until_done(budget.take(lane))
        except JdThrottled:
            assert used >= lane_limit(quota, lane)
        else:
            assert used < lane_limit(quota, lane)


async def test_a_zero_goes_out_when_all_others_have_used_their_part() -> None:
    """The last calls of the day take listings off sale."""
    clock = FakeTime()
    budget = a_budget(clock, quota=20, use=DayUse(TODAY, 19))
    with pytest.raises(JdThrottled, match="stock") as caught:
        await budget.take("stock")
    await budget.take("zero")
    with pytest.raises(JdThrottled, match="zero"):
        await budget.take("zero")

    assert caught.value.retry_after_s is None
    assert [problem.code for problem in budget.problems()] == ["QUOTA_SPENT"]


async def test_waiters_are_refused_when_the_day_ends_for_their_lane() -> None:
    """Who waits for the pace must not wait for a call that the day no longer has."""
    clock = FakeTime()
    budget = a_budget(clock, pace=1, quota=10, use=DayUse(TODAY, 6))
    waiting = [asyncio.create_task(budget.take("bulk")) for _ in range(4)]
    await settled()
    clock.go_on()
    await settled()
    results = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(result) for result in results] == [Turn, Turn, LaneSpent, LaneSpent]
    assert budget.quota().used == 8


async def test_jds_word_holds_until_its_next_day() -> None:
    """No call is made before midnight in Beijing, by a later owner neither."""
    clock = FakeTime()
    kept: list[DayUse] = []

    async def keep(use: DayUse) -> None:
        kept.append(use)

    await a_budget(clock, keep=keep).spend()
    budget = a_budget(clock, use=kept[-1])
    with pytest.raises(JdThrottled) as caught:
        await budget.take("zero")
    clock.elapsed_s = HALF_A_DAY_S
    await budget.take("bulk")

    assert caught.value.retry_after_s == HALF_A_DAY_S
    assert budget.quota().used == 1


async def test_a_clock_set_back_over_midnight_brings_no_new_calls() -> None:
    """One that was a year ahead does not spend the days until then."""
    clock = FakeTime()
    tomorrow = a_budget(clock, use=DayUse(TODAY + timedelta(days=1), 7))
    next_year = a_budget(clock, use=DayUse(TODAY + timedelta(days=365), 7, is_spent=True))
    await tomorrow.take("stock")
    await next_year.take("stock")

    assert tomorrow.quota().used == 8
    assert next_year.quota().used == 1


async def test_a_throttled_pace_is_halved_once_for_calls_that_were_under_way_together() -> None:
    """Each halving waits for an answer to a call made at the slower pace."""
    clock = FakeTime()
    budget = a_budget(clock, pace=8)
    turns = [await budget.take("stock") for _ in range(4)]
    clock.elapsed_s = 0.5
    for turn in turns:
        budget.throttled(turn)
    once = budget.pace
    budget.throttled(await clock.until_done(budget.take("stock")))

    assert once == 4
    assert budget.pace == pytest.approx(2, abs=0.1)
    clock.elapsed_s += 60
    assert budget.pace == 8


async def test_a_new_share_holds_for_those_that_wait() -> None:
    """Another channel of the app was switched off: what waits goes on at the new pace."""
    clock = FakeTime()
    budget = a_budget(clock, pace=0.5, quota=10)
    await budget.take("stock")
    waiting = asyncio.create_task(budget.take("stock"))
    await settled()
    budget.share = Share(1, 20)
    await clock.until_done(waiting)

    assert clock.elapsed_s == pytest.approx(1)
    assert budget.quota().limit == 20


@given(
    st.integers(1, 200),
    st.lists(
        st.sampled_from(["call", "call", "call", "crash", "stop", "day", "lost", "cancel"]),
        max_size=80,
    ),
)
async def test_a_restart_never_counts_too_few(quota: int, events: list[str]) -> None:
    """Whatever crashes, the next owner knows of every call, and the day never has more than it may.

    An orderly stop counts exactly; a record that could not be kept lets no call pass.
    """
    clock = FakeTime()
    kept: DayUse | None = None
    is_lost = False

    async def keep(use: DayUse) -> None:
        nonlocal kept
        await asyncio.sleep(0)
        if is_lost:
            message = "the shard is another's"
            raise ShardLost(message)
        kept = use

    budget = a_budget(clock, pace=1000, quota=quota, keep=keep)
    made = 0
    for event in events:
        is_lost = event == "lost"
        if event in {"call", "lost"}:
            try:
                await clock.until_done(budget.take("zero"))
                made += 1
            except (JdThrottled, ShardLost):
                pass
        elif event == "cancel":
            task = asyncio.create_task(budget.take("zero"))
            await asyncio.sleep(0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        elif event == "day":
            clock.elapsed_s += 2 * HALF_A_DAY_S
            made = 0
        else:
            exact = budget.quota().used
            if event == "stop":
                await budget.finish()
            budget = a_budget(clock, pace=1000, quota=quota, use=kept, keep=keep)

            assert event == "crash" or budget.quota().used == exact
        assert made <= budget.quota().used <= quota


async def test_few_records_are_kept_for_many_calls() -> None:
    """Each announces a fiftieth of the day ahead."""
    clock = FakeTime()
    kept: list[int] = []

    async def keep(use: DayUse) -> None:
        kept.append(use.used)

    budget = a_budget(clock, pace=1000, quota=500, keep=keep)
    for _ in range(25):
        await clock.until_done(budget.take("stock"))
    await budget.finish()
    await budget.finish()

    assert kept == [10, 20, 30, 25]


def a_channel(channel_id: str, app_key: str = "app", **settings: object) -> Channel:
    """Make an active channel of an app."""
    credentials = Credentials(
        channel_id=channel_id,
        api_endpoint="https://api.jd.com/routerjson",
        api_key=app_key,
        api_secret=SecretStr("s"),
        access_token=SecretStr("t"),
    )
    return Channel(channel_id, SalesChannel.model_validate(settings), credentials)


async def forget(_: DayUse) -> None:
    """Keep nothing."""


async def test_a_share_follows_the_channels_live() -> None:
    """Switched on, a channel takes its part of the app's calls; switched off, it leaves it."""
    clock = FakeTime()
    budgets = CallBudgets(now=clock.now, monotonic=clock.monotonic, metrics=Metrics())
    one, two = (a_channel(name, daily_call_quota=100) for name in ("one", "two"))
    budgets.divide({"one": one})
    first = budgets.open(one, use=None, keep=forget)
    alone = first.share
    budgets.divide({"one": one, "two": two})
    second = budgets.open(two, use=None, keep=forget)
    both = first.share
    budgets.divide({"one": one, "two": InactiveChannel("two", two.settings)})

    assert (alone, both, first.share) == (Share(10, 100), Share(5, 50), Share(10, 100))
    assert second.share == Share(5, 50)
    assert budgets.open(two, use=None, keep=forget).share == Share(10, 100)


async def test_figures_show_the_budget_while_it_is_open() -> None:
    """Calls, share, forecast, pace and throttlings, each by channel."""
    clock, metrics = FakeTime(), Metrics()
    budgets = CallBudgets(now=clock.now, monotonic=clock.monotonic, metrics=metrics)
    channel = a_channel("shop", daily_call_quota=4, calls_per_second=8)
    budgets.divide({"shop": channel})
    budget = budgets.open(channel, use=None, keep=forget)
    turn = [await budget.take("stock") for _ in range(2)][-1]
    clock.elapsed_s = 1
    budget.throttled(turn)
    shown = generate_latest(metrics.registry).decode()
    budgets.close("shop")
    budgets.close("shop")
    left = generate_latest(metrics.registry).decode()

    for line in (
        'helm_jd_quota_used{channel="shop"} 2.0',
        'helm_jd_quota_limit{channel="shop"} 4.0',
        'helm_jd_quota_forecast_seconds{channel="shop"} 3600.0',
        'helm_jd_pace_calls_per_second{channel="shop"} 4.0',
        'helm_jd_throttlings_total{channel="shop"} 1.0',
    ):
        assert line in shown
    assert 'helm_jd_quota_used{channel="shop"}' not in left


async def test_a_quota_that_is_not_known_shows_as_such() -> None:
    """No limit and no forecast are no zeros."""
    clock, metrics = FakeTime(), Metrics()
    budgets = CallBudgets(now=clock.now, monotonic=clock.monotonic, metrics=metrics)
    budgets.open(a_channel("shop"), use=None, keep=forget)
    shown = generate_latest(metrics.registry).decode()

    assert 'helm_jd_quota_limit{channel="shop"} NaN' in shown
    assert 'helm_jd_quota_forecast_seconds{channel="shop"} +Inf' in shown
