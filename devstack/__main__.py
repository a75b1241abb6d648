"""The commands of the local stage: `python -m devstack demo|up|down`, called by make."""

import os
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer
from rich.console import Console

from devstack import background
from devstack.demo import run_demo
from devstack.evidence import Unreadable
from devstack.kafka import LocalKafkaError
from devstack.programs import StackError

FOLDER = Path(__file__).parents[1] / ".devstack"
"""Data and logs of everything that is started here."""

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
_WIDE = 160
_console = Console()
if not _console.is_terminal and "COLUMNS" not in os.environ:
    _console.width = _WIDE  # a log has room; tables stay readable in it


@cli.callback()
def about() -> None:
    """A real Kafka, a JD simulator, the adapter and players, on this machine."""


@cli.command()
def demo(
    seconds: Annotated[
        float, typer.Option(envvar="DEMO_SECONDS", min=5, max=3600, help="How long to play.")
    ] = 60,
    seed: Annotated[
        int, typer.Option(envvar="SEED", min=0, help="The players' choices follow from it.")
    ] = 1,
) -> None:
    """Play Helm and JD's buyers for a while, kill the adapter in the middle, and check."""
    signal.signal(signal.SIGTERM, _interrupt)
    _end(run_demo(seconds=seconds, seed=seed, folder=FOLDER, console=_console))


@cli.command()
def up() -> None:
    """Start the stack and leave it running (ports by DEVSTACK_PORT_BASE)."""
    _end(background.up(FOLDER / "up", _console))


@cli.command()
def down() -> None:
    """Stop what `up` started; its data stay for the next time."""
    _end(background.down(FOLDER / "up", _console))


@cli.command(hidden=True)
def hold(folder: Path) -> None:
    """Run the stack until SIGTERM: the process that `up` starts."""
    _end(background.hold(folder, _console))


def _end(code: int) -> None:
    raise typer.Exit(code)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line; what the user can mend is said without a traceback."""
    try:
        cli()
    except (StackError, LocalKafkaError, Unreadable) as error:
        _console.print(str(error), style="red", soft_wrap=True, highlight=False, markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
