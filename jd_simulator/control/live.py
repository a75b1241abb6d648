"""What happens in a sandbox, as it happens: server-sent events.

`call`: a call, once when it comes and again when it was answered. `shop`: something changed that
the caller may want to read anew. `reset`: the sandbox begins anew, and so do the calls' numbers.
"""

import asyncio
import json
from collections import OrderedDict
from contextlib import suppress
from itertools import islice

from aiohttp import web

from jd_simulator.control.asking import query_integer, sandbox_of
from jd_simulator.control.route import SANDBOX, Query, Route
from jd_simulator.control.schemas import integer
from jd_simulator.control.showing import show_clock, show_entry
from jd_simulator.gateway import SIMULATOR
from jd_simulator.journal import Entry
from jd_simulator.sandbox import Sandbox
from jd_simulator.simulator import Simulator

LOOK_EVERY_S = 0.25
"""How often a caller is told; the gateway's own path carries no cost for it."""
QUIET_S = 15.0
"""After so long without events a `shop` comes anyway: whoever left is noticed, and what changed
unseen, such as an old order, is shown."""
MOST_CALLS = 100
"""Calls told at once; of more only the newest are, and how many were left out."""
_WATCHED_ORDERS = 100
_LAST_CALL = 10**15


class Watch:
    """One caller's view of a sandbox: what it was told already."""

    def __init__(self, *, simulator: Simulator, sandbox: Sandbox, since: int) -> None:
        """Begin after the call numbered `since`."""
        self._simulator = simulator
        self._sandbox = sandbox
        self._since = since
        self._journal = sandbox.journal
        self._unanswered: OrderedDict[int, Entry] = OrderedDict()
        self._shop: object = None

    def news(self) -> list[tuple[str, object]]:
        """Tell what is new since the last look, as pairs of event and data."""
        events: list[tuple[str, object]] = []
        if self._sandbox.journal is not self._journal:
            self._journal, self._since = self._sandbox.journal, 0
            self._unanswered.clear()
            events.append(("reset", {}))
        events += [("call", show_entry(entry)) for entry in self._answered()]
        fresh = self._journal.after(self._since)
        skipped = max(len(fresh) - MOST_CALLS, 0)
        if skipped:
            events.append(("skipped", {"calls": skipped}))
        for entry in fresh[skipped:]:
            events.append(("call", show_entry(entry)))
            if entry.took_ms is None:
                self._unanswered[entry.number] = entry
        while len(self._unanswered) > MOST_CALLS:
            self._unanswered.popitem(last=False)
        if fresh:
            self._since = fresh[-1].number
        shop = self._fingerprint()
        if shop != self._shop:
            self._shop = shop
            events.append(("shop", self.shop()))
        return events

    def shop(self) -> dict[str, object]:
        """Tell the clock, and how many calls belong to no sandbox."""
        return {
            "clock": show_clock(self._sandbox.clock),
            "strays": self._simulator.strays.count,
        }

    @property
    def last(self) -> int:
        """Number of the last call told."""
        return self._since

    def _answered(self) -> list[Entry]:
        ended = [entry for entry in self._unanswered.values() if entry.took_ms is not None]
        for entry in ended:
            del self._unanswered[entry.number]
        return ended

    def _fingerprint(self) -> object:
        """Note what changes when a buyer, the staff or the seller did something."""
        shop, grant = self._sandbox.shop, self._sandbox.grant
        newest = islice(reversed(shop.orders.by_id.values()), _WATCHED_ORDERS)
        return (
            len(shop.orders.by_id),
            len(shop.shelves.by_id),
            [len(order.changes) for order in newest],
            self._since,
            [rule.hits for rule in self._sandbox.faults.rules],
            self._sandbox.clock.speed,
            (grant.access_token, grant.expires_at, len(grant.removed_scopes)),
            self._simulator.strays.count,
        )


async def _stream(request: web.Request) -> web.StreamResponse:
    simulator, sandbox = request.app[SIMULATOR], sandbox_of(request)
    since = query_integer(request, "since", high=_LAST_CALL) or 0
    again = request.headers.get("Last-Event-ID", "")
    if again.isascii() and again.isdigit() and len(again) < 16:
        since = int(again)  # the browser lost the connection and came back
    response = web.StreamResponse(
        headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
    )
    await response.prepare(request)
    watch = Watch(simulator=simulator, sandbox=sandbox, since=since)
    quiet_s = 0.0
    with suppress(ConnectionError):
        while simulator.sandboxes.get(sandbox.identity.sandbox_id) is sandbox:
            events = watch.news()
            quiet_s = 0.0 if events else quiet_s + LOOK_EVERY_S
            if quiet_s >= QUIET_S:
                quiet_s, events = 0.0, [("shop", watch.shop())]
            if events:
                await response.write(b"".join(_event(watch, *event) for event in events))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_S):
                    await simulator.closing.wait()
                    break
    return response


def _event(watch: Watch, kind: str, data: object) -> bytes:
    text = json.dumps(data, ensure_ascii=False)
    # Line ends inside are escaped by JSON, and a lone surrogate must not end the stream.
    return f"id: {watch.last}\nevent: {kind}\ndata: {text}\n\n".encode(errors="backslashreplace")


ROUTES = (
    Route(
        verb="GET",
        path=f"{SANDBOX}/events",
        handler=_stream,
        tag="journal",
        summary="Follow what happens as server-sent events: `call`, `shop`, `skipped`, `reset`",
        query=(
            Query(
                name="since",
                about="Only calls after the one with this number.",
                schema=integer(0, _LAST_CALL),
            ),
        ),
        answer={"type": "string"},
        media="text/event-stream",
    ),
)
