"""The browser in which the console is tested: `python -m devstack.chromium` sees that it is there.

Any Chromium on the machine will do. Where there is none, Debian's is installed, with a font for
Chinese, if that is possible: as root, with apt. A machine without one is no failure here; the
browser tests say why they skip, and under `CI=true` they fail.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable

from rich.console import Console

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = (
    "--no-sandbox",  # root has none, and CI is root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""With these it starts headless anywhere and calls nobody."""
HOW_TO = "install one, with a font for Chinese: apt-get install chromium fonts-noto-cjk"
_PACKAGES = ("chromium", "fonts-noto-cjk")
_APT = (
    ("apt-get", "update", "--quiet=2"),
    ("apt-get", "install", "--quiet=2", "--yes", "--no-install-recommends", *_PACKAGES),
)
_LONGEST_S = 900

Which = Callable[[str], str | None]
"""Finds a program by name, as `shutil.which`."""
Run = Callable[[tuple[str, ...]], None]
"""Runs a command to its end; raises what `subprocess.run` raises where it fails."""


def find_chromium(which: Which = shutil.which) -> str | None:
    """Find a Chromium on the machine; None where there is none."""
    return next((path for name in NAMES if (path := which(name)) is not None), None)


def install_chromium(run: Run, *, which: Which = shutil.which, user_id: int | None = None) -> str:
    """Install Debian's Chromium, unless there is one.

    Args:
        run: Runs apt.
        which: Finds programs.
        user_id: Who asks; None means this process's user.

    Returns:
        What came of it, in words.
    """
    if found := find_chromium(which):
        return f"Chromium is there: {found}"
    is_root = (os.geteuid() if user_id is None else user_id) == 0
    if not is_root or which("apt-get") is None:
        return f"no Chromium, and none can be installed here; {HOW_TO}"
    try:
        for command in _APT:
            run(command)
    except (OSError, subprocess.SubprocessError) as error:
        return f"no Chromium: apt failed ({error}); {HOW_TO}"
    return f"Chromium was installed: {find_chromium(which)}"


def _run(command: tuple[str, ...]) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(  # noqa: S603 - the commands of this module
        command, check=True, env=environment, stdout=sys.stderr, timeout=_LONGEST_S
    )


if __name__ == "__main__":
    Console(stderr=True).print(install_chromium(_run), highlight=False)
