"""Which commands there are, and why one cannot be carried out."""

from collections.abc import Iterator, Mapping

from pydantic import JsonValue

from adapter.rules.channels import AnyChannel, Channel, InactiveChannel, UnreadableChannel
from adapter.rules.ledger import Standing

SWITCHES = ("pause", "resume")
"""Commands that are carried out by taking note of them."""

COMMANDS = (*SWITCHES, "approve", "resync", "reconcile")
"""All commands that this version knows."""

ENDED = ("done", "failed")
"""Statuses after which nothing more comes of a command."""

_OF_STOCK = ("approve", "resync", "reconcile")


def refusal(
    command: str,
    arguments: Mapping[str, JsonValue],
    channel_id: str,
    channel: AnyChannel | None,
    *,
    is_paused: bool,
) -> str | None:
    """Say why a command cannot be carried out as things stand; None when it can.

    Args:
        command: What is asked for.
        arguments: What it needs.
        channel_id: For which channel.
        channel: The channel; None when there is no such.
        is_paused: An operator paused it.

    Returns:
        A line that names the remedy.
    """
    reasons = _reasons(command, arguments, channel_id, channel, is_paused=is_paused)
    return next(reasons, None)


def is_to_be_written(standing: Standing | None) -> bool:
    """Tell whether a listing will be written next without anybody's doing.

    One that JD refuses, that the brake holds back or that JD keeps itself waits for something else.
    """
    return (
        standing is not None
        and standing.desired is not None
        and standing.offered is None
        and standing.refused is None
        and not standing.is_braked
        and not standing.is_held_by_jd
    )


def _reasons(
    command: str,
    arguments: Mapping[str, JsonValue],
    channel_id: str,
    channel: AnyChannel | None,
    *,
    is_paused: bool,
) -> Iterator[str]:
    if command not in COMMANDS:
        yield f"this version knows {', '.join(COMMANDS)}; not {command}"
    if channel is None:
        yield f"there is no channel {channel_id}; `helm-jd channels list` lists them"
    if command in SWITCHES:
        return
    if isinstance(channel, UnreadableChannel):
        yield (
            "the channel rests, for its settings cannot be read; write them again with "
            f"`helm-jd channels put {channel_id}`"
        )
    if isinstance(channel, InactiveChannel):
        yield f"the channel is inactive; `helm-jd channels activate {channel_id}` starts it"
    if is_paused:
        yield f"the channel is paused; run `helm-jd resume {channel_id}` first"
    is_stock_written = isinstance(channel, Channel) and channel.settings.sync_stock_levels
    if command in _OF_STOCK and not is_stock_written:
        yield (
            "the channel's stock is not written; `helm-jd channels put "
            f"{channel_id} --sync-stock-levels` switches it on"
        )
    if command == "reconcile" and not isinstance(arguments.get("repair", False), bool):
        yield "repair: must be true or false"
