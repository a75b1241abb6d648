from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.catalogue import listing_of
from adapter.rules.levels import Levels
from adapter.rules.overrides import Overrides
from adapter.rules.state import ChannelState, offered_level
from adapter.rules.stock import Level
from adapter.wire.helm import ListingSettings, SalesChannel
from adapter.wire.jd import JdSku
from adapter.wire.kept import OrderIndexEntry
from adapter.wire.published import Listing, StockUpdate

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CALL_LIFE = timedelta(seconds=90)
CODE = "TEE"


class Channel:
    """A channel's state, and the tables it lives on."""

    def __init__(self, **settings: Any) -> None:
        self.levels, self.overrides = Levels(), Overrides()
        self.state = ChannelState(
            settings=SalesChannel(**settings),
            levels=self.levels.of("default"),
            overrides=self.overrides.of("shop"),
        )
        self.levels.watch("default", "shop", self.state.ledger.level_changed)

    def override(self, sku_id: str = "100", **fields: Any) -> Listing | None:
        """Write a listing's own settings; none end them."""
        settings = ListingSettings(channel_id="shop", sku_id=sku_id, **fields) if fields else None
        self.overrides.take("shop", sku_id, settings)
        return self.state.override_changed(sku_id)

    def read(self, sku_id: str = "100", outer_id: str | None = CODE) -> Listing:
        """Read a SKU from JD's catalogue."""
        sku = JdSku.model_validate({"skuId": sku_id, "outerId": outer_id, "status": 1})
        listing = listing_of("shop", sku, self.state.override(sku_id))
        self.state.take_listing(listing)
        return listing

    def written(self) -> dict[str, int]:
        """Write all that is due; quantities by listing."""
        batch = self.state.ledger.next_batch(NOON)
        self.state.ledger.accepted(batch)
        return {write.sku_id: write.quantity for write in batch}


def an_order(**fields: Any) -> OrderIndexEntry:
    """Keep of an order what the index keeps."""
    kept: dict[str, Any] = {
        "channel_id": "shop",
        "order_id": "1",
        "modified": NOON,
        "content_hash": "1-0",
        "state": "WAIT_SELLER_STOCK_OUT",
        "revision": 1,
        "in_scope": True,
        "is_open": True,
        "ordered": {"100": 2},
    }
    return OrderIndexEntry(**(kept | fields))


def an_update(status: str, quantity: int, **fields: Any) -> StockUpdate:
    """Write what was offered."""
    return StockUpdate.model_validate(
        {
            "channel_id": "shop",
            "sku_id": "100",
            "sku": CODE,
            "status": status,
            "quantity": quantity,
            "stock_ref": "r",
            "at": NOON,
        }
        | fields
    )


@pytest.mark.parametrize(
    ("settings", "override", "quantity"),
    [
        ({}, {}, 19),
        ({"stock_model": "sellable"}, {}, 17),
        ({"stock_buffer": 5, "max_stock_level": 10}, {}, 12),
        ({"stock_buffer": 5, "max_stock_level": 10}, {"stock_buffer": 0}, 12),
        ({"stock_buffer": 5, "max_stock_level": 10}, {"max_stock_level": 3}, 5),
        ({"stock_buffer": 5}, {"stock_buffer": 0}, 19),
        ({}, {"units_per_listing": 3}, 7),
        ({}, {"hold": True}, 2),
        ({}, {"sku": "MUG"}, 6),
    ],
    ids=repr,
)
def test_every_fact_reaches_the_quantity(
    settings: dict[str, Any], override: dict[str, Any], quantity: int
) -> None:
    """17 tees, 4 mugs, an order of 2 listings: level, mapping, rule and bookings in one number."""
    channel = Channel(**settings)
    channel.levels.take("default", CODE, Level(17, 1))
    channel.levels.take("default", "MUG", Level(4, 1))
    channel.state.take_order(an_order())
    channel.read()
    channel.override(**override)

    assert channel.written() == {"100": quantity}


