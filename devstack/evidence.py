"""Collects what a run left behind on both shores: all of Kafka's records, the simulator's record.

Source: contracts/helm/ for the records; the simulator's control room for JD's side.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from devstack.control_room import ControlRoom
from devstack.observations import (
    DeadLetter,
    Dispatch,
    Evidence,
    JdCalls,
    JdOrder,
    JdSku,
    Level,
    PublishedListing,
    PublishedOrder,
    Receipt,
    ShipmentAnswer,
    StockRule,
)

CHANNELS = "helm.sales-channels"
LEVELS = "helm.stock-changes"
SHIPMENTS = "helm.shipments"
RECEIPTS = "helm.order-receipts"
ORDERS = "jd.orders"
LISTINGS = "jd.listings"
STOCK_UPDATES = "jd.stock-updates"
SHIPMENT_RESULTS = "jd.shipment-results"
DEAD_LETTERS = "helm-jd.dead-letters"
TOPICS = (
    CHANNELS,
    LEVELS,
    SHIPMENTS,
    RECEIPTS,
    ORDERS,
    LISTINGS,
    STOCK_UPDATES,
    SHIPMENT_RESULTS,
    DEAD_LETTERS,
)
"""The topics that hold evidence; all of them stand still when nothing happens."""

_READ_S = 30.0

Json = dict[str, Any]


class Unreadable(Exception):  # noqa: N818 -- said of the evidence, not of this program
    """The records cannot be read whole, which is a finding too."""


async def collect(
    *,
    bootstrap_servers: str,
    room: ControlRoom,
    channel_id: str,
    import_from: datetime,
    broken_values: frozenset[bytes],
) -> Evidence:
    """Collect the evidence of a run that is at rest.

    Raises:
        Unreadable: A read_committed reader does not come to the end of a topic.
        aiohttp.ClientError: The simulator does not answer.
    """
    records = await read_whole(bootstrap_servers, TOPICS)
    channel = _newest(records[CHANNELS])[channel_id.encode()]
    called = await room.invariants()
    return Evidence(
        import_from=import_from,
        rule=StockRule(
            stock_buffer=channel.get("stock_buffer", 0),
            max_stock_level=channel.get("max_stock_level"),
        ),
        orders=[_order(value) for value in _values(records[ORDERS])],
        receipts=[
            Receipt(order_id=value["channel_order_id"], outcome=value["outcome"])
            for value in _values(records[RECEIPTS])
        ],
        listings=[_listing(value) for value in _newest(records[LISTINGS]).values()],
        levels=[
            Level(sku=value["sku"], available=value["available"], version=value["version"])
            for value in _values(
                record for record in records[LEVELS] if record.value not in broken_values
            )
        ],
        dispatches=[_dispatch(value) for value in _values(records[SHIPMENTS])],
        shipment_answers=[
            ShipmentAnswer(
                shipment_id=value["shipment_id"],
                outcome=value["outcome"],
                reason=value["reason"],
            )
            for value in _values(records[SHIPMENT_RESULTS])
        ],
        dead_letters=[_dead_letter(record) for record in records[DEAD_LETTERS]],
        broken_values=broken_values,
        jd_orders=[_jd_order(order) for order in await room.orders()],
        jd_skus=[_jd_sku(sku) for sku in await room.skus()],
        jd_calls=JdCalls(
            total=called["calls"], refused_for_signature=called["refused_for_signature"]
        ),
    )


async def read_whole(
    bootstrap_servers: str, topics: Sequence[str]
) -> dict[str, list[ConsumerRecord]]:
    """Read topics from their beginning to their end, as a read_committed reader.

    Returns:
        By topic, its records in the order read: that of the log within each partition.

    Raises:
        Unreadable: The end was not reached in time.
    """
    records: dict[str, list[ConsumerRecord]] = {topic: [] for topic in topics}
    consumer = committed_reader(bootstrap_servers, topics)
    await consumer.start()
    try:
        ends = await end_offsets(consumer)
        async with asyncio.timeout(_READ_S):
            while not await _are_read(consumer, ends):
                for place, batch in (await consumer.getmany(timeout_ms=200)).items():
                    records[place.topic] += batch
    except TimeoutError as error:
        message = f"the records of {', '.join(topics)} could not be read whole in {_READ_S:g} s"
        raise Unreadable(message) from error
    finally:
        await consumer.stop()
    return records


def committed_reader(bootstrap_servers: str, topics: Sequence[str]) -> AIOKafkaConsumer:
    """Make a reader of whole topics from their beginning, outside any group; start and stop it."""
    return AIOKafkaConsumer(
        *topics,
        bootstrap_servers=bootstrap_servers,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )


async def end_offsets(consumer: AIOKafkaConsumer) -> dict[TopicPartition, int]:
    """Tell where each partition of a started reader's topics ends for it."""
    ends: dict[TopicPartition, int] = await consumer.end_offsets(consumer.assignment())
    return ends


async def _are_read(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    return all([await consumer.position(place) >= end for place, end in ends.items()])


def _values(records: Iterable[ConsumerRecord]) -> list[Json]:
    return [json.loads(record.value) for record in records if record.value is not None]


def _newest(records: Iterable[ConsumerRecord]) -> dict[bytes, Json]:
    newest = {record.key: record.value for record in records}
    return {key: json.loads(value) for key, value in newest.items() if value is not None}


def _order(value: Json) -> PublishedOrder:
    units: Counter[str] = Counter()
    for line in value["inventory"]:
        units[line["sku"] or ""] += line["quantity"]
    return PublishedOrder(
        order_id=value["channel_order_id"],
        revision=value["revision"],
        modified=datetime.fromisoformat(value["jd"]["modified"]),
        content_hash=value["jd"]["content_hash"],
        state=value["jd"]["state"],
        units=units,
    )


def _listing(value: Json) -> PublishedListing:
    return PublishedListing(sku_id=value["sku_id"], sku=value["sku"])


def _dispatch(value: Json) -> Dispatch:
    return Dispatch(
        shipment_id=value["shipment_id"],
        order_id=value["channel_order_id"],
        waybill=value["parcels"][0]["shipping_tracking_code"],
    )


def _dead_letter(record: ConsumerRecord) -> DeadLetter:
    headers = {name: (value or b"").decode(errors="replace") for name, value in record.headers}
    place = "-".join(
        headers.get(f"dead_letter_{part}", "?") for part in ("topic", "partition", "offset")
    )
    reason = f"{headers.get('dead_letter_reason')}: {headers.get('dead_letter_message')}"
    return DeadLetter(place=place, reason=reason, value=record.value)


def _jd_order(order: Json) -> JdOrder:
    groups = order["waybills"].split("|") if order["waybills"] else []
    return JdOrder(
        order_id=order["order_id"],
        state=order["state"],
        modified=datetime.fromisoformat(order["modified"]),
        counts_from=datetime.fromisoformat(order["paid"] or order["created"]),
        waybills=tuple(waybill for group in groups for waybill in group.split(",")),
    )


def _jd_sku(sku: Json) -> JdSku:
    return JdSku(
        sku_id=sku["sku_id"],
        outer_id=sku["outer_id"],
        stock_num=sku["stock_num"],
        booked=sku["booked"],
    )
