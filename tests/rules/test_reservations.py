from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.reservations import (
    is_counted,
    is_settled,
    reservation_of,
    with_mapping,
    with_order,
    with_receipt,
)
from adapter.rules.stock import Level
from adapter.wire.helm import OrderReceipt, SalesChannel
from adapter.wire.kept import KeptReceipt, OrderIndexEntry, Reservation

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SETTINGS = SalesChannel(stock_pool="north", order_grace_s=60)
MAPPING = {"5": ("TEE", 1), "6": ("MUG", 3)}


def after(seconds: float) -> datetime:
    """Give an instant after noon."""
    return NOON + timedelta(seconds=seconds)


def an_entry(**fields: Any) -> OrderIndexEntry:
    """Keep of an open order what reservations need."""
    kept: dict[str, Any] = {
        "channel_id": "shop",
        "order_id": "1",
        "modified": NOON,
        "content_hash": "1-0",
        "state": "WAIT_SELLER_STOCK_OUT",
        "revision": 1,
        "first_published": NOON,
        "in_scope": True,
        "status_id": 3,
        "is_open": True,
        "ordered": {"5": 2, "6": 1},
        "fulfilled_by": "merchant",
    }
    return OrderIndexEntry(**(kept | fields))


def reserved(entry: OrderIndexEntry, **settings: Any) -> Reservation | None:
    """Reserve for an order of a channel that gets receipts."""
    return reservation_of(
        entry,
        settings=SETTINGS.model_copy(update=settings),
        sold_as=MAPPING.get,
        has_receipts=True,
    )


def a_reservation(**fields: Any) -> Reservation:
    """Reserve two units of TEE."""
    kept: dict[str, Any] = {
        "channel_id": "shop",
        "order_id": "1",
        "stock_pool": "north",
        "units": {"TEE": 2},
        "published_at": NOON,
        "order_grace_s": 60,
        "has_receipts": True,
    }
    return Reservation(**(kept | fields))


def a_receipt(
    revision: int = 1, outcome: str = "accepted", at: float = 0, **versions: int
) -> OrderReceipt:
    """Let Helm answer."""
    return OrderReceipt.model_validate(
        {
            "channel_id": "shop",
            "channel_order_id": "1",
            "revision": revision,
            "outcome": outcome,
            "taken_in_at": after(at),
            "stock_versions": versions,
        }
    )


def told(*receipts: OrderReceipt) -> KeptReceipt | None:
    """Take receipts together in their order."""
    known: KeptReceipt | None = None
    for receipt in receipts:
        known = with_receipt(known, receipt)
    return known


@pytest.mark.parametrize(
    ("fields", "settings", "units"),
    [
        ({}, {}, {"TEE": 2, "MUG": 3}),
        ({"shipped": {"5": 1}}, {}, {"TEE": 2, "MUG": 3}),
        ({"fulfilled_by": "unknown"}, {}, {"TEE": 2, "MUG": 3}),
        ({"fulfilled_by": "jd"}, {}, None),
        ({"is_open": False}, {}, None),
        ({"children": ["2", "3"]}, {}, None),
        ({"first_published": None, "in_scope": False}, {}, {"TEE": 2, "MUG": 3}),
        ({"first_published": None, "shipped": {"5": 1}}, {}, {"TEE": 1, "MUG": 3}),
        ({"first_published": None}, {"earlier_orders_deducted": True}, None),
        ({}, {"earlier_orders_deducted": True}, {"TEE": 2, "MUG": 3}),
    ],
    ids=repr,
)
def test_an_open_order_of_the_merchants_reserves_its_units(
    fields: dict[str, Any], settings: dict[str, Any], units: dict[str, int] | None
) -> None:
    """Whole as published; of one that is not told to Helm for its age, what has not left."""
    reservation = reserved(an_entry(**fields), **settings)

    assert (reservation.units if reservation else None) == units
    if reservation is not None:
        assert reservation.stock_pool == "north"
        assert reservation.order_grace_s == 60
        assert reservation.has_receipts


