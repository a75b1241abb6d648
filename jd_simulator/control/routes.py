"""The control room's calls under `/_simulator`."""

import json
from collections.abc import Callable
from http import HTTPStatus

from aiohttp import web

from jd_simulator.control.observer import invariants
from jd_simulator.control.problems import PREFIX
from jd_simulator.control.reading import (
    read_new_sku,
    read_purchase,
    read_receiver,
    read_sku_change,
)
from jd_simulator.control.showing import (
    show_clock,
    show_entry,
    show_order,
    show_sandbox,
    show_sku,
    show_sku_with_history,
)
from jd_simulator.faults import parse_rules
from jd_simulator.fields import BadInput, Fields
from jd_simulator.gateway import SIMULATOR
from jd_simulator.methods.registry import METHODS
from jd_simulator.sandbox import Sandbox
from jd_simulator.settings import parse_settings
from jd_simulator.shop.model import Order, SkuStatus, State
from jd_simulator.simulator import DEMO

_ONE = f"{PREFIX}/sandboxes/{{sandbox_id}}"
_FASTEST = 100_000.0
_LONGEST_S = 10 * 366 * 86_400


def add_routes(app: web.Application) -> None:
    """Add every call of the control room."""
    app.router.add_routes(
        [
            web.get(f"{PREFIX}/sandboxes", _list_sandboxes),
            web.post(f"{PREFIX}/sandboxes", _create_sandbox),
            web.get(f"{PREFIX}/journal", _list_strays),
            web.get(_ONE, _show_sandbox),
            web.delete(_ONE, _remove_sandbox),
            web.get(f"{_ONE}/orders", _list_orders),
            web.post(f"{_ONE}/orders", _place_order),
            web.get(f"{_ONE}/orders/{{order_id}}", _show_order),
            web.post(f"{_ONE}/orders/{{order_id}}/{{action}}", _act_on_order),
            web.get(f"{_ONE}/skus", _list_skus),
            web.post(f"{_ONE}/skus", _add_sku),
            web.get(f"{_ONE}/skus/{{sku}}", _show_sku),
            web.patch(f"{_ONE}/skus/{{sku}}", _change_sku),
            web.delete(f"{_ONE}/skus/{{sku}}", _delete_sku),
            web.get(f"{_ONE}/journal", _list_journal),
            web.get(f"{_ONE}/faults", _show_faults),
            web.put(f"{_ONE}/faults", _set_faults),
            web.delete(f"{_ONE}/faults", _clear_faults),
            web.get(f"{_ONE}/clock", _show_clock),
            web.put(f"{_ONE}/clock", _set_clock),
            web.get(f"{_ONE}/invariants", _show_invariants),
            web.patch(f"{_ONE}/credentials", _change_credentials),
            web.post(f"{_ONE}/reset", _reset),
        ]
    )


def _json(body: object, status: int = HTTPStatus.OK) -> web.Response:
    text = json.dumps(body, ensure_ascii=False)
    return web.Response(text=text, status=status, content_type="application/json")


def _sandbox(request: web.Request) -> Sandbox:
    sandbox = request.app[SIMULATOR].sandboxes.get(request.match_info["sandbox_id"])
    if sandbox is None:
        raise web.HTTPNotFound(reason="no such sandbox")
    return sandbox


async def _body(request: web.Request, default: object = None) -> object:
    """Read the JSON body; an empty one is `default`, where there is one.

    Raises:
        BadInput: It is no JSON.
    """
    data = await request.read()
    if not data.strip() and default is not None:
        return default
    try:
        value: object = json.loads(data)
    except (ValueError, RecursionError):
        raise BadInput(field="(body)", detail="must be JSON in UTF-8") from None
    return value


def _query_integer(request: web.Request, name: str, default: int, *, high: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 16 and int(text) <= high):
        raise BadInput(name, f"must be an integer between 0 and {high}")
    return int(text)


async def _list_sandboxes(request: web.Request) -> web.Response:
    return _json({"sandboxes": list(request.app[SIMULATOR].sandboxes)})


async def _create_sandbox(request: web.Request) -> web.Response:
    simulator = request.app[SIMULATOR]
    value = await _body(request, {})
    if isinstance(value, dict):
        value = {"seed": simulator.seed, **value}
    sandbox = simulator.create_sandbox(parse_settings(value))
    return _json(show_sandbox(sandbox, str(request.url.origin())), HTTPStatus.CREATED)


async def _show_sandbox(request: web.Request) -> web.Response:
    return _json(show_sandbox(_sandbox(request), str(request.url.origin())))


async def _remove_sandbox(request: web.Request) -> web.Response:
    sandbox_id = _sandbox(request).identity.sandbox_id
    if sandbox_id == DEMO.sandbox_id:
        raise web.HTTPConflict(reason="the demo sandbox stays; it can be reset")
    request.app[SIMULATOR].remove_sandbox(sandbox_id)
    return web.Response(status=HTTPStatus.NO_CONTENT)


async def _list_orders(request: web.Request) -> web.Response:
    orders = _sandbox(request).shop.orders.by_id.values()
    return _json({"orders": [show_order(order) for order in orders]})


async def _place_order(request: web.Request) -> web.Response:
    sandbox = _sandbox(request)
    order = sandbox.shop.orders.place(read_purchase(await _body(request)))
    return _json(show_order(order), HTTPStatus.CREATED)


