"""Several adapters on one Kafka: they share the channels, whatever happens to one of them."""

import random
import signal
from pathlib import Path

import pytest

from jd_simulator.testing import SandboxHandle
from tests.journey.stock_calls import StockCalls, older_after_newer
from tests.world import AdapterProcess, World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(300)]

SHARDS = 6
SEED = 3


async def change_levels(w: World, levels: dict[str, int], version: int) -> None:
    """Give every SKU a level in one burst."""
    for sku, units in levels.items():
        await w.put_level(sku, units, version=version)


def owned(process: AdapterProcess) -> set[int]:
    """List the shards that a process opened last."""
    return {entry["shard"] for entry in process.events("shard.opened")}


async def test_a_burst_survives_an_instance_killed_one_stopped_and_one_added(
    kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Three share six channels; every quantity ends right, and none older is sent after a newer."""
    chance = random.Random(SEED)  # noqa: S311 (a seed, no secret)
    async with world(kafka_bootstrap_servers, topic_prefix, every=20, shards=SHARDS) as w:
        shops: list[SandboxHandle] = []
        for number in range(SHARDS):
            shops.append(w.simulator.create_sandbox(seed=SEED, sku_count=40))
            await w.put_channel(f"shop-{number}", shops[-1])
        codes = [sku.outer_id for sku in shops[0].skus()]
        calls = [StockCalls(shop) for shop in shops]
        killed, stopped, _ = [await w.start_process(tmp_path) for _ in range(3)]

        def burst() -> dict[str, int]:
            return {code: chance.randrange(1, 90) for code in codes}

        def right(levels: dict[str, int]) -> bool:
            return all(
                shop.sku(c).sellable == units for shop in shops for c, units in levels.items()
            )

        first = burst()
        await change_levels(w, first, 1)
        await eventually(lambda: right(first))
        await change_levels(w, burst(), 2)
        killed.signal(signal.SIGKILL)
        await change_levels(w, burst(), 3)
        stopped.signal(signal.SIGTERM)
        await change_levels(w, burst(), 4)
        added = await w.start_process(tmp_path)
        last = burst()
        await change_levels(w, last, 5)

        assert await stopped.ended() == 0
        await eventually(lambda: right(last), within_s=90)
        for shop_calls in calls:
            shop_calls.gather()
            assert await older_after_newer(w, shop_calls) == []
        assert owned(added)
