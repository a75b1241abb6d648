"""The command serves until it is told to stop, and says what is wrong."""

import asyncio
import json
import signal
import socket
import sys
from pathlib import Path

import aiohttp
import pytest

from jd_simulator.__main__ import main
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


def test_port_in_use_is_said_plainly(capsys: pytest.CaptureFixture[str]) -> None:
    """No traceback, the address, and what to do."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(SystemExit) as exited:
            main(["serve", "--port", port])
    told = capsys.readouterr().err

    assert exited.value.code == 1
    assert f"cannot listen on 127.0.0.1:{port}" in told
    assert "--port" in told


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        (["serve", "--port", "70000"], "70000 is not 0 to 65535"),
        (["serve", "--seed", "-1"], "-1 is not at least 0"),
        (["serve", "--port", "http"], "invalid integer value: 'http'"),
        (["serve", "--nonsense"], "--nonsense"),
        ([], "COMMAND"),
    ],
)
def test_wrong_use_exits_with_two(
    arguments: list[str], about: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong options are the caller's mistake, and named."""
    with pytest.raises(SystemExit) as exited:
        main(arguments)

    assert exited.value.code == 2
    assert about in capsys.readouterr().err


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


def test_a_seed_whose_shop_cannot_sell_a_scenarios_orders_is_said_plainly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Made-up stock differs with the seed: 65 pieces with 1, fewer with 18."""
    path = tmp_path / "mine.json"
    order = {"lines": [{"outer_id": "TEE-RED-M", "quantity": 65}]}
    path.write_text(json.dumps({"about": "", "orders": [order]}))
    with pytest.raises(SystemExit) as exited:
        main(["serve", "--port", "0", "--seed", "18", "--scenario", str(path)])

    assert len(load_scenario(str(path)).orders) == 1
    assert exited.value.code == 2
    assert "can be bought" in capsys.readouterr().err


def test_a_wrong_scenario_is_said_plainly(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """File, line, field and what would be right; exit 2, no traceback."""
    path = tmp_path / "mine.json"
    path.write_text('{"about": "x",\n "faults": [\n  {"fault": {"kind": "explode"}}]}')
    with pytest.raises(SystemExit) as exited:
        main(["serve", "--port", "0", "--scenario", str(path)])

    assert exited.value.code == 2
    assert f"{path}:3: faults[0].fault.kind: must be one of" in capsys.readouterr().err
