"""What a caller of the control room gets wrong is named."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from jd_simulator.fields import BadInput, Fields
from jd_simulator.settings import Settings, parse_settings


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ({}, lambda fields: fields.text("a", longest=5)),
        ({"a": 1}, lambda fields: fields.text("a", longest=5)),
        ({"a": "123456"}, lambda fields: fields.text("a", longest=5)),
        ({"a": "\ud83d"}, lambda fields: fields.text("a", longest=5)),
        ({"a": "x"}, lambda fields: fields.choice("a", ("y",))),
        ({"a": True}, lambda fields: fields.integer("a")),
        ({"a": -1}, lambda fields: fields.integer("a")),
        ({"a": 1.5}, lambda fields: fields.integer("a")),
        ({"a": "1"}, lambda fields: fields.number("a", low=0, high=1)),
        ({"a": float("nan")}, lambda fields: fields.number("a", low=0, high=1)),
        ({"a": 2}, lambda fields: fields.number("a", low=0, high=1)),
        ({"a": "yes"}, lambda fields: fields.boolean("a", default=False)),
        ({"a": "1.005"}, lambda fields: fields.money("a")),
        ({"a": "many"}, lambda fields: fields.money("a")),
        ({"a": "Infinity"}, lambda fields: fields.money("a")),
        ({"a": []}, lambda fields: fields.money("a")),
        ({"a": "soon"}, lambda fields: fields.instant("a")),
        ({"a": 5}, lambda fields: fields.instant("a")),
        ({"a": {}}, lambda fields: fields.array("a")),
        ({"a": [1, 2]}, lambda fields: fields.array("a", longest=1)),
        ({"a": []}, lambda fields: fields.nested("a")),
        ({"a": 1}, lambda fields: fields.done()),
    ],
)
def test_wrong_fields_are_named(value: object, read: Callable[[Fields], object]) -> None:
    """Each kind of field refuses what it is not, by its path."""
    with pytest.raises(BadInput) as refused:
        read(Fields({"outer": value}).nested("outer"))

    assert refused.value.field == "outer.a"


def test_what_is_no_object_is_refused() -> None:
    """The body itself has no name."""
    with pytest.raises(BadInput, match=r"\(body\): must be a JSON object"):
        Fields([1])


def test_money_is_taken_as_number_or_text() -> None:
    """Both mean the same amount."""
    assert Fields({"a": 5}).money("a") == Fields({"a": "5.00"}).money("a") == Decimal("5.00")


def test_settings_keep_their_defaults() -> None:
    """Nothing given is nothing changed."""
    assert parse_settings({}) == Settings()


def test_settings_are_read() -> None:
    """Each field arrives."""
    given = {
        "seed": 5,
        "sku_count": 6,
        "initial_stock": 7,
        "order_count": 8,
        "stock_model": "sellable",
        "receipts": "all",
        "receivers": "plain",
        "clock_start": 1_795_406_400,
        "timestamp_tolerance_s": 600,
        "daily_quota": 500,
        "calls_per_second": 10,
        "page_cap": 300,
        "journal_size": 9,
    }

    settings = parse_settings(given)

    assert {name: getattr(settings, name) for name in given} == given
