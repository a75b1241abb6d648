import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import JdThrottled, JdUnavailable
from adapter.workers import LONGEST_PAUSE_S, pause_after, repeat, wait_any

jitters = st.floats(0, 1)


@given(failures=st.integers(1, 10_000), jitter=jitters)
def test_pauses_grow_up_to_a_minute(failures: int, jitter: float) -> None:
    """Each failure waits at least as long as the one before, within half and whole of its step."""
    pause_s = pause_after(failures, retry_after_s=None, jitter=jitter)
    whole_s = pause_after(failures, retry_after_s=None, jitter=1.0)

    assert 0 < whole_s / 2 <= pause_s <= whole_s <= LONGEST_PAUSE_S
    assert whole_s <= pause_after(failures + 1, retry_after_s=None, jitter=1.0) <= 2 * whole_s


@given(failures=st.integers(1, 20), jitter=jitters, retry_after_s=st.floats(0, 86_400))
def test_what_the_other_side_asks_for_is_never_cut_short(
    failures: int, jitter: float, retry_after_s: float
) -> None:
    """A quota that returns tomorrow is not asked for in a minute."""
    pause_s = pause_after(failures, retry_after_s=retry_after_s, jitter=jitter)

    assert pause_s == max(retry_after_s, pause_after(failures, retry_after_s=None, jitter=jitter))


def test_the_first_pauses_are_short() -> None:
    """What passes at once costs little."""
    pauses_s = [pause_after(failures, retry_after_s=None, jitter=1.0) for failures in range(1, 5)]

    assert pauses_s == [0.5, 1, 2, 4]


async def test_one_event_is_enough() -> None:
    """Set before or while waited for, any of them ends the wait."""
    one, other = asyncio.Event(), asyncio.Event()
    other.set()
    await wait_any(one, other)
    other.clear()
    waiting = asyncio.create_task(wait_any(one, other))
    one.set()
    await waiting

    assert not other.is_set()


async def test_a_wait_ends_with_its_time() -> None:
    """Without an event it is a pause."""
    never = asyncio.Event()
    await wait_any(never, timeout_s=0)

    assert not never.is_set()


async def test_a_cancelled_wait_leaves_nothing_running() -> None:
    """The watch on tasks of this test would find it."""
    never = asyncio.Event()
    waiting = asyncio.create_task(wait_any(never))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert waiting.cancelled()


class Loop:
    """A loop whose steps are given, and what it told."""

    def __init__(self, *steps: Callable[[], float | None]) -> None:
        self._steps = list(steps)
        self.stop, self.wake = asyncio.Event(), asyncio.Event()
        self.has_told = asyncio.Event()
        self.told: list[str] = []

    def tell(self, what: str) -> None:
        """Keep what the loop told."""
        self.told.append(what)
        self.has_told.set()

    async def run(self) -> None:
        """Take the steps, and stop in the last one."""
        await repeat(
            self._step,
            stop=self.stop,
            wake=self.wake,
            on_transient=lambda error: self.tell(str(error)),
            on_success=lambda: self.tell("fine"),
            jitter=lambda: 0.0,
        )

    async def _step(self) -> float | None:
        step = self._steps.pop(0)
        if not self._steps:
            self.stop.set()
        return step()


def failing(error: Exception) -> Callable[[], float | None]:
    """Make a step that fails."""

    def step() -> float | None:
        raise error

    return step


async def test_steps_follow_each_other_until_the_stop() -> None:
    """A rest of nothing goes on at once; the stop cuts the longest rest short."""
    loop = Loop(lambda: 0.0, lambda: 0.0, lambda: None)
    await loop.run()

    assert loop.told == ["fine", "fine", "fine"]


async def test_no_step_is_taken_after_the_stop() -> None:
    """A loop that is stopped before it began does nothing."""
    loop = Loop(lambda: None)
    loop.stop.set()
    await loop.run()

    assert loop.told == []


async def test_a_wake_during_a_step_is_not_lost() -> None:
    """What came while the step worked may be what it did not see."""

    def woken_meanwhile() -> float | None:
        loop.wake.set()
        return None

    loop = Loop(woken_meanwhile, lambda: 0.0)
    await loop.run()

    assert loop.told == ["fine", "fine"]


async def test_a_wake_cuts_a_rest_short() -> None:
    """The flow that rests until woken goes on when it is."""
    loop = Loop(lambda: None, lambda: 0.0)
    running = asyncio.create_task(loop.run())
    await loop.has_told.wait()
    loop.wake.set()
    await running

    assert loop.told == ["fine", "fine"]


async def test_an_error_that_passes_is_told_and_the_step_taken_again() -> None:
    """The loop goes on after its pause."""
    loop = Loop(failing(JdUnavailable("down")), lambda: 0.0)
    await loop.run()

    assert loop.told == ["down", "fine"]


async def test_a_wake_does_not_cut_short_what_jd_asked_to_wait_for() -> None:
    """New work is no reason to knock again; the stop is."""
    loop = Loop(failing(JdThrottled("tomorrow", retry_after_s=86_400)), lambda: 0.0)
    running = asyncio.create_task(loop.run())
    await loop.has_told.wait()
    loop.wake.set()
    for _ in range(10):
        await asyncio.sleep(0)
    told_after_the_wake = list(loop.told)
    loop.stop.set()
    await running

    assert told_after_the_wake == loop.told == ["tomorrow"]


async def test_any_other_error_ends_the_loop() -> None:
    """Its decision is somebody else's."""
    loop = Loop(failing(ZeroDivisionError("bug")), lambda: 0.0)
    with pytest.raises(ZeroDivisionError):
        await loop.run()

    assert loop.told == []
