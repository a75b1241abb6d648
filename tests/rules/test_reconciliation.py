from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from adapter.rules.ledger import StockLedger
from adapter.rules.reconciliation import KINDS, Figures, Kind, figures_of, kind_of
from adapter.rules.stock import Level, StockModel, StockRule
from adapter.wire.jd import JdStockReading

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
COUNTS = st.integers(0, 12)


def a_kind(figures: Figures | None, **fields: Any) -> Kind:
    """Compare JD's figures with a mapped listing of which JD took 10."""
    ours: dict[str, Any] = {
        "stock_model": "spot",
        "is_mapped": True,
        "is_busy": False,
        "offered": 10,
        "open_units": 2,
        "is_old": False,
    }
    return kind_of(figures, **(ours | fields))


@pytest.mark.parametrize(
    ("figures", "ours", "kind"),
    [
        (None, {}, "missing"),
        (None, {"is_mapped": False}, "missing"),
        (Figures(10, 2, is_held_by_jd=True), {}, "held_by_jd"),
        (Figures(10, 2, is_held_by_jd=True), {"is_mapped": False}, "held_by_jd"),
        (Figures(9, 2), {"is_mapped": False}, "unmapped"),
        (Figures(9, 2), {"is_busy": True}, "waiting"),
        (Figures(10, 2), {"offered": None}, "waiting"),
        (Figures(10, 2), {}, "equal"),
        (Figures(0, 0), {"offered": 0, "open_units": 0}, "equal"),
        (Figures(11, 2), {}, "drift"),
        (Figures(11, 1), {}, "drift"),
        (Figures(11, 3), {}, "drift"),
        (Figures(9, 0), {"open_units": 0}, "drift"),
        (Figures(9, 5), {"open_units": 0}, "drift"),
        (Figures(9, 1), {}, "lag"),
        (Figures(9, 2), {}, "lag"),
        (Figures(9, 3), {}, "lag"),
        (Figures(3, 2), {}, "lag"),
        (Figures(9, 2), {"is_old": True}, "drift"),
        (Figures(10, 1), {}, "lag"),
        (Figures(10, 1), {"is_old": True}, "lag"),
        (Figures(10, 3), {}, "booked"),
        (Figures(10, 0), {"stock_model": "sellable"}, "equal"),
        (Figures(10, 9), {"stock_model": "sellable"}, "equal"),
        (Figures(11, 0), {"stock_model": "sellable"}, "drift"),
        (Figures(9, 0), {"stock_model": "sellable", "open_units": 0}, "lag"),
        (Figures(9, 0), {"stock_model": "sellable", "is_old": True}, "drift"),
    ],
    ids=repr,
)
def test_each_difference_has_its_kind(
    figures: Figures | None, ours: dict[str, Any], kind: Kind
) -> None:
    """The table of the module, line by line; 10 were offered and 2 units are open."""
    assert a_kind(figures, **ours) == kind


COMPARED = st.fixed_dictionaries(
    {
        "stock_model": st.sampled_from(["spot", "sellable"]),
        "is_mapped": st.booleans(),
        "is_busy": st.booleans(),
        "offered": st.none() | COUNTS,
        "open_units": COUNTS,
        "is_old": st.booleans(),
    }
)


@given(figures=st.none() | st.builds(Figures, COUNTS, COUNTS, st.booleans()), ours=COMPARED)
def test_every_comparison_has_one_kind(figures: Figures | None, ours: dict[str, Any]) -> None:
    """And only a number of a mapped listing at rest that differs from the offered one is drift."""
    kind = a_kind(figures, **ours)

    assert kind in KINDS
    if kind == "drift":
        assert figures is not None
        assert not figures.is_held_by_jd
        assert ours["is_mapped"]
        assert not ours["is_busy"]
        assert figures.stock_num != ours["offered"]


@given(
    stock_model=st.sampled_from(["spot", "sellable"]),
    offered=COUNTS,
    known=st.tuples(COUNTS, COUNTS, COUNTS),
    unseen=COUNTS,
)
def test_no_unseen_order_is_taken_for_drift(
    stock_model: StockModel, offered: int, known: tuple[int, int, int], unseen: int
) -> None:
    """Known orders that shipped, ended or wait, and buyers nobody saw yet: nothing is written."""
    shipped, _, waiting = known
    figures = (
        Figures(max(offered - shipped, 0), waiting + unseen)
        if stock_model == "spot"
        else Figures(max(offered - unseen, 0))
    )
    kind = a_kind(figures, stock_model=stock_model, offered=offered, open_units=sum(known))

    assert kind != "drift"


