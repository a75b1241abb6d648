"""Commands on a real broker: taken in once, carried on by whoever owns the channel, told."""

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from adapter.errors import Fenced, JdAuthError, JdRejected
from adapter.flows.commands import (
    LARGEST_ARGUMENTS,
    CommandFlow,
    Stride,
    Tell,
    accept_command,
    end_stranded,
    reconciles,
    resyncs,
)
from adapter.kafka.shard import Shard
from adapter.rules.channels import AnyChannel, Channel, InactiveChannel
from adapter.rules.reconciliation import ReconciliationReport, ReconciliationRow
from adapter.wire.helm import Credentials, SalesChannel
from adapter.wire.published import CommandOutcome
from tests.owners import owners
from tests.world import World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

CREDENTIALS = Credentials.model_validate(
    {
        "channel_id": "shop-1",
        "api_endpoint": "https://api.jd.com",
        "api_key": "k",
        "api_secret": "s",
        "app_id": "a",
        "access_token": "t",
    }
)
RUNNING = Channel("shop-1", SalesChannel(is_active=True, sync_stock_levels=True), CREDENTIALS)
CHANNELS: Mapping[str, AnyChannel] = {"shop-1": RUNNING}


def now() -> datetime:
    """The clock."""
    return datetime.now(UTC)


async def ask(
    shard: Shard,
    command: str = "reconcile",
    *,
    channels: Mapping[str, AnyChannel] = CHANNELS,
    **arguments: Any,
) -> int:
    """Let a shard take a command in; return how many records that made."""
    value = {
        "channel_id": "shop-1", "command_id": "c-1", "command": command, "arguments": arguments
    }  # fmt: skip
    record: Any = SimpleNamespace(value=json.dumps(value).encode())
    taken = accept_command(record, shard, channels=channels, now=now(), unknown=lambda _: None)
    await shard.publish_atomically(taken.records)
    return len(taken.records)


def standing(shard: Shard) -> CommandOutcome:
    """Read how far the command is."""
    outcome = shard.tables.commands.get("shop-1", "command:c-1")
    assert outcome is not None
    return outcome


def flow(shard: Shard, stride: Stride, command: str = "reconcile") -> CommandFlow:
    """Make what carries a command out."""
    return CommandFlow(channel_id="shop-1", shard=shard, strides={command: stride}, now=now)


async def endless(_: CommandOutcome, __: Tell) -> None:
    """Never come to an end."""


async def outcomes(w: World) -> list[Any]:
    """Read what was told of commands."""
    return [m for m in await w.messages(w.names.channel_status) if "command_id" in m]


