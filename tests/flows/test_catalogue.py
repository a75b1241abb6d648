from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.flows.catalogue import (
    INCOMPLETE,
    MOST_READINGS,
    NEAR_MISS,
    PAGE_SIZE,
    CatalogueFlow,
)
from adapter.rules.diagnosis import Problems
from adapter.rules.encoding import ENCODING
from adapter.rules.overrides import Overrides
from adapter.rules.state import ChannelState
from adapter.rules.stock import Level
from adapter.wire.helm import SalesChannel
from adapter.wire.jd import JdSku
from adapter.wire.kept import Checkpoint
from tests.flow_parts import FakeShard, as_shard, jd_client

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SWEEP, FOLLOW = timedelta(hours=6), timedelta(minutes=1)


class Shop:
    """A JD shop's catalogue that answers page by page, and whatever happens between two pages."""

    def __init__(self, count: int = 0) -> None:
        self.now = NOON
        self.rows: list[dict[str, Any]] = []
        self.searches: list[dict[str, Any]] = []
        self.between: Callable[[int], None] = lambda _: None
        self.hides: Callable[[dict[str, Any]], bool] = lambda _: False
        for _ in range(count):
            self.add()

    def add(self, at: int | None = None, **fields: Any) -> dict[str, Any]:
        """List a SKU, somewhere in the shop."""
        sku_id = 1000 + len(self.rows)
        while any(row["skuId"] == sku_id for row in self.rows):
            sku_id += 1
        row = {"skuId": sku_id, "outerId": f"S{sku_id}", "skuName": "T恤", "status": 1}
        row |= {"modified": int((NOON - timedelta(days=9)).timestamp() * 1000), "stockNum": 5}
        row |= fields
        self.rows.insert(len(self.rows) if at is None else at, row)
        return row

    def change(self, row: dict[str, Any], **fields: Any) -> None:
        """Change a SKU now."""
        row.update(fields | {"modified": int(self.now.timestamp() * 1000)})

    def answer(self, _method: str, asked: dict[str, Any]) -> object:
        """Answer a search as JD does, then let something happen."""
        self.searches.append(asked)
        found = [row for row in self.rows if not self.hides(row) and _is_within(row, asked)]
        first = (asked["pageNo"] - 1) * asked["page_size"]
        page = [dict(row) for row in found[first : first + asked["page_size"]]]
        self.between(len(self.searches))
        return {"page": {"totalItem": len(found), "data": page}}


def _is_within(row: dict[str, Any], asked: dict[str, Any]) -> bool:
    if "startModifiedTime" not in asked:
        return True
    at = datetime.fromtimestamp(row["modified"] / 1000, UTC) + timedelta(hours=8)
    text = at.strftime("%Y-%m-%d %H:%M:%S")
    return bool(asked["startModifiedTime"] <= text <= asked["endModifiedTime"])


class Channel:
    """A catalogue flow on a shop, and what it left behind."""

    def __init__(
        self, shop: Shop, *, sync_inventory: bool = True, levels: Iterable[str] = ()
    ) -> None:
        self._levels = {sku: Level(1, 1) for sku in levels}
        self.shop, self.shard, self.problems = shop, FakeShard(), Problems()
        self.read: list[str] = []
        self._settings = SalesChannel(sync_inventory=sync_inventory)
        self.start()

    def start(self) -> None:
        """Start, as after a restart, from what is kept."""
        self.state = ChannelState(
            settings=self._settings, levels=self._levels, overrides=Overrides().of("shop")
        )
        for listing in self.shard.tables.listings.of("shop").values():
            self.state.restore_listing(listing)
        self.flow = CatalogueFlow(
            channel_id="shop",
            state=self.state,
            shard=as_shard(self.shard),
            jd=jd_client(self.shop.answer, now=lambda: self.shop.now),
            publishes=self._settings.sync_inventory,
            sweep_every=SWEEP,
            follow_every=FOLLOW,
            on_change=lambda: None,
            on_read=self._on_read,
            now=lambda: self.shop.now,
            problems=self.problems,
        )

    async def step(self, after: timedelta = FOLLOW) -> list[Any]:
        """Let time pass and read; return what was published of listings."""
        self.shop.now += after
        self.shop.searches.clear()
        await self.flow.step()
        return self.shard.taken(self.shard.names.listings)

    def codes(self) -> list[str]:
        """The problems there are."""
        return [problem.code for problem in self.problems.all()]

    @property
    def swept(self) -> bool:
        """Whether the last step read all."""
        return "startModifiedTime" not in self.shop.searches[0]

    def _on_read(self, skus: Iterable[JdSku]) -> None:
        self.read += [sku.sku_id for sku in skus]


