from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import settings

from adapter.rules.ledger import StockLedger, StockWrite
from adapter.rules.ledger.refusals import FIRST_RETRY, LONGEST_RETRY
from adapter.rules.ledger.suspects import MOST_READINGS
from adapter.rules.levels import Levels
from adapter.rules.stock import Level, StockModel, StockRule
from tests.rules.ledger_machine import LedgerMachine

POOL = "default"
NOW = datetime(2026, 11, 27, tzinfo=UTC)
CALL_LIFE = timedelta(seconds=90)

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


def refuse_all(ledger: StockLedger) -> None:
    """Let JD refuse whatever is handed out."""
    for write in ledger.next_batch(NOW):
        ledger.refused(write, NOW)


def handed_out(writes: Sequence[StockWrite]) -> list[tuple[str, int]]:
    """Shorten writes to listing and quantity."""
    return [(write.sku_id, write.quantity) for write in writes]


def test_a_burst_is_reckoned_once_for_each_listing() -> None:
    """However often a level changes before the next batch, only its newest is looked at."""
    asked: list[str] = []

    def uncounted(sku: str) -> int:
        asked.append(sku)
        return 0

    levels = {"A": Level(0), "B": Level(7)}
    ledger = StockLedger(rule=StockRule(), stock_model="spot", levels=levels, uncounted=uncounted)
    ledger.listing_mapped("A", "A")
    ledger.listing_mapped("B", "B")
    for units in range(1, 21):
        levels["A"] = Level(units)
        ledger.level_changed("A")

    assert ledger.waiting == 2
    assert asked == ["A", "B"]
    assert handed_out(ledger.next_batch(NOW)) == [("A", 20), ("B", 7)]


def test_what_must_go_to_zero_comes_first_then_who_waited_longest() -> None:
    """A listing that changes again while it waits keeps its place."""
    ledger, change = a_ledger({"A": 1, "B": 2, "C": 3, "D": 4})
    ledger.accepted(ledger.next_batch(NOW))
    for sku, units in [("D", 40), ("B", 20), ("A", 0), ("D", 41), ("C", 0)]:
        change(sku, units)

    assert handed_out(ledger.next_batch(NOW)) == [("A", 0), ("C", 0), ("D", 41), ("B", 20)]


def test_what_jd_does_not_sell_is_in_no_hurry() -> None:
    """A listing at zero whose number changes for its bookings alone waits like any other."""
    ledger, change = a_ledger({"A": 0, "B": 5})
    ledger.offered_known("A", 0)
    ledger.accepted(ledger.next_batch(NOW))
    change("B", 6)
    ledger.open_units_changed("A", 2)

    assert handed_out(ledger.next_batch(NOW)) == [("B", 6), ("A", 2)]


def test_changes_during_a_call_become_one_write() -> None:
    """However many levels come while JD is slow, only the newest is written."""
    ledger, change = a_ledger({"A": 1})
    first = ledger.next_batch(NOW)
    for units in range(2, 20):
        change("A", units)

    assert ledger.next_batch(NOW) == []
    ledger.accepted(first)
    assert handed_out(ledger.next_batch(NOW)) == [("A", 19)]


def test_a_refused_quantity_waits_until_it_changes() -> None:
    """Neither other news nor a repeated level brings it back; another quantity does."""
    ledger, change = a_ledger({"A": 5}, max_stock_level=5)
    refuse_all(ledger)
    change("A", 6)

    assert ledger.next_batch(NOW) == []
    assert ledger.counts()["refused"] == 1
    change("A", 4)
    assert handed_out(ledger.next_batch(NOW)) == [("A", 4)]
    assert ledger.counts()["refused"] == 0


def test_a_refused_quantity_is_tried_again_after_jd_held_what_was_desired() -> None:
    """Desired went back to what JD holds and came again: that is a change."""
    ledger, change = a_ledger({"A": 5})
    ledger.accepted(ledger.next_batch(NOW))
    change("A", 7)
    refuse_all(ledger)
    change("A", 5)
    change("A", 7)

    assert handed_out(ledger.next_batch(NOW)) == [("A", 7)]


