"""A shard on a real broker."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import pytest

from adapter.errors import ShardLost
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.shard import Shard
from adapter.wire.published import StockUpdate
from tests.owners import owners
from tests.world import world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


def told(shard: Shard, quantity: int) -> OutgoingRecord:
    """Make the record of an accepted quantity."""
    update = StockUpdate(
        channel_id="shop-1",
        sku_id="1",
        sku="A",
        status="accepted",
        quantity=quantity,
        stock_ref=f"r{quantity}",
        at=datetime.now(UTC),
    )
    return shard.events.stock_update(update)


def offered(shard: Shard) -> int:
    """Read the quantity that the shard's table holds; 0 where there is none."""
    update = shard.tables.stock_updates.get("shop-1", "1")
    return update.quantity if update else 0


async def test_a_former_owner_tells_no_outcome_any_more(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The last record is what gets restored: a zombie's must not come after its heir's."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        former, heir = owner(), owner()
        await former.open()
        await heir.open()
        await heir.publish_atomically([told(heir, 9)])

        with pytest.raises(ShardLost):
            await former.publish_atomically([told(former, 5)])
        assert [m["quantity"] for m in await w.messages(w.names.stock_updates)] == [9]


async def test_what_changes_one_row_at_a_time_loses_nothing(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Ten at once each add one to what they read: none overwrites another's."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()

        def one_more() -> Iterator[Sequence[OutgoingRecord]]:
            yield [told(shard, offered(shard) + 1)]

        await asyncio.gather(*(shard.transact(one_more) for _ in range(10)))

        assert offered(shard) == 10


async def test_a_step_sees_what_the_steps_before_it_gave(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Within one transaction a row is read as it will be; outside nobody sees it before."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        seen: list[int] = []
        decided = asyncio.Event()

        def twice() -> Iterator[Sequence[OutgoingRecord]]:
            yield [told(shard, offered(shard) + 1)]
            seen.append(offered(shard))
            yield [told(shard, offered(shard) + 1)]
            decided.set()

        committing = asyncio.create_task(shard.transact(twice, applied=lambda: seen.append(-1)))
        await decided.wait()
        seen.append(offered(shard))
        await committing

        assert seen == [1, 0, -1]
        assert offered(shard) == 2


async def test_a_decision_that_fails_changes_nothing(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """What was tried out is taken back, and the shard goes on."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w, owners(w) as owner:
        shard = owner()
        await shard.open()
        await shard.publish_atomically([told(shard, 3)])

        def fails() -> Iterator[Sequence[OutgoingRecord]]:
            yield [told(shard, 4)]
            raise LookupError

        with pytest.raises(LookupError):
            await shard.transact(fails)

        assert offered(shard) == 3
        await shard.publish_atomically([told(shard, 5)])
        assert [m["quantity"] for m in await w.messages(w.names.stock_updates)] == [3, 5]
