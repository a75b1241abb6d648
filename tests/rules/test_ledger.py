from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pytest
from hypothesis import settings

from adapter.rules.ledger import StockLedger, StockWrite
from adapter.rules.levels import Levels
from adapter.rules.stock import Level, StockModel, StockRule
from tests.rules.ledger_machine import LedgerMachine

POOL = "default"

LedgerMachine.TestCase.settings = settings(max_examples=120, stateful_step_count=40, deadline=None)
TestAnySequenceOfFacts = LedgerMachine.TestCase


def a_ledger(
    available: dict[str, int], *, stock_model: StockModel = "spot", **rule: Any
) -> tuple[StockLedger, Callable[[str, int], None]]:
    """Make a ledger with one listing a SKU, named after it, and a way to change levels."""
    levels = Levels()
    ledger = StockLedger(rule=StockRule(**rule), stock_model=stock_model, levels=levels.of(POOL))
    levels.watch(POOL, "channel", ledger.level_changed)
    version = iter(range(1000))

    def change(sku: str, units: int) -> None:
        levels.take(POOL, sku, Level(units, next(version)))

    for sku, units in available.items():
        change(sku, units)
        ledger.listing_mapped(sku, sku)
    return ledger, change


def handed_out(writes: Sequence[StockWrite]) -> list[tuple[str, int]]:
    """Shorten writes to listing and quantity."""
    return [(write.sku_id, write.quantity) for write in writes]


def test_what_must_go_to_zero_comes_first_then_who_waited_longest() -> None:
    """A listing that changes again while it waits keeps its place."""
    ledger, change = a_ledger({"A": 1, "B": 2, "C": 3, "D": 4})
    ledger.accepted(ledger.next_batch())
    for sku, units in [("D", 40), ("B", 20), ("A", 0), ("D", 41), ("C", 0)]:
        change(sku, units)

    assert handed_out(ledger.next_batch()) == [("A", 0), ("C", 0), ("D", 41), ("B", 20)]


def test_what_jd_does_not_sell_is_in_no_hurry() -> None:
    """A listing at zero whose number changes for its bookings alone waits like any other."""
    ledger, change = a_ledger({"A": 0, "B": 5})
    ledger.offered_known("A", 0)
    ledger.accepted(ledger.next_batch())
    change("B", 6)
    ledger.open_units_changed("A", 2)

    assert handed_out(ledger.next_batch()) == [("B", 6), ("A", 2)]


def test_changes_during_a_call_become_one_write() -> None:
    """However many levels come while JD is slow, only the newest is written."""
    ledger, change = a_ledger({"A": 1})
    first = ledger.next_batch()
    for units in range(2, 20):
        change("A", units)

    assert ledger.next_batch() == []
    ledger.accepted(first)
    assert handed_out(ledger.next_batch()) == [("A", 19)]


def test_a_refused_quantity_waits_until_it_changes() -> None:
    """Neither other news nor a repeated level brings it back; another quantity does."""
    ledger, change = a_ledger({"A": 5}, max_stock_level=5)
    ledger.refused(*ledger.next_batch())
    change("A", 6)

    assert ledger.next_batch() == []
    assert ledger.counts()["refused"] == 1
    change("A", 4)
    assert handed_out(ledger.next_batch()) == [("A", 4)]
    assert ledger.counts()["refused"] == 0


def test_a_refused_quantity_is_tried_again_after_jd_held_what_was_desired() -> None:
    """Desired went back to what JD holds and came again: that is a change."""
    ledger, change = a_ledger({"A": 5})
    ledger.accepted(ledger.next_batch())
    change("A", 7)
    ledger.refused(*ledger.next_batch())
    change("A", 5)
    change("A", 7)

    assert handed_out(ledger.next_batch()) == [("A", 7)]


def test_a_mapping_that_comes_back_does_not_end_a_call_under_way() -> None:
    """JD may still carry the call out: the listing waits for its outcome all the same."""
    ledger, change = a_ledger({"A": 5})
    under_way = ledger.next_batch()
    ledger.listing_gone("A")
    ledger.listing_mapped("A", "A")
    change("A", 6)

    assert ledger.next_batch() == []
    ledger.accepted(under_way)
    assert handed_out(ledger.next_batch()) == [("A", 6)]


