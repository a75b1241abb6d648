"""What commands print, and how they end."""

import functools
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Annotated, NoReturn, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from adapter.errors import AdapterError, ChannelError, RecordError, SettingsError

FINE = 0
PROBLEM_FOUND = 1
WRONG_USE = 2

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

_results = Console(highlight=False)
_notes = Console(stderr=True, highlight=False)

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


def ends_cleanly(command: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
    """Let a command end with a line and an exit code, not a traceback, on the adapter's errors."""

    @functools.wraps(command)
    def wrapped(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
        try:
            return command(*args, **kwargs)
        except AdapterError as error:
            fail(_in_words(error), WRONG_USE if _is_of_input(error) else PROBLEM_FOUND)

    return wrapped


def fail(message: str, code: int = PROBLEM_FOUND) -> NoReturn:
    """Print what is wrong to standard error and end.

    Raises:
        typer.Exit: Always, with the code.
    """
    note(f"error: {message}", style="red")
    raise typer.Exit(code)


def note(message: str, style: str = "") -> None:
    """Print a line beside the results, to standard error."""
    _notes.print(message, style=style, markup=False, soft_wrap=True)


def say(message: str) -> None:
    """Print a result in words."""
    _results.print(message, markup=False, soft_wrap=True)


def print_json(document: object) -> None:
    """Print a result as one JSON document."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a result as a table; long values are folded, never cut."""
    table = Table(*columns, box=None, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    for row in rows:
        table.add_row(*(Text(value) for value in row))  # as it is: brackets are no markup
    _results.print(table)


def _in_words(error: AdapterError) -> str:
    remedy = error.remedy if isinstance(error, ChannelError) else ""
    return f"{error}. {remedy}" if remedy else str(error)


def _is_of_input(error: AdapterError) -> bool:
    return isinstance(error, SettingsError | RecordError | ChannelError)
