"""Orders by state and time: a search touches what it answers, not the whole shop."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from itertools import chain

from jd_simulator.shop.model import State

_EVER = 10**12


class TimeIndex:
    """Order ids of each state, sorted by one of their instants and then by id."""

    def __init__(self) -> None:
        self._rows: dict[State, list[tuple[int, int]]] = {state: [] for state in State}

    def add(self, state: State, at: int, order_id: int) -> None:
        """Enter an order."""
        row = (at, order_id)
        rows = self._rows[state]
        if not rows or rows[-1] < row:
            rows.append(row)
        else:
            insort(rows, row)

    def remove(self, state: State, at: int, order_id: int) -> None:
        """Take an order out that was entered with just these values."""
        rows = self._rows[state]
        del rows[bisect_left(rows, (at, order_id))]

    def window(
        self, states: Iterable[State], since: int | None, until: int | None
    ) -> list[tuple[int, int]]:
        """List (instant, order id) of `since <= instant <= until`, oldest first."""
        low, high = (since if since is not None else -_EVER, until if until is not None else _EVER)
        slices = [
            rows[bisect_left(rows, (low, 0)) : bisect_left(rows, (high + 1, 0))]
            for rows in (self._rows[state] for state in states)
        ]
        if len(slices) == 1:
            return slices[0]
        return sorted(chain.from_iterable(slices))
