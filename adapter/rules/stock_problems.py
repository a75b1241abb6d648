"""What keeps a channel's quantities from being right, in words that somebody can act on."""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from adapter.errors import JdAnswer
from adapter.rules.diagnosis import Problems, jd_words
from adapter.rules.ledger import StockWrite
from adapter.rules.stock import LARGEST_QUANTITY, Level

REFUSED = "STOCK_REFUSED"
MASS_ZERO = "MASS_ZERO"
CLAMPED = "STOCK_CLAMPED"
REGRESSED = "STOCK_VERSION_REGRESSED"
UNREADABLE = "STOCK_LEVEL_UNREADABLE"
ONE_BY_ONE = "STOCK_ONE_BY_ONE"


def note_brake(
    problems: Problems, braked: Collection[str], *, channel_id: str, now: datetime
) -> None:
    """Note which listings wait for approval; none end the problem."""
    if not braked:
        problems.passed(MASS_ZERO)
        return
    problems.seen(
        MASS_ZERO,
        now=now,
        cause=f"{len(braked)} listings that sell are to go to zero at once; their writes wait.",
        evidence=f"JD's SKUs {_some(sorted(braked))}",
        remedy=f"If the levels are right, approve it: helm-jd approve {channel_id}. If not, "
        "correct them: what recovers is not written.",
        severity="error",
        flow=MASS_ZERO,
    )


def note_regressed(problems: Problems, regressed: Mapping[str, Level], *, now: datetime) -> None:
    """Note levels that were refused as older though they happened later, by SKU."""
    if not regressed:
        problems.passed(REGRESSED)
        return
    sku, level = next(iter(regressed.items()))
    problems.seen(
        REGRESSED,
        now=now,
        cause=f"{len(regressed)} SKUs have levels with a lower version than before, though they "
        "happened later: they were refused as older.",
        evidence=f"{sku}: version {level.version}",
        remedy="Helm's version counter went back. Let it go on above the highest version, or write "
        "null under the key, then the level: that begins anew.",
        severity="error",
        flow=REGRESSED,
    )


def note_unreadable(problems: Problems, skus: Collection[str], *, now: datetime) -> None:
    """Note SKUs whose newest level cannot be read."""
    if not skus:
        problems.passed(UNREADABLE)
        return
    problems.seen(
        UNREADABLE,
        now=now,
        cause=f"The newest level of {len(skus)} SKUs cannot be read.",
        evidence=_some(skus),
        remedy="See helm-jd.dead-letters, and write the level again. Until then the channel's "
        "on_unreadable_level holds.",
        severity="error",
        flow=UNREADABLE,
    )


def note_one_by_one(problems: Problems, since: datetime | None, *, now: datetime) -> None:
    """Note since when each SKU costs a call of its own; None ends the problem."""
    if since is None:
        problems.passed(ONE_BY_ONE)
        return
    problems.seen(
        ONE_BY_ONE,
        now=now,
        cause="The app may not set the stock of several SKUs at once (JD's code 24).",
        evidence=f"since {since:%Y-%m-%d %H:%M} UTC",
        remedy="Apply for jingdong.ware.stock.sku.set in JD's console. Until then each SKU costs a "
        "call of its own, by a method that JD is retiring.",
        flow=ONE_BY_ONE,
    )


def note_refusals(
    problems: Problems,
    refusals: Mapping[StockWrite, JdAnswer],
    *,
    is_any_left: bool,
    now: datetime,
) -> None:
    """Note what JD refused just now; without any, and none left from before, the problem ends."""
    if not refusals and not is_any_left:
        problems.passed(REFUSED)
    for write, answer in refusals.items():
        problems.seen(
            REFUSED,
            now=now,
            cause=f"JD refuses the quantity of SKU {write.sku_id} ({write.sku}).",
            evidence=f"quantity {write.quantity}",
            remedy="See JD's words; the SKU is tried again when its quantity changes, and now and "
            "then.",
            jd=jd_words(answer),
            flow=REFUSED,
        )


def note_clamped(problems: Problems, accepted: Iterable[StockWrite], *, now: datetime) -> None:
    """Note what was written lower than desired, because JD cannot hold more."""
    for write in accepted:
        if write.quantity == LARGEST_QUANTITY:
            problems.seen(
                CLAMPED,
                now=now,
                cause=f"The quantity of SKU {write.sku_id} ({write.sku}) is beyond what JD can "
                f"hold; {LARGEST_QUANTITY} was written.",
                evidence=f"level {write.level.available}",
                remedy="Correct the level in Helm, or set a max_stock_level.",
            )


def _some(names: Collection[str]) -> str:
    few = list(names)[:5]
    return ", ".join(few) + (" …" if len(names) > len(few) else "")
