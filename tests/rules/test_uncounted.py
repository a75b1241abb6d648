from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.levels import Levels
from adapter.rules.reservations import is_counted
from adapter.rules.stock import Level
from adapter.rules.uncounted import Reservations
from adapter.wire.kept import KeptReceipt, Reservation

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SKUS = ["TEE", "MUG"]


def a_reservation(order_id: str = "1", version: int | None = None, units: int = 2) -> Reservation:
    """Reserve units of TEE; `version` is the one that Helm's receipt names."""
    receipt = version is not None and KeptReceipt(
        revision=1,
        outcome="accepted",
        taken_in_at=NOON + timedelta(seconds=version),
        stock_versions={"TEE": version},
    )
    return Reservation(
        channel_id="shop",
        order_id=order_id,
        stock_pool="north",
        units={"TEE": units},
        published_at=NOON,
        order_grace_s=60,
        has_receipts=True,
        receipt=receipt or None,
    )


def test_units_come_off_until_the_level_reflects_them() -> None:
    """Of each order by itself, and in its own pool only."""
    levels = Levels()
    reservations = Reservations(levels)
    reservations.take("shop", "1", a_reservation("1", version=7), offset=0)
    reservations.take("shop", "2", a_reservation("2", version=8, units=5), offset=1)
    uncounted = [reservations.uncounted("north", "TEE")]
    for version in (6, 7, 8):
        levels.take("north", "TEE", Level(1, version))
        uncounted.append(reservations.uncounted("north", "TEE"))

    assert uncounted == [7, 7, 5, 0]
    assert reservations.uncounted("south", "TEE") == reservations.uncounted("north", "MUG") == 0


def test_watchers_hear_of_a_sku_when_its_units_change() -> None:
    """Not of a receipt that changes nothing yet, nor of another pool, nor after taking leave."""
    reservations = Reservations(Levels())
    heard: list[str] = []
    reservations.watch("north", "shop", heard.append)
    reservations.watch("south", "other", heard.append)
    reservations.take("shop", "1", a_reservation(), offset=0)
    reservations.take("shop", "1", a_reservation(version=9), offset=1)
    reservations.take("shop", "1", a_reservation(version=9), offset=2)
    assert heard == ["TEE"]
    reservations.take("shop", "1", None, offset=3)
    assert heard == ["TEE", "TEE"]
    reservations.unwatch("north", "shop")
    reservations.unwatch("nowhere", "shop")
    reservations.take("shop", "2", a_reservation("2"), offset=4)

    assert heard == ["TEE", "TEE"]


def test_a_watcher_finds_the_new_count_already_there() -> None:
    """Who is told may reckon at once."""
    reservations = Reservations(Levels())
    seen: list[int] = []
    reservations.watch(
        "north", "shop", lambda sku: seen.append(reservations.uncounted("north", sku))
    )
    reservations.take("shop", "1", a_reservation(), offset=0)

    assert seen == [2]


def test_what_was_committed_here_is_not_undone_when_it_comes_by() -> None:
    """The owner takes its commits in at once; the topic brings them again, older ones first."""
    reservations = Reservations(Levels())
    counts = []
    for reservation, offset, is_own in [
        (a_reservation(), 0, True),
        (None, 1, True),
        (a_reservation(), 0, False),
        (None, 1, False),
        (a_reservation(units=3), 2, False),
        (a_reservation(units=4), 4, True),
        (None, 3, False),
        (a_reservation(units=4), 4, False),
        (None, 5, False),
    ]:
        reservations.take("shop", "1", reservation, offset=offset, is_own=is_own)
        counts.append(reservations.uncounted("north", "TEE"))

    assert counts == [2, 0, 0, 0, 3, 4, 4, 4, 0]


class OrderFact(NamedTuple):
    """An order's reservation, or its end."""

    order_id: str
    reservation: Reservation | None


class LevelFact(NamedTuple):
    """A SKU's level."""

    place: tuple[str, str]
    level: Level


LEVELS = st.builds(
    Level,
    st.just(1),
    st.none() | st.integers(0, 6),
    st.none() | st.integers(0, 6).map(lambda at: NOON + timedelta(seconds=at)),
)
RECEIPTS = st.builds(
    KeptReceipt,
    revision=st.just(1),
    outcome=st.sampled_from(["accepted", "rejected"]),
    taken_in_at=st.integers(0, 6).map(lambda at: NOON + timedelta(seconds=at)),
    stock_versions=st.dictionaries(st.sampled_from(SKUS), st.integers(0, 6)),
)
RESERVATIONS = st.builds(
    Reservation,
    channel_id=st.just("shop"),
    order_id=st.just("1"),
    stock_pool=st.sampled_from(["north", "south"]),
    units=st.dictionaries(st.sampled_from(SKUS), st.integers(0, 3)),
    published_at=st.just(NOON),
    order_grace_s=st.just(2),
    has_receipts=st.booleans(),
    receipt=st.none() | RECEIPTS,
)
PLACES = [(pool, sku) for pool in ("north", "south") for sku in SKUS]
FACTS = st.one_of(
    st.builds(OrderFact, st.sampled_from("123"), st.none() | RESERVATIONS),
    st.builds(LevelFact, st.sampled_from(PLACES), LEVELS),
)


@given(facts=st.lists(FACTS, max_size=25))
def test_fact_by_fact_gives_what_a_count_from_scratch_gives(
    facts: list[OrderFact | LevelFact],
) -> None:
    """Whatever comes, in any order, levels that fall back too; and all news is told."""
    levels, known = Levels(), dict[str, Reservation]()
    reservations = Reservations(levels)
    heard: list[tuple[str, str]] = []
    for pool in ("north", "south"):
        hear = partial(lambda pool, sku: heard.append((pool, sku)), pool)
        levels.watch(pool, "shop", hear)
        reservations.watch(pool, "shop", hear)
    counted = dict.fromkeys(PLACES, 0)
    for offset, fact in enumerate(facts):
        if isinstance(fact, LevelFact):
            levels.take(*fact.place, fact.level)
        else:
            reservations.take("shop", fact.order_id, fact.reservation, offset=offset)
            known.pop(fact.order_id, None)
            if fact.reservation is not None:
                known[fact.order_id] = fact.reservation
        before = counted
        counted = {place: from_scratch(place, levels, known.values()) for place in PLACES}

        assert {place: reservations.uncounted(*place) for place in PLACES} == counted
        assert {place for place in PLACES if before[place] != counted[place]} <= set(heard)
        heard.clear()


def from_scratch(
    place: tuple[str, str], levels: Levels, reservations: Iterable[Reservation]
) -> int:
    """Count a SKU's uncounted units, order by order."""
    pool, sku = place
    return sum(
        reservation.units.get(sku, 0)
        for reservation in reservations
        if reservation.stock_pool == pool
        and not is_counted(reservation, sku, levels.of(pool).get(sku))
    )