@given(
    facts=st.permutations(["level", "order", "listing", "override"]),
    override=st.fixed_dictionaries(
        {},
        optional={
            "sku": st.sampled_from([CODE, "MUG"]),
            "units_per_listing": st.integers(1, 3),
            "stock_buffer": st.integers(0, 3),
            "max_stock_level": st.integers(0, 20),
            "hold": st.booleans(),
        },
    ),
)
def test_the_sequence_of_facts_does_not_matter(facts: list[str], override: dict[str, Any]) -> None:
    """Whichever comes first after a start, in the end JD holds the same."""
    channel, orderly = Channel(), Channel()
    for told, sequence in ((channel, facts), (orderly, sorted(facts))):
        for fact in sequence:
            if fact == "level":
                told.levels.take("default", CODE, Level(17, 1))
                told.levels.take("default", "MUG", Level(4, 1))
            elif fact == "order":
                told.state.take_order(an_order())
            elif fact == "listing":
                told.read()
            else:
                told.override(**override)

    assert channel.written() == orderly.written()
    assert channel.state.listings == orderly.state.listings


@pytest.mark.parametrize("outer_id", [CODE, None])
@pytest.mark.parametrize(
    "first", [{"sku": "MUG"}, {"units_per_listing": 3}, {"sku": "MUG", "units_per_listing": 3}]
)
@pytest.mark.parametrize("then", [{}, {"units_per_listing": 2}, {"hold": True}])
def test_settings_that_change_leave_no_trace_of_what_they_were(
    outer_id: str | None, first: dict[str, Any], then: dict[str, Any]
) -> None:
    """After any change a listing is what it would be if only the newest settings had come."""
    changed, fresh = Channel(), Channel()
    changed.read(outer_id=outer_id)
    changed.override(**first)
    changed.override(**then)
    fresh.override(**then)
    fresh.read(outer_id=outer_id)

    assert changed.state.listings == fresh.state.listings


def test_a_listing_whose_own_sku_ends_goes_back_to_its_code() -> None:
    """Its code is kept beside it, whether JD's catalogue was read since or not."""
    channel = Channel()
    channel.levels.take("default", CODE, Level(17, 1))
    channel.levels.take("default", "MUG", Level(4, 1))
    channel.overrides.take(
        "shop", "100", ListingSettings(channel_id="shop", sku_id="100", sku="MUG")
    )
    channel.read()
    with_its_own = channel.written()
    ended = channel.override()

    assert ended is not None
    assert (ended.sku, ended.mapping) == (CODE, "code")
    assert (with_its_own, channel.written()) == ({"100": 4}, {"100": 17})


@pytest.mark.parametrize(
    ("before", "since", "sku"),
    [
        ({}, {"sku": "MUG"}, "MUG"),
        ({"sku": "MUG"}, {}, CODE),
        ({"sku": "MUG"}, {"sku": "MUG"}, "MUG"),
    ],
)
def test_a_restored_listing_is_mapped_by_the_newest_settings(
    before: dict[str, Any], since: dict[str, Any], sku: str
) -> None:
    """They may have changed while no adapter ran; what differs then is published anew."""
    former, channel = Channel(), Channel()
    former.override(**before)
    published = former.read()
    channel.override(**since)
    channel.state.restore_listing(published)

    assert channel.state.listings["100"].sku == sku
    assert bool(channel.state.changed_here()) == (before != since)


@pytest.mark.parametrize(("own", "quantity"), [({}, 17), ({"sku": "MUG"}, 4)])
def test_a_listing_that_was_never_published_is_mapped_as_it_was_last_written(
    own: dict[str, Any], quantity: int
) -> None:
    """Without Sync Inventory nothing else is kept, and stock must not wait for a full reading."""
    channel = Channel(sync_inventory=False)
    channel.levels.take("default", CODE, Level(17, 1))
    channel.levels.take("default", "MUG", Level(4, 1))
    channel.override(**own)
    channel.state.restore_mapping(an_update("accepted", 9))
    channel.state.restore_offered(an_update("accepted", 9), now=NOON, late_until=NOON + CALL_LIFE)

    assert channel.written() == {"100": quantity}