def test_a_mapping_that_comes_back_does_not_end_a_call_under_way() -> None:
    """JD may still carry the call out: the listing waits for its outcome all the same."""
    ledger, change = a_ledger({"A": 5})
    under_way = ledger.next_batch(NOW)
    ledger.listing_gone("A")
    ledger.listing_mapped("A", "A")
    change("A", 6)

    assert ledger.next_batch(NOW) == []
    ledger.accepted(under_way)
    assert handed_out(ledger.next_batch(NOW)) == [("A", 6)]


def test_a_mapping_that_comes_back_does_not_end_a_shipment_under_way() -> None:
    """A listing mapped after its order was dispatched is not written before JD answered."""
    ledger, _ = a_ledger({"A": 5})
    ledger.listing_gone("A")
    ledger.shipment_started(["A"])
    ledger.listing_mapped("A", "A")

    assert ledger.next_batch(NOW) == []
    ledger.shipment_ended(["A"])
    assert handed_out(ledger.next_batch(NOW)) == [("A", 5)]


def test_a_write_that_a_shipment_overtook_is_written_again() -> None:
    """Which of the two JD did last nobody knows: taken for certain it could oversell."""
    ledger, _ = a_ledger({"A": 3})
    ledger.open_units_changed("A", 2)
    under_way = ledger.next_batch(NOW)
    ledger.shipment_started(["A"])
    ledger.accepted(under_way)
    ledger.open_units_changed("A", 0)
    ledger.shipment_ended(["A"])

    assert handed_out(under_way) == [("A", 5)]
    assert ledger.offered("A") is None
    assert handed_out(ledger.next_batch(NOW)) == [("A", 3)]


def test_a_call_whose_answer_was_lost_is_written_again() -> None:
    """Also where what is desired went back to what JD held before: it may hold either."""
    ledger, change = a_ledger({"A": 3})
    ledger.accepted(ledger.next_batch(NOW))
    change("A", 4)
    lost = ledger.next_batch(NOW)
    change("A", 3)
    ledger.unknown(lost, NOW + CALL_LIFE)

    assert handed_out(ledger.next_batch(NOW)) == [("A", 3)]


@pytest.mark.parametrize("told", [None, 4])
def test_a_change_at_jd_during_a_call_leaves_its_outcome_open(told: int | None) -> None:
    """A number that JD changed, or that was read, meanwhile may be older or newer than ours."""
    ledger, _ = a_ledger({"A": 3})
    under_way = ledger.next_batch(NOW)
    ledger.offered_known("A", told)
    ledger.accepted(under_way)

    assert handed_out(ledger.next_batch(NOW)) == [("A", 3)]


@pytest.mark.parametrize("outcome", ["refused", "untouched"])
def test_what_was_read_during_a_call_that_changed_nothing_holds(outcome: str) -> None:
    """The call was not carried out, so the reading is JD's number."""
    ledger, _ = a_ledger({"A": 3})
    (write,) = ledger.next_batch(NOW)
    ledger.offered_known("A", 3)
    if outcome == "refused":
        ledger.refused(write, NOW)
    else:
        ledger.untouched([write])

    assert ledger.offered("A") == 3
    assert ledger.next_batch(NOW) == []


def test_a_held_listing_offers_none_even_before_a_level_came() -> None:
    """A deliberate zero needs no level; without hold nothing is written."""
    ledger, change = a_ledger({})
    ledger.listing_mapped("A", "A")
    waiting_for_a_level = ledger.next_batch(NOW)
    ledger.listing_mapped("A", "A", is_held=True)
    (held,) = ledger.next_batch(NOW)
    ledger.accepted([held])
    change("A", 9)

    assert waiting_for_a_level == []
    assert (held.quantity, held.level) == (0, Level(None))
    assert ledger.next_batch(NOW) == []


