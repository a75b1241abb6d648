"""The program `helm-jd` and the commands that stand alone."""

import json
import sys
from dataclasses import fields
from importlib.metadata import version
from typing import Annotated

import typer

from adapter.cli import channels, commands, explain, keys, preview, status, topics
from adapter.cli.environment import settings_of_command
from adapter.cli.output import ends_cleanly
from adapter.kafka.topics import TopicNames
from adapter.settings import settings_page
from contracts.asyncapi import asyncapi_document

app = typer.Typer(
    name="helm-jd",
    help="Keeps a merchant's Helm and JD.com equal, over Kafka. "
    "Settings are environment variables HELM_JD_… or a .env file: see `helm-jd settings`. "
    "Exit codes: 0 fine, 1 a problem was found, 2 wrong use or settings.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,  # they hold secrets
    rich_markup_mode=None,
)
app.add_typer(channels.app)
app.add_typer(topics.app)
app.add_typer(keys.app)
for command in (
    status.status,
    explain.explain,
    preview.preview,
    commands.pause,
    commands.resume,
    commands.approve,
    commands.resync,
    commands.reconcile,
):
    app.command()(command)


def _print_version(is_wanted: bool) -> None:  # noqa: FBT001 (the form of a typer callback)
    if is_wanted:
        sys.stdout.write(f"helm-jd {version('helm-jd')}\n")
        raise typer.Exit


@app.callback()
def _program(
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", callback=_print_version, is_eager=True
        ),
    ] = False,
) -> None:
    """Take what stands before a command."""


@app.command()
@ends_cleanly
def run() -> None:
    """Run the adapter until it is told to stop (SIGTERM or Ctrl-C)."""
    # Imported here, for the other commands need none of it and should start at once.
    from adapter.app import run as run_adapter  # noqa: PLC0415 (as above)

    settings = settings_of_command().require_private_keys()
    run_adapter(settings)


@app.command()
@ends_cleanly
def asyncapi() -> None:
    """Print the AsyncAPI document of all topics, under the names that the settings give them."""
    ours, theirs = TopicNames(), settings_of_command().topics
    names = {getattr(ours, item.name): getattr(theirs, item.name) for item in fields(TopicNames)}
    document = asyncapi_document(names)
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


@app.command()
def settings() -> None:
    """Print every setting with its default and meaning, as Markdown."""
    sys.stdout.write(settings_page())
