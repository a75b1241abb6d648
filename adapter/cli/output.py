"""What commands print, and how they end."""

import contextlib
import functools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Annotated, NoReturn, ParamSpec, TypeVar

import typer
from pydantic import JsonValue
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table
from rich.text import Text

from adapter.errors import AdapterError, ChannelError, RecordError, SettingsError

FINE = 0
PROBLEM_FOUND = 1
WRONG_USE = 2

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]

_WIDE = 1_000
"""Columns where nobody looks on: a value must not be folded for a program that reads it."""

_results = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDE)
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


def print_document(document: Mapping[str, JsonValue]) -> None:
    """Print a JSON object for people: its lists of objects each as a table below the rest."""
    tables = {name: rows for name, rows in document.items() if _is_rows(rows)}
    rest = [(name, in_text(value)) for name, value in document.items() if name not in tables]
    if rest:
        print_table(("", ""), rest)
    for name, rows in tables.items():
        columns = list(dict.fromkeys(column for row in _rows(rows) for column in row))
        say(f"\n{name}")
        print_table(columns, [[in_text(row.get(c)) for c in columns] for row in _rows(rows)])


def in_text(value: JsonValue) -> str:
    """Say a JSON value to people; null is a dash."""
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@contextlib.contextmanager
def progress_bar(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """Show on a terminal how much of how much is done; give what is told of it."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    is_shown = _notes.is_terminal
    with Progress(*columns, console=_notes, transient=True, disable=not is_shown) as progress:
        task = progress.add_task(label, total=None)
        yield lambda done, total: progress.update(task, completed=done, total=total)


def _is_rows(value: JsonValue) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _rows(value: JsonValue) -> Sequence[Mapping[str, JsonValue]]:
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _in_words(error: AdapterError) -> str:
    remedy = error.remedy if isinstance(error, ChannelError) else ""
    return f"{error}. {remedy}" if remedy else str(error)


def _is_of_input(error: AdapterError) -> bool:
    return isinstance(error, SettingsError | RecordError | ChannelError)