def test_facts_of_listings_that_are_not_mapped_do_no_harm() -> None:
    """Orders, shipments and outcomes may name anything."""
    ledger, _ = a_ledger({"A": 1})
    (write,) = ledger.next_batch(NOW)
    ledger.listing_gone("A")
    outcomes: Iterable[Callable[[], None]] = (
        lambda: ledger.offered_known("A", 5),
        lambda: ledger.shipment_started(["A"]),
        lambda: ledger.shipment_ended(["A"]),
        lambda: ledger.shipment_ended(["A"]),
        lambda: ledger.open_units_changed("A", 3),
        lambda: ledger.refused(write, NOW),
        lambda: ledger.unknown([write], NOW + CALL_LIFE),
        lambda: ledger.accepted([write]),
        lambda: ledger.listing_gone("A"),
    )
    for tell in outcomes:
        tell()

    assert ledger.offered("A") is None
    assert ledger.next_batch(NOW) == []
    ledger.listing_mapped("A", "A")
    assert handed_out(ledger.next_batch(NOW)) == [("A", 4)]


def test_listings_are_counted_by_what_is_the_matter() -> None:
    """Status and metrics read them."""
    ledger, _ = a_ledger({"A": 1, "B": 2, "C": 3})
    ledger.listing_mapped("D", "NEVER-HEARD-OF")
    (first,) = ledger.next_batch(NOW, 1)
    (second,) = ledger.next_batch(NOW, 1)
    ledger.refused(second, NOW)

    assert first.sku_id == "A"
    assert ledger.counts() == {
        "mapped": 4,
        "waiting": 1,
        "in_flight": 1,
        "refused": 1,
        "suspect": 0,
        "braked": 0,
        "held_by_jd": 0,
        "without_level": 1,
    }


# Suspects ------------------------------------------------------------------------------------


def a_lost_call(**about: Any) -> tuple[StockLedger, Callable[[str, int], None]]:
    """Make a ledger whose call for A=5 got no answer, and that has written A=6 since."""
    ledger, change = a_ledger({"A": 5}, **about)
    ledger.unknown(ledger.next_batch(NOW), NOW + CALL_LIFE)
    change("A", 6)
    ledger.accepted(ledger.next_batch(NOW))
    return ledger, change


def test_a_call_that_arrives_late_is_found_and_overwritten() -> None:
    """The older number stands over the newer one until the suspect is read back."""
    ledger, _ = a_lost_call()
    too_early = ledger.next_reading(NOW)
    due = ledger.next_reading(NOW + CALL_LIFE)

    assert too_early is None
    assert due is not None
    assert ledger.read_back(*due, stock_num=5, booked=0, now=NOW + CALL_LIFE)
    assert handed_out(ledger.next_batch(NOW + CALL_LIFE)) == [("A", 6)]
    assert ledger.next_reading(NOW + 10 * CALL_LIFE) is None


def test_a_suspect_that_holds_what_was_written_is_cleared() -> None:
    """The old call never arrived, or did before."""
    ledger, _ = a_lost_call()
    due = ledger.next_reading(NOW + CALL_LIFE)

    assert due is not None
    assert ledger.read_back(*due, stock_num=6, booked=0, now=NOW + CALL_LIFE)
    assert ledger.next_batch(NOW + CALL_LIFE) == []
    assert ledger.counts()["suspect"] == 0


def test_until_it_is_read_back_no_outcome_of_a_suspect_is_certain() -> None:
    """What is published of it is `unknown`, so that an heir suspects it too."""
    ledger, change = a_ledger({"A": 5, "B": 1})
    ledger.unknown(ledger.next_batch(NOW, 1), NOW + CALL_LIFE)
    ledger.next_batch(NOW)
    while_suspect = ledger.is_certain("A"), ledger.is_certain("B")
    ledger.accepted([ledger.desired("A")])  # type: ignore[list-item] # it is mapped
    change("A", 7)
    ledger.next_batch(NOW + CALL_LIFE)

    assert while_suspect == (False, True)
    assert ledger.is_certain("A")


