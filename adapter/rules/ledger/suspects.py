"""Suspects: listings whose last call may still arrive at JD.

JD cannot be fenced. A call that got no answer, or that a former owner may have left under way, can
take effect after newer ones. So its listings are read back once no call can arrive any more.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

READ_AGAIN = timedelta(seconds=30)
"""The next look at a suspect that could not be judged."""
LONGEST_WAIT = timedelta(hours=6)
"""The longest pause before the next look at one that JD does not show."""
MOST_READINGS = 10
"""Looks after which JD's number counts as it is, whatever its bookings say."""


@dataclass(slots=True)
class _Suspicion:
    until: datetime
    readings: int = 0
    refusals: int = 0
    """How often in a row JD did not show it."""
    left_at: datetime | None = None
    """When the write that is under way left."""

    @property
    def is_settled_by_write(self) -> bool:
        """Whether the write under way left when no older call could arrive any more."""
        return self.left_at is not None and self.left_at >= self.until


class Suspects:
    """The suspects of one channel."""

    def __init__(self) -> None:
        self._suspicions: dict[str, _Suspicion] = {}
        self._readings: list[tuple[datetime, str]] = []

    def __len__(self) -> int:
        """Count them."""
        return len(self._suspicions)

    def __contains__(self, sku_id: str) -> bool:
        """Tell whether a listing is one."""
        return sku_id in self._suspicions

    def add(self, sku_id: str, until: datetime) -> None:
        """Suspect a listing; the latest instant counts."""
        known = self._suspicions.get(sku_id)
        if known is None or known.until < until:
            self._suspicions[sku_id] = _Suspicion(until)
            heapq.heappush(self._readings, (until, sku_id))

    def until(self, sku_id: str) -> datetime | None:
        """Return when no older call can arrive any more."""
        suspicion = self._suspicions.get(sku_id)
        return suspicion.until if suspicion else None

    def written(self, sku_id: str, now: datetime) -> None:
        """Take in that a write leaves."""
        if sku_id in self._suspicions:
            self._suspicions[sku_id].left_at = now

    def landed(self, sku_id: str) -> None:
        """Take in that the write is over."""
        if sku_id in self._suspicions:
            self._suspicions[sku_id].left_at = None

    def is_settled_by_write(self, sku_id: str) -> bool:
        """Tell whether nothing can arrive after the write that is under way."""
        suspicion = self._suspicions.get(sku_id)
        return suspicion is None or suspicion.is_settled_by_write

    def clear(self, sku_id: str) -> None:
        """Take in that what JD holds is known for certain."""
        self._suspicions.pop(sku_id, None)

    def due(self, now: datetime) -> Iterator[str]:
        """Hand out the suspects to be read back; each is out of the queue until `again`."""
        while self._readings and self._readings[0][0] <= now:
            _, sku_id = heapq.heappop(self._readings)
            suspicion = self._suspicions.get(sku_id)
            if suspicion is not None and suspicion.until <= now:
                yield sku_id

    def again(self, sku_id: str, now: datetime) -> None:
        """Let a suspect be looked at later."""
        heapq.heappush(self._readings, (now + READ_AGAIN, sku_id))

    def not_shown(self, sku_id: str, now: datetime) -> None:
        """Take in that JD does not show a suspect: the next look is later each time."""
        suspicion = self._suspicions[sku_id]
        pause = min(READ_AGAIN * 2 ** min(suspicion.refusals, 20), LONGEST_WAIT)
        suspicion.refusals += 1
        heapq.heappush(self._readings, (now + pause, sku_id))

    def is_worn_out(self, sku_id: str) -> bool:
        """Count a look; tell whether there were enough of them."""
        self._suspicions[sku_id].readings += 1
        return self._suspicions[sku_id].readings >= MOST_READINGS

    @property
    def rests_until(self) -> datetime | None:
        """When the next one may be due."""
        return self._readings[0][0] if self._readings else None
