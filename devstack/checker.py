"""The invariants of the whole way, as pure functions over collected evidence.

The arithmetic here is the checker's own and plain on purpose: nothing of the adapter is used to
judge the adapter. `devstack.evidence` collects what is judged: the records of Kafka, read from the
beginning by a read_committed reader, and the simulator's own record.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

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

FIRST_OFFENDERS = 5
_UNPAID = "NOT_PAY"
_CANCELLED = "TRADE_CANCELED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row of the table."""

    what: str
    counted: int
    offenders: tuple[str, ...]
    """What breaks the invariant, by id; empty when it holds."""

    @property
    def holds(self) -> bool:
        """Whether the invariant holds; one for which nothing was seen proves nothing."""
        return self.counted > 0 and not self.offenders


def check(evidence: Evidence) -> list[Result]:
    """Judge a run: one row for each invariant, in a fixed order."""
    return [
        published_once(evidence.orders),
        revisions_rise(evidence.orders),
        newest_states_published(
            evidence.orders, evidence.jd_orders, import_from=evidence.import_from
        ),
        skus_mapped(evidence.listings, evidence.jd_skus),
        stock_right(
            evidence.listings,
            evidence.levels,
            evidence.jd_skus,
            rule=evidence.rule,
            unfilled=unfilled_units(evidence.orders, evidence.receipts),
        ),
        dispatched_once(evidence.dispatches, evidence.jd_orders),
        dispatches_answered(evidence.dispatches, evidence.shipment_answers),
        broken_records_only(evidence.dead_letters, evidence.broken_values),
        signatures_accepted(evidence.jd_calls),
    ]


def published_once(orders: Sequence[PublishedOrder]) -> Result:
    """Check that no (order, modified, hash) was committed twice."""
    times = Counter((order.order_id, order.modified, order.content_hash) for order in orders)
    return Result(
        what="No state of an order is in jd.orders twice",
        counted=len(orders),
        offenders=tuple(
            f"{order_id} of {modified.isoformat()} is there {count} times"
            for (order_id, modified, _), count in times.items()
            if count > 1
        ),
    )


def revisions_rise(orders: Sequence[PublishedOrder]) -> Result:
    """Check that the revisions of each order rise one by one from 1, `modified` never falling."""
    newest: dict[str, PublishedOrder] = {}
    offenders: list[str] = []
    for order in orders:
        before = newest.get(order.order_id)
        expected = 1 if before is None else before.revision + 1
        if order.revision != expected:
            offenders.append(f"{order.order_id}: revision {order.revision}, not {expected}")
        elif before is not None and order.modified < before.modified:
            offenders.append(f"{order.order_id}: revision {order.revision} is of an older instant")
        newest[order.order_id] = order
    return Result(
        what="Revisions of an order rise", counted=len(newest), offenders=tuple(offenders)
    )


def newest_states_published(
    orders: Sequence[PublishedOrder], jd_orders: Sequence[JdOrder], *, import_from: datetime
) -> Result:
    """Check that each order in scope is there in its newest state, and no other order."""
    newest = {order.order_id: order for order in orders}
    in_scope = {
        order.order_id: order
        for order in jd_orders
        if order.state != _UNPAID and order.counts_from >= import_from
    }
    offenders = [
        f"{order_id} is out of scope, or unknown to JD"
        for order_id in newest.keys() - in_scope.keys()
    ]
    for order_id, at_jd in in_scope.items():
        published = newest.get(order_id)
        if published is None:
            offenders.append(f"{order_id} is missing")
        elif (published.state, published.modified) != (at_jd.state, at_jd.modified):
            offenders.append(f"{order_id} is {at_jd.state} at JD, {published.state} in jd.orders")
    return Result(
        what="The newest state of every order is in jd.orders",
        counted=len(in_scope),
        offenders=tuple(offenders),
    )


def skus_mapped(listings: Sequence[PublishedListing], jd_skus: Sequence[JdSku]) -> Result:
    """Check that each SKU at JD is a listing with Helm's code for it."""
    published = {listing.sku_id: listing.sku for listing in listings}
    return Result(
        what="Every SKU at JD is in jd.listings, mapped",
        counted=len(jd_skus),
        offenders=tuple(
            f"{sku.outer_id} ({sku.sku_id}) is {published.get(sku.sku_id) or 'not there'}"
            for sku in jd_skus
            if published.get(sku.sku_id) != sku.outer_id
        ),
    )


