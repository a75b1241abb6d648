"""Why a listing's quantity is what it is: the rule with its numbers, and what stands in the way.

Nothing is reckoned here: the ledger's own write is taken apart, step by step.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from adapter.rules.ledger import Standing, StockWrite
from adapter.rules.stock import WHOLE, Level, StockModel, StockRule, sellable_quantity
from adapter.wire.helm import ListingSettings, SalesChannel
from adapter.wire.published import Listing, Problem, StockUpdate

BRAKE = "MASS_ZERO"
"""The problem that says that zeros are held back."""


class Step(NamedTuple):
    """One step of the rule."""

    what: str
    """In words."""
    left: int
    """Units of the SKU after it; from the listing's units on, listings."""


class Reason(NamedTuple):
    """Why a quantity is low, or not at JD yet."""

    code: str
    """A stable word."""
    words: str
    """What is so."""
    remedy: str = ""
    """What to do; empty where nothing has to be done."""


@dataclass(frozen=True, slots=True)
class Case:
    """All that is known of one listing."""

    settings: SalesChannel
    listing: Listing
    """Its own settings applied."""
    override: ListingSettings | None
    """Its own settings."""
    standing: Standing | None
    """None while it is not mapped."""
    last: StockUpdate | None
    """The newest that was told of a write."""
    candidates: Sequence[str] = ()
    """Helm's SKUs that its code nearly equals."""
    is_paused: bool = False
    """An operator paused the channel."""
    problems: Sequence[Problem] = ()
    """The channel's, as told last."""
    is_level_unreadable: bool = False
    """The SKU's newest level cannot be read."""
    regressed: Level | None = None
    """A level that was refused as older, although it happened later."""


def steps(case: Case) -> list[Step]:
    """Take the desired quantity apart; empty where there is none.

    The last step's `left` is the number for JD.
    """
    write = case.standing.desired if case.standing else None
    if write is None:
        return []
    return list(_steps(write, case.settings.stock_model, _offers_none(case, write)))


def reasons(case: Case) -> list[Reason]:
    """Say why the quantity is not at JD, and why it is zero where it is."""
    return [*_of_channel(case), *_of_mapping(case), *_of_write(case), *_of_zero(case)]


