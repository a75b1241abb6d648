"""A sandbox in a test's hands: its credentials, its clock, its buyers and JD's staff.

Everything goes through a `Reach`: the simulator may run in another thread.
"""

from collections.abc import Iterable, Mapping

from jd_simulator.clock_handle import ClockHandle
from jd_simulator.control.reading import read_new_sku, read_purchase, read_sku_change
from jd_simulator.crowd import parse_crowd
from jd_simulator.faults import parse_rules
from jd_simulator.invariants import Invariants, invariants
from jd_simulator.journal import Entry
from jd_simulator.reach import Reach, at_once
from jd_simulator.sandbox import Sandbox
from jd_simulator.seed.people import Receiver
from jd_simulator.shop.dispatch import bring_back, send_code, ship_by_jd
from jd_simulator.shop.model import Order, Refund, Sku, SkuStatus, State, Wanted
from jd_simulator.shop.splitting import split


class SandboxHandle:
    """A sandbox in a test's hands."""

    def __init__(self, *, sandbox: Sandbox, endpoint: str, reach: Reach = at_once) -> None:
        self._sandbox = sandbox
        self._reach = reach
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
    def clock(self) -> ClockHandle:
        """The sandbox's clock."""
        return ClockHandle(sandbox=self._sandbox, reach=self._reach)

    @property
    def journal(self) -> list[Entry]:
        """The sandbox's last calls, oldest first."""
        return self._reach(lambda: list(self._sandbox.journal))

    def invariants(self) -> Invariants:
        """Tell what an observer at JD's side knows."""
        return self._reach(lambda: invariants(self._sandbox))

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
        return self._reach(
            lambda: self._sandbox.shop.orders.place(read_purchase({"lines": wanted, **more}))
        )

    def order(self, order_id: int | str) -> Order:
        """Look an order up.

        Raises:
            Refused: There is none.
        """
        return self._reach(lambda: self._sandbox.shop.orders.find(int(order_id)))

    def orders(self) -> list[Order]:
        """List every order, oldest first."""
        return self._reach(lambda: list(self._sandbox.shop.orders.by_id.values()))

    def pay(self, order_id: int | str) -> Order:
        """Let the buyer pay."""
        return self._reach(lambda: self._sandbox.shop.orders.pay(int(order_id)))

    def cancel(self, order_id: int | str) -> Order:
        """Cancel an order that has not left."""
        return self._reach(lambda: self._sandbox.shop.orders.cancel(int(order_id)))

    def lock(self, order_id: int | str) -> Order:
        """Put an order under review."""
        return self._reach(
            lambda: self._sandbox.shop.orders.hold(int(order_id), State.LOCKED, "lock")
        )

    def unlock(self, order_id: int | str) -> Order:
        """Let a locked order go on."""
        return self._reach(
            lambda: self._sandbox.shop.orders.resume(int(order_id), State.LOCKED, "unlock")
        )

    def pause(self, order_id: int | str) -> Order:
        """Pause an order."""
        return self._reach(
            lambda: self._sandbox.shop.orders.hold(int(order_id), State.PAUSED, "pause")
        )

    def unpause(self, order_id: int | str) -> Order:
        """Let a paused order go on."""
        return self._reach(
            lambda: self._sandbox.shop.orders.resume(int(order_id), State.PAUSED, "unpause")
        )

    def suspend(self, order_id: int | str) -> Order:
        """Put an order in JD's other state of a pause, PAUSE."""
        return self._reach(
            lambda: self._sandbox.shop.orders.hold(int(order_id), State.SUSPENDED, "suspend")
        )

    def unsuspend(self, order_id: int | str) -> Order:
        """Let a suspended order go on."""
        return self._reach(
            lambda: self._sandbox.shop.orders.resume(int(order_id), State.SUSPENDED, "unsuspend")
        )

    def lose_state(self, order_id: int | str) -> Order:
        """Let JD not tell an order's state: UN_KNOWN."""
        return self._reach(
            lambda: self._sandbox.shop.orders.hold(int(order_id), State.UNKNOWN, "lose state")
        )

    def find_state(self, order_id: int | str) -> Order:
        """Let JD tell an order's state again."""
        return self._reach(
            lambda: self._sandbox.shop.orders.resume(int(order_id), State.UNKNOWN, "find state")
        )

    def finish(self, order_id: int | str) -> Order:
        """Let the buyer confirm that the goods came."""
        return self._reach(lambda: self._sandbox.shop.orders.finish(int(order_id)))

    def readdress(self, order_id: int | str, receiver: Receiver | None = None) -> Order:
        """Change where an order goes; without a receiver one is made up."""
        return self._reach(lambda: self._sandbox.shop.orders.readdress(int(order_id), receiver))

    def split(
        self, order_id: int | str, parts: Iterable[Iterable[tuple[str | int, int]]] = ()
    ) -> tuple[Order, ...]:
        """Split an order; without parts, a child for each line or two halves of a single one.

        Args:
            order_id: An order that waits to be shipped.
            parts: What each child holds, as pairs of SKU (id or outer id) and units.
        """
        wanted = [
            [Wanted(key=str(key), quantity=quantity) for key, quantity in part] for part in parts
        ]
        return self._reach(lambda: split(self._sandbox.shop.orders, int(order_id), wanted))

    def ship_by_jd(self, order_id: int | str) -> Order:
        """Let JD's warehouse send an order off that is JD's to ship; from abroad in two steps."""
        return self._reach(lambda: ship_by_jd(self._sandbox.shop.orders, int(order_id)))

    def send_code(self, order_id: int | str) -> Order:
        """Send the buyer of a voucher the code; the order is finished."""
        return self._reach(lambda: send_code(self._sandbox.shop.orders, int(order_id)))

    def bring_back(self, order_id: int | str) -> Order:
        """Let an order come back from delivery."""
        return self._reach(lambda: bring_back(self._sandbox.shop.orders, int(order_id)))

    def apply_for_refund(self, order_id: int | str, reason: str | None = None) -> Refund:
        """Let the buyer ask for the money back; the order is locked."""
        refunds = self._sandbox.shop.refunds
        return self._reach(lambda: refunds.apply(int(order_id), reason=reason))

    def approve_refund(self, order_id: int | str) -> Refund:
        """Give the money back; the order is cancelled."""
        return self._reach(lambda: self._sandbox.shop.refunds.approve(int(order_id)))

    def reject_refund(self, order_id: int | str) -> Refund:
        """Refuse the refund; the order goes on."""
        return self._reach(lambda: self._sandbox.shop.refunds.reject(int(order_id)))

    def withdraw_refund(self, order_id: int | str) -> Refund:
        """Let the buyer think better of it; the order goes on."""
        return self._reach(lambda: self._sandbox.shop.refunds.withdraw(int(order_id)))

    def skus(self) -> list[Sku]:
        """List every SKU, deleted ones too."""
        return self._reach(lambda: list(self._sandbox.shop.shelves.by_id.values()))

    def sku(self, key: int | str) -> Sku:
        """Look a SKU up by id or outer id.

        Raises:
            NoSuchSku: There is none, or it was deleted.
        """
        return self._reach(lambda: self._sandbox.shop.shelves.find(str(key)))

    def add_sku(self, **fields: object) -> Sku:
        """List a SKU: outer_id, title, price, stock_num, bar_code as in the control room.

        Raises:
            BadInput: A field is wrong.
        """
        return self._reach(lambda: self._sandbox.shop.shelves.add(**read_new_sku(fields)))

    def change_sku(self, key: int | str, **fields: object) -> Sku:
        """Change a SKU behind the seller's back: title, price, status, outer_id,
        stock_num, stock_model.

        Raises:
            BadInput: A field is wrong.
        """
        return self._reach(
            lambda: self._sandbox.shop.shelves.change(str(key), **read_sku_change(fields))
        )

    def delete_sku(self, key: int | str) -> Sku:
        """Delete a SKU."""
        return self._reach(
            lambda: self._sandbox.shop.shelves.change(str(key), status=SkuStatus.DELETED)
        )

    def set_faults(self, rules: Iterable[Mapping[str, object]]) -> None:
        """Put fault rules in the place of those that were there; none ends all faults.

        Raises:
            BadInput: A field is wrong.
        """
        wanted = parse_rules({"rules": list(rules)})
        self._reach(lambda: self._sandbox.faults.replace(wanted))

    def start_crowd(self, **plan: object) -> None:
        """Let buyers come by themselves; the keywords are the fields of `CrowdPlan`.

        Raises:
            BadInput: A field is wrong.
        """
        wanted = parse_crowd(plan)
        self._reach(lambda: self._sandbox.start_crowd(wanted))

    def stop_crowd(self) -> None:
        """Let no more buyers come by themselves."""
        self._reach(self._sandbox.stop_crowd)

    def expire_token(self) -> None:
        """Let the access token's life end now."""
        self._reach(self._sandbox.expire_token)

    def rotate_tokens(self) -> None:
        """Put new tokens in the place of the old ones."""
        self._reach(self._sandbox.rotate_tokens)

    def remove_scope(self, method: str) -> None:
        """Take the permission for a method away, e.g. `jingdong.pop.order.search`."""
        self._reach(lambda: self._sandbox.grant.removed_scopes.add(method))

    def restore_scope(self, method: str) -> None:
        """Give the permission for a method back."""
        self._reach(lambda: self._sandbox.grant.removed_scopes.discard(method))

    def reset(self) -> None:
        """Bring everything back to how it was when the sandbox was made."""
        self._reach(self._sandbox.reset)
