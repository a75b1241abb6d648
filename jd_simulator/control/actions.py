"""What a buyer or JD's staff can do to an order, each as one call of the control room."""

from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from jd_simulator.control import answers, bodies
from jd_simulator.control.asking import json_answer, order_id_of, read_body, sandbox_of
from jd_simulator.control.reading import REFUND_DECISIONS, read_parts, read_receiver
from jd_simulator.control.route import SANDBOX, Handler, Route
from jd_simulator.control.schemas import Schema
from jd_simulator.control.showing import show_order
from jd_simulator.fields import Fields
from jd_simulator.shop.dispatch import bring_back, send_code, ship_by_jd
from jd_simulator.shop.model import State
from jd_simulator.shop.orders import CANCELLABLE, HERE
from jd_simulator.shop.shop import Shop
from jd_simulator.shop.splitting import split


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing that can be done to an order."""

    zh: str
    en: str
    """What it is called, in both languages."""
    states: tuple[State, ...]
    """Where the console offers it; whether it is possible the shop alone decides."""
    act: Callable[[Shop, int, Fields], object]
    is_for_jd: bool = False
    """Whether only orders can have it done to them that JD ships."""
    body: Schema = field(default_factory=lambda: bodies.NOTHING)


def _readdress(shop: Shop, order_id: int, fields: Fields) -> None:
    receiver = read_receiver(fields.nested("receiver")) if fields.has("receiver") else None
    fields.done()
    shop.orders.readdress(order_id, receiver)


def _split(shop: Shop, order_id: int, fields: Fields) -> None:
    parts = read_parts(fields)
    fields.done()
    split(shop.orders, order_id, parts)


def _refund(shop: Shop, order_id: int, fields: Fields) -> None:
    decision = fields.choice("decision", REFUND_DECISIONS, "apply")
    reason = fields.text("reason", longest=200) if fields.has("reason") else None
    remark = fields.text("remark", "", longest=200)
    fields.done()
    match decision:
        case "apply":
            shop.refunds.apply(order_id, reason=reason)
        case "withdraw":
            shop.refunds.withdraw(order_id)
        case "approve":
            shop.refunds.approve(order_id)
        case "reject" if remark:
            shop.refunds.reject(order_id, remark=remark)
        case "reject":
            shop.refunds.reject(order_id)


def _bare(act: Callable[[Shop, int], object]) -> Callable[[Shop, int, Fields], object]:
    """Do something that needs to know no more than the order."""

    def read_and_act(shop: Shop, order_id: int, fields: Fields) -> object:
        fields.done()
        return act(shop, order_id)

    return read_and_act


def _hold(state: State, cause: str) -> Callable[[Shop, int, Fields], object]:
    return _bare(lambda shop, order_id: shop.orders.hold(order_id, state, cause))


def _resume(state: State, cause: str) -> Callable[[Shop, int, Fields], object]:
    return _bare(lambda shop, order_id: shop.orders.resume(order_id, state, cause))


ACTIONS = {
    "pay": Action(
        zh="付款",
        en="Pay",
        states=(State.NOT_PAY,),
        act=_bare(lambda shop, order_id: shop.orders.pay(order_id)),
    ),
    "cancel": Action(
        zh="取消",
        en="Cancel",
        states=CANCELLABLE,
        act=_bare(lambda shop, order_id: shop.orders.cancel(order_id)),
    ),
    "lock": Action(
        zh="锁定",
        en="Lock",
        states=(State.TO_SHIP, State.LEFT_ABROAD),
        act=_hold(State.LOCKED, "lock"),
    ),
    "unlock": Action(
        zh="解锁",
        en="Unlock",
        states=(State.LOCKED,),
        act=_resume(State.LOCKED, "unlock"),
    ),
    "pause": Action(
        zh="暂停",
        en="Pause",
        states=(State.TO_SHIP,),
        act=_hold(State.PAUSED, "pause"),
    ),
    "unpause": Action(
        zh="恢复",
        en="Resume",
        states=(State.PAUSED,),
        act=_resume(State.PAUSED, "unpause"),
    ),
    "suspend": Action(
        zh="挂起",
        en="Suspend",
        states=(State.TO_SHIP,),
        act=_hold(State.SUSPENDED, "suspend"),
    ),
    "unsuspend": Action(
        zh="取消挂起",
        en="End suspension",
        states=(State.SUSPENDED,),
        act=_resume(State.SUSPENDED, "unsuspend"),
    ),
    "lose_state": Action(
        zh="状态不明",
        en="Lose state",
        states=(State.TO_SHIP, State.LEFT_ABROAD, State.SHIPPED),
        act=_hold(State.UNKNOWN, "lose state"),
    ),
    "find_state": Action(
        zh="恢复状态",
        en="Find state",
        states=(State.UNKNOWN,),
        act=_resume(State.UNKNOWN, "find state"),
    ),
    "split": Action(
        zh="拆单",
        en="Split",
        states=(State.TO_SHIP,),
        act=_split,
        body=bodies.SPLIT,
    ),
    "refund": Action(
        zh="退款",
        en="Refund",
        states=(State.TO_SHIP, State.LEFT_ABROAD, State.LOCKED),
        act=_refund,
        body=bodies.REFUND,
    ),
    "readdress": Action(
        zh="改地址",
        en="Readdress",
        states=HERE,
        act=_readdress,
        body=bodies.READDRESS,
    ),
    "finish": Action(
        zh="确认收货",
        en="Finish",
        states=(State.SHIPPED,),
        act=_bare(lambda shop, order_id: shop.orders.finish(order_id)),
    ),
    "ship_by_jd": Action(
        zh="京东发货",
        en="Ship by JD",
        states=(State.TO_SHIP, State.LEFT_ABROAD),
        act=_bare(lambda shop, order_id: ship_by_jd(shop.orders, order_id)),
        is_for_jd=True,
    ),
    "send_code": Action(
        zh="发码",
        en="Send code",
        states=(State.AWAITS_CODE,),
        act=_bare(lambda shop, order_id: send_code(shop.orders, order_id)),
    ),
    "bring_back": Action(
        zh="配送退货",
        en="Bring back",
        states=(State.SHIPPED,),
        act=_bare(lambda shop, order_id: bring_back(shop.orders, order_id)),
    ),
}
"""By the last part of their path."""


def _handler(action: Action) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        shop, order_id = sandbox_of(request).shop, order_id_of(request)
        action.act(shop, order_id, Fields(await read_body(request, {})))
        return json_answer(show_order(shop.orders.find(order_id)))

    return handle


ROUTES = tuple(
    Route(
        verb="POST",
        path=f"{SANDBOX}/orders/{{order_id}}/{name}",
        handler=_handler(action),
        tag="orders",
        summary=f"An order: {action.en} ({action.zh})",
        body=action.body,
        body_required=False,
        answer=answers.ORDER,
        conflicts="The order's state does not allow it; `code` is JD's.",
    )
    for name, action in ACTIONS.items()
)
