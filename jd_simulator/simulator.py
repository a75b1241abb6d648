"""The simulator as a whole: its sandboxes, and the calls that name none of them."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine

from jd_simulator.clock import Clock
from jd_simulator.journal import Journal
from jd_simulator.sandbox import Identity, Sandbox
from jd_simulator.scenario import Scenario
from jd_simulator.settings import Settings

_STRAYS = 200

DEMO = Identity(
    sandbox_id="demo",
    app_key="demo-app-key",
    app_secret="demo-app-secret",  # noqa: S106 - documented, and opens nothing but a made-up shop
    app_id="demo-app",
    access_token="demo-access-token",  # noqa: S106 - as above
    refresh_token="demo-refresh-token",  # noqa: S106 - as above
)
"""The credentials of the sandbox that is there from the start."""


class Simulator:
    """Every sandbox of one running simulator. Nothing is global: two of them share nothing."""

    def __init__(
        self,
        *,
        seed: int = 1,
        demo: Settings | None = None,
        scenario: Scenario | None = None,
    ) -> None:
        """Make a simulator with its demo sandbox.

        Args:
            seed: Of the demo sandbox, and of those made without a seed of their own.
            demo: Settings of the demo sandbox; None: the defaults with `seed`.
            scenario: How the demo sandbox begins; one with a crowd needs an event loop that runs.
        """
        self.seed = seed
        self.sandboxes: dict[str, Sandbox] = {}
        """By sandbox_id."""
        self.by_app_key: dict[str, Sandbox] = {}
        self.clock = Clock()
        """Real time, for the calls that belong to no sandbox."""
        self.strays = Journal(_STRAYS)
        """Calls whose app_key names no sandbox."""
        self.on_answer: Callable[[str, str], None] | None = None
        """Told the method and the text of each answer of the gateway, refusals too."""
        self.closing = asyncio.Event()
        """Set when the server shuts down; whoever keeps a client waiting ends then."""
        self._late: set[asyncio.Task[None]] = set()
        self._enter(Sandbox(identity=DEMO, settings=demo or Settings(seed=seed), scenario=scenario))

    def create_sandbox(self, settings: Settings, scenario: Scenario | None = None) -> Sandbox:
        """Make a sandbox with credentials of its own, which begins as a scenario says."""
        name = secrets.token_hex(6)
        identity = Identity(
            sandbox_id=name,
            app_key=f"key-{name}",
            app_secret=f"secret-{secrets.token_hex(16)}",
            app_id=f"app-{name}",
            access_token=f"token-{secrets.token_hex(16)}",
            refresh_token=f"refresh-{secrets.token_hex(16)}",
        )
        sandbox = Sandbox(identity=identity, settings=settings, scenario=scenario)
        self._enter(sandbox)
        return sandbox

    def remove_sandbox(self, sandbox_id: str) -> None:
        """Forget a sandbox; its app_key is unknown from now on."""
        sandbox = self.sandboxes.pop(sandbox_id)
        del self.by_app_key[sandbox.identity.app_key]
        sandbox.stop_crowd()

    def run_late(self, work: Coroutine[None, None, None]) -> None:
        """Let something happen after its caller has gone; it ends with the simulator."""
        task = asyncio.create_task(work)
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    async def close(self) -> None:
        """Let go of every waiting client and of what was still to happen."""
        self.closing.set()
        for sandbox in self.sandboxes.values():
            sandbox.stop_crowd()
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)

    def _enter(self, sandbox: Sandbox) -> None:
        self.sandboxes[sandbox.identity.sandbox_id] = sandbox
        self.by_app_key[sandbox.identity.app_key] = sandbox
