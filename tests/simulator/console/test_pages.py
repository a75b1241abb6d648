"""The console's files are served as they are, and nothing from elsewhere can come in."""

import re
from importlib.resources import files

import aiohttp
import pytest

from jd_simulator.testing import SimulatorHandle

FILES = {"/": "index.html", "/console.css": "console.css", "/console.js": "console.js"}


@pytest.mark.parametrize("path", FILES)
async def test_each_file_comes_with_a_strict_policy(simulator: SimulatorHandle, path: str) -> None:
    """Scripts and styles from here alone, no frames, no guessing of types."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(simulator.endpoint + path) as response,
    ):
        policy = response.headers["Content-Security-Policy"]
        body = await response.text()

    assert body == files("jd_simulator.console").joinpath(FILES[path]).read_text("utf-8")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", FILES.values())
def test_nothing_comes_from_elsewhere(name: str) -> None:
    """No address of another server, no inline script, and no text is ever parsed as markup."""
    text = files("jd_simulator.console").joinpath(name).read_text("utf-8")
    addresses = set(re.findall(r"https?://[^\s\"')]+", text))

    assert addresses <= {"http://www.w3.org/2000/svg"}
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b", text)
    assert not re.search(r"<script(?![^>]*src=)|\son[a-z]+=|style=", text)


@pytest.mark.parametrize(
    ("verb", "path", "status"), [("GET", "/nothing", 404), ("POST", "/", 405), ("PUT", "/", 405)]
)
async def test_what_is_not_there_is_a_problem(
    simulator: SimulatorHandle, verb: str, path: str, status: int
) -> None:
    """As everywhere beside JD's gateway; a wrong verb is told which are right."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(verb, simulator.endpoint + path) as response,
    ):
        problem = await response.json(content_type="application/problem+json")

    assert (response.status, problem["status"]) == (status, status)
    assert (response.headers.get("Allow") == "GET, HEAD") == (status == 405)
