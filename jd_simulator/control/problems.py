"""What goes wrong in the control room, as problem+json (RFC 9457) that names the field."""

import logging
from http import HTTPStatus

from aiohttp import web

from jd_simulator.control.route import Handler
from jd_simulator.edge import JD_PATHS
from jd_simulator.errors import Refused, no_such_order
from jd_simulator.fields import BadInput
from jd_simulator.shop.orders import NotForSale
from jd_simulator.shop.shelves import NoSuchSku

log = logging.getLogger(__name__)


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what goes wrong as problem+json; JD's paths are left alone."""
    if request.path.startswith(JD_PATHS):
        return await handler(request)
    try:
        return await handler(request)
    except (BadInput, NotForSale, NoSuchSku, Refused, web.HTTPException) as error:
        return _problem_of(error)
    except Exception:
        log.exception("control.crashed")
        return _problem(HTTPStatus.INTERNAL_SERVER_ERROR, "a mistake of the simulator; see its log")


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
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            problem = _problem(error.status, f"this path takes {allowed}")
            problem.headers["Allow"] = allowed
            return problem
        case web.HTTPException():
            return _problem(error.status, error.reason)


def _problem(status: int, detail: str, **more: str) -> web.Response:
    title = HTTPStatus(status).phrase
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, **more}
    return web.json_response(body, status=status, content_type="application/problem+json")
