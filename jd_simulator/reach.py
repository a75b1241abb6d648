"""How a test's hands reach a simulator that may run in another thread.

A simulator is not locked anywhere: all that happens to it happens in its event loop's thread. A
test in that loop acts at once; one elsewhere hands its act over and waits for the outcome.
"""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Protocol, TypeVar

_Outcome = TypeVar("_Outcome")
_Ready = TypeVar("_Ready")


class Reach(Protocol):
    """Does something where the simulator runs; gives what came out, raises what went wrong."""

    def __call__(self, act: Callable[[], _Outcome], /) -> _Outcome:
        """Do it."""
        ...


def at_once(act: Callable[[], _Outcome], /) -> _Outcome:
    """Act here: the caller is in the simulator's own thread."""
    return act()


def reach_into(loop: asyncio.AbstractEventLoop, thread_id: int) -> Reach:
    """Make the way into an event loop that runs in the thread `thread_id`.

    From that thread itself, so from a callback of the simulator, it acts at once.
    """

    def reach(act: Callable[[], _Outcome], /) -> _Outcome:
        if threading.get_ident() == thread_id:
            return act()
        outcome: Future[_Outcome] = Future()

        def hand_over() -> None:
            try:
                outcome.set_result(act())
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets it
                outcome.set_exception(error)

        loop.call_soon_threadsafe(hand_over)
        return outcome.result()

    return reach


@contextmanager
def running_in_thread(
    main: Callable[[Callable[[_Ready], None], asyncio.Event], Coroutine[None, None, None]],
) -> Iterator[_Ready]:
    """Run `main` in an event loop of a thread of its own while the context is open.

    Args:
        main: Calls its first argument with what the context gives as soon as it is ready, and
            returns when its second, the sign to stop, is set.

    Raises:
        BaseException: What `main` raised before it was ready.
    """
    begun: Future[tuple[_Ready, asyncio.AbstractEventLoop, asyncio.Event]] = Future()

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        try:
            await main(lambda ready: begun.set_result((ready, loop, stop)), stop)
        except BaseException as error:
            if begun.done():
                raise
            begun.set_exception(error)

    thread = threading.Thread(target=lambda: asyncio.run(run()), name="jd-simulator", daemon=True)
    thread.start()
    try:
        ready, loop, stop = begun.result()
    except BaseException:
        thread.join()
        raise
    try:
        yield ready
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
