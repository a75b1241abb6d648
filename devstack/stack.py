"""The whole stack as real processes: Kafka, the JD simulator, the adapter, one sales channel.

Each is configured as a user would: by environment and by the command `helm-jd`.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from devstack.kafka import running_kafka
from devstack.kafka.settings import HOST, free_port
from devstack.programs import Program, StackError, run_command

CHANNEL = "demo"
"""The sales channel that the stack has."""
STOCK_BUFFER = 2
MAX_STOCK_LEVEL = 50
START_TIMEOUT_S = 60.0
PORT_BASE_VARIABLE = "DEVSTACK_PORT_BASE"

# The sandbox that every simulator starts with; it opens nothing but a made-up shop.
CREDENTIALS = {
    "HELM_JD_API_KEY": "demo-app-key",
    "HELM_JD_API_SECRET": "demo-app-secret",
    "HELM_JD_APP_ID": "demo-app",
    "HELM_JD_ACCESS_TOKEN": "demo-access-token",
}

# What takes minutes in production shall be seen within seconds here.
LIVELY = {
    "HELM_JD_SESSION_TIMEOUT_S": "6",
    "HELM_JD_CALL_TIMEOUT_S": "2.5",
    "HELM_JD_LATE_CALL_S": "5",
    "HELM_JD_CATALOGUE_FOLLOW_S": "5",
    "HELM_JD_PARTITIONS": "4",
    "HELM_JD_LOG_FORMAT": "json",
}
CHANNEL_OPTIONS = (
    "--name",
    "演示店 Demo Shop",
    "--is-active",
    "--sync-inventory",
    "--sync-stock-levels",
    "--stock-buffer",
    str(STOCK_BUFFER),
    "--max-stock-level",
    str(MAX_STOCK_LEVEL),
    "--order-poll-interval-s",
    "1",
    "--calls-per-second",
    "20",
    # The shop opens with orders of the last two days: Helm's levels have them deducted.
    "--earlier-orders-deducted",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """Where the parts of the stack listen, all on this machine."""

    kafka: int
    simulator: int
    console: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A running stack."""

    bootstrap_servers: str
    simulator_url: str
    console_url: str
    environment: Mapping[str, str]
    """The settings of the adapter and of its command; they hold its private key."""
    adapter: Program


def chosen_ports(base: str | None) -> Ports:
    """Choose ports: three in a row from `base`, or free ones where it is not given.

    Raises:
        StackError: `base` is no port with two more above it.
    """
    if not base:
        found: set[int] = set()
        while len(found) < 3:
            found.add(free_port())
        kafka, simulator, console = found
        return Ports(kafka=kafka, simulator=simulator, console=console)
    if not (base.isascii() and base.isdigit() and 1024 <= int(base) <= 65_533):
        message = f"{PORT_BASE_VARIABLE} must be a port from 1024 to 65533, and is {base!r}"
        raise StackError(message)
    return Ports(kafka=int(base), simulator=int(base) + 1, console=int(base) + 2)


@contextmanager
def running_stack(
    *, folder: Path, ports: Ports, console: Console, on_phase: Callable[[str], None]
) -> Iterator[Stack]:
    """Run the stack for as long as the context lasts, and never longer than this process.

    A folder that was used before is taken up again: Kafka's data, the private key, the channel.

    Args:
        folder: Keeps data, logs and the private key.
        ports: Where to listen.
        console: Shows the progress of a first fetch of Kafka.
        on_phase: Told what is being started.

    Raises:
        StackError: A part did not start.
        LocalKafkaError: Kafka did not.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as parts:
        on_phase("starting Kafka")
        kafka = parts.enter_context(
            running_kafka(data_dir=folder / "kafka", port=ports.kafka, console=console)
        )
        on_phase("starting the JD simulator")
        simulator_url = f"http://{HOST}:{ports.simulator}"
        simulator = Program(
            name="jd-simulator",
            arguments=["-m", "jd_simulator", "serve", "--port", str(ports.simulator)],
            environment={},
            folder=folder,
            ready_url=f"{simulator_url}/healthz",
        )
        parts.callback(simulator.stop)
        simulator.start(timeout_s=START_TIMEOUT_S)
        on_phase("creating topics and the sales channel")
        environment = {
            **LIVELY,
            "HELM_JD_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers,
            "HELM_JD_WEB_PORT": str(ports.console),
            "HELM_JD_PRIVATE_KEYS": _private_key(folder),
        }
        run_command(["topics", "create"], environment=environment, folder=folder)
        run_command(
            ["channels", "put", CHANNEL, "--api-endpoint", simulator_url, *CHANNEL_OPTIONS],
            environment={**environment, **CREDENTIALS},
            folder=folder,
        )
        on_phase("starting the adapter")
        console_url = f"http://{HOST}:{ports.console}"
        adapter = Program(
            name="helm-jd",
            arguments=["-m", "adapter", "run"],
            environment=environment,
            folder=folder,
            ready_url=f"{console_url}/readyz",
        )
        parts.callback(adapter.stop)
        adapter.start(timeout_s=START_TIMEOUT_S)
        yield Stack(
            bootstrap_servers=kafka.bootstrap_servers,
            simulator_url=simulator_url,
            console_url=console_url,
            environment=environment,
            adapter=adapter,
        )


def _private_key(folder: Path) -> str:
    """Read the adapter's private key, or make one: the channel's credentials open with no other."""
    path = folder / "private-key"
    if not path.exists():
        made = json.loads(run_command(["keys", "new", "--json"], environment={}, folder=folder))
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(made["private_key"])
    return path.read_text().strip()
