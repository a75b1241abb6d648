"""JD's gateway: reads a call, checks it, lets its method answer, or lets it fail as ordered.

Source: contracts/jd/
"""

import asyncio
import logging
import socket
import struct
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from aiohttp import web

from jd_simulator.checks import CHECKS, Candidate
from jd_simulator.errors import Code, JdError
from jd_simulator.faults import Fault
from jd_simulator.journal import Entry
from jd_simulator.methods.arguments import Arguments
from jd_simulator.methods.call import ROWS, Call
from jd_simulator.methods.registry import METHODS
from jd_simulator.shop.model import Order
from jd_simulator.shop.view import to_json
from jd_simulator.simulator import Simulator
from jd_simulator.wire import parse_parameters

SIMULATOR = web.AppKey("simulator", Simulator)

_OK = "0"
_ROWS = to_json(ROWS)

log = logging.getLogger(__name__)

_PAGE = (
    "<html>\r\n<head><title>{status} {phrase}</title></head>\r\n<body>\r\n"
    "<center><h1>{status} {phrase}</h1></center>\r\n<hr><center>JDWS/2.0</center>\r\n"
    "</body>\r\n</html>\r\n"
)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER on, for 0 s: closing sends a reset instead of an orderly end."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the method made of a call."""

    body: bytes
    code: str
    returned: list[tuple[Order, int]]
    """Orders in the answer, with their `modified`."""


async def handle(request: web.Request) -> web.StreamResponse:
    """Answer one call to `/routerjson`."""
    simulator = request.app[SIMULATOR]
    try:
        body = await request.read()
    except web.HTTPRequestEntityTooLarge:
        return _edge_page(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    parameters = parse_parameters(request.raw_path, body)
    sandbox = simulator.by_app_key.get(parameters.values.get("app_key", ""))
    entry = (simulator.strays if sandbox is None else sandbox.journal).open(
        at=(simulator if sandbox is None else sandbox).clock.now(),
        verb=request.method,
        parameters=parameters.values,
    )
    entry.notes.extend(f"{name} came twice: the first counts" for name in parameters.doubled)
    candidate = Candidate(parameters.values, simulator.by_app_key)
    if sandbox is not None:
        # Unknown names are counted together: a caller must not be able to make the count grow.
        name = entry.method if entry.method in METHODS else "(unknown)"
        sandbox.tallies.calls_by_method[name] += 1
    for name, check in CHECKS:
        try:
            check(candidate)
        except JdError as error:
            entry.failed_check = name
            return _answer(simulator, entry, _refusal(error))
    entry.arguments = candidate.arguments
    faults = candidate.sandbox.faults
    hit = faults.pick(candidate.method.name, _skus(candidate.arguments)) if faults.rules else None
    if hit is None:
        return _answer(simulator, entry, _run(candidate, entry))
    rule, fault = hit
    entry.fault = {"rule": rule, **fault.describe()}
    return await _fail(request, candidate, entry, fault)


async def _fail(
    request: web.Request, candidate: Candidate, entry: Entry, fault: Fault
) -> web.StreamResponse:
    simulator = request.app[SIMULATOR]
    match fault.kind:
        case "latency":
            await asyncio.sleep(fault.ms / 1000)
            return _answer(simulator, entry, _run(candidate, entry))
        case "jd_error":
            return _answer(simulator, entry, _refusal(JdError(fault.code)))
        case "http_status":
            entry.status = fault.status
            return _edge_page(fault.status)
        case "truncated_json":
            outcome = _run(candidate, entry)
            _answer(simulator, entry, outcome)
            return _json_response(outcome.body[: len(outcome.body) // 2])
        case "reset_after":
            _run(candidate, entry)
        case "apply_late":
            simulator.run_late(_run_late(candidate, entry, fault.ms / 1000))
    if fault.kind in ("hang", "apply_late"):
        # Ends by being cancelled when the client gives up.
        await simulator.closing.wait()
    _reset(request)
    return web.Response()


async def _run_late(candidate: Candidate, entry: Entry, delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    _run(candidate, entry)


def _run(candidate: Candidate, entry: Entry) -> Outcome:
    """Let the method do its work; a crash inside it is JD's system error, kept in the journal."""
    sandbox, method = candidate.sandbox, candidate.method
    call = Call(sandbox.shop, Arguments(candidate.arguments), entry.number, entry.notes)
    unknown = candidate.arguments.keys() - method.parameters
    entry.notes.extend(f"unknown parameter {name}" for name in sorted(unknown))
    try:
        content = {"code": _OK, **method.answer(call)}
        body = to_json({method.envelope: content})
        if call.rows is not None:
            body = body.replace(_ROWS, b"[%b]" % b",".join(call.rows), 1)
    except JdError as error:
        entry.failed_check = "parameters"
        return _refusal(error)
    except Exception:
        log.exception("method.crashed")
        entry.traceback = traceback.format_exc()
        return _refusal(JdError(Code.SYSTEM_ERROR))
    entry.applied_at = sandbox.clock.now()
    return Outcome(body, str(content["code"]), call.returned)


def _refusal(error: JdError) -> Outcome:
    return Outcome(to_json(error.body()), error.code, [])


def _answer(simulator: Simulator, entry: Entry, outcome: Outcome) -> web.Response:
    """Send an answer, and take note of what the seller knows from now on."""
    entry.status, entry.code = HTTPStatus.OK, outcome.code
    entry.keep_answer(outcome.body)
    if outcome.code != _OK:
        sandbox = simulator.by_app_key.get(entry.parameters.get("app_key", ""))
        if sandbox is not None:
            sandbox.tallies.refused_by_code[outcome.code] += 1
    for order, modified in outcome.returned:
        order.returned_modified = max(order.returned_modified or 0, modified)
    if simulator.on_answer is not None:
        simulator.on_answer(entry.method, outcome.body.decode())
    return _json_response(outcome.body)


def _json_response(body: bytes) -> web.Response:
    return web.Response(body=body, content_type="application/json", charset="utf-8")


def _edge_page(status: int) -> web.Response:
    """Answer as the edge in front of JD does: its body is a page, not JSON."""
    known = {entry.value: entry.phrase for entry in HTTPStatus}
    phrase = known.get(status, "Unknown")
    return web.Response(
        status=status, text=_PAGE.format(status=status, phrase=phrase), content_type="text/html"
    )


def _reset(request: web.Request) -> None:
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()


def _skus(arguments: Mapping[str, object]) -> set[str]:
    """Collect the SKU ids that a call names, in whichever method's way."""
    named = [arguments.get("skuId")]
    request = arguments.get("req")
    if isinstance(request, dict) and isinstance(request.get("skuStocks"), list):
        named += [item.get("skuId") for item in request["skuStocks"] if isinstance(item, dict)]
    return {part.strip() for value in named if value is not None for part in str(value).split(",")}
