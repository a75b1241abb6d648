"""The command line, called as a user would."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from adapter.cli.program import app
from adapter.diagnostics import configure_logging
from adapter.rules.channels import new_key
from adapter.settings import CREDENTIAL_VARIABLES, settings_rows
from tests.cli.calling import HelmJd


@pytest.fixture
def helm_jd(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> HelmJd:
    """Call a command with settings of its own: those of this machine count for nothing.

    A test marked `broker` has its Kafka and topics set, and a pair of keys.
    """
    monkeypatch.chdir(tmp_path)
    for variable in {variable for variable, _, _ in settings_rows()} | CREDENTIAL_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    settings: dict[str, str | None] = {"HELM_JD_LOG_LEVEL": "error", "HELM_JD_KAFKA_WAIT_S": "0"}
    # An adapter in the same process must not write into what a command prints.
    configure_logging("error", "json")
    if request.node.get_closest_marker("broker"):
        private_key, public_key = new_key()
        settings |= {
            "HELM_JD_KAFKA_BOOTSTRAP_SERVERS": request.getfixturevalue("kafka_bootstrap_servers"),
            "HELM_JD_TOPIC_PREFIX": request.getfixturevalue("topic_prefix"),
            "HELM_JD_PARTITIONS": "2",
            "HELM_JD_PRIVATE_KEYS": private_key.get_secret_value(),
            "HELM_JD_PUBLIC_KEY": public_key,
            "HELM_JD_KAFKA_WAIT_S": "30",
        }
    runner = CliRunner()

    def call(*arguments: str, typed: str | None = None, **variables: str | None) -> Result:
        return runner.invoke(
            app, arguments, input=typed, env=settings | variables, prog_name="helm-jd"
        )

    return call
