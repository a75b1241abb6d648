"""What the ledger hands out, and what it tells of a listing."""

from datetime import datetime
from typing import Literal, NamedTuple

from adapter.rules.stock import WHOLE, Level, Share, StockRule

Queue = Literal["zero", "stock", "bulk"]
"""What must go to zero, what differs, and what is only written again (resync)."""


class StockWrite(NamedTuple):
    """One listing's next quantity, and how it was reckoned."""

    sku_id: str
    """JD's number."""
    sku: str
    """Helm's code."""
    quantity: int
    """The number for JD."""
    sellable: int
    """What JD's buyers shall be able to order."""
    level: Level
    rule: StockRule
    units_per_listing: int
    open_units: int
    """Listings that JD books for paid, unshipped orders."""
    uncounted: int
    """Units of the SKU that its level does not reflect yet."""
    share: Share = WHOLE
    queue: Queue = "stock"


class Standing(NamedTuple):
    """How one listing stands: what is desired, what JD holds, and what it waits for."""

    desired: StockWrite | None
    """None while no level ever came."""
    offered: int | None
    """None when it is not known what JD holds."""
    is_in_flight: bool
    """A call for it is under way."""
    is_shipping: bool
    """A shipment is under way that will change JD's number."""
    suspect_until: datetime | None
    """Until then an older call may still arrive at JD; it is read back afterwards."""
    refused: int | None
    """The quantity that JD refuses."""
    retry_at: datetime | None
    """When it is tried again, if it does not change before."""
    is_braked: bool
    """Its zero waits for approval."""
    is_held_by_jd: bool
    """JD keeps its stock itself; it is left alone."""
