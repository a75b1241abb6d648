"""The composition root: puts the rooms together and runs them until told to stop."""

import asyncio
import gc
import signal
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import structlog

from adapter.diagnostics import Metrics
from adapter.errors import ShardLost
from adapter.flows.catalogue import CatalogueFlow
from adapter.flows.channels import ChannelWorkers, Flow, RunningChannel
from adapter.flows.commands import (
    CommandFlow,
    accept_command,
    approves,
    end_stranded,
    reconciles,
    resyncs,
)
from adapter.flows.orders import OrderFlow
from adapter.flows.reconciliation import Reconciliation
from adapter.flows.reservations import ReservationFlow, accept_receipt
from adapter.flows.restoring import restored_state
from adapter.flows.shipments import ShipmentFlow, accept_shipment
from adapter.flows.stock import StockFlow
from adapter.flows.tables import WholeTables, active
from adapter.jd.budget import CallBudget, CallBudgets
from adapter.jd.client import Credentials as JdCredentials
from adapter.jd.client import JdClient
from adapter.jd.connection import HttpClient, checked_endpoint, http_client
from adapter.kafka.bad_records import BadRecords
from adapter.kafka.connection import wait_for_kafka
from adapter.kafka.ownership import Accept, Ownership
from adapter.kafka.publisher import Publisher
from adapter.kafka.shard import Shard
from adapter.kafka.tables import TableFollower
from adapter.kafka.topics import require_topics, topic_specs
from adapter.rules.budget import DayUse
from adapter.rules.channels import Channel
from adapter.rules.commands import is_to_be_written
from adapter.rules.diagnosis import Problems
from adapter.rules.state import ChannelState
from adapter.settings import Settings
from adapter.web.server import application, listening
from adapter.wire.kept import Checkpoint
from adapter.workers import wait_any
from contracts import jd_carriers

log = structlog.get_logger()

TRANSACTION_TIMEOUT_S = 10.0
FLOWS = ("catalogue", "orders", "reconciliation", "reservations", "shipments", "stock")
COLLECT_AFTER = 50_000
"""New objects after which Python looks for unreachable ones. By default, 700, it looks through the
tables over and over while they are read, which takes longer than reading them."""


def run(settings: Settings) -> None:
    """Run the adapter until SIGTERM or Ctrl-C; finish what is in flight, then return.

    Raises:
        FatalError: It cannot start, or cannot go on.
    """
    gc.set_threshold(COLLECT_AFTER)
    asyncio.run(_run_until_signalled(settings))


