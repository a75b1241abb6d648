import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from adapter.wire.helm import (
    ListingSettings,
    OrderReceipt,
    Parcel,
    SalesChannel,
    Shipment,
    StockChange,
)

CHANGE = {"sku": "TEE", "available": 1}
SHIPMENT = {
    "channel_id": "shop",
    "channel_order_id": "1",
    "parcels": [{"carrier": "SF"}],
    "despatched_at": "2026-11-23T08:00:00Z",
}


def wrong(model: type[BaseModel], message: dict[str, Any]) -> set[str]:
    """List the fields that a model refuses."""
    try:
        model.model_validate_json(json.dumps(message))
    except ValidationError as error:
        return {".".join(map(str, item["loc"])) for item in error.errors()}
    return set()


OFFSETS = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(moment=st.datetimes(timezones=OFFSETS))
def test_an_instant_is_read_as_it_was_written(moment: datetime) -> None:
    """Whatever offset it has; a fraction of a second is optional."""
    message = {**CHANGE, "occurred_at": moment.isoformat()}

    assert StockChange.model_validate_json(json.dumps(message)).occurred_at == moment


@pytest.mark.parametrize(
    "text", ["2026-11-23T08:00:00Z", "2026-11-23t08:00:00z", "2026-11-23T16:00:00.000000000+08:00"]
)
def test_every_form_of_rfc_3339_is_read(text: str) -> None:
    """Lower case, and more digits than are kept, are legal."""
    change = StockChange.model_validate_json(json.dumps({**CHANGE, "occurred_at": text}))

    assert change.occurred_at == datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        1795399200,
        1795399200.5,
        1795399200000,
        "1795399200",
        "2026-11-23",
        "2026-11-23T08:00:00",
        "2026-11-23T08:00Z",
        "2026-11-23 08:00:00Z",
        "2026-11-23T08:00:00+0800",
        "2026-11-23T08:00:00Z ",
        "2026-11-23T25:00:00Z",
        "2026-02-30T08:00:00Z",
        "23.11.2026",
        "",
        True,
        [],
    ],
    ids=repr,
)
def test_nothing_else_is_an_instant(value: object) -> None:
    """A number may mean seconds or milliseconds, and a time without offset any hour of the day."""
    assert wrong(StockChange, {**CHANGE, "occurred_at": value}) == {"occurred_at"}
    assert wrong(OrderReceipt, {"taken_in_at": value}) >= {"taken_in_at"}
    assert wrong(Shipment, {**SHIPMENT, "despatched_at": value}) == {"despatched_at"}


@pytest.mark.parametrize("value", ["yes", "true", "on", "1", 1, 0, 1.0, None, []], ids=repr)
def test_only_true_and_false_are_booleans(value: object) -> None:
    """Whether a shop is switched on is nothing to guess."""
    assert wrong(SalesChannel, {"is_active": value}) == {"is_active"}
    assert wrong(ListingSettings, {"channel_id": "shop", "sku_id": "1", "hold": value}) == {"hold"}
    assert wrong(Shipment, {**SHIPMENT, "final": value}) == {"final"}


@pytest.mark.parametrize("value", ["30", "", True, None, 0, -1], ids=repr)
def test_seconds_and_rates_are_numbers(value: object) -> None:
    """Text that looks like a number is not one; whole numbers need no point."""
    assert wrong(SalesChannel, {"order_poll_interval_s": value}) == {"order_poll_interval_s"}
    assert wrong(SalesChannel, {"order_poll_interval_s": 30}) == set()
    assert wrong(SalesChannel, {"order_poll_interval_s": 0.5}) == set()


@pytest.mark.parametrize(
    ("order_id", "revision", "refused"),
    [
        ("C-1", None, {"order_revision"}),
        ("C-1", 2, set()),
        ("1", None, set()),
        ("1", 2, set()),
        ("c-1", None, set()),
    ],
)
def test_a_combined_order_is_shipped_by_its_revision(
    order_id: str, revision: int | None, refused: set[str]
) -> None:
    """Without it nobody knows which parts were packed; left out is like null."""
    message = {**SHIPMENT, "channel_order_id": order_id}

    assert wrong(Shipment, {**message, "order_revision": revision}) == refused
    if revision is None:
        assert wrong(Shipment, message) == refused


LINES = [{"sku": "TEE", "quantity": 1}]


@pytest.mark.parametrize(
    ("parcels", "refused"),
    [
        ([None], set()),
        ([LINES], set()),
        ([LINES, LINES], set()),
        ([None, None], {"parcels"}),
        ([LINES, None], {"parcels"}),
        ([None, LINES], {"parcels"}),
        ([[]], {"parcels.0.lines"}),
        ([], {"parcels"}),
    ],
    ids=repr,
)
def test_of_several_parcels_each_says_what_is_in_it(
    parcels: list[list[dict[str, Any]] | None], refused: set[str]
) -> None:
    """Only one parcel may hold the whole order unsaid, and none holds nothing."""
    written = [{"carrier": "SF", "lines": lines} for lines in parcels]

    assert wrong(Shipment, {**SHIPMENT, "parcels": written}) == refused


def test_a_shipment_that_cannot_be_read_is_refused_for_what_is_wrong_alone() -> None:
    """A field that is missing brings no second error at another."""
    message = {**SHIPMENT, "channel_order_id": 7, "parcels": [{}, {}]}

    assert wrong(Shipment, message) == {
        "channel_order_id",
        "parcels.0.carrier",
        "parcels.1.carrier",
    }


def test_what_was_built_in_python_obeys_the_same_rules() -> None:
    """An instant may be one already; without offset it is none."""
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)

    assert StockChange(sku="TEE", available=1, occurred_at=noon).occurred_at == noon
    with pytest.raises(ValidationError):
        StockChange(sku="TEE", available=1, occurred_at=noon.replace(tzinfo=None))
    with pytest.raises(ValidationError, match="order_revision"):
        Shipment(
            channel_id="shop",
            channel_order_id="C-1",
            parcels=[Parcel(carrier="SF")],
            despatched_at=noon,
        )


@pytest.mark.parametrize("available", [2**31, 10**18, -(2**40)])
def test_a_level_may_be_larger_than_jd_can_hold(available: int) -> None:
    """What Helm says is taken as it is; what is written is the rule's business."""
    message = json.dumps({"sku": "TEE", "available": available})

    assert StockChange.model_validate_json(message).available == available
