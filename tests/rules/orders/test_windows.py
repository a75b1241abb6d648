from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.orders import PollWindow, halved, pages_last_first, poll_window

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHORT = st.timedeltas(timedelta(), timedelta(hours=1))


def at(clock: str) -> datetime:
    """Read an instant of that day."""
    return datetime.fromisoformat(f"2026-11-23T{clock}+00:00")


@pytest.mark.parametrize(
    ("watermark", "now", "since", "until"),
    [
        ("12:00:00", "12:00:30", "11:58:00", "12:00:28"),
        ("12:00:00", "12:00:30.900", "11:58:00", "12:00:28"),
        ("12:00:00.700", "12:00:30", "11:58:00", "12:00:28"),
        ("12:00:00", "12:00:03", "11:58:00", "12:00:01"),
    ],
)
def test_a_window_reaches_back_and_stays_behind(
    watermark: str, now: str, since: str, until: str
) -> None:
    """Two minutes of overlap and two seconds to settle, in whole seconds."""
    window = poll_window(
        watermark=at(watermark),
        now=at(now),
        overlap=timedelta(minutes=2),
        settle=timedelta(seconds=2),
    )

    assert window == PollWindow(at(since), at(until))


@pytest.mark.parametrize("now", ["11:00:00", "12:00:00", "12:00:02", "12:00:02.999"])
def test_there_is_no_window_while_nothing_new_has_settled(now: str) -> None:
    """The watermark never moves back, also when the clock does."""
    window = poll_window(
        watermark=NOON, now=at(now), overlap=timedelta(minutes=2), settle=timedelta(seconds=2)
    )

    assert window is None


@given(
    watermark=st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - the zone stands beside it
    behind=st.timedeltas(timedelta(seconds=10), timedelta(days=20)),
    overlap=SHORT,
    settle=st.timedeltas(timedelta(), timedelta(seconds=8)),
)
def test_windows_cover_all_time_once_behind(
    watermark: datetime, behind: timedelta, overlap: timedelta, settle: timedelta
) -> None:
    """Each window begins no later than the last one ended, is a day at most, and moves on."""
    now = watermark + behind
    seen = watermark
    steps = 0
    while window := poll_window(watermark=seen, now=now, overlap=overlap, settle=settle):
        assert window.since <= seen < window.until
        assert window.until - window.since <= timedelta(days=1)
        assert window.until <= now - settle
        seen = window.until
        steps += 1

    assert now - settle - seen < timedelta(seconds=1)
    assert steps <= 25


@given(total=st.integers(0, 1000), page_size=st.integers(1, 100))
def test_the_pages_hold_every_row_once(total: int, page_size: int) -> None:
    """From the last page down to the first, none is left out and none is empty."""
    pages = pages_last_first(total, page_size)
    rows = [row for page in pages for row in range(total)[(page - 1) * page_size :][:page_size]]

    assert pages == sorted(pages, reverse=True)
    assert sorted(rows) == list(range(total))
    assert all((page - 1) * page_size < total for page in pages)


@given(data=st.data(), total=st.integers(1, 60), page_size=st.integers(1, 10))
def test_a_row_that_stays_in_the_window_is_never_skipped(
    data: st.DataObject, total: int, page_size: int
) -> None:
    """While pages are read last first, rows may leave the window: the others are all seen."""
    rows = list(range(total))
    seen: set[int] = set()
    for page in pages_last_first(total, page_size):
        seen.update(rows[(page - 1) * page_size :][:page_size])
        leaving = data.draw(st.sets(st.sampled_from(rows), max_size=3)) if rows else set()
        rows = [row for row in rows if row not in leaving]

    assert set(rows) <= seen


def test_first_page_first_would_skip() -> None:
    """The reason for the sequence: read forwards, a row moves into a page already read."""
    rows = [0, 1, 2, 3]
    seen = set(rows[0:2])
    rows.remove(0)
    seen.update(rows[2:4])

    assert 2 not in seen


@given(st.integers(min_value=0, max_value=86_400), st.integers(min_value=0, max_value=1_200))
def test_halving_a_window_still_passes_the_watermark_and_ends(new_s: int, overlap_s: int) -> None:
    """Each half is shorter, reaches back as far, and passes the watermark; a second ends it."""
    watermark = datetime(2026, 11, 23, tzinfo=UTC)
    since = watermark - timedelta(seconds=overlap_s)
    window = PollWindow(since, watermark + timedelta(seconds=new_s))
    halves = 0
    while shorter := halved(window, watermark):
        assert shorter.since == since
        assert watermark < shorter.until < window.until
        window, halves = shorter, halves + 1

    assert halves <= 17
    assert window.until - watermark <= timedelta(seconds=max(new_s, 1) if not halves else 1)