def test_a_write_that_left_when_nothing_older_can_arrive_needs_no_reading() -> None:
    """One call does for two."""
    ledger, change = a_lost_call()
    change("A", 7)
    ledger.accepted(ledger.next_batch(NOW + CALL_LIFE))

    assert ledger.counts()["suspect"] == 0
    assert ledger.next_reading(NOW + CALL_LIFE) is None


def test_a_write_that_left_before_does_not_clear_a_suspect() -> None:
    """The older call may still arrive after it, however late it was answered."""
    ledger, change = a_lost_call()
    change("A", 7)
    under_way = ledger.next_batch(NOW + CALL_LIFE / 2)
    ledger.accepted(under_way)

    assert ledger.next_reading(NOW + CALL_LIFE) is not None


@pytest.mark.parametrize("crossing", ["write", "shipment", "poll"])
def test_a_reading_that_something_crossed_says_nothing(crossing: str) -> None:
    """Which came first at JD nobody knows: it is read again."""
    ledger, change = a_lost_call()
    due = ledger.next_reading(NOW + CALL_LIFE)
    if crossing == "write":
        change("A", 9)
        ledger.accepted(ledger.next_batch(NOW))
    elif crossing == "shipment":
        ledger.shipment_started(["A"])
        ledger.shipment_ended(["A"])
    else:
        ledger.offered_known("A", 6)

    assert due is not None
    assert not ledger.read_back(*due, stock_num=5, booked=0, now=NOW + CALL_LIFE)
    assert ledger.next_batch(NOW + CALL_LIFE) == []
    assert ledger.next_reading(NOW + 2 * CALL_LIFE) is not None


def test_a_suspect_is_not_judged_while_jd_books_less_than_is_known_to_be_open() -> None:
    """Two units left outside the adapter: writing 8 over 6 would sell them again."""
    ledger, _ = a_lost_call()
    ledger.open_units_changed("A", 2)
    ledger.accepted(ledger.next_batch(NOW))
    first = ledger.next_reading(NOW + CALL_LIFE)
    assert first is not None
    is_over = ledger.read_back(*first, stock_num=6, booked=0, now=NOW + CALL_LIFE)
    held_back = ledger.next_batch(NOW + CALL_LIFE)
    ledger.offered_known("A", 6)
    ledger.open_units_changed("A", 0)

    assert (is_over, held_back) == (False, [])
    assert ledger.next_batch(NOW + CALL_LIFE) == []


def test_a_number_that_stays_wrong_counts_at_last() -> None:
    """Bookings that never agree must not keep a wrong number for ever."""
    ledger, _ = a_lost_call()
    ledger.open_units_changed("A", 2)
    ledger.accepted(ledger.next_batch(NOW))
    now, looks = NOW + CALL_LIFE, 0
    while due := ledger.next_reading(now):
        looks += 1
        ledger.read_back(*due, stock_num=3, booked=0, now=now)
        now += CALL_LIFE

    assert looks == MOST_READINGS
    assert handed_out(ledger.next_batch(now)) == [("A", 8)]


def test_a_takeover_suspects_what_the_former_owner_left_half_done() -> None:
    """An intent without outcome: the call may be on its way."""
    ledger, _ = a_ledger({"A": 5})
    ledger.suspected("A", NOW + CALL_LIFE)
    ledger.accepted(ledger.next_batch(NOW))

    assert ledger.next_reading(NOW + CALL_LIFE) is not None


def test_a_suspect_that_cannot_be_read_is_tried_again() -> None:
    """JD may be down just then."""
    ledger, _ = a_lost_call()
    due = ledger.next_reading(NOW + CALL_LIFE)
    assert due is not None
    ledger.reading_failed("A", NOW + CALL_LIFE)

    assert ledger.next_reading(NOW + CALL_LIFE) is None
    assert ledger.next_reading(NOW + 2 * CALL_LIFE) is not None


