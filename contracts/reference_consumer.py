"""A reader of `jd.orders` that does all that is asked of one, and no more: read it, or run it.

`python -m contracts.reference_consumer < records.jsonl` takes records as lines of JSON
(`{"topic", "key", "value"}`) and prints what a reader must know after them.

Kafka delivers a record again after a restart, and a compacted topic keeps only the last record of
a key. Both are harmless to a reader that applies a record by its revision alone.

Source: contracts/helm/jd.orders.
"""

import json
import sys
from collections.abc import Iterable
from typing import Any, TextIO

JsonObject = dict[str, Any]

TOPIC = "jd.orders"
DESPATCH_READY, PART_SHIPPED = 3, 81
"""The statuses of Helm in which something is left to send."""


class Orders:
    """What Helm has to know of each order.

    It keeps nothing of the receiver but JD's own id of it: a real reader keeps the address too.
    """

    def __init__(self) -> None:
        """Know nothing yet."""
        self._by_key: dict[str, JsonObject] = {}

    def apply(self, record: JsonObject) -> bool:
        """Take one record in.

        Args:
            record: Its `topic`, `key` and `value`; what is not of `jd.orders` is passed over.

        Returns:
            Whether it was news.
        """
        if record["topic"] != TOPIC:
            return False
        key, order = record["key"], record["value"]
        if order is None:  # a tombstone: the operator has JD's data forgotten
            return self._by_key.pop(key, None) is not None
        known = self._by_key.get(key)
        if known is not None and order["revision"] <= known["revision"]:
            return False
        has_gap = known is None or order["revision"] > known["revision"] + 1
        # What `status_changed` says is about the revision before this one. Whoever missed that
        # one has to take the status as it is.
        is_new_status = has_gap or order["status_changed"]
        status_id = order["status_id"] if is_new_status or known is None else known["status_id"]
        self._by_key[key] = {
            "revision": order["revision"],
            "status_id": status_id,
            "ships": status_id in (DESPATCH_READY, PART_SHIPPED) and not order.get("combined_into"),
            "units": _units(order["inventory"]),
            "receiver": order["shipping_address"].get("oaid"),
        }
        return True

    def state(self) -> JsonObject:
        """Tell what is known, by key.

        Returns:
            Of each order `revision`, `status_id`, `ships` (whether it is to be sent under this
            number), `units` by SKU and `receiver`.
        """
        return {key: dict(order) for key, order in self._by_key.items()}


def read(lines: Iterable[str], orders: Orders) -> None:
    """Take in records, one JSON object a line; blank lines are passed over.

    Raises:
        ValueError: A line is not JSON.
    """
    for line in lines:
        if line.strip():
            orders.apply(json.loads(line))


def main(source: TextIO = sys.stdin, target: TextIO = sys.stdout) -> None:
    """Read records, and print what is known after the last."""
    orders = Orders()
    read(source, orders)
    json.dump(orders.state(), target, ensure_ascii=False, indent=2)
    target.write("\n")


def _units(lines: Iterable[JsonObject]) -> dict[str, int]:
    units: dict[str, int] = {}
    for line in lines:
        # A listing that is not mapped has no SKU yet: it must not be lost, nor taken for another.
        name = line["sku"] or f"jd:{line['sales_channel_item_id']}"
        units[name] = units.get(name, 0) + line["quantity"]
    return units


if __name__ == "__main__":
    main()
