"""The control room's calls about a sandbox's conditions: its clock, faults and crowd."""

from aiohttp import web

from jd_simulator.clock import FASTEST
from jd_simulator.control import answers, bodies
from jd_simulator.control.asking import json_answer, read_body, sandbox_of
from jd_simulator.control.fault_bodies import faults_schema
from jd_simulator.control.route import SANDBOX, Route
from jd_simulator.control.scenario_bodies import crowd_schema
from jd_simulator.control.showing import show_clock
from jd_simulator.crowd import parse_crowd
from jd_simulator.faults import parse_rules
from jd_simulator.fields import Fields


async def _show_clock(request: web.Request) -> web.Response:
    return json_answer(show_clock(sandbox_of(request).clock))


async def _set_clock(request: web.Request) -> web.Response:
    clock = sandbox_of(request).clock
    fields = Fields(await read_body(request))
    instant = fields.instant("set") if fields.has("set") else clock.now()
    advance = fields.number("advance", 0, low=-bodies.LONGEST_JUMP_S, high=bodies.LONGEST_JUMP_S)
    speed = fields.number("speed", clock.speed, low=0, high=FASTEST)
    is_frozen = fields.boolean("freeze", default=speed == 0)
    fields.done()
    if fields.has("set") or advance:
        try:
            clock.set(instant + advance)
        except ValueError as error:
            raise web.HTTPConflict(reason=str(error)) from None
    # `freeze: false` alone lets a frozen clock run again at its normal pace.
    clock.run(0.0 if is_frozen else speed or 1.0)
    return json_answer(show_clock(clock))


async def _show_faults(request: web.Request) -> web.Response:
    return json_answer({"rules": [rule.describe() for rule in sandbox_of(request).faults.rules]})


async def _set_faults(request: web.Request) -> web.Response:
    sandbox_of(request).faults.replace(parse_rules(await read_body(request)))
    return await _show_faults(request)


async def _clear_faults(request: web.Request) -> web.Response:
    sandbox_of(request).faults.replace([])
    return await _show_faults(request)


async def _show_crowd(request: web.Request) -> web.Response:
    crowd = sandbox_of(request).crowd
    nobody: dict[str, object] = {"running": False, "plan": None, "done": {}}
    return json_answer(nobody if crowd is None else crowd.describe())


async def _start_crowd(request: web.Request) -> web.Response:
    sandbox_of(request).start_crowd(parse_crowd(await read_body(request, {})))
    return await _show_crowd(request)


async def _stop_crowd(request: web.Request) -> web.Response:
    sandbox_of(request).stop_crowd()
    return await _show_crowd(request)


ROUTES = (
    Route(
        verb="GET",
        path=f"{SANDBOX}/clock",
        handler=_show_clock,
        tag="clock",
        summary="Show the sandbox's clock",
        answer=answers.CLOCK,
    ),
    Route(
        verb="PUT",
        path=f"{SANDBOX}/clock",
        handler=_set_clock,
        tag="clock",
        summary="Set, advance, freeze or speed up the clock",
        body=bodies.CLOCK,
        answer=answers.CLOCK,
        conflicts="The clock would leave the years 1971 to 2286.",
    ),
    Route(
        verb="GET",
        path=f"{SANDBOX}/faults",
        handler=_show_faults,
        tag="faults",
        summary="Show the fault rules and how often they hit",
        answer=answers.FAULTS,
    ),
    Route(
        verb="PUT",
        path=f"{SANDBOX}/faults",
        handler=_set_faults,
        tag="faults",
        summary="Put fault rules in the place of those that were there",
        body=faults_schema(),
        answer=answers.FAULTS,
    ),
    Route(
        verb="DELETE",
        path=f"{SANDBOX}/faults",
        handler=_clear_faults,
        tag="faults",
        summary="End all faults",
        answer=answers.FAULTS,
    ),
    Route(
        verb="GET",
        path=f"{SANDBOX}/crowd",
        handler=_show_crowd,
        tag="crowd",
        summary="Show the buyers that come by themselves, and what they did",
        answer=answers.CROWD,
    ),
    Route(
        verb="PUT",
        path=f"{SANDBOX}/crowd",
        handler=_start_crowd,
        tag="crowd",
        summary="Let buyers come by themselves, in the place of those that came before",
        body=crowd_schema(),
        body_required=False,
        answer=answers.CROWD,
    ),
    Route(
        verb="DELETE",
        path=f"{SANDBOX}/crowd",
        handler=_stop_crowd,
        tag="crowd",
        summary="Let no more buyers come by themselves",
        answer=answers.CROWD,
    ),
)
