"""Stock out: what the ledger says differs is written to JD, newest quantities only.

Before a call its quantities are published as *intended* and acknowledged; the outcome follows.
An intent without outcome restores as unknown, so it is written again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

import structlog

from adapter.diagnostics import Metrics
from adapter.errors import JdAmbiguous, JdAnswer, JdRejected, TransientError
from adapter.jd.client import JdClient
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.shard import Shard
from adapter.rules.diagnosis import Problems, jd_words
from adapter.rules.ledger import LARGEST_BATCH, StockWrite
from adapter.rules.state import ChannelState
from adapter.wire.published import Arithmetic, JdWords, LevelUsed, StockUpdate

log = structlog.get_logger()

REFUSED = "STOCK_REFUSED"


class StockFlow:
    """Writes one channel's stock.

    Args:
        channel_id: The sales channel.
        state: What is known of it.
        shard: Publishes and proves ownership.
        jd: JD.
        store_id: JD's store; None for the shop's default one.
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
        store_id: str | None,
        now: Callable[[], datetime],
        new_ref: Callable[[], str],
        problems: Problems,
        metrics: Metrics,
    ) -> None:
        self._channel_id = channel_id
        self._ledger = state.ledger
        self._shard = shard
        self._jd = jd
        self._store_id = store_id
        self._now = now
        self._new_ref = new_ref
        self._problems = problems
        self._metrics = metrics

    async def step(self) -> float | None:
        """Write the next batch.

        Returns:
            0 while more may wait; None to rest until something changes.

        Raises:
            AdapterError: The type is the decision.
        """
        batch = self._ledger.next_batch(LARGEST_BATCH)
        if not batch:
            return None
        parts = [batch]
        try:
            while parts:
                parts += await self._write(parts.pop())
        finally:
            for part in parts:
                self._ledger.untouched(part)
        return 0.0

    async def _write(self, batch: list[StockWrite]) -> list[list[StockWrite]]:
        """Write a batch with one call.

        Returns:
            Its halves, where JD refused the call as a whole: smaller calls tell which SKU is to
            blame.
        """
        stock_ref = self._new_ref()
        await self._shard.publish(self._records(batch, "intended", stock_ref))
        try:
            receipt = await self._jd.set_stock(
                stock_ref=stock_ref,
                quantities={write.sku_id: write.quantity for write in batch},
                store_id=self._store_id,
            )
            refusals = receipt.refusals
        except JdAmbiguous:
            await self._shard.publish_atomically(self._records(batch, "unknown", stock_ref))
            self._ledger.unknown(batch)
            raise
        except TransientError:
            self._ledger.untouched(batch)
            raise
        except JdRejected as error:
            refusals = {write.sku_id: error.answer for write in batch}
        if len(refusals) == len(batch) > 1:
            middle = len(batch) // 2
            return [batch[:middle], batch[middle:]]
        await self._settle(batch, refusals, stock_ref)
        return []

    async def _settle(
        self, batch: Sequence[StockWrite], refusals: Mapping[str, JdAnswer], stock_ref: str
    ) -> None:
        """Publish what came of a call; fenced, for a former owner must not have the last word."""
        refused = [write for write in batch if write.sku_id in refusals]
        accepted = [write for write in batch if write.sku_id not in refusals]
        doubted = [write for write in accepted if self._ledger.is_doubted(write.sku_id)]
        certain = [write for write in accepted if write not in doubted]
        records = self._records(doubted, "unknown", stock_ref)
        records += self._records(certain, "accepted", stock_ref)
        for write in refused:
            words = jd_words(refusals[write.sku_id])
            records += self._records([write], "refused", stock_ref, jd=words)
        await self._shard.publish_atomically(records)
        self._ledger.accepted(accepted)
        for write in refused:
            self._ledger.refused(write)
            self._note_refusal(write, refusals[write.sku_id])
        if not self._ledger.counts()["refused"]:
            self._problems.passed(REFUSED)
        log.info(
            "stock.written",
            channel=self._channel_id,
            accepted=len(accepted),
            refused=len(refused),
            stock_ref=stock_ref,
        )

    def _note_refusal(self, write: StockWrite, answer: JdAnswer) -> None:
        self._problems.seen(
            REFUSED,
            now=self._now(),
            cause=f"JD refuses the quantity of SKU {write.sku_id} ({write.sku}).",
            evidence=f"quantity {write.quantity}",
            remedy="See JD's words; the SKU is tried again when its quantity changes.",
            jd=jd_words(answer),
            flow=REFUSED,
        )

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
                    "level": LevelUsed(
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
