"""How many calls to JD a channel may make: its share of its app's, by the day, the second and lane.

JD counts by app_key. An app's calls are divided equally among the active channels that share its
key, on whatever instance they run; nobody has to ask anybody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Literal, NamedTuple

from adapter.rules.channels import AnyChannel, Channel
from adapter.wire.helm import SalesChannel
from adapter.wire.jd import BEIJING
from adapter.wire.published import Problem

Lane = Literal["zero", "stock", "orders", "shipments", "bulk"]
"""What a call is for. `zero` writes take a listing off sale; `bulk` is all that can wait."""

LANE_RANKS: Mapping[Lane, int] = MappingProxyType(
    {"zero": 0, "stock": 1, "orders": 2, "shipments": 2, "bulk": 3}
)
"""Which lane goes before which: the lower first; equal ones in the order of asking."""

BULK_RESERVE_PERCENT = 20
"""Of the day's calls, those that bulk work never touches."""
ZERO_RESERVE_PERCENT = 5
"""Of the day's calls, those kept for writes that take a listing off sale."""
POLL_PERCENT = 40
"""Of the day's calls, the most that order polls are to use."""
SLOWEST_PACE = 0.2
"""Calls a second below which JD's throttling does not push the pace."""
RECOVERY_S = 60.0
"""Seconds in which a pace of zero would recover to the whole share."""
MOST_AT_ONCE = 1000
"""Calls that a window of the pace holds at most; settings allow no more calls a second."""
MOST_AHEAD = 100
"""Calls that one record announces at most."""

QUOTA_SPENT = "QUOTA_SPENT"
QUOTA_SHORT = "QUOTA_SHORT"
QUOTA_DISPUTED = "QUOTA_DISPUTED"

_DAY_S = 86_400.0
_HOUR_S = 3600.0


class Share(NamedTuple):
    """The calls of one channel."""

    calls_per_second: float
    """Above 0."""

    calls_per_day: int | None = None
    """None where the app's quota is not known."""

    is_disputed: bool = False
    """The app's channels give different figures; the smallest hold."""


@dataclass(frozen=True, slots=True)
class DayUse:
    """What was used of one of JD's days."""

    day: date
    """In Beijing."""

    used: int = 0
    """Calls made; in a record, those that it announces ahead too."""

    is_spent: bool = False
    """JD said that the quota is used up."""


class Slowed(NamedTuple):
    """A pace that JD's throttling brought down."""

    pace: float
    """Calls a second, right after."""

    at: float
    """When, in seconds that never run back."""


def shares(channels: Mapping[str, AnyChannel]) -> dict[str, Share]:
    """Divide every app's calls among its active channels.

    Args:
        channels: All channels, also those of other instances.

    Returns:
        Each active channel's share, by channel_id.
    """
    by_app: dict[str, list[Channel]] = {}
    for channel in channels.values():
        if isinstance(channel, Channel):
            by_app.setdefault(channel.credentials.api_key, []).append(channel)
    divided = {app: equal_share([each.settings for each in own]) for app, own in by_app.items()}
    return {each.channel_id: divided[app] for app, own in by_app.items() for each in own}


def equal_share(settings: Sequence[SalesChannel]) -> Share:
    """Divide one app's calls equally; of figures that differ the smallest given holds.

    Args:
        settings: Of all active channels that share the app, at least one.
    """
    paces = {
        each.calls_per_second for each in settings if "calls_per_second" in each.model_fields_set
    } or {settings[0].calls_per_second}
    quotas = {each.daily_call_quota for each in settings if each.daily_call_quota is not None}
    return Share(
        min(paces) / len(settings),
        min(quotas) // len(settings) if quotas else None,
        is_disputed=len(paces) > 1 or len(quotas) > 1,
    )