def test_settings_of_a_listing_that_was_not_read_wait_for_it() -> None:
    """Nothing is known of it yet, so nothing changed."""
    channel = Channel()

    assert channel.override(sku="MUG") is None
    assert channel.read().sku == "MUG"


def test_a_deleted_listing_is_written_no_more() -> None:
    """And its code is forgotten with it."""
    channel = Channel()
    channel.levels.take("default", CODE, Level(17, 1))
    channel.read()
    channel.state.drop_listing("100")
    channel.state.drop_listing("100")

    assert channel.written() == {}
    assert channel.state.listings == {}
    assert channel.state.mapping_counts().mapped == 0


def test_a_listing_that_loses_its_code_is_written_no_more() -> None:
    """Not even to zero: it is nobody's stock any more, and status reports it."""
    channel = Channel()
    channel.levels.take("default", CODE, Level(17, 1))
    channel.read()
    channel.read(outer_id=None)

    assert channel.written() == {}
    assert channel.state.mapping_counts().unmapped == 1


@pytest.mark.parametrize(
    ("status", "is_written"),
    [
        ("accepted", False),
        ("adjusted", False),
        ("intended", True),
        ("unknown", True),
        ("refused", False),
    ],
)
def test_a_restart_writes_again_what_nobody_is_sure_of(status: str, *, is_written: bool) -> None:
    """An intent without outcome is written; what JD refused waits as before."""
    channel = Channel()
    channel.levels.take("default", CODE, Level(17, 1))
    channel.read()
    channel.state.restore_offered(an_update(status, 17), now=NOON, late_until=NOON + CALL_LIFE)

    assert bool(channel.written()) == is_written
    standing = channel.state.ledger.standing("100")
    assert standing is not None
    assert (standing.suspect_until is not None) == (status in {"intended", "unknown"})
    assert standing.refused == (17 if status == "refused" else None)


@pytest.mark.parametrize("status", ["accepted", "refused", "unknown"])
def test_another_store_is_written_whatever_the_former_one_was_offered(status: str) -> None:
    """A changed store holds nothing of it, and no call for the former one reaches it."""
    channel = Channel(jd_store_id="7")
    channel.levels.take("default", CODE, Level(17, 1))
    channel.read()
    channel.state.restore_offered(an_update(status, 17), now=NOON, late_until=NOON + CALL_LIFE)
    standing = channel.state.ledger.standing("100")

    assert standing is not None
    assert standing.suspect_until is None
    assert channel.written() == {"100": 17}


@pytest.mark.parametrize(
    ("stock_pool", "level"), [("north", Level(5, 50)), ("south", None), (None, None)]
)
def test_a_level_is_restored_into_its_own_pool_only(
    stock_pool: str | None, level: Level | None
) -> None:
    """A channel that moved to another pool must not offer the former one's units there."""
    used = {"stock_pool": stock_pool, "available": 5, "version": 50}

    assert offered_level(an_update("accepted", 5, level=used), stock_pool="north") == level


def test_an_offer_without_level_restores_none() -> None:
    """JD may have changed a number that was never written."""
    assert offered_level(an_update("adjusted", 5), stock_pool="north") is None


@pytest.mark.parametrize(
    ("stock_model", "offered", "units", "left"),
    [
        ("spot", 19, 2, 17),
        ("spot", 1, 2, 0),
        ("spot", None, 2, None),
        ("sellable", 19, 2, 19),
    ],
)
def test_jd_takes_shipped_units_off_where_its_number_has_them(
    stock_model: str, offered: int | None, units: int, left: int | None
) -> None:
    """What is not known stays so."""
    channel = Channel(stock_model=stock_model)
    channel.read()
    channel.state.ledger.offered_known("100", offered)

    assert channel.state.jd_changed("100", units) == left


