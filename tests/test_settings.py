"""The settings: what is read, what is refused, what is said about it."""

import base64
from pathlib import Path

import pytest

from adapter.errors import SettingsError
from adapter.rules.channels import new_key
from adapter.settings import Settings, load_settings, settings_page, settings_rows

DOCUMENT = Path(__file__).parents[1] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable, _, _ in settings_rows():
        monkeypatch.delenv(variable, raising=False)


def dotenv(folder: Path, *lines: str) -> Path:
    """Write a file of settings."""
    path = folder / "settings.env"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def refusal(path: Path) -> str:
    """Load a file that cannot be used, and give what is said about it."""
    with pytest.raises(SettingsError) as refused:
        load_settings(env_file=path)
    return str(refused.value)


def test_without_any_setting_the_defaults_hold() -> None:
    """A machine with a local Kafka needs no settings."""
    settings = load_settings(env_file=None)

    assert settings.kafka.bootstrap_servers == "127.0.0.1:9092"
    assert settings.kafka_wait_s == 60
    assert settings.partitions == 12
    assert settings.topics.orders == "jd.orders"
    assert settings.http_hosts == frozenset()
    assert settings.call_timeout_s < settings.session_timeout_s


def test_the_environment_goes_before_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A variable of the environment replaces the file's; an empty one counts as not set."""
    path = dotenv(tmp_path, "HELM_JD_PARTITIONS=2", "HELM_JD_WEB_PORT=1", "HELM_JD_GRACE_S=")
    monkeypatch.setenv("HELM_JD_WEB_PORT", "2")
    monkeypatch.setenv("HELM_JD_CONSUMER_GROUP", "")

    settings = load_settings(env_file=path)

    assert settings.partitions == 2
    assert settings.web_port == 2
    assert settings.grace_s == Settings.model_fields["grace_s"].default
    assert settings.consumer_group == "helm-jd"


def test_lists_are_comma_separated(tmp_path: Path) -> None:
    """Several keys and hosts stand in one variable."""
    keys = [new_key()[0].get_secret_value() for _ in range(2)]
    path = dotenv(
        tmp_path, f"HELM_JD_PRIVATE_KEYS={keys[0]}, {keys[1]},", "HELM_JD_HTTP_HOSTS=jd, relay"
    )

    settings = load_settings(env_file=path)

    assert [key.get_secret_value() for key in settings.private_keys] == keys
    assert settings.http_hosts == {"jd", "relay"}


def test_every_topic_has_a_variable_and_all_share_the_prefix(tmp_path: Path) -> None:
    """The prefix goes before names that are set, too."""
    path = dotenv(tmp_path, "HELM_JD_TOPIC_PREFIX=test.", "HELM_JD_TOPIC_ORDERS=orders")

    topics = load_settings(env_file=path).topics

    assert topics.orders == "test.orders"
    assert topics.dead_letters == "test.helm-jd.dead-letters"


