"""Stock out: what the ledger says differs is written to JD, newest quantities only.

Before a call its quantities are published as *intended* and acknowledged; the outcome follows. An
intent without outcome, an answer that got lost and a call that a former owner may have left under
way make a suspect: it is written again, and read back once no such call can arrive any more.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from adapter.diagnostics import Metrics
from adapter.errors import (
    JdAmbiguous,
    JdAnswer,
    JdRejected,
    LaneSpent,
    ScopeError,
    ShardLost,
    TransientError,
)
from adapter.jd.client import JdClient
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.shard import Shard
from adapter.rules.budget import Lane
from adapter.rules.diagnosis import Problems, jd_words
from adapter.rules.ledger import LARGEST_BATCH, StockWrite
from adapter.rules.reconciliation import Figures, figures_of
from adapter.rules.state import ChannelState
from adapter.rules.stock_problems import (
    note_brake,
    note_clamped,
    note_one_by_one,
    note_refusals,
    note_regressed,
    note_unreadable,
)
from adapter.rules.unanswered import UnansweredCalls
from adapter.wire.kept import Checkpoint
from adapter.wire.published import Arithmetic, JdWords, LevelUsed, StockUpdate

log = structlog.get_logger()

READING = "reading back"
SCARCE = timedelta(seconds=30)
"""Once the day's calls for stock are used up: so long only what must go to zero is tried."""
FALLBACK_LASTS = timedelta(days=1)
"""After that the newer method is tried again: the app may have been given the permission."""


