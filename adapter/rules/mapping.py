"""How JD's listings and Helm's SKUs fit together, as a report for whoever has to mend it.

Nothing here maps anything: a code that nearly equals one of Helm's is named with its candidate,
and it is for somebody to say that they are the same.
"""

import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from adapter.rules.catalogue import mapped
from adapter.rules.encoding import damage
from adapter.wire.helm import ListingSettings
from adapter.wire.published import Listing

_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
"""What spreadsheets leave inside a code and nobody sees."""


class MappingRow(NamedTuple):
    """One listing, or one SKU that no listing sells."""

    sku: str | None
    """The code as it maps now; None where there is none."""
    sku_id: str | None = None
    """JD's number; None for a level without a listing."""
    title: str = ""
    """JD's title."""
    status: str = ""
    """`on_sale` or `off_sale`; empty for a level without a listing."""
    candidates: tuple[str, ...] = ()
    """Helm's SKUs that the code nearly equals, sorted."""


class MappingRows(NamedTuple):
    """How many there are, and the first of them."""

    total: int = 0
    """All of them."""
    examples: tuple[MappingRow, ...] = ()
    """As many as were asked for; listings by JD's number, duplicates by their code first."""


class MappingReport(NamedTuple):
    """One channel's listings against the levels of its stock pool."""

    listings: int
    """All of the channel's."""
    mapped: int
    """Those with a Helm SKU."""
    by_override: int
    """Those of them whose SKU `helm.listing-settings` names."""
    unmapped: MappingRows
    """Listings without a Helm SKU."""
    duplicate: MappingRows
    """Listings whose SKU another listing has too; each offers it."""
    near_miss: MappingRows
    """Listings whose code has no level, but nearly equals one that has."""
    without_level: MappingRows
    """Mapped listings whose SKU no level ever came for, near misses among them."""
    without_listing: MappingRows
    """Levels of the pool that no listing of the channel sells."""
    held_by_jd: MappingRows
    """Listings whose stock JD holds itself."""


class LevelCounts(NamedTuple):
    """How listings and levels miss each other."""

    without_level: int
    """Mapped listings whose SKU no level ever came for."""
    without_listing: int
    """Levels that no listing sells."""


def mapping_report(
    listings: Iterable[Listing],
    *,
    overrides: Mapping[str, ListingSettings],
    levels: Collection[str],
    held_by_jd: Collection[str] = (),
    most_examples: int | None = 20,
) -> MappingReport:
    """Report how a channel's listings map.

    Time and memory grow with the listings; the levels are only looked through, and their codes
    compared loosely only where a listing found none.

    Args:
        listings: The channel's, as published on `jd.listings`; deleted ones are not among them.
        overrides: Its listings' own settings, by JD's SKU number; they are applied here, for they
            may be newer than the listings.
        levels: The SKUs that its stock pool has levels of, a mapping by SKU as well as a set;
            also of SKUs that are gone (`available` null).
        held_by_jd: JD's numbers of the listings whose stock JD holds itself.
        most_examples: Most rows of each kind; None for all of them.
    """
    shop = sorted(
        (mapped(listing, overrides.get(listing.sku_id)) for listing in listings),
        key=lambda listing: _by_number(listing.sku_id),
    )
    held = frozenset(held_by_jd)
    sellers = Counter(listing.sku for listing in shop if listing.sku is not None)
    lost = [listing for listing in shop if listing.sku is not None and listing.sku not in levels]
    candidates = near_misses({listing.sku for listing in lost if listing.sku}, levels)
    duplicates = [listing for listing in shop if listing.sku and sellers[listing.sku] > 1]
    duplicates.sort(key=lambda listing: listing.sku or "")

    def rows(found: list[Listing]) -> MappingRows:
        examples = tuple(_row(each, candidates) for each in islice(found, most_examples))
        return MappingRows(len(found), examples)

    return MappingReport(
        listings=len(shop),
        mapped=sellers.total(),
        by_override=sum(listing.mapping == "override" for listing in shop),
        unmapped=rows([listing for listing in shop if listing.sku is None]),
        duplicate=rows(duplicates),
        near_miss=rows([listing for listing in lost if listing.sku in candidates]),
        without_level=rows(lost),
        without_listing=MappingRows(
            level_counts(sellers, levels).without_listing,
            tuple(MappingRow(sku) for sku in islice(_unsold(levels, sellers), most_examples)),
        ),
        held_by_jd=rows([listing for listing in shop if listing.sku_id in held]),
    )


def level_counts(sellers: Mapping[str, int], levels: Collection[str]) -> LevelCounts:
    """Count listings without a level and levels without a listing.

    Time grows with the listings alone, however many levels there are.

    Args:
        sellers: How many listings sell each SKU.
        levels: The SKUs that have a level.
    """
    without_level = matched = 0
    for sku, listings in sellers.items():
        if sku in levels:
            matched += 1
        else:
            without_level += listings
    return LevelCounts(without_level, len(levels) - matched)


def likeness(code: str) -> str:
    """Reduce a code to what tells it apart for a person.

    Case, width (full or half), white space at either end and its amount within, and what nobody
    sees do not count; every other character does.
    """
    if code.isascii():  # nearly all are, and there may be a million
        return " ".join(code.lower().split())
    plain = unicodedata.normalize("NFKC", code.translate(_INVISIBLE)).casefold()
    return " ".join(unicodedata.normalize("NFKC", plain).split())


def near_misses(codes: Collection[str], levels: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Find the levels that codes nearly equal, also where a code went through a wrong encoding.

    Args:
        codes: Codes without a level of their own.
        levels: The SKUs that have one.

    Returns:
        The candidates, sorted, of each code that has any.
    """
    forms = {code: likeness(_meant(code)) for code in codes}
    wanted = set(forms.values())
    if not wanted:
        return {}
    alike: dict[str, list[str]] = {}
    for sku in levels:
        if (form := likeness(sku)) in wanted:
            alike.setdefault(form, []).append(sku)
    return {code: tuple(sorted(alike[form])) for code, form in forms.items() if form in alike}


def _meant(code: str) -> str:
    found = damage(code)
    return found.meant if found and found.meant else code


def _unsold(levels: Iterable[str], sellers: Mapping[str, int]) -> Iterable[str]:
    return (sku for sku in levels if sku not in sellers)


def _row(listing: Listing, candidates: Mapping[str, tuple[str, ...]]) -> MappingRow:
    return MappingRow(
        sku=listing.sku,
        sku_id=listing.sku_id,
        title=listing.title,
        status=listing.status,
        candidates=candidates.get(listing.sku or "", ()),
    )


def _by_number(sku_id: str) -> tuple[int, str]:
    """Order JD's numbers as numbers, without needing that they are."""
    return len(sku_id), sku_id