def test_a_suspect_whose_listing_is_gone_is_forgotten() -> None:
    """Nobody writes it any more."""
    ledger, _ = a_lost_call()
    ledger.listing_gone("A")

    assert ledger.next_reading(NOW + CALL_LIFE) is None
    assert ledger.counts()["suspect"] == 0


# Refusals ------------------------------------------------------------------------------------


def test_a_refused_quantity_is_tried_again_after_a_while_that_grows() -> None:
    """What JD refused an hour ago it may take now; what it refuses for ever costs few calls."""
    ledger, _ = a_ledger({"A": 5})
    now, tries = NOW, []
    for _ in range(20):
        (write,) = ledger.next_batch(now)
        ledger.refused(write, now)
        standing = ledger.standing("A")
        assert standing is not None
        assert standing.retry_at is not None
        assert ledger.rests_until == standing.retry_at
        assert ledger.next_batch(standing.retry_at - timedelta(microseconds=1)) == []
        tries.append(standing.retry_at - now)
        now = standing.retry_at

    assert tries == sorted(tries)
    assert (tries[0], tries[-1]) == (FIRST_RETRY, LONGEST_RETRY)


def test_a_refused_listing_blocks_no_other() -> None:
    """The other 29 are written."""
    ledger, change = a_ledger({"A": 5, "B": 6})
    first, second = ledger.next_batch(NOW)
    ledger.refused(first, NOW)
    ledger.accepted([second])
    change("B", 7)

    assert handed_out(ledger.next_batch(NOW)) == [("B", 7)]


def test_a_suspect_that_jd_does_not_show_is_settled_by_another_write() -> None:
    """That write left when no older call could arrive any more."""
    ledger, _ = a_ledger({"A": 5})
    later = NOW + CALL_LIFE
    ledger.unknown(ledger.next_batch(NOW), later)
    ledger.accepted(ledger.next_batch(NOW))
    reading = ledger.next_reading(later)
    ledger.reading_refused("A", later)
    again = ledger.next_batch(later)
    ledger.accepted(again)

    assert reading is not None
    assert handed_out(again) == [("A", 5)]
    assert not ledger.has_suspects


def test_what_jd_neither_shows_nor_takes_is_asked_for_less_and_less() -> None:
    """A SKU that JD knows no more must not use up the day's calls."""
    ledger, _ = a_ledger({"A": 5})
    ledger.unknown(ledger.next_batch(NOW), NOW)
    moment, looks = NOW, 0
    while moment < NOW + timedelta(days=1):
        for write in ledger.next_batch(moment):
            ledger.refused(write, moment)
        if ledger.next_reading(moment) is not None:
            looks += 1
            ledger.reading_refused("A", moment)
        assert ledger.rests_until is not None
        moment = max(ledger.rests_until, moment + timedelta(seconds=1))

    assert 5 < looks < 20


def test_a_level_that_begins_anew_is_written_even_where_the_quantity_stays() -> None:
    """Else the last write would name a version that stands over the new ones after a restart."""
    levels = Levels()
    ledger = StockLedger(rule=StockRule(), stock_model="spot", levels=levels.of(POOL))
    levels.watch(POOL, "channel", ledger.level_changed)
    levels.take(POOL, "A", Level(5, 50))
    ledger.listing_mapped("A", "A")
    ledger.accepted(ledger.next_batch(NOW))
    for level in (Level(None), Level(5, 1)):
        levels.take(POOL, "A", level)
    (write,) = ledger.next_batch(NOW)
    ledger.accepted([write])
    ledger.level_changed("A")

    assert write.level == Level(5, 1)
    assert ledger.next_batch(NOW) == []


# The brake -----------------------------------------------------------------------------------


