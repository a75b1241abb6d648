"""The stack that runs on: started by `up` in a session of its own, ended by `down`.

Its process holds a lock for as long as it lives; so whoever can take the lock knows that none runs,
whatever files an earlier one left behind.
"""

import fcntl
import json
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType

from rich.console import Console

from devstack.programs import StackError
from devstack.stack import (
    CHANNEL,
    PORT_BASE_VARIABLE,
    chosen_ports,
    running_stack,
)

_START_S = 300.0
_STOP_S = 60.0
_LOOK_S = 0.1
_LOG_LINES_SHOWN = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where the parts of the running stack are reached."""

    kafka: str
    simulator: str
    console: str


class _Files:
    """The files of the background's folder."""

    def __init__(self, folder: Path) -> None:
        self.lock = folder / "lock"
        """Locked by the running stack, whose process id it holds."""
        self.addresses = folder / "addresses.json"
        """There when the stack is ready."""
        self.environment = folder / "environment"
        """Settings for `helm-jd`, as shell variables."""
        self.log = folder / "up.log"


def up(folder: Path, console: Console) -> int:
    """Start the stack in the background, unless it runs, and tell how to reach it.

    Args:
        folder: Keeps its data, logs and files.
        console: Where to tell it.

    Returns:
        0, also when it runs already.

    Raises:
        StackError: It did not start.
    """
    files = _Files(folder)
    folder.mkdir(parents=True, exist_ok=True)
    if _owner(files) is None:
        files.addresses.unlink(missing_ok=True)
        with console.status("Starting Kafka, the JD simulator and the adapter"):
            _start(folder, files)
        console.print("It runs.", style="bold green")
    else:
        console.print("It runs already.", style="bold")
    _explain(files, console)
    return 0


def down(folder: Path, console: Console) -> int:
    """Stop the stack that runs in the background, if one does; its data stay.

    Returns:
        0, also when none runs.

    Raises:
        StackError: It does not stop.
    """
    files = _Files(folder)
    pid = _owner(files)
    if pid is None:
        files.addresses.unlink(missing_ok=True)
        console.print("Nothing runs.")
        return 0
    with console.status("Stopping"):
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_S
        while _owner(files) is not None:
            if time.monotonic() > deadline:
                message = f"process {pid} does not stop; its log is {files.log}"
                raise StackError(message)
            time.sleep(_LOOK_S)
    console.print("Stopped.")
    return 0


def hold(folder: Path, console: Console) -> int:
    """Run the stack in this process until SIGTERM or SIGINT; what `up` starts.

    Raises:
        StackError: A part did not start, or another stack runs in this folder.
        LocalKafkaError: Kafka did not start.
    """
    files = _Files(folder)
    with _locked(files):
        signal.signal(signal.SIGTERM, _interrupt)
        try:
            ports = chosen_ports(os.environ.get(PORT_BASE_VARIABLE))
            with running_stack(
                folder=folder, ports=ports, console=console, on_phase=console.print
            ) as stack:
                _write_secret(files.environment, _as_shell(stack.environment))
                addresses = Addresses(
                    kafka=stack.bootstrap_servers,
                    simulator=stack.simulator_url,
                    console=stack.console_url,
                )
                # Renamed into place: whoever sees the file sees all of it.
                draft = files.addresses.with_suffix(".draft")
                draft.write_text(json.dumps(asdict(addresses)))
                draft.rename(files.addresses)
                while True:
                    signal.pause()
        except KeyboardInterrupt:
            console.print("stopping")
        finally:
            files.addresses.unlink(missing_ok=True)
    return 0


def _start(folder: Path, files: _Files) -> None:
    with files.log.open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 -- no shell, and no word comes from outside
            [sys.executable, "-m", "devstack", "hold", str(folder)],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, files)
    except BaseException:
        process.terminate()  # nothing half started stays behind, on Ctrl-C neither
        raise


def _wait_until_ready(process: subprocess.Popen[bytes], files: _Files) -> None:
    deadline = time.monotonic() + _START_S
    while not files.addresses.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            lines = files.log.read_text(errors="replace").splitlines()[-_LOG_LINES_SHOWN:]
            message = "the stack did not start:\n" + "\n".join(lines)
            raise StackError(message)
        time.sleep(_LOOK_S)


def _explain(files: _Files, console: Console) -> None:
    try:
        addresses = Addresses(**json.loads(files.addresses.read_text()))
    except FileNotFoundError:
        console.print("It is starting or stopping: try again in a moment.")
        return
    orders = f"{addresses.simulator}/_simulator/sandboxes/demo/orders"
    buy = """'{"lines": [{"outer_id": "TEE-RED-M", "quantity": 1}]}'"""
    lines = (
        f"Kafka           {addresses.kafka}",
        f"JD simulator    {addresses.simulator}",
        f"Adapter         {addresses.console}  (/healthz, /readyz, /metrics)",
        f"Logs            {files.log.parent}",
        "",
        "Try:",
        f"  set -a; . {shlex.quote(str(files.environment))}; set +a",
        f"  .venv/bin/helm-jd channels show {CHANNEL}",
        f"  curl -s {orders} --json {buy}",
        f"  curl -s {addresses.console}/metrics | grep helm_jd_orders",
        "  make down",
    )
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False)


def _owner(files: _Files) -> int | None:
    """Tell the process id of the running stack; None if there is none."""
    try:
        with files.lock.open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        return int(files.lock.read_text() or 0) or None
    return None


@contextmanager
def _locked(files: _Files) -> Iterator[None]:
    with files.lock.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"another stack runs in {files.lock.parent}"
            raise StackError(message) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _as_shell(environment: Mapping[str, str]) -> str:
    return "".join(f"{name}={shlex.quote(value)}\n" for name, value in environment.items())


def _write_secret(path: Path, text: str) -> None:
    """Write a file that holds a private key: for its owner only."""
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