def test_a_mapping_that_comes_back_does_not_end_a_shipment_under_way() -> None:
    """A listing mapped after its order was dispatched is not written before JD answered."""
    ledger, _ = a_ledger({"A": 5})
    ledger.listing_gone("A")
    ledger.shipment_started(["A"])
    ledger.listing_mapped("A", "A")

    assert ledger.next_batch() == []
    ledger.shipment_ended(["A"])
    assert handed_out(ledger.next_batch()) == [("A", 5)]


def test_a_write_that_a_shipment_overtook_is_written_again() -> None:
    """Which of the two JD did last nobody knows: taken for certain it could oversell."""
    ledger, _ = a_ledger({"A": 3})
    ledger.open_units_changed("A", 2)
    under_way = ledger.next_batch()
    ledger.shipment_started(["A"])
    ledger.accepted(under_way)
    ledger.open_units_changed("A", 0)
    ledger.shipment_ended(["A"])

    assert handed_out(under_way) == [("A", 5)]
    assert ledger.offered("A") is None
    assert handed_out(ledger.next_batch()) == [("A", 3)]


def test_a_call_whose_answer_was_lost_is_written_again() -> None:
    """Also where what is desired went back to what JD held before: it may hold either."""
    ledger, change = a_ledger({"A": 3})
    ledger.accepted(ledger.next_batch())
    change("A", 4)
    lost = ledger.next_batch()
    change("A", 3)
    ledger.unknown(lost)

    assert handed_out(ledger.next_batch()) == [("A", 3)]


@pytest.mark.parametrize("told", [None, 4])
def test_a_change_at_jd_during_a_call_leaves_its_outcome_open(told: int | None) -> None:
    """A number that JD changed, or that was read, meanwhile may be older or newer than ours."""
    ledger, _ = a_ledger({"A": 3})
    under_way = ledger.next_batch()
    ledger.offered_known("A", told)
    ledger.accepted(under_way)

    assert handed_out(ledger.next_batch()) == [("A", 3)]


@pytest.mark.parametrize("outcome", ["refused", "untouched"])
def test_what_was_read_during_a_call_that_changed_nothing_holds(outcome: str) -> None:
    """The call was not carried out, so the reading is JD's number."""
    ledger, _ = a_ledger({"A": 3})
    (write,) = ledger.next_batch()
    ledger.offered_known("A", 3)
    if outcome == "refused":
        ledger.refused(write)
    else:
        ledger.untouched([write])

    assert ledger.offered("A") == 3
    assert ledger.next_batch() == []


def test_a_held_listing_offers_none_even_before_a_level_came() -> None:
    """A deliberate zero needs no level; without hold nothing is written."""
    ledger, change = a_ledger({})
    ledger.listing_mapped("A", "A")
    waiting_for_a_level = ledger.next_batch()
    ledger.listing_mapped("A", "A", is_held=True)
    (held,) = ledger.next_batch()
    ledger.accepted([held])
    change("A", 9)

    assert waiting_for_a_level == []
    assert (held.quantity, held.level) == (0, Level(None))
    assert ledger.next_batch() == []


def test_facts_of_listings_that_are_not_mapped_do_no_harm() -> None:
    """Orders, shipments and outcomes may name anything."""
    ledger, _ = a_ledger({"A": 1})
    (write,) = ledger.next_batch()
    ledger.listing_gone("A")
    outcomes: Iterable[Callable[[], None]] = (
        lambda: ledger.offered_known("A", 5),
        lambda: ledger.shipment_started(["A"]),
        lambda: ledger.shipment_ended(["A"]),
        lambda: ledger.shipment_ended(["A"]),
        lambda: ledger.open_units_changed("A", 3),
        lambda: ledger.refused(write),
        lambda: ledger.unknown([write]),
        lambda: ledger.accepted([write]),
        lambda: ledger.listing_gone("A"),
    )
    for tell in outcomes:
        tell()

    assert ledger.offered("A") is None
    assert ledger.next_batch() == []
    ledger.listing_mapped("A", "A")
    assert handed_out(ledger.next_batch()) == [("A", 4)]


def test_listings_are_counted_by_what_is_the_matter() -> None:
    """Status and metrics read them."""
    ledger, _ = a_ledger({"A": 1, "B": 2, "C": 3})
    ledger.listing_mapped("D", "NEVER-HEARD-OF")
    (first,) = ledger.next_batch(1)
    (second,) = ledger.next_batch(1)
    ledger.refused(second)

    assert first.sku_id == "A"
    assert ledger.counts() == {
        "mapped": 4,
        "waiting": 1,
        "in_flight": 1,
        "refused": 1,
        "without_level": 1,
    }