def test_a_line_without_sku_is_reserved_once_it_has_one() -> None:
    """What was mapped keeps the SKU that Helm saw, whatever the listing is mapped to later."""
    entry = an_entry()
    made = reservation_of(
        entry, settings=SETTINGS, sold_as={"5": ("TEE", 1)}.get, has_receipts=False
    )
    assert made is not None
    later = with_mapping(made, {"5": ("CAP", 9), "6": ("TEE", 2)}.get)

    assert (made.units, made.unmapped) == ({"TEE": 2}, {"6": 1})
    assert (later.units, later.unmapped) == ({"TEE": 4}, {})


@pytest.mark.parametrize(
    ("fields", "stays"),
    [
        ({"status_id": 6, "is_open": False}, False),
        ({"children": ["2", "3"]}, False),
        ({"is_open": False, "shipped": {"5": 2, "6": 1}, "status_id": 5}, True),
        ({"is_open": False, "state": "UN_KNOWN", "status_id": 2}, True),
    ],
    ids=repr,
)
def test_only_a_cancellation_sets_units_free(fields: dict[str, Any], *, stays: bool) -> None:
    """What has left is gone before the level says so; of an unknown state nobody can tell."""
    assert (with_order(a_reservation(), an_entry(**fields)) is not None) == stays


def test_an_order_that_comes_into_scope_later_is_waited_for_like_any_other() -> None:
    """An earlier start was set: from its publication on Helm knows it."""
    reservation = with_order(a_reservation(published_at=None), an_entry(first_published=after(9)))

    assert reservation is not None
    assert reservation.published_at == after(9)


@pytest.mark.parametrize(
    ("receipts", "level", "counted"),
    [
        ([], Level(5, 9, after(10**9)), False),
        ([a_receipt(at=5, TEE=7)], Level(5, 6, after(99)), False),
        ([a_receipt(at=5, TEE=7)], Level(5, 7, NOON), True),
        ([a_receipt(at=5, TEE=7)], Level(5, None, after(4)), False),
        ([a_receipt(at=5, TEE=7)], Level(5, None, after(5)), True),
        ([a_receipt(at=5, MUG=7)], Level(5, 9, after(4)), False),
        ([a_receipt(at=5)], Level(5, 9, after(5)), True),
        ([a_receipt(at=5)], Level(5, 9), False),
        ([a_receipt(at=5, TEE=7)], None, False),
        ([a_receipt(TEE=7), a_receipt(2, "picking", 50)], Level(5, 7, NOON), True),
        ([a_receipt(), a_receipt(1, "picking", 50)], Level(5, None, after(1)), True),
        ([a_receipt(2, TEE=7), a_receipt(1, at=50, TEE=9)], Level(5, 7), True),
        ([a_receipt(TEE=7), a_receipt(2, at=50, TEE=9)], Level(5, 8), False),
        ([a_receipt(outcome="rejected")], Level(5, 9, after(10**9)), False),
        ([a_receipt(TEE=7), a_receipt(2, "rejected", 9)], Level(5, 9, after(10)), False),
        ([a_receipt(outcome="rejected"), a_receipt(1, at=9, TEE=8)], Level(5, 8), True),
        (
            [a_receipt(TEE=5), a_receipt(1, "rejected", 5), a_receipt(2, at=9)],
            Level(5, 7, after(8)),
            False,
        ),
    ],
    ids=repr,
)
def test_a_level_reflects_an_order_when_helms_receipts_say_so(
    receipts: list[OrderReceipt], level: Level | None, *, counted: bool
) -> None:
    """Versions decide, else instants; a rejection ends what was said before it."""
    reservation = a_reservation(receipt=told(*receipts))

    assert is_counted(reservation, "TEE", level) == counted
    assert is_settled(reservation, {"TEE": level} if level else {}) == counted


