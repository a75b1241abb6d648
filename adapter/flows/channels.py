"""Channels: the desired set of running ones against the running set.

Settings, an operator's pause and a lost shard all lead to the same step: what should not run, or
runs with other settings, is stopped; what should run is started. A problem pauses one channel,
never the process, and is published with its cause and its remedy.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from adapter.errors import AdapterError, ChannelError, ShardLost
from adapter.jd.budget import CallBudget
from adapter.kafka.bad_records import BadRecords
from adapter.kafka.shard import Shard
from adapter.kafka.topics import shard_of
from adapter.rules.channels import AnyChannel, Channel, InactiveChannel, UnreadableChannel
from adapter.rules.diagnosis import Problems
from adapter.rules.state import ChannelState
from adapter.wire.published import ChannelStatus, Quota
from adapter.workers import pause_after, repeat, wait_any

log = structlog.get_logger()

STATUS_EVERY_S = 60.0
LOOK_EVERY_S = 2.0
LONGEST_PAUSE_S = 300.0


Step = Callable[[], Awaitable[float | None]]


@dataclass(slots=True)
class Flow:
    """One data way of a running channel."""

    name: str
    step: Step
    wake: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class RunningChannel:
    """A channel's flows, what is known of it, and its calls to JD."""

    state: ChannelState
    budget: CallBudget
    flows: Sequence[Flow]
    close: Callable[[], None] = lambda: None


BuildChannel = Callable[[Channel, Shard, Problems], RunningChannel]
"""Puts a channel's flows together; given its settings, its shard, and where problems go."""


class ChannelWorkers:
    """Runs the channels of one shard.

    Args:
        shard: Theirs.
        on_lost: Told when the shard turns out to be lost.
        channels: All channels by id; follows later changes.
        partitions: How many shards there are.
        build: Puts a channel's flows together.
        bad_records: Table records to dead-letter.
        end_stranded: Ends the commands of channels that do not run.
        stop_timeout_s: Longest to wait for work in flight.
        now: The clock.
    """

    def __init__(
        self,
        *,
        shard: Shard,
        on_lost: Callable[[ShardLost], None],
        channels: Mapping[str, AnyChannel],
        partitions: int,
        build: BuildChannel,
        bad_records: BadRecords,
        end_stranded: Callable[[], Awaitable[None]],
        stop_timeout_s: float,
        now: Callable[[], datetime],
    ) -> None:
        self._shard = shard
        self._on_lost = on_lost
        self._channels = channels
        self._partitions = partitions
        self._build = build
        self._bad_records = bad_records
        self._end_stranded = end_stranded
        self._stop_timeout_s = stop_timeout_s
        self._now = now
        self._runners: dict[str, ChannelRunner] = {}
        self._task: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._look = asyncio.Event()

    def start(self) -> None:
        """Start the workers of the shard's active channels."""
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name=f"shard-{self._shard.partition}")

    async def stop(self) -> None:
        """Let them finish what is in flight, within bounds; safe to call twice."""
        task, self._task = self._task, None
        if task is None:
            return
        self._stop.set()
        await task

    def wake(self) -> None:
        """Tell them that something of theirs was accepted, or that settings changed."""
        self._look.set()
        for runner in self._runners.values():
            runner.wake()

    def wake_stock(self) -> None:
        """Tell them that levels changed."""
        for runner in self._runners.values():
            runner.wake("stock")

    async def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._look.clear()
                await self._dead_letter()
                await self._converge()
                await self._end_stranded()
                await wait_any(self._stop, self._look, timeout_s=LOOK_EVERY_S)
        except ShardLost as error:
            self._on_lost(error)
        except Exception:  # a bug here costs a new opening of the shard, never its silence
            log.exception("shard.failed", shard=self._shard.partition)
            self._on_lost(ShardLost("an unexpected error"))
        finally:
            await asyncio.gather(*(runner.stop() for runner in self._runners.values()))
            self._runners.clear()

    async def _dead_letter(self) -> None:
        waiting = self._bad_records.waiting(self._shard.partition)
        await self._shard.publish_atomically(waiting)
        self._bad_records.published(self._shard.partition, len(waiting))

    async def _converge(self) -> None:
        """Make the running channels equal to the desired ones."""
        own = {
            channel_id: channel
            for channel_id, channel in self._channels.items()
            if shard_of(channel_id, self._partitions) == self._shard.partition
        }
        for channel_id, runner in list(self._runners.items()):
            if own.get(channel_id) is not runner.channel or runner.is_paused != self._paused(
                channel_id
            ):
                await runner.stop()
                del self._runners[channel_id]
                if channel_id not in own:
                    await self._tell_removed(channel_id)
        for channel_id, channel in own.items():
            if channel_id not in self._runners:
                runner = ChannelRunner(
                    channel_id=channel_id,
                    channel=channel,
                    is_paused=self._paused(channel_id),
                    shard=self._shard,
                    on_lost=self._on_lost,
                    build=self._build,
                    stop_timeout_s=self._stop_timeout_s,
                    now=self._now,
                )
                self._runners[channel_id] = runner
                runner.start()

    async def _tell_removed(self, channel_id: str) -> None:
        status = ChannelStatus(channel_id=channel_id, health="inactive", at=self._now())
        await self._shard.publish([self._shard.events.channel_status(status)])

    def _paused(self, channel_id: str) -> bool:
        control = self._shard.tables.checkpoints.get(channel_id, "control")
        return control is not None and control.paused