async def _run_until_signalled(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, stop.set)
    await Adapter(settings).run(stop)


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Adapter:
    """One instance of the adapter.

    Args:
        settings: All of it.
        now: The clock.
    """

    def __init__(self, settings: Settings, *, now: Callable[[], datetime] = _utc_now) -> None:
        self._settings = settings.require_private_keys()
        self._now = now
        self._workers: dict[int, ChannelWorkers] = {}
        self.metrics = Metrics()
        self.web_port = 0
        """The port that health and metrics listen on, once it runs."""
        self._bad_records = BadRecords(
            topic=settings.topics.dead_letters, partitions=settings.partitions
        )
        self.tables = WholeTables(
            names=settings.topics,
            private_keys=settings.private_keys,
            http_hosts=settings.http_hosts,
            bad_records=self._bad_records,
            on_channels=self._channels_changed,
            on_listing=self._listing_changed,
            metrics=self.metrics,
        )
        self._follower = TableFollower(
            connection=settings.kafka, handlers=self.tables.handlers, on_batch=self._wake_all
        )
        self._publisher = Publisher(connection=settings.kafka, timeout_s=TRANSACTION_TIMEOUT_S)
        self._call_life = timedelta(seconds=settings.call_timeout_s + settings.late_call_s)
        self._budgets = CallBudgets(now=now, monotonic=time.monotonic, metrics=self.metrics)
        self._running: dict[str, tuple[ChannelState, asyncio.Event]] = {}
        self._http: HttpClient | None = None
        self.ownership: Ownership | None = None
        """Who owns what, once it runs."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop.

        Raises:
            FatalError: It cannot start, or cannot go on.
        """
        settings = self._settings
        await wait_for_kafka(
            settings.kafka,
            wait_s=settings.kafka_wait_s,
            on_wait=lambda message: log.warning("kafka.waiting", detail=message),
        )
        specs = topic_specs(settings.topics, settings.partitions)
        await require_topics(settings.kafka, specs)
        await self._publisher.start()
        proxy = settings.http_proxy.get_secret_value() if settings.http_proxy else None
        app = application(alive=self._alive, ready=self.readiness, registry=self.metrics.registry)
        try:
            async with (
                http_client(proxy=proxy) as self._http,
                listening(app, host=settings.web_host, port=settings.web_port) as self.web_port,
            ):
                log.info("adapter.started", web=f"{settings.web_host}:{self.web_port}")
                await self._work(stop)
        finally:
            await self._publisher.stop()
        log.info("adapter.stopped")

    async def _work(self, stop: asyncio.Event) -> None:
        """Read the whole tables, then join the group; leave the group first."""
        ended = asyncio.Event()
        self.ownership = self._new_ownership()
        following = asyncio.create_task(self._follower.run(ended), name="tables")
        following.add_done_callback(lambda _: stop.set())
        try:
            await wait_any(stop, self._follower.loaded)
            if not stop.is_set():
                log.info("tables.loaded", channels=len(self.tables.channels))
                await self.ownership.run(stop)
        finally:
            ended.set()
            await following

    def _new_ownership(self) -> Ownership:
        settings = self._settings
        names = settings.topics
        unknown = self.metrics.unknown_fields
        accepts: dict[str, Accept] = {
            names.shipments: lambda record, shard: accept_shipment(
                record,
                shard,
                now=self._now(),
                unknown=unknown.labels(topic=record.topic).inc,
            ),
            names.order_receipts: lambda record, shard: accept_receipt(
                record,
                shard,
                now=self._now(),
                unknown=unknown.labels(topic=record.topic).inc,
            ),
            names.commands: lambda record, shard: accept_command(
                record,
                shard,
                channels=self.tables.channels,
                now=self._now(),
                unknown=unknown.labels(topic=record.topic).inc,
            ),
        }
        return Ownership(
            connection=settings.kafka,
            group=settings.consumer_group,
            accepts=accepts,
            dead_letters=names.dead_letters,
            partitions=settings.partitions,
            session_timeout_s=settings.session_timeout_s,
            stop_timeout_s=settings.grace_s,
            new_shard=lambda partition, prove: Shard(
                partition=partition,
                connection=settings.kafka,
                names=names,
                group=settings.consumer_group,
                transaction_timeout_s=TRANSACTION_TIMEOUT_S,
                publisher=self._publisher,
                prove=prove,
                on_committed=self.tables.committed,
                metrics=self.metrics,
            ),
            new_workers=self._new_workers,
            metrics=self.metrics,
        )

    def _new_workers(self, shard: Shard, on_lost: Callable[[ShardLost], None]) -> ChannelWorkers:
        workers = ChannelWorkers(
            shard=shard,
            on_lost=on_lost,
            channels=self.tables.channels,
            partitions=self._settings.partitions,
            build=self._build_channel,
            bad_records=self._bad_records,
            end_stranded=lambda: end_stranded(shard, self.tables.channels, self._now),
            stop_timeout_s=self._settings.grace_s,
            now=self._now,
        )
        self._workers[shard.partition] = workers
        return workers

    def _build_channel(self, channel: Channel, shard: Shard, problems: Problems) -> RunningChannel:
        """Put a channel's flows together, its state restored from the shard's tables."""
        channel_id, settings = channel.channel_id, channel.settings
        state = self._restored(channel, shard)
        budget = self._budget(channel, shard)
        jd = self._jd_client(channel, shard, budget)
        wakes = {name: asyncio.Event() for name in FLOWS}
        reconciliation = Reconciliation(
            channel_id=channel_id,
            settings=settings,
            state=state,
            jd=jd,
            on_stock=wakes["stock"].set,
            on_work=wakes["reconciliation"].set,
            now=self._now,
            problems=problems,
            metrics=self.metrics,
        )
        catalogue = CatalogueFlow(
            channel_id=channel_id,
            state=state,
            shard=shard,
            jd=jd,
            publishes=settings.sync_inventory,
            # The whole shop's stock is compared with each reading: at least daily.
            sweep_every=min(timedelta(seconds=self._settings.catalogue_sweep_s), timedelta(days=1)),
            follow_every=timedelta(seconds=self._settings.catalogue_follow_s),
            on_change=wakes["stock"].set,
            on_read=reconciliation.observe if settings.sync_stock_levels else lambda _: None,
            now=self._now,
            problems=problems,
        )
        orders = OrderFlow(
            channel_id=channel_id,
            settings=settings,
            state=state,
            shard=shard,
            jd=jd,
            calls_per_day=lambda: budget.share.calls_per_day,
            sweep_every=timedelta(seconds=self._settings.order_sweep_s),
            on_stock=wakes["stock"].set,
            now=self._now,
            problems=problems,
            metrics=self.metrics,
        )
        shipments = ShipmentFlow(
            channel_id=channel_id,
            settings=settings,
            state=state,
            shard=shard,
            jd=jd,
            carrier_aliases={
                name: carrier.id for carrier in jd_carriers() for name in carrier.names
            },
            on_stock=wakes["stock"].set,
            now=self._now,
            problems=problems,
            metrics=self.metrics,
        )
        reservations = ReservationFlow(
            channel_id=channel_id,
            settings=settings,
            state=state,
            shard=shard,
            levels=self.tables.levels.of(settings.stock_pool),
            now=self._now,
            problems=problems,
        )
        flows = [
            Flow("catalogue", catalogue.step, wakes["catalogue"]),
            Flow("orders", orders.step, wakes["orders"]),
            Flow("reservations", reservations.step, wakes["reservations"]),
            Flow("shipments", shipments.step, wakes["shipments"]),
        ]
        if settings.sync_stock_levels:
            stock = StockFlow(
                channel_id=channel_id,
                state=state,
                shard=shard,
                jd=jd,
                stock_pool=settings.stock_pool,
                store_id=settings.jd_store_id,
                call_life=self._call_life,
                calls_at_once=self._settings.stock_calls_at_once,
                now=self._now,
                new_ref=lambda: uuid.uuid4().hex,
                problems=problems,
                metrics=self.metrics,
            )
            flows += [
                Flow("stock", stock.step, wakes["stock"]),
                Flow("reconciliation", reconciliation.step, wakes["reconciliation"]),
                *self._command_flows(channel_id, state, shard, reconciliation, wakes["stock"].set),
            ]
        self._running[channel_id] = (state, wakes["catalogue"])
        pool, level_changed = settings.stock_pool, state.ledger.level_changed
        self.tables.levels.watch(pool, channel_id, level_changed)
        self.tables.reservations.watch(pool, channel_id, level_changed)

        def close() -> None:
            self.tables.levels.unwatch(pool, channel_id)
            self.tables.reservations.unwatch(pool, channel_id)
            self._running.pop(channel_id, None)
            self._budgets.close(channel_id)

        return RunningChannel(state=state, budget=budget, flows=flows, close=close)

    def _command_flows(
        self,
        channel_id: str,
        state: ChannelState,
        shard: Shard,
        reconciliation: Reconciliation,
        wake_stock: Callable[[], None],
    ) -> list[Flow]:
        """Give what carries a channel's commands out; what takes long holds up nothing else."""
        ledger = state.ledger

        def resync() -> list[str]:
            ledger.resync()
            return list(state.listings)

        quick = {
            "approve": approves(ledger.approve, wake=wake_stock),
            "resync": resyncs(
                resync,
                waits=lambda sku_id: is_to_be_written(ledger.standing(sku_id)),
                wake=wake_stock,
            ),
        }
        slow = {"reconcile": reconciles(reconciliation)}
        return [
            Flow(
                name,
                CommandFlow(
                    channel_id=channel_id, shard=shard, strides=strides, now=self._now
                ).step,
            )
            for name, strides in (("commands", quick), ("reconcile", slow))
        ]

    def _restored(self, channel: Channel, shard: Shard) -> ChannelState:
        return restored_state(
            channel.channel_id,
            channel.settings,
            tables=shard.tables,
            levels=self.tables.levels,
            overrides=self.tables.overrides,
            uncounted=self.tables.reservations.uncounted,
            call_life=self._call_life,
            now=self._now(),
        )

    def _budget(self, channel: Channel, shard: Shard) -> CallBudget:
        """Give a channel its share of its app's calls, and what it used of it before."""
        kept = shard.tables.checkpoints.get(channel.channel_id, "budget")
        use = DayUse(kept.day, kept.calls, kept.spent) if kept and kept.day else None

        async def keep(use: DayUse) -> None:
            checkpoint = Checkpoint(
                channel_id=channel.channel_id,
                flow="budget",
                day=use.day,
                calls=use.used,
                spent=use.is_spent,
            )
            await shard.publish_atomically([shard.events.checkpoint(checkpoint, at=self._now())])

        return self._budgets.open(channel, use=use, keep=keep)

    def _jd_client(self, channel: Channel, shard: Shard, budget: CallBudget) -> JdClient:
        settings, credentials = channel.settings, channel.credentials
        if self._http is None:
            message = "the HTTP client has not started"
            raise ShardLost(message)
        return JdClient(
            http=self._http,
            endpoint=checked_endpoint(settings.api_endpoint, self._settings.http_hosts),
            credentials=JdCredentials(
                app_key=credentials.api_key,
                app_secret=credentials.api_secret.get_secret_value(),
                access_token=credentials.access_token.get_secret_value(),
            ),
            budget=budget,
            now=self._now,
            call_timeout_s=self._settings.call_timeout_s,
            on_call=self._count_call,
            before_write=shard.prove_ownership,
        )

    def _count_call(self, method: str, outcome: str, seconds: float) -> None:
        self.metrics.jd_calls.labels(method=method, outcome=outcome).inc()
        self.metrics.jd_call_seconds.labels(method=method).observe(seconds)

    # What wakes whom -------------------------------------------------------------------------

    def _channels_changed(self) -> None:
        self.metrics.channels.labels(health="active").set(active(self.tables.channels))
        self._budgets.divide(self.tables.channels)
        for workers in self._workers.values():
            workers.wake()

    def _listing_changed(self, channel_id: str, sku_id: str) -> None:
        if channel_id in self._running:
            state, wake_catalogue = self._running[channel_id]
            state.override_changed(sku_id)
            wake_catalogue.set()

    def _wake_all(self) -> None:
        for workers in self._workers.values():
            workers.wake_stock()

    # Health ----------------------------------------------------------------------------------

    def _alive(self) -> dict[str, bool]:
        return {"process": True}

    def readiness(self) -> dict[str, bool]:
        """Say, part by part, whether this instance does its part; without shards it does."""
        ownership = self.ownership
        return {
            "tables_read": self._follower.loaded.is_set(),
            "group_joined": ownership is not None and ownership.is_joined,
            "shards_open": ownership is not None and ownership.is_ready,
            "subscriber_alive": ownership is not None and ownership.is_alive,
        }
