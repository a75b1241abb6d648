"""Commands: what operators ask for by topic, and what became of it.

A command is told as `accepted` in the transaction that takes it in, as `running` with its
progress, and at last as `done` or `failed`. What has not ended lies in the shard's tables, so
whoever takes the channel over goes on with it, and a command that is read twice is answered once.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog

from adapter.errors import ChannelError, RecordError, ShardLost, TransientError
from adapter.kafka.records import Accepted, OutgoingRecord, ReadRecord
from adapter.kafka.shard import Shard
from adapter.rules.channels import AnyChannel
from adapter.rules.commands import ENDED, SWITCHES, refusal
from adapter.rules.messages import read_message, unknown_fields
from adapter.rules.reconciliation import ReconciliationReport
from adapter.wire.helm import Command
from adapter.wire.kept import Checkpoint
from adapter.wire.published import CommandOutcome

log = structlog.get_logger()

STRIDE_S = 1.0
TELL_EVERY = timedelta(seconds=1)
LARGEST_ARGUMENTS = 64 * 1024
"""Bytes of a command that is kept: its outcome holds the arguments and must fit a record too."""

Result = Mapping[str, Any]
"""What came of a command, as JSON."""

Tell = Callable[[int, int], Awaitable[None]]
"""Tells how much of how much is done."""

Stride = Callable[[CommandOutcome, Tell], Awaitable[Result | None]]
"""Carries a command on; returns its result once it is done, None to be called again."""


class Reconciles(Protocol):
    """Compares a whole channel with JD's own figures."""

    async def run(
        self, *, repair: bool, progress: Callable[[int, int], None]
    ) -> ReconciliationReport:
        """Compare everything, and write again what differs if `repair`."""


def accept_command(
    record: ReadRecord,
    shard: Shard,
    *,
    channels: Mapping[str, AnyChannel],
    now: datetime,
    unknown: Callable[[int], None],
) -> Accepted:
    """Read a command, and carry it out as far as it needs nobody else.

    Args:
        record: As it was read.
        shard: Keeps what the command changes, and what became of those before.
        channels: All channels by id.
        now: The clock.
        unknown: Told how many of its fields are not known.

    Raises:
        MalformedRecord: It cannot be read.
    """
    command = read_message(Command, record.value, contract="helm.commands")
    unknown(unknown_fields(command))
    channel_id = command.channel_id
    if shard.tables.commands.get(channel_id, _row(command.command_id)) is not None:
        return Accepted(channel_id)
    is_small = len(record.value or b"") <= LARGEST_ARGUMENTS
    outcome = CommandOutcome(
        channel_id=channel_id,
        command_id=command.command_id,
        command=command.command,
        status="accepted",
        arguments=command.arguments if is_small else {},
        at=now,
    )
    reason = _refusal(outcome, shard, channels)
    if not is_small:
        reason = f"a command has at most {LARGEST_ARGUMENTS} bytes"
    if reason is not None:
        return Accepted(channel_id, [shard.events.command_outcome(_failed(outcome, reason, now))])
    if command.command not in SWITCHES:
        return Accepted(channel_id, [shard.events.command_outcome(outcome)])
    control = Checkpoint(channel_id=channel_id, flow="control", paused=command.command == "pause")
    return Accepted(
        channel_id,
        [
            shard.events.command_outcome(outcome.model_copy(update={"status": "done"})),
            shard.events.checkpoint(control, at=now),
        ],
    )


async def end_stranded(
    shard: Shard, channels: Mapping[str, AnyChannel], now: Callable[[], datetime]
) -> None:
    """End the open commands of channels that were removed, switched off or paused meanwhile.

    Raises:
        ShardLost: The shard is someone else's.
    """

    def decide() -> Iterator[Sequence[OutgoingRecord]]:
        for command in list(_open(shard.tables.commands.all())):
            reason = _refusal(command, shard, channels)
            if reason is not None:
                log.warning("command.stranded", channel=command.channel_id, detail=reason)
                yield [shard.events.command_outcome(_failed(command, reason, now()))]

    await shard.transact(decide)


