"""Soaks: many changes, a JD that fails now and then, and SIGKILLs at random instants.

Short in `make test`; `make soak-stock SEED=… SIZE=…` and `make soak-orders SEED=… SIZE=…` run them
longer, and the same seed and size again.
"""

import asyncio
import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.journey.stock_calls import SET_STOCK, StockCalls, older_after_newer
from tests.world import AdapterProcess, World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(3_600)]

SEED = int(os.environ.get("SEED", "11"))
SIZE = int(os.environ.get("SIZE", "120"))
EVENTS_A_LIFE = 40
PATIENCE_S = 120.0

FLAKY: list[dict[str, Any]] = [
    {"match": {"probability": 0.04}, "fault": {"kind": "reset_before"}},
    {"match": {"probability": 0.04}, "fault": {"kind": "reset_after"}},
    {"match": {"probability": 0.04}, "fault": {"kind": "http_status", "status": 503}},
    {"match": {"probability": 0.04}, "fault": {"kind": "jd_error", "code": "43"}},
    {"match": {"probability": 0.04}, "fault": {"kind": "truncated_json"}},
    {"match": {"probability": 0.10}, "fault": {"kind": "latency", "ms": 150}},
]


FLAKY_STOCK: list[dict[str, Any]] = [
    {
        "match": {"method": SET_STOCK, "probability": 0.04},
        "fault": {"kind": "apply_late", "ms": 4000},
    },
    {"match": {"method": SET_STOCK, "probability": 0.02}, "fault": {"kind": "hang"}},
    {
        "match": {"method": SET_STOCK, "probability": 0.05},
        "fault": {"kind": "receipt_without_skus"},
    },
    {"match": {"method": SET_STOCK, "probability": 0.03}, "fault": {"kind": "business_failure"}},
    {"match": {"probability": 0.03}, "fault": {"kind": "http_status", "status": 429}},
    {"match": {"probability": 0.05}, "fault": {"kind": "stale_read"}},
    *FLAKY,
]


class Lives:
    """An adapter that is killed at random instants and started again."""

    def __init__(self, w: World, folder: Path, chance: random.Random) -> None:
        self._world = w
        self._folder = folder
        self._chance = chance
        self._process: AdapterProcess | None = None
        self.killed = 0

    async def begin(self) -> None:
        """Start it."""
        self._process = await self._world.start_process(self._folder)

    async def kill_and_begin(self) -> None:
        """Kill it at a random instant of its work, and start it again."""
        assert self._process is not None
        await asyncio.sleep(self._chance.random())  # the random instant, not a wait for anything
        self._process.signal(signal.SIGKILL)
        await self._process.ended()
        self.killed += 1
        await self.begin()


def facts(messages: list[Any]) -> list[tuple[str, str, str]]:
    """Return the fact of each order record: the order, JD's instant, the content."""
    return [(m["channel_order_id"], m["jd"]["modified"], m["jd"]["content_hash"]) for m in messages]


async def test_stock_is_right_in_the_end(
    kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Whatever both suffer, JD ends with the newest numbers, and none older after a newer."""
    chance = random.Random(SEED)  # noqa: S311 (a seed, no secret)
    async with world(kafka_bootstrap_servers, topic_prefix, every=50) as w:
        sandbox = w.simulator.create_sandbox(seed=SEED, sku_count=50)
        codes = [sku.outer_id for sku in sandbox.skus()]
        await w.put_channel("shop-1", sandbox)
        lives, calls = Lives(w, tmp_path, chance), StockCalls(sandbox)
        await lives.begin()
        sandbox.set_faults(FLAKY_STOCK)
        newest: dict[str, tuple[int, int]] = {}
        for number in range(SIZE):
            code = chance.choice(codes)
            version = newest.get(code, (0, 0))[0] + 1
            newest[code] = (version, chance.randrange(0, 90))
            await w.put_level(code, newest[code][1], version=version)
            if chance.random() < 0.1 and version > 1:
                await w.put_level(code, 999, version=version - 1)  # late, and older
            if number % EVENTS_A_LIFE == EVENTS_A_LIFE - 1:
                await lives.kill_and_begin()
                calls.gather()
        sandbox.set_faults([])

        def wrong() -> list[str]:
            return [c for c, (_, level) in newest.items() if sandbox.sku(c).sellable != level]

        async def settled() -> bool:
            last = {m["sku_id"]: m["status"] for m in await w.messages(w.names.stock_updates)}
            return not wrong() and set(last.values()) == {"accepted"}

        await eventually(settled, within_s=PATIENCE_S)
        calls.gather()

        assert await older_after_newer(w, calls) == []
        assert lives.killed == SIZE // EVENTS_A_LIFE


async def test_orders_are_all_there_once(
    kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Every order's newest state is published, each fact once, and revisions rise by one."""
    chance = random.Random(SEED)  # noqa: S311 (a seed, no secret)
    async with world(kafka_bootstrap_servers, topic_prefix, every=50) as w:
        sandbox = w.simulator.create_sandbox(seed=SEED, sku_count=20, initial_stock=100 + SIZE)
        codes = [sku.outer_id for sku in sandbox.skus()]
        await w.put_channel("shop-1", sandbox, sync_stock_levels=False)
        lives = Lives(w, tmp_path, chance)
        await lives.begin()
        await eventually(lambda: w.messages(w.names.checkpoints))
        sandbox.set_faults(FLAKY)
        order_ids: list[int] = []
        for number in range(SIZE):
            order_ids.append(sandbox.place_order([(chance.choice(codes), 1)]).order_id)
            waiting = [
                o for o in order_ids if sandbox.order(o).state.value == "WAIT_SELLER_STOCK_OUT"
            ]
            match chance.randrange(6):
                case 0:
                    sandbox.cancel(chance.choice(waiting))
                case 1:
                    sandbox.lock(chance.choice(waiting))
                case 2:
                    sandbox.readdress(chance.choice(waiting))
            if number % EVENTS_A_LIFE == EVENTS_A_LIFE - 1:
                await lives.kill_and_begin()
        sandbox.set_faults([])
        wanted = {str(order.order_id): order.state.value for order in sandbox.orders()}

        async def newest() -> dict[str, str]:
            messages = await w.messages(w.names.orders)
            return {m["channel_order_id"]: m["jd"]["state"] for m in messages}

        async def complete() -> bool:
            return await newest() == wanted

        await eventually(complete, within_s=PATIENCE_S)
        messages = await w.messages(w.names.orders)
        revisions: dict[str, list[int]] = {}
        for message in messages:
            revisions.setdefault(message["channel_order_id"], []).append(message["revision"])

        assert len(set(facts(messages))) == len(messages)
        assert all(seen == list(range(1, len(seen) + 1)) for seen in revisions.values())
        assert lives.killed == SIZE // EVENTS_A_LIFE
