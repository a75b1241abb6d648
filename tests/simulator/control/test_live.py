"""What happens in a sandbox is told as it happens."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import call

Json = Any  # an event's shape is what the test says

GET = "jingdong.pop.order.get"
LEGAL = {"order_id": "1", "optional_fields": "orderId"}


class Follower:
    """One client that follows a sandbox."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        """Read on from a response."""
        self.response = response
        self.last_id = ""

    async def next(self, *kinds: str) -> tuple[str, Json]:
        """Wait for the next event of some kinds."""
        kind = ""
        async for line in self.response.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "id":
                self.last_id = value
            elif name == "data" and kind in kinds:
                return kind, json.loads(value)
        return "end", None


@asynccontextmanager
async def following(
    sandbox: SandboxHandle, query: str = "", header: dict[str, str] | None = None
) -> AsyncIterator[Follower]:
    """Follow a sandbox."""
    url = f"{sandbox.endpoint}/_simulator/sandboxes/{sandbox.sandbox_id}/events{query}"
    async with aiohttp.ClientSession() as session, session.get(url, headers=header) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        yield Follower(response)


async def test_calls_of_before_and_after_are_told(sandbox: SandboxHandle) -> None:
    """Who comes late still sees the last calls."""
    await call(sandbox, GET, LEGAL)
    async with following(sandbox) as follower:
        _, first = await follower.next("call")
        await call(sandbox, GET, LEGAL, sign="wrong")
        _, second = await follower.next("call")

    assert [first["number"], second["number"]] == [1, 2]
    assert second["check_failed"] == "signature"


async def test_who_comes_back_misses_nothing_and_repeats_nothing(sandbox: SandboxHandle) -> None:
    """A browser sends the id of the last event it has."""
    for _ in range(3):
        await call(sandbox, GET, LEGAL)
    async with following(sandbox, header={"Last-Event-ID": "2"}) as follower:
        _, told = await follower.next("call")
    async with following(sandbox, "?since=1") as follower:
        _, next_told = await follower.next("call")

    assert told["number"] == 3
    assert next_told["number"] == 2


async def test_an_order_and_its_change_are_told(sandbox: SandboxHandle) -> None:
    """Whoever did it: another client, a test, a crowd."""
    async with following(sandbox) as follower:
        await follower.next("shop")
        order = sandbox.place_order([("TEE-RED-M", 1)])
        placed, _ = await follower.next("shop")
        sandbox.lock(order.order_id)
        locked, _ = await follower.next("shop")

    assert (placed, locked) == ("shop", "shop")


async def test_a_frozen_clock_is_told(sandbox: SandboxHandle) -> None:
    """So that no page shows a time that does not run."""
    async with following(sandbox) as follower:
        await follower.next("shop")
        sandbox.clock.freeze()
        _, told = await follower.next("shop")

    assert told["clock"]["frozen"] is True


async def test_a_waiting_call_is_told_twice(sandbox: SandboxHandle) -> None:
    """Once when it comes, once when it was answered."""
    sandbox.set_faults([{"fault": {"kind": "latency", "ms": 600}}])
    async with following(sandbox) as follower:
        await call(sandbox, GET, LEGAL)
        _, waiting = await follower.next("call")
        _, answered = await follower.next("call")

    assert (waiting["number"], waiting["took_ms"], waiting["code"]) == (1, None, None)
    assert (answered["number"], answered["code"]) == (1, "0")


async def test_a_reset_begins_anew(sandbox: SandboxHandle) -> None:
    """The numbers of the calls start over, and the listener is told so first."""
    await call(sandbox, GET, LEGAL)
    async with following(sandbox) as follower:
        await follower.next("call")
        sandbox.reset()
        await call(sandbox, GET, LEGAL)
        kind, _ = await follower.next("reset", "call")
        _, told = await follower.next("call")

    assert kind == "reset"
    assert told["number"] == 1


async def test_a_flood_is_told_in_part(sandbox: SandboxHandle) -> None:
    """Of many calls at once the newest are told, and how many were left out."""
    for _ in range(120):
        await call(sandbox, GET, LEGAL)
    async with following(sandbox) as follower:
        _, skipped = await follower.next("skipped")
        _, told = await follower.next("call")

    assert skipped == {"calls": 20}
    assert told["number"] == 21


async def test_a_removed_sandbox_ends_the_stream(
    simulator: SimulatorHandle, sandbox: SandboxHandle
) -> None:
    """Nobody waits for what can never come."""
    async with following(sandbox) as follower:
        await follower.next("shop")
        simulator.remove_sandbox(sandbox)
        end, _ = await follower.next("call")

    assert end == "end"
