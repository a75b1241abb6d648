"""Write the JSON Schemas of the Kafka messages from the models that read and write them.

`python -m devstack.contracts` brings `contracts/helm/*/schema.json` up to date. What Helm writes is
described as the adapter reads it, what the adapter writes as it leaves. Examples, the envelope and
the explanation beside them are written by hand.

Source: adapter/wire/helm.py and adapter/wire/published.py.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from adapter.wire import helm, published

COMMAND = "python -m devstack.contracts"
FOLDER = Path(__file__).parents[1] / "contracts" / "helm"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
MAJOR_VERSION = 1

WRITTEN_BY_HELM: Mapping[str, TypeAdapter[Any]] = {
    "helm.sales-channels": TypeAdapter(helm.SalesChannel),
    "helm.listing-settings": TypeAdapter(helm.ListingSettings),
    "helm.stock-changes": TypeAdapter(helm.StockChange),
    "helm.shipments": TypeAdapter(helm.Shipment),
    "helm.order-receipts": TypeAdapter(helm.OrderReceipt),
    "helm.commands": TypeAdapter(helm.Command),
    "sealed-credentials": TypeAdapter(helm.Credentials),
}
"""By folder, what the adapter reads."""

WRITTEN_BY_THE_ADAPTER: Mapping[str, TypeAdapter[Any]] = {
    "jd.orders": TypeAdapter(published.Order),
    "jd.listings": TypeAdapter(published.Listing),
    "jd.stock-updates": TypeAdapter(published.StockUpdate),
    "jd.shipment-results": TypeAdapter(published.ShipmentResult),
    "jd.channel-status": TypeAdapter(published.ChannelStatus | published.CommandOutcome),
}
"""By folder, what the adapter publishes."""


def schema_texts() -> dict[str, str]:
    """Make every schema, by the name of its folder, as the text of its file."""
    makings: list[tuple[Mapping[str, TypeAdapter[Any]], Literal["validation", "serialization"]]] = [
        (WRITTEN_BY_HELM, "validation"),
        (WRITTEN_BY_THE_ADAPTER, "serialization"),
    ]
    return {
        name: json.dumps(_schema(name, adapter, mode), indent=2, ensure_ascii=False) + "\n"
        for adapters, mode in makings
        for name, adapter in adapters.items()
    }


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas that differ from what `folder` holds, and return their files."""
    written = []
    for name, text in schema_texts().items():
        file = folder / name / "schema.json"
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            written.append(file)
    return written


def main() -> None:
    """Bring the schemas of the contract up to date, and name those that changed."""
    for file in write_schemas(FOLDER):
        sys.stdout.write(f"wrote {file.relative_to(FOLDER)}\n")


def _schema(
    name: str, adapter: TypeAdapter[Any], mode: Literal["validation", "serialization"]
) -> dict[str, Any]:
    made = adapter.json_schema(mode=mode)
    for shape in (made, *made.get("$defs", {}).values()):
        for field in shape.get("properties", {}).values():
            field.pop("title", None)  # pydantic's own: it only repeats the field's name
    return {
        "$schema": DIALECT,
        "$id": f"urn:helm-jd:schema:{name}:{MAJOR_VERSION}",
        "$comment": f"Made from the models. To change it, change them and run: {COMMAND}",
        "title": made.pop("title", name),
        **made,
    }


if __name__ == "__main__":
    main()
