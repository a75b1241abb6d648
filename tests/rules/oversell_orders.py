"""What the adapter makes of one order of the model: its rules, asked once for each case."""

from datetime import UTC, datetime, timedelta
from functools import cache

from adapter.rules.bookings import open_units
from adapter.rules.reservations import is_counted, reservation_of, with_order, with_receipt
from adapter.rules.stock import Level
from adapter.wire.helm import OrderReceipt, SalesChannel
from adapter.wire.kept import KeptReceipt, OrderIndexEntry, Reservation
from tests.rules.oversell_state import Order, Receipt

SKU, LISTING = "TEE", "100"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


_SETTINGS = SalesChannel(order_grace_s=0)


@cache
def _instant(half_seconds: int) -> datetime:
    return NOON + timedelta(seconds=half_seconds / 2)


@cache
def _entry(seen: str, published: int, left_at: int) -> OrderIndexEntry:
    return OrderIndexEntry(
        channel_id="shop",
        order_id="1",
        modified=_instant(2 * left_at + 1),
        content_hash="",
        state="",
        revision=1,
        first_published=_instant(2 * published),
        in_scope=True,
        status_id={"open": 3, "shipped": 5, "cancelled": 6}[seen],
        is_open=seen == "open",
        ordered={LISTING: 1},
        shipped={LISTING: 1} if seen == "shipped" else {},
        fulfilled_by="merchant",
    )


@cache
def open_listings(seen: str) -> int:
    """Count the listings that JD books for an order."""
    return open_units(_entry(seen, 0, 0)).get(LISTING, 0)


@cache
def _reservation(
    seen: str, published: int, left_at: int, receipts: tuple[Receipt, ...], kind: str
) -> Reservation | None:
    made = reservation_of(
        _entry("open", published, 0),
        settings=_SETTINGS,
        sold_as=lambda _: (SKU, 1),
        has_receipts=kind != "none",
    )
    assert made is not None
    known: KeptReceipt | None = None
    for receipt in receipts:
        is_rejected = receipt.outcome == "rejected"
        said = OrderReceipt.model_validate(
            {
                "channel_id": "shop",
                "channel_order_id": "1",
                "revision": 1,
                "outcome": receipt.outcome,
                "taken_in_at": _instant(2 * receipt.version + is_rejected),
                "stock_versions": {SKU: receipt.version}
                if kind == "versions" and not is_rejected
                else {},
            }
        )
        known = with_receipt(known, said)
    return with_order(made.model_copy(update={"receipt": known}), _entry(seen, published, left_at))


def uncounted_units(order: Order, version: int, kind: str) -> int:
    """Count the units of an order that a level does not reflect.

    Args:
        order: As the adapter knows it.
        version: The level's, and Helm's clock then.
        kind: Whether receipts name `versions` or `instants` alone, or `none` come.
    """
    return _uncounted(order.seen, order.published, order.left_at, order.receipt, version, kind)


@cache
def _uncounted(  # noqa: PLR0917 (what the cache tells cases apart by)
    seen: str,
    published: int,
    left_at: int,
    receipts: tuple[Receipt, ...],
    version: int,
    kind: str,
) -> int:
    reservation = _reservation(seen, published, left_at, receipts, kind)
    level = Level(0, version, _instant(2 * version))
    if reservation is None or is_counted(reservation, SKU, level):
        return 0
    return reservation.units[SKU]
