"""What a difference between JD's own stock figures and ours means.

What JD can sell of a listing is its number minus its bookings (`spot`), or its number (`sellable`).
Not every difference is a mistake: JD takes units off its number when an order ships and books
them before anybody polled the order. Writing while such a change has not been seen would give
back units that have left, so only what no unseen order or shipment can explain is *drift*.

What is compared, the first line that fits:

| JD's answer | ours | kind |
|---|---|---|
| has no such SKU | any | `missing` |
| keeps this SKU's stock itself | any | `held_by_jd` |
| any | no Helm SKU | `unmapped` |
| any | being written or shipped, or what JD holds is not known | `waiting` |
| number above the offered one | any | `drift`: somebody else wrote it, and JD may oversell |
| number below the offered one | no open units (`spot`) | `drift` |
| number below the offered one | open units (`spot`) or any (`sellable`), first seen | `lag` |
| number below the offered one | the same, and the same difference stood for `PATIENCE` | `drift` |
| the offered number, fewer booked than are open (`spot`) | | `lag`: a cancellation or shipment |
| the offered number, more booked than are open (`spot`) | | `booked`: unpaid or unseen orders |
| the offered number otherwise | | `equal` |

Only `drift` is repaired, by telling the ledger what JD holds: it then writes what is desired.

Source: contracts/jd/ware.stock.sku.query
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Literal, NamedTuple, get_args

from adapter.rules.stock import StockModel
from adapter.wire.jd import JdStockReading

Kind = Literal["equal", "drift", "lag", "booked", "waiting", "unmapped", "missing", "held_by_jd"]
"""What the comparison of one listing came to."""

KINDS: tuple[Kind, ...] = get_args(Kind)

PATIENCE = timedelta(minutes=30)
"""How long an order or shipment may stay unseen; JD shows some orders 20 minutes late."""

_OWN_STOCK_MODELS = frozenset({None, "0"})
"""JD's stock models in which the seller's number holds. Assumed: what the others mean is not
established."""


class ReconciliationRow(NamedTuple):
    """One listing's comparison; None is what is not known."""

    sku_id: str
    """JD's number."""
    sku: str | None
    """Helm's code."""
    kind: Kind
    """What the comparison came to."""
    offered: int | None
    """What JD last accepted."""
    desired: int | None
    """What JD should hold."""
    jd_stock: int | None
    """JD's number."""
    jd_booked: int | None
    """Units of it that JD does not sell; None where JD was not asked for them."""
    open_units: int
    """Units that JD should book for paid, unshipped orders."""


class ReconciliationReport(NamedTuple):
    """What comparing a whole shop came to."""

    counts: Mapping[Kind, int]
    """Listings of each kind; every kind is there."""
    rows: Sequence[ReconciliationRow]
    """Those that are not equal, the gravest first; at most `MOST_ROWS`."""
    repaired: int
    """Drifted listings that are written again."""


MOST_ROWS = 200

_GRAVEST_FIRST: Sequence[Kind] = (
    "drift",
    "missing",
    "held_by_jd",
    "lag",
    "booked",
    "waiting",
    "unmapped",
)


def report_of(rows: Iterable[ReconciliationRow], *, repaired: int) -> ReconciliationReport:
    """Sum up the comparisons of a whole shop.

    Equal listings, and those for which no level ever came, are counted and not told one by one.
    """
    counts: dict[Kind, int] = dict.fromkeys(KINDS, 0)
    told: list[ReconciliationRow] = []
    for row in rows:
        counts[row.kind] += 1
        is_without_level = row.kind == "waiting" and row.desired is None
        if row.kind != "equal" and not is_without_level:
            told.append(row)
    told.sort(key=lambda row: (_GRAVEST_FIRST.index(row.kind), len(row.sku_id), row.sku_id))
    return ReconciliationReport(counts, told[:MOST_ROWS], repaired)


class Figures(NamedTuple):
    """JD's own figures for one SKU, in the store that is written."""

    stock_num: int
    """JD's number."""
    booked: int = 0
    """Units of it that JD does not sell: booked for orders, or locked."""
    is_held_by_jd: bool = False
    """JD keeps this SKU's stock itself."""


def figures_of(reading: JdStockReading, store_id: str | None) -> Figures:
    """Take the figures of the store that is written out of JD's answer.

    Args:
        reading: JD's answer.
        store_id: The channel's store; None is the shop's default one. Where JD names no such
            store, all of them are taken together. A seller who names a store keeps its stock,
            whatever JD calls the model.
    """
    own = [store for store in reading.stores if store.store_id == store_id]
    stores = own or reading.stores
    return Figures(
        stock_num=sum(store.stock_num or 0 for store in stores),
        booked=sum((store.order_booking or 0) + (store.app_booking or 0) for store in stores),
        is_held_by_jd=store_id is None and reading.stock_model not in _OWN_STOCK_MODELS,
    )


def kind_of(
    figures: Figures | None,
    *,
    stock_model: StockModel,
    is_mapped: bool,
    is_busy: bool,
    offered: int | None,
    open_units: int,
    is_old: bool,
) -> Kind:
    """Say what a comparison means; the module's table tells why.

    Args:
        figures: JD's; None where JD has no such SKU.
        stock_model: How JD counts; see `rules.stock.quantities`.
        is_mapped: The listing has a Helm SKU.
        is_busy: A write or a shipment is under way or due, or an older call may still arrive.
        offered: What JD last accepted; None when that is not known.
        open_units: Listings that JD should book for paid, unshipped orders.
        is_old: The same difference was there `PATIENCE` ago.
    """
    if figures is None:
        return "missing"
    if figures.is_held_by_jd:
        return "held_by_jd"
    if not is_mapped:
        return "unmapped"
    if is_busy or offered is None:
        return "waiting"
    if figures.stock_num != offered:
        is_explained = figures.stock_num < offered and (stock_model == "sellable" or open_units > 0)
        return "lag" if is_explained and not is_old else "drift"
    unseen = figures.booked - open_units if stock_model == "spot" else 0
    return "booked" if unseen > 0 else "lag" if unseen < 0 else "equal"
