"""Where an order is: what index, receipt, record and dispatches tell, and no buyer's data."""

from collections.abc import Callable, Iterator
from typing import Any

from adapter.cli.output import in_text, print_table, say
from adapter.cli.reading import Newest, channel_settings, parsed, read
from adapter.errors import AdapterError
from adapter.kafka.reading import Wanted
from adapter.kafka.records import ReadRecord
from adapter.rules.messages import read_message
from adapter.settings import Settings
from adapter.wire.helm import OrderReceipt, SalesChannel, Shipment
from adapter.wire.kept import OrderIndexEntry, PendingShipment, Reservation
from adapter.wire.published import Order, ShipmentResult

_OF_THE_RECORD = {
    "revision",
    "change",
    "status_id",
    "status_changed",
    "facts",
    "fulfilled_by",
    "is_combined",
    "combined_into",
    "date_received",
    "date_paid",
    "despatch_by",
    "jd",
}
"""What of an order's record is shown: nothing that tells who bought it."""


class _Mentions:
    """The values that name the order; there are few of them."""

    def __init__(self, order_id: str) -> None:
        self._text = order_id.encode()
        self.values: list[bytes] = []

    def take(self, record: ReadRecord) -> None:
        if record.value is not None and self._text in record.value:
            self.values.append(record.value)


async def order_document(settings: Settings, channel_id: str, order_id: str) -> dict[str, Any]:
    """Put together what the topics tell of an order; ends the command if there is no channel."""
    names = settings.topics
    key = f"{channel_id}:{order_id}"
    channels, index, orders, reservations = Newest(), Newest(), Newest(), Newest()
    itself, own = channel_id.encode().__eq__, key.encode().__eq__
    receipts, shipments, pending, results = (_Mentions(order_id) for _ in range(4))
    await read(
        settings,
        Wanted(names.sales_channels, channels.take, None, itself),
        Wanted(names.order_index, index.take, channel_id, own),
        Wanted(names.orders, orders.take, channel_id, own),
        Wanted(names.reservations, reservations.take, channel_id, own),
        Wanted(names.order_receipts, receipts.take, channel_id),
        Wanted(names.shipments, shipments.take, channel_id),
        Wanted(names.pending_shipments, pending.take, channel_id),
        Wanted(names.shipment_results, results.take, channel_id),
    )
    channel = channel_settings(channels, channel_id)
    entry = parsed(OrderIndexEntry, index.get(key), f"{names.order_index} {key}")
    order = parsed(Order, orders.get(key), f"{names.orders} {key}")
    reserved = parsed(Reservation, reservations.get(key), f"{names.reservations} {key}")
    answers = list(_of_order(receipts.values, _receipt, order_id))
    return {
        "channel_id": channel_id,
        "channel_order_id": order_id,
        "is_known": entry is not None or order is not None,
        "findings": list(_findings(channel, entry, order, answers)),
        "index": entry.model_dump(mode="json", exclude={"channel_id"}) if entry else None,
        "reservation": (
            reserved.model_dump(mode="json", exclude={"channel_id"}) if reserved else None
        ),
        "order": order.model_dump(mode="json", include=_OF_THE_RECORD) if order else None,
        "lines": [
            {"sku": line.sku, "sku_id": line.sales_channel_item_id, "quantity": line.quantity}
            for line in (order.inventory if order else ())
        ],
        "receipts": answers,
        "shipments": list(_of_order(shipments.values, _shipment, order_id)),
        "pending_shipments": list(_of_order(pending.values, _pending, order_id)),
        "shipment_results": list(_of_order(results.values, _result, order_id)),
    }


def print_order(document: dict[str, Any]) -> None:
    """Print it for people."""
    say(f"{document['channel_id']}: order {document['channel_order_id']}")
    for finding in document["findings"]:
        say(f"- {finding}")
    for name in ("order", "index", "reservation"):
        if document[name] is not None:
            say("")
            rows = [(each, in_text(value)) for each, value in document[name].items()]
            print_table((name, ""), rows)
    for name in ("lines", "receipts", "shipments", "pending_shipments", "shipment_results"):
        if document[name]:
            say(f"\n{name.replace('_', ' ')}")
            columns = list(document[name][0])
            print_table(
                columns, [[in_text(row[column]) for column in columns] for row in document[name]]
            )


def _findings(
    channel: SalesChannel,
    entry: OrderIndexEntry | None,
    order: Order | None,
    receipts: list[dict[str, Any]],
) -> Iterator[str]:
    if entry is None and order is None:
        yield (
            "nothing is known of it: JD has not shown it to the adapter yet, or it is another "
            "channel's; `helm-jd status` shows how far the import is"
        )
        return
    if entry is not None and not entry.in_scope:
        yield (
            "it is not imported: it was paid before the import began (order_importing_type is "
            f"{channel.order_importing_type})"
        )
    if entry is not None and entry.children:
        yield f"JD split it into {', '.join(entry.children)}"
    if order is None:
        yield "no record of it is kept on the orders' topic: never published, or older than that"
        return
    if order.fulfilled_by == "jd":
        yield "JD ships it itself"
    if order.combined_into:
        yield f"it is shipped with {order.combined_into}"
    if order.status_id == 2:
        yield f"it is On Hold: {', '.join(_true_facts(order)) or 'see its state at JD'}"
    answered = [each for each in receipts if each["revision"] <= order.revision]
    if not answered:
        yield "Helm has sent no receipt for it: is Helm's reader of the orders' topic running?"
    elif answered[-1]["outcome"] == "rejected":
        yield f"Helm refused it: {answered[-1]['reason'] or 'it gave no reason'}"
    else:
        yield f"Helm took it in at {answered[-1]['taken_in_at']}"


def _true_facts(order: Order) -> list[str]:
    facts = order.facts.model_dump()
    return [name.replace("_", " ") for name, value in facts.items() if value is True]


def _of_order(
    values: list[bytes], parse: Callable[[bytes], dict[str, Any]], order_id: str
) -> Iterator[dict[str, Any]]:
    for value in values:
        try:
            found = parse(value)
        except (ValueError, AdapterError):
            continue  # a dead letter by now
        if found["channel_order_id"] == order_id:
            yield found


def _receipt(value: bytes) -> dict[str, Any]:
    receipt = read_message(OrderReceipt, value, contract="helm.order-receipts")
    return receipt.model_dump(mode="json", include=set(OrderReceipt.model_fields))


def _shipment(value: bytes) -> dict[str, Any]:
    return _dispatch(read_message(Shipment, value, contract="helm.shipments"))


def _pending(value: bytes) -> dict[str, Any]:
    pending = PendingShipment.model_validate_json(value)
    return _dispatch(pending.shipment) | {"accepted_at": pending.accepted_at.isoformat()}


def _dispatch(shipment: Shipment) -> dict[str, Any]:
    shown = {"channel_id", "shipment_id", "channel_order_id", "stage", "parcels", "despatched_at"}
    return shipment.model_dump(mode="json", include=shown)


def _result(value: bytes) -> dict[str, Any]:
    return ShipmentResult.model_validate_json(value).model_dump(mode="json")
