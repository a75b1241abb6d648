"""What the adapter keeps for itself between two runs (`helm-jd.*` topics).

Nobody else reads these records; a later version of the adapter does.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from adapter.wire.fields import ChannelId, Code, Instant, Outgoing, StockPool, Units, Version
from adapter.wire.helm import Shipment


class Checkpoint(Outgoing):
    """How far a flow came (`helm-jd.checkpoints`, key channel_id:flow)."""

    channel_id: ChannelId
    """The sales channel."""
    flow: Literal["orders", "catalogue", "control", "budget", "capabilities"]
    """Whose record it is."""
    watermark: Instant | None = None
    """Instant up to which all was seen (orders, catalogue)."""
    import_from: Instant | None = None
    """The instant of first activation (orders)."""
    swept_at: Instant | None = None
    """When all orders to ship, or all SKUs, were last read (orders, catalogue)."""
    paused: bool = False
    """An operator paused the channel (control)."""
    one_by_one_since: Instant | None = None
    """When JD said that the app may not set several SKUs' stock at once (capabilities)."""
    day: date | None = None
    """JD's day, in Beijing, that the calls were made on (budget)."""
    calls: Units = 0
    """Calls of that day, those that are announced ahead included: no more were made (budget)."""
    spent: bool = False
    """JD said that the day's quota is used up (budget)."""
    has_receipts: bool = False
    """Helm once sent a receipt for an order of the channel (capabilities)."""


class KeptReceipt(Outgoing):
    """What Helm answered to an order, its receipts taken together."""

    revision: Units
    """The newest revision that was answered."""
    outcome: Literal["accepted", "rejected", "picking"]
    """What Helm did with it."""
    taken_in_at: Instant
    """When Helm deducted the order from its levels; of a rejected one, when it was rejected."""
    stock_versions: dict[str, Version] = Field(default_factory=dict)
    """By Helm's SKU code, the version of the first level that reflects the order."""


class OrderIndexEntry(Outgoing):
    """What is kept of a JD order (`helm-jd.order-index`, key channel_id:order_id)."""

    channel_id: ChannelId
    """The sales channel."""
    order_id: Code
    """JD's order number."""
    modified: Instant
    """JD's instant of the last change seen."""
    content_hash: str
    """Digest of its business fields then."""
    published_contents: list[str] = Field(default_factory=list)
    """Digests of all contents published at this `modified`; empty again when it rises."""
    state: str
    """JD's state then."""
    revision: Units
    """The last revision published; 0 when none was."""
    first_published: Instant | None = None
    """When revision 1 was published."""
    in_scope: bool
    """Whether it is imported; decided when it was first seen."""
    status_id: int = 0
    """Helm's status of the last revision."""
    is_open: bool
    """Paid, not cancelled, and not wholly shipped: JD books units for it."""
    ordered: dict[str, Units] = Field(default_factory=dict)
    """Listings ordered, by JD's SKU number."""
    shipped: dict[str, Units] = Field(default_factory=dict)
    """Listings shipped, by JD's SKU number."""
    children: list[str] = Field(default_factory=list)
    """The orders that JD split it into."""
    fulfilled_by: Literal["merchant", "jd", "unknown"] = "unknown"
    """Who ships it."""
    receipt: KeptReceipt | None = None
    """Helm's answer; None while it gave none."""


class Reservation(Outgoing):
    """Units of an order that Helm's levels may not reflect (`helm-jd.reservations`).

    Key channel_id:order_id. Every instance judges from this record and its own levels alone
    whether the units are counted, so it holds all that this takes.
    """

    channel_id: ChannelId
    """The sales channel."""
    order_id: Code
    """JD's order number."""
    stock_pool: StockPool
    """The pool that the order draws on."""
    units: dict[str, Units] = Field(default_factory=dict)
    """Units by Helm's SKU code, as the order was published; never mapped anew."""
    unmapped: dict[str, Units] = Field(default_factory=dict)
    """Listings by JD's SKU number that had no Helm SKU then."""
    published_at: Instant | None = None
    """When Helm was first told of it; None when it is not, for its age."""
    order_grace_s: float
    """Seconds after which a level is assumed to reflect it, where no receipts come."""
    has_receipts: bool = False
    """Helm sends receipts for orders of the channel."""
    receipt: KeptReceipt | None = None
    """Helm's answer; None while it gave none."""
    shipped_at: Instant | None = None
    """JD's instant at which it had left, where Helm does not have it; None before that."""


class PendingShipment(Outgoing):
    """A shipment that is not answered for good (`helm-jd.pending-shipments`)."""

    channel_id: ChannelId
    """The sales channel."""
    shipment_id: Code
    """The shipment."""
    shipment: Shipment
    """As Helm wrote it."""
    accepted_at: Instant
    """When the adapter took it."""
    traceparent: str | None = None
    """W3C trace context of Helm's record."""