def test_the_way_to_kafka_is_put_together(tmp_path: Path) -> None:
    """SASL and TLS settings reach the connection."""
    path = dotenv(
        tmp_path,
        "HELM_JD_KAFKA_BOOTSTRAP_SERVERS=a:1,b:2",
        "HELM_JD_KAFKA_SECURITY_PROTOCOL=SASL_SSL",
        "HELM_JD_KAFKA_SASL_MECHANISM=SCRAM-SHA-512",
        "HELM_JD_KAFKA_SASL_USERNAME=me",
        "HELM_JD_KAFKA_SASL_PASSWORD=hush",
    )

    kafka = load_settings(env_file=path).kafka

    assert kafka.bootstrap_servers == "a:1,b:2"
    assert kafka.security_protocol == "SASL_SSL"
    assert kafka.sasl_mechanism == "SCRAM-SHA-512"
    assert (kafka.sasl_username, kafka.sasl_password) == ("me", "hush")


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    """Whoever runs it mends everything in one go; no value is repeated."""
    path = dotenv(
        tmp_path,
        "HELM_JD_KAFKA_SECURITY_PROTOCOL=SASL_SSL",
        "HELM_JD_PRIVATE_KEYS=hush",
        "HELM_JD_PUBLIC_KEY=hush",
        "HELM_JD_HTTP_PROXY=hush",
        "HELM_JD_WEB_PORT=hush",
        "HELM_JD_WEB_HOST=0.0.0.0",
        "HELM_JD_SESSION_TIMEOUT_S=8",
        "HELM_JD_LOG_LEVEL=hush",
        "HELM_JD_TOPIC_ORDERS=jd.listings",
        "HELM_JD_KAFKA_SSL_CAFILE=/nowhere/ca.pem",
    )

    message = refusal(path)

    for variable in (
        "KAFKA_SASL_MECHANISM",
        "KAFKA_SASL_USERNAME",
        "KAFKA_SASL_PASSWORD",
        "KAFKA_SSL_CAFILE",
        "PRIVATE_KEYS",
        "PUBLIC_KEY",
        "HTTP_PROXY",
        "WEB_PORT",
        "WEB_TOKEN",
        "CALL_TIMEOUT_S",
        "LOG_LEVEL",
        "TOPIC_LISTINGS",
    ):
        assert f"  HELM_JD_{variable}: " in message
    assert message.startswith("12 setting(s)")
    assert "hush" not in message


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("HELM_JD_CALL_TIMEOUT_S=30", "must be shorter than half of HELM_JD_SESSION_TIMEOUT_S"),
        ("HELM_JD_CALL_TIMEOUT_S=nan", "HELM_JD_CALL_TIMEOUT_S"),
        ("HELM_JD_WEB_HOST=0.0.0.0", "HELM_JD_WEB_TOKEN: needed when HELM_JD_WEB_HOST"),
        ("HELM_JD_TOPIC=jd", "each topic has a variable of its own"),
        ("HELM_JD_TOPIC_ORDERS=jd orders", "HELM_JD_TOPIC_ORDERS: Kafka takes"),
        ("HELM_JD_HTTP_PROXY=http://user:hush@[relay", "HELM_JD_HTTP_PROXY: must be an address"),
        ("HELM_JD_PRIVATE_KEYS=" + base64.b64encode(b"short").decode(), "the base64 of 32 bytes"),
        ("HELM_JD_PARTITIONS=0", "HELM_JD_PARTITIONS"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, line: str, says: str) -> None:
    """Each limit is checked before anything starts."""
    message = refusal(dotenv(tmp_path, line))

    assert says in message
    assert "hush" not in message


def test_a_file_that_is_not_utf_8_is_named(tmp_path: Path) -> None:
    """The file is named, not the byte."""
    path = tmp_path / "settings.env"
    path.write_bytes("HELM_JD_TOPIC_PREFIX=店".encode("gb18030"))

    assert f"{path}: is not UTF-8" in refusal(path)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.9.1"])
def test_on_this_machine_alone_the_console_needs_no_password(tmp_path: Path, host: str) -> None:
    """Loopback is not reachable from elsewhere."""
    settings = load_settings(env_file=dotenv(tmp_path, f"HELM_JD_WEB_HOST={host}"))

    assert settings.web_token is None


def test_a_variable_that_no_setting_has_is_warned_of(tmp_path: Path) -> None:
    """A misspelt name is told with the one that is near; those of `channels put` are known."""
    warnings: list[str] = []
    path = dotenv(
        tmp_path, "HELM_JD_PRVATE_KEYS=hush", "HELM_JD_API_KEY=k", "HELM_JD_XYZ=1", "OTHER=1"
    )

    load_settings(env_file=path, on_warning=warnings.append)

    assert len(warnings) == 2
    assert warnings[0].startswith("HELM_JD_PRVATE_KEYS is no setting")
    assert warnings[0].endswith("HELM_JD_PRIVATE_KEYS is meant?")
    assert warnings[1] == "HELM_JD_XYZ is no setting and is passed over"


def test_secrets_are_not_printed(tmp_path: Path) -> None:
    """Neither the settings nor the way to Kafka show a secret when printed."""
    key = new_key()[0].get_secret_value()
    path = dotenv(
        tmp_path,
        f"HELM_JD_PRIVATE_KEYS={key}",
        "HELM_JD_WEB_TOKEN=hush",
        "HELM_JD_HTTP_PROXY=http://user:hush@relay:3128",
        "HELM_JD_KAFKA_SASL_PASSWORD=hush",
    )

    settings = load_settings(env_file=path)
    shown = f"{settings!r} {settings} {settings.kafka!r} {settings.kafka}"

    assert "hush" not in shown
    assert key not in shown


def test_the_adapter_needs_a_private_key() -> None:
    """What opens no channel cannot run; the remedy is named."""
    with pytest.raises(SettingsError, match=r"HELM_JD_PRIVATE_KEYS.*helm-jd keys new"):
        load_settings(env_file=None).require_private_keys()


def test_the_document_lists_the_settings_as_they_are() -> None:
    """docs/settings.md is made by `helm-jd settings` and not edited."""
    page = settings_page()

    assert DOCUMENT.read_text("utf-8") == page
    assert all(
        f"`HELM_JD_{name.upper()}`" in page for name in Settings.model_fields if name != "topic"
    )
    assert all(meaning for _, _, meaning in settings_rows())
