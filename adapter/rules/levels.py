"""The newest level of every SKU, by stock pool.

Compaction keeps the last record of a key, not the newest, so levels named in `jd.stock-updates`
are taken in too.
"""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from adapter.rules.stock import Level, is_newer, is_regression


class Levels:
    """Levels of all pools; one for each process."""

    def __init__(self) -> None:
        self._pools: dict[str, dict[str, Level]] = {}
        self._watchers: dict[str, dict[str, Callable[[str], None]]] = {}
        self._unreadable: dict[str, set[str]] = {}
        self._regressed: dict[str, dict[str, Level]] = {}

    def take(self, stock_pool: str, sku: str, level: Level) -> bool:
        """Take in a level; tell whether it is newer than the known one."""
        pool = self._pools.setdefault(stock_pool, {})
        known = pool.get(sku)
        was_unreadable = sku in self._unreadable.get(stock_pool, ())
        if was_unreadable:
            self._unreadable[stock_pool].discard(sku)
        if known is not None and not is_newer(level, known):
            if is_regression(level, known):
                self._regressed.setdefault(stock_pool, {})[sku] = level
            if was_unreadable:
                self._tell(stock_pool, sku)
            return False
        pool[sku] = level
        if stock_pool in self._regressed:
            self._regressed[stock_pool].pop(sku, None)
        self._tell(stock_pool, sku)
        return True

    def take_unreadable(self, stock_pool: str, sku: str) -> None:
        """Take in that a SKU's newest level cannot be read; its last good one stays."""
        self._unreadable.setdefault(stock_pool, set()).add(sku)
        self._tell(stock_pool, sku)

    def restore(self, stock_pool: str, sku: str, level: Level) -> bool:
        """Take in a level that was once offered, where it is surely newer than the known one.

        A known level that cannot be compared (a SKU that went, say) came later: it stays.
        """
        known = self._pools.get(stock_pool, {}).get(sku)
        if known is not None:
            by_version = known.version is not None and level.version is not None
            by_instant = known.occurred_at is not None and level.occurred_at is not None
            if not (by_version or by_instant):
                return False
        is_taken = self.take(stock_pool, sku, level)
        if is_taken and known is not None and is_regression(known, level):
            self._regressed.setdefault(stock_pool, {})[sku] = known
        return is_taken

    def of(self, stock_pool: str) -> Mapping[str, Level]:
        """Return the pool's newest levels by SKU; the mapping follows later changes."""
        return self._pools.setdefault(stock_pool, {})

    def unreadable(self, stock_pool: str) -> AbstractSet[str]:
        """Return the SKUs whose newest level cannot be read; the set follows later changes."""
        return self._unreadable.setdefault(stock_pool, set())

    def regressed(self, stock_pool: str) -> Mapping[str, Level]:
        """Return levels that were refused as older although they happened later, by SKU.

        The mapping follows later changes.
        """
        return self._regressed.setdefault(stock_pool, {})

    def watch(self, stock_pool: str, name: str, watcher: Callable[[str], None]) -> None:
        """Tell `watcher` each SKU of the pool whose level changes; a name has one watcher."""
        self._watchers.setdefault(stock_pool, {})[name] = watcher

    def unwatch(self, stock_pool: str, name: str) -> None:
        """Tell it no more."""
        self._watchers.get(stock_pool, {}).pop(name, None)

    def _tell(self, stock_pool: str, sku: str) -> None:
        for watcher in self._watchers.get(stock_pool, {}).values():
            watcher(sku)
