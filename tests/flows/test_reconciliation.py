from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapter.diagnostics import Metrics
from adapter.errors import JdUnavailable
from adapter.flows.reconciliation import ASKED_A_STEP, LOOK_AGAIN, MOST_FAILURES, Reconciliation
from adapter.rules.catalogue import listing_of
from adapter.rules.diagnosis import Problems
from adapter.rules.findings import DRIFT, HELD_BY_JD
from adapter.rules.levels import Levels
from adapter.rules.overrides import Overrides
from adapter.rules.reconciliation import MOST_ROWS, PATIENCE, ReconciliationReport
from adapter.rules.state import ChannelState
from adapter.rules.stock import Level
from adapter.wire.helm import SalesChannel
from adapter.wire.jd import JdSku
from adapter.wire.kept import OrderIndexEntry
from tests.flow_parts import jd_client

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Shop:
    """A JD shop's stock, and a channel that wrote 10 of each SKU to it."""

    def __init__(self, count: int = 1, **settings: Any) -> None:
        self.now, self.count = NOON, count
        self.stock = dict.fromkeys(map(str, range(1, count + 1)), 10)
        self.booked: dict[str, int] = {}
        self.models: dict[str, int] = {}
        self.shown: dict[str, int] = {}
        self.asked: list[str] = []
        self.broken: list[object] = []
        self.problems, self.metrics, self.levels = Problems(), Metrics(), Levels()
        channel = SalesChannel.model_validate({"sync_stock_levels": True} | settings)
        self.state = ChannelState(
            settings=channel,
            levels=self.levels.of("default"),
            overrides=Overrides().of("shop"),
        )
        self.levels.watch("default", "shop", self.state.ledger.level_changed)
        for sku_id in self.stock:
            self.levels.take("default", f"S{sku_id}", Level(10, 1))
            self.state.take_listing(listing_of("shop", self.row(sku_id), None))
        self.write()
        self.reconciliation = Reconciliation(
            channel_id="shop",
            settings=channel,
            state=self.state,
            jd=jd_client(self.answer, now=lambda: self.now),
            on_stock=lambda: None,
            on_work=lambda: None,
            now=lambda: self.now,
            problems=self.problems,
            metrics=self.metrics,
        )

    def row(self, sku_id: str) -> JdSku:
        """A row of the catalogue."""
        return JdSku.model_validate(self._row(sku_id))

    def answer(self, method: str, asked: dict[str, Any]) -> object:
        """Answer as JD does."""
        if method.endswith("searchSkuList"):
            size, page = asked["page_size"], asked["pageNo"]
            rows = [self._row(sku_id) for sku_id in self.stock]
            data = rows[(page - 1) * size : page * size]
            return {"page": {"totalItem": len(rows), "data": data}}
        sku_id = str(asked["skuId"])
        self.asked.append(sku_id)
        if self.broken:
            return self.broken.pop()
        if sku_id not in self.stock:
            return {"returnType": {"success": False, "errorMessage": "sku不存在"}}
        figures = {
            "skuId": sku_id,
            "storeId": 0,
            "stockNum": self.stock[sku_id],
            "orderBookingNum": self.booked.get(sku_id, 0),
        }
        obj = {"skuId": sku_id, "stockModel": self.models.get(sku_id, 0)}
        return {"returnType": {"success": True, "obj": obj | {"skuStockInfos": [figures]}}}

    def write(self) -> dict[str, int]:
        """Write all that is due to JD; quantities by listing."""
        written = {}
        while batch := self.state.ledger.next_batch(self.now):
            self.state.ledger.accepted(batch)
            written.update({write.sku_id: write.quantity for write in batch})
        self.stock.update(written)
        return written

    def order(self, sku_id: str, units: int) -> None:
        """Let an order be known, and booked at JD."""
        entry = OrderIndexEntry(
            channel_id="shop",
            order_id=f"o{sku_id}",
            modified=self.now,
            content_hash="1-0",
            state="WAIT_SELLER_STOCK_OUT",
            revision=1,
            in_scope=True,
            is_open=True,
            ordered={sku_id: units},
        )
        self.state.take_order(entry)
        self.booked[sku_id] = units

    async def look(self, after: timedelta = timedelta()) -> float | None:
        """Let time pass, read the catalogue, and ask for what differs."""
        self.now += after
        self.reconciliation.observe([self.row(sku_id) for sku_id in self.stock])
        return await self.step()

    async def step(self, after: timedelta = timedelta()) -> float | None:
        """Let time pass, and ask for what is due."""
        self.now += after
        self.asked.clear()
        return await self.reconciliation.step()

    async def compare(self, *, repair: bool = False) -> ReconciliationReport:
        """Run the command."""
        self.asked.clear()
        return await self.reconciliation.run(repair=repair, progress=lambda *_: None)

    def codes(self) -> list[str]:
        """The problems there are."""
        return [problem.code for problem in self.problems.all()]

    def kinds(self) -> Mapping[str, int]:
        """How many listings there are of each kind that has any."""
        return {kind: count for kind, count in self.state.reconciliation.items() if count}

    def _row(self, sku_id: str) -> dict[str, Any]:
        shown = self.shown.get(sku_id, self.stock[sku_id])
        return {"skuId": sku_id, "outerId": f"S{sku_id}", "status": 1, "stockNum": shown}


