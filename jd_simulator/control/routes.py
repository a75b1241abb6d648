"""Every call of the control room under `/_simulator`, and the document that describes them."""

from aiohttp import web

from jd_simulator.control import actions, catalogue, conditions, goods, live, observing, sandboxes
from jd_simulator.control.asking import json_answer
from jd_simulator.control.openapi import openapi_document
from jd_simulator.control.route import PREFIX, Route


async def _show_document(_: web.Request) -> web.Response:
    return json_answer(openapi_document(ROUTES))


ROUTES: tuple[Route, ...] = (
    Route(
        verb="GET",
        path=f"{PREFIX}/openapi.json",
        handler=_show_document,
        tag="simulator",
        summary="Read this document",
        answer={"type": "object", "required": ["openapi", "info", "paths"]},
    ),
    *catalogue.ROUTES,
    *sandboxes.ROUTES,
    *conditions.ROUTES,
    *observing.ROUTES,
    *goods.ROUTES,
    *actions.ROUTES,
    *live.ROUTES,
)


def add_routes(app: web.Application) -> None:
    """Add every call of the control room."""
    for route in ROUTES:
        app.router.add_route(route.verb, route.path, route.handler)
