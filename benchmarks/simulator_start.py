"""How soon the JD simulator answers, and what a sandbox costs in time.

From the start of the process to the first answer; one new sandbox of the default 300 SKUs, and one
of the 20 that tests use; and the same call to one sandbox while 1, 100 and 1,000 of them exist.

Run with `python -m benchmarks.simulator_start`.
"""

import asyncio
import http.client
import json
import statistics
import subprocess
import sys
import time
from urllib.parse import urlencode, urlsplit

from rich.console import Console
from rich.table import Table

from jd_simulator.clock import beijing_text
from jd_simulator.settings import Settings
from jd_simulator.simulator import Simulator
from jd_simulator.testing import SandboxHandle, serve_in_thread
from jd_simulator.wire import JSON_NAME, signature

STARTS = 5
SANDBOXES = 200
CALLS = 500
CROWDS = (1, 100, 1_000)
START_GOAL_S = 1.0
SANDBOX_GOAL_MS = 20.0


def _first_answer_s() -> float:
    """Start `jd-simulator serve` and take the time until it has answered a health check."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "jd_simulator", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        if process.stdout is None:
            message = "the process has no output"
            raise RuntimeError(message)
        endpoint = process.stdout.readline().split(" at ")[1].strip()
        address = urlsplit(endpoint)
        connection = http.client.HTTPConnection(address.hostname or "", address.port)
        connection.request("GET", "/healthz")
        connection.getresponse().read()
        elapsed = time.perf_counter() - began
        connection.close()
        process.terminate()
    return elapsed


async def _sandbox_ms(sku_count: int) -> list[float]:
    simulator = Simulator()
    taken = []
    for number in range(SANDBOXES):
        began = time.perf_counter()
        simulator.create_sandbox(Settings(seed=number, sku_count=sku_count))
        taken.append((time.perf_counter() - began) * 1000)
    return taken


def _call_ms(sandbox: SandboxHandle) -> list[float]:
    """Take the time of signed stock queries over one connection."""
    address = urlsplit(sandbox.endpoint)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    taken = []
    for _ in range(CALLS):
        form = {
            "method": "jingdong.ware.stock.sku.query",
            "app_key": sandbox.app_key,
            "access_token": sandbox.access_token,
            "timestamp": beijing_text(int(time.time())),
            "v": "2.0",
            JSON_NAME: json.dumps({"skuId": sandbox.sku("TEE-RED-M").sku_id}),
        }
        form["sign"] = signature(sandbox.app_secret, form)
        body = urlencode(form)
        began = time.perf_counter()
        connection.request("POST", "/routerjson", body)
        connection.getresponse().read()
        taken.append((time.perf_counter() - began) * 1000)
    connection.close()
    return taken


def _row(table: Table, what: str, taken: list[float], unit: str, goal: str = "") -> None:
    low, middle, high = min(taken), statistics.median(taken), max(taken)
    table.add_row(what, *(f"{value:,.2f} {unit}" for value in (low, middle, high)), goal)


def main() -> None:
    """Measure starts, sandboxes and calls, and print them."""
    table = Table(title="JD simulator: how soon")
    for heading in ("what", "min", "median", "max", "goal"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    starts = [_first_answer_s() for _ in range(STARTS)]
    _row(table, "start to first answer", starts, "s", f"< {START_GOAL_S:.0f} s")
    for sku_count in (20, 300):
        taken = asyncio.run(_sandbox_ms(sku_count))
        _row(table, f"new sandbox, {sku_count} SKUs", taken, "ms", f"< {SANDBOX_GOAL_MS:.0f} ms")
    with serve_in_thread() as simulator:
        sandbox = simulator.create_sandbox(sku_count=20)
        _call_ms(sandbox)  # warm
        there = 1
        for crowd in CROWDS:
            for _ in range(crowd - there):
                simulator.create_sandbox(sku_count=20)
            there = crowd
            _row(table, f"a call among {crowd:,} sandboxes", _call_ms(sandbox), "ms", "the same")
    Console().print(table)


if __name__ == "__main__":
    main()