async def test_equal_stock_costs_no_call() -> None:
    """The catalogue's rows carry the figures."""
    shop = Shop(60)

    assert await shop.look() is None
    assert shop.asked == []
    assert shop.kinds() == {"equal": 60}


@pytest.mark.parametrize("found", [7, 13])
async def test_drift_is_asked_for_reported_and_written_again(found: int) -> None:
    """The problem names what JD holds and what was written, and ends when JD holds it again."""
    shop = Shop(3)
    shop.stock["2"] = found
    await shop.look()
    (problem,) = shop.problems.all()
    asked, kinds = list(shop.asked), shop.kinds()
    written = shop.write()
    before = shop.codes()
    rest_s = await shop.step(LOOK_AGAIN)

    assert asked == ["2"]
    assert kinds == {"equal": 2, "drift": 1}
    assert problem.code == DRIFT
    assert f"SKU 2 (S2): {found} at JD, 10 written" in problem.evidence
    assert written == {"2": 10}
    assert (before, shop.codes(), rest_s) == ([DRIFT], [], None)
    assert shop.kinds() == {"equal": 3}


async def test_without_repair_drift_is_only_reported() -> None:
    """Until somebody says so, or the level changes."""
    shop = Shop(repair_drift=False)
    shop.stock["1"] = 7
    await shop.look()
    (problem,) = shop.problems.all()

    assert shop.write() == {}
    assert "helm-jd reconcile shop --repair" in problem.remedy
    shop.stock["1"] = 10
    await shop.look()
    assert shop.codes() == []


async def test_what_an_unseen_shipment_explains_is_written_only_when_it_stands() -> None:
    """Half an hour is time enough for any order to be seen."""
    shop = Shop()
    shop.order("1", 2)
    shop.write()
    shop.stock["1"], shop.booked["1"] = 10, 0
    rest_s = await shop.look()
    before, written = shop.kinds(), shop.write()
    await shop.step(PATIENCE - LOOK_AGAIN)
    still = shop.write()
    await shop.step(LOOK_AGAIN)

    assert before == {"lag": 1}
    assert rest_s == PATIENCE.total_seconds()
    assert (written, still) == ({}, {})
    assert shop.kinds() == {"drift": 1}
    assert shop.write() == {"1": 12}


async def test_a_difference_that_changes_has_not_stood() -> None:
    """Orders that ship one after the other look so; each has its half hour to be seen."""
    shop = Shop()
    shop.order("1", 3)
    shop.write()
    for shipped in (1, 2, 3):
        shop.stock["1"], shop.booked["1"] = 13 - shipped, 3 - shipped
        await shop.look(PATIENCE - LOOK_AGAIN)

    assert shop.kinds() == {"lag": 1}
    assert shop.write() == {}


