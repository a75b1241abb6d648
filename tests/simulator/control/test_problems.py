"""Whatever goes wrong beside JD's gateway is a problem in the sense of RFC 9457."""

import logging

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from jd_simulator.control.problems import problems


async def crash(_: web.Request) -> web.Response:
    """Fail as no handler should."""
    message = "no such luck"
    raise LookupError(message)


async def test_a_crash_tells_nothing_of_the_inside(caplog: pytest.LogCaptureFixture) -> None:
    """The caller gets a problem, the log the traceback."""
    app = web.Application(middlewares=[problems])
    app.router.add_get("/_simulator/sandboxes", crash)
    async with TestServer(app) as server, aiohttp.ClientSession() as session:
        with caplog.at_level(logging.ERROR):
            async with session.get(server.make_url("/_simulator/sandboxes")) as response:
                problem = await response.json(content_type="application/problem+json")

    assert (response.status, problem["status"]) == (500, 500)
    assert "luck" not in str(problem)
    assert "control.crashed" in caplog.messages


async def test_jds_own_paths_answer_in_their_own_way() -> None:
    """JD knows no problem+json, not even for a verb it does not take."""
    app = web.Application(middlewares=[problems])
    app.router.add_get("/routerjson", crash)
    async with (
        TestServer(app) as server,
        aiohttp.ClientSession() as session,
        session.delete(server.make_url("/routerjson")) as response,
    ):
        media = response.content_type

    assert (response.status, media) == (405, "text/plain")
