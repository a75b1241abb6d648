"""What an order costs, who bears its discounts, and whether JD's amounts add up.

JD says with `sellerDiscount` how much the seller bears in all, and lists discounts one by one
without saying whose they are. Where the list adds up to that amount all are the seller's, where
the amount is zero all are JD's, and otherwise the kind decides, as far as it is known. Which kinds
are whose is assumed.

Source: contracts/jd/pop.order.search.
"""

from decimal import Decimal
from typing import Literal, NamedTuple

from adapter.wire.jd import JdCoupon, JdOrder
from adapter.wire.published import Discount

_ZERO = Decimal(0)
_A_CENT = Decimal("0.01")
_SELLERS_KINDS = frozenset({"20", "28", "29", "30", "35", "100"})
_JDS_KINDS = frozenset({"34", "39", "52"})


class Amounts(NamedTuple):
    """An order's amounts in yuan."""

    total: Decimal
    """Goods before discounts."""

    total_paid: Decimal
    """What the buyer pays."""

    total_discount: Decimal
    """All discounts together."""

    discounts: list[Discount]
    """Each of them."""

    shipping_paid: Decimal
    """Freight that the buyer pays."""

    tax_paid: Decimal
    """Import tax that the buyer pays."""

    sums_agree: bool
    """JD's own amounts add up, as far as JD gave them."""


def amounts(order: JdOrder) -> Amounts:
    """Reckon an order's amounts; JD's figures stand, also where they do not add up.

    Args:
        order: As JD tells it.
    """
    of_lines = _sum_of_lines(order)
    total = _first(order.total_price, of_lines, _ZERO)
    discounts = _discounts(order)
    total_discount = sum((discount.amount for discount in discounts), _ZERO)
    shipping, tax = order.freight or _ZERO, order.tax_fee or _ZERO
    reckoned = total - total_discount + shipping + tax
    paid = _first(order.should_pay, order.actual_pay, order.payment, reckoned)
    balance = order.balance_used or _ZERO
    return Amounts(
        total=total,
        total_paid=paid,
        total_discount=total_discount,
        discounts=discounts,
        shipping_paid=shipping,
        tax_paid=tax,
        sums_agree=(
            order.total_price is not None
            and (of_lines is None or _agree(of_lines, total))
            and _agree(order.seller_price, total - (order.seller_discount or _ZERO))
            and (_agree(paid, reckoned) or _agree(paid, reckoned - balance))
        ),
    )


def line_discounts(order: JdOrder) -> dict[str, Decimal]:
    """Add up the discounts that JD names a SKU for.

    Args:
        order: As JD tells it.

    Returns:
        Amounts by sku_id.
    """
    by_sku: dict[str, Decimal] = {}
    for coupon in order.coupons:
        if coupon.sku_id is not None and coupon.amount is not None:
            by_sku[coupon.sku_id] = by_sku.get(coupon.sku_id, _ZERO) + coupon.amount
    return by_sku


def _discounts(order: JdOrder) -> list[Discount]:
    listed = [coupon for coupon in order.coupons if coupon.amount]
    borne = order.seller_discount
    whole = sum((coupon.amount or _ZERO for coupon in listed), _ZERO)
    discounts = [
        Discount(
            kind=_kind(coupon),
            amount=coupon.amount or _ZERO,
            borne_by=_borne_by(coupon, sellers=borne, whole=whole),
        )
        for coupon in listed
    ]
    others = sum((each.amount for each in discounts if each.borne_by != "jd"), _ZERO)
    if borne is not None and borne > others:
        rest = Discount(kind="seller_discount", amount=borne - others, borne_by="seller")
        discounts.append(rest)
    if order.pay_discount:
        by_paying = Discount(kind="pay_discount", amount=order.pay_discount, borne_by="jd")
        discounts.append(by_paying)
    return discounts


def _borne_by(
    coupon: JdCoupon, *, sellers: Decimal | None, whole: Decimal
) -> Literal["seller", "jd", "unknown"]:
    if sellers is not None and _agree(sellers, whole):
        return "seller"
    if sellers == _ZERO:
        return "jd"
    code = coupon.kind.code if coupon.kind else ""
    if code in _JDS_KINDS:
        return "jd"
    return "seller" if code in _SELLERS_KINDS else "unknown"


def _kind(coupon: JdCoupon) -> str:
    if coupon.kind is None:
        return "coupon"
    return f"{coupon.kind.code}-{coupon.kind.label}" if coupon.kind.label else coupon.kind.code


def _sum_of_lines(order: JdOrder) -> Decimal | None:
    prices = [line.price for line in order.lines]
    if not prices or None in prices:
        return None
    return sum(((line.price or _ZERO) * line.quantity for line in order.lines), _ZERO)


def _agree(one: Decimal | None, other: Decimal) -> bool:
    return one is None or abs(one - other) < _A_CENT


def _first(*candidates: Decimal | None) -> Decimal:
    return next(amount for amount in candidates if amount is not None)
