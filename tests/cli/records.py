"""Records as an adapter writes them, for tests that need none to run."""

from datetime import UTC, datetime
from typing import Any

from adapter.kafka.events import Events
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.topics import shard_of
from adapter.wire.published import (
    ChannelStatus,
    CommandOutcome,
    Listing,
    StockUpdate,
)
from tests.world import PARTITIONS, World

CHANNEL = "shop-1"


def a_listing(sku_id: str, sku: str | None, **fields: Any) -> Listing:
    """Make a listing."""
    values = {"title": "红色 T 恤", "status": "on_sale", "mapping": "code" if sku else "none"}
    return Listing.model_validate(
        {"channel_id": CHANNEL, "sku_id": sku_id, "sku": sku, **values, **fields}
    )


def an_offer(sku_id: str, sku: str, status: str, quantity: int, **fields: Any) -> StockUpdate:
    """Make what is told of a write to JD."""
    values = {"channel_id": CHANNEL, "sku_id": sku_id, "sku": sku, "status": status}
    told = {"quantity": quantity, "stock_ref": f"r-{sku_id}", "at": datetime.now(UTC)}
    return StockUpdate.model_validate({**values, **told, **fields})


async def put(w: World, *messages: Listing | StockUpdate | ChannelStatus | CommandOutcome) -> None:
    """Write them as the adapter does."""
    events = Events(names=w.names, partition=shard_of(CHANNEL, PARTITIONS))
    for message in messages:
        record = _record(events, message)
        await w.write(
            record.topic,
            record.key.decode(),
            record.value,
            partition=record.partition,
            headers=list(record.headers),
        )


def _record(
    events: Events, message: Listing | StockUpdate | ChannelStatus | CommandOutcome
) -> OutgoingRecord:
    match message:
        case Listing():
            return events.listing(message, at=datetime.now(UTC))
        case StockUpdate():
            return events.stock_update(message)
        case ChannelStatus():
            return events.channel_status(message)
        case CommandOutcome():
            return events.command_outcome(message)
