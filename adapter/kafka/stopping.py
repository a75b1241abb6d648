"""Ends aiokafka's clients within bounds.

Their own `stop` has none: with the broker down it waits for ever, and a consumer's lets the
cancellation of its own tasks through as if its caller had been cancelled.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any

_CANCEL_S = 0.5


async def stopped_within(stopping: Coroutine[Any, Any, object], timeout_s: float) -> bool:
    """Run a client's `stop`, at most `timeout_s` seconds; tell whether it went well."""
    task = asyncio.ensure_future(stopping)
    try:
        await asyncio.wait({task}, timeout=timeout_s)
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=_CANCEL_S)
    return task.done() and not task.cancelled() and task.exception() is None


def retrieved(future: asyncio.Future[Any]) -> None:
    """Take note of a future's error, so that asyncio does not report it as missed."""
    if not future.cancelled():
        future.exception()
