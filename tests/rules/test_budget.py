import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from adapter.errors import AdapterError
from adapter.rules.budget import (
    BULK_RESERVE_PERCENT,
    LANE_RANKS,
    POLL_PERCENT,
    RECOVERY_S,
    SLOWEST_PACE,
    ZERO_RESERVE_PERCENT,
    DayUse,
    Lane,
    Share,
    Slowed,
    announced,
    current_pace,
    halved_pace,
    jd_day,
    lane_limit,
    lasts_until,
    may_call,
    next_turn,
    poll_interval_s,
    quota_problems,
    shares,
    until_next_day_s,
)
from adapter.rules.channels import AnyChannel, Channel, InactiveChannel, UnreadableChannel
from adapter.wire.helm import Credentials, SalesChannel

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
TODAY = jd_day(NOON)
DAY_S = 86_400

lanes = st.sampled_from(list(LANE_RANKS))
quotas = st.integers(1, 1000)
paces = st.one_of(st.sampled_from([0.2, 1.0, 3.5, 10.0]), st.floats(0.01, 1000))


def a_channel(channel_id: str, app_key: str = "app", **settings: Any) -> Channel:
    """Make an active channel of an app."""
    credentials = Credentials(
        channel_id=channel_id,
        api_endpoint="https://api.jd.com/routerjson",
        api_key=app_key,
        api_secret=SecretStr("s"),
        app_id="1",
        access_token=SecretStr("t"),
    )
    return Channel(channel_id, SalesChannel.model_validate(settings), credentials)


def by_id(*channels: AnyChannel) -> dict[str, AnyChannel]:
    """Put channels as the tables have them."""
    return {channel.channel_id: channel for channel in channels}


@given(st.integers(1, 30), quotas, paces)
def test_the_channels_of_an_app_share_its_calls_equally(
    channels: int, quota: int, pace: float
) -> None:
    """Their shares are equal, and together no more than the app has."""
    settings: dict[str, Any] = {"calls_per_second": pace, "daily_call_quota": quota}
    own = [a_channel(f"shop-{number}", **settings) for number in range(channels)]
    divided = shares(by_id(*own, a_channel("alone", "another", **settings)))

    assert divided.pop("alone") == Share(pace, quota)
    assert len(divided) == channels
    (share,) = set(divided.values())
    assert share.calls_per_second * channels == pytest.approx(pace)
    assert share.calls_per_day is not None
    assert quota - channels < share.calls_per_day * channels <= quota


def test_only_active_channels_have_a_share() -> None:
    """One that is switched off, or that nobody can read, leaves its part to the others."""
    settings: dict[str, Any] = {"daily_call_quota": 100}
    off = InactiveChannel("off", SalesChannel.model_validate(settings))
    broken = UnreadableChannel("broken", AdapterError("it is no channel"))

    assert shares(by_id(a_channel("shop", **settings), off, broken)) == {"shop": Share(10, 100)}


@pytest.mark.parametrize(
    ("one", "other", "share"),
    [
        ({}, {}, Share(5, None)),
        ({"daily_call_quota": 100}, {}, Share(5, 50)),
        ({"calls_per_second": 30.0}, {}, Share(15, None)),
        ({"daily_call_quota": 100}, {"daily_call_quota": 60}, Share(5, 30, is_disputed=True)),
        ({"calls_per_second": 4.0}, {"calls_per_second": 8.0}, Share(2, None, is_disputed=True)),
    ],
    ids=["none-given", "one-quota", "one-pace", "two-quotas", "two-paces"],
)
def test_the_smallest_figure_given_holds(
    one: dict[str, Any], other: dict[str, Any], share: Share
) -> None:
    """What one channel leaves out the other says; figures that differ are a dispute."""
    divided = shares(by_id(a_channel("one", **one), a_channel("other", **other)))

    assert divided == {"one": share, "other": share}


@given(quotas, st.lists(lanes, max_size=60), st.integers(0, 1000))
def test_each_lane_leaves_the_reserves_of_those_before_it(
    quota: int, asked: list[Lane], used: int
) -> None:
    """Bulk work leaves a fifth of the day, all but zero writes a twentieth, nothing goes beyond."""
    share, use = Share(10, quota), DayUse(TODAY, used)
    for lane in asked:
        if may_call(share, use, lane):
            use = DayUse(TODAY, use.used + 1)
            left_percent = (quota - use.used) * 100 / quota

            assert use.used <= quota
            assert lane == "zero" or left_percent >= ZERO_RESERVE_PERCENT
            assert lane != "bulk" or left_percent >= BULK_RESERVE_PERCENT


@given(quotas, lanes, lanes)
def test_a_lane_that_goes_first_may_go_on_longer(quota: int, one: Lane, other: Lane) -> None:
    """Who has the turn before another is never stopped before it."""
    if LANE_RANKS[one] <= LANE_RANKS[other]:
        assert lane_limit(quota, one) >= lane_limit(quota, other)


@given(lanes)
def test_jds_word_ends_the_day_for_every_lane(lane: Lane) -> None:
    """Whatever was counted; and a quota that is not known ends by JD's word alone."""
    assert not may_call(Share(10, 100), DayUse(TODAY, 0, is_spent=True), lane)
    assert may_call(Share(10, None), DayUse(TODAY, 10**6), lane)


