"""The simulator inside a test: a shop on a free port, and the buyers and JD's staff as methods.

async with serve(seed=1) as simulator:
    sandbox = simulator.create_sandbox(seed=7, sku_count=20)
    order = sandbox.place_order([("TEE-RED-M", 2)])
"""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager

from jd_simulator.app import listening
from jd_simulator.clock import Clock
from jd_simulator.control.observer import Invariants, invariants
from jd_simulator.control.reading import read_new_sku, read_purchase, read_sku_change
from jd_simulator.faults import parse_rules
from jd_simulator.journal import Entry
from jd_simulator.sandbox import Sandbox
from jd_simulator.seed.people import Receiver
from jd_simulator.settings import parse_settings
from jd_simulator.shop.model import Order, Sku, SkuStatus, State
from jd_simulator.simulator import DEMO, Simulator

OnAnswer = Callable[[str, str], None]
"""Is told the method and the whole text of each answer of the gateway."""


class SandboxHandle:
    """A sandbox in a test's hands."""

    def __init__(self, *, sandbox: Sandbox, endpoint: str) -> None:
        self._sandbox = sandbox
        self.endpoint = endpoint
        """Where JD's gateway listens, without its path."""

    @property
    def sandbox_id(self) -> str:
        """Names the sandbox in the control room."""
        return self._sandbox.identity.sandbox_id

    @property
    def app_key(self) -> str:
        """API Key."""
        return self._sandbox.identity.app_key

    @property
    def app_secret(self) -> str:
        """API Secret."""
        return self._sandbox.identity.app_secret

    @property
    def app_id(self) -> str:
        """App ID; never sent to JD."""
        return self._sandbox.identity.app_id

    @property
    def access_token(self) -> str:
        """Access Token as it is now."""
        return self._sandbox.grant.access_token

    @property
    def refresh_token(self) -> str:
        """Refresh token as it is now."""
        return self._sandbox.grant.refresh_token

    @property
    def clock(self) -> Clock:
        """The sandbox's clock."""
        return self._sandbox.clock

    @property
    def journal(self) -> list[Entry]:
        """The sandbox's last calls, oldest first."""
        return list(self._sandbox.journal)

    def invariants(self) -> Invariants:
        """Tell what an observer at JD's side knows."""
        return invariants(self._sandbox)

    def place_order(
        self, lines: Iterable[tuple[str | int, int] | Mapping[str, object]], **more: object
    ) -> Order:
        """Place a buyer's order.

        Args:
            lines: Pairs of SKU (id or outer id) and quantity, or lines as the control room takes
                them (with `gift`, say).
            **more: Further fields of the control room's order: paid, buyer, receiver, remark …

        Raises:
            NotForSale: JD would not sell that.
            BadInput: A field is wrong.
        """
        wanted = [
            line
            if isinstance(line, Mapping)
            # Whatever names a SKU: the shop looks under both ids and codes.
            else {"outer_id": str(line[0]), "quantity": line[1]}
            for line in lines
        ]
        return self._sandbox.shop.orders.place(read_purchase({"lines": wanted, **more}))

    def order(self, order_id: int | str) -> Order:
        """Look an order up.

        Raises:
            Refused: There is none.
        """
        return self._sandbox.shop.orders.find(int(order_id))

    def orders(self) -> list[Order]:
        """List every order, oldest first."""
        return list(self._sandbox.shop.orders.by_id.values())

    def pay(self, order_id: int | str) -> Order:
        """Let the buyer pay."""
        return self._sandbox.shop.orders.pay(int(order_id))

    def cancel(self, order_id: int | str) -> Order:
        """Cancel an order that has not left."""
        return self._sandbox.shop.orders.cancel(int(order_id))

    def lock(self, order_id: int | str) -> Order:
        """Put an order under review."""
        return self._sandbox.shop.orders.hold(int(order_id), State.LOCKED, "lock")

    def unlock(self, order_id: int | str) -> Order:
        """Let a locked order go on."""
        return self._sandbox.shop.orders.resume(int(order_id), State.LOCKED, "unlock")

    def pause(self, order_id: int | str) -> Order:
        """Pause an order."""
        return self._sandbox.shop.orders.hold(int(order_id), State.PAUSED, "pause")

    def unpause(self, order_id: int | str) -> Order:
        """Let a paused order go on."""
        return self._sandbox.shop.orders.resume(int(order_id), State.PAUSED, "unpause")

    def finish(self, order_id: int | str) -> Order:
        """Let the buyer confirm that the goods came."""
        return self._sandbox.shop.orders.finish(int(order_id))

    def readdress(self, order_id: int | str, receiver: Receiver | None = None) -> Order:
        """Change where an order goes; without a receiver one is made up."""
        return self._sandbox.shop.orders.readdress(int(order_id), receiver)

    def skus(self) -> list[Sku]:
        """List every SKU, deleted ones too."""
        return list(self._sandbox.shop.shelves.by_id.values())

    def sku(self, key: int | str) -> Sku:
        """Look a SKU up by id or outer id.

        Raises:
            NoSuchSku: There is none, or it was deleted.
        """
        return self._sandbox.shop.shelves.find(str(key))

    def add_sku(self, **fields: object) -> Sku:
        """List a SKU: outer_id, title, price, stock_num, bar_code as in the control room.

        Raises:
            BadInput: A field is wrong.
        """
        return self._sandbox.shop.shelves.add(**read_new_sku(fields))

    def change_sku(self, key: int | str, **fields: object) -> Sku:
        """Change a SKU behind the seller's back: title, price, status, outer_id, stock_num.

        Raises:
            BadInput: A field is wrong.
        """
        return self._sandbox.shop.shelves.change(str(key), **read_sku_change(fields))

    def delete_sku(self, key: int | str) -> Sku:
        """Delete a SKU."""
        return self._sandbox.shop.shelves.change(str(key), status=SkuStatus.DELETED)

    def set_faults(self, rules: Iterable[Mapping[str, object]]) -> None:
        """Put fault rules in the place of those that were there; none ends all faults.

        Raises:
            BadInput: A field is wrong.
        """
        self._sandbox.faults.replace(parse_rules({"rules": list(rules)}))

    def expire_token(self) -> None:
        """Let the access token's life end now."""
        self._sandbox.expire_token()

    def rotate_tokens(self) -> None:
        """Put new tokens in the place of the old ones."""
        self._sandbox.rotate_tokens()

    def remove_scope(self, method: str) -> None:
        """Take the permission for a method away, e.g. `jingdong.pop.order.search`."""
        self._sandbox.grant.removed_scopes.add(method)

    def restore_scope(self, method: str) -> None:
        """Give the permission for a method back."""
        self._sandbox.grant.removed_scopes.discard(method)

    def reset(self) -> None:
        """Bring everything back to how it was when the sandbox was made."""
        self._sandbox.reset()


class SimulatorHandle:
    """A running simulator in a test's hands."""

    def __init__(self, *, simulator: Simulator, endpoint: str) -> None:
        self._simulator = simulator
        self.endpoint = endpoint
        """Where it listens, such as `http://127.0.0.1:8790`."""

    @property
    def demo(self) -> SandboxHandle:
        """The sandbox that is there from the start."""
        sandbox = self._simulator.sandboxes[DEMO.sandbox_id]
        return SandboxHandle(sandbox=sandbox, endpoint=self.endpoint)

    @property
    def on_answer(self) -> OnAnswer | None:
        """Is told each answer of the gateway."""
        return self._simulator.on_answer

    @on_answer.setter
    def on_answer(self, callback: OnAnswer | None) -> None:
        self._simulator.on_answer = callback

    def create_sandbox(self, **settings: object) -> SandboxHandle:
        """Make a sandbox; the keywords are the fields of `jd_simulator.settings.Settings`.

        Raises:
            BadInput: A setting is wrong.
        """
        sandbox = self._simulator.create_sandbox(
            parse_settings({"seed": self._simulator.seed, **settings})
        )
        return SandboxHandle(sandbox=sandbox, endpoint=self.endpoint)


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
