"""Waiting for a call to JD: by lane and in the order of asking, within the channel's share.

Each channel has a budget of its own. What it may use is reckoned in adapter/rules/budget.py; here
callers wait for their turn, and the count is kept ahead of the calls, so that a crash loses none.
"""

import asyncio
import heapq
import math
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import count
from typing import NamedTuple, Protocol

from adapter.diagnostics import Metrics
from adapter.errors import JdThrottled, LaneSpent
from adapter.rules.budget import (
    LANE_RANKS,
    MOST_AT_ONCE,
    DayUse,
    Lane,
    Share,
    Slowed,
    announced,
    current_pace,
    equal_share,
    halved_pace,
    jd_day,
    lasts_until,
    may_call,
    next_turn,
    quota_problems,
    shares,
    until_next_day_s,
)
from adapter.rules.channels import AnyChannel, Channel
from adapter.wire.published import Problem, Quota

_MINUTES = 60


class Timer(Protocol):
    """Something that will happen, and can be called off."""

    def cancel(self) -> None:
        """Call it off."""


class Turn(NamedTuple):
    """A call that may be made now."""

    at: float
    """When it was given, in seconds that never run back."""

    day: date
    """JD's day that it counts for."""


def _call_later(seconds: float, act: Callable[[], None]) -> Timer:
    return asyncio.get_running_loop().call_later(seconds, act)