def stock_right(
    listings: Sequence[PublishedListing],
    levels: Iterable[Level],
    jd_skus: Sequence[JdSku],
    *,
    rule: StockRule,
    unfilled: Mapping[str, int] = MappingProxyType({}),
) -> Result:
    """Check that JD can sell exactly what the rule makes of the newest level of each SKU.

    Units of orders that Helm could not fill, and that stand at JD, come off the level.
    """
    newest = newest_levels(levels)
    at_jd = {sku.sku_id: sku for sku in jd_skus}
    counted = 0
    offenders: list[str] = []
    for listing in listings:
        level = newest.get(listing.sku or "")
        if level is None:
            continue
        counted += 1
        sku = at_jd.get(listing.sku_id)
        if sku is None:
            offenders.append(f"{listing.sku}: JD has no SKU {listing.sku_id}")
            continue
        owed = unfilled.get(level.sku, 0)
        wanted = max((level.available or 0) - owed - rule.stock_buffer, 0)
        if rule.max_stock_level is not None:
            wanted = min(wanted, rule.max_stock_level)
        sellable = max(sku.stock_num - sku.booked, 0)
        if sellable != wanted:
            offenders.append(
                f"{listing.sku}: JD sells {sellable}, not {wanted} "
                f"(level {level.available}, version {level.version})"
            )
    return Result(
        what="JD can sell what the rule makes of the newest level",
        counted=counted,
        offenders=tuple(offenders),
    )


def unfilled_units(
    orders: Iterable[PublishedOrder], receipts: Iterable[Receipt]
) -> Mapping[str, int]:
    """Count the units of orders that Helm rejected and that are not cancelled, by SKU."""
    outcomes = {receipt.order_id: receipt.outcome for receipt in receipts}
    units: Counter[str] = Counter()
    for order in {order.order_id: order for order in orders}.values():
        if outcomes.get(order.order_id) == "rejected" and order.state != _CANCELLED:
            units.update(order.units)
    return units


def newest_levels(levels: Iterable[Level]) -> Mapping[str, Level]:
    """Pick the level of the highest version of each SKU."""
    newest: dict[str, Level] = {}
    for level in levels:
        if level.sku not in newest or level.version > newest[level.sku].version:
            newest[level.sku] = level
    return newest


def dispatched_once(dispatches: Sequence[Dispatch], jd_orders: Sequence[JdOrder]) -> Result:
    """Check that each dispatch is at JD once with its waybill, and that JD has no other one."""
    waybills: dict[str, list[str]] = {}
    for dispatch in dispatches:
        waybills.setdefault(dispatch.order_id, []).append(dispatch.waybill)
    at_jd = {order.order_id: list(order.waybills) for order in jd_orders if order.waybills}
    states = {order.order_id: order.state for order in jd_orders}
    return Result(
        what="Every dispatch is at JD once, with its waybill",
        counted=len(dispatches),
        offenders=tuple(
            f"{order_id} ({states.get(order_id, 'unknown')}): "
            f"JD has {_listed(at_jd.get(order_id))}, Helm sent {_listed(waybills.get(order_id))}"
            for order_id in sorted(waybills.keys() | at_jd.keys())
            if at_jd.get(order_id) != waybills.get(order_id)
        ),
    )


def dispatches_answered(
    dispatches: Sequence[Dispatch], answers: Sequence[ShipmentAnswer]
) -> Result:
    """Check that Helm was told of each dispatch, at last, that it is shipped."""
    last = {answer.shipment_id: answer for answer in answers}
    return Result(
        what="Every dispatch is answered as shipped",
        counted=len(dispatches),
        offenders=tuple(
            f"{dispatch.shipment_id} of {dispatch.order_id}: "
            + ("no answer" if answer is None else f"{answer.outcome} {answer.reason}".strip())
            for dispatch in dispatches
            if (answer := last.get(dispatch.shipment_id)) is None or answer.outcome != "shipped"
        ),
    )


def broken_records_only(
    dead_letters: Sequence[DeadLetter], broken_values: frozenset[bytes]
) -> Result:
    """Check that every deliberately broken record was set aside, and nothing else.

    A crash may leave the same record there twice; its place tells that it is the same.
    """
    offenders = [
        f"{letter.place}: {letter.reason}"
        for letter in dead_letters
        if letter.value not in broken_values
    ]
    missing = broken_values - {letter.value for letter in dead_letters}
    offenders += [f"broken record {value[:40]!r} is not there" for value in sorted(missing)]
    return Result(
        what="Dead letters hold the broken record and nothing else",
        counted=len(dead_letters),
        offenders=tuple(offenders),
    )


def signatures_accepted(calls: JdCalls) -> Result:
    """Check that JD refused no call for its signature."""
    refused = calls.refused_for_signature
    return Result(
        what="JD refused no call for its signature",
        counted=calls.total,
        offenders=(f"{refused} of {calls.total} calls",) if refused else (),
    )


def _listed(waybills: Sequence[str] | None) -> str:
    return ", ".join(waybills) if waybills else "none"
