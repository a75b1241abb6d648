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


class Share(NamedTuple):
    """Which part of a SKU's units a listing may offer, where its listings share them."""

    position: int = 0
    """The listing's place among them, from 0; the first ones get what cannot be split evenly."""
    among: int = 1
    """How many share; 1 offers them all."""


WHOLE = Share()


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


def is_regression(candidate: Level, known: Level) -> bool:
    """Tell whether a level's version says that it is older, and its instant that it is newer.

    A writer that lost its counter looks like this: all its levels are refused from then on.
    """
    if candidate.version is None or known.version is None:
        return False
    if candidate.occurred_at is None or known.occurred_at is None:
        return False
    return candidate.version < known.version and candidate.occurred_at > known.occurred_at


def sellable_quantity(available: int | None, rule: StockRule, share: Share = WHOLE) -> int:
    """Reckon how many units may be offered: the buffer first, then the share, then the cap.

    Args:
        available: Units; below 0 counts as 0, None (gone) too.
        rule: Buffer and cap.
        share: The listing's part of what is left after the buffer.

    Returns:
        0 or more.
    """
    left = max((available or 0) - rule.stock_buffer, 0)
    each, over = divmod(left, share.among)
    offered = each + (share.position < over)
    return offered if rule.max_stock_level is None else min(offered, rule.max_stock_level)


def quantities(
    available: int | None,
    rule: StockRule,
    *,
    uncounted: int,
    open_units: int,
    units_per_listing: int,
    stock_model: StockModel,
    share: Share = WHOLE,
) -> Quantities:
    """Reckon one listing's quantity.

    Where more is uncounted than available, an order that JD has let go of, and that is not known
    to be cancelled yet, holds a unit that was sold again: what is short comes off the booked
    units, or JD would sell it a third time.

    Args:
        available: Helm's level, in units of the SKU.
        rule: Buffer and cap, in units of the SKU.
        uncounted: Units of paid JD orders that the level does not reflect yet.
        open_units: Listings that JD books for paid, unshipped orders.
        units_per_listing: Units of the SKU that one sold listing takes.
        stock_model: `spot`: JD's number includes booked units and JD subtracts them itself;
            `sellable`: it does not.
        share: The listing's part, where several listings share the SKU's units.

    Returns:
        Listings.
    """
    free = max(available or 0, 0) - uncounted
    booked = open_units if stock_model == "spot" else 0
    short = -(min(free, 0) // units_per_listing)
    written = sellable_quantity(free, rule, share) // units_per_listing - short + booked
    written = min(max(written, 0), LARGEST_QUANTITY)
    return Quantities(max(written - booked, 0), written)
