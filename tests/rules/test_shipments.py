from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import UnknownCarrier
from adapter.rules.shipments import carrier_id, is_same_waybill, is_whole_order
from adapter.wire.helm import Parcel, ParcelLine, Shipment
from adapter.wire.jd import JdCarrier

CARRIERS = [
    JdCarrier.model_validate({"id": 467, "name": "顺丰快递"}),
    JdCarrier.model_validate({"id": 2170, "name": "中通（ZTO）快递"}),
    JdCarrier.model_validate({"id": 9, "name": None}),
]
MAP = {"Our Van": "1274", "SF UK Economy": "467"}
ALIASES = {"SF Express": "467", "Yunda": "1327"}


def found(name: str) -> str:
    """Find a carrier among the test's."""
    return carrier_id(name, carrier_map=MAP, carriers=CARRIERS, aliases=ALIASES)


def full_width(text: str) -> str:
    """Write ASCII as Chinese input methods may."""
    return "".join(chr(ord(character) + 0xFEE0) for character in text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Our Van", "1274"),
        ("our  van", "1274"),
        ("467", "467"),
        (" 467 ", "467"),
        (full_width("467"), "467"),
        ("99999", "99999"),
        ("顺丰快递", "467"),
        (" 顺丰 快递 ", "467"),
        ("中通（ZTO）快递", "2170"),
        ("中通(zto)快递", "2170"),
        ("SF Express", "467"),
        ("sf express", "467"),
        ("SFEXPRESS", "467"),
        (full_width("yunda"), "1327"),
    ],
)
def test_a_carrier_is_found_by_map_number_name_and_alias(name: str, expected: str) -> None:
    """Case, white space and full-width forms are how people type, not other carriers."""
    assert found(name) == expected


def test_the_channels_own_map_comes_first() -> None:
    """It may send a well-known name, or a number, elsewhere."""
    own = {"顺丰快递": "1", "sf express": "2", "467": "3"}
    for name, expected in own.items():
        assert carrier_id(name, carrier_map=own, carriers=CARRIERS, aliases=ALIASES) == expected


def test_a_name_of_jds_comes_before_an_alias() -> None:
    """JD's own list says what this seller may ship with."""
    aliases = {"顺丰快递": "1"}

    assert carrier_id("顺丰快递", carrier_map={}, carriers=CARRIERS, aliases=aliases) == "467"


@pytest.mark.parametrize("name", ["DHL", "顺丰", "-1", "4 6 7", "46.7", " ", "٤٦٧"])
def test_an_unknown_carrier_is_named_with_what_to_do(name: str) -> None:
    """Nothing is guessed: the message names the setting, and what JD knows."""
    with pytest.raises(UnknownCarrier) as refusal:
        found(name)

    assert refusal.value.field == "parcels.carrier"
    for part in (repr(name), "carrier_map", "中通（ZTO）快递, 顺丰快递"):
        assert part in str(refusal.value)


def test_without_a_list_of_carriers_the_message_offers_none() -> None:
    """And of a long list it offers the first twenty."""
    many = [JdCarrier.model_validate({"id": n, "name": f"carrier {n:03}"}) for n in range(1, 51)]
    with pytest.raises(UnknownCarrier) as none:
        carrier_id("DHL", carrier_map={}, carriers=[], aliases={})
    with pytest.raises(UnknownCarrier) as twenty:
        carrier_id("DHL", carrier_map={}, carriers=many, aliases={})

    assert "use one of" not in str(none.value)
    assert str(twenty.value).endswith("carrier 020")


def a_shipment(*parcels: dict[str, int] | None, **fields: Any) -> Shipment:
    """Write a dispatch, each parcel as units by SKU."""
    return Shipment(
        channel_id="shop",
        channel_order_id="1",
        parcels=[
            Parcel(
                carrier="SF",
                lines=lines
                and [ParcelLine(sku=sku, quantity=units) for sku, units in lines.items()],
            )
            for lines in parcels
        ],
        despatched_at=datetime(2026, 11, 23, tzinfo=UTC),
        **fields,
    )


@pytest.mark.parametrize(
    ("shipment", "ordered", "whole"),
    [
        (a_shipment(None), {"A": 2}, True),
        (a_shipment({"A": 2}), {"A": 2}, True),
        (a_shipment({"A": 3}), {"A": 2}, True),
        (a_shipment({"A": 1}), {"A": 2}, False),
        (a_shipment({"A": 1}, final=True), {"A": 2}, True),
        (a_shipment({"A": 1}, {"A": 1}), {"A": 2}, True),
        (a_shipment({"A": 2}), {"A": 2, "B": 1}, False),
        (a_shipment({"A": 2}, {"B": 1}), {"A": 2, "B": 1}, True),
        (a_shipment({"C": 9}), {"A": 1}, False),
        (a_shipment({"C": 9}), {}, True),
    ],
)
def test_an_order_is_whole_when_all_of_it_is_packed(
    shipment: Shipment, ordered: dict[str, int], *, whole: bool
) -> None:
    """Parcels count together; no lines mean all, and `final` says that no more will come."""
    assert is_whole_order(shipment, ordered) == whole


@given(
    parcels=st.lists(
        st.dictionaries(st.sampled_from("AB"), st.integers(1, 3), min_size=1),
        min_size=1,
        max_size=3,
    ),
    ordered=st.dictionaries(st.sampled_from("AB"), st.integers(0, 6)),
)
def test_a_part_is_never_taken_for_the_whole(
    parcels: list[dict[str, int]], ordered: dict[str, int]
) -> None:
    """Whatever is split how: whole means that of each SKU at least what was ordered is packed."""
    packed = {sku: sum(parcel.get(sku, 0) for parcel in parcels) for sku in "AB"}

    assert is_whole_order(a_shipment(*parcels), ordered) == all(
        packed[sku] >= units for sku, units in ordered.items()
    )


@pytest.mark.parametrize(
    ("at_jd", "ours", "same"),
    [
        ("SF1", ["SF1"], True),
        (" SF1 ", ["SF1"], True),
        ("SF1,SF2", ["SF2", "SF1"], True),
        ("SF1,SF2|ZT3", ["SF1", "SF2", "ZT3"], True),
        ("SF1,SF2", ["SF1"], False),
        ("SF1", ["SF1", "SF2"], False),
        ("SF2", ["SF1"], False),
        (None, ["SF1"], False),
        ("", ["SF1"], False),
        (None, [""], True),
        ("SF1", [""], False),
    ],
)
def test_a_waybill_is_ours_when_all_numbers_are(
    at_jd: str | None, ours: list[str], *, same: bool
) -> None:
    """One number more or less is another dispatch; the sequence does not matter."""
    assert is_same_waybill(at_jd, ours) == same
