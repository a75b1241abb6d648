"""A program that ends when its last user does; the user's side of `devstack.kafka.supervisor`."""

import errno
import os
import select
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from devstack.kafka import supervisor
from devstack.kafka.errors import LocalKafkaError


class Supervised:
    """A running program, and this process's hold on it."""

    def __init__(self, *, pid: int, hold: int, status: int, stop_timeout_s: float) -> None:
        self.pid = pid
        """Process id of the program itself, not of its supervisor."""
        self._hold = hold
        self._status = status
        self._stop_timeout_s = stop_timeout_s

    def has_ended(self, *, within_s: float = 0) -> bool:
        """Wait until program and supervisor are gone, for a bounded time; tell whether they are."""
        readable, _, _ = select.select([self._status], [], [], within_s)
        return bool(readable)

    def leave(self) -> None:
        """Let go: the program stops soon, unless others came in through its door."""
        os.close(self._hold)
        os.close(self._status)

    def stop(self) -> None:
        """Let go, keep what the program would remove, and return when the program is gone."""
        with suppress(BrokenPipeError):  # gone already
            os.write(self._hold, supervisor.KEEP)
        os.close(self._hold)
        try:
            if not self.has_ended(within_s=self._stop_timeout_s + 5):
                message = f"The local Kafka (process {self.pid}) did not stop; end that process."
                raise LocalKafkaError(message)
        finally:
            os.close(self._status)


def start_supervised(
    command: Sequence[str | Path],
    *,
    log: BinaryIO,
    cwd: Path,
    env: Mapping[str, str],
    door: Path | None = None,
    remove: Path | None = None,
    keep_open: Sequence[int] = (),
    stop_timeout_s: float = 10,
) -> Supervised:
    """Start a program that does not outlive this process.

    Args:
        command: The program and its arguments.
        log: Where its output goes.
        cwd: Its working folder.
        env: Its whole environment.
        door: A path at which other processes may `join`; its lock is `door.with_suffix(".lock")`.
        remove: A folder to remove when its users are gone without having called `stop`.
        keep_open: Descriptors that the supervisor holds until the end (locks).
        stop_timeout_s: How long it may take to stop on SIGTERM before it is killed.
    """
    reading, hold = _door(door) if door else os.pipe()
    status, status_writing = os.pipe()
    options = [f"--stop-timeout-s={stop_timeout_s}"]
    options += [f"--door={door}"] if door else []
    options += [f"--remove={remove}"] if remove else []
    try:
        subprocess.run(  # noqa: S603 -- the command is the caller's own, and no shell is involved
            [sys.executable, "-I", supervisor.__file__, *options, "--", *map(str, command)],
            stdin=reading,
            stdout=status_writing,
            stderr=log,
            cwd=cwd,
            env=env,
            pass_fds=keep_open,
            start_new_session=True,  # Ctrl-C in a terminal is for the user to act on
            check=True,
        )
        os.close(status_writing)
        pid = int(os.read(status, 64) or 0)
    except BaseException:
        os.close(hold)
        os.close(status)
        raise
    finally:
        os.close(reading)
    return Supervised(pid=pid, hold=hold, status=status, stop_timeout_s=stop_timeout_s)


def join(door: Path) -> int | None:
    """Become a further user of a program; to be called, like a start, under the door's lock.

    Returns:
        A descriptor that holds the program until it is closed, or None if there is no such program.
    """
    try:
        return os.open(door, os.O_WRONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ENXIO:  # its supervisor was killed and could not take it away
            return None
        raise


def _door(path: Path) -> tuple[int, int]:
    path.unlink(missing_ok=True)
    os.mkfifo(path)
    reading = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # first, as writing needs a reader
    return reading, os.open(path, os.O_WRONLY)
