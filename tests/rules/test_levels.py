from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.levels import Levels
from adapter.rules.stock import Level


@given(versions=st.lists(st.integers(0, 9), min_size=1))
def test_whatever_comes_last_the_newest_version_holds(versions: list[int]) -> None:
    """Records repeated or out of order leave the newest, and only news is told."""
    levels = Levels()
    told: list[str] = []
    levels.watch("default", "shop", told.append)

    taken = [levels.take("default", "TEE", Level(version * 10, version)) for version in versions]

    newest = max(versions)
    assert levels.of("default")["TEE"] == Level(newest * 10, newest)
    assert len(told) == sum(taken)
    assert taken == [
        all(version > earlier for earlier in versions[:place])
        for place, version in enumerate(versions)
    ]


def test_pools_do_not_know_each_other() -> None:
    """The same SKU code in two pools has two levels, and a watcher hears of its own pool's."""
    levels = Levels()
    told: list[str] = []
    levels.watch("north", "shop", told.append)
    levels.take("north", "TEE", Level(1, 1))
    levels.take("south", "TEE", Level(2, 1))

    assert (levels.of("north"), levels.of("south")) == (
        {"TEE": Level(1, 1)},
        {"TEE": Level(2, 1)},
    )
    assert told == ["TEE"]


def test_a_mapping_handed_out_early_follows() -> None:
    """A channel may start before the first level of its pool came."""
    levels = Levels()
    pool = levels.of("default")
    levels.take("default", "TEE", Level(3, 1))

    assert pool == {"TEE": Level(3, 1)}


def test_a_name_has_one_watcher_until_it_is_taken_off() -> None:
    """A channel that is built anew replaces its old ledger, and a stopped one hears nothing."""
    levels = Levels()
    old: list[str] = []
    new: list[str] = []
    levels.watch("default", "shop", old.append)
    levels.watch("default", "shop", new.append)
    levels.take("default", "TEE", Level(1, 1))
    levels.unwatch("default", "shop")
    levels.unwatch("default", "shop")
    levels.unwatch("nowhere", "shop")
    levels.take("default", "TEE", Level(2, 2))

    assert (old, new) == ([], ["TEE"])


def test_a_watcher_finds_the_new_level_already_there() -> None:
    """Who is told may look at once."""
    levels = Levels()
    seen: list[int | None] = []
    levels.watch("default", "shop", lambda sku: seen.append(levels.of("default")[sku].available))
    levels.take("default", "TEE", Level(4, 1))

    assert seen == [4]


def at(hour: int) -> datetime:
    """Give an instant of the day."""
    return datetime(2026, 11, 23, hour, tzinfo=UTC)


def test_a_version_that_fell_while_time_went_on_is_refused_and_told() -> None:
    """A writer that lost its counter would else be ignored without a word."""
    levels = Levels()
    regressed = levels.regressed("default")
    levels.take("default", "TEE", Level(5, 50, at(8)))
    levels.take("default", "TEE", Level(5, 49, at(7)))
    late_repeat = dict(regressed)
    is_taken = levels.take("default", "TEE", Level(9, 3, at(9)))

    assert late_repeat == {}
    assert not is_taken
    assert levels.of("default")["TEE"].version == 50
    assert dict(regressed) == {"TEE": Level(9, 3, at(9))}


@pytest.mark.parametrize("cure", ["higher version", "null, then the level"])
def test_what_the_remedy_names_ends_a_regression(cure: str) -> None:
    """Both ways lead to the level that Helm means."""
    levels = Levels()
    levels.take("default", "TEE", Level(5, 50, at(8)))
    levels.take("default", "TEE", Level(9, 3, at(9)))
    if cure == "higher version":
        levels.take("default", "TEE", Level(9, 51, at(10)))
    else:
        levels.take("default", "TEE", Level(None))
        levels.take("default", "TEE", Level(9, 4, at(10)))

    assert levels.of("default")["TEE"].available == 9
    assert dict(levels.regressed("default")) == {}


def test_a_regression_is_found_again_after_a_restart() -> None:
    """The topic kept only the lower version; what was offered knows the higher one."""
    levels = Levels()
    levels.take("default", "TEE", Level(9, 3, at(9)))
    levels.restore("default", "TEE", Level(5, 50, at(8)))

    assert levels.of("default")["TEE"].version == 50
    assert dict(levels.regressed("default")) == {"TEE": Level(9, 3, at(9))}


def test_a_level_that_cannot_be_read_leaves_the_last_good_one() -> None:
    """It is told until a readable record comes, even one that changes nothing."""
    levels = Levels()
    told: list[str] = []
    unreadable = levels.unreadable("default")
    levels.take("default", "TEE", Level(5, 1))
    levels.watch("default", "shop", told.append)
    levels.take_unreadable("default", "TEE")
    while_unreadable = set(unreadable)
    levels.take("default", "TEE", Level(5, 1))

    assert while_unreadable == {"TEE"}
    assert not unreadable
    assert levels.of("default")["TEE"] == Level(5, 1)
    assert told == ["TEE", "TEE"]
