"""How orders leave: whole, in parts, over the border in two steps, from JD's own warehouse, or as a
code to the buyer's phone; and how they come back.

Units are taken off the shelf as they leave: with each part, and with a cross-border order when it
is handed over inside the country. What comes back from delivery is not put on sale again: whether
it can be sold the seller decides, who then writes the stock (assumed).

Source: contracts/jd/pop.order.shipment, contracts/jd/pop.order.partial.outship,
contracts/jd/overseas.order.sop.outstorage, contracts/jd/overseas.order.sop.delivery,
contracts/jd/order-states.json
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jd_simulator.errors import already_shipped, refusal, wrong_state
from jd_simulator.shop.model import Line, Order, Parcel, State
from jd_simulator.shop.orders import OrderBook
from jd_simulator.shop.stock import take_off

_LEFT = (State.SHIPPED, State.FINISHED, State.RETURNED)
_JD = "2087"
"""JD's own delivery among the carriers."""
_WHOLE = "pop.order.shipment"
_PARTIAL = "pop.order.partial.outship"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartWanted:
    """Some units of one SKU that are to leave."""

    sku_id: int
    quantity: int
    uuid: str = ""
    """The line, where the seller names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A parcel that is to leave: its carrier, its waybills and what it holds."""

    carrier: str
    waybills: tuple[str, ...]
    parts: tuple[PartWanted, ...]


def ship(book: OrderBook, order_id: int, *, carriers: str, waybills: str) -> Order:
    """Take note that the seller has sent an order off, or what was left of it.

    Raises:
        Refused: Not this seller's, shipped already, JD's to ship, or in a state that does not
            allow it. Cross-border orders leave in two steps, by methods of their own.
    """
    order = _to_ship(book, order_id)
    if order.purchase.is_cross_border:
        raise wrong_state(order.state)
    _leave(book, order, carriers, waybills, "ship")
    return order


def ship_by_jd(book: OrderBook, order_id: int) -> Order:
    """Let one of JD's warehouses send an order off; a cross-border one in two steps (assumed).

    Raises:
        Refused: It is the seller's to ship, or in a state that does not allow it.
    """
    order = book.in_state(order_id, (State.TO_SHIP, State.LEFT_ABROAD))
    if not order.is_shipped_by_jd:
        raise wrong_state(order.state)
    if order.purchase.is_cross_border and order.state is State.TO_SHIP:
        book.move(order, State.LEFT_ABROAD, "ship by jd")
    else:
        _leave(book, order, _JD, f"JDVA{order.order_id}", "ship by jd")
    return order


def send_code(book: OrderBook, order_id: int) -> Order:
    """Send the buyer the code that was bought; with it the order is finished.

    Raises:
        Refused: The order waits for none.
    """
    order = book.in_state(order_id, (State.AWAITS_CODE,))
    _take_off(book, order)
    order.ended = order.shipped
    book.move(order, State.FINISHED, "send code")
    return order


def bring_back(book: OrderBook, order_id: int) -> Order:
    """Let an order come back from delivery: the buyer refused it, or was not found.

    Raises:
        Refused: It is not on its way.
    """
    order = book.in_state(order_id, (State.SHIPPED,))
    order.ended = book.instant(order)
    book.move(order, State.RETURNED, "bring back")
    return order


def leave_abroad(book: OrderBook, order_id: int) -> Order:
    """Take note that a cross-border order left the foreign warehouse; its units stay booked.

    Raises:
        Refused: Not this seller's, not cross-border, or in a state that does not allow it.
    """
    order = _to_ship(book, order_id)
    if not order.purchase.is_cross_border:
        raise wrong_state(order.state)
    book.move(order, State.LEFT_ABROAD, "leave abroad")
    return order


def deliver_from_abroad(book: OrderBook, order_id: int, *, carriers: str, waybills: str) -> Order:
    """Take note that a cross-border order was handed to a carrier inside the country.

    Raises:
        Refused: Not this seller's, JD's to ship, or it does not wait for that.
    """
    order = _to_ship(book, order_id, State.LEFT_ABROAD)
    _leave(book, order, carriers, waybills, "deliver from abroad")
    return order


