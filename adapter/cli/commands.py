"""`helm-jd pause, resume, approve, resync, reconcile`: what an operator asks the adapter for.

The command goes onto its topic; whichever adapter owns the channel carries it out, and what
becomes of it is followed on `jd.channel-status`.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import AsyncGenerator, Mapping
from typing import Annotated

import typer
from pydantic import JsonValue, ValidationError

from adapter.cli.environment import reachable_kafka, settings_of_command
from adapter.cli.output import (
    WRONG_USE,
    AsJson,
    ends_cleanly,
    fail,
    print_document,
    print_json,
    progress_bar,
    say,
)
from adapter.errors import TopicsError
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.publisher import Publisher
from adapter.kafka.reading import end_of, follow
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.tables import Positions
from adapter.kafka.topics import partition_counts, shard_of
from adapter.rules.commands import ENDED
from adapter.settings import Settings
from adapter.wire.helm import Command
from adapter.wire.published import CommandOutcome

_PUBLISH_S = 30.0

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="The sales channel's id.")]
NoWait = Annotated[
    bool, typer.Option("--no-wait", help="Send the command and do not follow what becomes of it.")
]
Timeout = Annotated[
    float,
    typer.Option(min=0.1, help="Seconds to wait for a sign of the adapter, and for each next one."),
]
Repair = Annotated[
    bool, typer.Option("--repair", help="Write again what differs; without it, only tell.")
]


@ends_cleanly
def pause(
    channel: Channel, *, no_wait: NoWait = False, timeout: Timeout = 30, as_json: AsJson = False
) -> None:
    """Let a channel rest, its settings and credentials kept, until `resume`."""
    _ask(channel, "pause", {}, no_wait=no_wait, timeout_s=timeout, as_json=as_json)


@ends_cleanly
def resume(
    channel: Channel, *, no_wait: NoWait = False, timeout: Timeout = 30, as_json: AsJson = False
) -> None:
    """Let a paused channel work again."""
    _ask(channel, "resume", {}, no_wait=no_wait, timeout_s=timeout, as_json=as_json)


@ends_cleanly
def approve(
    channel: Channel, *, no_wait: NoWait = False, timeout: Timeout = 30, as_json: AsJson = False
) -> None:
    """Release the brake: write the zeros that were held back (see `helm-jd preview`)."""
    _ask(channel, "approve", {}, no_wait=no_wait, timeout_s=timeout, as_json=as_json)


@ends_cleanly
def resync(
    channel: Channel, *, no_wait: NoWait = False, timeout: Timeout = 30, as_json: AsJson = False
) -> None:
    """Write all of a channel's stock to JD again, behind all other work."""
    _ask(channel, "resync", {}, no_wait=no_wait, timeout_s=timeout, as_json=as_json)


@ends_cleanly
def reconcile(
    channel: Channel,
    *,
    repair: Repair = False,
    no_wait: NoWait = False,
    timeout: Timeout = 30,
    as_json: AsJson = False,
) -> None:
    """Compare a channel's stock with JD's own figures."""
    arguments: dict[str, JsonValue] = {"repair": repair}
    _ask(channel, "reconcile", arguments, no_wait=no_wait, timeout_s=timeout, as_json=as_json)


def _ask(
    channel: str,
    name: str,
    arguments: Mapping[str, JsonValue],
    *,
    no_wait: bool,
    timeout_s: float,
    as_json: bool,
) -> None:
    settings = settings_of_command()
    try:
        command = Command(
            channel_id=channel,
            command_id=f"cli-{uuid.uuid4().hex}",
            command=name,
            arguments=dict(arguments),
        )
    except ValidationError:
        fail("CHANNEL: a channel's id is 1 to 100 letters, digits, dots, - or _", WRONG_USE)
    outcome = asyncio.run(_carry(settings, command, None if no_wait else timeout_s))
    if as_json:
        sent = {**command.model_dump(mode="json"), "status": "sent"}
        print_json(sent if outcome is None else outcome.model_dump(mode="json"))
    elif outcome is None:
        say(f"{channel}: {name} was sent as {command.command_id}")
    elif outcome.status == "done":
        say(f"{channel}: {name} is done")
        print_document(outcome.result)
    if not no_wait:
        _end_by(command, outcome, timeout_s)


async def _carry(
    settings: Settings, command: Command, timeout_s: float | None
) -> CommandOutcome | None:
    """Send a command; follow what becomes of it, unless `timeout_s` is None.

    Returns:
        The last that was heard of it; None if it was not followed, or nothing was heard.
    """
    connection = await reachable_kafka(settings)
    names = settings.topics
    count = (await partition_counts(connection)).get(names.commands)
    if count is None:
        message = f"there is no topic {names.commands}; run `helm-jd topics create`"
        raise TopicsError(message)
    shard = shard_of(command.channel_id, count)
    end = await end_of(connection, names.channel_status, shard)
    await _publish(connection, command, names.commands, shard)
    if timeout_s is None:
        return None
    outcome = None
    with progress_bar(command.command) as tell:
        async for outcome in _outcomes(connection, end, command, timeout_s):
            done, total = (outcome.result.get(name) for name in ("done", "total"))
            if isinstance(done, int) and isinstance(total, int):
                tell(done, total)
    return outcome


async def _outcomes(
    connection: KafkaConnection, end: Positions, command: Command, timeout_s: float
) -> AsyncGenerator[CommandOutcome, None]:
    """Give each outcome of a command until it has ended, or nothing new came in the time."""
    key = f"{command.channel_id}:command:{command.command_id}".encode()
    heard_at = time.monotonic()
    async with contextlib.aclosing(follow(connection, end)) as batches:
        async for batch in batches:
            for record in batch:
                if record.key == key and record.value is not None:
                    heard_at = time.monotonic()
                    outcome = CommandOutcome.model_validate_json(record.value)
                    yield outcome
                    if outcome.status in ENDED:
                        return
            if time.monotonic() - heard_at > timeout_s:
                return


def _end_by(command: Command, last: CommandOutcome | None, timeout_s: float) -> None:
    """End with 1 unless the command is done, and say why."""
    if last is None:
        fail(
            f"no adapter took the command in within {timeout_s:g} s. Does one run (`helm-jd run`) "
            "with the same Kafka and topics, and does its /readyz answer 200? The command stays "
            "on its topic and is carried out when one does"
        )
    if last.status == "failed":
        fail(f"{command.command} failed: {last.result.get('reason', 'no reason was given')}")
    if last.status != "done":
        fail(
            f"{command.command} is {last.status}, and nothing was heard of it for {timeout_s:g} s; "
            f"it goes on by itself. `helm-jd status {command.channel_id}` shows what keeps it; "
            "--timeout sets how long to wait"
        )


async def _publish(connection: KafkaConnection, command: Command, topic: str, shard: int) -> None:
    publisher = Publisher(connection=connection, timeout_s=_PUBLISH_S)
    await publisher.start()
    try:
        record = OutgoingRecord(
            topic,
            shard,
            command.channel_id.encode(),
            command.model_dump_json().encode(),
            (("content-type", b"application/json"),),
        )
        await publisher.publish([record])
    finally:
        await publisher.stop()