@pytest.mark.parametrize(
    ("fields", "counted_from"),
    [
        ({"has_receipts": False}, 60),
        ({"has_receipts": False, "order_grace_s": 0}, 0),
        ({"published_at": None, "shipped_at": after(30)}, 30),
        ({"published_at": None, "shipped_at": after(30), "has_receipts": False}, 30),
        ({"published_at": None, "has_receipts": False}, None),
        ({"receipt": told(a_receipt(outcome="rejected")), "shipped_at": after(20)}, 20),
        ({"has_receipts": True}, None),
    ],
    ids=repr,
)
def test_what_helm_did_not_answer_waits_for_a_later_level(
    fields: dict[str, Any], counted_from: float | None
) -> None:
    """Of Helm's grace where no receipts come; of the shipment where Helm has no such order."""
    reservation = a_reservation(**fields)
    instants = [0.0, 20.0, 30.0, 60.0, 10.0**9]
    counted = [is_counted(reservation, "TEE", Level(1, 9, after(at + 1))) for at in instants]
    equal = counted_from is not None and is_counted(
        reservation, "TEE", Level(1, 9, after(counted_from))
    )

    assert counted == [counted_from is not None and at >= counted_from for at in instants]
    assert not equal
    assert not is_counted(reservation, "TEE", Level(1, 9))


def test_an_order_that_helm_does_not_have_keeps_the_instant_at_which_it_left() -> None:
    """The first time it is seen as gone; one that Helm has is judged by its receipt alone."""
    gone = {"is_open": False, "shipped": {"5": 2, "6": 1}, "status_id": 5}
    earlier = with_order(a_reservation(published_at=None), an_entry(**gone, first_published=None))
    assert earlier is not None
    again = with_order(earlier, an_entry(**gone, first_published=None, modified=after(9)))
    partly = with_order(
        a_reservation(published_at=None), an_entry(shipped={"5": 2}, first_published=None)
    )
    known = with_order(a_reservation(), an_entry(**gone))

    assert again is not None
    assert (earlier.shipped_at, again.shipped_at) == (NOON, NOON)
    assert partly is not None
    assert partly.shipped_at is None
    assert known is not None
    assert known.shipped_at is None


RECEIPTS = st.builds(
    lambda revision, outcome, at, versions: a_receipt(revision, outcome, at, **versions),
    st.integers(1, 3),
    st.sampled_from(["accepted", "picking", "rejected"]),
    st.integers(0, 9),
    st.dictionaries(st.just("TEE"), st.integers(1, 9)),
)


@given(receipts=st.lists(RECEIPTS, min_size=1, max_size=6))
def test_the_newest_revision_has_the_last_word(receipts: list[OrderReceipt]) -> None:
    """A repeated or older receipt changes nothing once a newer was taken in."""
    known = told(*receipts)
    assert known is not None
    revisions = [receipt.revision for receipt in receipts]
    newest = [receipt for receipt in receipts if receipt.revision == max(revisions)][-1]

    assert known.revision == newest.revision
    assert known.outcome == newest.outcome
    assert with_receipt(known, newest) == known
    for receipt in receipts:
        if receipt.revision < known.revision:
            assert with_receipt(known, receipt) == known


@given(
    receipts=st.lists(RECEIPTS, max_size=4),
    version=st.integers(0, 10),
    seconds=st.integers(0, 10),
    rise=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    has_receipts=st.booleans(),
)
def test_what_is_counted_stays_counted_while_levels_rise(
    receipts: list[OrderReceipt],
    version: int,
    seconds: int,
    rise: tuple[int, int],
    *,
    has_receipts: bool,
) -> None:
    """So that a level that only rises needs no second look at what was counted."""
    reservation = a_reservation(receipt=told(*receipts), has_receipts=has_receipts, order_grace_s=3)
    before = Level(1, version, after(seconds))
    later = Level(1, version + rise[0], after(seconds + rise[1]))

    assert is_counted(reservation, "TEE", before) <= is_counted(reservation, "TEE", later)
