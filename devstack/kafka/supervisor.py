"""The process between a program and its users, which ends the program when the last of them goes.

Users hold the writing end of the pipe that is this process's standard input. However a user goes,
by choice, by Ctrl-C or by SIGKILL, the kernel closes its end; when none is left, the program is
stopped: SIGTERM first, SIGKILL after a while. It works alike on Linux and macOS.

Standard output tells the program's process id in one line, and its end tells the end of everything.
Run as a file of its own, so it imports nothing but the standard library.
"""

import argparse
import fcntl
import os
import queue
import select
import shutil
import signal
import subprocess
import threading
from pathlib import Path

KEEP = b"k"
"""What a user writes before it leaves when the folder named by `--remove` shall stay."""


def last_words(door: Path | None) -> bytes:
    """Return what users wrote, once no user holds the pipe.

    Args:
        door: Named pipe through which further users may come in. It is taken away under its
            lock: who holds the lock and opens the door has a program that stays.
    """
    words = b""
    while True:
        select.select([0], [], [])
        try:
            word = os.read(0, 64)
            words += word
            if word:
                continue
            if door is None:
                return words
            with door.with_suffix(".lock").open("ab") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not os.read(0, 64):
                    door.unlink(missing_ok=True)
                    return words
        except BlockingIOError:
            continue  # somebody came in after the last one had left


def supervise(
    command: list[str], *, door: Path | None, remove: Path | None, stop_timeout_s: float
) -> None:
    """Run a program until it ends, its last user leaves, or SIGTERM comes; then tidy up."""
    endings: queue.SimpleQueue[bytes] = queue.SimpleQueue()  # may be put into by a signal handler
    os.set_blocking(0, False)
    # The program's output goes into the log, which came as this process's standard error.
    with subprocess.Popen(  # noqa: S603 -- the command is the caller's own; no shell is involved
        command, stdin=subprocess.DEVNULL, stdout=2
    ) as program:

        def program_ends() -> None:
            program.wait()
            endings.put(KEEP)  # its users are still there, to look at the remains or start it again

        def users_leave() -> None:
            endings.put(last_words(door))

        signal.signal(signal.SIGTERM, lambda *_: endings.put(b""))
        for watch in (program_ends, users_leave):
            threading.Thread(target=watch, daemon=True).start()
        os.write(1, f"{program.pid}\n".encode())
        words = endings.get()
        program.terminate()
        try:
            program.wait(stop_timeout_s)
        except subprocess.TimeoutExpired:
            program.kill()
    if door is not None:
        door.unlink(missing_ok=True)
    if remove is not None and KEEP not in words:
        shutil.rmtree(remove, ignore_errors=True)


def main() -> None:
    """Leave the caller's process tree, then supervise the command given."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--door", type=Path)
    parser.add_argument("--remove", type=Path)
    parser.add_argument("--stop-timeout-s", type=float, default=10)
    parser.add_argument("command", nargs="+")
    arguments = parser.parse_args()
    if os.fork():
        os._exit(0)  # the caller has no child to wait for, whenever it leaves
    supervise(**vars(arguments))


if __name__ == "__main__":
    main()