@given(open_units=COUNTS, offered=COUNTS, figures=st.tuples(COUNTS, COUNTS))
def test_what_lets_jd_sell_more_than_is_offered_is_never_left_to_wait(
    open_units: int, offered: int, figures: tuple[int, int]
) -> None:
    """A higher number at JD oversells at once, and the repair can only take units away."""
    for model in ("spot", "sellable"):
        kind = a_kind(Figures(*figures), stock_model=model, offered=offered, open_units=open_units)

        assert (kind == "drift") or figures[0] <= offered


@given(
    stock_model=st.sampled_from(["spot", "sellable"]),
    available=st.integers(-3, 20),
    buffer=COUNTS,
    open_units=COUNTS,
    found=COUNTS,
)
def test_a_repair_ends_at_what_is_desired(
    stock_model: StockModel, available: int, buffer: int, open_units: int, found: int
) -> None:
    """Whatever JD was found to hold; and what is equal is never written."""
    ledger = StockLedger(
        rule=StockRule(buffer), stock_model=stock_model, levels={"TEE": Level(available, 1)}
    )
    ledger.listing_mapped("1", "TEE")
    ledger.open_units_changed("1", open_units)
    ledger.accepted(ledger.next_batch(NOON))
    desired = ledger.desired("1")
    assert desired is not None
    kind = a_kind(
        Figures(found, open_units),
        stock_model=stock_model,
        offered=ledger.offered("1"),
        open_units=open_units,
        is_old=True,
    )
    if kind == "drift":
        assert ledger.observed("1", found, generation=ledger.generation("1"))
    written = [write.quantity for write in ledger.next_batch(NOON)]

    assert written == ([desired.quantity] if kind == "drift" else [])
    assert kind == ("equal" if found == desired.quantity else "drift")


def a_reading(*stores: tuple[str | None, int, int], model: object = 0) -> JdStockReading:
    """Answer as JD does."""
    return JdStockReading.model_validate(
        {
            "skuId": 1,
            "stockModel": model,
            "skuStockInfos": [
                {"storeId": store_id, "stockNum": stock, "orderBookingNum": booked}
                for store_id, stock, booked in stores
            ],
        }
    )


@pytest.mark.parametrize(
    ("reading", "store_id", "figures"),
    [
        (a_reading(("0", 9, 2)), None, Figures(9, 2)),
        (a_reading(("0", 9, 2), ("7", 5, 1)), None, Figures(9, 2)),
        (a_reading(("0", 9, 2), ("7", 5, 1)), "7", Figures(5, 1)),
        (a_reading(("6", 9, 2), ("7", 5, 1)), None, Figures(14, 3)),
        (a_reading(), None, Figures(0, 0)),
        (a_reading(("0", 9, 2), model=None), None, Figures(9, 2)),
        (a_reading(("0", 9, 2), model="2"), None, Figures(9, 2, is_held_by_jd=True)),
        (a_reading(("7", 9, 2), model=1), "7", Figures(9, 2)),
    ],
    ids=[
        "the only store",
        "the default store",
        "the channel's store",
        "no such store",
        "no record",
        "no model",
        "another model",
        "another model, named store",
    ],
)
def test_the_store_that_is_written_is_the_one_that_is_compared(
    reading: JdStockReading, store_id: str | None, figures: Figures
) -> None:
    """Another store's stock is not ours to answer for; an unknown model is JD's own affair."""
    assert figures_of(reading, store_id) == figures


@pytest.mark.parametrize(
    "name", list(contracts.jd_method("ware.stock.sku.query").response_examples)
)
def test_every_stock_answer_of_the_contract_can_be_compared(name: str) -> None:
    """Missing bookings and missing stock records count as none."""
    body = contracts.jd_method("ware.stock.sku.query").response_examples[name]
    (envelope,) = body.values()
    found = envelope.get("returnType", {}).get("obj") if isinstance(envelope, dict) else None
    if found:
        assert a_kind(figures_of(JdStockReading.model_validate(found), None)) in KINDS
