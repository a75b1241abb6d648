"""Stock calls that got no answer, and under which number they are repeated.

JD tells a repeated call from a new one by its stockRfId. The very same call repeated is sent under
the same number: then JD carries it out once, whichever of the two arrives first. A call that
differs, or that follows a reading of JD's number, is a new one, which JD must not ignore.

Source: contracts/jd/ware.stock.sku.set.
"""

from collections.abc import Iterable, Mapping

MOST_KEPT = 1_000


class UnansweredCalls:
    """The calls of one channel without an answer, by what they wrote."""

    def __init__(self) -> None:
        self._refs: dict[frozenset[tuple[str, int]], str] = {}

    def ref(self, quantities: Mapping[str, int]) -> str | None:
        """Return the number of the very same call, if that is unanswered; None for a new one."""
        return self._refs.get(frozenset(quantities.items()))

    def sent(self, quantities: Mapping[str, int], ref: str) -> None:
        """Take in that a call leaves: it is unanswered, and what it overlaps is superseded."""
        self.touched(quantities)
        self._refs[frozenset(quantities.items())] = ref
        if len(self._refs) > MOST_KEPT:
            del self._refs[next(iter(self._refs))]

    def answered(self, quantities: Mapping[str, int]) -> None:
        """Take in that a call got its answer."""
        self._refs.pop(frozenset(quantities.items()), None)

    def touched(self, sku_ids: Iterable[str]) -> None:
        """Take in that something else was done with these listings at JD."""
        names = set(sku_ids)
        for call in [call for call in self._refs if any(sku_id in names for sku_id, _ in call)]:
            del self._refs[call]
