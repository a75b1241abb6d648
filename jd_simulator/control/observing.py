"""The control room's calls that only look: the journal, and what an observer at JD's side knows."""

from aiohttp import web

from jd_simulator.control import answers
from jd_simulator.control.asking import json_answer, query_integer, sandbox_of
from jd_simulator.control.route import PREFIX, SANDBOX, Query, Route
from jd_simulator.control.schemas import integer
from jd_simulator.control.showing import show_entry
from jd_simulator.gateway import SIMULATOR
from jd_simulator.invariants import invariants

_LAST_CALL = 10**15
_MOST_CALLS = 100_000


async def _list_journal(request: web.Request) -> web.Response:
    since = query_integer(request, "since", high=_LAST_CALL)
    limit = query_integer(request, "limit", high=_MOST_CALLS)
    limit = 100 if limit is None else limit
    method = request.query.get("method")
    entries = [
        entry
        for entry in sandbox_of(request).journal.after(since or 0)
        if method in (None, entry.method)
    ]
    # With `since` a caller reads on from where it was; without, it wants the newest.
    chosen = entries[max(len(entries) - limit, 0) :] if since is None else entries[:limit]
    return json_answer({"calls": [show_entry(entry) for entry in chosen]})


async def _list_strays(request: web.Request) -> web.Response:
    return json_answer({"calls": [show_entry(entry) for entry in request.app[SIMULATOR].strays]})


async def _show_invariants(request: web.Request) -> web.Response:
    return json_answer(invariants(sandbox_of(request)))


_JOURNAL = (
    Query(
        name="since",
        about="Only calls after the one with this number, the oldest of them first; without it "
        "the newest calls come.",
        schema=integer(0, _LAST_CALL),
    ),
    Query(name="limit", about="How many at most; 100 by default.", schema=integer(0, _MOST_CALLS)),
    Query(name="method", about="Only calls of this method.", schema={"type": "string"}),
)


ROUTES = (
    Route(
        verb="GET",
        path=f"{SANDBOX}/journal",
        handler=_list_journal,
        tag="journal",
        summary="Read the calls that came to JD's gateway",
        query=_JOURNAL,
        answer=answers.CALLS,
    ),
    Route(
        verb="GET",
        path=f"{PREFIX}/journal",
        handler=_list_strays,
        tag="journal",
        summary="Read the calls whose app_key belongs to no sandbox",
        answer=answers.CALLS,
    ),
    Route(
        verb="GET",
        path=f"{SANDBOX}/invariants",
        handler=_show_invariants,
        tag="journal",
        summary="Tell what an observer at JD's side knows",
        answer=answers.INVARIANTS,
    ),
)
