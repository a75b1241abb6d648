"""The records that the adapter publishes: their keys, their kinds, their ids.

A `ce_id` is derived from the fact, so the same fact always has the same id.

Source: contracts/helm/envelope.json.
"""

import hashlib
from datetime import datetime

from pydantic import BaseModel

from adapter.kafka.records import OutgoingRecord, event, tombstone
from adapter.kafka.topics import TopicNames
from adapter.wire.kept import Checkpoint, OrderIndexEntry, PendingShipment, Reservation
from adapter.wire.published import (
    ChannelStatus,
    CommandOutcome,
    Listing,
    Order,
    ShipmentResult,
    StockUpdate,
)


class Events:
    """Makes one shard's records.

    Args:
        names: The topics.
        partition: The shard's.
    """

    def __init__(self, *, names: TopicNames, partition: int) -> None:
        self._names = names
        self._partition = partition

    def order(self, order: Order, *, at: datetime) -> OutgoingRecord:
        """An order as imported; its fact is the order, JD's instant and the content."""
        key = f"{order.channel_id}:{order.channel_order_id}"
        fact = f"{key}:{order.jd.modified.isoformat()}:{order.jd.content_hash}"
        return self._event(self._names.orders, key, order, "order", fact, at)

    def listing(self, listing: Listing, *, at: datetime) -> OutgoingRecord:
        """A listing as JD has it."""
        key = f"{listing.channel_id}:{listing.sku_id}"
        fact = f"{key}:{_digest(listing)}"
        return self._event(self._names.listings, key, listing, "listing", fact, at)

    def listing_deleted(self, channel_id: str, sku_id: str) -> OutgoingRecord:
        """Remove a listing."""
        return tombstone(self._names.listings, self._partition, f"{channel_id}:{sku_id}")

    def stock_update(self, update: StockUpdate) -> OutgoingRecord:
        """What was offered; its fact is the call and what came of it."""
        key = f"{update.channel_id}:{update.sku_id}"
        fact = f"{key}:{update.stock_ref}:{update.status}"
        return self._event(self._names.stock_updates, key, update, "stock-update", fact, update.at)

    def pending_shipment(self, pending: PendingShipment) -> OutgoingRecord:
        """A shipment that is not answered yet."""
        key = f"{pending.channel_id}:{pending.shipment_id}"
        return self._event(
            self._names.pending_shipments,
            key,
            pending,
            "pending-shipment",
            key,
            pending.accepted_at,
            traceparent=pending.traceparent,
        )

    def shipment_ended(self, channel_id: str, shipment_id: str) -> OutgoingRecord:
        """Remove a shipment that was answered for good."""
        key = f"{channel_id}:{shipment_id}"
        return tombstone(self._names.pending_shipments, self._partition, key)

    def shipment_result(
        self, result: ShipmentResult, *, traceparent: str | None = None
    ) -> OutgoingRecord:
        """JD's answer to a shipment."""
        key = f"{result.channel_id}:{result.shipment_id}"
        fact = f"{key}:{result.outcome}:{result.jd.code if result.jd else ''}"
        return self._event(
            self._names.shipment_results,
            key,
            result,
            "shipment-result",
            fact,
            result.at,
            traceparent=traceparent,
        )

    def order_index(self, entry: OrderIndexEntry, *, at: datetime) -> OutgoingRecord:
        """What is kept of an order."""
        key = f"{entry.channel_id}:{entry.order_id}"
        fact = f"{key}:{_digest(entry)}"
        return self._event(self._names.order_index, key, entry, "order-index", fact, at)

    def reservation(self, reservation: Reservation, *, at: datetime) -> OutgoingRecord:
        """Units of an order that Helm's levels may not reflect."""
        key = f"{reservation.channel_id}:{reservation.order_id}"
        fact = f"{key}:{_digest(reservation)}"
        return self._event(self._names.reservations, key, reservation, "reservation", fact, at)

    def reservation_ended(self, channel_id: str, order_id: str) -> OutgoingRecord:
        """Remove a reservation."""
        return tombstone(self._names.reservations, self._partition, f"{channel_id}:{order_id}")

    def checkpoint(self, checkpoint: Checkpoint, *, at: datetime) -> OutgoingRecord:
        """How far a flow came."""
        key = f"{checkpoint.channel_id}:{checkpoint.flow}"
        fact = f"{key}:{_digest(checkpoint)}"
        return self._event(self._names.checkpoints, key, checkpoint, "checkpoint", fact, at)

    def channel_status(self, status: ChannelStatus) -> OutgoingRecord:
        """A channel's health."""
        fact = f"{status.channel_id}:{status.at.isoformat()}"
        return self._event(
            self._names.channel_status,
            status.channel_id,
            status,
            "channel-status",
            fact,
            status.at,
        )

    def command_outcome(self, outcome: CommandOutcome) -> OutgoingRecord:
        """What became of a command; while it runs its progress is a fact too."""
        key = f"{outcome.channel_id}:command:{outcome.command_id}"
        fact = f"{key}:{outcome.status}"
        if outcome.result and outcome.status == "running":
            fact += f":{outcome.result.get('done')}:{outcome.result.get('total')}"
        return self._event(
            self._names.channel_status, key, outcome, "command-outcome", fact, outcome.at
        )

    def _event(  # noqa: PLR0917 (private, and each call names its values by their order here)
        self,
        topic: str,
        key: str,
        message: BaseModel,
        kind: str,
        fact: str,
        at: datetime,
        *,
        traceparent: str | None = None,
    ) -> OutgoingRecord:
        return event(
            topic,
            self._partition,
            key,
            message,
            ce_type=f"helm-jd.{kind}.v1",
            ce_id=f"{kind}:{fact}",
            time=at,
            traceparent=traceparent,
        )


def _digest(message: BaseModel) -> str:
    return hashlib.sha256(message.model_dump_json().encode()).hexdigest()[:32]
