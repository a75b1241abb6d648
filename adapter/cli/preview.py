"""`helm-jd preview`: what stock writing would change now, without writing."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from adapter.cli.environment import settings_of_command
from adapter.cli.output import AsJson, ends_cleanly, in_text, print_json, print_table, say
from adapter.cli.picture import Picture, picture
from adapter.rules.explaining import BRAKE, reasons
from adapter.rules.ledger import StockLedger, StockWrite

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="The sales channel's id.")]

_MOST_ROWS = 50
"""Changes that people are shown; JSON has all of them."""
_COLUMNS = ("sku_id", "sku", "offered", "desired", "why")


@ends_cleanly
def preview(channel: Channel, *, as_json: AsJson = False) -> None:
    """Show what stock writing would change at JD now, and what the brake would hold back."""
    settings = settings_of_command()
    now = datetime.now(UTC)
    document = preview_document(asyncio.run(picture(settings, channel, now=now)), now)
    if as_json:
        print_json(document)
        return
    totals = document["totals"]
    if document["changes"]:
        rows = document["changes"][:_MOST_ROWS]
        print_table(_COLUMNS, [[in_text(row[name]) for name in _COLUMNS] for row in rows])
    if len(document["changes"]) > _MOST_ROWS:
        say(f"… and {len(document['changes']) - _MOST_ROWS} more (--json has all)")
    say(
        f"{channel}: {totals['listings']} listings, {totals['changes']} would change, "
        f"{totals['to_zero']} of them to zero, {totals['braked']} held back by the brake"
    )
    for obstacle in document["obstacles"]:
        say(f"- {obstacle['words']}: {obstacle['remedy']}")
    if totals["braked"]:
        say(f"`helm-jd approve {channel}` releases them")


def preview_document(known: Picture, now: datetime) -> dict[str, Any]:
    """Let the ledger hand out all that it would write, and take none of it to JD."""
    ledger = known.state.ledger
    offered = {sku_id: ledger.offered(sku_id) for sku_id in known.state.listings}
    # What went to zero before makes a wave too, and only the adapter that wrote it remembers.
    is_braking = (
        any(problem.code == BRAKE for problem in known.status.problems) if known.status else False
    )
    writes = _drained(ledger, now)
    rows = [
        _row(
            known,
            write,
            offered[write.sku_id],
            is_braked=is_braking and _ends_a_sale(known, write, offered[write.sku_id]),
        )
        for write in writes
    ]
    braked = [write for sku_id in ledger.braked if (write := ledger.desired(sku_id)) is not None]
    rows += [_row(known, write, offered[write.sku_id], is_braked=True) for write in braked]
    return {
        "channel_id": known.channel_id,
        "totals": {
            "listings": len(known.state.listings),
            "changes": len(rows),
            "to_zero": sum(row["sellable"] == 0 for row in rows),
            "braked": sum(row["is_braked"] for row in rows),
            **{name: count for name, count in ledger.counts().items() if name in _TOLD},
        },
        "obstacles": _obstacles(known),
        "changes": rows,
    }


_TOLD = {"refused", "suspect", "held_by_jd", "without_level"}


def _ends_a_sale(known: Picture, write: StockWrite, offered: int | None) -> bool:
    own = known.state.override(write.sku_id)
    return write.sellable == 0 and bool(offered) and not (own is not None and own.hold)


def _drained(ledger: StockLedger, now: datetime) -> list[StockWrite]:
    writes = []
    while batch := ledger.next_batch(now):
        writes += batch
        ledger.accepted(batch)
    return writes


def _row(
    known: Picture, write: StockWrite, offered: int | None, *, is_braked: bool
) -> dict[str, Any]:
    listing = known.state.listings[write.sku_id]
    why = [reason.words for reason in reasons(known.case(listing)) if reason.code in _WHY]
    if is_braked:
        why.insert(0, "held back by the brake")
    if not why:
        why = [f"level is {write.level.available}"]
    return {
        "sku_id": write.sku_id,
        "sku": write.sku,
        "offered": offered,
        "desired": write.quantity,
        "sellable": write.sellable,
        "is_braked": is_braked,
        "why": "; ".join(why),
    }


_WHY = {"hold", "no_share", "gone", "sold_out", "cap_is_zero", "buffer", "uncounted", "too_few"}


def _obstacles(known: Picture) -> list[dict[str, str]]:
    """Say what keeps the whole channel from being written."""
    for listing in known.state.listings.values():
        found = reasons(known.case(listing))
        return [
            each._asdict() for each in found if each.code in {"inactive", "paused", "stock_off"}
        ]
    return []
