"""Every setting of the adapter, with unit, reason and limits.

What one setting needs of another is checked at the later of the two, so that one reading finds
everything that is wrong.
"""

import re
from dataclasses import fields
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, StringConstraints, ValidationInfo
from pydantic import field_validator as check
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from adapter.errors import SettingsError
from adapter.kafka.connection import KafkaConnection, SaslMechanism, SecurityProtocol
from adapter.kafka.topics import TopicNames
from adapter.rules.channels import key_bytes
from adapter.rules.endpoints import is_loopback

PREFIX = "HELM_JD_"

_KAFKA_NAME = re.compile(r"^[A-Za-z0-9._-]{1,249}$")

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]


def variable_of(*parts: str) -> str:
    """Give the environment variable of a setting, or of a part of it."""
    return PREFIX + "_".join(parts).upper()


class Settings(BaseSettings):
    """Every setting; the names of the variables are these in capitals after `HELM_JD_`."""

    model_config = SettingsConfigDict(
        frozen=True,
        env_prefix=PREFIX,
        env_ignore_empty=True,  # `VARIABLE=` in a compose file means: not set
        env_nested_delimiter="_",
        env_nested_max_split=1,
        extra="ignore",
        hide_input_in_errors=True,
        use_attribute_docstrings=True,
        validate_default=True,  # what one setting needs of another is checked at the other
    )

    kafka_bootstrap_servers: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1:9092"
    """Kafka brokers to begin with, `host:port`, comma separated."""
    kafka_security_protocol: SecurityProtocol = "PLAINTEXT"
    """How brokers are reached: PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL."""
    kafka_sasl_mechanism: SaslMechanism | None = None
    """How brokers ask who comes, with SASL: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512."""
    kafka_sasl_username: str | None = None
    """User name, with SASL."""
    kafka_sasl_password: SecretStr | None = None
    """Password, with SASL."""
    kafka_ssl_cafile: Path | None = None
    """PEM file of the authorities that sign the brokers' certificates; unset trusts the
    system's."""
    kafka_ssl_certfile: Path | None = None
    """PEM file of the adapter's own certificate, where brokers ask for one."""
    kafka_ssl_keyfile: Path | None = None
    """PEM file of that certificate's private key; unset when it lies in the same file."""
    kafka_wait_s: Annotated[float, Field(ge=0, le=86_400)] = 60.0
    """Seconds to wait at the start for a broker; then the process ends, so that whoever runs it
    sees it."""

    consumer_group: Name = "helm-jd"
    """Kafka consumer group, and the beginning of transactional ids; instances that share work share
    it."""
    session_timeout_s: Annotated[float, Field(ge=6, le=1800)] = 30.0
    """Seconds without a heartbeat after which Kafka gives an instance's channels to another."""
    call_timeout_s: Seconds = 10.0
    """Seconds a call to JD may take; shorter than half the session time-out, for JD cannot be told
    that a call's sender lost the channel."""
    late_call_s: Annotated[float, Field(ge=1, le=3_600)] = 60.0
    """Seconds after its time-out in which a stock call that got no answer may still take effect at
    JD; then what JD holds is read back."""
    stock_calls_at_once: Annotated[int, Field(ge=1, le=64)] = 4
    """Stock calls of a channel that may be under way side by side; a listing is in one at most."""
    grace_s: Seconds = 5.0
    """Seconds to finish what is in flight when told to stop or when channels move to another
    instance."""
    partitions: Annotated[int, Field(ge=1, le=10_000)] = 12
    """Partitions of the topics keyed by channel: most instances that can share the work. Fixed for
    life."""
    replication_factor: Annotated[int, Field(ge=1, le=100)] | None = None
    """Copies of each partition that `topics create` asks for; unset means 3, or one a broker if
    there are fewer."""
    topic_prefix: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{0,100}$")] = ""
    """Put before every topic's name, so that several installations can share a cluster."""
    topic: TopicNames = TopicNames()
    """The topics' names, each with a variable of its own."""

    private_keys: Annotated[tuple[SecretStr, ...], NoDecode] = ()
    """Keys that open channels' credentials, as `keys new` prints them, comma separated; the one in
    use first, former ones after it."""
    public_key: str | None = None
    """Key that `channels put` seals credentials with; unset derives it from the first private
    key."""

    http_proxy: SecretStr | None = None
    """Address of a relay for all calls to JD, such as one inside JD's cloud 云鼎; may hold a
    password."""
    http_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    """Hosts to which plain http is allowed beside this machine, comma separated; credentials travel
    in the open there."""
    catalogue_follow_s: Seconds = 60.0
    """Seconds between two looks for changed listings."""
    catalogue_sweep_s: Seconds = 21_600.0
    """Seconds between two full readings of a channel's listings, which find what following
    missed."""
    order_sweep_s: Seconds = 3600.0
    """Seconds between two full readings of the orders to ship, which find what polling missed."""

    web_host: Annotated[str, StringConstraints(min_length=1)] = "127.0.0.1"
    """Address that health, metrics and console listen on."""
    web_port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    """Port of the same; 0 takes a free one."""
    web_token: SecretStr | None = None
    """Password of the console; needed when it listens beyond this machine."""

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """Least severe log entries that are written."""
    log_format: Literal["auto", "json", "console"] = "auto"
    """json: a line an entry, for machines; console: for people; auto: console on a terminal, else
    json."""

    @property
    def kafka(self) -> KafkaConnection:
        """The cluster and the way in."""
        password = self.kafka_sasl_password
        return KafkaConnection(
            bootstrap_servers=self.kafka_bootstrap_servers,
            security_protocol=self.kafka_security_protocol,
            sasl_mechanism=self.kafka_sasl_mechanism,
            sasl_username=self.kafka_sasl_username,
            sasl_password=password.get_secret_value() if password else None,
            ssl_cafile=self.kafka_ssl_cafile,
            ssl_certfile=self.kafka_ssl_certfile,
            ssl_keyfile=self.kafka_ssl_keyfile,
        )

    @property
    def topics(self) -> TopicNames:
        """The topics' whole names."""
        return self.topic.prefixed(self.topic_prefix)

    def require_private_keys(self) -> Self:
        """Make sure that channels' credentials can be opened.

        Raises:
            SettingsError: There is no private key.
        """
        if not self.private_keys:
            message = (
                f"{PREFIX}PRIVATE_KEYS: needed to open channels' credentials; "
                "`helm-jd keys new` makes one"
            )
            raise SettingsError(message)
        return self

    @check("kafka_sasl_mechanism", "kafka_sasl_username", "kafka_sasl_password")
    @classmethod
    def _needed_with_sasl(cls, value: object, info: ValidationInfo) -> object:
        protocol = info.data.get("kafka_security_protocol", "")
        if value is None and protocol.startswith("SASL"):
            message = f"needed with {PREFIX}KAFKA_SECURITY_PROTOCOL={protocol}"
            raise ValueError(message)
        return value

    @check("kafka_ssl_cafile", "kafka_ssl_certfile", "kafka_ssl_keyfile")
    @classmethod
    def _is_a_file(cls, value: Path | None) -> Path | None:
        if value is not None and not value.is_file():
            message = f"there is no file {value}"
            raise ValueError(message)
        return value

    @check("call_timeout_s")
    @classmethod
    def _ends_within_session(cls, value: float, info: ValidationInfo) -> float:
        session_timeout_s = info.data.get("session_timeout_s")
        if session_timeout_s is not None and value >= session_timeout_s / 2:
            message = (
                f"must be shorter than half of {PREFIX}SESSION_TIMEOUT_S, "
                f"which is {session_timeout_s:g}"
            )
            raise ValueError(message)
        return value

    @check("topic")
    @classmethod
    def _names_are_usable(cls, value: TopicNames, info: ValidationInfo) -> TopicNames:
        prefix = info.data.get("topic_prefix", "")
        names: dict[str, str] = {}
        for item in fields(value):
            name = getattr(value, item.name)
            variable = variable_of("topic", item.name)
            if not _KAFKA_NAME.match(prefix + name):
                message = f"{variable}: Kafka takes 1 to 249 letters, digits, dots, - and _"
                raise ValueError(message)
            if name in names:
                message = f"{variable}: {names[name]} has the same name"
                raise ValueError(message)
            names[name] = variable
        return value

    @check("private_keys", mode="before")
    @classmethod
    def _split_keys(cls, value: object) -> object:
        return _split(value)

    @check("private_keys")
    @classmethod
    def _keys_are_keys(cls, value: tuple[SecretStr, ...]) -> tuple[SecretStr, ...]:
        for key in value:
            key_bytes(key.get_secret_value())
        return value

    @check("public_key")
    @classmethod
    def _key_is_a_key(cls, value: str | None) -> str | None:
        if value is not None:
            key_bytes(value)
        return value

    @check("http_proxy")
    @classmethod
    def _proxy_is_an_address(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            try:
                url = urlsplit(value.get_secret_value())
                is_address = url.scheme in {"http", "https"} and bool(url.hostname)
            except ValueError:
                is_address = False
            if not is_address:
                message = "must be an address such as http://relay.example:3128"
                raise ValueError(message) from None  # the former one may repeat a password
        return value

    @check("http_hosts", mode="before")
    @classmethod
    def _split_hosts(cls, value: object) -> object:
        return _split(value)

    @check("web_token")
    @classmethod
    def _token_beyond_loopback(
        cls, value: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        host = info.data.get("web_host")
        if value is None and host is not None and not is_loopback(host):
            message = f"needed when {PREFIX}WEB_HOST ({host}) is reachable from other machines"
            raise ValueError(message)
        return value


def _split(value: object) -> object:
    if not isinstance(value, str):
        return value
    return [part.strip() for part in value.split(",") if part.strip()]
