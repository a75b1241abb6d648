"""Uncounted units of every SKU, by stock pool, over all channels that draw on it."""

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple, TypeVar

from adapter.rules.levels import Levels
from adapter.rules.reservations import is_counted
from adapter.rules.stock import Level
from adapter.wire.kept import Reservation

_Ordered = TypeVar("_Ordered", int, datetime)


class _Kept(NamedTuple):
    reservation: Reservation | None
    offset: int


class _OnSku:
    """The reservations on one SKU, and which of them its level does not reflect."""

    __slots__ = ("held", "level", "units", "waiting")

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], Reservation] = {}
        self.waiting: dict[tuple[str, str], Reservation] = {}
        self.units = 0
        self.level: Level | None = None


class Reservations:
    """The reservations of all channels; one for each process.

    Args:
        levels: The newest levels, by which they are judged.
    """

    def __init__(self, levels: Levels) -> None:
        self._levels = levels
        self._kept: dict[tuple[str, str], _Kept] = {}
        self._skus: dict[tuple[str, str], _OnSku] = {}
        self._watchers: dict[str, dict[str, Callable[[str], None]]] = {}

    def take(
        self,
        channel_id: str,
        order_id: str,
        reservation: Reservation | None,
        *,
        offset: int,
        is_own: bool = False,
    ) -> None:
        """Take in an order's reservation, or its end (None).

        Args:
            channel_id: The sales channel.
            order_id: JD's order number.
            reservation: As it is now.
            offset: Where its record lies. An older record replaces no newer one: what this
                instance commits it takes in at once, and reads again when it comes by.
            is_own: It was committed here, and will come by again.
        """
        key = channel_id, order_id
        known = self._kept.get(key)
        if known is not None and offset < known.offset:
            return
        if reservation is None and not is_own:
            self._kept.pop(key, None)  # what is read comes in order: nothing older follows
        else:
            self._kept[key] = _Kept(reservation, offset)
        before = known.reservation if known is not None else None
        if before == reservation:
            return
        places = [
            (kept.stock_pool, sku) for kept in (before, reservation) if kept for sku in kept.units
        ]
        units = {place: self.uncounted(*place) for place in places}
        for place in units:
            self._replace(place, key, reservation)
        for place, uncounted in units.items():
            if self.uncounted(*place) != uncounted:
                self._tell(*place)

    def uncounted(self, stock_pool: str, sku: str) -> int:
        """Return the units of a SKU that its present level does not reflect."""
        on_sku = self._skus.get((stock_pool, sku))
        if on_sku is None:
            return 0
        level = self._levels.of(stock_pool).get(sku)
        if level != on_sku.level:
            self._judge(on_sku, sku, level)
        return on_sku.units

    def watch(self, stock_pool: str, name: str, watcher: Callable[[str], None]) -> None:
        """Tell `watcher` each SKU of the pool whose uncounted units change by a reservation.

        Whoever watches levels too hears of all changes.
        """
        self._watchers.setdefault(stock_pool, {})[name] = watcher

    def unwatch(self, stock_pool: str, name: str) -> None:
        """Tell it no more."""
        self._watchers.get(stock_pool, {}).pop(name, None)

    def _tell(self, stock_pool: str, sku: str) -> None:
        for watcher in self._watchers.get(stock_pool, {}).values():
            watcher(sku)

    def _replace(
        self, place: tuple[str, str], key: tuple[str, str], reservation: Reservation | None
    ) -> None:
        """Put an order's reservation in the place of its former one, on one SKU."""
        pool, sku = place
        on_sku = self._skus.setdefault(place, _OnSku())
        on_sku.held.pop(key, None)
        former = on_sku.waiting.pop(key, None)
        if former is not None:
            on_sku.units -= former.units[sku]
        if reservation is not None and reservation.stock_pool == pool and sku in reservation.units:
            on_sku.held[key] = reservation
            if not is_counted(reservation, sku, on_sku.level):
                on_sku.waiting[key] = reservation
                on_sku.units += reservation.units[sku]
        if not on_sku.held:
            del self._skus[place]

    @staticmethod
    def _judge(on_sku: _OnSku, sku: str, level: Level | None) -> None:
        """Judge by a new level: where it only rises, what it counted before stays counted."""
        candidates = on_sku.waiting if _rises(on_sku.level, level) else on_sku.held
        on_sku.waiting = {
            key: reservation
            for key, reservation in candidates.items()
            if not is_counted(reservation, sku, level)
        }
        on_sku.units = sum(reservation.units[sku] for reservation in on_sku.waiting.values())
        on_sku.level = level


def _rises(before: Level | None, after: Level | None) -> bool:
    """Tell whether neither version nor instant of a level fell, came or went."""
    return (
        before is not None
        and after is not None
        and _is_no_lower(before.version, after.version)
        and _is_no_lower(before.occurred_at, after.occurred_at)
    )


def _is_no_lower(before: _Ordered | None, after: _Ordered | None) -> bool:
    if before is None or after is None:
        return before is after
    return after >= before
