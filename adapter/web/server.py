"""Health, readiness and metrics over HTTP.

`/healthz` says that the process works, `/readyz` that it does its part: the group is joined, its
tables are read, its shards are open. An instance without shards is ready.
"""

import contextlib
from collections.abc import AsyncIterator, Callable, Mapping

from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.aiohttp import make_aiohttp_handler

from adapter.errors import SettingsError

Checks = Callable[[], Mapping[str, bool]]


def application(*, alive: Checks, ready: Checks, registry: CollectorRegistry) -> web.Application:
    """Make the application.

    Args:
        alive: What must hold for the process to be of any use, by name.
        ready: What must hold for it to do its part, by name.
        registry: The metrics.
    """

    async def healthz(_: web.Request) -> web.Response:
        return _verdict(alive())

    async def readyz(_: web.Request) -> web.Response:
        return _verdict(ready())

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", make_aiohttp_handler(registry))
    return app


@contextlib.asynccontextmanager
async def listening(app: web.Application, *, host: str, port: int) -> AsyncIterator[int]:
    """Serve the application; gives the port, which is a free one for 0.

    Raises:
        SettingsError: The port is taken, or the address is not this machine's.
    """
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            message = (
                f"HELM_JD_WEB_PORT: cannot listen on {host}:{port} ({error.strerror}); "
                "choose another port, or 0 for a free one"
            )
            raise SettingsError(message) from error
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()


def _verdict(checks: Mapping[str, bool]) -> web.Response:
    is_good = all(checks.values())
    body = {"status": "ok" if is_good else "failing", "checks": dict(checks)}
    return web.json_response(body, status=200 if is_good else 503)
