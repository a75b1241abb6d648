"""The stack in the background: who runs, and what an earlier one left behind."""

import fcntl
import json
import os
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from devstack.background import down, hold, up
from devstack.programs import StackError


def _console() -> tuple[Console, StringIO]:
    """Make a console that is no terminal, and what it was told."""
    told = StringIO()
    return Console(file=told, width=200), told


def _addresses(folder: Path) -> None:
    """Leave the addresses of a stack behind."""
    addresses = {
        "kafka": "127.0.0.1:19092",
        "simulator": "http://127.0.0.1:18790",
        "console": "http://127.0.0.1:18080",
    }
    (folder / "addresses.json").write_text(json.dumps(addresses))


def test_down_says_that_nothing_runs(tmp_path: Path) -> None:
    """Where `up` never was, `down` has nothing to do."""
    console, told = _console()

    assert down(tmp_path, console) == 0
    assert told.getvalue() == "Nothing runs.\n"


def test_files_of_a_stack_that_died_are_stale(tmp_path: Path) -> None:
    """A process id in an unlocked file is nobody's: nothing is signalled, and the files go."""
    console, told = _console()
    (tmp_path / "lock").write_text(str(os.getpid()))
    _addresses(tmp_path)

    assert down(tmp_path, console) == 0
    assert told.getvalue() == "Nothing runs.\n"
    assert not (tmp_path / "addresses.json").exists()


def test_a_second_up_tells_the_addresses_of_the_first(tmp_path: Path) -> None:
    """While a stack holds the lock, `up` starts nothing and says where it is."""
    console, told = _console()
    _addresses(tmp_path)

    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(str(os.getpid()))
        lock.flush()
        code = up(tmp_path, console)

    assert code == 0
    assert told.getvalue().startswith("It runs already.\n")
    assert "http://127.0.0.1:18790/_simulator/sandboxes/demo/orders" in told.getvalue()


def test_two_stacks_cannot_share_a_folder(tmp_path: Path) -> None:
    """Whoever comes second is told so before anything starts."""
    console, _ = _console()

    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(StackError, match="another stack runs"):
            hold(tmp_path, console)
