"""Waiting for what other processes do, bounded in time."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def wait_until(claim: Callable[[], bool], *, within_s: float = 20) -> None:
    """Return as soon as a claim holds; fail when it does not in time."""
    deadline = time.monotonic() + within_s
    while not claim():
        assert time.monotonic() < deadline, f"not so within {within_s} s"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Tell whether a process runs."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until_gone(pid: int, *paths: Path) -> None:
    """Return as soon as a process has ended and files or folders are removed."""
    wait_until(lambda: not is_alive(pid) and not any(path.exists() for path in paths))
