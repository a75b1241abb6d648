"""`helm-jd explain`: why a quantity is what it is, and where an order is, from the topics alone."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from adapter.cli.environment import settings_of_command
from adapter.cli.explain_order import order_document, print_order
from adapter.cli.output import (
    PROBLEM_FOUND,
    WRONG_USE,
    AsJson,
    ends_cleanly,
    fail,
    print_json,
    print_table,
    say,
)
from adapter.cli.picture import Picture, picture
from adapter.rules.explaining import Case, reasons, steps
from adapter.wire.published import StockUpdate

_MOST_HISTORY = 20
"""Records of a listing's history that people are shown; JSON has all of them."""

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="The sales channel's id.")]
Sku = Annotated[
    str | None, typer.Option("--sku", help="Helm's SKU code, or JD's number of a listing.")
]
Order = Annotated[
    str | None, typer.Option("--order", help="JD's order number, or a combined order's.")
]


@ends_cleanly
def explain(
    channel: Channel, *, sku: Sku = None, order: Order = None, as_json: AsJson = False
) -> None:
    """Explain a SKU's quantity or an order's way; works while the adapter is down."""
    if (sku is None) == (order is None):
        fail("give either --sku or --order", WRONG_USE)
    settings = settings_of_command()
    if order is not None:
        document = asyncio.run(order_document(settings, channel, order))
        if as_json:
            print_json(document)
        else:
            print_order(document)
        if not document["is_known"]:
            raise typer.Exit(PROBLEM_FOUND)
        return
    known = asyncio.run(picture(settings, channel, now=datetime.now(UTC), asked=sku))
    document = _document(known, sku or "")
    if as_json:
        print_json(document)
    else:
        _print(document)
    if not document["listings"]:
        raise typer.Exit(PROBLEM_FOUND)


def _document(known: Picture, asked: str) -> dict[str, Any]:
    listings = sorted(known.listings(), key=lambda listing: listing.sku_id)
    return {
        "channel_id": known.channel_id,
        "asked": asked,
        "health": known.status.health if known.status else None,
        "told_at": known.status.at.isoformat() if known.status else None,
        "listings": [_listing(known, known.case(listing)) for listing in listings],
        "near_misses": [
            {"sku_id": listing.sku_id, "sku": listing.sku, "title": listing.title}
            for listing in known.near
        ],
        "levels_alike": known.candidates.get(asked, []),
    }


def _listing(known: Picture, case: Case) -> dict[str, Any]:
    listing, standing = case.listing, case.standing
    desired = standing.desired if standing else None
    level = desired.level if desired else None
    return {
        "sku_id": listing.sku_id,
        "sku": listing.sku,
        "title": listing.title,
        "mapping": listing.mapping,
        "status": listing.status,
        "level": level
        and {
            "available": level.available,
            "version": level.version,
            "occurred_at": level.occurred_at.isoformat() if level.occurred_at else None,
        },
        "steps": [{"what": step.what, "left": step.left} for step in steps(case)],
        "desired": desired.quantity if desired else None,
        "sellable": desired.sellable if desired else None,
        "offered": standing.offered if standing else None,
        "observed_stock": listing.observed_stock,
        "uncounted_orders": [
            {
                "channel_id": each.channel_id,
                "order_id": each.order_id,
                "units": each.units[desired.sku],
                "published_at": each.published_at.isoformat() if each.published_at else None,
                "receipt": each.receipt.model_dump(mode="json") if each.receipt else None,
            }
            for each in (known.uncounted(desired) if desired else ())
            if desired
        ],
        "reasons": [reason._asdict() for reason in reasons(case)],
        "history": [
            update.model_dump(mode="json", exclude={"channel_id", "sku_id"})
            for update in known.history.get(listing.sku_id, [])
        ],
    }


def _print(document: dict[str, Any]) -> None:
    for listing in document["listings"]:
        _print_listing(listing)
    if document["listings"]:
        return
    say(f"{document['channel_id']}: no listing sells {document['asked']}")
    for near in document["near_misses"]:
        say(f"nearly the same: {near['sku']}, listing {near['sku_id']} ({near['title']})")
    for sku in document["levels_alike"]:
        say(f"Helm has a level of {sku}")


def _print_listing(listing: dict[str, Any]) -> None:
    say(f"\nlisting {listing['sku_id']} ({listing['title']}), SKU {listing['sku'] or 'none'}")
    level = listing["level"]
    if level is not None:
        say(
            f"level: available {_shown(level['available'])}, version {_shown(level['version'])}, "
            f"at {_shown(level['occurred_at'])}"
        )
    print_table(("step", "left"), [(step["what"], str(step["left"])) for step in listing["steps"]])
    say(
        f"desired {_shown(listing['desired'])}, JD holds {_shown(listing['offered'])} as far as "
        f"is known; JD's catalogue said {_shown(listing['observed_stock'])}"
    )
    for reason in listing["reasons"]:
        say(f"- {reason['words']}{': ' + reason['remedy'] if reason['remedy'] else ''}")
    for order in listing["uncounted_orders"]:
        receipt = order["receipt"]
        said = f"Helm {receipt['outcome']} it" if receipt else "Helm has not answered"
        say(
            f"  uncounted: {order['units']} of order {order['order_id']}, channel "
            f"{order['channel_id']}; {said}"
        )
    _print_history(listing["history"])


def _print_history(history: Sequence[dict[str, Any]]) -> None:
    if not history:
        say("nothing was ever offered")
        return
    if len(history) > _MOST_HISTORY:
        say(f"the last {_MOST_HISTORY} of {len(history)} records (--json has all)")
    print_table(
        ("offered at", "what", "quantity", "available", "version", "JD"),
        [_offer(StockUpdate.model_validate({**_IDS, **row})) for row in history[-_MOST_HISTORY:]],
    )


_IDS = {"channel_id": "-", "sku_id": "-"}


def _offer(update: StockUpdate) -> tuple[str, ...]:
    level, jd = update.level, update.jd
    return (
        f"{update.at.astimezone():%Y-%m-%d %H:%M:%S}",
        update.status,
        str(update.quantity),
        _shown(level.available if level else None),
        _shown(level.version if level else None),
        f"{jd.code} {jd.message_zh} / {jd.message_en}" if jd else "",
    )


def _shown(value: object) -> str:
    return "-" if value is None else str(value)
