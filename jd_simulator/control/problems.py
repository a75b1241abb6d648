"""What goes wrong in the control room, as problem+json (RFC 9457) that names the field."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from aiohttp import web

from jd_simulator.errors import Refused, no_such_order
from jd_simulator.fields import BadInput
from jd_simulator.shop.orders import NotForSale
from jd_simulator.shop.shelves import NoSuchSku

PREFIX = "/_simulator"
"""Where the control room is."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what goes wrong in the control room as problem+json; JD's gateway is left alone."""
    try:
        return await handler(request)
    except (BadInput, NotForSale, NoSuchSku, Refused, web.HTTPException) as error:
        if not request.path.startswith(PREFIX):
            raise
        return _problem_of(error)


def _problem_of(
    error: BadInput | NotForSale | NoSuchSku | Refused | web.HTTPException,
) -> web.Response:
    match error:
        case BadInput():
            return _problem(HTTPStatus.BAD_REQUEST, error.detail, field=error.field)
        case NotForSale():
            return _problem(HTTPStatus.CONFLICT, error.detail, field=error.path)
        case NoSuchSku():
            return _problem(HTTPStatus.NOT_FOUND, str(error))
        case Refused():
            is_unknown = error.code == no_such_order().code
            status = HTTPStatus.NOT_FOUND if is_unknown else HTTPStatus.CONFLICT
            return _problem(status, error.en, code=error.code)
        case web.HTTPException():
            return _problem(error.status, error.reason)


def _problem(status: int, detail: str, **more: str) -> web.Response:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return web.json_response(body, status=status, content_type="application/problem+json")
