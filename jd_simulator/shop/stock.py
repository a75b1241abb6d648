"""What an order does to a SKU's stock, in each of the two stock models.

Source: contracts/jd/ware.stock.sku.query

`spot` is JD's own wording: an order books its units when it is placed and takes them off stockNum
when it is shipped. `sellable`: stockNum itself falls when an order is placed.
"""

from jd_simulator.shop.model import Sku, StockWrite


def book(sku: Sku, quantity: int, *, stock_model: str, at: float) -> None:
    """Hold units back for an order that was just placed."""
    if stock_model == "spot":
        sku.booked += quantity
        _note_lowest(sku)
    else:
        set_stock(sku, sku.stock_num - quantity, at=at, cause="order")


def release(sku: Sku, quantity: int, *, stock_model: str, at: float) -> None:
    """Give the units of a cancelled order back."""
    if stock_model == "spot":
        sku.booked -= quantity
    else:
        set_stock(sku, sku.stock_num + quantity, at=at, cause="cancellation")


def take_off(sku: Sku, quantity: int, *, stock_model: str, at: float) -> None:
    """Let the units of a shipped order leave.

    stockNum counts what lies on the shelf, so it stops at 0 even where the seller had set it
    below the bookings (assumed).
    """
    if stock_model == "spot":
        sku.booked -= quantity
        set_stock(sku, max(sku.stock_num - quantity, 0), at=at, cause="shipment")


def set_stock(
    sku: Sku,
    stock_num: int,
    *,
    at: float,
    cause: str,
    stock_ref: str | None = None,
    call: int | None = None,
) -> None:
    """Set stockNum and remember who did; bookings stay as they are."""
    sku.stock_num = stock_num
    _note_lowest(sku)
    sku.history.append(StockWrite(at, cause, stock_num, stock_ref, call))


def _note_lowest(sku: Sku) -> None:
    sku.lowest_sellable = min(sku.lowest_sellable, sku.sellable)