async def test_only_what_changed_is_published() -> None:
    """Prices, titles, status and codes are; a stock figure alone is not."""
    shop = Shop(3)
    channel = Channel(shop)
    first = await channel.step()
    shop.change(shop.rows[0], jdPrice=9.5, status=2)
    shop.change(shop.rows[1], stockNum=1)
    then = await channel.step()

    assert len(first) == 3
    assert [(m["sku_id"], m["price"], m["status"]) for m in then] == [("1000", "9.50", "off_sale")]
    assert await channel.step() == []


async def test_a_deleted_sku_leaves_a_tombstone_once() -> None:
    """JD says so in a status of its own."""
    shop = Shop(2)
    channel = Channel(shop)
    await channel.step()
    shop.change(shop.rows[0], status=4)

    assert await channel.step() == [None]
    assert await channel.step() == []
    assert list(channel.state.listings) == ["1001"]


async def test_a_restart_does_not_read_a_big_shop_again() -> None:
    """It goes on from what is kept: the next full reading when it is due, changes until then."""
    shop = Shop(PAGE_SIZE * 3)
    channel = Channel(shop)
    await channel.step()
    shop.change(shop.rows[0], jdPrice=9.5)
    channel.start()
    after_restart = await channel.step(timedelta(hours=3))
    searches, was_sweep = len(shop.searches), channel.swept
    channel.start()
    await channel.step(timedelta(hours=3))

    assert [m["sku_id"] for m in after_restart] == ["1000"]
    assert (searches, was_sweep) == (1, False)
    assert channel.swept


async def test_a_shop_whose_listings_were_lost_is_read_again() -> None:
    """How far it came says nothing where what was published is gone."""
    shop = Shop(2)
    channel = Channel(shop)
    await channel.step()
    kept = channel.shard.tables.checkpoints.get("shop", "catalogue")
    channel.shard = FakeShard()
    assert isinstance(kept, Checkpoint)
    await channel.shard.publish_atomically([channel.shard.events.checkpoint(kept, at=NOON)])
    channel.start()

    assert len(await channel.step()) == 2


async def test_without_sync_inventory_the_mapping_is_read_and_nothing_is_published() -> None:
    """Stock needs it; after a restart all is read again, for nothing of it was kept."""
    shop = Shop(2)
    channel = Channel(shop, sync_inventory=False)
    published = await channel.step()
    channel.start()
    published += await channel.step()

    assert published == []
    assert channel.shard.published == []
    assert channel.swept
    assert len(channel.state.listings) == 2


@settings(max_examples=30, deadline=None)
@given(
    size=st.integers(0, PAGE_SIZE * 4),
    deleted=st.lists(st.tuples(st.integers(1, 6), st.integers(0, 300)), max_size=8),
)
async def test_rows_that_vanish_while_pages_are_read_hide_no_other(
    size: int, deleted: list[tuple[int, int]]
) -> None:
    """All after a row that goes move one place forward, into pages that are yet to be read."""
    shop = Shop(size)
    gone = set()

    def vanish(search: int) -> None:
        for when, place in deleted:
            if when == search and shop.rows:
                gone.add(shop.rows.pop(place % len(shop.rows))["skuId"])

    shop.between = vanish
    kept = {row["skuId"] for row in shop.rows}
    channel = Channel(shop)
    await channel.step()

    assert {str(sku_id) for sku_id in kept - gone} <= channel.state.listings.keys()


@settings(max_examples=30, deadline=None)
@given(
    size=st.integers(PAGE_SIZE, PAGE_SIZE * 3),
    added=st.lists(st.tuples(st.integers(1, 4), st.integers(0, 300)), max_size=4),
)
async def test_rows_that_appear_while_pages_are_read_cost_another_reading(
    size: int, added: list[tuple[int, int]]
) -> None:
    """Rows move into pages already read, and fewer came than JD counts; changes bring the rest."""
    shop = Shop(size)
    channel = Channel(shop)

    def appear(search: int) -> None:
        for when, place in added:
            if when == search:
                shop.change(shop.add(at=place % (len(shop.rows) + 1)))

    shop.between = appear
    await channel.step()
    shop.between = lambda _: None
    await channel.step()

    assert {str(row["skuId"]) for row in shop.rows} == channel.state.listings.keys()
    assert channel.codes() == []


async def test_a_row_that_stands_on_two_pages_counts_once() -> None:
    """And it is published once, for the second time it is not changed."""
    shop = Shop(PAGE_SIZE + 1)
    shop.rows[PAGE_SIZE] = dict(shop.rows[0])
    channel = Channel(shop)
    published = await channel.step()

    assert len(published) == PAGE_SIZE
    assert len(shop.searches) == 3 * MOST_READINGS
    assert channel.codes() == [INCOMPLETE]