def test_what_jd_holds_after_a_shipment_is_not_known_while_a_write_is_under_way() -> None:
    """Told as certain, it would hide from a restart that the write may still arrive."""
    channel = Channel()
    channel.levels.take("default", CODE, Level(17, 1))
    channel.read()
    channel.written()
    channel.levels.take("default", CODE, Level(15, 2))
    channel.state.ledger.next_batch(NOON)
    channel.state.ledger.shipment_started(["100"])

    assert channel.state.ledger.offered("100") == 17
    assert channel.state.jd_changed("100", 2) is None


def test_what_jd_holds_after_a_shipment_is_not_known_while_an_older_call_may_arrive() -> None:
    """Told as certain, it would hide from a restart that the listing has to be read back."""
    channel = Channel()
    channel.levels.take("default", CODE, Level(17, 1))
    channel.read()
    channel.state.ledger.suspected("100", NOON + CALL_LIFE)
    channel.written()

    assert channel.state.ledger.offered("100") == 17
    assert channel.state.jd_changed("100", 2) is None


def test_an_own_shipment_causes_no_write() -> None:
    """JD's number, its bookings and what is desired fall together."""
    channel = Channel()
    channel.levels.take("default", CODE, Level(17, 1))
    channel.state.take_order(an_order())
    channel.read()
    before = channel.written()
    channel.state.ledger.shipment_started(["100"])
    channel.state.ledger.offered_known("100", channel.state.jd_changed("100", 2))
    channel.state.take_order(an_order(shipped={"100": 2}))
    channel.state.ledger.shipment_ended(["100"])

    assert before == {"100": 19}
    assert channel.written() == {}


@pytest.mark.parametrize(
    ("is_read", "code_at_jd", "override", "outer_id", "sold_as"),
    [
        (True, CODE, {}, "OTHER", (CODE, 1)),
        (True, CODE, {"units_per_listing": 3}, None, (CODE, 3)),
        (True, None, {}, "OTHER", None),
        (True, None, {"sku": "MUG"}, None, ("MUG", 1)),
        (False, None, {}, "OTHER", ("OTHER", 1)),
        (False, None, {"units_per_listing": 3}, "OTHER", ("OTHER", 3)),
        (False, None, {"sku": "MUG"}, "OTHER", ("MUG", 1)),
        (False, None, {}, None, None),
    ],
)
def test_an_order_line_is_sold_as_its_listing_maps(
    override: dict[str, Any],
    code_at_jd: str | None,
    outer_id: str | None,
    sold_as: tuple[str, int] | None,
    *,
    is_read: bool,
) -> None:
    """The code on the order stands in only for a listing that was not read yet."""
    channel = Channel()
    if is_read:
        channel.read(outer_id=code_at_jd)
    channel.override(**override)

    assert channel.state.sold_as("100", outer_id) == sold_as


def test_listings_are_counted_by_how_they_map() -> None:
    """Several listings of one SKU all count as duplicate, and the count follows changes."""
    channel = Channel()
    for sku_id, outer_id in [("1", "A"), ("2", "A"), ("3", "B"), ("4", None)]:
        channel.read(sku_id, outer_id)
    before = channel.state.mapping_counts()
    channel.override("4", sku="B")
    after = channel.state.mapping_counts()

    channel.levels.take("default", "B", Level(1, 1))
    channel.levels.take("default", "C", Level(1, 1))
    with_levels = channel.state.mapping_counts()

    assert (before.without_level, before.without_listing) == (3, 0)
    assert (with_levels.without_level, with_levels.without_listing) == (2, 1)
    assert (before.mapped, before.unmapped, before.duplicate) == (3, 1, 2)
    assert (after.mapped, after.unmapped, after.duplicate) == (4, 0, 4)


def test_what_settings_changed_is_handed_out_once() -> None:
    """JD's catalogue shows no change, so these listings are published for themselves."""
    channel = Channel()
    for sku_id in ("1", "2", "3"):
        channel.read(sku_id)
    channel.override("1", sku="MUG")
    channel.override("2", units_per_listing=3)
    channel.override("2", units_per_listing=2)
    channel.state.drop_listing("1")
    changed = channel.state.changed_here()

    assert [(listing.sku_id, listing.units_per_listing) for listing in changed] == [("2", 2)]
    assert channel.state.changed_here() == []