class ChannelRunner:
    """Runs one channel as its settings are now, and publishes its status.

    Args:
        channel_id: The sales channel.
        channel: Its settings, or why they cannot be read.
        is_paused: An operator paused it.
        shard: Its shard.
        on_lost: Told when the shard turns out to be lost.
        build: Puts its flows together.
        stop_timeout_s: Longest to wait for work in flight.
        now: The clock.
    """

    def __init__(
        self,
        *,
        channel_id: str,
        channel: AnyChannel,
        is_paused: bool,
        shard: Shard,
        on_lost: Callable[[ShardLost], None],
        build: BuildChannel,
        stop_timeout_s: float,
        now: Callable[[], datetime],
    ) -> None:
        self.channel = channel
        self.is_paused = is_paused
        self._channel_id = channel_id
        self._shard = shard
        self._on_lost = on_lost
        self._build = build
        self._stop_timeout_s = stop_timeout_s
        self._now = now
        self._problems = Problems()
        self._running: RunningChannel | None = None
        self._pause_reason: AdapterError | None = None
        self._status: ChannelStatus | None = None
        self._stop = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Start the channel's work."""
        name = f"channel-{self._channel_id}"
        self._tasks = [
            asyncio.create_task(self._guard(self._work), name=name),
            asyncio.create_task(self._guard(self._tell), name=f"{name}-status"),
        ]

    async def stop(self) -> None:
        """Finish what is in flight, within bounds."""
        self._stop.set()
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=self._stop_timeout_s)
        for task in late:
            log.warning("channel.cancelled", channel=self._channel_id)
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    def wake(self, name: str | None = None) -> None:
        """Cut the rest of a flow short, or of all of them."""
        for flow in self._running.flows if self._running else ():
            if name is None or flow.name == name:
                flow.wake.set()

    async def _guard(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except ShardLost as error:
            self._on_lost(error)
        except Exception:  # as in the shard's own loop: never a channel that silently rests
            log.exception("channel.failed", channel=self._channel_id)
            self._on_lost(ShardLost("an unexpected error"))

    async def _work(self) -> None:
        if isinstance(self.channel, UnreadableChannel):
            self._note(self.channel.error, "settings")
            self._pause_reason = self.channel.error
            return
        if isinstance(self.channel, InactiveChannel) or self.is_paused:
            return
        failures = 0
        while not self._stop.is_set():
            began = self._now()
            try:
                await self._run_flows(self.channel)
            except ChannelError as error:
                log.warning("channel.paused", channel=self._channel_id, reason=error.reason)
                self._note(error, "channel")
                self._pause_reason = error
            except (ShardLost, asyncio.CancelledError):
                raise
            except Exception as error:
                log.exception("channel.internal_error", channel=self._channel_id)
                self._pause_reason = AdapterError("an unexpected error; see the log")
                self._problems.seen_bug(error, now=self._now(), flow="channel")
            ran_s = (self._now() - began).total_seconds()
            failures = 1 if ran_s > LONGEST_PAUSE_S else failures + 1
            pause_s = 5 * pause_after(failures, retry_after_s=None, jitter=1.0)
            await wait_any(self._stop, timeout_s=min(pause_s, LONGEST_PAUSE_S))

    async def _run_flows(self, channel: Channel) -> None:
        """Run all flows until told to stop or one fails; the others then finish their step."""
        running = self._build(channel, self._shard, self._problems)
        log.info("channel.started", channel=self._channel_id, listings=len(running.state.listings))
        stop = asyncio.Event()
        self._running = running
        tasks = [
            asyncio.create_task(self._repeat(flow, stop), name=f"{self._channel_id}-{flow.name}")
            for flow in running.flows
        ]
        stopping = asyncio.create_task(self._stop.wait())
        try:
            await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            await asyncio.wait(tasks, timeout=self._stop_timeout_s)
        finally:
            for task in (*tasks, stopping):
                task.cancel()
            results = await asyncio.gather(*tasks, stopping, return_exceptions=True)
            running.close()
        failures = [r for r in results if isinstance(r, Exception)]
        failures.sort(key=lambda failure: not isinstance(failure, ShardLost))
        if not failures or not isinstance(failures[0], ShardLost):
            await running.budget.finish()
        if failures:
            raise failures[0]

    async def _repeat(self, flow: Flow, stop: asyncio.Event) -> None:
        await repeat(
            flow.step,
            stop=stop,
            wake=flow.wake,
            on_transient=lambda error: self._note(error, flow.name),
            on_success=lambda: self._clear(flow.name),
        )

    def _note(self, error: AdapterError, flow: str) -> None:
        log.warning(
            "channel.problem",
            channel=self._channel_id,
            flow=flow,
            reason=error.reason,
            detail=str(error),
        )
        self._problems.seen_error(error, now=self._now(), flow=flow)

    def _clear(self, flow: str) -> None:
        """A step went well: JD answers, the credentials work."""
        self._pause_reason = None
        self._problems.passed(flow)
        self._problems.passed("channel")

    # Status ----------------------------------------------------------------------------------

    async def _tell(self) -> None:
        while not self._stop.is_set():
            await wait_any(self._stop, timeout_s=1.0)
            try:
                await self._tell_status()
            except ShardLost:
                raise
            except Exception:  # a status that cannot be told must stop nobody's work
                log.exception("channel.status_failed", channel=self._channel_id)
                await wait_any(self._stop, timeout_s=STATUS_EVERY_S)

    async def _tell_status(self) -> None:
        status = self._status_now()
        last = self._status
        is_due = last is None or (status.at - last.at).total_seconds() >= STATUS_EVERY_S
        if is_due or _matter(status) != _matter(last):
            await self._shard.publish([self._shard.events.channel_status(status)])
            self._status = status

    def _status_now(self) -> ChannelStatus:
        settings = None if isinstance(self.channel, UnreadableChannel) else self.channel.settings
        checkpoints = self._shard.tables.checkpoints.of(self._channel_id)
        watermarks = {
            flow: checkpoint.watermark
            for flow in ("orders", "catalogue")
            if (checkpoint := checkpoints.get(flow)) and checkpoint.watermark
        }
        now = self._now()
        running = self._running
        if running is not None:
            self._problems.stand(running.budget.problems(), flow="quota")
        return ChannelStatus.model_validate(
            {
                "channel_id": self._channel_id,
                "name": settings.name if settings else "",
                "health": self._health(),
                "problems": self._problems.all(),
                "watermarks": watermarks,
                "lag_s": {flow: (now - seen).total_seconds() for flow, seen in watermarks.items()},
                "quota": running.budget.quota() if running else Quota(),
                "mapping": running.state.mapping_counts() if running else {},
                "reconciliation": running.state.reconciliation if running else {},
                "at": now,
            }
        )

    def _health(self) -> str:
        if isinstance(self.channel, InactiveChannel):
            return "inactive"
        if self.is_paused or self._pause_reason is not None:
            return "paused"
        return "degraded" if self._problems.all() else "live"


def _matter(status: ChannelStatus | None) -> object:
    """What of a status is worth publishing when it changes."""
    if status is None:
        return None
    problems = [(p.code, p.cause, p.remedy) for p in status.problems]
    return (status.name, status.health, problems, status.quota.limit, status.mapping)
