"""Who owns which shard, on a real broker with real group rebalances."""

import signal
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from adapter.kafka.topics import shard_of
from tests.world import PARTITIONS, RunningAdapter, World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]

CHANNELS = ("shop-1", "shop-2", "shop-3", "shop-4")


def assigned_topics(running: RunningAdapter, w: World) -> dict[str, set[int]]:
    """Return the partitions of each log topic that an adapter's consumer holds."""
    ownership = running.adapter.ownership
    assert ownership is not None
    held: dict[str, set[int]] = {
        w.names.shipments: set(),
        w.names.order_receipts: set(),
        w.names.commands: set(),
    }
    for place in ownership.assignment():
        held[place.topic].add(place.partition)
    return held


async def test_two_instances_hold_equal_partitions_of_all_log_topics(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Each instance's partition numbers are the same in all three topics, and none is shared."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        one = await w.start_adapter()
        alone = one.shards
        two = await w.start_adapter()
        await eventually(lambda: one.shards and two.shards and one.shards | two.shards == alone)
        held = [assigned_topics(running, w) for running in (one, two)]

        assert alone == frozenset(range(PARTITIONS))
        assert one.shards & two.shards == frozenset()
        for running, topics in zip((one, two), held, strict=True):
            assert all(partitions == set(running.shards) for partitions in topics.values())


async def test_a_hand_over_loses_and_doubles_nothing(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Orders placed before, during and after a hand-over are published once each."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandboxes = {}
        for channel_id in CHANNELS:
            sandboxes[channel_id] = w.simulator.create_sandbox(seed=3, sku_count=3)
            await w.put_channel(channel_id, sandboxes[channel_id])
        one = await w.start_adapter()
        await eventually(lambda: all(s.journal for s in sandboxes.values()))
        placed = []

        def buy() -> None:
            for channel_id, sandbox in sandboxes.items():
                order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
                placed.append((channel_id, str(order.order_id)))

        async def published() -> list[tuple[str, str]]:
            messages = await w.messages(w.names.orders)
            return sorted((m["channel_id"], m["channel_order_id"]) for m in messages)

        async def all_published() -> bool:
            return set(await published()) == set(placed)

        await eventually(lambda: all(s.sku(s.skus()[0].sku_id) for s in sandboxes.values()))
        buy()
        await eventually(all_published)
        two = await w.start_adapter()
        buy()
        await eventually(lambda: two.shards)
        buy()
        await eventually(all_published)
        await one.stop()
        buy()
        await eventually(all_published)

        assert two.shards == frozenset(range(PARTITIONS))
        assert await published() == sorted(placed)


async def test_a_fenced_owner_stops_and_takes_nothing_back(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Fenced means that the shard is someone else's: its workers end, its id is left alone."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=3, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        running = await w.start_adapter()
        shard = shard_of("shop-1", PARTITIONS)
        await eventually(lambda: w.messages(w.names.checkpoints))
        group = w.settings().consumer_group
        async with AIOKafkaProducer(
            bootstrap_servers=kafka_bootstrap_servers, transactional_id=f"{group}.{shard}"
        ) as rightful:
            await eventually(lambda: shard not in running.shards)
            calls_when_fenced = len(sandbox.journal)
            async with rightful.transaction():
                await rightful.send_and_wait(
                    w.names.reservations, None, key=b"shop-1:none", partition=shard
                )

            assert running.shards == frozenset(range(PARTITIONS)) - {shard}
            assert len(sandbox.journal) == calls_when_fenced


async def test_a_paused_process_that_wakes_up_writes_nothing_older(
    kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A zombie finds out that its shard is gone before it writes to JD or Kafka again."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=3, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.put_level(sku.outer_id, 5, version=1)
        zombie = await w.start_process(tmp_path)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 5)
        zombie.signal(signal.SIGSTOP)
        heir = await w.start_adapter()
        await w.put_level(sku.outer_id, 9, version=2)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 9)
        order = sandbox.place_order([(sku.outer_id, 1)])
        await eventually(lambda: w.messages(w.names.orders))
        zombie.signal(signal.SIGCONT)
        opened_before = len(zombie.events("shard.opened"))
        await eventually(lambda: len(zombie.events("shard.opened")) > opened_before)
        await eventually(lambda: heir.shards)
        orders = await w.messages(w.names.orders)

        assert [m["channel_order_id"] for m in orders] == [str(order.order_id)]
        assert sandbox.sku(sku.sku_id).sellable == 8
