"""What a run leaves behind on both shores, as far as an invariant asks for it.

`devstack.evidence` collects it, `devstack.checker` judges it, and tests make it up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedOrder:
    """A record of `jd.orders`."""

    order_id: str
    revision: int
    modified: datetime
    """JD's instant of the last change."""
    content_hash: str
    state: str
    """JD's state."""
    units: Mapping[str, int] = field(default_factory=dict)
    """Units by Helm's SKU code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A record of `helm.order-receipts`."""

    order_id: str
    outcome: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedListing:
    """The newest record of a listing in `jd.listings`."""

    sku_id: str
    sku: str | None
    """Helm's SKU code; None when the adapter could not map it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A record of `helm.stock-changes`."""

    sku: str
    available: int | None
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """A record of `helm.shipments`: one parcel that holds a whole order."""

    shipment_id: str
    order_id: str
    waybill: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipmentAnswer:
    """A record of `jd.shipment-results`."""

    shipment_id: str
    outcome: str
    reason: str = ""
    """Why it is not shipped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A record that the adapter set aside."""

    place: str
    """Where it lay before: topic-partition-offset."""
    reason: str
    value: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StockRule:
    """The channel's own settings for stock."""

    stock_buffer: int
    max_stock_level: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class JdOrder:
    """An order as the simulator has it."""

    order_id: str
    state: str
    modified: datetime
    counts_from: datetime
    """When it was paid, or placed where JD gives no payment."""
    waybills: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JdSku:
    """A SKU as the simulator has it."""

    sku_id: str
    outer_id: str
    stock_num: int
    booked: int


@dataclass(frozen=True, slots=True, kw_only=True)
class JdCalls:
    """What the simulator counted of the adapter's calls."""

    total: int
    refused_for_signature: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that a run left behind, on both shores."""

    import_from: datetime
    """Orders paid from this instant on are in scope."""
    rule: StockRule
    orders: Sequence[PublishedOrder]
    """In the order in which a read_committed reader gets them."""
    receipts: Sequence[Receipt]
    listings: Sequence[PublishedListing]
    levels: Sequence[Level]
    dispatches: Sequence[Dispatch]
    shipment_answers: Sequence[ShipmentAnswer]
    dead_letters: Sequence[DeadLetter]
    broken_values: frozenset[bytes]
    """The records that were broken deliberately."""
    jd_orders: Sequence[JdOrder]
    jd_skus: Sequence[JdSku]
    jd_calls: JdCalls
