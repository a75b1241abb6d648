"""What every call of the control room needs: its sandbox, what was sent, and a way to answer."""

import json
from http import HTTPStatus

from aiohttp import web

from jd_simulator import body
from jd_simulator.fields import BadInput
from jd_simulator.gateway import SIMULATOR
from jd_simulator.sandbox import Sandbox

_JSON_TYPE = "application/json"


def sandbox_of(request: web.Request) -> Sandbox:
    """Find the sandbox that the path names.

    Raises:
        web.HTTPNotFound: There is none.
    """
    sandbox = request.app[SIMULATOR].sandboxes.get(request.match_info["sandbox_id"])
    if sandbox is None:
        raise web.HTTPNotFound(reason="no such sandbox")
    return sandbox


def order_id_of(request: web.Request) -> int:
    """Read the order number in the path.

    Raises:
        web.HTTPNotFound: It is none.
    """
    text = request.match_info["order_id"]
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise web.HTTPNotFound(reason="no such order")
    return int(text)


async def read_body(request: web.Request, default: object = None) -> object:
    """Read the JSON body; an empty one is `default`, where there is one.

    Only what says that it is JSON is read: a page of another origin can post anything else here
    without asking the browser's leave.

    Raises:
        BadInput: It is no JSON, or cannot be read.
        web.HTTPUnsupportedMediaType: It is not said to be JSON, or packed in an unknown way.
        web.HTTPRequestEntityTooLarge: It is larger than `body.LARGEST_BODY`.
    """
    data = await body.read_body(request)
    if not data.strip() and default is not None:
        return default
    if request.content_type != _JSON_TYPE:
        raise web.HTTPUnsupportedMediaType(reason=f"send JSON, as Content-Type: {_JSON_TYPE}")
    try:
        value: object = json.loads(data.decode(), object_pairs_hook=_each_once)
    except (ValueError, RecursionError):
        raise BadInput(field="(body)", detail="must be JSON in UTF-8") from None
    return value


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Make an object; JSON itself does not forbid that a field is there twice."""
    made: dict[str, object] = {}
    for name, value in pairs:
        if name in made:
            raise BadInput(field=name, detail="is there twice")
        made[name] = value
    return made


def query_integer(request: web.Request, name: str, *, high: int) -> int | None:
    """Read an integer from 0 to `high` of the query; None where it is not given.

    Raises:
        BadInput: It is none, or out of range.
    """
    text = request.query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 16 and int(text) <= high):
        raise BadInput(name, f"must be an integer between 0 and {high}")
    return int(text)


def json_answer(body: object, status: int = HTTPStatus.OK) -> web.Response:
    """Answer with JSON, Chinese as it is."""
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(text=text, status=status, content_type=_JSON_TYPE)
