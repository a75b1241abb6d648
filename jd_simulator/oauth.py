"""JD's OAuth refresh: new tokens for the old ones, in the last day of their life.

Source: contracts/jd/oauth2.refresh_token
"""

import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from contracts.oauth import oauth_refresh
from jd_simulator.body import read_body
from jd_simulator.gateway import SIMULATOR
from jd_simulator.journal import Placement, masked
from jd_simulator.sandbox import Sandbox
from jd_simulator.shop.view import to_json
from jd_simulator.simulator import Simulator
from jd_simulator.wire import parse_parameters

PATH = oauth_refresh().path
_ERRORS = {error.code: error for error in oauth_refresh().errors}
_REQUIRED = ("app_key", "app_secret", "refresh_token")
_TOKENS = ("access_token", "refresh_token")


async def handle(request: web.Request) -> web.Response:
    """Answer one call to `/oauth2/refresh_token`; parameters in the query, or in a form body."""
    simulator = request.app[SIMULATOR]
    body = await read_body(request)
    read = parse_parameters(request.raw_path, body)
    parameters = read.values
    sandbox = simulator.by_app_key.get(parameters.get("app_key", ""))
    entry = (simulator.strays if sandbox is None else sandbox.journal).open(
        at=(simulator if sandbox is None else sandbox).clock.now(),
        verb=request.method,
        parameters=parameters,
        placement=Placement(
            in_query=read.in_query,
            content_type=request.headers.get("Content-Type", "")[:200],
            body_bytes=len(body),
        ),
    )
    entry.method = PATH
    answer = refresh(simulator, parameters, number=entry.number)
    entry.status, entry.code = HTTPStatus.OK, str(answer["code"])
    shown = {name: masked(str(value)) for name, value in answer.items() if name in _TOKENS}
    entry.keep_answer(to_json(answer | shown))
    return web.Response(body=to_json(answer), content_type="application/json", charset="utf-8")


def refresh(
    simulator: Simulator, parameters: Mapping[str, str], *, number: int
) -> dict[str, object]:
    """Give out new tokens, or tell why not.

    Args:
        simulator: Knows the apps.
        parameters: Of the call.
        number: Of the call in the journal; the request id follows from it.

    Returns:
        The answer's JSON; the tokens in it are in force, the old ones void.
    """
    sandbox = simulator.by_app_key.get(parameters.get("app_key", ""))
    code = _refusal(sandbox, parameters)
    if code is not None or sandbox is None:
        known = _ERRORS[code or "401"]
        request_id = hashlib.blake2b(str(number).encode(), digest_size=16).hexdigest()
        return {"code": int(known.code), "msg": known.zh, "requestId": request_id}
    sandbox.rotate_tokens()
    who = hashlib.blake2b(sandbox.identity.app_id.encode(), digest_size=16).hexdigest()
    return {
        "access_token": sandbox.grant.access_token,
        "expires_in": sandbox.settings.access_token_life_s,
        "refresh_token": sandbox.grant.refresh_token,
        "scope": "snsapi_base",
        "open_id": who[:16],
        "uid": str(int(who[:8], 16)),
        "time": int(sandbox.clock.now() * 1000),
        "token_type": "bearer",
        "xid": f"o*{who[16:]}",
        "code": 0,
    }


def _refusal(sandbox: Sandbox | None, parameters: Mapping[str, str]) -> str | None:
    """Tell the code of a refusal; None where tokens may be given out."""
    is_whole = all(parameters.get(name, "").strip() for name in _REQUIRED)
    if not is_whole or parameters.get("grant_type") != "refresh_token":
        return "400"
    if sandbox is None or not _is_same(parameters["app_secret"], sandbox.identity.app_secret):
        return "401"
    left_s = sandbox.grant.expires_at - sandbox.clock.now()
    if left_s <= 0 or not _is_same(parameters["refresh_token"], sandbox.grant.refresh_token):
        return "402"
    return "403" if left_s > sandbox.settings.refresh_window_s else None


def _is_same(one: str, other: str) -> bool:
    # In bytes: texts that are not ASCII cannot be compared so.
    return hmac.compare_digest(
        one.encode("utf-8", "surrogateescape"), other.encode("utf-8", "surrogateescape")
    )
