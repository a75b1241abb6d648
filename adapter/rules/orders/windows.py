"""Which span of time one poll reads, and in which sequence its pages.

Source: contracts/jd/pop.order.search.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

A_DAY = timedelta(days=1)


class PollWindow(NamedTuple):
    """The span `[since, until)` of one poll, in whole seconds."""

    since: datetime
    """Where the search begins: before the watermark, by the overlap."""

    until: datetime
    """Where it ends, and the watermark once all of it was committed."""


def poll_window(
    *,
    watermark: datetime,
    now: datetime,
    overlap: timedelta,
    settle: timedelta,
    longest: timedelta = A_DAY,
) -> PollWindow | None:
    """Fix what the next poll reads, before it reads anything.

    JD's instants have whole seconds, and nobody knows whether the end that JD is given counts as
    inside. It does not matter: an order of the second `until` comes now, or in the next window,
    which begins no later than that second, or in both and is then recognised.

    Args:
        watermark: Everything before it was committed.
        now: The clock.
        overlap: How far to reach back behind the watermark, for what JD shows late; at least 0.
        settle: How far to stay behind the clock, for what JD is still writing; at least 0.
        longest: The longest span to read at once; longer than the overlap by a second or more.

    Returns:
        The window, or None while there is nothing new to settle; the watermark never moves back.
    """
    until = _whole_second(now - settle)
    since = _whole_second(watermark - overlap)
    until = min(until, since + longest)
    return PollWindow(since, until) if until > watermark else None


def halved(window: PollWindow, watermark: datetime) -> PollWindow | None:
    """Shorten a window that holds more orders than one search can page through.

    Args:
        window: What was too much.
        watermark: Everything before it was committed; the shorter window still passes it.

    Returns:
        The window with half of its new part, or None when a second is all that is left.
    """
    until = _whole_second(watermark + (window.until - watermark) / 2)
    return PollWindow(window.since, until) if watermark < until < window.until else None


def pages_last_first(total: int, page_size: int) -> list[int]:
    """List the pages of a search in the sequence in which nothing can be skipped.

    An order that changes leaves the window and those after it move forward, into pages that are
    still to be read. Read from the first page on, they would move into pages already read.

    Args:
        total: Orders in all pages.
        page_size: Orders a page, at least 1.

    Returns:
        Page numbers from the last one down to 1; none when there are no orders.
    """
    return list(range(-(-total // page_size), 0, -1))


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
