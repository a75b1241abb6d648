"""The simulator inside a test: a shop on a free port, and the buyers and JD's staff as methods.

async with serve(seed=1) as simulator:
    sandbox = simulator.create_sandbox(seed=7, sku_count=20)
    order = sandbox.place_order([("TEE-RED-M", 2)])

`serve` runs in the test's own event loop, `serve_in_thread` beside it: for tests without one, or
with another library's. The handles are the same, and with `serve_in_thread` any thread may use
them. An order or SKU that they give is the simulator's own object and goes on changing.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

from jd_simulator.app import listening
from jd_simulator.clock_handle import ClockHandle
from jd_simulator.handles import SandboxHandle
from jd_simulator.reach import Reach, at_once, reach_into, running_in_thread
from jd_simulator.sandbox import Sandbox
from jd_simulator.scenario import read_new_sandbox
from jd_simulator.simulator import DEMO, Simulator

__all__ = [
    "ClockHandle",
    "OnAnswer",
    "SandboxHandle",
    "SimulatorHandle",
    "serve",
    "serve_in_thread",
]

OnAnswer = Callable[[str, str], None]
"""Is told the method and the whole text of each answer of the gateway."""


class SimulatorHandle:
    """A running simulator in a test's hands."""

    def __init__(self, *, simulator: Simulator, endpoint: str, reach: Reach = at_once) -> None:
        self._simulator = simulator
        self._reach = reach
        self.endpoint = endpoint
        """Where it listens, such as `http://127.0.0.1:8790`."""

    @property
    def demo(self) -> SandboxHandle:
        """The sandbox that is there from the start."""
        sandbox = self._simulator.sandboxes[DEMO.sandbox_id]
        return self._handle(sandbox)

    @property
    def on_answer(self) -> OnAnswer | None:
        """Is told each answer of the gateway, in the simulator's own thread."""
        return self._simulator.on_answer

    @on_answer.setter
    def on_answer(self, callback: OnAnswer | None) -> None:
        self._simulator.on_answer = callback

    def create_sandbox(self, **settings: object) -> SandboxHandle:
        """Make a sandbox; the keywords are the fields of `jd_simulator.settings.Settings`.

        Beside them `scenario` may name a scenario, or be one.

        Raises:
            BadInput: A setting is wrong.
        """
        wanted, scenario = read_new_sandbox(settings, seed=self._simulator.seed)
        return self._handle(self._reach(lambda: self._simulator.create_sandbox(wanted, scenario)))

    def remove_sandbox(self, sandbox: SandboxHandle) -> None:
        """Forget a sandbox; its app_key is unknown from now on.

        Raises:
            KeyError: It is not there any more.
        """
        self._reach(lambda: self._simulator.remove_sandbox(sandbox.sandbox_id))

    def _handle(self, sandbox: Sandbox) -> SandboxHandle:
        return SandboxHandle(sandbox=sandbox, endpoint=self.endpoint, reach=self._reach)


@asynccontextmanager
async def serve(
    *, seed: int = 1, host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[SimulatorHandle]:
    """Run a simulator in this event loop while the context is open.

    Args:
        seed: Of everything made up.
        host: Address to bind.
        port: Port to bind; 0 picks a free one.
    """
    simulator = Simulator(seed=seed)
    async with listening(simulator, host=host, port=port) as endpoint:
        yield SimulatorHandle(simulator=simulator, endpoint=endpoint)


@contextmanager
def serve_in_thread(
    *, seed: int = 1, host: str = "127.0.0.1", port: int = 0
) -> Iterator[SimulatorHandle]:
    """Run a simulator in a thread of its own while the context is open.

    Args:
        seed: Of everything made up.
        host: Address to bind.
        port: Port to bind; 0 picks a free one.

    Raises:
        OSError: The port is in use, or the address is not this machine's.
    """

    async def main(ready: Callable[[SimulatorHandle], None], stop: asyncio.Event) -> None:
        simulator = Simulator(seed=seed)
        reach = reach_into(asyncio.get_running_loop(), threading.get_ident())
        async with listening(simulator, host=host, port=port) as endpoint:
            ready(SimulatorHandle(simulator=simulator, endpoint=endpoint, reach=reach))
            await stop.wait()

    with running_in_thread(main) as handle:
        yield handle
