"""Whether an unanswered stock write was tried again under another number.

JD tells a retry from a new write by its stockRfId alone. A full-stock call that got no answer may
still take effect, so a client that repeats it, and did nothing with its SKUs in between, must send
the same number again: under another one the first may arrive after the second.

Source: contracts/jd/ware.stock.sku.set
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from jd_simulator.fault_kinds import STOCK_SET
from jd_simulator.stale import named_ids

_MOST_OPEN = 200
"""Unanswered writes that are remembered."""
_MOST_KEPT = 1_000
"""Retries that are told one by one."""


@dataclass(frozen=True, slots=True)
class _Write:
    """A full-stock call that has no answer yet."""

    call: int
    stock_ref: str
    stocks: frozenset[tuple[str, str]]
    """SKU ids and quantities, as sent."""
    sku_ids: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RenamedRetry:
    """An unanswered full-stock call that came again under another number."""

    first_call: int
    """Both are numbers in the journal."""
    second_call: int
    first_ref: str
    second_ref: str
    sku_ids: tuple[int, ...]


class RetryWatch:
    """Follows the stock writes of a sandbox."""

    def __init__(self) -> None:
        self._open: dict[int, _Write] = {}
        self.renamed: deque[RenamedRetry] = deque(maxlen=_MOST_KEPT)
        """The newest retries under another number, oldest first."""
        self.renamed_count = 0

    def begin(self, method: str, arguments: Mapping[str, object], call: int) -> None:
        """Take note of a call that passed the gateway's checks, before it is answered."""
        write = _full_write(arguments, call) if method == STOCK_SET else None
        if self._open:
            named = named_ids(arguments) if write is None else write.sku_ids
            for other in [other for other in self._open.values() if other.sku_ids & named]:
                if write is not None and write.stocks == other.stocks:
                    self._compare(other, write)
                del self._open[other.call]
        if write is not None:
            self._open[call] = write
            if len(self._open) > _MOST_OPEN:
                del self._open[next(iter(self._open))]

    def answered(self, call: int) -> None:
        """Take note that a call got its answer."""
        self._open.pop(call, None)

    def _compare(self, first: _Write, second: _Write) -> None:
        if first.stock_ref == second.stock_ref:
            return
        self.renamed_count += 1
        self.renamed.append(
            RenamedRetry(
                first_call=first.call,
                second_call=second.call,
                first_ref=first.stock_ref,
                second_ref=second.stock_ref,
                sku_ids=tuple(sorted(first.sku_ids)),
            )
        )


def _full_write(arguments: Mapping[str, object], call: int) -> _Write | None:
    request = arguments.get("req")
    if not isinstance(request, dict) or request.get("updateModel") != "fullStockIn":
        return None
    items = request.get("skuStocks")
    stocks = [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
    return _Write(
        call=call,
        stock_ref=str(request.get("stockRfId")),
        stocks=frozenset((str(item.get("skuId")), str(item.get("stockNum"))) for item in stocks),
        sku_ids=frozenset(named_ids({"skuIds": [item.get("skuId") for item in stocks]})),
    )
