"""Refunds before delivery: buyers apply, JD's staff approve or reject.

Source: contracts/jd/pop.afs.soa.refundapply.queryPageList. Assumed: an order is locked from the
application to the decision; an approval cancels it and the money goes back at once.
"""

from decimal import Decimal
from random import Random

from jd_simulator.errors import wrong_state
from jd_simulator.shop.model import Refund, RefundStatus, State
from jd_simulator.shop.orders import OrderBook
from jd_simulator.shop.view import amount_due

_REASONS = ("不想要了", "拍错了，重新下单", "商品信息填写错误", "地址电话填写错误", "其他")


class RefundDesk:
    """Every refund that buyers of a shop asked for before the goods came."""

    def __init__(self, *, orders: OrderBook) -> None:
        self._orders = orders
        self._chance = Random(f"refunds {orders.settings.seed}")  # noqa: S311 - made-up data
        self._last_id = 500_000_000 + self._chance.randrange(10**6)
        self.by_id: dict[int, Refund] = {}
        self._open: dict[int, Refund] = {}
        """By order, those that nobody decided yet."""

    def apply(self, order_id: int, *, reason: str | None = None) -> Refund:
        """Let a buyer ask for the money back; the order is locked.

        Args:
            order_id: An order that waits to leave.
            reason: The buyer's words; None makes some up.

        Raises:
            Refused: The order does not wait to leave.
        """
        order = self._orders.hold(order_id, State.LOCKED, "refund applied")
        self._last_id += self._chance.randrange(1, 40)
        refund = Refund(
            refund_id=self._last_id,
            order_id=order_id,
            buyer=order.buyer,
            amount=amount_due(order) if order.paid is not None else Decimal("0.00"),
            reason=self._chance.choice(_REASONS) if reason is None else reason,
            applied=order.modified,
            modified=order.modified,
        )
        self.by_id[refund.refund_id] = refund
        self._open[order_id] = refund
        return refund

    def approve(self, order_id: int) -> Refund:
        """Let JD's staff give the money back; the order is cancelled.

        Raises:
            Refused: No refund of it is open, or it was unlocked and left meanwhile.
        """
        self._find(order_id)
        order = self._orders.by_id[order_id]
        if order.state is not State.CANCELLED:
            self._orders.cancel(order_id)
        return self._close(order_id, RefundStatus.REFUNDED, "同意退款")

    def reject(self, order_id: int, *, remark: str = "商家不同意退款") -> Refund:
        """Let JD's staff refuse the refund; a locked order goes on.

        Raises:
            Refused: No refund of it is open.
        """
        self._find(order_id)
        self._unlock(order_id, "refund refused")
        return self._close(order_id, RefundStatus.REFUSED, remark)

    def withdraw(self, order_id: int) -> Refund:
        """Let the buyer think better of it; a locked order goes on.

        Raises:
            Refused: No refund of it is open.
        """
        self._find(order_id)
        self._unlock(order_id, "refund withdrawn")
        return self._close(order_id, RefundStatus.WITHDRAWN, "")

    def _unlock(self, order_id: int, cause: str) -> None:
        if self._orders.by_id[order_id].state is State.LOCKED:
            self._orders.resume(order_id, State.LOCKED, cause)

    def _find(self, order_id: int) -> Refund:
        order = self._orders.find(order_id)
        if order_id not in self._open:
            raise wrong_state(order.state)
        return self._open[order_id]

    def _close(self, order_id: int, status: RefundStatus, remark: str) -> Refund:
        refund = self._open.pop(order_id)
        refund.status, refund.check_remark = status, remark
        now = self._orders.instant(self._orders.by_id[order_id])
        refund.checked, refund.modified = now, now
        return refund
