"""Texts that went through the wrong encoding on their way here.

A text that was once decoded wrongly is still valid UTF-8, so nothing refuses it: it has to be
recognised by what it would be if the mistake were undone.
"""

from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import NamedTuple

from adapter.rules.diagnosis import Problems
from adapter.wire.published import Listing

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_LAST_WESTERN = "\N{TRADE MARK SIGN}"
"""The highest character of Windows-1252."""
_HAN = range(0x4E00, 0xA000)


class Mistake(NamedTuple):
    """How a text was read as another encoding than it was written in."""

    read_as: str
    """The codec that was used."""
    written_in: str
    """The codec that should have been."""
    words: str
    """The mistake for a reader."""


MISTAKES = (
    Mistake("gb18030", "utf-8", "UTF-8 that was read as GB18030"),
    Mistake("cp1252", "utf-8", "UTF-8 that was read as Windows-1252"),
    Mistake("latin-1", "utf-8", "UTF-8 that was read as Latin-1"),
    Mistake("latin-1", "gb2312", "GB18030 that was read as Latin-1"),
)
"""The mistakes that are recognised, the likeliest first. Of GB18030 read as Latin-1 only the
characters of GB 2312 are: a Western word with one accent would pass for the others."""


class Damage(NamedTuple):
    """What is wrong with a text."""

    seen: str
    """How it was seen, for a reader."""
    meant: str | None = None
    """What it was meant to be; None where characters are lost."""


def damage(text: str) -> Damage | None:
    """Tell whether a text was decoded wrongly before it came here.

    Args:
        text: As it came; half a surrogate pair may stand in it.

    Returns:
        What is wrong; None for a text that is as it should be, as far as anybody can tell.
    """
    if text.isascii():
        return None
    try:
        text.encode()
    except UnicodeEncodeError:
        return Damage("half of a surrogate pair stands in it")
    if _REPLACEMENT in text:
        return Damage("the replacement character U+FFFD stands in it")
    # A text with a character of the far East was not read as a Western encoding.
    mistakes = MISTAKES[:1] if max(text) > _LAST_WESTERN else MISTAKES
    for mistake in mistakes:
        try:
            meant = text.encode(mistake.read_as).decode(mistake.written_in)
        except UnicodeError:
            continue
        if any(ord(character) in _HAN for character in meant):
            return Damage(f"it reads as {mistake.words}", meant)
    return None


ENCODING = "ENCODING"
_MOST_EXAMPLES = 3
_REMEDIES = {
    "JD": "Correct the texts in JD's seller console, and the tool that entered them there.",
    "Helm": "Correct the codes on helm.listing-settings, and what writes them.",
}


class DamagedTexts:
    """The damaged texts of one channel's listings, noted as a problem while there are any.

    Args:
        problems: Where they are noted, once for each side that sent some.
    """

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._found: dict[str, dict[str, str]] = {side: {} for side in _REMEDIES}

    def judge(self, listing: Listing, *, now: datetime) -> None:
        """Look at a listing's texts; it is kept as it is, whatever they are."""
        by_helm = listing.mapping == "override"
        texts = {"title": listing.title, "code": listing.outer_id or ""}
        texts |= {f"attribute {name}": text for name, text in listing.attributes.items()}
        self._set("JD", listing.sku_id, texts, now=now)
        self._set("Helm", listing.sku_id, {"sku": listing.sku or ""} if by_helm else {}, now=now)

    def forget(self, sku_id: str) -> None:
        """Take in that a listing is gone."""
        for side in _REMEDIES:
            self._set(side, sku_id, {}, now=None)

    def _set(
        self, side: str, sku_id: str, texts: Mapping[str, str], *, now: datetime | None
    ) -> None:
        seen = [
            f"the {name} of SKU {sku_id}: {found.seen}"
            + (f", probably {found.meant}" if found.meant else "")
            for name, text in texts.items()
            if (found := damage(text))
        ]
        listings = self._found[side]
        if seen and now is not None:
            listings[sku_id] = seen[0]
            self._note(side, now)
        elif listings.pop(sku_id, None) and not listings:
            self._problems.passed(f"{ENCODING} {side}")

    def _note(self, side: str, now: datetime) -> None:
        listings = self._found[side]
        self._problems.seen(
            ENCODING,
            now=now,
            cause=f"{side} sent texts in a wrong encoding, for {len(listings)} listings.",
            evidence="; ".join(islice(listings.values(), _MOST_EXAMPLES)),
            remedy=_REMEDIES[side],
            flow=f"{ENCODING} {side}",
        )
