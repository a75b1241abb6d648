"""Reading of what a caller of the control room wrote: each mistake names its field."""

import math
import re
from collections.abc import Collection, Mapping
from decimal import Decimal

from jd_simulator.clock import parse_instant

LARGEST = 10**12
"""Largest integer a control call may carry; JD's own ids stay below it."""
LARGEST_AMOUNT = 10**9
"""Amounts of money stay below this many yuan."""
AMOUNT_PATTERN = r"^[0-9]{1,9}(\.[0-9]{1,2})?$"
"""An amount of money as a text."""
_AMOUNT = re.compile(AMOUNT_PATTERN.strip("^$"))


class BadInput(Exception):  # noqa: N818 - read as what it is, beside JD's refusals
    """A control call that cannot be understood; names the field and what would be right."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(f"{field}: {detail}")
        self.field = field
        self.detail = detail


class Fields:
    """One JSON object being read field by field; `done` refuses what nobody asked for."""

    def __init__(self, value: object, path: str = "") -> None:
        """Take the parsed JSON `value` that stands at `path` of the whole document.

        Raises:
            BadInput: It is not an object.
        """
        if not isinstance(value, Mapping):
            raise BadInput(path or "(body)", "must be a JSON object")
        self._value: Mapping[str, object] = value
        self._path = path
        self._read: set[str] = set()

    def path(self, name: str) -> str:
        """Tell where a field stands in the whole document."""
        return f"{self._path}.{name}" if self._path else name

    def has(self, name: str) -> bool:
        """Tell whether the field is given and not null."""
        return self.raw(name) is not None

    def raw(self, name: str) -> object:
        """Take a field as it came; None where it is not given."""
        self._read.add(name)
        return self._value.get(name)

    def text(self, name: str, default: str | None = None, *, longest: int) -> str:
        """Take a text; a field without default is required.

        Raises:
            BadInput: Missing, not a text, longer than `longest`, or not valid Unicode.
        """
        value = self._given(name, default)
        if not isinstance(value, str):
            raise BadInput(self.path(name), "must be a string")
        if len(value) > longest:
            raise BadInput(self.path(name), f"must have at most {longest} characters")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise BadInput(self.path(name), "holds half of a surrogate pair: no valid Unicode")
        return value

    def choice(self, name: str, options: Collection[str], default: str | None = None) -> str:
        """Take one of some texts.

        Raises:
            BadInput: Missing or none of them.
        """
        value = self._given(name, default)
        if not isinstance(value, str) or value not in options:
            raise BadInput(self.path(name), f"must be one of {', '.join(sorted(options))}")
        return value

    def integer(
        self, name: str, default: int | None = None, *, low: int = 0, high: int = LARGEST
    ) -> int:
        """Take an integer in `[low, high]`.

        Raises:
            BadInput: Missing, no integer, or out of range.
        """
        value = self._given(name, default)
        if isinstance(value, float) and value.is_integer():
            value = int(value)  # JSON knows one kind of number: 1.0 is 1
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadInput(self.path(name), "must be an integer")
        if not low <= value <= high:
            raise BadInput(self.path(name), f"must be between {low} and {high}")
        return value

    def number(self, name: str, default: float | None = None, *, low: float, high: float) -> float:
        """Take a number in `[low, high]`.

        Raises:
            BadInput: Missing, no number, or out of range.
        """
        value = self._given(name, default)
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            raise BadInput(self.path(name), "must be a number")
        if not low <= value <= high:
            raise BadInput(self.path(name), f"must be between {low:g} and {high:g}")
        return float(value)

    def boolean(self, name: str, *, default: bool) -> bool:
        """Take a boolean.

        Raises:
            BadInput: Neither true nor false.
        """
        value = self._given(name, default)
        if not isinstance(value, bool):
            raise BadInput(self.path(name), "must be true or false")
        return value

    def money(self, name: str, default: Decimal | None = None) -> Decimal:
        """Take an amount in yuan below `LARGEST_AMOUNT`: a number, or a text such as `29.90`.

        Raises:
            BadInput: Missing, no amount, negative, too much, or finer than a fen.
        """
        value = self._given(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise BadInput(self.path(name), "must be an amount in yuan")
        if isinstance(value, str) and not _AMOUNT.fullmatch(value):
            raise BadInput(self.path(name), "must be an amount in yuan such as 29.90")
        # A binary number that a caller computed misses its fen by next to nothing.
        amount = Decimal(str(round(value, 6)) if isinstance(value, float) else value)
        if not (amount.is_finite() and 0 <= amount < LARGEST_AMOUNT and amount == round(amount, 2)):
            raise BadInput(self.path(name), "must be an amount in yuan with at most two decimals")
        return round(amount, 2)

    def instant(self, name: str) -> float:
        """Take an instant: seconds since the epoch, RFC 3339, or JD's text in Beijing time.

        Raises:
            BadInput: Missing or none of these.
        """
        value = self._given(name, None)
        if isinstance(value, str):
            try:
                value = parse_instant(value)
            except ValueError:
                value = None
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            # Years 1971 to 2286: both ends stay printable whatever is added to them.
            or not 31_536_000 <= value <= 9_999_999_999
        ):
            raise BadInput(
                self.path(name), "must be an instant such as 2026-11-23T08:00:00Z or epoch seconds"
            )
        return float(value)

    def array(self, name: str, *, longest: int = 1000) -> list[tuple[str, object]]:
        """Take an array as pairs of path and item; an absent one is empty.

        Raises:
            BadInput: Not an array, or longer than `longest`.
        """
        value = self._given(name, [])
        if not isinstance(value, list):
            raise BadInput(self.path(name), "must be an array")
        if len(value) > longest:
            raise BadInput(self.path(name), f"must have at most {longest} items")
        return [(f"{self.path(name)}[{index}]", item) for index, item in enumerate(value)]

    def nested(self, name: str) -> "Fields":
        """Take an object to read on; an absent one is empty.

        Raises:
            BadInput: Not an object.
        """
        return Fields(self._given(name, {}), self.path(name))

    def done(self) -> None:
        """Finish reading.

        Raises:
            BadInput: A field is there that nobody asked for: most likely a misspelling.
        """
        unknown = sorted(set(self._value) - self._read)
        if unknown:
            known = ", ".join(sorted(self._read))
            raise BadInput(self.path(unknown[0]), f"is not known here; known are {known}")

    def _given(self, name: str, default: object) -> object:
        value = self.raw(name)
        if value is None:
            value = default
        if value is None:
            raise BadInput(self.path(name), "is required")
        return value
