"""The virtual clock of a sandbox in a test's hands."""

from jd_simulator.reach import Reach
from jd_simulator.sandbox import Sandbox


class ClockHandle:
    """A sandbox's clock in a test's hands."""

    def __init__(self, *, sandbox: Sandbox, reach: Reach) -> None:
        self._sandbox = sandbox
        self._reach = reach

    @property
    def speed(self) -> float:
        """Virtual seconds that pass in a real one; 0 means frozen."""
        return self._reach(lambda: self._sandbox.clock.speed)

    def now(self) -> float:
        """Tell the virtual time in seconds since the epoch."""
        return self._reach(self._sandbox.clock.now)

    def set(self, instant: float) -> None:
        """Jump to an instant, forwards or backwards; the speed stays."""
        self._reach(lambda: self._sandbox.clock.set(instant))

    def advance(self, seconds: float) -> None:
        """Jump by some seconds; negative ones go back."""
        self._reach(lambda: self._sandbox.clock.advance(seconds))

    def run(self, speed: float) -> None:
        """Run `speed` times as fast as real time from now on."""
        self._reach(lambda: self._sandbox.clock.run(speed))

    def freeze(self) -> None:
        """Stand still until set, advanced or run."""
        self._reach(self._sandbox.clock.freeze)