class CommandFlow:
    """Carries out one channel's commands.

    Args:
        channel_id: The sales channel.
        shard: Keeps the commands, publishes their outcomes.
        strides: By command, what carries it on; others' commands are left alone.
        now: The clock.
    """

    def __init__(
        self,
        *,
        channel_id: str,
        shard: Shard,
        strides: Mapping[str, Stride],
        now: Callable[[], datetime],
    ) -> None:
        self._channel_id = channel_id
        self._shard = shard
        self._strides = strides
        self._now = now

    async def step(self) -> float | None:
        """Carry each open command on by a stride.

        Returns:
            Seconds until the next stride; None when no command is open.

        Raises:
            AdapterError: The type is the decision.
        """
        rest_s = None
        for command in list(_open(self._shard.tables.commands.of(self._channel_id).values())):
            if command.command in self._strides and not await self._carry_on(command):
                rest_s = STRIDE_S
        return rest_s

    async def _carry_on(self, command: CommandOutcome) -> bool:
        """Take a stride; tell whether the command has ended."""
        told_at = command.at
        if command.status == "accepted":
            await self._tell(command, "running", {})

        async def progress(done: int, total: int) -> None:
            nonlocal told_at
            now = self._now()
            if now - told_at >= TELL_EVERY:
                told_at = now
                await self._tell(command, "running", {"done": done, "total": total})

        try:
            result = await self._strides[command.command](command, progress)
        except (ShardLost, ChannelError, TransientError):
            raise  # the command stays open: it goes on when that has passed
        except RecordError as error:
            return await self._tell(command, "failed", {"reason": str(error)})
        except Exception:  # a bug inside one command ends that command alone
            log.exception("command.internal_error", channel=self._channel_id)
            reason = "an unexpected error; see the adapter's log"
            return await self._tell(command, "failed", {"reason": reason})
        return result is not None and await self._tell(command, "done", result)

    async def _tell(self, command: CommandOutcome, status: str, result: Result) -> bool:
        """Publish how far a command is, unless it was ended meanwhile; tell whether it has."""
        row = _row(command.command_id)

        def decide() -> Iterator[Sequence[OutgoingRecord]]:
            known = self._shard.tables.commands.get(self._channel_id, row)
            if known is not None and known.status not in ENDED:
                update = {"status": status, "result": dict(result), "at": self._now()}
                yield [self._shard.events.command_outcome(known.model_copy(update=update))]

        await self._shard.transact(decide)
        if status in ENDED:
            log.info(
                "command.ended", channel=self._channel_id, command=command.command, status=status
            )
        return status in ENDED


def approves(approve: Callable[[], int], *, wake: Callable[[], None]) -> Stride:
    """Make what carries `approve` out.

    Args:
        approve: Releases the brake; returns how many listings waited behind it.
        wake: Called then.
    """

    async def stride(_: CommandOutcome, __: Tell) -> Result:
        released = approve()
        wake()
        return {"released": released}

    return stride


def resyncs(
    resync: Callable[[], Iterable[str]],
    *,
    waits: Callable[[str], bool],
    wake: Callable[[], None],
) -> Stride:
    """Make what carries `resync` out: it is done when nothing waits that it set going.

    Args:
        resync: Makes all stock be written again; returns the listings, in the order of writing.
        waits: Tells whether one of them is still to be written.
        wake: Called when it was set going.
    """
    left: dict[str, deque[str]] = {}
    totals: dict[str, int] = {}

    async def stride(command: CommandOutcome, tell: Tell) -> Result | None:
        name = command.command_id
        if name not in left:
            left[name] = deque(resync())
            totals[name] = len(left[name])
            wake()
        queue = left[name]
        while queue and not waits(queue[0]):
            queue.popleft()
        if queue:
            await tell(totals[name] - len(queue), totals[name])
            return None
        del left[name]
        return {"done": totals[name], "total": totals.pop(name)}

    return stride


def reconciles(reconciliation: Reconciles) -> Stride:
    """Make what carries `reconcile` out; it takes long, so it has a flow to itself."""

    async def stride(command: CommandOutcome, tell: Tell) -> Result:
        done = total = 0

        def note(now_done: int, of: int) -> None:
            nonlocal done, total
            done, total = now_done, of

        repair = command.arguments.get("repair") is True
        running = asyncio.ensure_future(reconciliation.run(repair=repair, progress=note))
        try:
            while not (await asyncio.wait([running], timeout=STRIDE_S))[0]:
                await tell(done, total)
            found = running.result()
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
        differences = [row._asdict() for row in found.rows]
        counts = {str(kind): count for kind, count in found.counts.items()}
        return {"counts": counts, "repaired": found.repaired, "differences": differences}

    return stride


def _open(commands: Iterable[CommandOutcome]) -> Iterator[CommandOutcome]:
    return (command for command in commands if command.status not in ENDED)


def _refusal(
    command: CommandOutcome, shard: Shard, channels: Mapping[str, AnyChannel]
) -> str | None:
    control = shard.tables.checkpoints.get(command.channel_id, "control")
    return refusal(
        command.command,
        command.arguments,
        command.channel_id,
        channels.get(command.channel_id),
        is_paused=control is not None and control.paused,
    )


def _failed(command: CommandOutcome, reason: str, now: datetime) -> CommandOutcome:
    update = {"status": "failed", "result": {"reason": reason}, "at": now}
    return command.model_copy(update=update)


def _row(command_id: str) -> str:
    return f"command:{command_id}"