@given(paces, st.lists(st.floats(0, 3), min_size=1, max_size=80))
def test_no_window_holds_more_than_the_pace(pace: float, pauses: list[float]) -> None:
    """Any n / pace seconds hold at most n calls, n being the whole calls a second."""
    now, taken = 0.0, list[float]()
    for pause in pauses:
        now = max(now + pause, next_turn(taken, pace))
        taken.append(now)
    at_once = max(int(pace), 1)
    window_s = at_once / pace - 1e-6

    for first in taken:
        assert sum(first <= moment < first + window_s for moment in taken) <= at_once


@given(paces, st.integers(1, 20), st.floats(0, 1000))
def test_a_throttled_pace_halves_and_comes_back(pace: float, times: int, later_s: float) -> None:
    """Never below the slowest or the share, never above the share, and back in a minute."""
    slowed = pace
    for _ in range(times):
        before, slowed = slowed, halved_pace(slowed)

        assert min(SLOWEST_PACE, pace) <= slowed <= before
        assert slowed == pytest.approx(max(before / 2, min(SLOWEST_PACE, pace)))
    after = current_pace(pace, Slowed(slowed, at=100), 100 + later_s)

    assert slowed <= after * (1 + 1e-9)
    assert after <= pace
    assert current_pace(pace, Slowed(slowed, at=0), RECOVERY_S) == pace
    assert current_pace(pace, None, later_s) == pace


@given(st.one_of(st.none(), quotas), st.integers(1, 1000))
def test_a_record_covers_the_call_it_is_kept_for(quota: int | None, used: int) -> None:
    """It announces no more than a fiftieth of the day, and nothing beyond the share."""
    ahead = announced(DayUse(TODAY, used), quota).used

    assert used <= ahead < used + 100
    if quota is not None:
        assert ahead <= max(quota, used)
        assert ahead - used <= quota / 50


@given(st.integers(0, 1000), quotas, st.integers(0, 1000), st.integers(0, 500), quotas)
def test_a_forecast_only_comes_nearer(
    used: int, limit: int, last_hour: int, more: int, less: int
) -> None:
    """More calls made, a faster hour or a smaller share never let the day last longer."""

    def lasts_s(used: int, limit: int, last_hour: int) -> float:
        until = lasts_until(used=used, limit=limit, last_hour=last_hour, now=NOON)
        return math.inf if until is None else (until - NOON).total_seconds()

    known = lasts_s(used, limit, last_hour)

    assert lasts_s(used + more, limit, last_hour) <= known
    assert lasts_s(used, limit, last_hour + more) <= known
    assert lasts_s(used, min(limit, less), last_hour) <= known
    assert known == math.inf or 0 <= known < until_next_day_s(NOON)


def test_a_forecast_names_the_minute() -> None:
    """At 100 calls an hour 250 are made in two hours and a half."""
    until = lasts_until(used=750, limit=1000, last_hour=100, now=NOON)

    assert until == NOON + timedelta(hours=2.5)
    assert lasts_until(used=750, limit=None, last_hour=100, now=NOON) is None
    assert lasts_until(used=10, limit=10, last_hour=0, now=NOON) == NOON


@given(st.floats(0.1, DAY_S), st.integers(0, 10**6), st.integers(1, 100))
def test_polls_keep_to_their_part_of_the_day(wanted_s: float, quota: int, calls: int) -> None:
    """Their calls of a day are at most 40 % of it, save one poll a day; never oftener than set."""
    interval_s = poll_interval_s(wanted_s, calls_per_day=quota, calls_a_poll=calls)

    assert interval_s >= wanted_s
    if interval_s < DAY_S:
        assert DAY_S / interval_s * calls <= quota * POLL_PERCENT / 100 * (1 + 1e-9)
    assert poll_interval_s(wanted_s, calls_per_day=None, calls_a_poll=calls) == wanted_s


def test_polls_are_not_stretched_without_need() -> None:
    """A large quota leaves the interval as the channel has it."""
    assert poll_interval_s(30, calls_per_day=300_000, calls_a_poll=1) == 30
    assert poll_interval_s(30, calls_per_day=500, calls_a_poll=1) == 432


def test_jds_day_begins_at_midnight_in_beijing() -> None:
    """Sixteen hours of UTC's day belong to JD's, eight to its next one."""
    assert until_next_day_s(NOON) == 12 * 3600
    assert until_next_day_s(datetime(2026, 11, 23, 16, tzinfo=UTC)) == 24 * 3600


@pytest.mark.parametrize(
    ("share", "use", "forecast", "codes"),
    [
        (Share(10, 100), DayUse(TODAY, 10), None, []),
        (Share(10, None), DayUse(TODAY, 10**6), None, []),
        (Share(10, 100), DayUse(TODAY, 10), NOON + timedelta(hours=5), ["QUOTA_SHORT"]),
        (Share(10, 100), DayUse(TODAY, 95), NOON + timedelta(hours=5), ["QUOTA_SPENT"]),
        (Share(10, None), DayUse(TODAY, 3, is_spent=True), None, ["QUOTA_SPENT"]),
        (Share(10, 100, is_disputed=True), DayUse(TODAY), None, ["QUOTA_DISPUTED"]),
    ],
    ids=["fine", "unknown", "short", "share-spent", "jd-says-spent", "disputed"],
)
def test_what_is_wrong_with_the_calls_is_told(
    share: Share, use: DayUse, forecast: datetime | None, codes: list[str]
) -> None:
    """With a remedy; what is spent says until when."""
    problems = quota_problems(share, use, forecast, NOON)

    assert [problem.code for problem in problems] == codes
    for problem in problems:
        assert problem.remedy
        assert problem.code != "QUOTA_SPENT" or "2026-11-24 00:00 in Beijing" in problem.cause
        assert problem.code != "QUOTA_SHORT" or "17:00 in Beijing" in problem.evidence
