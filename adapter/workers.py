"""Loops that work until they are told to stop.

A flow is a step that is repeated: it returns how long it may rest, it is woken when there is
something to do, and errors that pass are answered with a growing pause. It stops between two
steps, so what is in flight is finished.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

from adapter.errors import TransientError

LONGEST_PAUSE_S = 60.0
LONGEST_RETRY_AFTER_S = 86_400.0
"""A day: JD's quota is new by then, and an edge that asks for more is not believed."""


def pause_after(failures: int, *, retry_after_s: float | None, jitter: float) -> float:
    """Reckon how long to wait after errors that pass.

    Args:
        failures: Failures in a row, from 1.
        retry_after_s: Seconds that the other side asks for; up to a day they are not cut short.
        jitter: From 0 to 1; keeps many loops from coming back at once.

    Returns:
        Seconds.
    """
    grown = min(0.5 * float(2 ** min(failures - 1, 10)), LONGEST_PAUSE_S)
    return max(grown * (0.5 + jitter / 2), min(retry_after_s or 0.0, LONGEST_RETRY_AFTER_S))


async def wait_any(*events: asyncio.Event, timeout_s: float | None = None) -> None:
    """Wait until one of the events is set, at most `timeout_s` seconds."""
    if any(event.is_set() for event in events):
        return
    waiters = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiters, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for waiter in waiters:
            waiter.cancel()
        await asyncio.gather(*waiters, return_exceptions=True)


async def repeat(
    step: Callable[[], Awaitable[float | None]],
    *,
    stop: asyncio.Event,
    wake: asyncio.Event,
    on_transient: Callable[[TransientError], None],
    on_success: Callable[[], None],
    jitter: Callable[[], float] = random.random,
) -> None:
    """Take a step again and again until `stop` is set.

    Args:
        step: Does one piece of work; returns seconds to rest, or None to rest until woken.
        stop: Ends the loop after the step that is under way.
        wake: Cuts a rest short; cleared before each step.
        on_transient: Told of each error that passes.
        on_success: Told of each step that went well.
        jitter: From 0 to 1.
    """
    failures = 0
    while not stop.is_set():
        wake.clear()
        try:
            rest_s = await step()
        except TransientError as error:
            failures += 1
            on_transient(error)
            rest_s = pause_after(failures, retry_after_s=error.retry_after_s, jitter=jitter())
            await wait_any(stop, timeout_s=rest_s)
        else:
            failures = 0
            on_success()
            await wait_any(stop, wake, timeout_s=rest_s)
