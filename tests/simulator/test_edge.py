"""What never reaches JD is refused by a page."""

import aiohttp
import pytest

from jd_simulator.testing import SandboxHandle


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [("PUT", "/routerjson", 405), ("GET", "/routerjson/", 404), ("GET", "/oauth2/token", 404)],
)
async def test_a_wrong_verb_or_path_is_refused_by_a_page(
    sandbox: SandboxHandle, verb: str, path: str, status: int
) -> None:
    """No problem+json where JD would be; a wrong verb is told the right ones."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(verb, sandbox.endpoint + path) as response,
    ):
        page = await response.text()

    assert (response.status, response.content_type) == (status, "text/html")
    assert str(status) in page
    assert response.headers.get("Allow") == ("GET, POST" if status == 405 else None)
