"""Reading suspects back, without a broker: JD's answers decide."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from adapter.diagnostics import Metrics
from adapter.flows.stock import StockFlow
from adapter.rules.catalogue import listing_of
from adapter.rules.diagnosis import Problems
from adapter.rules.levels import Levels
from adapter.rules.overrides import Overrides
from adapter.rules.state import ChannelState
from adapter.rules.stock import Level
from adapter.wire.helm import SalesChannel
from adapter.wire.jd import JdSku
from tests.flow_parts import FakeShard, as_shard, jd_client

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CALL_LIFE = timedelta(seconds=70)
TAKEN = {"returnType": {"success": True}}
NOT_ALLOWED = {"code": "24", "zh_desc": "无权限", "en_desc": "no permission"}


class Writer:
    """A channel of one listing with 5 units, whose first call may have got lost."""

    def __init__(self, *, calls_per_day: int | None = None, **settings: Any) -> None:
        self.now, self.shard, self.problems = NOON, FakeShard(), Problems()
        self.written: list[int] = []
        self.reading: object = {}
        self.refuses = False
        channel = SalesChannel.model_validate({"sync_stock_levels": True} | settings)
        levels, refs = Levels(), count()
        levels.take("default", "TEE", Level(5, 1))
        self.state = ChannelState(
            settings=channel, levels=levels.of("default"), overrides=Overrides().of("shop")
        )
        row = {"skuId": "100", "outerId": "TEE", "status": 1}
        self.state.take_listing(listing_of("shop", JdSku.model_validate(row), None))
        self.state.ledger.suspected("100", NOON + CALL_LIFE)
        self.flow = StockFlow(
            channel_id="shop",
            state=self.state,
            shard=as_shard(self.shard),
            jd=jd_client(self.answer, now=lambda: self.now, calls_per_day=calls_per_day),
            stock_pool=channel.stock_pool,
            store_id=channel.jd_store_id,
            call_life=CALL_LIFE,
            calls_at_once=1,
            now=lambda: self.now,
            new_ref=lambda: f"ref-{next(refs)}",
            problems=self.problems,
            metrics=Metrics(),
        )

    def answer(self, method: str, asked: dict[str, Any]) -> object:
        """Take every quantity or none, and show what the test says."""
        if method.endswith("sku.set"):
            if self.refuses:
                return {"returnType": {"success": False, "errorMessage": "不可售"}}
            self.written += [stock["stockNum"] for stock in asked["req"]["skuStocks"]]
            return TAKEN
        return self.reading

    async def run(self, after: timedelta = timedelta()) -> None:
        """Let time pass, then work until nothing is left to do at once."""
        self.now += after
        while await self.flow.step() == 0.0:
            pass

    def statuses(self) -> list[str]:
        """What was published of the writes."""
        return [update["status"] for update in self.shard.taken("jd.stock-updates")]


def a_reading(*stores: tuple[int, int]) -> object:
    """JD's figures by store: its number, and the units in it."""
    infos = [
        {"skuId": "100", "storeId": store_id, "stockNum": units, "orderBookingNum": 0}
        for store_id, units in stores
    ]
    obj = {"skuId": "100", "stockModel": 0, "skuStockInfos": infos}
    return {"returnType": {"success": True, "obj": obj}}


async def test_an_app_that_may_not_read_stock_settles_its_suspects_by_writing() -> None:
    """A missing permission must not take orders and shipments down with it."""
    writer = Writer()
    writer.reading = NOT_ALLOWED
    await writer.run()
    await writer.run(after=CALL_LIFE)

    assert writer.written == [5, 5]
    assert writer.statuses()[-1] == "accepted"
    assert not writer.state.ledger.has_suspects
    assert writer.problems.all() == []


async def test_what_jd_refuses_while_an_older_call_may_arrive_is_not_known() -> None:
    """A restart must read it back: the older call may have been taken."""
    writer = Writer()
    writer.refuses = True
    await writer.run()

    assert writer.statuses() == ["intended", "unknown"]


async def test_a_suspect_is_read_back_in_the_store_that_was_written() -> None:
    """What lies in the seller's other stores does not make up for a call that came late."""
    writer = Writer(jd_store_id="7")
    await writer.run()
    writer.reading = a_reading((7, 3), (8, 2))
    await writer.run(after=CALL_LIFE)

    assert writer.written == [5, 5]


async def test_a_call_that_never_has_its_turn_is_not_announced() -> None:
    """An intent without a call would make a suspect of the listing at the next start."""
    writer = Writer(calls_per_day=1)  # the reserve for zeros takes it
    await writer.flow.step()
    unannounced = writer.shard.taken("jd.stock-updates")
    another = Writer()
    await another.flow.step()
    announced = another.shard.taken("jd.stock-updates")

    assert (writer.written, unannounced) == ([], [])
    assert (another.written, announced[0]["status"]) == ([5], "intended")
