"""The program as a whole: help, version, settings, exit codes."""

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from adapter.settings import settings_page
from tests.cli.calling import HelmJd

COMMANDS = [
    (),
    ("run",),
    ("settings",),
    ("asyncapi",),
    ("keys", "new"),
    ("topics", "create"),
    ("topics", "check"),
    ("status",),
    ("explain",),
    ("preview",),
    ("pause",),
    ("resume",),
    ("approve",),
    ("resync",),
    ("reconcile",),
    ("channels", "put"),
    ("channels", "list"),
    ("channels", "show"),
    ("channels", "activate"),
    ("channels", "deactivate"),
    ("channels", "remove"),
]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(helm_jd: HelmJd, command: tuple[str, ...]) -> None:
    """`--help` works everywhere and asks nothing of the environment."""
    result = helm_jd(*command, "--help")

    assert result.exit_code == 0
    assert result.stdout.startswith("Usage: helm-jd")


def test_the_version_is_the_distributions(helm_jd: HelmJd) -> None:
    """Support asks for it first."""
    result = helm_jd("--version")

    assert result.stdout == f"helm-jd {version('helm-jd')}\n"


def test_asyncapi_names_the_topics_as_the_settings_do(helm_jd: HelmJd) -> None:
    """The document is JSON, and its topics carry the names that are in use."""
    result = helm_jd("asyncapi", HELM_JD_TOPIC_PREFIX="eu.", HELM_JD_TOPIC_ORDERS="jd.sales")
    document = json.loads(result.stdout)
    addresses = {channel["address"] for channel in document["channels"].values()}

    assert document["asyncapi"].startswith("3.")
    assert {"eu.jd.sales", "eu.helm.stock-changes"} <= addresses


def test_settings_prints_the_document(helm_jd: HelmJd) -> None:
    """The page in the docs is this output."""
    assert helm_jd("settings").stdout == settings_page()


@pytest.mark.parametrize("arguments", [("bogus",), ("topics", "bogus"), ("run", "--bogus")])
def test_wrong_use_ends_with_2(helm_jd: HelmJd, arguments: tuple[str, ...]) -> None:
    """Nothing goes to standard output then."""
    result = helm_jd(*arguments)

    assert result.exit_code == 2
    assert result.stdout == ""


def test_wrong_settings_end_with_2_and_all_of_them_are_named(helm_jd: HelmJd) -> None:
    """They are listed on standard error, without a traceback or a value."""
    result = helm_jd(
        "topics", "check", HELM_JD_WEB_PORT="hush", HELM_JD_PRIVATE_KEYS="hush", HELM_JD_PORT="1"
    )

    assert result.exit_code == 2
    assert result.stdout == ""
    assert "error: 2 setting(s) cannot be used" in result.stderr
    assert "HELM_JD_WEB_PORT" in result.stderr
    assert "warning: HELM_JD_PORT is no setting" in result.stderr
    assert "hush" not in result.stderr
    assert "Traceback" not in result.stderr


def test_run_needs_a_private_key(helm_jd: HelmJd) -> None:
    """Without one no channel could be opened, so it does not start."""
    result = helm_jd("run")

    assert result.exit_code == 2
    assert "HELM_JD_PRIVATE_KEYS" in result.stderr


def test_without_kafka_a_command_ends_with_1_and_the_remedy(helm_jd: HelmJd) -> None:
    """Servers and setting are named in a line."""
    result = helm_jd("topics", "check", HELM_JD_KAFKA_BOOTSTRAP_SERVERS="127.0.0.1:1")

    assert result.exit_code == 1
    assert result.stdout == ""
    assert "error: no Kafka broker answered at 127.0.0.1:1" in result.stderr
    assert "HELM_JD_KAFKA_BOOTSTRAP_SERVERS" in result.stderr


def test_the_module_is_the_program(tmp_path: Path) -> None:
    """`python -m adapter` and the script are the same."""
    command = [sys.executable, "-m", "adapter", "keys", "new", "--bogus"]

    result = subprocess.run(  # noqa: S603 (this interpreter, fixed arguments)
        command, capture_output=True, text=True, check=False, cwd=tmp_path
    )

    assert result.returncode == 2
    assert "Usage: helm-jd keys new" in result.stderr
