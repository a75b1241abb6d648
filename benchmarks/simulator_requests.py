"""How many signed order searches a second the JD simulator answers.

Each request is one `pop.order.search` for a page of 10 whole orders out of 1,000, over 16
connections that are kept alive. Servers and the client run in processes of their own; the client
writes prepared bytes to raw sockets, so that it costs as little as it can. The floor is a bare
aiohttp server that answers bytes of the same length: what the HTTP library leaves to be had.

Run with `python -m benchmarks.simulator_requests`.
"""

import asyncio
import json
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from functools import partial
from multiprocessing.connection import Connection
from typing import cast
from urllib.parse import urlencode, urlsplit

from aiohttp import web
from rich.console import Console
from rich.table import Table
from typing_extensions import override

from jd_simulator.clock import beijing_text
from jd_simulator.shop.view import ORDER_FIELDS
from jd_simulator.testing import SandboxHandle, serve
from jd_simulator.wire import JSON_NAME, signature

CLIENTS = 16
RUNS = 5
RUN_S = 3.0
ORDERS = 1_000
PAGE_SIZE = 10
GOAL = 2_000
"""Requests a second that the simulator owes on two cores."""

_SPAWN = multiprocessing.get_context("spawn")


class _Client(asyncio.Protocol):
    """One connection that asks again as soon as it is answered."""

    def __init__(self, requests: Sequence[bytes], first: int, deadline: float) -> None:
        self._requests = requests
        self._next = first
        self._deadline = deadline
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None
        self.answered = 0
        self.largest = 0
        self.done = asyncio.get_running_loop().create_future()

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._ask()

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        start = self._buffer.lower().find(b"content-length:") + len("content-length:")
        length = int(self._buffer[start : self._buffer.find(b"\r\n", start)])
        if len(self._buffer) < head + 4 + length:
            return
        if b'"error_response"' in self._buffer or not self._buffer.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(self._buffer.decode(errors="replace")))
            return
        self.answered += 1
        self.largest = max(self.largest, length)
        self._buffer.clear()
        self._ask()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or ConnectionError("the server closed the connection"))

    def _ask(self) -> None:
        if self._transport is None:
            return
        if time.perf_counter() >= self._deadline:
            self.done.set_result(None)
            self._transport.close()
            return
        self._transport.write(self._requests[self._next % len(self._requests)])
        self._next += 1


async def _measure(endpoint: str, requests: Sequence[bytes], run_s: float) -> tuple[float, int]:
    """Ask for a while: requests a second, and the size of the largest answer in bytes."""
    address = urlsplit(endpoint)
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    clients = []
    for index in range(CLIENTS):
        _, client = await loop.create_connection(
            partial(_Client, requests, index * 7, began + run_s),
            address.hostname or "",
            address.port or 0,
        )
        clients.append(client)
    await asyncio.gather(*(client.done for client in clients))
    elapsed = time.perf_counter() - began
    return sum(client.answered for client in clients) / elapsed, max(
        client.largest for client in clients
    )


def _requests(sandbox: SandboxHandle) -> list[str]:
    """Sign a search for each page, each with a timestamp of its own."""
    now = int(sandbox.clock.now())
    bodies = []
    for page in range(1, ORDERS // PAGE_SIZE + 1):
        arguments = {
            "order_state": "WAIT_SELLER_STOCK_OUT",
            "optional_fields": ",".join(sorted(ORDER_FIELDS)),
            "page": str(page),
            "page_size": str(PAGE_SIZE),
            "start_date": beijing_text(now - 3600),
            "end_date": beijing_text(now + 3600),
        }
        parameters = {
            "method": "jingdong.pop.order.search",
            "app_key": sandbox.app_key,
            "access_token": sandbox.access_token,
            "timestamp": beijing_text(now + page),
            "v": "2.0",
            JSON_NAME: json.dumps(arguments),
        }
        parameters["sign"] = signature(sandbox.app_secret, parameters)
        bodies.append(urlencode(parameters))
    return bodies


def _post(body: str, endpoint: str) -> bytes:
    return (
        f"POST /routerjson HTTP/1.1\r\nHost: {urlsplit(endpoint).netloc}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def _simulate(pipe: Connection) -> None:
    async with serve() as simulator:
        sandbox = simulator.create_sandbox(initial_stock=10**6)
        for index in range(ORDERS):
            sku = sandbox.skus()[index % 300]
            sandbox.place_order([(sku.sku_id, 1)], remark="请尽快发货，谢谢！")
        pipe.send((simulator.endpoint, _requests(sandbox)))
        await asyncio.to_thread(pipe.recv)


async def _answer_barely(pipe: Connection, size: int) -> None:
    body = b"x" * size

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, content_type="application/json", charset="utf-8")

    app = web.Application()
    app.router.add_post("/routerjson", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    pipe.send(f"http://127.0.0.1:{runner.addresses[0][1]}")
    await asyncio.to_thread(pipe.recv)
    await runner.cleanup()


def _run_simulator(pipe: Connection) -> None:
    asyncio.run(_simulate(pipe))


def _run_floor(pipe: Connection, size: int) -> None:
    asyncio.run(_answer_barely(pipe, size))


def main() -> None:
    """Measure simulator and floor in turns, and print both."""
    ours, theirs = _SPAWN.Pipe()
    simulator = _SPAWN.Process(target=_run_simulator, args=(theirs,), daemon=True)
    simulator.start()
    endpoint, bodies = ours.recv()
    requests = [_post(body, endpoint) for body in bodies]
    _, size = asyncio.run(_measure(endpoint, requests, 0.5))

    floor_ours, floor_theirs = _SPAWN.Pipe()
    floor = _SPAWN.Process(target=_run_floor, args=(floor_theirs, size), daemon=True)
    floor.start()
    floor_endpoint = floor_ours.recv()
    floor_requests = [_post(body, floor_endpoint) for body in bodies]

    rates: dict[str, list[float]] = {"JD simulator": [], "bare aiohttp (floor)": []}
    for _ in range(RUNS):
        for name, address, prepared in (
            ("JD simulator", endpoint, requests),
            ("bare aiohttp (floor)", floor_endpoint, floor_requests),
        ):
            rates[name].append(asyncio.run(_measure(address, prepared, RUN_S))[0])
    for pipe in (ours, floor_ours):
        pipe.send(None)
    simulator.join()
    floor.join()

    table = Table(title=f"Signed order searches a second, {CLIENTS} clients, {size:,} byte answers")
    for heading in ("server", "min", "median", "max"):
        table.add_column(heading, justify="left" if heading == "server" else "right")
    for name, measured in rates.items():
        middle = statistics.median(measured)
        table.add_row(name, f"{min(measured):,.0f}", f"{middle:,.0f}", f"{max(measured):,.0f}")
    console = Console()
    console.print(table)
    share = statistics.median(rates["JD simulator"]) / statistics.median(
        rates["bare aiohttp (floor)"]
    )
    console.print(f"{share:.0%} of the floor; goal {GOAL:,} requests a second")


if __name__ == "__main__":
    main()
