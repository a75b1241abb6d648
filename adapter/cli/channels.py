"""`helm-jd channels`: the settings and credentials of sales channels.

Credentials come by hidden prompt, file or environment, never by argument, for arguments are seen
by everybody on the machine. They are sealed here: only the public key is needed.
"""

import asyncio
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from adapter.cli.channel_form import (
    CREDENTIAL_FIELDS,
    Change,
    changes_between,
    checked,
    field_options,
    given_fields,
    next_document,
    present_document,
    shown_settings,
)
from adapter.cli.credentials import gathered_credentials, read_form, sealing_key
from adapter.cli.environment import reachable_kafka, settings_of_command
from adapter.cli.output import (
    PROBLEM_FOUND,
    AsJson,
    ends_cleanly,
    fail,
    note,
    print_json,
    print_table,
    say,
)
from adapter.errors import MalformedRecord
from adapter.kafka.publisher import Publisher
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.snapshot import Snapshot, read_snapshot
from adapter.kafka.topics import shard_of
from adapter.settings import Settings
from adapter.wire.helm import SalesChannel

app = typer.Typer(
    name="channels", no_args_is_help=True, help="The settings and credentials of sales channels."
)

_PUBLISH_S = 30.0
_JSON = (("content-type", b"application/json"),)

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="The sales channel's id.")]
File = Annotated[
    Path | None,
    typer.Option(
        "--file",
        "-f",
        help="JSON file with fields to set (- for standard input); its `credentials` may be open "
        f"({', '.join(CREDENTIAL_FIELDS)}) or `sealed`.",
    ),
]
AskCredentials = Annotated[
    bool,
    typer.Option(
        "--credentials",
        help="Ask for the credentials that file and environment (HELM_JD_API_KEY, "
        "HELM_JD_API_SECRET, HELM_JD_APP_ID, HELM_JD_ACCESS_TOKEN, HELM_JD_REFRESH_TOKEN) leave "
        "out. A channel without credentials is asked for them anyway on a terminal.",
    ),
]
PublicKey = Annotated[
    str | None,
    typer.Option(
        help="Key to seal credentials with. [default: HELM_JD_PUBLIC_KEY, else the public key of "
        "the first of HELM_JD_PRIVATE_KEYS]"
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def _with_field_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command one option for each field of a channel, in place of `**fields`."""
    signature = inspect.signature(command)
    own = [item for item in signature.parameters.values() if item.kind is not item.VAR_KEYWORD]
    command.__signature__ = signature.replace(  # type: ignore[attr-defined]  # typer reads it
        parameters=[*own, *field_options()]
    )
    return command


@app.command()
@_with_field_options
@ends_cleanly
def put(
    channel: Channel,
    *,
    file: File = None,
    credentials: AskCredentials = False,
    public_key: PublicKey = None,
    as_json: AsJson = False,
    **fields: str | bool | None,
) -> None:
    """Write a channel: what is given goes over what is there, the rest stays.

    `null` as an option's value clears it.
    """
    settings = settings_of_command()
    filed, filed_credentials = read_form(file)
    changes = asyncio.run(
        _change(
            settings,
            channel,
            given=filed | given_fields(fields),
            credentials_for=lambda is_new: gathered_credentials(
                filed_credentials, is_asked=credentials, is_new=is_new
            ),
            public_key=lambda: sealing_key(public_key, settings),
        )
    )
    _print_changes(channel, changes, as_json=as_json)


@app.command("list")
@ends_cleanly
def list_(*, as_json: AsJson = False) -> None:
    """List the channels; exit 1 if one's record cannot be read."""
    settings = settings_of_command()
    snapshot = asyncio.run(_snapshot(settings))
    readable: list[tuple[str, SalesChannel]] = []
    problems: list[tuple[str, str]] = []
    for key, value in snapshot.items():
        channel_id = key.decode(errors="replace")
        try:
            readable.append((channel_id, _parsed(value)))
        except MalformedRecord as error:
            problems.append((channel_id, str(error)))
    if as_json:
        print_json(
            {
                "channels": [shown_settings(*item) for item in readable],
                "problems": [{"channel_id": item[0], "problem": item[1]} for item in problems],
            }
        )
    else:
        print_table(
            ("channel", "name", "active", "inventory", "stock", "credentials", "API Endpoint"),
            [
                (
                    channel_id,
                    item.name,
                    _yes_or_no(is_true=item.is_active),
                    _yes_or_no(is_true=item.sync_inventory),
                    _yes_or_no(is_true=item.sync_stock_levels),
                    "sealed" if item.credentials else "none",
                    item.api_endpoint,
                )
                for channel_id, item in readable
            ],
        )
        for channel_id, problem in problems:
            say(f"{channel_id}: {problem}")
    if problems:
        raise typer.Exit(PROBLEM_FOUND)


@app.command()
@ends_cleanly
def show(channel: Channel, *, as_json: AsJson = False) -> None:
    """Show a channel's settings, defaults included, and of its credentials that they are there."""
    settings = settings_of_command()
    snapshot = asyncio.run(_snapshot(settings))
    document = shown_settings(channel, _parsed(_present(snapshot, channel)))
    if as_json:
        print_json(document)
        return
    print_table(("field", "value"), [(name, _text(value)) for name, value in document.items()])


@app.command()
@ends_cleanly
def activate(channel: Channel, *, as_json: AsJson = False) -> None:
    """Let the adapter work for a channel."""
    _set_active(channel, is_active=True, as_json=as_json)


@app.command()
@ends_cleanly
def deactivate(channel: Channel, *, as_json: AsJson = False) -> None:
    """Stop the adapter's work for a channel; its settings stay."""
    _set_active(channel, is_active=False, as_json=as_json)


@app.command()
@ends_cleanly
def remove(channel: Channel, *, yes: Yes = False, as_json: AsJson = False) -> None:
    """Remove a channel with its settings and credentials."""
    settings = settings_of_command()
    snapshot = asyncio.run(_snapshot(settings))
    _present(snapshot, channel)
    if not yes:
        typer.confirm(f"Remove channel {channel} with its credentials?", abort=True, err=True)
    asyncio.run(_remove(settings, snapshot, channel))
    if as_json:
        print_json({"channel_id": channel, "removed": True})
    else:
        say(f"removed {channel}")


def _set_active(channel: str, *, is_active: bool, as_json: bool) -> None:
    settings = settings_of_command()
    changes = asyncio.run(
        _change(settings, channel, given={"is_active": is_active}, must_exist=True)
    )
    _print_changes(channel, changes, as_json=as_json)


async def _change(
    settings: Settings,
    channel: str,
    *,
    given: Mapping[str, Any],
    credentials_for: Callable[[bool], Mapping[str, str] | None] = lambda _: None,
    public_key: Callable[[], str] = str,
    must_exist: bool = False,
) -> list[Change]:
    snapshot = await _snapshot(settings)
    value = _present(snapshot, channel) if must_exist else snapshot.value_of(channel.encode())
    present = present_document(value)
    if value is not None and not present:
        note(f"warning: the present record of {channel} is no JSON object; it is replaced")
    is_new = "credentials" not in present and "credentials" not in given
    credentials = credentials_for(is_new)
    document = next_document(
        channel,
        present=present,
        given=given,
        credentials=credentials,
        public_key=public_key() if credentials is not None else "",
        http_hosts=settings.http_hosts,
    )
    changes = changes_between(present, document)
    if changes or value is None:
        content = json.dumps(document, ensure_ascii=False).encode()
        partition = shard_of(channel, snapshot.partitions)
        await _publish(settings, channel, content, [partition])
    return changes


async def _remove(settings: Settings, snapshot: Snapshot, channel: str) -> None:
    # In every partition that holds the key: once the tombstone is compacted away, a former
    # record in another one would hold again.
    await _publish(settings, channel, None, snapshot.partitions_of(channel.encode()))


async def _publish(
    settings: Settings, channel: str, value: bytes | None, partitions: list[int]
) -> None:
    publisher = Publisher(connection=settings.kafka, timeout_s=_PUBLISH_S)
    await publisher.start()
    try:
        topic = settings.topics.sales_channels
        await publisher.publish(
            [OutgoingRecord(topic, item, channel.encode(), value, _JSON) for item in partitions]
        )
    finally:
        await publisher.stop()


async def _snapshot(settings: Settings) -> Snapshot:
    connection = await reachable_kafka(settings)
    return await read_snapshot(connection, settings.topics.sales_channels)


def _present(snapshot: Snapshot, channel: str) -> bytes:
    value = snapshot.value_of(channel.encode())
    if value is None:
        fail(f"there is no channel {channel}; `helm-jd channels list` lists them")
    return value


def _parsed(value: bytes) -> SalesChannel:
    document = present_document(value)
    if not document:
        message = "the record is no JSON object"
        raise MalformedRecord(message)
    return checked(document)


def _print_changes(channel: str, changes: list[Change], *, as_json: bool) -> None:
    if as_json:
        print_json({"channel_id": channel, "changes": [asdict(change) for change in changes]})
    elif changes:
        print_table(
            (f"channel {channel}", "before", "after"),
            [(item.field, _text(item.before), _text(item.after)) for item in changes],
        )
    else:
        say(f"channel {channel}: nothing changed")


def _text(value: Any) -> str:  # noqa: ANN401 (a JSON value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _yes_or_no(*, is_true: bool) -> str:
    return "yes" if is_true else "no"
