"""Owners of one shard on a real broker, without an adapter around them."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from adapter.diagnostics import Metrics
from adapter.kafka.publisher import Publisher
from adapter.kafka.shard import Shard
from tests.world import World


@asynccontextmanager
async def owners(w: World, partition: int = 0) -> AsyncIterator[Callable[[], Shard]]:
    """Make owners of a shard of the same group, and close them at last."""
    settings = w.settings()
    publisher = Publisher(connection=settings.kafka, timeout_s=10)
    await publisher.start()
    made: list[Shard] = []

    async def prove(_: int) -> None:
        """The proof was young when the call to JD began."""

    def owner() -> Shard:
        shard = Shard(
            partition=partition,
            connection=settings.kafka,
            names=w.names,
            group=settings.consumer_group,
            transaction_timeout_s=10,
            publisher=publisher,
            prove=prove,
            on_committed=lambda *_: None,
            metrics=Metrics(),
        )
        made.append(shard)
        return shard

    try:
        yield owner
    finally:
        for shard in made:
            await shard.close()
        await publisher.stop()
