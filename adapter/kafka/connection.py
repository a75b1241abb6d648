"""Where the Kafka cluster is and how it is reached.

One value holds it for every client: aiokafka's consumers, producers and admin client take
`arguments()`, FastStream's broker takes `security()`.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError
from faststream.security import BaseSecurity, SASLPlaintext, SASLScram256, SASLScram512

from adapter.errors import KafkaUnreachable, SettingsError

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
SaslMechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 5.0
_CLOSE_S = 2.0
_SASL = {
    "PLAIN": SASLPlaintext,
    "SCRAM-SHA-256": SASLScram256,
    "SCRAM-SHA-512": SASLScram512,
}


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """A cluster and the way in."""

    bootstrap_servers: str
    """`host:port`, several comma separated."""
    security_protocol: SecurityProtocol = "PLAINTEXT"
    """Whether the way is encrypted (SSL) and asks who comes (SASL)."""
    sasl_mechanism: SaslMechanism | None = None
    """How the cluster asks; needed where the protocol says SASL."""
    sasl_username: str | None = None
    """Who comes."""
    sasl_password: str | None = field(default=None, repr=False)
    """Proves it."""
    ssl_cafile: Path | None = None
    """PEM file of the authorities that sign the brokers; None trusts the system's."""
    ssl_certfile: Path | None = None
    """PEM file of this client's own certificate, where the cluster asks for one."""
    ssl_keyfile: Path | None = None
    """PEM file of its private key; None when it lies in `ssl_certfile`."""

    def arguments(self) -> dict[str, Any]:
        """Give the keyword arguments that every aiokafka client takes.

        Raises:
            SettingsError: A certificate file cannot be read.
        """
        arguments: dict[str, Any] = {
            "bootstrap_servers": self.bootstrap_servers,
            "security_protocol": self.security_protocol,
            "ssl_context": self._ssl_context(),
        }
        if self._asks_who:
            arguments["sasl_mechanism"] = self.sasl_mechanism
            arguments["sasl_plain_username"] = self.sasl_username
            arguments["sasl_plain_password"] = self.sasl_password
        return arguments

    def security(self) -> BaseSecurity | None:
        """Give the same to FastStream's broker as its argument `security`.

        Returns:
            None for plain text, which is the broker's default.

        Raises:
            SettingsError: A certificate file cannot be read.
        """
        context = self._ssl_context()
        if self._asks_who and self.sasl_mechanism is not None:
            return _SASL[self.sasl_mechanism](
                username=self.sasl_username or "",
                password=self.sasl_password or "",
                ssl_context=context,
                use_ssl=context is not None,
            )
        return BaseSecurity(ssl_context=context) if context is not None else None

    @property
    def _asks_who(self) -> bool:
        return self.security_protocol in {"SASL_PLAINTEXT", "SASL_SSL"}

    def _ssl_context(self) -> ssl.SSLContext | None:
        if self.security_protocol not in {"SSL", "SASL_SSL"}:
            return None
        try:
            context = ssl.create_default_context(cafile=self.ssl_cafile)
            if self.ssl_certfile is not None:
                context.load_cert_chain(self.ssl_certfile, self.ssl_keyfile)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            message = (
                "HELM_JD_KAFKA_SSL_CAFILE, HELM_JD_KAFKA_SSL_CERTFILE, HELM_JD_KAFKA_SSL_KEYFILE: "
                f"not readable as PEM files ({error.__class__.__name__}); "
                f"they name {self.ssl_cafile}, {self.ssl_certfile} and {self.ssl_keyfile}"
            )
            raise SettingsError(message) from error
        return context


async def wait_for_kafka(
    connection: KafkaConnection, *, wait_s: float, on_wait: Callable[[str], None]
) -> None:
    """Wait until a broker answers: a client's own start fails at once when none does.

    Args:
        connection: The cluster.
        wait_s: Longest wait in seconds; at least one attempt is made.
        on_wait: Told in a line, after each vain attempt, what is waited for and how long yet.

    Raises:
        KafkaUnreachable: None answered in that time.
        SettingsError: A certificate file cannot be read.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    pause_s = _FIRST_PAUSE_S
    while not await _answers(connection, timeout_s=max(deadline - loop.time(), 1.0)):
        left_s = deadline - loop.time()
        if left_s <= 0:
            raise _unreachable(connection, wait_s)
        on_wait(
            f"no Kafka broker answers at {connection.bootstrap_servers} "
            f"({connection.security_protocol}); trying for another {left_s:.0f} s"
        )
        await asyncio.sleep(min(pause_s, left_s))
        pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)


async def _answers(connection: KafkaConnection, *, timeout_s: float) -> bool:
    admin = AIOKafkaAdminClient(**connection.arguments())
    try:
        await asyncio.wait_for(admin.start(), timeout_s)
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(admin.close(), _CLOSE_S)
    return True


def _unreachable(connection: KafkaConnection, wait_s: float) -> KafkaUnreachable:
    message = (
        f"no Kafka broker answered at {connection.bootstrap_servers} in {wait_s:g} s "
        f"({connection.security_protocol}). Start it, or correct "
        "HELM_JD_KAFKA_BOOTSTRAP_SERVERS"
    )
    if connection.security_protocol != "PLAINTEXT":
        message += (
            " and the HELM_JD_KAFKA_SECURITY_PROTOCOL, HELM_JD_KAFKA_SASL_… and "
            "HELM_JD_KAFKA_SSL_… settings (the log says why brokers refused)"
        )
    return KafkaUnreachable(f"{message}; HELM_JD_KAFKA_WAIT_S sets how long to wait")
