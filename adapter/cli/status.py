"""`helm-jd status`: the health of the channels, as the adapter told it last."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from adapter.cli.environment import settings_of_command
from adapter.cli.mapping import mapping_document, print_mapping
from adapter.cli.output import (
    PROBLEM_FOUND,
    WRONG_USE,
    AsJson,
    ends_cleanly,
    fail,
    print_json,
    print_table,
    say,
)
from adapter.cli.reading import Newest, parsed, read, readable_settings
from adapter.kafka.reading import Wanted
from adapter.rules.commands import ENDED
from adapter.settings import Settings
from adapter.wire.published import ChannelStatus, CommandOutcome, Problem

STALE = timedelta(minutes=3)
"""An adapter tells of each channel every minute."""

_COMMAND = ":command:"

Channel = Annotated[
    str | None, typer.Argument(metavar="[CHANNEL]", help="Only this sales channel.")
]


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a channel's health."""

    channel_id: str
    is_active: bool
    status: ChannelStatus | None
    """None when no adapter ever told of it."""
    commands: Sequence[CommandOutcome]
    """Those that have not ended."""
    age: timedelta | None

    @property
    def is_stale(self) -> bool:
        """Whether the channel should run and nobody tells of it."""
        return self.is_active and (self.age is None or self.age > STALE)

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong."""
        is_ill = self.status is not None and self.status.health in {"degraded", "paused"}
        return not is_ill and not self.is_stale

    def document(self) -> dict[str, Any]:
        """Give it as JSON."""
        told = self.status.model_dump(mode="json") if self.status else None
        return {
            "channel_id": self.channel_id,
            "is_active": self.is_active,
            "is_stale": self.is_stale,
            "age_s": self.age.total_seconds() if self.age else None,
            "status": told,
            "open_commands": [each.model_dump(mode="json") for each in self.commands],
        }


Mapping = Annotated[
    bool, typer.Option("--mapping", help="Report how the channel's listings and SKUs fit together.")
]


@ends_cleanly
def status(channel: Channel = None, *, mapping: Mapping = False, as_json: AsJson = False) -> None:
    """Show channels' health, problems and remedies; exit 1 if one is not well."""
    settings = settings_of_command()
    if mapping:
        if channel is None:
            fail("--mapping needs a CHANNEL", WRONG_USE)
        document = asyncio.run(mapping_document(settings, channel, whole=as_json))
        if as_json:
            print_json(document)
        else:
            print_mapping(document)
        return
    told = asyncio.run(_told(settings, channel, datetime.now(UTC)))
    if channel is not None and not told:
        fail(f"there is no channel {channel}; `helm-jd channels list` lists them")
    if as_json:
        print_json({"channels": [each.document() for each in told]})
    else:
        _print(told)
    if not all(each.is_well for each in told):
        raise typer.Exit(PROBLEM_FOUND)


async def _told(settings: Settings, channel: str | None, now: datetime) -> list[Told]:
    names = settings.topics
    channels, statuses = Newest(), Newest()
    await read(
        settings,
        Wanted(names.sales_channels, channels.take),
        Wanted(names.channel_status, statuses.take, channel),
    )
    commands = [
        outcome
        for key, value in statuses.items()
        if _COMMAND in key and (outcome := parsed(CommandOutcome, value, key))
    ]
    told = []
    for channel_id, found in readable_settings(channels):
        if channel not in {None, channel_id}:
            continue
        last = parsed(ChannelStatus, statuses.get(channel_id), f"the status of {channel_id}")
        told.append(
            Told(
                channel_id=channel_id,
                is_active=found is None or found.is_active,
                status=last,
                commands=[
                    each
                    for each in commands
                    if each.channel_id == channel_id and each.status not in ENDED
                ],
                age=now - last.at if last else None,
            )
        )
    return told


def _print(told: Sequence[Told]) -> None:
    print_table(
        ("channel", "health", "lag", "calls today", "mapped", "problems", "told"),
        [_row(each) for each in told],
    )
    for each in told:
        if each.is_stale:
            say(
                f"\n{each.channel_id}: no adapter tells of it; does `helm-jd run` run, and does "
                "its /readyz answer 200?"
            )
        for problem in each.status.problems if each.status else ():
            say(f"\n{each.channel_id}: {_in_words(problem)}")
        for command in each.commands:
            done, total = (command.result.get(name) for name in ("done", "total"))
            progress = f", {done} of {total}" if total is not None else ""
            say(f"\n{each.channel_id}: {command.command} is {command.status}{progress}")


def _row(told: Told) -> tuple[str, ...]:
    last = told.status
    if last is None:
        return (told.channel_id, "unknown" if told.is_active else "inactive", *("-",) * 4, "never")
    mapping = last.mapping
    return (
        told.channel_id,
        last.health,
        ", ".join(f"{flow} {_span(seconds)}" for flow, seconds in last.lag_s.items()) or "-",
        _quota(last),
        f"{mapping.mapped} of {mapping.mapped + mapping.unmapped}",
        str(len(last.problems)),
        f"{_span(told.age.total_seconds())} ago" if told.age else "-",
    )


def _quota(status: ChannelStatus) -> str:
    quota = status.quota
    limit = f" of {quota.limit}" if quota.limit is not None else ""
    if quota.forecast is None:
        return f"{quota.used}{limit}"
    return f"{quota.used}{limit}, lasts until {quota.forecast.astimezone():%H:%M}"


def _in_words(problem: Problem) -> str:
    jd = ""
    if problem.jd is not None:
        jd = f" JD says {problem.jd.code}: {problem.jd.message_zh} / {problem.jd.message_en}."
    evidence = f" ({problem.evidence})" if problem.evidence else ""
    return (
        f"{problem.code}, {problem.severity}, since {problem.since.astimezone():%Y-%m-%d %H:%M}, "
        f"seen {problem.count} times\n  {problem.cause}{evidence}{jd}\n  {problem.remedy}"
    )


def _span(seconds: float) -> str:
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
