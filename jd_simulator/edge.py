"""The edge in front of JD: what it refuses by itself it answers with a page (assumed), not JSON.

Source: contracts/jd/
"""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from jd_simulator.fields import BadInput

JD_PATHS = ("/routerjson", "/oauth2/")
"""Where JD answers, in ways of its own."""

_PAGE = (
    "<html>\r\n<head><title>{status} {phrase}</title></head>\r\n<body>\r\n"
    "<center><h1>{status} {phrase}</h1></center>\r\n<hr><center>JDWS/2.0</center>\r\n"
    "</body>\r\n</html>\r\n"
)


@web.middleware
async def edge(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Refuse what never reaches JD: a wrong verb or path, and a body that cannot be read."""
    try:
        return await handler(request)
    except (BadInput, web.HTTPException) as error:
        if not request.path.startswith(JD_PATHS):
            raise
        if isinstance(error, BadInput):
            return edge_page(HTTPStatus.BAD_REQUEST)
        page = edge_page(error.status)
        if isinstance(error, web.HTTPMethodNotAllowed):
            page.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return page


def edge_page(status: int) -> web.Response:
    """Make the page of a status; a status without a name is possible."""
    known = {entry.value: entry.phrase for entry in HTTPStatus}
    phrase = known.get(status, "Unknown")
    return web.Response(
        status=status, text=_PAGE.format(status=status, phrase=phrase), content_type="text/html"
    )