async def test_a_new_owner_goes_on_with_what_has_not_ended(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Its arguments are kept with it; the former owner has no say any more."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        former, heir = owner(), owner()
        await former.open()
        await ask(former, repair=True)
        begun = flow(former, endless)
        assert await begun.step() is not None
        await heir.open()

        async def finish(command: CommandOutcome, _: Tell) -> dict[str, Any]:
            return {"repaired": command.arguments["repair"]}

        taken_over = standing(heir).status
        rest_s = await flow(heir, finish).step()

        assert taken_over == "running"
        assert rest_s is None
        assert (standing(heir).status, standing(heir).result) == ("done", {"repaired": True})
        with pytest.raises(Fenced):
            await former.transact(lambda: [[former.events.command_outcome(standing(former))]])


async def test_a_command_that_is_read_twice_is_answered_once(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The same id means the same command, before it has ended and after."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()

        async def finish(_: CommandOutcome, __: Tell) -> dict[str, Any]:
            return {}

        made = [await ask(shard), await ask(shard)]
        await flow(shard, finish).step()
        made.append(await ask(shard))
        made.append(await ask(shard, "dance"))

        assert made == [1, 0, 0, 0]
        assert [m["status"] for m in await outcomes(w)] == ["accepted", "running", "done"]


async def test_progress_is_told_and_never_faster_than_once_a_second(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A hundred strides within a second are one record."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        await ask(shard)
        clock = now()

        async def stride(_: CommandOutcome, tell: Tell) -> dict[str, Any]:
            nonlocal clock
            for done in range(100):
                clock = clock.replace(microsecond=done)
                await tell(done, 300)
            clock = clock.replace(year=clock.year + 1)
            await tell(120, 300)
            return {"differing": [{"sku_id": "1", "offered": 3}]}

        await CommandFlow(
            channel_id="shop-1", shard=shard, strides={"reconcile": stride}, now=lambda: clock
        ).step()
        told = await outcomes(w)

        assert [m["result"] for m in told if m["result"]][-2:] == [
            {"done": 120, "total": 300},
            {"differing": [{"sku_id": "1", "offered": 3}]},
        ]
        assert len(told) <= 5


@pytest.mark.parametrize(
    ("error", "words"),
    [(JdRejected("JD says no"), "JD says no"), (ZeroDivisionError(), "unexpected error")],
)
async def test_what_goes_wrong_for_good_fails_the_command_alone(
    kafka_bootstrap_servers: str, topic_prefix: str, error: Exception, words: str
) -> None:
    """The channel goes on, and the reason is told."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        await ask(shard)

        async def stride(_: CommandOutcome, __: Tell) -> dict[str, Any]:
            raise error

        rest_s = await flow(shard, stride).step()

        assert rest_s is None
        assert standing(shard).status == "failed"
        assert words in standing(shard).result["reason"]


async def test_what_pauses_the_channel_leaves_the_command_open(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A wrong credential is not the command's fault: it goes on when that is mended."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        await ask(shard)

        async def stride(_: CommandOutcome, __: Tell) -> dict[str, Any]:
            message = "the token ran out"
            raise JdAuthError(message)

        with pytest.raises(JdAuthError):
            await flow(shard, stride).step()

        assert standing(shard).status == "running"


@pytest.mark.parametrize(
    ("channels", "words"),
    [
        ({}, "there is no channel"),
        ({"shop-1": InactiveChannel("shop-1", SalesChannel())}, "is inactive"),
    ],
)
async def test_what_is_open_for_a_channel_that_stops_fails(
    kafka_bootstrap_servers: str,
    topic_prefix: str,
    channels: Mapping[str, AnyChannel],
    words: str,
) -> None:
    """Nobody waits for a command of a channel that was removed or switched off."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        await ask(shard)
        await end_stranded(shard, CHANNELS, now)
        before = standing(shard).status
        await end_stranded(shard, channels, now)
        rest_s = await flow(shard, endless).step()

        assert before == "accepted"
        assert rest_s is None
        assert standing(shard).status == "failed"
        assert words in standing(shard).result["reason"]


async def test_what_ended_meanwhile_stays_ended(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The channel was removed while its command was carried out: that is the last word."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        await ask(shard)

        async def stride(_: CommandOutcome, __: Tell) -> dict[str, Any]:
            await end_stranded(shard, {}, now)
            return {}

        await flow(shard, stride).step()

        assert [m["status"] for m in await outcomes(w)] == ["accepted", "running", "failed"]


async def test_a_command_too_large_for_its_outcome_is_refused(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Its arguments are kept with the outcome, which has to fit a record with all else."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        await ask(shard, text="x" * LARGEST_ARGUMENTS)

        assert standing(shard).status == "failed"
        assert str(LARGEST_ARGUMENTS) in standing(shard).result["reason"]
        assert standing(shard).arguments == {}


async def test_a_resync_is_done_when_nothing_of_it_waits(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """It starts the writing once, tells how many are written, and ends with the last."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        await ask(shard, "resync")
        waiting, starts = {"1", "2", "3"}, []

        def start() -> list[str]:
            starts.append(1)
            return ["1", "2", "3"]

        carried = flow(
            shard,
            resyncs(start, waits=waiting.__contains__, wake=lambda: starts.append(0)),
            "resync",
        )
        first = await carried.step()
        waiting -= {"1", "3"}
        second = await carried.step()
        waiting.clear()
        third = await carried.step()

        assert starts == [1, 0]
        assert first is not None
        assert second is not None
        assert third is None
        assert (standing(shard).status, standing(shard).result["total"]) == ("done", 3)


class FakeReconciliation:
    """Compares a shop of three until it is let go on."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.was_cancelled = False

    async def run(
        self, *, repair: bool, progress: Callable[[int, int], None]
    ) -> ReconciliationReport:
        """Tell that two of three are done, wait, and find one."""
        progress(2, 3)
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        row = ReconciliationRow("7", "TEE", "drift", 5, 5, 3, 0, 0)
        return ReconciliationReport({"equal": 2, "drift": 1}, [row], int(repair))


async def test_a_reconciliation_tells_its_progress_and_its_differences(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """While it runs others see how far it is; the end has counts and rows."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        await ask(shard, repair=True)
        compared = FakeReconciliation()
        step = asyncio.create_task(flow(shard, reconciles(compared)).step())
        await eventually(lambda: standing(shard).result == {"done": 2, "total": 3})
        compared.go_on.set()

        assert await step is None
        assert standing(shard).status == "done"
        result = standing(shard).result
        assert (result["counts"], result["repaired"]) == ({"equal": 2, "drift": 1}, 1)
        assert [(row["sku_id"], row["kind"]) for row in result["differences"]] == [("7", "drift")]


async def test_a_reconciliation_that_is_cut_short_stops_and_stays_open(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A channel that is given away leaves no comparison running behind it."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        await ask(shard)
        compared = FakeReconciliation()
        step = asyncio.create_task(flow(shard, reconciles(compared)).step())
        await eventually(lambda: standing(shard).result == {"done": 2, "total": 3})
        step.cancel()
        await asyncio.gather(step, return_exceptions=True)

        assert compared.was_cancelled
        assert standing(shard).status == "running"


async def test_an_open_command_of_a_channel_that_is_switched_off_fails(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """JD answers no stock call, so the resync goes on until somebody deactivates the channel."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=2)
        await w.put_channel("shop-1", sandbox)
        await w.put_level(sandbox.skus()[0].outer_id, 5, version=1)
        stock_calls = {"method": "jingdong.ware.stock.sku.set"}
        fault = {"kind": "http_status", "status": 503}
        sandbox.set_faults([{"match": stock_calls, "fault": fault}])
        await w.start_adapter()
        command = {"channel_id": "shop-1", "command_id": "c-1", "command": "resync"}
        await w.write(w.names.commands, "shop-1", command)

        async def is_now(status: str) -> bool:
            return [m["status"] for m in await outcomes(w)][-1:] == [status]

        await eventually(lambda: is_now("running"))
        await w.put_channel("shop-1", sandbox, is_active=False)
        await eventually(lambda: is_now("failed"))

        assert "is inactive" in (await outcomes(w))[-1]["result"]["reason"]


async def test_commands_for_channels_that_cannot_are_answered(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """No channel, an inactive one, an unknown command: each fails with its reason."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=2)
        await w.put_channel("resting", sandbox, is_active=False)
        await w.start_adapter()

        async def answer(channel_id: str, command: str) -> str:
            command_id = f"{channel_id}-{command}"
            value = {"channel_id": channel_id, "command_id": command_id, "command": command}
            await w.write(w.names.commands, channel_id, value)

            async def ended() -> Any:
                return [m for m in await outcomes(w) if m["command_id"] == command_id]

            (outcome,) = await eventually(ended)
            assert outcome["status"] == "failed"
            return str(outcome["result"]["reason"])

        assert "there is no channel nowhere" in await answer("nowhere", "resync")
        assert "is inactive" in await answer("resting", "approve")
        assert "pause, resume, approve" in await answer("resting", "dance")
