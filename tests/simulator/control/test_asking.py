"""What every call of the control room refuses in the same way."""

from io import BytesIO

import aiohttp
import pytest

from jd_simulator.testing import SandboxHandle


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream"]
)
async def test_what_is_not_said_to_be_json_is_not_read(sandbox: SandboxHandle, media: str) -> None:
    """A form on a page of another origin can send these; it must not reach the shop."""
    url = f"{sandbox.endpoint}/_simulator/sandboxes/{sandbox.sandbox_id}/orders"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=b"{}", headers={"Content-Type": media}) as response,
    ):
        problem = await response.json(content_type="application/problem+json")

    assert (response.status, problem["status"]) == (415, 415)
    assert sandbox.orders() == []


async def test_a_body_above_the_limit_is_not_read(sandbox: SandboxHandle) -> None:
    """1 MiB is enough for a thousand fault rules."""
    url = f"{sandbox.endpoint}/_simulator/sandboxes/{sandbox.sandbox_id}/orders"
    header = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=BytesIO(b" " * (1024 * 1024 + 1)), headers=header) as response,
    ):
        problem = await response.json(content_type="application/problem+json")

    assert (response.status, problem["title"]) == (413, "Request Entity Too Large")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (b'{"lines": [], "lines": [{"outer_id": "TEE-RED-M"}]}', "lines"),
        (b'{"lines": [{"outer_id": "TEE-RED-M", "outer_id": "TEE-RED-L"}]}', "outer_id"),
    ],
)
async def test_a_field_that_is_there_twice_is_refused(
    sandbox: SandboxHandle, data: bytes, field: str
) -> None:
    """Nobody can have meant both."""
    url = f"{sandbox.endpoint}/_simulator/sandboxes/{sandbox.sandbox_id}/orders"
    header = {"Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=data, headers=header) as response,
    ):
        problem = await response.json(content_type="application/problem+json")

    assert (response.status, problem["field"]) == (400, field)
    assert problem["detail"] == "is there twice"
    assert sandbox.orders() == []


@pytest.mark.parametrize("path", ["orders", "clock", "/_simulator/sandboxes"])
async def test_a_wrong_verb_is_told_the_right_ones(sandbox: SandboxHandle, path: str) -> None:
    """The header names them, as HTTP wants."""
    room = f"/_simulator/sandboxes/{sandbox.sandbox_id}/"
    url = sandbox.endpoint + (path if path.startswith("/") else room + path)
    async with (
        aiohttp.ClientSession() as session,
        session.request("TRACE", url) as response,
    ):
        problem = await response.json(content_type="application/problem+json")

    assert response.status == 405
    assert "GET" in response.headers["Allow"].split(", ")
    assert response.headers["Allow"] in problem["detail"]


@pytest.mark.parametrize(
    ("query", "count"),
    [("limit=2", 2), ("limit=0", 0), ("q=tee-red-m", 1), ("q=中国红&limit=3", 3)],
)
async def test_skus_are_found_and_limited(sandbox: SandboxHandle, query: str, count: int) -> None:
    """By code or title, in either case of letters."""
    url = f"{sandbox.endpoint}/_simulator/sandboxes/{sandbox.sandbox_id}/skus?{query}"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        shown = await response.json()

    assert len(shown["skus"]) == count


async def test_the_newest_orders_come_oldest_first(sandbox: SandboxHandle) -> None:
    """As the whole list does."""
    placed = [str(sandbox.place_order([("TEE-RED-M", 1)]).order_id) for _ in range(4)]
    url = f"{sandbox.endpoint}/_simulator/sandboxes/{sandbox.sandbox_id}/orders?limit=2"
    async with aiohttp.ClientSession() as session, session.get(url) as response:
        shown = await response.json()

    assert [order["order_id"] for order in shown["orders"]] == placed[2:]


async def test_buyers_come_and_go(sandbox: SandboxHandle) -> None:
    """A crowd is shown with its plan, and what it did."""
    url = f"{sandbox.endpoint}/_simulator/sandboxes/{sandbox.sandbox_id}/crowd"
    async with aiohttp.ClientSession() as session:
        async with session.put(url, json={"orders_per_minute": 30}) as response:
            started = await response.json()
        async with session.delete(url) as response:
            stopped = await response.json()

    assert (started["running"], started["plan"]["orders_per_minute"]) == (True, 30)
    assert (stopped["running"], stopped["plan"]) == (False, None)