async def test_a_shipment_that_is_seen_ends_the_lag() -> None:
    """Nothing is written at all: the number at JD is what it should be."""
    shop = Shop()
    shop.order("1", 2)
    shop.write()
    shop.stock["1"], shop.booked["1"] = 10, 0
    await shop.look()
    shop.state.ledger.offered_known("1", 10)
    shop.order("1", 0)
    await shop.step(PATIENCE)

    assert shop.write() == {}
    assert shop.kinds() == {"equal": 1}


async def test_what_is_being_written_is_not_asked_for() -> None:
    """Its number is about to change."""
    shop = Shop()
    shop.levels.take("default", "S1", Level(4, 2))
    shop.stock["1"] = 7
    await shop.look()

    assert shop.asked == []
    assert shop.kinds() == {"waiting": 1}


async def test_a_reading_that_a_write_crossed_says_nothing() -> None:
    """JD may have answered before it or after it; the listing is looked at again."""
    shop = Shop()
    shop.stock["1"] = 7
    answer = shop.answer

    def crossed(method: str, asked: dict[str, Any]) -> object:
        given = answer(method, asked)
        shop.levels.take("default", "S1", Level(4, 2))
        shop.write()
        return given

    shop.answer = crossed  # type: ignore[method-assign] # this one answer is crossed
    shop.reconciliation._jd = jd_client(crossed, now=lambda: shop.now)  # noqa: SLF001 (as above)
    await shop.look()

    assert shop.kinds() == {"waiting": 1}
    assert shop.codes() == []
    assert shop.state.ledger.offered("1") == 4


@pytest.mark.parametrize("is_refused", [False, True])
async def test_stock_that_jd_keeps_itself_is_left_alone(*, is_refused: bool) -> None:
    """Whether JD changed our number or refuses it; once the seller keeps it, it is written."""
    shop = Shop()
    shop.models["1"] = 2
    if is_refused:
        shop.levels.take("default", "S1", Level(5, 2))
        (write,) = shop.state.ledger.next_batch(shop.now)
        shop.state.ledger.refused(write, shop.now)
    shop.stock["1"] = 7
    await shop.look()
    shop.levels.take("default", "S1", Level(4, 3))
    written, codes, kinds = shop.write(), shop.codes(), shop.kinds()
    shop.models["1"] = 0
    await shop.look(timedelta(hours=6))

    assert (written, codes, kinds) == ({}, [HELD_BY_JD], {"held_by_jd": 1})
    assert shop.codes() == []
    assert shop.write() == {"1": 4}


async def test_a_catalogue_that_counts_otherwise_is_asked_about_once() -> None:
    """Its figure may be of several stores; the same difference is no news at the next reading."""
    shop = Shop()
    shop.shown["1"] = 25
    await shop.look()
    first = list(shop.asked)
    await shop.look()
    second = list(shop.asked)
    shop.shown["1"] = 26
    await shop.look()

    assert (first, second, shop.asked) == (["1"], [], ["1"])
    assert shop.kinds() == {"equal": 1}


async def test_many_differences_are_asked_for_a_few_at_a_time() -> None:
    """Other work gets its turn between."""
    shop = Shop(ASKED_A_STEP + 1)
    shop.stock = dict.fromkeys(shop.stock, 3)
    rest_s = await shop.look()
    first = len(shop.asked)
    await shop.step()

    assert (rest_s, first, len(shop.asked)) == (0.0, ASKED_A_STEP, 1)


async def test_a_listing_that_fails_to_be_asked_stays_to_be_asked() -> None:
    """An error that passes must not hide drift until the next reading."""
    shop = Shop()
    shop.stock["1"] = 7
    shop.broken = [{"returnType": "?"}]
    with pytest.raises(JdUnavailable):
        await shop.look()
    await shop.step()

    assert shop.codes() == [DRIFT]


async def test_an_app_that_may_not_read_stock_still_writes_it() -> None:
    """The missing permission is reported; the channel is not paused for it."""
    shop = Shop()
    shop.stock["1"] = 7
    shop.broken = [{"code": "24", "zh_desc": "没有权限"}]
    rest_s = await shop.look()

    assert rest_s is None
    assert shop.codes() == ["SCOPE"]


