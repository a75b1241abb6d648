"""A shard on a real broker."""

from datetime import UTC, datetime

import pytest

from adapter.diagnostics import Metrics
from adapter.errors import ShardLost
from adapter.kafka.publisher import Publisher
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.shard import Shard
from adapter.wire.published import StockUpdate
from tests.world import world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


async def test_a_former_owner_tells_no_outcome_any_more(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The last record is what gets restored: a zombie's must not come after its heir's."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        settings = w.settings()
        publisher = Publisher(connection=settings.kafka, timeout_s=10)
        await publisher.start()

        async def prove(_: int) -> None:
            """The proof was young when the call to JD began."""

        def owner() -> Shard:
            return Shard(
                partition=0,
                connection=settings.kafka,
                names=w.names,
                group=settings.consumer_group,
                transaction_timeout_s=10,
                publisher=publisher,
                prove=prove,
                metrics=Metrics(),
            )

        def told(shard: Shard, quantity: int) -> OutgoingRecord:
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

        former, heir = owner(), owner()
        try:
            await former.open()
            await heir.open()
            await heir.publish_atomically([told(heir, 9)])
            with pytest.raises(ShardLost):
                await former.publish_atomically([told(former, 5)])
            assert [m["quantity"] for m in await w.messages(w.names.stock_updates)] == [9]
        finally:
            await former.close()
            await heir.close()
            await publisher.stop()
