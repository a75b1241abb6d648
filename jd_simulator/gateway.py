"""JD's gateway: reads a call, checks it, lets its method answer, or lets it fail as ordered.

Source: contracts/jd/
"""

import asyncio
import socket
import struct
import time
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from jd_simulator.body import read_body
from jd_simulator.checks import CHECKS, Candidate
from jd_simulator.edge import edge_page
from jd_simulator.errors import Code, JdError
from jd_simulator.fault_kinds import UNANSWERED
from jd_simulator.faults import Hit
from jd_simulator.journal import Entry, Placement
from jd_simulator.methods.registry import METHODS
from jd_simulator.near_miss import find_near_miss
from jd_simulator.running import OK, Outcome, refuse, run
from jd_simulator.sandbox import Sandbox
from jd_simulator.simulator import Simulator
from jd_simulator.stale import named_ids
from jd_simulator.wire import JSON_NAME, Parameters, parse_parameters

SIMULATOR = web.AppKey("simulator", Simulator)

_RESET_ON_CLOSE = struct.pack("ii", 1, 0)
"""SO_LINGER on, for 0 s: closing sends a reset instead of an orderly end."""


async def handle(request: web.Request) -> web.StreamResponse:
    """Answer one call to `/routerjson`."""
    simulator = request.app[SIMULATOR]
    body = await read_body(request)
    began = time.perf_counter()
    parameters = parse_parameters(request.raw_path, body)
    sandbox = simulator.by_app_key.get(parameters.values.get("app_key", ""))
    entry = _open(request, simulator, sandbox, parameters, len(body))
    candidate = Candidate(parameters.values, simulator.by_app_key)
    try:
        return await _handle(request, candidate, entry, sandbox)
    finally:
        entry.took_ms = (time.perf_counter() - began) * 1000


async def _handle(
    request: web.Request, candidate: Candidate, entry: Entry, sandbox: Sandbox | None
) -> web.StreamResponse:
    simulator = request.app[SIMULATOR]
    for name, check in CHECKS:
        try:
            check(candidate)
        except JdError as error:
            entry.failed_check = name
            if error.code == Code.INVALID_SIGNATURE:
                _explain(candidate, entry)
            return _answer(simulator, sandbox, entry, refuse(error, sandbox))
    sandbox, method = candidate.sandbox, candidate.method
    text = candidate.parameters.get(JSON_NAME, "")
    entry.keep_arguments(candidate.arguments, len(text))
    sandbox.tallies.retries.begin(method.name, candidate.arguments, entry.number)
    faults = sandbox.faults
    hit = faults.pick(method, _skus(candidate.arguments)) if faults.rules else None
    if hit is None:
        return _answer(simulator, sandbox, entry, run(candidate, entry))
    entry.fault = {"rule": hit.rule, **hit.fault.describe()}
    return await _fail(request, candidate, entry, hit)


def _open(
    request: web.Request,
    simulator: Simulator,
    sandbox: Sandbox | None,
    parameters: Parameters,
    body_bytes: int,
) -> Entry:
    """Begin the call's entry in the journal, and count the call."""
    entry = (simulator.strays if sandbox is None else sandbox.journal).open(
        at=(simulator if sandbox is None else sandbox).clock.now(),
        verb=request.method,
        parameters=parameters.values,
        placement=Placement(
            in_query=parameters.in_query,
            content_type=request.headers.get("Content-Type", "")[:200],
            body_bytes=body_bytes,
        ),
    )
    if parameters.doubled:
        entry.notes.extend(f"{name} came twice: the first counts" for name in parameters.doubled)
        entry.bound_notes()
    if sandbox is not None:
        # Unknown names are counted together: a caller must not be able to make the count grow.
        name = entry.method if entry.method in METHODS else "(unknown)"
        sandbox.tallies.calls_by_method[name] += 1
    return entry


def _explain(candidate: Candidate, entry: Entry) -> None:
    """Write down which mistake would have given the wrong signature."""
    identity = candidate.sandbox.identity
    entry.near_miss = find_near_miss(
        candidate.parameters,
        in_query=entry.placement.in_query,
        secret=identity.app_secret,
        app_id=identity.app_id,
    )


async def _fail(
    request: web.Request, candidate: Candidate, entry: Entry, hit: Hit
) -> web.StreamResponse:
    simulator, sandbox, fault = request.app[SIMULATOR], candidate.sandbox, hit.fault
    match fault.kind:
        case "latency":
            await asyncio.sleep(fault.ms / 1000)
        case "jd_error":
            return _answer(simulator, sandbox, entry, refuse(JdError(fault.code), sandbox))
        case "http_status":
            entry.status = fault.status
            sandbox.tallies.retries.answered(entry.number)
            return edge_page(fault.status)
        case "reset_after":
            run(candidate, entry)
        case "apply_late":
            simulator.run_late(_run_late(candidate, entry, fault.ms / 1000))
    if fault.kind not in UNANSWERED:
        outcome = run(candidate, entry, hit)
        if fault.kind == "wrong_content_type":
            return _answer(simulator, sandbox, entry, outcome, fault.content_type)
        return _answer(simulator, sandbox, entry, outcome)
    if fault.kind in ("hang", "apply_late"):
        # Ends by being cancelled when the client gives up.
        await simulator.closing.wait()
    _reset(request)
    return web.Response()


async def _run_late(candidate: Candidate, entry: Entry, delay_s: float) -> None:
    await asyncio.sleep(delay_s)
    run(candidate, entry)


def _answer(
    simulator: Simulator,
    sandbox: Sandbox | None,
    entry: Entry,
    outcome: Outcome,
    content_type: str = "application/json; charset=utf-8",
) -> web.Response:
    """Send an answer, and take note of what the seller knows from now on."""
    entry.status, entry.code = HTTPStatus.OK, outcome.code
    entry.keep_answer(outcome.body)
    if sandbox is not None:
        sandbox.tallies.retries.answered(entry.number)
        if outcome.code != OK:
            sandbox.tallies.refused_by_code[outcome.code] += 1
    for order, modified in outcome.returned:
        order.returned_modified = max(order.returned_modified or 0, modified)
    if simulator.on_answer is not None:
        whole = outcome.body if outcome.true_body is None else outcome.true_body
        simulator.on_answer(entry.method, whole.decode())
    return web.Response(body=outcome.body, headers={"Content-Type": content_type})


def _reset(request: web.Request) -> None:
    transport = request.transport
    if transport is not None:
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        transport.abort()


def _skus(arguments: Mapping[str, object]) -> set[str]:
    """Collect the SKU ids that a call may name; every number of it counts, in whichever field."""
    return {str(number) for number in named_ids(arguments)}