async def test_a_full_reading_that_comes_out_ends_the_problem() -> None:
    """What was hidden is found by the next one, or by its change."""
    shop = Shop(2)
    shop.rows.append(dict(shop.rows[0]))
    channel = Channel(shop)
    await channel.step()
    before = channel.codes()
    shop.rows.pop()
    await channel.step(SWEEP)

    assert (before, channel.codes()) == ([INCOMPLETE], [])


async def test_a_change_that_jd_shows_late_is_found() -> None:
    """Half an hour is looked back, every ten minutes and after each start."""
    shop = Shop(2)
    channel = Channel(shop)
    await channel.step()
    shop.change(shop.rows[0], jdPrice=9.5)
    shop.hides = lambda row: row is shop.rows[0]
    for _ in range(20):
        assert await channel.step() == []
    shop.hides = lambda _: False
    found = [m for _ in range(10) for m in await channel.step()]

    assert [m["sku_id"] for m in found] == ["1000"]


async def test_a_row_from_before_a_known_change_is_not_taken() -> None:
    """A search that lags would undo the change, and a deletion too."""
    shop = Shop(3)
    channel = Channel(shop)
    await channel.step()
    old = [dict(row) for row in shop.rows]
    shop.change(shop.rows[0], jdPrice=9.5)
    shop.change(shop.rows[1], status=4)
    await channel.step()
    shop.rows = old
    await channel.step(SWEEP)

    assert str(channel.state.listings["1000"].price) == "9.5"
    assert "1001" not in channel.state.listings


async def test_an_instant_that_is_still_to_come_hides_nothing() -> None:
    """Else a glitch of JD's clock would freeze the listing."""
    shop = Shop(1)
    channel = Channel(shop)
    shop.change(shop.rows[0], jdPrice=1)
    shop.rows[0]["modified"] += 10**11
    await channel.step()
    shop.change(shop.rows[0], jdPrice=2)
    await channel.step()

    assert channel.state.listings["1000"].price == 2


async def test_a_garbled_title_is_kept_and_reported_until_it_is_mended() -> None:
    """The problem says which side sent it, how it was seen, and what it probably meant."""
    shop = Shop(2)
    channel = Channel(shop)
    shop.rows[0]["skuName"] = "红色".encode().decode("gb18030")
    (listing, _) = await channel.step()
    (problem,) = channel.problems.all()
    channel.problems = Problems()
    channel.start()
    after_restart = channel.codes()
    shop.change(shop.rows[0], skuName="红色")
    await channel.step()

    assert listing["title"] == "红色".encode().decode("gb18030")
    assert problem.code == ENCODING
    assert "JD" in problem.cause
    assert "SKU 1000: it reads as UTF-8 that was read as GB18030, probably 红色" in problem.evidence
    assert (after_restart, channel.codes()) == ([ENCODING], [])


async def test_half_an_emoji_does_not_stop_a_page() -> None:
    """JD cuts texts by length; the listing is kept with what is left of it."""
    shop = Shop(2)
    channel = Channel(shop)
    shop.rows[0]["skuName"] = "红\ud83d"
    published = await channel.step()

    assert [m["title"] for m in published] == ["红\ufffd", "T恤"]
    assert channel.codes() == [ENCODING]


async def test_codes_that_nearly_equal_helms_are_reported_until_they_are_mended() -> None:
    """Each full reading compares what has no level; a code in a wrong encoding counts too."""
    shop = Shop(2)
    channel = Channel(shop, levels=["S1000", "红色"])
    shop.rows[0]["outerId"] = " s1000"
    shop.rows[1]["outerId"] = "红色".encode().decode("gb18030")
    await channel.step()
    (problem,) = [problem for problem in channel.problems.all() if problem.code == NEAR_MISS]
    counted = channel.state.mapping_counts().near_miss
    shop.change(shop.rows[0], outerId="S1000")
    shop.change(shop.rows[1], outerId="红色")
    await channel.step(SWEEP)

    assert "' s1000' at JD, 'S1000' at Helm" in problem.evidence
    assert counted == 2
    assert (channel.codes(), channel.state.mapping_counts().near_miss) == ([], 0)


async def test_every_row_that_is_read_is_shown_to_the_reconciliation() -> None:
    """Its stock figure comes with it, whether the listing changed or not."""
    channel = Channel(Shop(2))
    await channel.step()
    await channel.step(SWEEP)

    assert channel.read == ["1000", "1001"] * 2
