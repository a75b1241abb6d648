import os
import subprocess
import sys
import textwrap
from pathlib import Path

from devstack.kafka.supervised import Supervised, join, start_supervised
from tests.waiting import is_alive, wait_until_gone

PATIENT = "import signal; signal.pause()"
STUBBORN = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
while True:
    signal.pause()
"""


def start(
    folder: Path,
    program: str = PATIENT,
    *,
    door: Path | None = None,
    remove: Path | None = None,
    stop_timeout_s: float = 10,
) -> Supervised:
    """Start a Python program whose output goes to the file `log`."""
    with (folder / "log").open("wb") as log:
        return start_supervised(
            [sys.executable, "-c", program],
            log=log,
            cwd=folder,
            env=os.environ,
            door=door,
            remove=remove,
            stop_timeout_s=stop_timeout_s,
        )


def test_a_program_runs_until_it_is_stopped(tmp_path: Path) -> None:
    """Stop returns when the program is gone."""
    program = start(tmp_path)
    was_alive = is_alive(program.pid)

    program.stop()

    assert was_alive
    assert not is_alive(program.pid)


def test_a_program_that_is_deaf_to_sigterm_is_killed(tmp_path: Path) -> None:
    """The time to stop is bounded."""
    program = start(tmp_path, STUBBORN, stop_timeout_s=0.2)
    while (tmp_path / "log").read_bytes() != b"deaf\n":
        assert not program.has_ended(within_s=0.01)

    program.stop()

    assert not is_alive(program.pid)


def test_a_program_that_ends_by_itself_is_noticed(tmp_path: Path) -> None:
    """Its users can tell, and stop still works."""
    program = start(tmp_path, "")

    assert program.has_ended(within_s=10)
    program.stop()


def test_a_program_ends_when_its_user_is_killed(tmp_path: Path) -> None:
    """Even SIGKILL of the user leaves nothing behind: neither the program nor its folder."""
    remains = tmp_path / "remains"
    remains.mkdir()
    user = f"""
        import os, signal, sys
        from pathlib import Path
        from devstack.kafka.supervised import start_supervised
        with open(os.devnull, "wb") as log:
            program = start_supervised(
                [sys.executable, "-c", {PATIENT!r}],
                log=log, cwd=Path("."), env=os.environ,
                remove=Path({str(remains)!r}),
            )
        print(program.pid, flush=True)
        signal.pause()
    """
    with subprocess.Popen(  # noqa: S603 -- a program of this test
        [sys.executable, "-c", textwrap.dedent(user)], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        pid = int(process.stdout.readline())
        was_alive = is_alive(pid)

        process.kill()

    assert was_alive
    wait_until_gone(pid, remains)


def test_a_program_stays_while_one_of_its_users_does(tmp_path: Path) -> None:
    """The first user may go before the others; the last one ends it."""
    door = tmp_path / "door"
    program = start(tmp_path, door=door)
    hold = join(door)
    assert hold is not None

    program.leave()
    was_alive = is_alive(program.pid)
    os.close(hold)

    assert was_alive
    wait_until_gone(program.pid, door)
    assert join(door) is None


def test_stopping_keeps_the_folder_that_leaving_removes(tmp_path: Path) -> None:
    """Whoever stops a program may start it again on what it left."""
    kept, removed = tmp_path / "kept", tmp_path / "removed"
    kept.mkdir()
    removed.mkdir()

    start(tmp_path, remove=kept).stop()
    left = start(tmp_path, remove=removed)
    left.leave()

    wait_until_gone(left.pid, removed)
    assert kept.exists()


def test_a_door_whose_keeper_was_killed_leads_nowhere(tmp_path: Path) -> None:
    """A named pipe that nobody reads is no program."""
    os.mkfifo(tmp_path / "door")

    assert join(tmp_path / "door") is None
