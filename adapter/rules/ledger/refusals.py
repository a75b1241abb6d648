"""Quantities that JD refuses: each waits until it changes, or for a while that grows."""

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=6)


@dataclass(slots=True)
class Refusal:
    """One listing's."""

    quantity: int
    """What JD refuses."""
    times: int
    """How often in a row."""
    retry_at: datetime
    """When it is tried again, if it does not change before."""
    is_over: bool = False
    """The wait is over: the quantity may be tried."""


class Refusals:
    """The refusals of one channel, by listing."""

    def __init__(self) -> None:
        self._refusals: dict[str, Refusal] = {}
        self._retries: list[tuple[datetime, str]] = []

    def __len__(self) -> int:
        """Count the listings whose quantity JD refused last."""
        return len(self._refusals)

    def __contains__(self, sku_id: str) -> bool:
        """Tell whether a listing is one of them."""
        return sku_id in self._refusals

    def add(self, sku_id: str, quantity: int, now: datetime) -> None:
        """Take in that JD refuses a quantity."""
        known = self._refusals.get(sku_id)
        times = known.times + 1 if known is not None and known.quantity == quantity else 1
        pause = min(FIRST_RETRY * 2 ** min(times - 1, 20), LONGEST_RETRY)
        self._refusals[sku_id] = Refusal(quantity, times, now + pause)
        heapq.heappush(self._retries, (now + pause, sku_id))

    def forbid(self, sku_id: str, quantity: int) -> bool:
        """Tell whether a quantity has to wait; another one than was refused ends the refusal."""
        refusal = self._refusals.get(sku_id)
        if refusal is None:
            return False
        if refusal.quantity != quantity:
            del self._refusals[sku_id]
            return False
        return not refusal.is_over

    def of(self, sku_id: str) -> Refusal | None:
        """Return a listing's."""
        return self._refusals.get(sku_id)

    def forget(self, sku_id: str) -> None:
        """Take in that a listing's quantity changed, or was accepted."""
        self._refusals.pop(sku_id, None)

    def forget_all(self) -> Iterable[str]:
        """Let all be tried again; return the listings."""
        listings = list(self._refusals)
        self._refusals.clear()
        return listings

    def over(self, now: datetime) -> Iterable[str]:
        """Return the listings whose wait is over."""
        while self._retries and self._retries[0][0] <= now:
            _, sku_id = heapq.heappop(self._retries)
            refusal = self._refusals.get(sku_id)
            if refusal is not None and refusal.retry_at <= now:
                refusal.is_over = True
                yield sku_id

    @property
    def rests_until(self) -> datetime | None:
        """When the next one may be tried."""
        return self._retries[0][0] if self._retries else None
