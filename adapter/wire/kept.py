"""What the adapter keeps for itself between two runs (`helm-jd.*` topics).

Nobody else reads these records; a later version of the adapter does.
"""

from datetime import date
from typing import Literal

from pydantic import Field

from adapter.wire.fields import ChannelId, Code, Instant, Outgoing, Units
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
