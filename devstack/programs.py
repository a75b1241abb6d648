"""The programs of the stack: started with a log file, watched until ready, killed, stopped.

None outlives this process, however it ends: `devstack.kafka.supervised` sees to it.
"""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from devstack.kafka.supervised import Supervised, start_supervised

LOG_LINES_SHOWN = 15
_LOOK_S = 0.1
_CALL_S = 2.0
_KILL_S = 10.0
_COMMAND_S = 120.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # all is on this machine
_OWN = ("HELM_JD_", "JD_SIMULATOR_")


class StackError(Exception):
    """A part of the stack does not do what it should; the message says which, and shows its log."""


class Program:
    """One program of the stack."""

    def __init__(
        self,
        *,
        name: str,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        ready_url: str,
    ) -> None:
        """Describe a program; nothing is started.

        Args:
            name: For people, and for the log file `<name>.log`.
            arguments: What follows the Python interpreter.
            environment: Its settings.
            folder: Its working folder, and where its log goes.
            ready_url: Answers 200 when it is ready.
        """
        self._name = name
        self._arguments = list(arguments)
        self._environment = dict(environment)
        self._folder = folder
        self._ready_url = ready_url
        self._running: Supervised | None = None

    @property
    def log_path(self) -> Path:
        """Where its output goes, that of all its starts in one file."""
        return self._folder / f"{self._name}.log"

    @property
    def pid(self) -> int | None:
        """Its process id; None while it does not run."""
        return self._running.pid if self._running else None

    def start(self, *, timeout_s: float) -> None:
        """Start it and return when it is ready.

        Raises:
            StackError: It ended, or was not ready in time.
        """
        self.launch()
        deadline = time.monotonic() + timeout_s
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise StackError(self._failure(f"was not ready within {timeout_s:g} s"))
            time.sleep(_LOOK_S)

    def launch(self) -> None:
        """Start it and return at once; `is_ready` tells when it is."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self._running = start_supervised(
                [sys.executable, *self._arguments],
                log=log,
                cwd=self._folder,
                env=clean_environment(self._environment),
            )

    def is_ready(self) -> bool:
        """Ask it whether it is ready; takes seconds at most.

        Raises:
            StackError: It has ended.
        """
        if self._running is None or self._running.has_ended():
            raise StackError(self._failure("ended by itself"))
        try:
            with _DIRECT.open(self._ready_url, timeout=_CALL_S) as answer:
                return bool(answer.status == 200)
        except OSError:  # urllib's own errors are OSErrors
            return False

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        running, self._running = self._running, None
        if running is None:
            return
        os.kill(running.pid, signal.SIGKILL)
        running.has_ended(within_s=_KILL_S)
        running.leave()

    def stop(self) -> None:
        """Ask it to end and return when it is gone; do nothing if it does not run."""
        running, self._running = self._running, None
        if running is not None:
            running.stop()

    def _failure(self, what: str) -> str:
        lines = self.log_path.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        end = "\n".join(f"  {line[:300]}" for line in lines)
        return f"{self._name} {what}. The end of its log, {self.log_path}:\n{end}"


def run_command(arguments: Sequence[str], *, environment: Mapping[str, str], folder: Path) -> str:
    """Run a command of the adapter to its end, in a working folder, and give what it printed.

    Raises:
        StackError: It failed; the message has its own words.
    """
    done = subprocess.run(  # noqa: S603 -- no shell, and no word of it comes from outside
        [sys.executable, "-m", "adapter", *arguments],
        env=clean_environment(environment),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_COMMAND_S,
        check=False,
    )
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip()[-2000:]
        message = f"helm-jd {' '.join(arguments)} ended with {done.returncode}: {words}"
        raise StackError(message)
    return done.stdout


def clean_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Take this process's environment with `settings` in place of all the user's own ones."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN)}
    return {**kept, "PYTHONUNBUFFERED": "1", **settings}
