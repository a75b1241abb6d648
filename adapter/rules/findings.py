"""What comparing a channel's stock with JD's own figures found: counts, and problems to act on."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from itertools import islice

from adapter.rules.diagnosis import Problems
from adapter.rules.reconciliation import KINDS, Kind, ReconciliationRow

DRIFT = "STOCK_DRIFT"
HELD_BY_JD = "STOCK_HELD_BY_JD"
_MOST_EXAMPLES = 3


class Findings:
    """The newest comparison of every listing of one channel.

    Args:
        channel_id: The sales channel.
        repairs_drift: Drift is written again by itself.
        problems: Where drift, and stock that JD keeps, are noted while there is any.
    """

    def __init__(self, channel_id: str, *, repairs_drift: bool, problems: Problems) -> None:
        self._channel_id = channel_id
        self._repairs_drift = repairs_drift
        self._problems = problems
        self._kinds: dict[str, Kind] = {}
        self._counts: Counter[Kind] = Counter()
        self._drifted: dict[str, str] = {}
        self._held: set[str] = set()

    def counts(self) -> Mapping[str, int]:
        """Count the listings of each kind; every kind is there."""
        return {kind: self._counts[kind] for kind in KINDS}

    def is_drifted(self, sku_id: str) -> bool:
        """Tell whether a listing had drifted, and was not seen right since."""
        return sku_id in self._drifted

    def note(self, sku_id: str, kind: Kind) -> None:
        """Take in a comparison that asks nobody to act; `waiting` says nothing against drift."""
        self._set_kind(sku_id, kind)
        if kind != "waiting":
            self._end_drift(sku_id)
            self.note_released(sku_id)

    def note_drift(self, row: ReconciliationRow, *, now: datetime) -> bool:
        """Take in drift; tell whether it is new."""
        is_new = row.sku_id not in self._drifted
        self._set_kind(row.sku_id, "drift")
        self.note_released(row.sku_id)
        self._drifted[row.sku_id] = (
            f"SKU {row.sku_id} ({row.sku}): {row.jd_stock} at JD, {row.offered} written"
        )
        if is_new:
            self._tell_drift(now)
        return is_new

    def note_held(self, sku_id: str, *, now: datetime) -> None:
        """Take in that JD keeps a listing's stock itself."""
        self._set_kind(sku_id, "held_by_jd")
        self._end_drift(sku_id)
        if sku_id not in self._held:
            self._held.add(sku_id)
            self._tell_held(now)

    def note_released(self, sku_id: str) -> None:
        """Take in that JD does not keep a listing's stock, or no more."""
        if sku_id in self._held:
            self._held.remove(sku_id)
            if not self._held:
                self._problems.passed(HELD_BY_JD)

    def forget(self, sku_id: str) -> None:
        """Take in that a listing is gone."""
        self._end_drift(sku_id)
        self.note_released(sku_id)
        kind = self._kinds.pop(sku_id, None)
        if kind is not None:
            self._counts[kind] -= 1

    def _set_kind(self, sku_id: str, kind: Kind) -> None:
        before = self._kinds.get(sku_id)
        if before is not None:
            self._counts[before] -= 1
        self._kinds[sku_id] = kind
        self._counts[kind] += 1

    def _end_drift(self, sku_id: str) -> None:
        if sku_id in self._drifted:
            del self._drifted[sku_id]
            if not self._drifted:
                self._problems.passed(DRIFT)

    def _tell_drift(self, now: datetime) -> None:
        again = (
            "They are written again by themselves."
            if self._repairs_drift
            else "repair_drift is off: helm-jd reconcile "
            f"{self._channel_id} --repair writes them again."
        )
        self._problems.seen(
            DRIFT,
            now=now,
            cause=f"JD's number is not what was written, for {len(self._drifted)} listings.",
            evidence="; ".join(islice(self._drifted.values(), _MOST_EXAMPLES)),
            remedy=f"{again} Find who else writes this shop's stock: JD's console, or another "
            "program.",
            flow=DRIFT,
        )

    def _tell_held(self, now: datetime) -> None:
        self._problems.seen(
            HELD_BY_JD,
            now=now,
            cause=f"JD keeps the stock of {len(self._held)} listings itself; they are left alone.",
            evidence="JD's SKUs " + ", ".join(islice(sorted(self._held), _MOST_EXAMPLES)),
            remedy="Nothing, if JD's warehouse ships them; else ask JD to let the seller keep "
            "their stock.",
            flow=HELD_BY_JD,
        )