def a_shop(listings: int, *, percent: int = 30) -> tuple[StockLedger, Callable[[str, int], None]]:
    """Make a channel that sells so many listings."""
    levels = Levels()
    ledger = StockLedger(
        rule=StockRule(), stock_model="spot", levels=levels.of(POOL), brake_percent=percent
    )
    levels.watch(POOL, "channel", ledger.level_changed)
    version = iter(range(100_000))

    def change(sku: str, units: int) -> None:
        levels.take(POOL, sku, Level(units, next(version)))

    for number in range(listings):
        change(str(number), 5)
        ledger.listing_mapped(str(number), str(number))
    write_all(ledger, NOW)
    return ledger, change


def write_all(ledger: StockLedger, now: datetime) -> list[StockWrite]:
    """Write until nothing waits; JD accepts everything."""
    written: list[StockWrite] = []
    while batch := ledger.next_batch(now):
        ledger.accepted(batch)
        written += batch
    return written


def test_a_wave_of_zeros_waits_and_all_else_goes_on() -> None:
    """31 of 100 listings at once look like a mistake."""
    ledger, change = a_shop(100)
    for number in range(31):
        change(str(number), 0)
    change("99", 7)

    assert handed_out(write_all(ledger, NOW)) == [("99", 7)]
    assert len(ledger.braked) == 31
    assert ledger.waiting == 0


@pytest.mark.parametrize(("listings", "zeros"), [(100, 30), (40, 19), (25, 19)])
def test_sell_outs_pass_the_brake(listings: int, zeros: int) -> None:
    """Up to the percentage, and always fewer than twenty."""
    ledger, change = a_shop(listings)
    for number in range(zeros):
        change(str(number), 0)

    assert len(write_all(ledger, NOW)) == zeros


def test_zeros_that_come_one_by_one_make_a_wave_too() -> None:
    """What went to zero within the hour counts."""
    ledger, change = a_shop(100)
    passed = 0
    for number in range(100):
        change(str(number), 0)
        passed += len(write_all(ledger, NOW + timedelta(seconds=number)))

    assert passed == 30
    assert len(ledger.braked) == 70


def test_an_hour_later_the_same_number_may_go() -> None:
    """The brake looks at one hour."""
    ledger, change = a_shop(100)
    for number in range(30):
        change(str(number), 0)
    write_all(ledger, NOW)
    for number in range(30, 50):
        change(str(number), 0)
    held = write_all(ledger, NOW + timedelta(minutes=59))

    assert held == []
    assert len(write_all(ledger, NOW + timedelta(minutes=60))) == 20


def test_approval_lets_what_waits_go_and_nothing_after_it() -> None:
    """A second wave waits for a second approval."""
    ledger, change = a_shop(200)
    for number in range(80):
        change(str(number), 0)
    write_all(ledger, NOW)
    approved = ledger.approve()
    first = write_all(ledger, NOW)
    for number in range(80, 160):
        change(str(number), 0)

    assert approved == len(first) == 80
    assert write_all(ledger, NOW) == []
    assert len(ledger.braked) == 80


def test_levels_that_recover_end_the_brake() -> None:
    """The feed was wrong and is right again: nothing was written meanwhile."""
    ledger, change = a_shop(100)
    for number in range(100):
        change(str(number), 0)
    write_all(ledger, NOW)
    for number in range(100):
        change(str(number), 5 + number % 2)

    assert sorted(handed_out(write_all(ledger, NOW))) == sorted(
        (str(number), 6) for number in range(1, 100, 2)
    )
    assert not ledger.braked


def test_an_approval_holds_for_one_zero_of_a_listing_only() -> None:
    """What recovers before it is written and falls again is a new matter."""
    ledger, change = a_shop(100)
    for number in range(100):
        change(str(number), 0)
    write_all(ledger, NOW)
    ledger.approve()
    for units in (5, 0):
        for number in range(100):
            change(str(number), units)

    assert write_all(ledger, NOW) == []


def not_carried_out(ledger: StockLedger, batch: Sequence[StockWrite]) -> None:
    """JD was too busy to take a call."""
    ledger.untouched(batch)


