"""The command serves until it is told to stop, and says what is wrong."""

import asyncio
import json
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest
from typer.testing import CliRunner

from jd_simulator.__main__ import cli
from jd_simulator.scenario import load_scenario

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_command_serves_and_ends_on_a_signal(number: signal.Signals) -> None:
    """It prints where it listens, answers, and exits 0."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "jd_simulator", "serve", "--port", "0", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    endpoint = line.split(" at ")[1].strip().removesuffix("/routerjson")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{endpoint}/healthz") as health,
        session.get(f"{endpoint}/_simulator/sandboxes/demo/orders") as orders,
    ):
        answers = (health.status, len((await orders.json())["orders"]))
    process.send_signal(number)
    rest = await process.stdout.read()

    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert answers == (200, 30)
    assert b"demo-app-key" in rest


def test_port_in_use_is_said_plainly() -> None:
    """No traceback, the address, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        outcome = CliRunner().invoke(cli, ["serve", "--port", port])

    assert outcome.exit_code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in outcome.stderr
    assert "--port" in outcome.stderr


@pytest.mark.parametrize("arguments", [["serve", "--port", "70000"], ["serve", "--nonsense"]])
def test_wrong_use_exits_with_two(arguments: list[str]) -> None:
    """Wrong options are the caller's mistake."""
    assert CliRunner().invoke(cli, arguments).exit_code == 2


async def test_a_scenario_begins_the_demo_sandbox() -> None:
    """A named one; its buyers come while the server runs."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "jd_simulator", "serve", "--port", "0"),
        *("--scenario", "busy-sale"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    endpoint = line.split(" at ")[1].strip().removesuffix("/routerjson")
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{endpoint}/_simulator/sandboxes/demo/faults") as faults,
    ):
        rules = (await faults.json())["rules"]
    process.send_signal(signal.SIGTERM)
    await process.stdout.read()

    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert [rule["fault"]["kind"] for rule in rules] == ["latency", "jd_error"]


def test_a_seed_whose_shop_cannot_sell_a_scenarios_orders_is_said_plainly(tmp_path: Path) -> None:
    """Made-up stock differs with the seed: 65 pieces with 1, fewer with 18."""
    path = tmp_path / "mine.json"
    order = {"lines": [{"outer_id": "TEE-RED-M", "quantity": 65}]}
    path.write_text(json.dumps({"about": "", "orders": [order]}))
    outcome = CliRunner().invoke(
        cli, ["serve", "--port", "0", "--seed", "18", "--scenario", str(path)]
    )

    assert len(load_scenario(str(path)).orders) == 1
    assert outcome.exit_code == 2
    assert "can be bought" in outcome.stderr


def test_a_wrong_scenario_is_said_plainly(tmp_path: Path) -> None:
    """File, line, field and what would be right; exit 2, no traceback."""
    path = tmp_path / "mine.json"
    path.write_text('{"about": "x",\n "faults": [\n  {"fault": {"kind": "explode"}}]}')
    outcome = CliRunner().invoke(cli, ["serve", "--port", "0", "--scenario", str(path)])

    assert outcome.exit_code == 2
    assert f"{path}:3: faults[0].fault.kind: must be one of" in outcome.stderr
    assert isinstance(outcome.exception, SystemExit)
