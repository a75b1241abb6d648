"""Reconciliation: JD's own stock figures against what was offered.

The catalogue's rows carry a stock figure each: the cheap first look. Only listings that differ
there, and that nothing is under way for, are asked for one by one. What is drift is told to the
ledger as JD's number, which then writes what is desired, like any other difference.

Source: contracts/jd/sku.read.searchSkuList, contracts/jd/ware.stock.sku.query
"""

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice

import structlog

from adapter.diagnostics import Metrics
from adapter.errors import JdRejected, JdThrottled, ScopeError, TransientError
from adapter.jd.client import JdClient
from adapter.jd.paging import sku_pages
from adapter.rules.catalogue import DELETED
from adapter.rules.diagnosis import Problems
from adapter.rules.findings import Findings
from adapter.rules.ledger import Standing
from adapter.rules.reconciliation import (
    PATIENCE,
    Figures,
    Kind,
    ReconciliationReport,
    ReconciliationRow,
    figures_of,
    kind_of,
    report_of,
)
from adapter.rules.state import ChannelState
from adapter.wire.helm import SalesChannel
from adapter.wire.jd import JdSku, JdSkuPage

log = structlog.get_logger()

PAGE_SIZE = 50
ASKED_A_STEP = 20
LOOK_AGAIN = timedelta(seconds=30)
"""After that a repaired listing, or one whose reading something crossed, is looked at again."""
MOST_FAILURES = 5
"""Calls in a row that may fail before a whole comparison is given up."""

_BREATH = 500
_FIGURES = "stock figures"