def not_answered(ledger: StockLedger, batch: Sequence[StockWrite]) -> None:
    """A call's answer got lost."""
    ledger.unknown(batch, NOW + CALL_LIFE)


def refused(ledger: StockLedger, batch: Sequence[StockWrite]) -> None:
    """JD refuses each of a call's listings."""
    for write in batch:
        ledger.refused(write, NOW)


@pytest.mark.parametrize("failed", [not_carried_out, not_answered, refused])
def test_a_zero_that_is_tried_again_counts_once(
    failed: Callable[[StockLedger, Sequence[StockWrite]], None],
) -> None:
    """Twelve of forty listings are no wave, however often JD does not take them."""
    ledger, change = a_shop(40)
    for number in range(12):
        change(str(number), 0)
    failed(ledger, ledger.next_batch(NOW))

    assert len(ledger.next_batch(NOW + FIRST_RETRY)) == 12


@pytest.mark.parametrize("failed", [not_carried_out, not_answered])
def test_an_approval_outlasts_a_call_that_fails(
    failed: Callable[[StockLedger, Sequence[StockWrite]], None],
) -> None:
    """What somebody approved is tried until JD has it, without being asked for again."""
    ledger, change = a_shop(60)
    for number in range(60):
        change(str(number), 0)
    write_all(ledger, NOW)
    ledger.approve()
    failed(ledger, ledger.next_batch(NOW))

    assert len(write_all(ledger, NOW)) == 60


def test_a_hold_is_no_wave() -> None:
    """Somebody said so, listing by listing."""
    ledger, _ = a_shop(50)
    for number in range(50):
        ledger.listing_mapped(str(number), str(number), is_held=True)

    assert len(write_all(ledger, NOW)) == 50


def test_what_jd_sold_when_the_channel_was_activated_is_guarded_too() -> None:
    """Nothing was offered yet, but the catalogue shows stock."""
    ledger, change = a_ledger({})
    for number in range(50):
        ledger.listing_mapped(str(number), str(number), observed=10)
        change(str(number), 0)

    assert write_all(ledger, NOW) == []
    assert len(ledger.braked) == 50


# Sharing, and what is JD's ------------------------------------------------------------------


def a_shared_sku(*listings: str) -> tuple[StockLedger, Callable[[str, int], None]]:
    """Make a channel whose listings share SKU A."""
    levels = Levels()
    ledger = StockLedger(
        rule=StockRule(stock_buffer=1), stock_model="spot", levels=levels.of(POOL), is_split=True
    )
    levels.watch(POOL, "channel", ledger.level_changed)
    version = iter(range(1000))
    for sku_id in listings:
        ledger.listing_mapped(sku_id, "A")

    def change(sku: str, units: int) -> None:
        levels.take(POOL, sku, Level(units, next(version)))

    return ledger, change


def test_listings_that_share_a_sku_never_offer_more_than_there_is() -> None:
    """The buffer is held back once; what cannot be split evenly goes to the first."""
    ledger, change = a_shared_sku("1", "2", "3")
    change("A", 12)

    assert sorted(handed_out(write_all(ledger, NOW))) == [("1", 4), ("2", 4), ("3", 3)]


def test_a_share_passes_on_when_a_listing_leaves_and_back_when_it_returns() -> None:
    """Off sale, held, or kept by JD: the others offer its units."""
    ledger, change = a_shared_sku("1", "2")
    change("A", 11)
    write_all(ledger, NOW)
    ledger.listing_mapped("1", "A", is_on_sale=False)
    off_sale = handed_out(write_all(ledger, NOW))
    ledger.listing_mapped("1", "A", is_held=True)
    held = handed_out(write_all(ledger, NOW))
    ledger.listing_mapped("1", "A")
    back = handed_out(write_all(ledger, NOW))
    ledger.held_by_jd("1")
    kept_by_jd = handed_out(write_all(ledger, NOW))
    ledger.listing_gone("1")

    assert sorted(off_sale) == [("1", 0), ("2", 10)]
    assert held == []
    assert sorted(back) == [("1", 5), ("2", 5)]
    assert kept_by_jd == [("2", 10)]
    assert write_all(ledger, NOW) == []


