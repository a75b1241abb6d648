"""The virtual clock of a sandbox: windows, expiry and quotas follow it, not the machine's."""

import asyncio
import re
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

BEIJING = timezone(timedelta(hours=8))
"""JD writes and reads every instant without an offset in this zone; China keeps no summer time."""

EARLIEST = 31_536_000.0
"""The start of 1971: what is taken off an instant still leaves one that can be written."""
LATEST = 9_999_999_999.0
"""In 2286: what is added to an instant still leaves one that can be written."""
FASTEST = 100_000.0
"""Virtual seconds in a real one, at most."""

_INSTANT = re.compile(
    r"(?P<base>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d)(?P<fraction>\.\d{1,6})?"
    r"\s?(?P<offset>Z|[+-]\d\d:?\d\d)?"
)
_LONGEST = 40
"""Characters; what is longer would only fill the memory of instants read before."""


@lru_cache(maxsize=4096)
def parse_instant(text: str) -> float:
    """Read an instant as JD's clients write it.

    Args:
        text: `yyyy-MM-dd HH:mm:ss`, optionally with a fraction and an explicit offset
            (`+0800`, `+08:00`, `Z`). Without an offset it is Beijing time.

    Returns:
        Seconds since the epoch.

    Raises:
        ValueError: The text is no such instant.
    """
    match = _INSTANT.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    if match is None:
        message = f"not an instant: {text!r}"
        raise ValueError(message)
    moment = datetime.fromisoformat(match["base"])
    offset = match["offset"]
    if offset is None:
        zone = BEIJING
    elif offset == "Z":
        zone = timezone(timedelta(0))
    else:
        digits = offset[1:].replace(":", "")
        span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        zone = timezone(-span if offset[0] == "-" else span)
    # Not datetime.timestamp(): that of the year 1 in Beijing time overflows.
    elapsed = moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    shift = zone.utcoffset(None).total_seconds()
    return elapsed.total_seconds() - shift + float(match["fraction"] or 0)


@lru_cache(maxsize=65536)
def beijing_text(seconds: int) -> str:
    """Write an instant as JD does: Beijing time, whole seconds, no offset."""
    return datetime.fromtimestamp(seconds, BEIJING).strftime("%Y-%m-%d %H:%M:%S")


class Clock:
    """Virtual time: real time until it is set, advanced, frozen or run at another speed.

    It belongs to one event loop: who moves it does so in that loop's thread.
    """

    def __init__(
        self, *, start: float | None = None, real: Callable[[], float] = time.time
    ) -> None:
        """Start at `start` (seconds since the epoch), or at real time; `real` is read for both."""
        self._real = real
        self._real_base = real()
        self._base = self._real_base if start is None else start
        self._speed = 1.0
        self._moved = asyncio.Event()

    @property
    def speed(self) -> float:
        """Virtual seconds that pass in a real one; 0 means frozen."""
        return self._speed

    def now(self) -> float:
        """Tell the virtual time in seconds since the epoch; it stops at `LATEST`."""
        return min(self._base + (self._real() - self._real_base) * self._speed, LATEST)

    def set(self, instant: float) -> None:
        """Jump to an instant, forwards or backwards; the speed stays.

        Raises:
            ValueError: It lies outside of `EARLIEST` to `LATEST`.
        """
        if not EARLIEST <= instant <= LATEST:
            message = "the clock goes from 1971 to 2286"
            raise ValueError(message)
        self._base, self._real_base = instant, self._real()
        self._moved.set()

    def advance(self, seconds: float) -> None:
        """Jump by some seconds; negative ones go back.

        Raises:
            ValueError: As for `set`.
        """
        self.set(self.now() + seconds)

    def run(self, speed: float) -> None:
        """Run `speed` times as fast as real time from now on.

        Raises:
            ValueError: It is not between 0 and `FASTEST`.
        """
        if not 0 <= speed <= FASTEST:
            message = f"the clock runs 0 to {FASTEST:,.0f} times as fast as real time"
            raise ValueError(message)
        self.set(self.now())
        self._speed = speed

    def freeze(self) -> None:
        """Stand still until set, advanced or run."""
        self.run(0.0)

    async def wait_until(self, instant: float) -> None:
        """Wait for a virtual instant, however the clock is moved meanwhile."""
        while (missing_s := instant - self.now()) > 0:
            self._moved.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(missing_s / self._speed if self._speed else None):
                    await self._moved.wait()
