"""The control room's calls about whole sandboxes and their credentials."""

from http import HTTPStatus

from aiohttp import web

from jd_simulator.control import answers, bodies
from jd_simulator.control.asking import json_answer, read_body, sandbox_of
from jd_simulator.control.route import PREFIX, SANDBOX, Route
from jd_simulator.control.scenario_bodies import new_sandbox_schema
from jd_simulator.control.showing import show_sandbox
from jd_simulator.fields import BadInput, Fields
from jd_simulator.gateway import SIMULATOR
from jd_simulator.methods.registry import METHODS
from jd_simulator.scenario import read_new_sandbox
from jd_simulator.simulator import DEMO


async def _list_sandboxes(request: web.Request) -> web.Response:
    return json_answer({"sandboxes": list(request.app[SIMULATOR].sandboxes)})


async def _create_sandbox(request: web.Request) -> web.Response:
    simulator = request.app[SIMULATOR]
    wanted = read_new_sandbox(await read_body(request, {}), seed=simulator.seed)
    sandbox = simulator.create_sandbox(*wanted)
    return json_answer(show_sandbox(sandbox, str(request.url.origin())), HTTPStatus.CREATED)


async def _show_sandbox(request: web.Request) -> web.Response:
    return json_answer(show_sandbox(sandbox_of(request), str(request.url.origin())))


async def _remove_sandbox(request: web.Request) -> web.Response:
    sandbox_id = sandbox_of(request).identity.sandbox_id
    if sandbox_id == DEMO.sandbox_id:
        raise web.HTTPConflict(reason="the demo sandbox stays; it can be reset")
    request.app[SIMULATOR].remove_sandbox(sandbox_id)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _reset(request: web.Request) -> web.Response:
    sandbox = sandbox_of(request)
    Fields(await read_body(request, {})).done()
    sandbox.reset()
    return json_answer(show_sandbox(sandbox, str(request.url.origin())))


async def _change_credentials(request: web.Request) -> web.Response:
    sandbox = sandbox_of(request)
    fields = Fields(await read_body(request))
    is_expired = fields.boolean("expire", default=False)
    is_rotated = fields.boolean("rotate", default=False)
    removed = _scopes(fields, "remove_scopes")
    restored = _scopes(fields, "restore_scopes")
    fields.done()
    if is_rotated:
        sandbox.rotate_tokens()
    if is_expired:
        sandbox.expire_token()
    sandbox.grant.removed_scopes |= removed
    sandbox.grant.removed_scopes -= restored
    return json_answer(show_sandbox(sandbox, str(request.url.origin())))


def _scopes(fields: Fields, name: str) -> set[str]:
    scopes = set()
    for path, item in fields.array(name):
        if not isinstance(item, str) or item not in METHODS:
            raise BadInput(path, f"must be one of {', '.join(sorted(METHODS))}")
        scopes.add(item)
    return scopes


ROUTES = (
    Route(
        verb="GET",
        path=f"{PREFIX}/sandboxes",
        handler=_list_sandboxes,
        tag="sandboxes",
        summary="List the sandboxes",
        answer=answers.SANDBOXES,
    ),
    Route(
        verb="POST",
        path=f"{PREFIX}/sandboxes",
        handler=_create_sandbox,
        tag="sandboxes",
        summary="Make a sandbox",
        body=new_sandbox_schema(),
        body_required=False,
        answer=answers.SANDBOX,
        status=HTTPStatus.CREATED,
    ),
    Route(
        verb="GET",
        path=SANDBOX,
        handler=_show_sandbox,
        tag="sandboxes",
        summary="Show a sandbox's credentials",
        answer=answers.SANDBOX,
    ),
    Route(
        verb="DELETE",
        path=SANDBOX,
        handler=_remove_sandbox,
        tag="sandboxes",
        summary="Forget a sandbox",
        answer=None,
        status=HTTPStatus.NO_CONTENT,
        conflicts="It is the demo sandbox, which stays.",
    ),
    Route(
        verb="POST",
        path=f"{SANDBOX}/reset",
        handler=_reset,
        tag="sandboxes",
        summary="Bring a sandbox back to how it was when it was made",
        body=bodies.NOTHING,
        body_required=False,
        answer=answers.SANDBOX,
    ),
    Route(
        verb="PATCH",
        path=f"{SANDBOX}/credentials",
        handler=_change_credentials,
        tag="sandboxes",
        summary="Expire or rotate the tokens, take scopes away or give them back",
        body=bodies.CREDENTIALS,
        answer=answers.SANDBOX,
    ),
)
