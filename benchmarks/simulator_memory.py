"""How much memory the JD simulator holds after very many calls.

The simulator runs in a process of its own and answers signed stock queries and refused calls in
turns over 16 connections; its resident memory is read as it goes. The journal is bounded, so after
a first tenth, in which it fills and Python's own pools settle, the figure must stay where it is.

Run with `python -m benchmarks.simulator_memory`; `BENCH_CALLS` sets how many calls (1,000,000).
"""

import asyncio
import json
import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from rich.console import Console
from rich.table import Table

from jd_simulator.clock import beijing_text
from jd_simulator.testing import SandboxHandle, serve
from jd_simulator.wire import JSON_NAME, signature

CALLS = int(os.environ.get("BENCH_CALLS", "1000000"))
CLIENTS = 16
STEPS = 10
GOAL_MB = 20.0
"""Growth after the first tenth that is still called flat."""

_SPAWN = multiprocessing.get_context("spawn")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def _request(endpoint: str, sandbox: SandboxHandle, *, is_signed: bool) -> bytes:
    form = {
        "method": "jingdong.ware.stock.sku.query",
        "app_key": sandbox.app_key,
        "access_token": sandbox.access_token,
        "timestamp": beijing_text(int(sandbox.clock.now())),
        "v": "2.0",
        JSON_NAME: json.dumps({"skuId": sandbox.sku("TEE-RED-M").sku_id}),
    }
    form["sign"] = signature(sandbox.app_secret, form) if is_signed else "0" * 32
    body = urlencode(form).encode()
    host = urlsplit(endpoint).netloc
    head = (
        f"POST /routerjson HTTP/1.1\r\nHost: {host}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _simulate(pipe: Connection) -> None:
    async with serve() as simulator:
        sandbox = simulator.create_sandbox(sku_count=20)
        sandbox.clock.freeze()  # a prepared request stays within the timestamp's tolerance
        requests = [
            _request(simulator.endpoint, sandbox, is_signed=is_signed)
            for is_signed in (True, True, True, False)
        ]
        pipe.send((simulator.endpoint, requests))
        await asyncio.to_thread(pipe.recv)


def _run_simulator(pipe: Connection) -> None:
    asyncio.run(_simulate(pipe))


async def _ask(endpoint: str, requests: list[bytes], calls: int) -> None:
    address = urlsplit(endpoint)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    for number in range(calls):
        writer.write(requests[number % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]
        await reader.readexactly(int(length))
    writer.close()
    await writer.wait_closed()


async def _ask_all(endpoint: str, requests: list[bytes], calls: int) -> None:
    await asyncio.gather(*(_ask(endpoint, requests, calls // CLIENTS) for _ in range(CLIENTS)))


def _resident_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * _PAGE_BYTES / 1e6


def main() -> None:
    """Call, read the memory ten times on the way, and print it."""
    ours, theirs = _SPAWN.Pipe()
    process = _SPAWN.Process(target=_run_simulator, args=(theirs,), daemon=True)
    process.start()
    endpoint, requests = ours.recv()
    table = Table(title=f"JD simulator: resident memory over {CALLS:,} calls")
    for heading in ("calls", "memory", "calls a second"):
        table.add_column(heading, justify="right")
    table.add_row("0", f"{_resident_mb(process.pid or 0):,.1f} MB", "")
    held = []
    for step in range(1, STEPS + 1):
        began = time.perf_counter()
        asyncio.run(_ask_all(endpoint, requests, CALLS // STEPS))
        held.append(_resident_mb(process.pid or 0))
        rate = CALLS / STEPS / (time.perf_counter() - began)
        table.add_row(f"{CALLS // STEPS * step:,}", f"{held[-1]:,.1f} MB", f"{rate:,.0f}")
    ours.send(None)
    process.join()
    console = Console()
    console.print(table)
    growth = held[-1] - held[0]
    console.print(f"{growth:+,.1f} MB after the first tenth; flat means below {GOAL_MB:,.0f} MB")


if __name__ == "__main__":
    main()
