"""A browser is found where there is one, installed where that is possible, and never demanded."""

import subprocess
from collections.abc import Callable

import pytest

from devstack.chromium import HOW_TO, Which, find_chromium, install_chromium


def having(*programs: str) -> Which:
    """Pretend a machine on which these programs are."""
    return lambda name: f"/usr/bin/{name}" if name in programs else None


def refuse(command: tuple[str, ...]) -> None:
    """Run nothing."""
    pytest.fail(f"nothing was to be run: {command}")


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_any_chromium_will_do(name: str) -> None:
    """Distributions name it differently."""
    assert find_chromium(having(name)) == f"/usr/bin/{name}"


def test_nothing_is_installed_where_one_is() -> None:
    """It says which one."""
    said = install_chromium(refuse, which=having("chromium", "apt-get"), user_id=0)

    assert "/usr/bin/chromium" in said


@pytest.mark.parametrize(
    ("which", "user_id"), [(having("apt-get"), 1000), (having(), 0)], ids=["no root", "no apt"]
)
def test_who_cannot_install_is_told_how(which: Which, user_id: int) -> None:
    """Nothing is tried."""
    assert HOW_TO in install_chromium(refuse, which=which, user_id=user_id)


def test_root_gets_debians_with_a_font_for_chinese() -> None:
    """Lists of packages first, then both at once."""
    there = {"apt-get"}
    commands: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...]) -> None:
        commands.append(command)
        there.update(command)

    which: Callable[[str], str | None] = lambda name: name if name in there else None  # noqa: E731 - one line, used once
    said = install_chromium(run, which=which, user_id=0)

    assert [command[1] for command in commands] == ["update", "install"]
    assert {"chromium", "fonts-noto-cjk"} <= set(commands[1])
    assert said == "Chromium was installed: chromium"


def test_a_failing_apt_is_told_and_no_crash() -> None:
    """A machine without network, say."""

    def run(command: tuple[str, ...]) -> None:
        raise subprocess.CalledProcessError(100, command)

    said = install_chromium(run, which=having("apt-get"), user_id=0)

    assert "apt failed" in said
    assert HOW_TO in said