def lane_limit(calls_per_day: int, lane: Lane) -> int:
    """Reckon how many calls of a day may have been made before a lane may make no more.

    Args:
        calls_per_day: The channel's share.
        lane: What the call is for.
    """
    kept_percent = {"zero": 0, "bulk": BULK_RESERVE_PERCENT}.get(lane, ZERO_RESERVE_PERCENT)
    return calls_per_day - -(-calls_per_day * kept_percent // 100)


def may_call(share: Share, use: DayUse, lane: Lane) -> bool:
    """Tell whether the day has a call left for a lane."""
    if use.is_spent:
        return False
    return share.calls_per_day is None or use.used < lane_limit(share.calls_per_day, lane)


def announced(use: DayUse, calls_per_day: int | None) -> DayUse:
    """Make the record that is kept before the calls it counts are made.

    It announces a few calls more, so that not each call needs a record of its own. Whoever
    restores it counts them as made: a restart never counts too few.

    Args:
        use: With the call that is about to be made.
        calls_per_day: The channel's share.
    """
    block = MOST_AHEAD if calls_per_day is None else min(calls_per_day // 50, MOST_AHEAD)
    ahead = use.used + max(block, 1) - 1
    if calls_per_day is not None:
        ahead = max(min(ahead, calls_per_day), use.used)
    return DayUse(use.day, ahead, use.is_spent)


def next_turn(taken: Sequence[float], pace: float) -> float:
    """Reckon when the next call may be made.

    A second's worth may go at once: n calls in any n / pace seconds, n being the whole calls a
    second, at least 1.

    Args:
        taken: When calls were made, the latest last; as many as `MOST_AT_ONCE`.
        pace: Calls a second, above 0.

    Returns:
        The instant, on the clock of `taken`; it may have passed.
    """
    at_once = min(max(int(pace), 1), MOST_AT_ONCE)
    if len(taken) < at_once:
        return float("-inf")
    return taken[-at_once] + at_once / pace


def current_pace(calls_per_second: float, slowed: Slowed | None, now: float) -> float:
    """Reckon the pace: the share, or on the way back to it after JD throttled.

    Args:
        calls_per_second: The share.
        slowed: The last throttling; None when there was none.
        now: On the clock of `slowed`.
    """
    if slowed is None:
        return calls_per_second
    recovered = slowed.pace + (now - slowed.at) * calls_per_second / RECOVERY_S
    return min(calls_per_second, recovered)


def halved_pace(pace: float) -> float:
    """Halve a pace that JD throttled, down to the slowest."""
    return max(pace / 2, min(SLOWEST_PACE, pace))


def jd_day(now: datetime) -> date:
    """Give JD's day of an aware instant."""
    return now.astimezone(BEIJING).date()


def next_day(now: datetime) -> datetime:
    """Give the instant at which JD's next day begins, when a spent quota is new again."""
    return datetime.combine(jd_day(now) + timedelta(days=1), time(), BEIJING)


def until_next_day_s(now: datetime) -> float:
    """Reckon the seconds until JD's next day begins.

    Args:
        now: An aware instant.
    """
    return (next_day(now) - now).total_seconds()


def lasts_until(*, used: int, limit: int | None, last_hour: int, now: datetime) -> datetime | None:
    """Forecast when the day's calls are used up, at the pace of the last hour.

    Args:
        used: Calls of the day so far.
        limit: Calls of the day allowed; None when not known.
        last_hour: Calls of the last hour.
        now: An aware instant.

    Returns:
        The instant, `now` when they are used up; None when they last the day.
    """
    if limit is None:
        return None
    left = max(limit - used, 0)
    if left == 0:
        return now
    if last_hour == 0:
        return None
    left_s = left * _HOUR_S / last_hour
    return now + timedelta(seconds=left_s) if left_s < until_next_day_s(now) else None


def poll_interval_s(wanted_s: float, *, calls_per_day: int | None, calls_a_poll: int) -> float:
    """Stretch the time between two polls so that they keep to their part of the day's calls.

    Args:
        wanted_s: As the channel's settings have it.
        calls_per_day: The channel's share; None when not known.
        calls_a_poll: Calls that a poll takes, at least 1.

    Returns:
        Seconds, at most a day unless more is wanted.
    """
    if calls_per_day is None:
        return wanted_s
    polls = calls_per_day * POLL_PERCENT / 100 / calls_a_poll
    return max(wanted_s, min(_DAY_S / polls, _DAY_S) if polls else _DAY_S)


def quota_problems(
    share: Share, use: DayUse, forecast: datetime | None, now: datetime
) -> list[Problem]:
    """Tell what is wrong with a channel's calls.

    Args:
        share: Its share.
        use: Its calls today.
        forecast: When they will be used up; None when they last.
        now: An aware instant.
    """
    problems = []
    until = f"{next_day(now):%Y-%m-%d %H:%M} in Beijing"
    counted = f"{use.used} calls made today" + (
        f", {share.calls_per_day} allowed" if share.calls_per_day is not None else ""
    )
    more = "Ask JD for a larger quota, or raise order_poll_interval_s."
    if not may_call(share, use, "stock"):
        cause = (
            f"JD says that the app's calls of today are used up; none is made until {until}."
            if use.is_spent
            else "This channel's share of the app's calls of today is used up; until "
            f"{until} only stock that must go to zero is written."
        )
        problems.append(_problem(QUOTA_SPENT, "error", cause, counted, more, now))
    elif forecast is not None:
        lasts = f"they last until {forecast.astimezone(BEIJING):%H:%M} in Beijing; {counted}"
        cause = "At the pace of the last hour this channel's calls do not last until the day ends."
        remedy = f"Nothing while it is a burst; sweeps give way first. {more}"
        problems.append(_problem(QUOTA_SHORT, "warning", cause, lasts, remedy, now))
    if share.is_disputed:
        cause = "Channels that share this app give different call limits; the smallest hold."
        remedy = "Give them all the same calls_per_second and daily_call_quota: JD counts by app."
        problems.append(_problem(QUOTA_DISPUTED, "warning", cause, "", remedy, now))
    return problems


def _problem(  # noqa: PLR0917 (private, and each call names its values by their order here)
    code: str, severity: str, cause: str, evidence: str, remedy: str, now: datetime
) -> Problem:
    return Problem.model_validate(
        {
            "code": code,
            "severity": severity,
            "since": now,
            "cause": cause,
            "evidence": evidence,
            "remedy": remedy,
            "count": 1,
        }
    )
