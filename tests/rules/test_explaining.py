"""Explanations: every number is the ledger's own, and what stands in the way is named."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.rules.explaining import BRAKE, Case, reasons, steps
from adapter.rules.levels import Levels
from adapter.rules.overrides import Overrides
from adapter.rules.state import ChannelState
from adapter.rules.stock import Level
from adapter.wire.helm import ListingSettings, SalesChannel
from adapter.wire.kept import OrderIndexEntry
from adapter.wire.published import Listing, Problem, StockUpdate

LEVEL = Level(17, 42)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ON = {"is_active": True, "sync_stock_levels": True}


def a_listing(sku_id: str = "100", **fields: Any) -> Listing:
    """Make a listing of SKU `TEE`."""
    values = {"sku": "TEE", "mapping": "code", "title": "Tee", "status": "on_sale"}
    return Listing.model_validate({"channel_id": "shop", "sku_id": sku_id, **values, **fields})


def a_case(
    level: Level | None = LEVEL,
    *,
    offered: int | None = None,
    override: dict[str, Any] | None = None,
    listing: dict[str, Any] | None = None,
    uncounted: int = 0,
    open_units: int = 0,
    sharing: int = 0,
    last: StockUpdate | None = None,
    problems: tuple[Problem, ...] = (),
    is_paused: bool = False,
    **channel_fields: Any,
) -> Case:
    """Let a channel's state say how one listing stands."""
    levels, overrides = Levels(), Overrides()
    if level is not None:
        levels.take("default", "TEE", level)
    own = None
    if override is not None:
        own = ListingSettings(channel_id="shop", sku_id="100", **override)
        overrides.take("shop", "100", own)
    channel = SalesChannel.model_validate(ON | channel_fields)
    state = ChannelState(
        settings=channel,
        levels=levels.of("default"),
        overrides=overrides.of("shop"),
        uncounted=lambda _: uncounted,
    )
    mine = a_listing(**(listing or {}))
    if own is not None:
        mine = mine.model_copy(update={"units_per_listing": own.units_per_listing})
    state.take_listing(mine)
    for number in range(sharing):
        state.take_listing(a_listing(f"2{number}"))
    if open_units:
        state.take_order(
            OrderIndexEntry(
                channel_id="shop",
                order_id="1",
                modified=NOON,
                content_hash="1-0",
                state="WAIT_SELLER_STOCK_OUT",
                revision=1,
                in_scope=True,
                is_open=True,
                ordered={"100": open_units},
            )
        )
    if offered is not None:
        state.ledger.offered_known("100", offered)
    return Case(
        settings=channel,
        listing=mine,
        override=own,
        standing=state.ledger.standing("100"),
        last=last,
        problems=problems,
        is_paused=is_paused,
    )


def codes(case: Case) -> list[str]:
    """Name the reasons."""
    return [reason.code for reason in reasons(case)]


@settings(deadline=None)
@given(
    available=st.none() | st.integers(-5, 60),
    stock_buffer=st.integers(0, 8),
    max_stock_level=st.none() | st.integers(0, 30),
    override=st.fixed_dictionaries(
        {"units_per_listing": st.integers(1, 5), "hold": st.booleans()},
        optional={"stock_buffer": st.integers(0, 3), "max_stock_level": st.integers(0, 20)},
    ),
    uncounted=st.integers(0, 9),
    open_units=st.integers(0, 5),
    sharing=st.integers(0, 3),
    shared_sku=st.sampled_from(["each", "split"]),
    stock_model=st.sampled_from(["spot", "sellable"]),
    status=st.sampled_from(["on_sale", "off_sale"]),
)
def test_the_steps_lead_to_the_ledgers_own_number(
    available: int | None, override: dict[str, Any], status: str, **rest: Any
) -> None:
    """The last step is what is written, and the units before it what buyers can order."""
    case = a_case(Level(available, 1), override=override, listing={"status": status}, **rest)
    assert case.standing is not None
    desired = case.standing.desired
    assert desired is not None
    found = steps(case)
    before_bookings = [step for step in found if not step.what.startswith("and ")]

    assert found[-1].left == desired.quantity
    assert before_bookings[-1] == ("sellable", desired.sellable)
    assert before_bookings[-2].left == desired.sellable


