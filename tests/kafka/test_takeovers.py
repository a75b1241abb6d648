"""Takeovers: what waits while a shard is opened, and what a former owner may still do."""

import signal
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from adapter.kafka.topics import shard_of
from jd_simulator.testing import SandboxHandle
from tests.world import PARTITIONS, AdapterProcess, RunningAdapter, World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


def beginning(w: World) -> RunningAdapter:
    """Start an adapter and do not wait for it."""
    return w.begin_adapter()


def assigned(running: RunningAdapter) -> frozenset[int]:
    """Return what the group has given to an adapter, open or not."""
    ownership = running.adapter.ownership
    return ownership.assigned if ownership else frozenset()


async def test_records_that_come_while_a_shard_is_being_opened_wait_for_it(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Nothing is fetched from a partition whose shard is not open: it would be passed over.

    A foreign transaction keeps the tables from being read; meanwhile the group is rebalanced.
    """
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        homes = {shard_of(f"shop-{n}", PARTITIONS): f"shop-{n}" for n in range(1, 9)}
        for partition, channel_id in homes.items():
            command = {"channel_id": channel_id, "command_id": f"c-{partition}", "command": "pause"}
            await w.write(w.names.commands, channel_id, command)
        async with AIOKafkaProducer(
            bootstrap_servers=kafka_bootstrap_servers, transactional_id=f"{topic_prefix}foreign"
        ) as foreign:
            await foreign.begin_transaction()
            for partition in range(PARTITIONS):
                await foreign.send_and_wait(
                    w.names.checkpoints, None, key=b"nobody:orders", partition=partition
                )
            one = beginning(w)
            await eventually(lambda: assigned(one) == set(range(PARTITIONS)))
            two = beginning(w)
            await eventually(lambda: len(assigned(one)) == len(assigned(two)) == 1)
            for running in (one, two):
                ownership = running.adapter.ownership
                assert ownership is not None
                consumer = ownership._consumer  # noqa: SLF001 (what waits cannot be seen outside)
                assert not running.shards
                assert consumer.paused() == consumer.assignment()
            await foreign.abort_transaction()

        async def answered() -> bool:
            messages = await w.messages(w.names.channel_status)
            return {m.get("command_id") for m in messages} >= {f"c-{p}" for p in homes}

        await eventually(answered)


def calls(sandbox: SandboxHandle, method: str) -> int:
    """Count the calls of a method that JD saw."""
    return sum(entry.method.endswith(method) for entry in sandbox.journal)


async def woken(zombie: AdapterProcess) -> None:
    """Let a stopped process go on, and wait until it knows that its shards are gone."""
    before = len(zombie.events("shards.revoked")) + len(zombie.events("shard.lost"))
    zombie.signal(signal.SIGCONT)
    await eventually(
        lambda: len(zombie.events("shards.revoked")) + len(zombie.events("shard.lost")) > before
    )


async def test_a_zombie_writes_no_stock(
    kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A process that slept through the loss of its shard proves ownership before it calls JD."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=3, sku_count=20)
        await w.put_channel("shop-1", sandbox)
        zombie = await w.start_process(tmp_path)
        for sku in sandbox.skus():
            await w.put_level(sku.outer_id, 5, version=1)
        await eventually(lambda: all(sandbox.sku(s.sku_id).sellable == 5 for s in sandbox.skus()))
        zombie.signal(signal.SIGSTOP)
        await w.start_adapter()
        for sku in sandbox.skus():
            await w.put_level(sku.outer_id, 9, version=2)
        await eventually(lambda: all(sandbox.sku(s.sku_id).sellable == 9 for s in sandbox.skus()))
        written = calls(sandbox, "ware.stock.sku.set")
        await woken(zombie)

        assert calls(sandbox, "ware.stock.sku.set") == written


async def test_a_zombie_submits_no_dispatch(
    kafka_bootstrap_servers: str, topic_prefix: str, tmp_path: Path
) -> None:
    """A dispatch that was due when the process fell asleep is its heir's when it wakes."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=3, sku_count=3)
        await w.put_channel("shop-1", sandbox, sync_stock_levels=False)
        zombie = await w.start_process(tmp_path)
        await eventually(lambda: w.messages(w.names.checkpoints))
        order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
        await eventually(lambda: w.messages(w.names.orders))
        method = "jingdong.pop.order.shipment"
        busy = {"match": {"method": method}, "fault": {"kind": "jd_error", "code": "70"}}
        sandbox.set_faults([busy])
        await w.ship("shop-1", str(order.order_id), "SF1")
        await eventually(lambda: calls(sandbox, method) >= 2)
        zombie.signal(signal.SIGSTOP)
        await w.start_adapter()
        sandbox.set_faults([])
        await eventually(lambda: sandbox.order(order.order_id).waybills == "SF1")
        await eventually(lambda: w.messages(w.names.shipment_results))
        submitted = calls(sandbox, method)
        await woken(zombie)

        assert calls(sandbox, method) == submitted


async def test_an_owner_that_was_fenced_during_a_call_tells_no_outcome(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """What was offered is restored from the last record: only the rightful owner may write it."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=3, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        method = "jingdong.ware.stock.sku.set"
        slow = {"match": {"method": method}, "fault": {"kind": "latency", "ms": 2000}}
        sandbox.set_faults([slow])
        running = await w.start_adapter()
        await w.put_level(sku.outer_id, 5, version=1)
        await eventually(lambda: w.messages(w.names.stock_updates))
        shard = shard_of("shop-1", PARTITIONS)
        async with AIOKafkaProducer(
            bootstrap_servers=kafka_bootstrap_servers,
            transactional_id=f"{w.settings().consumer_group}.{shard}",
        ):
            await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 5)
            await eventually(lambda: shard not in running.shards)
            await running.stop()
        statuses = [m["status"] for m in await w.messages(w.names.stock_updates)]

        assert statuses == ["intended"]