class CallBudget:
    """The calls of one channel.

    Args:
        share: Its share of its app's calls.
        now: Gives the aware instant, for the day.
        monotonic: Gives seconds that never run back, for the pace.
        use: What was kept of its calls; None when nothing was.
        keep: Keeps a record before the calls that it counts are made; None keeps none.
        on_throttled: Called when the pace was halved.
        call_later: Calls something after some seconds.
    """

    def __init__(
        self,
        *,
        share: Share,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        use: DayUse | None = None,
        keep: Callable[[DayUse], Awaitable[None]] | None = None,
        on_throttled: Callable[[], None] = lambda: None,
        call_later: Callable[[float, Callable[[], None]], Timer] = _call_later,
    ) -> None:
        self._share = share
        self._now = now
        self._monotonic = monotonic
        self._use = self._kept = use or DayUse(jd_day(now()))
        self._keep = keep
        self._keeping = asyncio.Lock()
        self._on_throttled = on_throttled
        self._call_later = call_later
        self._timer: Timer | None = None
        self._slowed: Slowed | None = None
        self._taken: deque[float] = deque(maxlen=MOST_AT_ONCE)
        self._by_minute: Counter[int] = Counter()
        self._asked = count()
        self._waiting: list[tuple[int, int, Lane, asyncio.Future[Turn]]] = []

    @property
    def share(self) -> Share:
        """Its share of its app's calls; a new one holds for those that wait, too."""
        return self._share

    @share.setter
    def share(self, share: Share) -> None:
        self._share = share
        self._serve()

    @property
    def pace(self) -> float:
        """Calls a second, as JD lets them pass."""
        return current_pace(self._share.calls_per_second, self._slowed, self._monotonic())

    async def take(self, lane: Lane) -> Turn:
        """Wait for a turn and take one call.

        A waiter that is cancelled leaves its turn to the next.

        Args:
            lane: What the call is for.

        Raises:
            JdThrottled: The lane's part of the day's calls is used up, by count or by JD's word.
            ShardLost: The count could not be kept.
        """
        turn: asyncio.Future[Turn] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (LANE_RANKS[lane], next(self._asked), lane, turn))
        self._serve()
        try:
            taken = await turn
        except asyncio.CancelledError:
            if not turn.cancelled() and turn.exception() is None:
                self._give_back(turn.result())
            raise
        await self._announce()
        return taken

    def throttled(self, turn: Turn) -> None:
        """Halve the pace, for JD found it too fast; of calls that were under way together once."""
        if self._slowed is None or turn.at > self._slowed.at:
            self._slowed = Slowed(halved_pace(self.pace), self._monotonic())
            self._on_throttled()

    async def spend(self) -> None:
        """Take JD's word that the day's quota is used up: no call succeeds before its next day.

        Raises:
            ShardLost: It could not be kept.
        """
        self._begin_day()
        self._use = replace(self._use, is_spent=True)
        await self._record(max(self._use.used, self._kept_today))

    async def finish(self) -> None:
        """Keep the exact count, once no call is made any more.

        Raises:
            ShardLost: It could not be kept.
        """
        self._begin_day()
        if self._use != self._kept:
            await self._record(self._use.used)

    def quota(self) -> Quota:
        """Tell the calls of the day, those allowed, and how long they last."""
        self._begin_day()
        since = self._monotonic() // 60 - _MINUTES
        last_hour = sum(calls for minute, calls in self._by_minute.items() if minute > since)
        limit = self._share.calls_per_day
        forecast = lasts_until(
            used=self._use.used, limit=limit, last_hour=last_hour, now=self._now()
        )
        return Quota(used=self._use.used, limit=limit, forecast=forecast)

    def problems(self) -> list[Problem]:
        """Tell what is wrong with the channel's calls."""
        forecast = self.quota().forecast
        return quota_problems(self._share, self._use, forecast, self._now())

    # Turns -----------------------------------------------------------------------------------

    def _serve(self) -> None:
        """Give turns to those that wait, as far as the pace allows, and come back for the rest."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            _, _, lane, turn = self._waiting[0]
            if turn.done():  # cancelled while it waited
                heapq.heappop(self._waiting)
                continue
            self._begin_day()
            if not may_call(self._share, self._use, lane):
                heapq.heappop(self._waiting)
                turn.set_exception(self._refusal(lane))
                continue
            now = self._monotonic()
            wait_s = next_turn(self._taken, self.pace) - now
            if wait_s > 0:
                self._timer = self._call_later(wait_s, self._serve)
                return
            heapq.heappop(self._waiting)
            self._count(now)
            turn.set_result(Turn(now, self._use.day))

    def _count(self, now: float) -> None:
        self._taken.append(now)
        self._use = replace(self._use, used=self._use.used + 1)
        minute = int(now // 60)
        if minute not in self._by_minute:
            for old in [known for known in self._by_minute if known <= minute - _MINUTES]:
                del self._by_minute[old]
        self._by_minute[minute] += 1

    def _give_back(self, turn: Turn) -> None:
        """Undo a turn that was given and not used."""
        self._taken.remove(turn.at)
        self._by_minute[int(turn.at // 60)] -= 1
        if turn.day == self._use.day:
            self._use = replace(self._use, used=self._use.used - 1)
        self._serve()

    def _refusal(self, lane: Lane) -> JdThrottled:
        if self._use.is_spent:
            message = "JD says that the day's calls are used up"
            return JdThrottled(message, retry_after_s=until_next_day_s(self._now()))
        # Not until tomorrow: the share grows when another channel of the app is switched off.
        return LaneSpent(f"the day's calls are used up, as far as {lane} may use them")

    # The day and its record --------------------------------------------------------------------

    @property
    def _kept_today(self) -> int:
        return self._kept.used if self._kept.day == self._use.day else 0

    async def _announce(self) -> None:
        """Keep a record that covers the call about to be made."""
        if self._keep is None or self._use.used <= self._kept_today:
            return
        async with self._keeping:
            if self._use.used > self._kept_today:
                await self._write(announced(self._use, self._share.calls_per_day))

    async def _record(self, used: int) -> None:
        async with self._keeping:
            await self._write(replace(self._use, used=used))

    async def _write(self, use: DayUse) -> None:
        if self._keep is not None:
            await self._keep(use)
            self._kept = use

    def _begin_day(self) -> None:
        today = jd_day(self._now())
        # A clock that is set back over midnight brings no second day's calls.
        if today != self._use.day and today != self._use.day - timedelta(days=1):
            self._use = DayUse(today)


class CallBudgets:
    """The budgets of the channels that run in this process, each with its share.

    Args:
        now: Gives the aware instant.
        monotonic: Gives seconds that never run back.
        metrics: Shows them.
    """

    def __init__(
        self, *, now: Callable[[], datetime], monotonic: Callable[[], float], metrics: Metrics
    ) -> None:
        self._now = now
        self._monotonic = monotonic
        self._metrics = metrics
        self._gauges = (
            metrics.quota_used,
            metrics.quota_limit,
            metrics.quota_forecast_seconds,
            metrics.pace,
        )
        self._shares: dict[str, Share] = {}
        self._budgets: dict[str, CallBudget] = {}

    def divide(self, channels: Mapping[str, AnyChannel]) -> None:
        """Divide the apps' calls anew; what runs gets its new share at once.

        Args:
            channels: All channels, also those of other instances.
        """
        self._shares = shares(channels)
        for channel_id in self._budgets.keys() & self._shares.keys():
            self._budgets[channel_id].share = self._shares[channel_id]

    def open(
        self,
        channel: Channel,
        *,
        use: DayUse | None,
        keep: Callable[[DayUse], Awaitable[None]],
    ) -> CallBudget:
        """Give a channel that starts its budget.

        Args:
            channel: As it starts.
            use: What was kept of its calls.
            keep: Keeps a record of its calls.
        """
        # One that was just switched off is still running and has no share any more.
        share = self._shares.get(channel.channel_id) or equal_share([channel.settings])
        budget = CallBudget(
            share=share,
            now=self._now,
            monotonic=self._monotonic,
            use=use,
            keep=keep,
            on_throttled=self._metrics.throttlings.labels(channel=channel.channel_id).inc,
        )
        self._budgets[channel.channel_id] = budget
        self._show(channel.channel_id, budget)
        return budget

    def close(self, channel_id: str) -> None:
        """Forget a channel that has stopped."""
        if self._budgets.pop(channel_id, None) is not None:
            for gauge in self._gauges:
                gauge.remove(channel_id)

    def _show(self, channel_id: str, budget: CallBudget) -> None:
        """Let the metrics read a budget when somebody looks at them."""

        def limit() -> float:
            calls = budget.share.calls_per_day
            return math.nan if calls is None else calls

        def forecast_s() -> float:
            forecast = budget.quota().forecast
            return math.inf if forecast is None else (forecast - self._now()).total_seconds()

        shown = (lambda: budget.quota().used, limit, forecast_s, lambda: budget.pace)
        for gauge, figure in zip(self._gauges, shown, strict=True):
            gauge.labels(channel=channel_id).set_function(figure)