def test_the_rule_is_shown_step_by_step() -> None:
    """Uncounted first, then the buffer, the share, the cap, the pack, and JD's bookings."""
    case = a_case(
        Level(40, 1),
        uncounted=2,
        open_units=3,
        sharing=1,
        override={"units_per_listing": 2},
        stock_buffer=4,
        max_stock_level=12,
        shared_sku="split",
    )

    assert steps(case) == [
        ("available", 40),
        ("less 2 uncounted", 38),
        ("less stock buffer 4", 34),
        ("share 1 of 2", 17),
        ("at most 12", 12),
        ("2 units a listing", 6),
        ("sellable", 6),
        ("and 3 that JD books for open orders", 9),
    ]


def test_what_is_at_jd_needs_no_reason() -> None:
    """The quantity is there, and nobody waits for anything."""
    assert codes(a_case(offered=17)) == []


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"level": Level(None)}, "gone"),
        ({"level": Level(0)}, "sold_out"),
        ({"max_stock_level": 0}, "cap_is_zero"),
        ({"stock_buffer": 17}, "buffer"),
        ({"uncounted": 17}, "uncounted"),
        ({"override": {"hold": True}}, "hold"),
        ({"override": {"units_per_listing": 18}}, "too_few"),
        ({"listing": {"status": "off_sale"}, "sharing": 1, "shared_sku": "split"}, "no_share"),
    ],
)
def test_a_zero_says_where_it_comes_from(made: dict[str, Any], code: str) -> None:
    """One reason for the zero, and none that it waits for: JD holds it already."""
    case = a_case(offered=0, **made)

    assert [each for each in codes(case) if each != "off_sale"] == [code]


@pytest.mark.parametrize(
    ("made", "code"),
    [
        ({"is_active": False}, "inactive"),
        ({"is_paused": True}, "paused"),
        ({"sync_stock_levels": False}, "stock_off"),
        ({"level": None}, "no_level"),
        ({"listing": {"sku": None, "mapping": "none"}}, "unmapped"),
        ({}, "dirty"),
    ],
)
def test_what_keeps_a_quantity_from_jd_is_named(made: dict[str, Any], code: str) -> None:
    """Each obstacle has its word, and all but mere waiting a remedy."""
    found = {reason.code: reason for reason in reasons(a_case(**made))}

    assert code in found
    assert found[code].remedy or code == "dirty"


def test_an_announced_write_without_outcome_is_named() -> None:
    """After a crash nobody knows what became of the call."""
    last = StockUpdate(
        channel_id="shop",
        sku_id="100",
        sku="TEE",
        status="intended",
        quantity=5,
        stock_ref="r-1",
        at=NOON,
    )

    assert "no_outcome" in codes(a_case(last=last))


def test_a_braked_zero_names_the_brake_and_others_do_not() -> None:
    """The brake holds zeros alone."""
    problem = Problem(
        code=BRAKE, severity="error", since=NOON, cause="24 listings wait", remedy="approve"
    )

    assert codes(a_case(Level(0), offered=5, problems=(problem,))) == [
        "dirty",
        "braked",
        "sold_out",
    ]
    assert codes(a_case(Level(3), offered=5, problems=(problem,))) == ["dirty"]


def test_a_spent_quota_is_named_where_something_waits() -> None:
    """With JD's remedy; what is at JD waits for nothing."""
    problem = Problem(
        code="THROTTLED", severity="warning", since=NOON, cause="quota spent", remedy="wait"
    )

    assert codes(a_case(problems=(problem,))) == ["dirty", "quota"]
    assert codes(a_case(offered=17, problems=(problem,))) == []
