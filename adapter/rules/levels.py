"""The newest level of every SKU, by stock pool.

Compaction keeps the last record of a key, not the newest, so levels named in `jd.stock-updates`
are taken in too.
"""

from collections.abc import Callable, Mapping

from adapter.rules.stock import Level, is_newer


class Levels:
    """Levels of all pools; one for each process."""

    def __init__(self) -> None:
        self._pools: dict[str, dict[str, Level]] = {}
        self._watchers: dict[str, dict[str, Callable[[str], None]]] = {}

    def take(self, stock_pool: str, sku: str, level: Level) -> bool:
        """Take in a level; tell whether it is newer than the known one."""
        pool = self._pools.setdefault(stock_pool, {})
        known = pool.get(sku)
        if known is not None and not is_newer(level, known):
            return False
        pool[sku] = level
        for watcher in self._watchers.get(stock_pool, {}).values():
            watcher(sku)
        return True

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
        return self.take(stock_pool, sku, level)

    def of(self, stock_pool: str) -> Mapping[str, Level]:
        """Return the pool's newest levels by SKU; the mapping follows later changes."""
        return self._pools.setdefault(stock_pool, {})

    def watch(self, stock_pool: str, name: str, watcher: Callable[[str], None]) -> None:
        """Tell `watcher` each SKU of the pool whose level changes; a name has one watcher."""
        self._watchers.setdefault(stock_pool, {})[name] = watcher

    def unwatch(self, stock_pool: str, name: str) -> None:
        """Tell it no more."""
        self._watchers.get(stock_pool, {}).pop(name, None)
