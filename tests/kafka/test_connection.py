"""The way to Kafka."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from faststream.kafka.security import parse_security
from faststream.security import BaseSecurity

from adapter.errors import KafkaUnreachable, SettingsError
from adapter.kafka.connection import KafkaConnection, SaslMechanism, wait_for_kafka


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Hold a port on which nobody answers."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


def test_plain_text_is_the_default() -> None:
    """A local broker needs nothing but its address."""
    connection = KafkaConnection("127.0.0.1:9092")

    assert connection.arguments() == {
        "bootstrap_servers": "127.0.0.1:9092",
        "security_protocol": "PLAINTEXT",
        "ssl_context": None,
    }
    assert connection.security() is None


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
@pytest.mark.parametrize("is_encrypted", [True, False])
def test_both_libraries_are_told_the_same(
    mechanism: SaslMechanism,
    is_encrypted: bool,  # noqa: FBT001 (pytest passes it by name)
) -> None:
    """FastStream's broker and aiokafka's clients end up with equal arguments."""
    connection = KafkaConnection(
        "broker:9093",
        security_protocol="SASL_SSL" if is_encrypted else "SASL_PLAINTEXT",
        sasl_mechanism=mechanism,
        sasl_username="me",
        sasl_password="hush",
    )

    ours, theirs = connection.arguments(), parse_security(connection.security())

    assert {name: ours[name] for name in theirs if name != "ssl_context"} == {
        name: value for name, value in theirs.items() if name != "ssl_context"
    }
    assert (ours["ssl_context"] is not None) == is_encrypted
    assert (theirs["ssl_context"] is not None) == is_encrypted


def test_tls_alone_checks_who_the_broker_is() -> None:
    """Certificates and host names are verified."""
    connection = KafkaConnection("broker:9093", security_protocol="SSL")
    context = connection.arguments()["ssl_context"]

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert type(connection.security()) is BaseSecurity


async def test_the_arguments_are_those_of_a_client() -> None:
    """An aiokafka client takes every one of them."""
    connection = KafkaConnection(
        "broker:9093",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="SCRAM-SHA-512",
        sasl_username="me",
        sasl_password="hush",
    )
    producer = AIOKafkaProducer(**connection.arguments())

    await producer.stop()


def test_a_password_is_not_printed() -> None:
    """The connection may be logged."""
    connection = KafkaConnection("broker:9093", sasl_password="hush")

    assert "hush" not in repr(connection)


def test_a_file_that_is_no_certificate_is_named(tmp_path: Path) -> None:
    """Which file, and by which setting, is said."""
    path = tmp_path / "some.pem"
    path.write_text("no certificate")
    connections = [
        KafkaConnection("broker:9093", security_protocol="SSL", ssl_cafile=path),
        KafkaConnection("broker:9093", security_protocol="SSL", ssl_certfile=path),
    ]

    for connection in connections:
        with pytest.raises(SettingsError, match=f"HELM_JD_KAFKA_SSL_CAFILE.*{path}"):
            connection.arguments()


async def test_without_a_broker_the_wait_ends_with_the_remedy(silent_port: int) -> None:
    """Servers, settings and what is waited for are named; at least one attempt is made."""
    told: list[str] = []
    servers = f"127.0.0.1:{silent_port}"

    with pytest.raises(KafkaUnreachable) as refused:
        await wait_for_kafka(KafkaConnection(servers), wait_s=2, on_wait=told.append)

    assert servers in str(refused.value)
    assert "HELM_JD_KAFKA_BOOTSTRAP_SERVERS" in str(refused.value)
    assert "HELM_JD_KAFKA_WAIT_S" in str(refused.value)
    assert servers in told[0]


async def test_where_brokers_ask_who_comes_the_message_names_those_settings(
    silent_port: int,
) -> None:
    """A refused password looks like no answer, so its settings are named too."""
    connection = KafkaConnection(
        f"127.0.0.1:{silent_port}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_username="me",
        sasl_password="hush",
    )

    with pytest.raises(KafkaUnreachable, match="HELM_JD_KAFKA_SASL_") as refused:
        await wait_for_kafka(connection, wait_s=0, on_wait=print)

    assert "hush" not in str(refused.value)


@pytest.mark.broker
async def test_a_broker_that_answers_ends_the_wait(kafka_bootstrap_servers: str) -> None:
    """Nothing is told when nothing has to be waited for."""
    told: list[str] = []

    await wait_for_kafka(KafkaConnection(kafka_bootstrap_servers), wait_s=30, on_wait=told.append)

    assert not told
