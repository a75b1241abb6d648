from datetime import UTC, datetime
from typing import Any

import pytest

import contracts
from adapter.rules.catalogue import is_changed, listing_of, mapped
from adapter.wire.helm import ListingSettings
from adapter.wire.jd import JdSku, JdSkuPage
from adapter.wire.published import Listing

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def a_sku(**fields: Any) -> JdSku:
    """Write a SKU as JD would."""
    known = {"skuId": 100, "wareId": 9, "outerId": "TEE-RED-M", "skuName": "红色T恤", "status": 1}
    return JdSku.model_validate(known | fields)


def an_override(**fields: Any) -> ListingSettings:
    """Write a listing's own settings."""
    return ListingSettings(**({"channel_id": "shop", "sku_id": "100"} | fields))


def a_listing(override: ListingSettings | None = None, **fields: Any) -> Listing:
    """Read a SKU as a listing."""
    return listing_of("shop", a_sku(**fields), override)


@pytest.mark.parametrize(
    ("fields", "override", "sale"),
    [
        ({}, None, ("TEE-RED-M", "code", 1)),
        ({"outerId": None}, None, (None, "none", 1)),
        ({"outerId": ""}, None, (None, "none", 1)),
        ({"outerId": " tee-red-m"}, None, (" tee-red-m", "code", 1)),
        ({}, {"sku": "MUG"}, ("MUG", "override", 1)),
        ({"outerId": None}, {"sku": "MUG"}, ("MUG", "override", 1)),
        ({}, {"units_per_listing": 3}, ("TEE-RED-M", "code", 3)),
        ({}, {"sku": "MUG", "units_per_listing": 3}, ("MUG", "override", 3)),
        ({"outerId": None}, {"hold": True}, (None, "none", 1)),
    ],
    ids=repr,
)
def test_the_sellers_code_maps_unless_a_setting_says_otherwise(
    fields: dict[str, Any], override: dict[str, Any] | None, sale: tuple[str | None, str, int]
) -> None:
    """A code is taken as it is, never trimmed or guessed; a pack counts its units."""
    listing = a_listing(an_override(**override) if override is not None else None, **fields)

    assert (listing.sku, listing.mapping, listing.units_per_listing) == sale


@pytest.mark.parametrize(
    ("logo", "image_url"),
    [
        (None, None),
        ("", None),
        ("jfs/t1/1/red.jpg", "https://img10.360buyimg.com/n1/jfs/t1/1/red.jpg"),
        ("/jfs/t1/1/red.jpg", "https://img10.360buyimg.com/n1/jfs/t1/1/red.jpg"),
        ("https://img.example/red.jpg", "https://img.example/red.jpg"),
    ],
)
def test_a_picture_without_its_host_gets_one(logo: str | None, image_url: str | None) -> None:
    """JD leaves the host of its picture server out."""
    assert a_listing(logo=logo).image_url == image_url


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"wareTitle": "T恤"}, "红色T恤"),
        ({"skuName": None, "wareTitle": "T恤"}, "T恤"),
        ({"skuName": None}, ""),
    ],
    ids=repr,
)
def test_the_skus_own_title_comes_before_the_products(fields: dict[str, Any], title: str) -> None:
    """A listing has a title, if only an empty one."""
    assert a_listing(**fields).title == title


@pytest.mark.parametrize(("status", "said"), [(1, "on_sale"), (2, "off_sale"), (None, "off_sale")])
def test_only_what_jd_calls_on_sale_is_on_sale(status: int | None, said: str) -> None:
    """A state that is not known sells nothing."""
    assert a_listing(status=status).status == said


def test_attributes_carry_what_tells_skus_apart() -> None:
    """The seller's own words come before JD's values; without an id the place names it."""
    attributes = [
        {"attrId": "1000", "attrValues": ["7"], "attrValueAlias": ["红色", "大"]},
        {"attrValues": ["8"]},
    ]

    assert a_listing(saleAttrs=attributes).attributes == {"1000": "红色,大", "2": "8"}


@pytest.mark.parametrize(
    ("fields", "changed"),
    [
        ({}, False),
        ({"stockNum": 3}, False),
        ({"modified": 1795399200000}, False),
        ({"stockNum": 3, "jdPrice": 9}, True),
        ({"outerId": "MUG"}, True),
        ({"status": 2}, True),
        ({"skuName": "蓝色T恤"}, True),
        ({"logo": "blue.jpg"}, True),
    ],
    ids=repr,
)
def test_jds_stock_figure_alone_is_no_change(fields: dict[str, Any], *, changed: bool) -> None:
    """It changes with every sale; whatever else Helm sees does count."""
    assert is_changed(a_listing(), a_listing(**fields)) == changed


def test_a_listing_seen_first_is_a_change() -> None:
    """It has to be published, whatever it holds."""
    assert is_changed(None, a_listing())


@pytest.mark.parametrize("outer_id", ["TEE-RED-M", None])
@pytest.mark.parametrize(
    "override", [{}, {"sku": "MUG"}, {"units_per_listing": 3}, {"sku": "MUG", "hold": True}]
)
def test_settings_that_end_leave_the_listing_as_jd_has_it(
    outer_id: str | None, override: dict[str, Any]
) -> None:
    """Applied and taken off again they leave no trace, and applied twice they are applied once."""
    own = a_listing(outerId=outer_id)
    settings = an_override(**override)
    overridden = mapped(own, settings)

    assert mapped(overridden, None) == own
    assert mapped(overridden, settings) == overridden
    assert mapped(own, None) == own


def test_a_record_from_before_the_code_was_published_keeps_its_mapping() -> None:
    """Its SKU stands for the code, unless it came from a setting: then the code is not known."""
    by_code = a_listing(outerId="TEE").model_copy(update={"outer_id": None})
    by_setting = by_code.model_copy(update={"mapping": "override"})

    assert mapped(by_code, None).sku == "TEE"
    assert mapped(by_setting, None).sku is None


@pytest.mark.parametrize(
    "example",
    [
        name
        for name in contracts.jd_method("sku.read.searchSkuList").response_examples
        if name.startswith(("success-", "odd-"))
    ],
)
def test_every_sku_that_jd_may_answer_becomes_a_listing(example: str) -> None:
    """Whatever is missing or odd, a SKU that can be read can be published."""
    method = contracts.jd_method("sku.read.searchSkuList")
    body = method.response_examples[example]
    (envelope,) = [value for key, value in body.items() if key.endswith("_responce")]
    page = JdSkuPage.model_validate(envelope["page"])

    for sku in page.skus:
        listing = listing_of("shop", sku, None)

        assert Listing.model_validate_json(listing.model_dump_json()) == listing
        assert (listing.sku is None) == (listing.mapping == "none")
