"""Journeys of orders: sequences of Kafka records, and where they must leave whoever reads them.

A reader of `jd.orders` proves itself by playing every journey, as Kafka may deliver it: in order,
with each record twice, all of it again from the beginning, and as compaction leaves it.

Source: contracts/helm/journeys, whose form contracts/helm/journeys.schema.json tells.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Protocol

from contracts import JsonObject, load_json


@dataclass(frozen=True, kw_only=True)
class Journey:
    """What happened to some orders, as Helm and the adapter tell each other.

    `records` holds `topic`, `key` and `value`, those that Helm writes among them. `expected` is
    what a reader knows at the end, as `contracts.reference_consumer.Orders.state` tells it.
    """

    name: str
    title: str
    about: str
    records: tuple[JsonObject, ...]
    expected: JsonObject


class Reader(Protocol):
    """A reader of `jd.orders` at the beginning of its life."""

    def apply(self, record: JsonObject, /) -> object:
        """Take in one record, of any topic."""
        ...

    def state(self) -> JsonObject:
        """Tell what it knows, in the shape of a journey's `expected`."""
        ...


def journeys() -> list[Journey]:
    """Load every journey, by name."""
    folder = files("contracts").joinpath("helm", "journeys")
    names = sorted(
        file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json")
    )
    return [journey(name) for name in names]


def journey(name: str) -> Journey:
    """Load one journey.

    Args:
        name: The name of its file, without `.json`.

    Raises:
        FileNotFoundError: There is no such journey.
    """
    about = load_json("helm", "journeys", f"{name}.json")
    return Journey(
        name=name,
        title=about["title"],
        about=about["about"],
        records=tuple(about["records"]),
        expected=about["expected"],
    )


def deliveries(played: Journey) -> Iterator[tuple[str, list[JsonObject]]]:
    """Give every way in which Kafka may deliver a journey's records, with its name."""
    records = list(played.records)
    yield "in order", records
    yield "each record twice", [record for record in records for _ in range(2)]
    yield "all again from the beginning", records * 2
    last = {(record["topic"], record["key"]): record for record in records}
    yield "as compaction leaves it", list(last.values())


def assert_played(played: Journey, reader: Callable[[], Reader]) -> None:
    """Play a journey to a reader, in every way in which Kafka may deliver it.

    Args:
        played: The journey.
        reader: Makes a reader that knows nothing yet; it is called once for each delivery.

    Raises:
        AssertionError: The reader ended elsewhere; the message names delivery, order and field.
    """
    for way, records in deliveries(played):
        started = reader()
        for record in records:
            started.apply(record)
        found = started.state()
        wrong = list(_differences(played.expected, found))
        if wrong:
            message = f"journey {played.name}, {way}: " + "; ".join(wrong)
            raise AssertionError(message)


def _differences(expected: JsonObject, found: JsonObject) -> Iterator[str]:
    for key in sorted(expected.keys() | found.keys()):
        if key not in found:
            yield f"{key} is missing"
        elif key not in expected:
            yield f"{key} is not expected"
        else:
            wanted, given = expected[key], found[key]
            for field in wanted:
                if given.get(field) != wanted[field]:
                    yield f"{key}.{field} is {given.get(field)!r}, expected {wanted[field]!r}"