class Reconciliation:
    """Compares one channel's stock.

    Args:
        channel_id: The sales channel.
        settings: Its settings.
        state: What is known of it.
        jd: JD.
        on_stock: Called when something has to be written.
        on_work: Called when a listing has to be asked for.
        now: The clock.
        problems: Where problems are noted.
        metrics: Counts.
    """

    def __init__(
        self,
        *,
        channel_id: str,
        settings: SalesChannel,
        state: ChannelState,
        jd: JdClient,
        on_stock: Callable[[], None],
        on_work: Callable[[], None],
        now: Callable[[], datetime],
        problems: Problems,
        metrics: Metrics,
    ) -> None:
        self._channel_id = channel_id
        self._settings = settings
        self._state = state
        self._ledger = state.ledger
        self._jd = jd
        self._on_stock = on_stock
        self._on_work = on_work
        self._now = now
        self._problems = problems
        self._metrics = metrics
        self._to_ask: dict[str, datetime] = {}
        # By how much JD's number was too low, and since when: an unseen order becomes visible.
        self._shortfalls: dict[str, tuple[int, datetime]] = {}
        self._shown: dict[str, int] = {}
        # The catalogue's figure and the offered number that differ although JD's stock does not:
        # it may count several stores, or what is booked.
        self._explained: dict[str, tuple[int, int | None]] = {}
        self._findings = Findings(
            channel_id, repairs_drift=settings.repair_drift, problems=problems
        )

    # On its way ------------------------------------------------------------------------------

    def observe(self, skus: Iterable[JdSku]) -> None:
        """Look at the stock figures of the catalogue's rows; what differs is asked for."""
        for sku in skus:
            standing = self._ledger.standing(sku.sku_id)
            if sku.status == DELETED:
                self._forget(sku.sku_id)
            elif standing is None:
                self._findings.note(sku.sku_id, "unmapped")
            elif not _is_worth_asking(standing):
                self._findings.note(sku.sku_id, "waiting")
            elif sku.stock_num == standing.offered:
                self._findings.note(sku.sku_id, "equal")
            elif sku.stock_num is not None:
                self._shown[sku.sku_id] = sku.stock_num
                if self._explained.get(sku.sku_id) != (sku.stock_num, standing.offered):
                    self._to_ask.setdefault(sku.sku_id, self._now())
                    self._on_work()
        self._tell()

    async def step(self) -> float | None:
        """Ask for some of the listings that may differ.

        Returns:
            Seconds until the next one is due; None to rest until the catalogue shows one.

        Raises:
            AdapterError: The type is the decision.
        """
        now = self._now()
        due = (sku_id for sku_id, when in self._to_ask.items() if when <= now)
        try:
            for sku_id in list(islice(due, ASKED_A_STEP)):
                await self._look(sku_id)
        except ScopeError as error:  # stock itself can go on without
            self._problems.seen_error(error, now=self._now(), flow=_FIGURES)
            self._to_ask.clear()
        self._tell()
        if not self._to_ask:
            return None
        return max((min(self._to_ask.values()) - self._now()).total_seconds(), 0.0)

    async def _look(self, sku_id: str) -> None:
        """Ask for one listing, unless something is under way that changes it."""
        standing = self._ledger.standing(sku_id)
        if standing is not None and _is_worth_asking(standing):
            row = await self._ask(sku_id, repair=self._settings.repair_drift)
            self._plan(row, repair=self._settings.repair_drift)
            return
        self._to_ask.pop(sku_id, None)
        if standing is None:
            self._forget(sku_id)
        elif self._findings.is_drifted(sku_id):  # else the next reading of the catalogue looks
            self._to_ask[sku_id] = self._now() + LOOK_AGAIN

    def _plan(self, row: ReconciliationRow, *, repair: bool) -> None:
        """Say when a listing that was asked for is looked at again."""
        self._to_ask.pop(row.sku_id, None)
        shortfall = self._shortfalls.get(row.sku_id)
        standing = self._ledger.standing(row.sku_id)
        is_refused = standing is not None and standing.refused is not None
        if (row.kind == "waiting" and not is_refused) or (row.kind == "drift" and repair):
            self._to_ask[row.sku_id] = self._now() + LOOK_AGAIN
        elif row.kind == "drift":
            self._to_ask[row.sku_id] = self._now() + PATIENCE
        elif row.kind == "lag" and shortfall is not None:
            self._to_ask[row.sku_id] = max(shortfall[1] + PATIENCE, self._now() + LOOK_AGAIN)

    # On command ------------------------------------------------------------------------------

    async def run(
        self, *, repair: bool, progress: Callable[[int, int], None]
    ) -> ReconciliationReport:
        """Compare the whole shop.

        JD's bookings are asked for where the number differs or units should be booked.

        Args:
            repair: Write drifted listings again; else nothing is changed at JD.
            progress: Told how many listings are done, and of how many.

        Raises:
            AdapterError: JD did not answer, several times in a row.
        """
        figures = await self._read_figures()
        sku_ids = [*figures, *(known for known in self._state.listings if known not in figures)]
        rows: list[ReconciliationRow] = []
        failures = 0
        for done, sku_id in enumerate(sku_ids, start=1):
            row = self._row_without_asking(sku_id, figures.get(sku_id))
            if row is None:
                try:
                    row = await self._ask(sku_id, repair=repair)
                    failures = 0
                except JdThrottled:
                    raise
                except TransientError:
                    failures += 1
                    if failures == MOST_FAILURES:
                        raise
                    row = self._row(sku_id, "waiting", None)
                self._plan(row, repair=repair)
            rows.append(row)
            progress(done, len(sku_ids))
            if done % _BREATH == 0:
                await asyncio.sleep(0)  # a big shop must not hold up everybody else
        self._tell()
        self._on_work()
        return report_of(rows, repaired=sum(row.kind == "drift" for row in rows) if repair else 0)

    async def _read_figures(self) -> dict[str, int | None]:
        """Read the stock figure of every SKU that JD lists."""

        async def fetch(number: int) -> JdSkuPage:
            return await self._jd.list_skus(page=number, page_size=PAGE_SIZE)

        return {
            sku.sku_id: sku.stock_num
            async for page in sku_pages(fetch, page_size=PAGE_SIZE)
            for sku in page.skus
        }

    def _row_without_asking(self, sku_id: str, stock_num: int | None) -> ReconciliationRow | None:
        """Judge what needs no answer of JD about this SKU; None for the rest."""
        standing = self._ledger.standing(sku_id)
        if sku_id not in self._state.listings:
            figures = None if stock_num is None else Figures(stock_num)
            return self._row(sku_id, "missing", figures, is_asked=False)
        if stock_num is None:
            return None
        if standing is None:
            return self._row(sku_id, "unmapped", Figures(stock_num), is_asked=False)
        if not _is_worth_asking(standing):
            return self._row(sku_id, "waiting", Figures(stock_num), is_asked=False)
        is_booked = self._settings.stock_model == "spot" and self._state.bookings.of(sku_id)
        if stock_num != standing.offered or is_booked or standing.is_held_by_jd:
            return None
        self._findings.note(sku_id, "equal")
        return self._row(sku_id, "equal", Figures(stock_num), is_asked=False)

    # Both ------------------------------------------------------------------------------------

    async def _ask(self, sku_id: str, *, repair: bool) -> ReconciliationRow:
        """Ask JD for one SKU's figures, say what they mean, and repair what is drift."""
        generation = self._ledger.generation(sku_id)
        figures: Figures | None = None
        try:
            figures = figures_of(
                await self._jd.query_stock(sku_id, lane="bulk"), self._settings.jd_store_id
            )
        except JdRejected as error:
            log.info("stock.not_at_jd", channel=self._channel_id, sku_id=sku_id, detail=str(error))
        self._problems.passed(_FIGURES)
        standing = self._ledger.standing(sku_id)
        was_crossed = generation != self._ledger.generation(sku_id)
        offered = standing.offered if standing else None
        kind = kind_of(
            figures,
            stock_model=self._settings.stock_model,
            is_mapped=standing is not None,
            is_busy=was_crossed or standing is None or _is_busy(standing),
            offered=offered,
            open_units=self._state.bookings.of(sku_id),
            is_old=self._is_old_shortfall(sku_id, figures, offered),
        )
        row = self._row(sku_id, kind, figures)
        if figures and standing and figures.is_held_by_jd != standing.is_held_by_jd:
            self._ledger.held_by_jd(sku_id, is_held=figures.is_held_by_jd)
            self._findings.note_released(sku_id)
        if figures and sku_id in self._shown and figures.stock_num == offered:
            self._explained[sku_id] = (self._shown[sku_id], offered)
        else:
            self._explained.pop(sku_id, None)
        if kind == "drift" and figures is not None:
            log.warning("stock.drift", channel=self._channel_id, **row._asdict())
            if self._findings.note_drift(row, now=self._now()):
                self._metrics.stock_drift.labels(channel=self._channel_id).inc()
            if repair and self._ledger.observed(sku_id, figures.stock_num, generation=generation):
                self._on_stock()
        elif kind == "held_by_jd":
            self._findings.note_held(sku_id, now=self._now())
        else:
            self._findings.note(sku_id, kind)
        return row

    def _row(
        self, sku_id: str, kind: Kind, figures: Figures | None, *, is_asked: bool = True
    ) -> ReconciliationRow:
        listing, standing = self._state.listings.get(sku_id), self._ledger.standing(sku_id)
        return ReconciliationRow(
            sku_id=sku_id,
            sku=listing.sku if listing else None,
            kind=kind,
            offered=standing.offered if standing else None,
            desired=standing.desired.quantity if standing and standing.desired else None,
            jd_stock=figures.stock_num if figures else None,
            jd_booked=figures.booked if figures and is_asked else None,
            open_units=self._state.bookings.of(sku_id),
        )

    def _is_old_shortfall(self, sku_id: str, figures: Figures | None, offered: int | None) -> bool:
        """Tell whether JD's number has been too low by the same units for long enough."""
        shortfall = offered - figures.stock_num if figures and offered is not None else 0
        if shortfall <= 0:
            self._shortfalls.pop(sku_id, None)
            return False
        known = self._shortfalls.get(sku_id)
        if known is None or known[0] != shortfall:
            self._shortfalls[sku_id] = known = (shortfall, self._now())
        return self._now() - known[1] >= PATIENCE

    def _forget(self, sku_id: str) -> None:
        self._findings.forget(sku_id)
        self._to_ask.pop(sku_id, None)
        self._shortfalls.pop(sku_id, None)
        self._explained.pop(sku_id, None)
        self._shown.pop(sku_id, None)

    def _tell(self) -> None:
        counts = self._state.reconciliation = self._findings.counts()
        for kind, count in counts.items():
            self._metrics.reconciled.labels(channel=self._channel_id, kind=kind).set(count)


def _is_worth_asking(standing: Standing) -> bool:
    """Tell whether JD's figures say something now: JD may refuse what it keeps itself."""
    return not _is_busy(standing) or standing.is_held_by_jd or standing.refused is not None


def _is_busy(standing: Standing) -> bool:
    """Tell whether JD's number is about to change, or may, or is not ours to compare."""
    desired = standing.desired
    return (
        standing.is_in_flight
        or standing.is_shipping
        or standing.suspect_until is not None
        or standing.is_held_by_jd
        or standing.offered is None
        or desired is None
        or desired.quantity != standing.offered
    )
