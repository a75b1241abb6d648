"""Texts that went through the wrong encoding on their way here.

A text that was once decoded wrongly is still valid UTF-8, so nothing refuses it: it has to be
recognised by what it would be if the mistake were undone.
"""

from typing import NamedTuple

_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
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
    if any("\ud800" <= character <= "\udfff" for character in text):
        return Damage("half of a surrogate pair stands in it")
    if _REPLACEMENT in text:
        return Damage("the replacement character U+FFFD stands in it")
    for mistake in MISTAKES:
        try:
            meant = text.encode(mistake.read_as).decode(mistake.written_in)
        except UnicodeError:
            continue
        if any(ord(character) in _HAN for character in meant):
            return Damage(f"it reads as {mistake.words}", meant)
    return None
