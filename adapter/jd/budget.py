"""How many calls JD allows: a second, by our own setting, and a day, by JD's quota.

JD counts by app, not by channel, so all channels of this process that share an app_key share one
budget. JD publishes no figure for calls a second; the pace is a setting.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date, datetime, time, timedelta

from adapter.errors import JdThrottled
from adapter.wire.jd import BEIJING


def until_next_day_s(now: datetime) -> float:
    """Seconds until JD's next day begins, when a spent quota is new again.

    Args:
        now: An aware instant.
    """
    here = now.astimezone(BEIJING)
    midnight = datetime.combine(here.date() + timedelta(days=1), time(), BEIJING)
    return (midnight - here).total_seconds()


class CallBudget:
    """The calls of one app.

    Args:
        calls_per_second: The pace, above 0; a second's worth may be taken at once.
        calls_per_day: JD's daily quota; None where it is unknown.
        now: Gives the aware instant, for the day.
        monotonic: Gives seconds that never run back, for the pace.
        sleep: Waits for seconds.
    """

    def __init__(
        self,
        *,
        calls_per_second: float,
        calls_per_day: int | None = None,
        now: Callable[[], datetime],
        monotonic: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.calls_per_second = calls_per_second
        self.calls_per_day = calls_per_day
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        self._free_at = float("-inf")
        self._day: date | None = None
        self._used = 0
        self._spent = False

    @property
    def used_today(self) -> int:
        """Calls taken since JD's day began."""
        self._begin_day()
        return self._used

    async def take(self) -> None:
        """Wait for a turn and take one call; turns come in the order of asking.

        Raises:
            JdThrottled: The day's quota is used up, by count or by JD's word.
        """
        self._begin_day()
        if self._spent or (self.calls_per_day is not None and self._used >= self.calls_per_day):
            message = "the day's quota of calls to JD is used up"
            raise JdThrottled(message, retry_after_s=until_next_day_s(self._now()))
        self._used += 1
        between_s = 1 / self.calls_per_second
        at_once = max(self.calls_per_second - 1, 0)
        now = self._monotonic()
        turn = max(self._free_at, now - at_once * between_s)
        self._free_at = turn + between_s
        if turn > now:
            await self._sleep(turn - now)

    def spend(self) -> None:
        """Take JD's word that the day's quota is used up: no call succeeds before its next day."""
        self._begin_day()
        self._spent = True

    def _begin_day(self) -> None:
        today = self._now().astimezone(BEIJING).date()
        if today != self._day:
            self._day, self._used, self._spent = today, 0, False


class CallBudgets:
    """One budget for each app_key of this process.

    Args:
        now: Gives the aware instant.
        monotonic: Gives seconds that never run back.
    """

    def __init__(self, *, now: Callable[[], datetime], monotonic: Callable[[], float]) -> None:
        self._now = now
        self._monotonic = monotonic
        self._budgets: dict[str, CallBudget] = {}

    def share(
        self, app_key: str, *, calls_per_second: float, calls_per_day: int | None = None
    ) -> CallBudget:
        """Give an app's budget to one more channel; the settings given last hold for all of them.

        Args:
            app_key: The app.
            calls_per_second: The pace, above 0.
            calls_per_day: JD's daily quota; None where it is unknown.
        """
        budget = self._budgets.get(app_key)
        if budget is None:
            budget = self._budgets[app_key] = CallBudget(
                calls_per_second=calls_per_second,
                now=self._now,
                monotonic=self._monotonic,
            )
        budget.calls_per_second = calls_per_second
        budget.calls_per_day = calls_per_day
        return budget
