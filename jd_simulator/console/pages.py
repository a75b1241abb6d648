"""Serving of the console's three files, with the headers that keep it to itself."""

from collections.abc import Awaitable, Callable
from importlib.resources import files

from aiohttp import web

_FILES = {
    "/": ("index.html", "text/html"),
    "/console.css": ("console.css", "text/css"),
    "/console.js": ("console.js", "text/javascript"),
}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


def add_console(app: web.Application) -> None:
    """Add the console's page and what it is made of."""
    for path, (name, media) in _FILES.items():
        body = files(__package__).joinpath(name).read_bytes()
        app.router.add_get(path, _page(body, media))


def _page(body: bytes, media: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def show(_: web.Request) -> web.Response:
        return web.Response(body=body, content_type=media, charset="utf-8", headers=_HEADERS)

    return show
