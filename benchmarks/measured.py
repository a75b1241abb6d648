"""Figures of several runs as tables, and how large the runs are.

`BENCH_SCALE` makes every size smaller (0.01, for a quick look) or larger; `BENCH_RUNS` says how
often the two sides of a ratio are measured, in turns.
"""

import os
import statistics
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

SCALE = float(os.environ.get("BENCH_SCALE", "1"))
RUNS = int(os.environ.get("BENCH_RUNS", "5"))


def scaled(size: int) -> int:
    """Make a size as large as this run wants it; 1 or more."""
    return max(round(size * SCALE), 1)


def spread(values: Sequence[float], form: str = ",.2f") -> tuple[str, str, str]:
    """Give the least, the middle and the largest value as text."""
    return tuple(format(v, form) for v in (min(values), statistics.median(values), max(values)))  # type: ignore[return-value] # three


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Divide run by run: what slows the machine down for a while slows both sides of a run."""
    return [one / other for one, other in zip(ours, theirs, strict=True)]


class Figures:
    """A table that is printed in the end: a row is what was measured in every run."""

    def __init__(self, title: str, *columns: str) -> None:
        self._table = Table(title=title)
        for heading in ("what", *(columns or ("min", "median", "max")), "goal"):
            self._table.add_column(heading, justify="left" if heading == "what" else "right")

    def row(
        self,
        what: str,
        values: Sequence[float],
        *,
        form: str = ",.2f",
        unit: str = "",
        goal: str = "",
    ) -> None:
        """Add a row of least, middle and largest value."""
        self._table.add_row(what, *(f"{value}{unit}" for value in spread(values, form)), goal)

    def cells(self, what: str, *cells: str, goal: str = "") -> None:
        """Add a row of texts."""
        self._table.add_row(what, *cells, goal)

    def print(self, *remarks: str) -> None:
        """Print the table, and what must be known to read it."""
        console = Console()
        console.print(self._table)
        for remark in remarks:
            console.print(remark, soft_wrap=True)
