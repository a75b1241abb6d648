"""How a channel's listings and Helm's levels fit together, from the topics alone."""

from typing import Any

from adapter.cli.output import in_text, print_table, say
from adapter.cli.picture import read_mapping
from adapter.rules.mapping import MappingReport, MappingRows
from adapter.settings import Settings

_KINDS = {
    "unmapped": "listings without a SKU code",
    "near_miss": "listings whose code has no level, but nearly equals one that has",
    "duplicate": "listings whose SKU another listing has too",
    "without_level": "mapped listings whose SKU no level ever came for",
    "without_listing": "levels that no listing sells",
    "held_by_jd": "listings whose stock JD keeps itself",
}


async def mapping_document(settings: Settings, channel_id: str, *, whole: bool) -> dict[str, Any]:
    """Report a channel's mapping; ends the command if there is no channel.

    Args:
        settings: Where the topics are.
        channel_id: The sales channel.
        whole: Give every row, not the first ones of each kind.
    """
    report = await read_mapping(settings, channel_id, most_examples=None if whole else 20)
    return {
        "channel_id": channel_id,
        "listings": report.listings,
        "mapped": report.mapped,
        "by_override": report.by_override,
        **{kind: _rows(_of(report, kind)) for kind in _KINDS},
    }


def print_mapping(document: dict[str, Any]) -> None:
    """Print it for people."""
    say(
        f"{document['channel_id']}: {document['mapped']} of {document['listings']} listings have a "
        f"SKU, {document['by_override']} of them by helm.listing-settings"
    )
    for kind, words in _KINDS.items():
        found = document[kind]
        if not found["count"]:
            continue
        more = f", the first {len(found['rows'])}" if found["count"] > len(found["rows"]) else ""
        say(f"\n{found['count']} {words}{more}")
        columns = ("sku_id", "sku", "title", "status", "candidates")
        print_table(
            columns,
            [
                [", ".join(row[c]) if c == "candidates" else in_text(row[c]) for c in columns]
                for row in found["rows"]
            ],
        )


def _of(report: MappingReport, kind: str) -> MappingRows:
    rows: MappingRows = getattr(report, kind)
    return rows


def _rows(rows: MappingRows) -> dict[str, Any]:
    examples = [{**row._asdict(), "candidates": list(row.candidates)} for row in rows.examples]
    return {"count": rows.total, "rows": examples}
