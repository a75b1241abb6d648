"""The arithmetic of stock.

Helm's `available` has all orders deducted that Helm has accepted. JD holds units back for its own
orders too. The same unit must be counted neither twice nor not at all.
"""

from datetime import datetime
from typing import Literal, NamedTuple

StockModel = Literal["spot", "sellable"]

LARGEST_QUANTITY = 2**31 - 1
"""The most that is ever written for one SKU. Assumed: JD names no limit, so what 32 bits hold."""


class Level(NamedTuple):
    """A SKU's level, as Helm gave it."""

    available: int | None
    """Sellable units, absolute; None when the SKU is gone."""
    version: int | None = None
    """Rises with each change."""
    occurred_at: datetime | None = None
    """When it changed."""


class StockRule(NamedTuple):
    """What is held back, and how much is ever offered."""

    stock_buffer: int = 0
    """Units held back; 0 or more."""
    max_stock_level: int | None = None
    """Most units ever offered; None for no cap."""


class Quantities(NamedTuple):
    """How one listing's quantity was reckoned."""

    sellable: int
    """What JD's buyers shall be able to order; 0 or more."""
    written: int
    """The number for JD, from 0 to `LARGEST_QUANTITY`."""


def is_newer(candidate: Level, known: Level) -> bool:
    """Tell whether a level replaces the known one.

    Versions decide. If either has none, instants do; if either has none of these too, the
    candidate does, for it is the later in the log. What is equal changes nothing.
    """
    if candidate.version is not None and known.version is not None:
        return candidate.version > known.version
    if candidate.occurred_at is not None and known.occurred_at is not None:
        return candidate.occurred_at > known.occurred_at
    return candidate != known


def sellable_quantity(available: int | None, rule: StockRule) -> int:
    """Reckon how many units may be offered: the buffer first, then the cap.

    Args:
        available: Units; below 0 counts as 0, None (gone) too.
        rule: Buffer and cap.

    Returns:
        0 or more.
    """
    offered = max((available or 0) - rule.stock_buffer, 0)
    return offered if rule.max_stock_level is None else min(offered, rule.max_stock_level)


def quantities(
    available: int | None,
    rule: StockRule,
    *,
    uncounted: int,
    open_units: int,
    units_per_listing: int,
    stock_model: StockModel,
) -> Quantities:
    """Reckon one listing's quantity.

    Args:
        available: Helm's level, in units of the SKU.
        rule: Buffer and cap, in units of the SKU.
        uncounted: Units of paid JD orders that the level does not reflect yet.
        open_units: Listings that JD books for paid, unshipped orders.
        units_per_listing: Units of the SKU that one sold listing takes.
        stock_model: `spot`: JD's number includes booked units and JD subtracts them itself;
            `sellable`: it does not.

    Returns:
        Listings.
    """
    free = None if available is None else available - uncounted
    booked = open_units if stock_model == "spot" else 0
    written = sellable_quantity(free, rule) // units_per_listing + booked
    written = min(written, LARGEST_QUANTITY)
    return Quantities(max(written - booked, 0), written)
