"""Where each field of a JSON text stands, so that a mistake in a file can name its line."""

import json
from bisect import bisect_left
from collections.abc import Mapping
from typing import NoReturn


class Misplaced(Exception):  # noqa: N818 - read as what it is: a field that should not stand there
    """A field that is there twice, or a number that JSON does not have."""

    def __init__(self, *, line: int, field: str, detail: str) -> None:
        super().__init__(f"{line}: {field}: {detail}")
        self.line = line
        self.field = field
        self.detail = detail


def field_lines(text: str) -> dict[str, int]:
    """Find the line, from 1, of each field of a JSON document.

    Args:
        text: The document; it is known to be well formed.

    Returns:
        Lines by path, such as `faults[2].fault.kind`; the whole document is the empty path.

    Raises:
        Misplaced: A field is there twice, or a number is NaN or infinite.
    """
    walk = _Walk(text)
    walk.value(walk.skip(0), "")
    return walk.lines


def line_of(path: str, lines: Mapping[str, int]) -> int:
    """Tell the line of a field; of what it would belong to, where it is missing."""
    while path not in lines:
        cut = max(path.rfind("."), path.rfind("["))
        if cut < 0:
            return lines[""]
        path = path[:cut]
    return lines[path]


class _Walk:
    """A walk through the text of a JSON document, which is known to be well formed."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._ends = [at for at, character in enumerate(text) if character == "\n"]
        self.lines: dict[str, int] = {}

    def value(self, start: int, path: str) -> int:
        """Enter the lines of what stands at `start`, and tell where it ends."""
        self.lines.setdefault(path, self._line(start))
        opening = self._text[start]
        if opening not in "{[":
            return self._scalar(start, path)
        at, index = self.skip(start + 1), 0
        while self._text[at] not in "}]":
            below = f"{path}[{index}]"
            if opening == "{":
                at, below = self._name(at, path)
            at = self.skip(self.value(at, below))
            at = self.skip(at + 1) if self._text[at] == "," else at
            index += 1
        return at + 1

    def skip(self, at: int) -> int:
        """Tell where the next character stands that is no white space."""
        while self._text[at : at + 1] in (" ", "\t", "\n", "\r"):
            at += 1
        return at

    def _name(self, at: int, path: str) -> tuple[int, str]:
        line = self._line(at)
        name, end = _DECODER.raw_decode(self._text, at)
        below = f"{path}.{name}" if path else name
        if below in self.lines:
            raise Misplaced(line=line, field=below, detail="is there twice")
        self.lines[below] = line
        return self.skip(self.skip(end) + 1), below

    def _scalar(self, start: int, path: str) -> int:
        try:
            return _DECODER.raw_decode(self._text, start)[1]
        except _NotFiniteError:
            detail = "must be a finite number"
            raise Misplaced(line=self.lines[path], field=path, detail=detail) from None

    def _line(self, at: int) -> int:
        return bisect_left(self._ends, at) + 1


class _NotFiniteError(ValueError):
    """A number that JSON does not have."""


def _refuse_constant(name: str) -> NoReturn:
    raise _NotFiniteError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