class StockFlow:
    """Writes one channel's stock.

    Args:
        channel_id: The sales channel.
        state: What is known of it.
        shard: Publishes and proves ownership.
        jd: JD.
        stock_pool: The pool whose levels it offers.
        store_id: JD's store; None for the shop's default one.
        call_life: After this a call that got no answer can no longer arrive at JD.
        calls_at_once: Calls that may be under way side by side; a listing is in one at most.
        now: The clock.
        new_ref: Makes a call's unique name.
        problems: Where problems are noted.
        metrics: Counts.
    """

    def __init__(
        self,
        *,
        channel_id: str,
        state: ChannelState,
        shard: Shard,
        jd: JdClient,
        stock_pool: str,
        store_id: str | None,
        call_life: timedelta,
        calls_at_once: int,
        now: Callable[[], datetime],
        new_ref: Callable[[], str],
        problems: Problems,
        metrics: Metrics,
    ) -> None:
        self._channel_id = channel_id
        self._state = state
        self._ledger = state.ledger
        self._shard = shard
        self._jd = jd
        self._stock_pool = stock_pool
        self._store_id = store_id
        self._call_life = call_life
        self._calls_at_once = calls_at_once
        self._now = now
        self._new_ref = new_ref
        self._problems = problems
        self._metrics = metrics
        self._unanswered = UnansweredCalls()
        self._scarce_until: datetime | None = None

    async def step(self) -> float | None:
        """Write the next batches side by side, then read a suspect back.

        Returns:
            0 while more may wait; None to rest until something changes; seconds until something
            is due by itself.

        Raises:
            AdapterError: The type is the decision.
        """
        is_one_by_one = self._is_one_by_one()
        limit = 1 if is_one_by_one else LARGEST_BATCH
        is_scarce = self._scarce_until is not None and self._now() < self._scarce_until
        batches: list[list[StockWrite]] = []
        while len(batches) < self._calls_at_once and (
            batch := self._ledger.next_batch(self._now(), limit, is_urgent_only=is_scarce)
        ):
            batches.append(batch)
        self._note_standing()
        write = self._write_one if is_one_by_one else self._write_parts
        outcomes = await asyncio.gather(*map(write, batches), return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
        # A lost shard is told before an error that passes.
        for failure in sorted(failures, key=lambda failure: not isinstance(failure, ShardLost)):
            if not isinstance(failure, LaneSpent):
                raise failure
            # What must go to zero has calls of its own: it must not wait with the others.
            self._scarce_until = self._now() + SCARCE
        if failures or (is_scarce and not batches):
            return SCARCE.total_seconds()
        if is_scarce:
            return 0.0
        if await self._read_back() or batches:
            return 0.0
        until = self._ledger.rests_until
        return None if until is None else max((until - self._now()).total_seconds(), 0.0)

    # Writing ---------------------------------------------------------------------------------

    async def _write_parts(self, batch: list[StockWrite]) -> None:
        """Write a batch; where JD refuses it as a whole, its halves, until the culprit is found."""
        parts = [batch]
        try:
            while parts:
                part = parts.pop()
                refusals = await self._call(part)
                if len(refusals) == len(part) > 1:
                    middle = len(part) // 2
                    parts += [part[:middle], part[middle:]]
        except ScopeError as error:
            await self._learn_fallback(error)
        finally:
            for part in parts:
                self._ledger.untouched(part)

    async def _call(self, batch: list[StockWrite]) -> Mapping[str, JdAnswer]:
        """Write a batch with one call; return what JD refused.

        A batch of which JD refuses every listing is settled by its halves.
        """
        quantities = {write.sku_id: write.quantity for write in batch}
        stock_ref = self._unanswered.ref(quantities) or self._new_ref()

        async def announce() -> None:
            await self._shard.publish(self._records(batch, "intended", stock_ref))
            self._unanswered.sent(quantities, stock_ref)

        try:
            receipt = await self._jd.set_stock(
                stock_ref=stock_ref,
                quantities=quantities,
                store_id=self._store_id,
                lane=_lane(batch),
                announce=announce,
            )
            refusals = receipt.refusals
        except JdAmbiguous:
            await self._leave_open(batch, stock_ref)
            raise
        except (ScopeError, TransientError):
            self._unanswered.answered(quantities)
            self._ledger.untouched(batch)
            raise
        except JdRejected as error:
            refusals = {write.sku_id: error.answer for write in batch}
        self._unanswered.answered(quantities)
        if not len(refusals) == len(batch) > 1:
            await self._settle(batch, refusals, stock_ref)
        return refusals

    async def _write_one(self, batch: list[StockWrite]) -> None:
        """Write one listing by the older method; its calls have no number at JD."""
        (write,) = batch
        stock_ref = self._new_ref()

        async def announce() -> None:
            await self._shard.publish(self._records(batch, "intended", stock_ref))

        refusals: dict[str, JdAnswer] = {}
        try:
            await self._jd.set_one_stock(
                sku_id=write.sku_id,
                quantity=write.quantity,
                store_id=self._store_id,
                lane=_lane(batch),
                announce=announce,
            )
        except JdAmbiguous:
            await self._leave_open(batch, stock_ref)
            raise
        except TransientError:
            self._ledger.untouched(batch)
            raise
        except JdRejected as error:
            refusals[write.sku_id] = error.answer
        await self._settle(batch, refusals, stock_ref)

    async def _leave_open(self, batch: Sequence[StockWrite], stock_ref: str) -> None:
        """Keep that nobody knows what became of a call."""
        await self._shard.transact(
            lambda: [self._records(batch, "unknown", stock_ref)],
            applied=lambda: self._ledger.unknown(batch, self._now() + self._call_life),
        )

    async def _settle(
        self, batch: Sequence[StockWrite], refusals: Mapping[str, JdAnswer], stock_ref: str
    ) -> None:
        """Publish what came of a call; fenced, for a former owner must not have the last word."""
        refused = [write for write in batch if write.sku_id in refusals]
        accepted = [write for write in batch if write.sku_id not in refusals]

        def decide() -> Iterator[Sequence[OutgoingRecord]]:
            # Judged here: a shipment may have changed JD's number while the call was under way.
            certain = [write for write in accepted if self._ledger.is_certain(write.sku_id)]
            open_still = [write for write in accepted if write not in certain]
            yield self._records(certain, "accepted", stock_ref)
            yield self._records(open_still, "unknown", stock_ref)
            for write in refused:
                # JD took nothing of this call, but an older one may still arrive.
                status = "refused" if self._ledger.is_certain(write.sku_id) else "unknown"
                words = jd_words(refusals[write.sku_id])
                yield self._records([write], status, stock_ref, jd=words)

        def applied() -> None:
            self._ledger.accepted(accepted)
            for write in refused:
                self._ledger.refused(write, self._now())

        await self._shard.transact(decide, applied=applied)
        note_refusals(
            self._problems,
            {write: refusals[write.sku_id] for write in refused},
            is_any_left=self._ledger.has_refusals,
            now=self._now(),
        )
        note_clamped(self._problems, accepted, now=self._now())
        log.info(
            "stock.written",
            channel=self._channel_id,
            accepted=len(accepted),
            refused=len(refused),
            stock_ref=stock_ref,
        )

    # Reading back ----------------------------------------------------------------------------

    async def _read_back(self) -> bool:
        """Read one suspect back, if one is due; no write is under way meanwhile."""
        due = self._ledger.next_reading(self._now())
        if due is None:
            if not self._ledger.has_suspects:
                self._problems.passed(READING)
            return False
        sku_id, generation = due
        try:
            reading = await self._jd.query_stock(sku_id)
        except (JdRejected, ScopeError) as error:  # stock itself can go on without
            log.warning("stock.not_read_back", channel=self._channel_id, sku_id=sku_id)
            self._unanswered.touched([sku_id])
            self._ledger.reading_refused(sku_id, self._now())
            self._problems.seen_error(error, now=self._now(), flow=READING)
            return True
        except TransientError:
            self._ledger.reading_failed(sku_id, self._now())
            raise
        self._problems.passed(READING)
        self._unanswered.touched([sku_id])
        figures = figures_of(reading, self._store_id)
        await self._shard.transact(
            lambda: [self._confirmed(sku_id, generation, figures)],
            applied=lambda: self._take_reading(sku_id, generation, figures),
        )
        return True

    def _confirmed(self, sku_id: str, generation: int, figures: Figures) -> list[OutgoingRecord]:
        """Make the record that a suspect holds what was written; nothing where it does not."""
        last = self._shard.tables.stock_updates.get(self._channel_id, sku_id)
        is_stale = generation != self._ledger.generation(sku_id)
        if is_stale or last is None or last.quantity != figures.stock_num:
            return []
        update = last.model_copy(update={"status": "accepted", "at": self._now()})
        return [self._shard.events.stock_update(update)]

    def _take_reading(self, sku_id: str, generation: int, figures: Figures) -> None:
        is_over = self._ledger.read_back(
            sku_id,
            generation,
            stock_num=figures.stock_num,
            booked=figures.booked,
            now=self._now(),
        )
        log.info("stock.read_back", channel=self._channel_id, sku_id=sku_id, is_settled=is_over)

    # The older method ------------------------------------------------------------------------

    def _is_one_by_one(self) -> bool:
        known = self._shard.tables.checkpoints.get(self._channel_id, "capabilities")
        since = known.one_by_one_since if known else None
        is_so = since is not None and self._now() - since < FALLBACK_LASTS
        note_one_by_one(self._problems, since if is_so else None, now=self._now())
        return is_so

    async def _learn_fallback(self, error: ScopeError) -> None:
        """Keep that the app lacks the newer permission; from the next step on the older is used."""
        now = self._now()

        def decide() -> Iterator[Sequence[OutgoingRecord]]:
            known = self._shard.tables.checkpoints.get(self._channel_id, "capabilities")
            known = known or Checkpoint(channel_id=self._channel_id, flow="capabilities")
            learnt = known.model_copy(update={"one_by_one_since": now})
            yield [self._shard.events.checkpoint(learnt, at=now)]

        await self._shard.transact(decide)
        log.warning("stock.one_by_one", channel=self._channel_id, code=error.answer.code)

    def _note_standing(self) -> None:
        """Tell what keeps quantities from being written."""
        braked, now = self._ledger.braked, self._now()
        self._metrics.stock_braked.labels(channel=self._channel_id).set(len(braked))
        note_brake(self._problems, braked, channel_id=self._channel_id, now=now)
        note_regressed(self._problems, self._state.regressed_levels(), now=now)
        note_unreadable(self._problems, self._state.unreadable_skus(), now=now)

    def _records(
        self,
        batch: Sequence[StockWrite],
        status: str,
        stock_ref: str,
        *,
        jd: JdWords | None = None,
    ) -> list[OutgoingRecord]:
        at = self._now()
        updates = [
            StockUpdate.model_validate(
                {
                    "channel_id": self._channel_id,
                    "sku_id": write.sku_id,
                    "sku": write.sku,
                    "status": status,
                    "quantity": write.quantity,
                    "stock_ref": stock_ref,
                    "store_id": self._store_id,
                    "level": LevelUsed(
                        stock_pool=self._stock_pool,
                        available=write.level.available,
                        version=write.level.version,
                        occurred_at=write.level.occurred_at,
                    ),
                    "arithmetic": Arithmetic(
                        uncounted=write.uncounted,
                        stock_buffer=write.rule.stock_buffer,
                        max_stock_level=write.rule.max_stock_level,
                        units_per_listing=write.units_per_listing,
                        open_units=write.open_units,
                        sellable=write.sellable,
                    ),
                    "jd": jd,
                    "at": at,
                }
            )
            for write in batch
        ]
        self._metrics.stock_updates.labels(status=status).inc(len(updates))
        return [self._shard.events.stock_update(update) for update in updates]


def _lane(batch: Sequence[StockWrite]) -> Lane:
    """Say what a call is for: one listing that must go off sale takes the others along."""
    queues = {write.queue for write in batch}
    if "zero" in queues:
        return "zero"
    return "stock" if "stock" in queues else "bulk"
