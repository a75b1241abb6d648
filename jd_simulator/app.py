"""Puts the simulator together and on a port: JD's gateway, the control room, and the console."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from jd_simulator import gateway, oauth
from jd_simulator.body import LARGEST_BODY
from jd_simulator.console.pages import add_console
from jd_simulator.control.problems import problems
from jd_simulator.control.routes import add_routes
from jd_simulator.edge import edge
from jd_simulator.simulator import Simulator


def build_app(simulator: Simulator) -> web.Application:
    """Build the web application around a simulator."""
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[problems, edge])
    app[gateway.SIMULATOR] = simulator
    app.router.add_route("GET", "/routerjson", gateway.handle)
    app.router.add_route("POST", "/routerjson", gateway.handle)
    app.router.add_route("*", oauth.PATH, oauth.handle)
    app.router.add_get("/healthz", _healthz)
    add_console(app)
    add_routes(app)

    async def close(_: web.Application) -> None:
        await simulator.close()

    app.on_shutdown.append(close)
    return app


@asynccontextmanager
async def listening(simulator: Simulator, *, host: str, port: int) -> AsyncIterator[str]:
    """Serve a simulator while the context is open.

    Args:
        simulator: What to serve.
        host: Address to bind.
        port: Port to bind; 0 picks a free one.

    Yields:
        The endpoint, such as `http://127.0.0.1:8790`.

    Raises:
        OSError: The port is in use, or the address is not this machine's.
    """
    runner = web.AppRunner(
        build_app(simulator),
        access_log=None,
        auto_decompress=False,
        handler_cancellation=True,  # a client that gives up ends what was kept waiting for it
        shutdown_timeout=1.0,
    )
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        bound = runner.addresses[0][1]
        yield f"http://{f'[{host}]' if ':' in host else host}:{bound}"
    finally:
        await runner.cleanup()


async def _healthz(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})