async def test_a_deleted_listing_is_forgotten() -> None:
    """With its drift: nobody can mend it any more."""
    shop = Shop(repair_drift=False)
    shop.stock["1"] = 7
    await shop.look()
    gone = JdSku.model_validate({"skuId": "1", "status": 4})
    shop.state.drop_listing("1")
    shop.reconciliation.observe([gone])

    assert (shop.codes(), shop.kinds()) == ([], {})


async def test_the_command_compares_the_whole_shop_and_changes_nothing() -> None:
    """Each kind is counted, what is not equal is listed, the gravest first."""
    shop = Shop(70)
    shop.stock |= {"2": 7, "3": 13, "999": 5}
    shop.models["4"], shop.stock["4"] = 2, 6
    shop.order("5", 2)
    shop.write()
    shop.booked["5"] = 3
    shop.order("6", 2)
    shop.write()
    shop.booked["6"] = 1
    del shop.stock["7"]
    shop.state.take_listing(
        listing_of("shop", JdSku.model_validate({"skuId": "8", "status": 1}), None)
    )
    shop.levels.take("default", "S9", Level(1, 2))
    told: list[tuple[int, int]] = []
    report = await shop.reconciliation.run(
        repair=False, progress=lambda done, total: told.append((done, total))
    )

    assert [(row.sku_id, row.kind) for row in report.rows] == [
        ("2", "drift"),
        ("3", "drift"),
        ("7", "missing"),
        ("999", "missing"),
        ("4", "held_by_jd"),
        ("6", "lag"),
        ("5", "booked"),
        ("9", "waiting"),
        ("8", "unmapped"),
    ]
    assert report.rows[0]._asdict() == {
        "sku_id": "2",
        "sku": "S2",
        "kind": "drift",
        "offered": 10,
        "desired": 10,
        "jd_stock": 7,
        "jd_booked": 0,
        "open_units": 0,
    }
    assert report.counts["equal"] == 62
    assert sum(report.counts.values()) == 71
    assert report.repaired == 0
    assert sorted(shop.asked) == ["2", "3", "4", "5", "6", "7"]
    assert told == [(done, 71) for done in range(1, 72)]
    assert shop.write() == {"9": 1}


async def test_the_command_repairs_when_it_is_told_to() -> None:
    """Whatever repair_drift says."""
    shop = Shop(3, repair_drift=False)
    shop.stock["2"] = 13
    report = await shop.compare(repair=True)

    assert report.repaired == 1
    assert shop.write() == {"2": 10}
    assert (await shop.compare()).counts["equal"] == 3
    assert shop.codes() == []


async def test_the_report_is_cut_and_its_counts_are_not() -> None:
    """A shop where all drifted is a table that nobody reads."""
    shop = Shop(MOST_ROWS + 1)
    shop.stock = dict.fromkeys(shop.stock, 3)
    report = await shop.compare()

    assert len(report.rows) == MOST_ROWS
    assert report.counts["drift"] == MOST_ROWS + 1


@pytest.mark.parametrize("failures", [MOST_FAILURES - 1, MOST_FAILURES])
async def test_the_command_outlives_some_failures(failures: int) -> None:
    """A listing that could not be asked for counts as waiting; a JD that is down ends it."""
    shop = Shop(MOST_FAILURES + 1)
    shop.stock = dict.fromkeys(shop.stock, 3)
    shop.broken = [{"returnType": "?"}] * failures
    if failures == MOST_FAILURES:
        with pytest.raises(JdUnavailable):
            await shop.compare()
        return
    report = await shop.compare()

    assert (report.counts["waiting"], report.counts["drift"]) == (failures, 2)


async def test_kinds_are_in_the_metrics() -> None:
    """And each drift that is found is counted once."""
    shop = Shop(3, repair_drift=False)
    shop.stock["2"] = 7
    await shop.look()
    await shop.look(PATIENCE)
    read = shop.metrics.registry.get_sample_value

    assert read("helm_jd_reconciled", {"channel": "shop", "kind": "drift"}) == 1
    assert read("helm_jd_reconciled", {"channel": "shop", "kind": "equal"}) == 2
    assert read("helm_jd_stock_drift_total", {"channel": "shop"}) == 1
