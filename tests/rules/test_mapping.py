from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.catalogue import mapped
from adapter.rules.mapping import MappingReport, MappingRow, likeness, mapping_report
from adapter.wire.helm import ListingSettings
from adapter.wire.published import Listing


def a_listing(sku_id: str, outer_id: str | None) -> Listing:
    """Publish a listing."""
    bare = Listing(
        channel_id="shop",
        sku_id=sku_id,
        outer_id=outer_id,
        mapping="none",
        title=f"T恤{sku_id}",
        status="on_sale",
    )
    return mapped(bare, None)


def an_override(sku_id: str, sku: str) -> ListingSettings:
    """Name a listing's Helm SKU."""
    return ListingSettings(channel_id="shop", sku_id=sku_id, sku=sku)


def a_report(codes: Mapping[str, str | None], levels: list[str], **fields: Any) -> MappingReport:
    """Report of listings by their codes."""
    listings = [a_listing(sku_id, outer_id) for sku_id, outer_id in codes.items()]
    return mapping_report(listings, levels=set(levels), **({"overrides": {}} | fields))


def test_every_listing_and_every_level_finds_its_place() -> None:
    """One shop with one of each kind."""
    report = a_report(
        {"1": "TEE", "2": "MUG", "3": "MUG", "4": None, "5": "tee ", "6": "CAP", "7": "X"},
        ["TEE", "MUG", "HAT", "BAG"],
        overrides={"7": an_override("7", "BAG")},
        held_by_jd={"2", "99"},
    )

    assert (report.listings, report.mapped, report.by_override) == (7, 6, 1)
    assert [row.sku_id for row in report.unmapped.examples] == ["4"]
    assert [row.sku_id for row in report.duplicate.examples] == ["2", "3"]
    assert [(row.sku_id, row.candidates) for row in report.near_miss.examples] == [("5", ("TEE",))]
    assert [row.sku_id for row in report.without_level.examples] == ["5", "6"]
    assert report.without_listing.examples == (MappingRow("HAT"),)
    assert [row.sku_id for row in report.held_by_jd.examples] == ["2"]


@pytest.mark.parametrize(
    "code",
    [
        " TEE-1",
        "TEE-1\t",
        "tee-1",
        "\uff34\uff25\uff25\uff0d\uff11",
        "\u3000TEE-1",
        "\ufeffTEE-1",
        "TEE\u200b-1",
    ],
    ids=ascii,
)
def test_what_a_person_takes_for_the_same_code_is_named(code: str) -> None:
    """White space, case, full width and invisible characters; the listing stays without level."""
    report = a_report({"1": code}, ["TEE-1", "TEE-2"])

    assert report.near_miss.examples[0].candidates == ("TEE-1",)
    assert report.without_level.total == 1


@pytest.mark.parametrize("code", ["TEE1", "TEE-10", "TEE_1", "TEE-l", ""])
def test_what_only_resembles_a_code_is_no_near_miss(code: str) -> None:
    """A report that suggests too much is read by nobody."""
    assert a_report({"1": code or None}, ["TEE-1"]).near_miss.total == 0


def test_a_code_that_has_its_level_is_no_near_miss_of_another() -> None:
    """Helm may well keep two SKUs that differ by their case only."""
    assert a_report({"1": "TEE", "2": "tee"}, ["TEE", "tee"]).near_miss.total == 0


def test_all_candidates_are_named() -> None:
    """None of them is the right one more than another."""
    assert a_report({"1": "Tee"}, ["TEE", "tee"]).near_miss.examples[0].candidates == ("TEE", "tee")


def test_a_setting_that_is_newer_than_the_listing_counts() -> None:
    """While the adapter is down nobody publishes the listing anew."""
    published = mapped(a_listing("1", "TEE"), an_override("1", "MUG"))
    ended = mapping_report([published], overrides={}, levels={"TEE"})
    changed = mapping_report([published], overrides={"1": an_override("1", "CAP")}, levels={"TEE"})

    assert (ended.without_level.total, ended.by_override) == (0, 0)
    assert [row.sku for row in changed.without_level.examples] == ["CAP"]


def test_examples_are_cut_and_counts_are_not() -> None:
    """A big shop's report stays readable, and can still be had whole."""
    codes = dict.fromkeys(map(str, range(1, 41)))
    cut, whole = a_report(codes, [], most_examples=3), a_report(codes, [], most_examples=None)

    assert cut.unmapped.total == whole.unmapped.total == len(whole.unmapped.examples) == 40
    assert [row.sku_id for row in cut.unmapped.examples] == ["1", "2", "3"]


CODES = st.sampled_from(["A", "a", " A", "B", "b ", "\uff21", "C"])


@given(
    codes=st.dictionaries(st.integers(1, 999).map(str), st.none() | CODES, max_size=8),
    levels=st.sets(CODES),
    own=st.dictionaries(st.integers(1, 999).map(str), CODES, max_size=4),
)
def test_counts_add_up(codes: dict[str, str | None], levels: set[str], own: dict[str, str]) -> None:
    """A listing is mapped or not; a mapped one has a level or not; a level is sold or not."""
    overrides = {sku_id: an_override(sku_id, sku) for sku_id, sku in own.items()}
    report = a_report(codes, sorted(levels), overrides=overrides, most_examples=None)
    skus = [own.get(sku_id, code) for sku_id, code in codes.items()]
    mapped_skus = [sku for sku in skus if sku is not None]

    assert report.mapped + report.unmapped.total == report.listings == len(codes)
    assert report.mapped == len(mapped_skus)
    assert report.without_level.total == sum(sku not in levels for sku in mapped_skus)
    assert report.without_listing.total == len(levels - set(mapped_skus))
    assert set(report.near_miss.examples) <= set(report.without_level.examples)
    assert all(set(row.candidates) <= levels for row in report.near_miss.examples)
    assert report.duplicate.total == sum(mapped_skus.count(sku) > 1 for sku in mapped_skus)


@given(st.text())
def test_a_likeness_is_its_own(code: str) -> None:
    """Else a code could resemble a level that does not resemble it."""
    assert likeness(likeness(code)) == likeness(code)
