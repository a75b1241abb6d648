from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.adjustments import CLOCKS_DIFFER, adjustment, taken_by_jd
from adapter.rules.stock import StockModel
from adapter.wire.kept import OrderIndexEntry
from adapter.wire.published import StockUpdate

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + CLOCKS_DIFFER + timedelta(seconds=1)


def an_order(*, shipped: int = 0, **fields: Any) -> OrderIndexEntry:
    """Keep an order of five listings, so many of them shipped."""
    kept: dict[str, Any] = {
        "channel_id": "shop",
        "order_id": "1",
        "modified": NOON,
        "content_hash": "1-0",
        "state": "",
        "revision": 1,
        "in_scope": True,
        "is_open": shipped < 5,
        "ordered": {"100": 5},
        "shipped": {"100": shipped} if shipped else {},
    }
    return OrderIndexEntry(**(kept | fields))


def an_update(status: str = "accepted", quantity: int = 9) -> StockUpdate:
    """Write what was offered at noon."""
    return StockUpdate.model_validate(
        {
            "channel_id": "shop",
            "sku_id": "100",
            "sku": "TEE",
            "status": status,
            "quantity": quantity,
            "stock_ref": "r",
            "at": NOON,
        }
    )


OPEN, PARTLY, LEFT = an_order(), an_order(shipped=2), an_order(shipped=5)
CANCELLED = an_order(is_open=False)
SPLIT = an_order(is_open=False, children=["2", "3"])


@pytest.mark.parametrize(
    ("stock_model", "before", "after", "taken"),
    [
        ("spot", None, OPEN, 0),
        ("spot", None, PARTLY, 2),
        ("spot", None, LEFT, 0),
        ("spot", OPEN, PARTLY, 2),
        ("spot", PARTLY, LEFT, 3),
        ("spot", LEFT, LEFT, 0),
        ("spot", OPEN, CANCELLED, 0),
        ("sellable", None, OPEN, 5),
        ("sellable", None, LEFT, 0),
        ("sellable", None, CANCELLED, 0),
        ("sellable", OPEN, PARTLY, 0),
        ("sellable", OPEN, LEFT, 0),
        ("sellable", OPEN, CANCELLED, -5),
        ("sellable", PARTLY, an_order(shipped=2, is_open=False), -3),
        ("sellable", OPEN, SPLIT, 0),
        ("sellable", CANCELLED, OPEN, 5),
    ],
)
def test_jd_changes_its_number_when_goods_leave_or_when_they_are_ordered(
    stock_model: StockModel,
    before: OrderIndexEntry | None,
    after: OrderIndexEntry,
    taken: int,
) -> None:
    """Spot stock falls as it leaves; a number net of orders falls and rises with them."""
    expected = {"100": taken} if taken else {}

    assert taken_by_jd(before, after, stock_model=stock_model) == expected


@given(
    units=st.integers(-5, 20),
    quantity=st.integers(0, 10),
    status=st.sampled_from(["accepted", "adjusted", "intended", "refused", "unknown"]),
    not_before=st.none() | st.just(NOON) | st.just(NOON + CLOCKS_DIFFER) | st.just(LATER),
)
def test_only_what_is_surely_later_than_a_certain_write_is_reckoned_on(
    units: int, quantity: int, status: str, not_before: datetime | None
) -> None:
    """Everything else is unknown, and is written again."""
    kept = adjustment(
        an_update(status, quantity), units=units, not_before=not_before, cause="order:1", now=LATER
    )
    is_sure = status in {"accepted", "adjusted"} and not_before == LATER

    assert kept.status == ("adjusted" if is_sure else "unknown")
    assert kept.quantity == (max(quantity - units, 0) if is_sure else quantity)
    assert (kept.stock_ref, kept.at) == ("order:1", LATER)
