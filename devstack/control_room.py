"""The simulator's control room, as a user reaches it: over HTTP.

Source: the control calls under `/_simulator`.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp

SANDBOX = "demo"
_CALL_S = 10.0
_CONFLICT = 409

Json = dict[str, Any]


class NotForSale(Exception):  # noqa: N818 -- an answer that a buyer gets, not a failure
    """JD does not sell that, or not so many."""


class ControlRoom:
    """The demo sandbox, seen from JD's side."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        """Take a session whose base address is the sandbox's."""
        self._session = session

    async def place_order(self, order: Json) -> Json:
        """Place a buyer's order.

        Raises:
            NotForSale: JD does not sell that.
            aiohttp.ClientError: The simulator does not answer, or not so.
        """
        async with self._session.post("orders", json=order) as answer:
            if answer.status == _CONFLICT:
                raise NotForSale((await answer.json(content_type=None))["detail"])
            answer.raise_for_status()
            placed: Json = await answer.json()
            return placed

    async def act(self, order_id: str, action: str) -> bool:
        """Do something with an order, such as pay or cancel.

        Returns:
            Whether the order's state allowed it.

        Raises:
            aiohttp.ClientError: The simulator does not answer, or not so.
        """
        async with self._session.post(f"orders/{order_id}/{action}") as answer:
            if answer.status == _CONFLICT:
                return False
            answer.raise_for_status()
            return True

    async def orders(self) -> list[Json]:
        """List every order."""
        return list((await self._get("orders"))["orders"])

    async def skus(self) -> list[Json]:
        """List every SKU."""
        return list((await self._get("skus"))["skus"])

    async def invariants(self) -> Json:
        """Tell what an observer at JD's side knows."""
        return await self._get("invariants")

    async def _get(self, path: str) -> Json:
        async with self._session.get(path) as answer:
            answer.raise_for_status()
            body: Json = await answer.json()
            return body


@asynccontextmanager
async def control_room(simulator_url: str) -> AsyncIterator[ControlRoom]:
    """Enter the control room of a running simulator."""
    async with aiohttp.ClientSession(
        f"{simulator_url}/_simulator/sandboxes/{SANDBOX}/",
        timeout=aiohttp.ClientTimeout(total=_CALL_S),
    ) as session:
        yield ControlRoom(session)