async def _show_order(request: web.Request) -> web.Response:
    return _json(show_order(_sandbox(request).shop.orders.find(_order_id(request))))


async def _act_on_order(request: web.Request) -> web.Response:
    orders = _sandbox(request).shop.orders
    order_id, action = _order_id(request), request.match_info["action"]
    fields = Fields(await _body(request, {}))
    actions: dict[str, Callable[[], Order]] = {
        "pay": lambda: orders.pay(order_id),
        "cancel": lambda: orders.cancel(order_id),
        "lock": lambda: orders.hold(order_id, State.LOCKED, "lock"),
        "unlock": lambda: orders.resume(order_id, State.LOCKED, "unlock"),
        "pause": lambda: orders.hold(order_id, State.PAUSED, "pause"),
        "unpause": lambda: orders.resume(order_id, State.PAUSED, "unpause"),
        "finish": lambda: orders.finish(order_id),
        "readdress": lambda: orders.readdress(
            order_id,
            read_receiver(fields.nested("receiver")) if fields.has("receiver") else None,
        ),
    }
    if action not in actions:
        raise web.HTTPNotFound(reason=f"no such action; known are {', '.join(sorted(actions))}")
    if action == "readdress":
        fields.raw("receiver")
    fields.done()
    return _json(show_order(actions[action]()))


def _order_id(request: web.Request) -> int:
    text = request.match_info["order_id"]
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise web.HTTPNotFound(reason="no such order")
    return int(text)


async def _list_skus(request: web.Request) -> web.Response:
    skus = _sandbox(request).shop.shelves.by_id.values()
    return _json({"skus": [show_sku(sku) for sku in skus]})


async def _add_sku(request: web.Request) -> web.Response:
    sandbox = _sandbox(request)
    sku = sandbox.shop.shelves.add(**read_new_sku(await _body(request)))
    return _json(show_sku(sku), HTTPStatus.CREATED)


async def _show_sku(request: web.Request) -> web.Response:
    sku = _sandbox(request).shop.shelves.find(request.match_info["sku"])
    return _json(show_sku_with_history(sku))


async def _change_sku(request: web.Request) -> web.Response:
    sandbox = _sandbox(request)
    change = read_sku_change(await _body(request))
    return _json(show_sku(sandbox.shop.shelves.change(request.match_info["sku"], **change)))


async def _delete_sku(request: web.Request) -> web.Response:
    shelves = _sandbox(request).shop.shelves
    return _json(show_sku(shelves.change(request.match_info["sku"], status=SkuStatus.DELETED)))


async def _list_journal(request: web.Request) -> web.Response:
    since = _query_integer(request, "since", 0, high=10**15)
    limit = _query_integer(request, "limit", 100, high=100_000)
    method = request.query.get("method")
    entries = [
        entry
        for entry in _sandbox(request).journal
        if entry.number > since and method in (None, entry.method)
    ]
    # With `since` a caller reads on from where it was; without, it wants the newest.
    chosen = (
        entries[:limit] if "since" in request.query else entries[max(len(entries) - limit, 0) :]
    )
    return _json({"calls": [show_entry(entry) for entry in chosen]})


async def _list_strays(request: web.Request) -> web.Response:
    return _json({"calls": [show_entry(entry) for entry in request.app[SIMULATOR].strays]})


async def _show_faults(request: web.Request) -> web.Response:
    return _json({"rules": [rule.describe() for rule in _sandbox(request).faults.rules]})


async def _set_faults(request: web.Request) -> web.Response:
    _sandbox(request).faults.replace(parse_rules(await _body(request)))
    return await _show_faults(request)


async def _clear_faults(request: web.Request) -> web.Response:
    _sandbox(request).faults.replace([])
    return await _show_faults(request)


async def _show_clock(request: web.Request) -> web.Response:
    return _json(show_clock(_sandbox(request).clock))


async def _set_clock(request: web.Request) -> web.Response:
    clock = _sandbox(request).clock
    fields = Fields(await _body(request))
    instant = fields.instant("set") if fields.has("set") else None
    advance = fields.number("advance", 0, low=-_LONGEST_S, high=_LONGEST_S)
    speed = fields.number("speed", clock.speed, low=0, high=_FASTEST)
    is_frozen = fields.boolean("freeze", default=speed == 0)
    fields.done()
    if instant is not None:
        clock.set(instant)
    if advance:
        clock.advance(advance)
    # `freeze: false` alone lets a frozen clock run again at its normal pace.
    clock.run(0.0 if is_frozen else speed or 1.0)
    return _json(show_clock(clock))


async def _show_invariants(request: web.Request) -> web.Response:
    return _json(invariants(_sandbox(request)))


async def _change_credentials(request: web.Request) -> web.Response:
    sandbox = _sandbox(request)
    fields = Fields(await _body(request))
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
    return _json(show_sandbox(sandbox, str(request.url.origin())))


def _scopes(fields: Fields, name: str) -> set[str]:
    scopes = set()
    for path, item in fields.array(name):
        if not isinstance(item, str) or item not in METHODS:
            raise BadInput(path, f"must be one of {', '.join(sorted(METHODS))}")
        scopes.add(item)
    return scopes


async def _reset(request: web.Request) -> web.Response:
    sandbox = _sandbox(request)
    sandbox.reset()
    return _json(show_sandbox(sandbox, str(request.url.origin())))
