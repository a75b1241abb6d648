"""A small shop for tests, and everything that can happen to one of its orders."""

from collections.abc import Callable

from jd_simulator.clock import Clock
from jd_simulator.settings import Settings
from jd_simulator.shop.dispatch import (
    Delivery,
    PartWanted,
    bring_back,
    change_waybills,
    deliver_from_abroad,
    leave_abroad,
    send_code,
    ship,
    ship_by_jd,
    ship_parts,
)
from jd_simulator.shop.model import Order, Purchase, Sku, State, Wanted
from jd_simulator.shop.shop import Shop
from jd_simulator.shop.splitting import split

NOON = 1_795_406_400


def new_shop(**settings: object) -> Shop:
    """Open a shop of three SKUs with ten of each, whose clock stands still."""
    chosen = Settings(sku_count=3, initial_stock=10, clock_start=NOON, **settings)  # type: ignore[arg-type]  # any setting
    clock = Clock(start=NOON)
    clock.freeze()
    clock.set(NOON)
    return Shop(settings=chosen, clock=clock)


def buy(
    shop: Shop,
    quantity: int = 1,
    *,
    is_paid: bool = True,
    is_cross_border: bool = False,
    order_type: str = "22",
    is_voucher: bool = False,
) -> int:
    """Order the first SKU."""
    line = Wanted(key="TEE-RED-M", quantity=quantity)
    purchase = Purchase(
        lines=(line,),
        is_paid=is_paid,
        is_cross_border=is_cross_border,
        order_type=order_type,
        is_voucher=is_voucher,
    )
    return shop.orders.place(purchase).order_id


def first_sku(shop: Shop) -> Sku:
    """Take the SKU that `buy` orders."""
    return shop.shelves.find("TEE-RED-M")


def ship_one(shop: Shop, order_id: int, quantity: int = 1) -> Order:
    """Let some units of the first SKU leave."""
    part = PartWanted(sku_id=first_sku(shop).sku_id, quantity=quantity)
    delivery = Delivery(carrier="467", waybills=("SF1",), parts=(part,))
    return ship_parts(shop.orders, order_id, [delivery])


VERBS: dict[str, Callable[[Shop, int], object]] = {
    "pay": lambda shop, order: shop.orders.pay(order),
    "cancel": lambda shop, order: shop.orders.cancel(order),
    "lock": lambda shop, order: shop.orders.hold(order, State.LOCKED, "lock"),
    "unlock": lambda shop, order: shop.orders.resume(order, State.LOCKED, "unlock"),
    "pause": lambda shop, order: shop.orders.hold(order, State.PAUSED, "pause"),
    "unpause": lambda shop, order: shop.orders.resume(order, State.PAUSED, "unpause"),
    "suspend": lambda shop, order: shop.orders.hold(order, State.SUSPENDED, "suspend"),
    "unsuspend": lambda shop, order: shop.orders.resume(order, State.SUSPENDED, "unsuspend"),
    "lose state": lambda shop, order: shop.orders.hold(order, State.UNKNOWN, "lose state"),
    "find state": lambda shop, order: shop.orders.resume(order, State.UNKNOWN, "find state"),
    "finish": lambda shop, order: shop.orders.finish(order),
    "bring back": lambda shop, order: bring_back(shop.orders, order),
    "send code": lambda shop, order: send_code(shop.orders, order),
    "readdress": lambda shop, order: shop.orders.readdress(order, None),
    "remark": lambda shop, order: shop.orders.write_remark(order, flag=1, remark="备注"),
    "ship": lambda shop, order: ship(shop.orders, order, carriers="467", waybills="SF1"),
    "ship part": ship_one,
    "ship by jd": lambda shop, order: ship_by_jd(shop.orders, order),
    "leave abroad": lambda shop, order: leave_abroad(shop.orders, order),
    "deliver": lambda shop, order: deliver_from_abroad(
        shop.orders, order, carriers="467", waybills="SF1"
    ),
    "change waybills": lambda shop, order: change_waybills(
        shop.orders, order, carriers="463", waybills="YT1"
    ),
    "split": lambda shop, order: split(shop.orders, order),
    "apply for refund": lambda shop, order: shop.refunds.apply(order),
    "approve refund": lambda shop, order: shop.refunds.approve(order),
    "reject refund": lambda shop, order: shop.refunds.reject(order),
    "withdraw refund": lambda shop, order: shop.refunds.withdraw(order),
}
"""What buyers, the seller and JD's staff do, by name."""

LIKELY: dict[State, list[str]] = {
    State.NOT_PAY: ["pay", "cancel"],
    State.TO_SHIP: [
        "ship",
        "ship by jd",
        "leave abroad",
        "lock",
        "apply for refund",
        "pause",
        "suspend",
        "lose state",
        "cancel",
    ],
    State.LEFT_ABROAD: ["deliver", "ship by jd", "lock", "apply for refund", "lose state"],
    State.LOCKED: ["approve refund", "reject refund", "withdraw refund", "unlock", "cancel"],
    State.PAUSED: ["unpause", "cancel"],
    State.SUSPENDED: ["unsuspend", "cancel"],
    State.AWAITS_CODE: ["send code", "cancel"],
    State.UNKNOWN: ["find state"],
    State.SHIPPED: ["finish", "change waybills", "bring back", "lose state"],
    State.FINISHED: ["remark"],
    State.RETURNED: ["remark"],
    State.CANCELLED: ["remark", "approve refund"],
}
"""What may well happen to an order in a state, so that chance does not mostly meet refusals."""