def test_a_listing_whose_stock_jd_keeps_is_left_alone() -> None:
    """It is counted, and written again once it is the seller's."""
    ledger, change = a_ledger({"A": 3})
    ledger.held_by_jd("A")
    change("A", 4)
    left_alone = write_all(ledger, NOW)
    counted = ledger.counts()["held_by_jd"]
    ledger.held_by_jd("A", is_held=False)

    assert (left_alone, counted) == ([], 1)
    assert handed_out(write_all(ledger, NOW)) == [("A", 4)]


# Orders from outside -------------------------------------------------------------------------


def test_a_resync_writes_everything_again_behind_all_other_work() -> None:
    """Also what JD holds already, and what it refused."""
    ledger, change = a_ledger({"A": 1, "B": 2, "C": 3, "D": 0})
    *rest, refused = ledger.next_batch(NOW)
    ledger.refused(refused, NOW)
    ledger.accepted(rest)
    count = ledger.resync()
    change("C", 0)
    change("B", 9)
    batch = ledger.next_batch(NOW)

    assert count == 4
    assert [(write.sku_id, write.queue) for write in batch] == [
        ("C", "zero"),
        ("B", "stock"),
        ("A", "bulk"),
        ("D", "bulk"),
    ]


def test_units_that_levels_do_not_reflect_are_not_offered() -> None:
    """An order that Helm has not deducted holds its unit; its booking is JD's own."""
    uncounted = {"A": 0}
    levels = Levels()
    levels.take(POOL, "A", Level(10, 1))
    ledger = StockLedger(
        rule=StockRule(),
        stock_model="spot",
        levels=levels.of(POOL),
        uncounted=lambda sku: uncounted[sku],
    )
    ledger.listing_mapped("A", "A")
    write_all(ledger, NOW)
    uncounted["A"] = 2
    ledger.open_units_changed("A", 2)
    ledger.level_changed("A")
    on_the_way = write_all(ledger, NOW)
    uncounted["A"] = 0
    levels.take(POOL, "A", Level(8, 2))
    ledger.level_changed("A")

    assert on_the_way == []
    assert write_all(ledger, NOW) == []


def test_a_sku_whose_level_cannot_be_read_offers_none_where_that_is_asked_for() -> None:
    """`on_unreadable_level: zero`."""
    levels, unreadable = Levels(), set[str]()
    levels.take(POOL, "A", Level(10, 1))
    ledger = StockLedger(
        rule=StockRule(), stock_model="spot", levels=levels.of(POOL), zeroed=unreadable
    )
    ledger.listing_mapped("A", "A")
    write_all(ledger, NOW)
    unreadable.add("A")
    ledger.level_changed("A")

    assert handed_out(write_all(ledger, NOW)) == [("A", 0)]


def test_a_shipment_has_to_wait_while_a_write_may_still_arrive() -> None:
    """Reckoned before JD took the units off and arriving after, it would sell them again."""
    ledger, change = a_ledger({"A": 5, "B": 1})
    under_way = ledger.next_batch(NOW)
    in_flight = ledger.may_arrive(["A"])
    ledger.unknown(under_way, NOW + CALL_LIFE)
    suspect = ledger.may_arrive(["A"])
    change("A", 6)
    ledger.accepted(ledger.next_batch(NOW + CALL_LIFE))

    assert (in_flight, suspect) == (True, True)
    assert not ledger.may_arrive(["A"])


def test_a_reading_during_a_shipment_says_nothing() -> None:
    """JD may have taken the units off already, or not yet."""
    ledger, _ = a_ledger({"A": 5})
    write_all(ledger, NOW)
    ledger.shipment_started(["A"])
    is_taken = ledger.observed("A", 4, generation=ledger.generation("A"))
    ledger.shipment_ended(["A"])

    assert not is_taken
    assert ledger.offered("A") == 5
