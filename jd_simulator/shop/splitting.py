"""Splitting of an order: children take its place, with its units and its money between them.

Source: contracts/jd/pop.order.search. Assumed: coupons are shared by what each child costs, a
SKU's coupon among those that hold it first; the freight stays with the first child.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from jd_simulator.shop.model import Coupon, Line, Order, State, Wanted
from jd_simulator.shop.orders import NotForSale, OrderBook

_FEN = Decimal("0.01")
_NONE = Decimal("0.00")


def split(
    book: OrderBook, order_id: int, parts: Sequence[Sequence[Wanted]] = ()
) -> tuple[Order, ...]:
    """Put children in the place of an order that waits to be shipped.

    Args:
        book: The shop's orders.
        order_id: The order.
        parts: What each child holds, all of the order's units between them. Empty: a child for
            each line, or two for the halves of a single line.

    Returns:
        The children, in the order of `parts`.

    Raises:
        Refused: The order does not wait to be shipped.
        NotForSale: The parts do not add up to the order, or there is nothing to split.
    """
    parent = book.in_state(order_id, (State.TO_SHIP,))
    if parent.parcels:
        raise NotForSale(path="order", detail="a part of it has left")
    shares = _shares(parent, parts) if parts else _halves(parent)
    if len(shares) < 2:
        raise NotForSale(path="parts", detail="an order is split into two at least")
    now = book.instant(parent)
    coupons = _coupons(parent.purchase.coupons, shares)
    children = tuple(
        replace(
            parent,
            order_id=book.next_id(),
            modified=now,
            entered=now,
            purchase=replace(
                parent.purchase,
                coupons=coupons[number],
                freight=_NONE if number else parent.purchase.freight,
            ),
            lines=share,
            parent_id=parent.parent_id or parent.order_id,
            direct_parent_id=parent.order_id,
            # What belongs to one order alone must not be shared with its parent.
            sent={},
            parcels=[],
            changes=[],
            shown={},
            returned_modified=None,
            readings=0,
        )
        for number, share in enumerate(shares)
    )
    book.replace(parent, children)
    return children


def _halves(order: Order) -> list[tuple[Line, ...]]:
    if len(order.lines) > 1:
        return [(line,) for line in order.lines]
    (line,) = order.lines
    half = line.quantity // 2
    if not half:
        return [(line,)]
    return [(_some(line, half, 1),), (_some(line, line.quantity - half, 2),)]


def _shares(order: Order, parts: Sequence[Sequence[Wanted]]) -> list[tuple[Line, ...]]:
    left = {line.uuid: line.quantity for line in order.lines}
    shares = []
    for number, part in enumerate(parts, start=1):
        share = []
        for wanted in part:
            missing = wanted.quantity
            for line in order.lines:
                if wanted.key in (str(line.sku.sku_id), line.outer_id):
                    units = min(missing, left[line.uuid])
                    left[line.uuid] -= units
                    missing -= units
                    share += [_some(line, units, number)] if units else []
            if missing:
                raise NotForSale(path=wanted.path, detail=f"the order has {missing} fewer")
        if not share:
            raise NotForSale(path="parts", detail="a part holds nothing")
        shares.append(tuple(share))
    if any(left.values()):
        raise NotForSale(path="parts", detail="the parts do not hold all of the order")
    return shares


def _some(line: Line, quantity: int, number: int) -> Line:
    return replace(line, uuid=f"{line.uuid}.{number}", quantity=quantity)


def _coupons(
    coupons: tuple[Coupon, ...], shares: Sequence[tuple[Line, ...]]
) -> list[tuple[Coupon, ...]]:
    """Share coupons out so that no child is discounted below nothing and no fen is lost."""
    room = [sum((line.price * line.quantity for line in share), _NONE) for share in shares]
    given: list[tuple[Coupon, ...]] = [()] * len(shares)
    for coupon in sorted(coupons, key=lambda coupon: coupon.sku_id is None):
        holds = [
            coupon.sku_id is None or any(line.sku.sku_id == coupon.sku_id for line in share)
            for share in shares
        ]
        first = [space if held else _NONE for space, held in zip(room, holds, strict=True)]
        near = _apportion(min(coupon.amount, sum(first, _NONE)), first)
        rest = [space - taken for space, taken in zip(room, near, strict=True)]
        far = _apportion(coupon.amount - sum(near, _NONE), rest)
        for number, amount in enumerate(map(sum, zip(near, far, strict=True))):
            if amount:
                given[number] += (replace(coupon, amount=Decimal(amount)),)
                room[number] -= amount
    return given


def _apportion(amount: Decimal, room: Sequence[Decimal]) -> list[Decimal]:
    """Divide an amount that is at most all of `room`, in proportion, to the fen."""
    whole = sum(room, _NONE)
    if not amount or not whole:
        return [_NONE] * len(room)
    shares = [(amount * space / whole).quantize(_FEN, "ROUND_DOWN") for space in room]
    missing = amount - sum(shares, _NONE)
    for number, space in enumerate(room):
        more = min(missing, space - shares[number])
        shares[number] += more
        missing -= more
    return shares