def _steps(write: StockWrite, stock_model: StockModel, offers_none: str) -> Iterator[Step]:
    level, rule, share = write.level, write.rule, write.share
    yield Step("available" if level.available is not None else "gone", level.available or 0)
    free = None if level.available is None else level.available - write.uncounted
    if write.uncounted:
        yield Step(f"less {write.uncounted} uncounted", free or 0)
    if offers_none:
        free = 0
        yield Step(offers_none, 0)
    buffer = StockRule(rule.stock_buffer)
    yield Step(f"less stock buffer {rule.stock_buffer}", sellable_quantity(free, buffer))
    if share.among > 1:
        what = f"share {share.position + 1} of {share.among}"
        yield Step(what, sellable_quantity(free, buffer, share))
    if rule.max_stock_level is not None:
        what = f"at most {rule.max_stock_level}"
        yield Step(what, sellable_quantity(free, rule, share))
    if write.units_per_listing > 1:
        what = f"{write.units_per_listing} units a listing"
        yield Step(what, sellable_quantity(free, rule, share) // write.units_per_listing)
    yield Step("sellable", write.sellable)
    if stock_model == "spot":
        what = f"and {write.open_units} that JD books for open orders"
        yield Step(what, write.quantity)


def _offers_none(case: Case, write: StockWrite) -> str:
    """Say what makes a listing offer nothing whatever its level is."""
    if case.override is not None and case.override.hold:
        return "held: offers nothing"
    if case.is_level_unreadable and case.settings.on_unreadable_level == "zero":
        return "unreadable level: counts as gone"
    is_without_share = case.settings.shared_sku == "split" and write.share == WHOLE
    if is_without_share and case.listing.status == "off_sale":
        return "off sale: no share"
    if is_without_share and case.standing is not None and case.standing.is_held_by_jd:
        return "kept by JD: no share"
    return ""


def _of_channel(case: Case) -> Iterator[Reason]:
    channel_id = case.listing.channel_id
    if not case.settings.is_active:
        remedy = f"helm-jd channels activate {channel_id}"
        yield Reason("inactive", "the channel is switched off", remedy)
    if case.is_paused:
        yield Reason("paused", "an operator paused the channel", f"helm-jd resume {channel_id}")
    if not case.settings.sync_stock_levels:
        remedy = f"helm-jd channels put {channel_id} --sync-stock-levels"
        yield Reason("stock_off", "Sync Stock Levels is off", remedy)
    for problem in case.problems:
        if problem.severity == "error" and problem.code != BRAKE:
            yield Reason("problem", f"{problem.code}: {problem.cause}", problem.remedy)


def _of_mapping(case: Case) -> Iterator[Reason]:
    listing = case.listing
    near = f"; nearly the same: {', '.join(case.candidates)}" if case.candidates else ""
    if listing.sku is None:
        yield Reason(
            "unmapped",
            f"the listing has no SKU code at JD{near}",
            "enter Helm's code as outer id at JD, or map it on helm.listing-settings",
        )
    elif case.standing is None or case.standing.desired is None:
        yield Reason(
            "no_level",
            f"no level of {listing.sku} ever came in stock pool {case.settings.stock_pool}{near}",
            "write it to helm.stock-changes, or correct the code",
        )
    if case.is_level_unreadable:
        kept = {"keep": "the last good one holds", "zero": "it counts as gone"}
        yield Reason(
            "unreadable_level",
            f"the newest level of {listing.sku} cannot be read; "
            f"{kept[case.settings.on_unreadable_level]}",
            "see the dead letters, and let Helm write it again",
        )
    if case.regressed is not None:
        yield Reason(
            "regressed",
            f"a later level was refused: its version {case.regressed.version} is lower",
            "let Helm write the level with a higher version",
        )
    if listing.status == "off_sale":
        yield Reason("off_sale", "JD does not sell the listing: it is off sale there")


def _of_write(case: Case) -> Iterator[Reason]:
    standing = case.standing
    write = standing.desired if standing else None
    if standing is None or write is None:
        return
    if standing.is_held_by_jd:
        yield Reason("held_by_jd", "JD keeps this listing's stock itself; it is left alone")
    if standing.suspect_until is not None:
        until = f"{standing.suspect_until.astimezone():%H:%M:%S}"
        yield Reason("suspect", f"an older call may still arrive; read back at JD after {until}")
    if standing.is_shipping:
        yield Reason("shipping", "a shipment is under way that changes JD's number")
    if write.quantity == standing.offered:
        return
    offered = "unknown" if standing.offered is None else str(standing.offered)
    yield Reason("dirty", f"to be written: {write.quantity}, JD holds {offered}")
    if case.last is not None and case.last.status in {"intended", "unknown"}:
        yield Reason("no_outcome", f"what became of the call {case.last.stock_ref} is not known")
    if standing.refused == write.quantity:
        jd = case.last.jd if case.last is not None else None
        words = f" ({jd.code} {jd.message_zh} / {jd.message_en})" if jd is not None else ""
        again = f"; tried again {standing.retry_at:%H:%M}" if standing.retry_at else ""
        yield Reason("refused", f"JD refuses {write.quantity}{words}{again}", "see JD's words")
    yield from _of_waiting(case, standing, write)


def _of_waiting(case: Case, standing: Standing, write: StockWrite) -> Iterator[Reason]:
    codes = {problem.code: problem for problem in case.problems}
    is_zero = write.sellable == 0 and standing.offered != 0
    if standing.is_braked or (is_zero and BRAKE in codes):
        remedy = f"helm-jd preview {case.listing.channel_id}, then helm-jd approve"
        yield Reason("braked", "the brake holds zeros back until they are approved", remedy)
    for code in ("QUOTA_SPENT", "THROTTLED"):
        if code in codes:
            yield Reason("quota", codes[code].cause, codes[code].remedy)


def _of_zero(case: Case) -> Iterator[Reason]:
    write = case.standing.desired if case.standing else None
    if write is None or write.sellable > 0:
        return
    rule, available = write.rule, write.level.available
    if offers_none := _offers_none(case, write):
        what, _, words = offers_none.partition(": ")
        code = {"held": "hold", "unreadable level": "unreadable"}.get(what, "no_share")
        yield Reason(code, f"{what}, {words}")
    elif available is None:
        yield Reason("gone", f"Helm says that {write.sku} is gone")
    elif available <= 0:
        yield Reason("sold_out", f"Helm's level is {available}")
    elif rule.max_stock_level == 0:
        yield Reason("cap_is_zero", "Max Stock Levels is 0", "raise or clear it")
    elif available <= rule.stock_buffer:
        words = f"the stock buffer of {rule.stock_buffer} holds back all {available}"
        yield Reason("buffer", words, "lower it")
    elif available - write.uncounted <= rule.stock_buffer:
        words = f"{write.uncounted} units are sold and not deducted by Helm yet"
        yield Reason("uncounted", words, "nothing, once Helm sends its receipts and levels")
    else:
        words = f"what is left is less than one listing of {write.units_per_listing} units"
        yield Reason("too_few", words)
