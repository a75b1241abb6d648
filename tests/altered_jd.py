"""A JD whose answers are changed on their way, for what a well-behaved shop never says."""

import contextlib
from collections.abc import AsyncIterator, Callable

import aiohttp
from aiohttp import web


@contextlib.asynccontextmanager
async def altered(endpoint: str, change: Callable[[str], str]) -> AsyncIterator[str]:
    """Pass every call on to a shop and change its answer's text; gives the address to call."""
    async with aiohttp.ClientSession() as session:

        async def pass_on(request: web.Request) -> web.Response:
            headers = {"Content-Type": request.headers["Content-Type"]}
            body = await request.read()
            async with session.post(f"{endpoint}{request.path}", data=body, headers=headers) as jd:
                text = change((await jd.read()).decode())
            return web.Response(body=text.encode(), content_type="application/json")

        app = web.Application()
        app.router.add_post("/routerjson", pass_on)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()