def change_waybills(book: OrderBook, order_id: int, *, carriers: str, waybills: str) -> Order:
    """Put other waybills in the place of those that an order was shipped with.

    Raises:
        Refused: Not this seller's, or not on its way.
    """
    order = book.in_state(order_id, (State.SHIPPED,))
    order.carriers, order.waybills = carriers, waybills
    book.move(order, order.state, "change waybills")
    return order


def why_not_in_parts(book: OrderBook, order: Order) -> tuple[int, str] | None:
    """Tell why an order cannot leave in parts: a number (assumed) and JD's words; None: it can."""
    if book.settings.partial_shipment == "refused":
        return 1, "商家未开通部分发货"
    if order.is_shipped_by_jd:
        return 2, "京东发货订单不支持部分发货"
    if order.purchase.is_cross_border:
        return 3, "跨境订单不支持部分发货"
    if order.state is not State.TO_SHIP:
        return 4, "订单状态不支持部分发货"
    if sum(quantity for _, quantity in order.unsent()) < 2 and not order.parcels:
        return 5, "仅一件商品的订单不支持部分发货"
    return None


def ship_parts(book: OrderBook, order_id: int, deliveries: Sequence[Delivery]) -> Order:
    """Take note that some units of an order left; with its last ones the order has been shipped.

    Raises:
        Refused: Not this seller's, cannot leave in parts, or has fewer units left; nothing of it
            left then.
    """
    order = _to_ship(book, order_id)
    if why_not_in_parts(book, order) is not None:
        raise refusal(_PARTIAL, "10100024")
    left = {line.uuid: quantity for line, quantity in order.unsent()}
    plan = [(delivery, _units(order, delivery.parts, left)) for delivery in deliveries]
    now = book.instant(order)
    for delivery, units in plan:
        for line, quantity in units:
            take_off(line.sku, quantity, stock_model=book.settings.stock_model, at=now)
            order.sent[line.uuid] = order.sent.get(line.uuid, 0) + quantity
        order.parcels.append(
            Parcel(
                parcel_id=order.order_id * 100 + len(order.parcels) + 1,
                carrier=delivery.carrier,
                waybills=delivery.waybills,
                at=now,
                units=units,
            )
        )
    if order.unsent():
        book.move(order, State.TO_SHIP, "ship part")
    else:
        carriers = "|".join(parcel.carrier for parcel in order.parcels)
        waybills = "|".join(",".join(parcel.waybills) for parcel in order.parcels)
        _leave(book, order, carriers, waybills, "ship last part")
    return order


def _to_ship(book: OrderBook, order_id: int, state: State = State.TO_SHIP) -> Order:
    order = book.find(order_id)
    if order.state in _LEFT:
        raise already_shipped()
    order = book.in_state(order_id, (state,))
    if order.is_shipped_by_jd:
        raise refusal(_WHOLE, "10100023")
    return order


def _leave(book: OrderBook, order: Order, carriers: str, waybills: str, cause: str) -> None:
    _take_off(book, order)
    order.carriers, order.waybills = carriers, waybills
    book.move(order, State.SHIPPED, cause)


def _take_off(book: OrderBook, order: Order) -> None:
    """Take what has not left yet off the shelf."""
    order.shipped = book.instant(order)
    for line, quantity in order.unsent():
        take_off(line.sku, quantity, stock_model=book.settings.stock_model, at=order.shipped)
        order.sent[line.uuid] = line.quantity
    order.holds_stock = False


def _units(
    order: Order, parts: Sequence[PartWanted], left: dict[str, int]
) -> tuple[tuple[Line, int], ...]:
    """Take the wanted units out of what is `left` by line; a line of that uuid comes first."""
    found = []
    for part in parts:
        missing = part.quantity
        same_sku = [line for line in order.lines if line.sku.sku_id == part.sku_id]
        for line in sorted(same_sku, key=lambda line: line.uuid != part.uuid):
            units = min(missing, left.get(line.uuid, 0))
            if units:
                left[line.uuid] -= units
                missing -= units
                found.append((line, units))
        if missing:
            raise refusal(_PARTIAL, "10100025")
    return tuple(found)
