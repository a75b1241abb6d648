"""The checker of the demo: it passes what is right and fails what is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from devstack.checker import check, stock_right
from devstack.observations import (
    DeadLetter,
    Dispatch,
    Evidence,
    JdCalls,
    JdOrder,
    JdSku,
    Level,
    PublishedListing,
    PublishedOrder,
    Receipt,
    ShipmentAnswer,
    StockRule,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(seconds=5)
BROKEN = b"not a level"

ONCE = "No state of an order is in jd.orders twice"
RISE = "Revisions of an order rise"
NEWEST = "The newest state of every order is in jd.orders"
MAPPED = "Every SKU at JD is in jd.listings, mapped"
STOCK = "JD can sell what the rule makes of the newest level"
DISPATCHED = "Every dispatch is at JD once, with its waybill"
ANSWERED = "Every dispatch is answered as shipped"
DEAD = "Dead letters hold the broken record and nothing else"
SIGNED = "JD refused no call for its signature"

NEW = PublishedOrder(
    order_id="1", revision=1, modified=NOON, content_hash="1:a", state="WAIT_SELLER_STOCK_OUT"
)
SHIPPED = replace(
    NEW, revision=2, modified=LATER, content_hash="1:b", state="WAIT_GOODS_RECEIVE_CONFIRM"
)
CANCELLED = replace(NEW, order_id="2", state="TRADE_CANCELED")
DISPATCH = Dispatch(shipment_id="shipment-1", order_id="1", waybill="SF1")
LETTER = DeadLetter(place="helm.stock-changes-0-7", reason="malformed", value=BROKEN)
SKU = JdSku(sku_id="100", outer_id="TEE-RED-M", stock_num=17, booked=2)

GOOD = Evidence(
    import_from=NOON,
    rule=StockRule(stock_buffer=2, max_stock_level=50),
    orders=[NEW, CANCELLED, SHIPPED],
    receipts=[],
    listings=[PublishedListing(sku_id="100", sku="TEE-RED-M")],
    levels=[
        Level(sku="TEE-RED-M", available=17, version=4),
        Level(sku="TEE-RED-M", available=30, version=3),
    ],
    dispatches=[DISPATCH],
    shipment_answers=[
        ShipmentAnswer(shipment_id="shipment-1", outcome="waiting"),
        ShipmentAnswer(shipment_id="shipment-1", outcome="shipped"),
    ],
    dead_letters=[LETTER],
    broken_values=frozenset({BROKEN}),
    jd_orders=[
        JdOrder(
            order_id="1",
            state="WAIT_GOODS_RECEIVE_CONFIRM",
            modified=LATER,
            counts_from=NOON,
            waybills=("SF1",),
        ),
        JdOrder(order_id="2", state="TRADE_CANCELED", modified=NOON, counts_from=NOON, waybills=()),
        JdOrder(order_id="3", state="NOT_PAY", modified=NOON, counts_from=NOON, waybills=()),
        JdOrder(
            order_id="4",
            state="WAIT_SELLER_STOCK_OUT",
            modified=NOON,
            counts_from=NOON - timedelta(seconds=1),
            waybills=(),
        ),
    ],
    jd_skus=[SKU],
    jd_calls=JdCalls(total=40, refused_for_signature=0),
)


def _at_jd(evidence: Evidence, **changes: object) -> list[JdOrder]:
    """Change the first order at JD."""
    first, *others = evidence.jd_orders
    return [replace(first, **changes), *others]  # type: ignore[arg-type]  # fields of a fixture


BREAKAGES: list[tuple[str, Callable[[Evidence], Evidence], set[str], str]] = [
    (
        "an order is missing",
        lambda good: replace(good, orders=[NEW, SHIPPED]),
        {NEWEST},
        "2 is missing",
    ),
    (
        "an order's newest state is missing",
        lambda good: replace(good, orders=[NEW, CANCELLED]),
        {NEWEST},
        "1 is WAIT_GOODS_RECEIVE_CONFIRM at JD, WAIT_SELLER_STOCK_OUT in jd.orders",
    ),
    (
        "an order out of scope is there",
        lambda good: replace(good, orders=[*good.orders, replace(NEW, order_id="4")]),
        {NEWEST},
        "4 is out of scope, or unknown to JD",
    ),
    (
        "an order is doubled under the next revision",
        lambda good: replace(good, orders=[*good.orders, replace(SHIPPED, revision=3)]),
        {ONCE},
        "1 of 2026-11-23T12:00:05+00:00 is there 2 times",
    ),
    (
        "a record is doubled",
        lambda good: replace(good, orders=[*good.orders, SHIPPED]),
        {ONCE, RISE},
        "1 of 2026-11-23T12:00:05+00:00 is there 2 times",
    ),
    (
        "a revision falls",
        lambda good: replace(good, orders=[replace(NEW, revision=2), CANCELLED, SHIPPED]),
        {RISE},
        "1: revision 2, not 1",
    ),
    (
        "a revision is left out",
        lambda good: replace(good, orders=[NEW, CANCELLED, replace(SHIPPED, revision=3)]),
        {RISE},
        "1: revision 3, not 2",
    ),
    (
        "an older state follows a newer one",
        lambda good: replace(
            good,
            orders=[replace(SHIPPED, revision=1), CANCELLED, replace(NEW, revision=2)],
        ),
        {RISE, NEWEST},
        "1: revision 2 is of an older instant",
    ),
    (
        "a listing is missing",
        lambda good: replace(good, listings=[]),
        {MAPPED, STOCK},
        "TEE-RED-M (100) is not there",
    ),
    (
        "a listing is not mapped",
        lambda good: replace(good, listings=[PublishedListing(sku_id="100", sku=None)]),
        {MAPPED, STOCK},
        "TEE-RED-M (100) is not there",
    ),
    (
        "a quantity is stale",
        lambda good: replace(good, jd_skus=[replace(SKU, stock_num=30)]),
        {STOCK},
        "TEE-RED-M: JD sells 28, not 15 (level 17, version 4)",
    ),
    (
        "a dispatch is missing at JD",
        lambda good: replace(good, jd_orders=_at_jd(good, waybills=())),
        {DISPATCHED},
        "1 (WAIT_GOODS_RECEIVE_CONFIRM): JD has none, Helm sent SF1",
    ),
    (
        "a dispatch is doubled at JD",
        lambda good: replace(good, jd_orders=_at_jd(good, waybills=("SF1", "SF1"))),
        {DISPATCHED},
        "1 (WAIT_GOODS_RECEIVE_CONFIRM): JD has SF1, SF1, Helm sent SF1",
    ),
    (
        "a dispatch has another waybill at JD",
        lambda good: replace(good, jd_orders=_at_jd(good, waybills=("SF2",))),
        {DISPATCHED},
        "1 (WAIT_GOODS_RECEIVE_CONFIRM): JD has SF2, Helm sent SF1",
    ),
    (
        "JD has a parcel that Helm did not send",
        lambda good: replace(good, dispatches=[replace(DISPATCH, order_id="2")]),
        {DISPATCHED},
        "1 (WAIT_GOODS_RECEIVE_CONFIRM): JD has SF1, Helm sent none",
    ),
    (
        "a dispatch is refused",
        lambda good: replace(
            good,
            shipment_answers=[
                ShipmentAnswer(
                    shipment_id="shipment-1", outcome="refused", reason="it is cancelled"
                )
            ],
        ),
        {ANSWERED},
        "shipment-1 of 1: refused it is cancelled",
    ),
    (
        "a dispatch is not answered",
        lambda good: replace(good, shipment_answers=[]),
        {ANSWERED},
        "shipment-1 of 1: no answer",
    ),
    (
        "a sound record is in dead letters",
        lambda good: replace(
            good,
            dead_letters=[
                LETTER,
                DeadLetter(place="helm.shipments-0-3", reason="internal_error", value=b"{}"),
            ],
        ),
        {DEAD},
        "helm.shipments-0-3: internal_error",
    ),
    (
        "the broken record is not in dead letters",
        lambda good: replace(good, dead_letters=[]),
        {DEAD},
        "broken record b'not a level' is not there",
    ),
    (
        "a signature is refused",
        lambda good: replace(good, jd_calls=JdCalls(total=40, refused_for_signature=1)),
        {SIGNED},
        "1 of 40 calls",
    ),
]


def test_a_run_in_which_all_holds_passes() -> None:
    """Orders, stock, dispatches, dead letters and signatures are right: every row holds."""
    results = check(GOOD)

    assert [result.what for result in results if not result.holds] == []
    assert [result.counted for result in results] == [3, 2, 2, 1, 1, 1, 1, 1, 40]


@pytest.mark.parametrize(
    ("damage", "broken", "offender"),
    [case[1:] for case in BREAKAGES],
    ids=[case[0] for case in BREAKAGES],
)
def test_broken_evidence_fails_just_the_rows_it_breaks(
    damage: Callable[[Evidence], Evidence], broken: set[str], offender: str
) -> None:
    """Whatever is lost, doubled or stale fails its row, and the row names the offender."""
    results = check(damage(GOOD))

    assert {result.what for result in results if not result.holds} == broken
    assert offender in [words for result in results for words in result.offenders]


def test_an_empty_run_proves_nothing() -> None:
    """A row for which nothing was seen does not hold."""
    empty = replace(
        GOOD,
        orders=[],
        receipts=[],
        listings=[],
        levels=[],
        dispatches=[],
        shipment_answers=[],
        dead_letters=[],
        broken_values=frozenset(),
        jd_orders=[],
        jd_skus=[],
        jd_calls=JdCalls(total=0, refused_for_signature=0),
    )

    assert [result.holds for result in check(empty)] == [False] * 9


@pytest.mark.parametrize(
    ("available", "sellable"),
    [(0, 0), (1, 0), (2, 0), (3, 1), (52, 50), (53, 50), (-4, 0), (None, 0)],
)
def test_the_rule_takes_the_buffer_off_before_the_cap(available: int | None, sellable: int) -> None:
    """min(max(available - buffer, 0), cap); negative and null levels count as 0."""
    result = stock_right(
        GOOD.listings,
        [Level(sku="TEE-RED-M", available=available, version=1)],
        [replace(SKU, stock_num=sellable + 3, booked=3)],
        rule=GOOD.rule,
    )

    assert result.holds


@pytest.mark.parametrize(
    ("state", "outcome", "holds"),
    [
        ("WAIT_SELLER_STOCK_OUT", "rejected", True),
        ("WAIT_SELLER_STOCK_OUT", "accepted", False),
        ("TRADE_CANCELED", "rejected", False),
    ],
)
def test_what_helm_could_not_fill_comes_off_the_level(
    state: str, outcome: str, *, holds: bool
) -> None:
    """An order that Helm rejected, and that stands at JD, still needs its units."""
    order = replace(NEW, units={"TEE-RED-M": 3}, state=state)
    results = check(
        replace(
            GOOD,
            orders=[order],
            receipts=[
                Receipt(order_id="1", outcome="accepted"),
                Receipt(order_id="1", outcome=outcome),
            ],
            jd_skus=[replace(SKU, stock_num=14)],
        )
    )

    assert {result.what: result.holds for result in results}[STOCK] is holds


def test_without_a_cap_the_whole_level_is_offered() -> None:
    """A channel without Max Stock Levels offers all units but the buffer."""
    result = stock_right(
        GOOD.listings,
        [Level(sku="TEE-RED-M", available=400, version=1)],
        [replace(SKU, stock_num=398, booked=0)],
        rule=StockRule(stock_buffer=2, max_stock_level=None),
    )

    assert result.holds
