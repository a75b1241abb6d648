"""The brake: holds back writes that would take much of a shop to zero within an hour.

A wrong feed, an empty warehouse by mistake, a stock pool mistyped: each looks like a wave of
zeros, and a shop without stock is lost revenue that nobody notices at once. Single sell-outs
pass.
"""

from datetime import datetime, timedelta

LEAST = 20
"""So many listings, at least, make a wave."""

WINDOW = timedelta(hours=1)


class Brake:
    """Tells whether writes to zero have to wait.

    Args:
        percent: Share of the selling listings that may go to zero within `WINDOW`; 1 to 100.
    """

    def __init__(self, percent: int) -> None:
        self._percent = percent
        self._zeroed: dict[str, datetime] = {}

    def zeroed(self, sku_id: str, now: datetime) -> None:
        """Take in that a listing that sold is written to zero."""
        self._zeroed.pop(sku_id, None)
        self._zeroed[sku_id] = now

    def waits(self, sku_id: str) -> None:
        """Take in that a listing that sells is to go to zero: it counts once, however often."""
        self._zeroed.pop(sku_id, None)

    def released(self) -> None:
        """Take in that somebody approved: what went to zero so far counts no more."""
        self._zeroed.clear()

    def holds(self, *, waiting: int, selling: int, now: datetime) -> bool:
        """Tell whether the writes to zero that wait make a wave.

        Args:
            waiting: Selling listings that are to go to zero.
            selling: All listings that JD sells now, those among them.
            now: The clock.
        """
        while self._zeroed and now - next(iter(self._zeroed.values())) >= WINDOW:
            del self._zeroed[next(iter(self._zeroed))]
        wave = waiting + len(self._zeroed)
        return wave >= LEAST and wave * 100 > self._percent * (selling + len(self._zeroed))
