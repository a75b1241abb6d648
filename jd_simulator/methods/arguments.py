"""Reading of business parameters as JD's many clients write them.

A parameter that is not there or of the wrong kind is refused with 60, a value that is not allowed
with 61. Numbers come as numbers or as text, lists as CSV or as arrays; null and the empty text mean
that a parameter was not given.

Source: contracts/jd/definitions/parameters.json
"""

import re
from collections.abc import Mapping

from jd_simulator.clock import parse_instant
from jd_simulator.errors import Code, JdError

_INTEGER = re.compile(r"-?[0-9]{1,19}")
_ID = re.compile(r"[0-9]{1,19}")


def split_csv(text: str) -> list[str]:
    """Take a CSV apart; blank items do not count."""
    return [item for part in text.split(",") if (item := part.strip())]


class Arguments:
    """The business parameters of a call, or of an object among them."""

    def __init__(self, values: Mapping[str, object], path: str = "") -> None:
        self.values = values
        self._path = path

    def text(self, name: str) -> str | None:
        """Take a text; None where it is not given.

        Raises:
            JdError: It is a list, an object or a truth value.
        """
        value = self.values.get(name)
        if value is None or value == "":
            return None
        return self._scalar(name, value)

    def required(self, name: str) -> str:
        """Take a text that must be given.

        Raises:
            JdError: Not given, or no text.
        """
        value = self.text(name)
        if value is None:
            raise JdError(Code.ILLEGAL_PARAMETER, self._path + name)
        return value

    def integer(self, name: str, *, low: int, high: int, default: int | None = None) -> int:
        """Take an integer in `[low, high]`; without default it must be given.

        Raises:
            JdError: Not given, no integer, or out of range.
        """
        text = self.text(name)
        if text is None:
            if default is None:
                raise JdError(Code.ILLEGAL_PARAMETER, self._path + name)
            return default
        if not _INTEGER.fullmatch(text):
            raise JdError(Code.ILLEGAL_VALUE, self._path + name)
        number = int(text)
        if not low <= number <= high:
            raise JdError(Code.ILLEGAL_VALUE, self._path + name)
        return number

    def csv(self, name: str) -> list[str]:
        """Take a list, written as CSV or as an array; empty where it is not given.

        Raises:
            JdError: An item of the array is no scalar.
        """
        value = self.values.get(name)
        if isinstance(value, list):
            return [self._scalar(name, item) for item in value]
        text = self.text(name)
        return [] if text is None else split_csv(text)

    def ids(self, name: str, *, most: int) -> frozenset[int]:
        """Take a list of up to `most` ids.

        Raises:
            JdError: Too many, or one is no id.
        """
        texts = self.csv(name)
        if len(texts) > most or not all(_ID.fullmatch(text) for text in texts):
            raise JdError(Code.ILLEGAL_VALUE, self._path + name)
        return frozenset(map(int, texts))

    def instant(self, name: str) -> int | None:
        """Take an instant in seconds since the epoch; None where it is not given.

        Raises:
            JdError: It is no instant.
        """
        text = self.text(name)
        if text is None:
            return None
        try:
            return int(parse_instant(text))
        except ValueError:
            raise JdError(Code.ILLEGAL_VALUE, self._path + name) from None

    def nested(self, name: str) -> "Arguments":
        """Take an object that must be given.

        Raises:
            JdError: Not given, or no object.
        """
        value = self.values.get(name)
        if not isinstance(value, dict):
            raise JdError(Code.ILLEGAL_PARAMETER, self._path + name)
        return Arguments(value, f"{self._path}{name}.")

    def nested_list(self, name: str) -> "list[Arguments]":
        """Take an array of objects that must be given; it may be empty.

        Raises:
            JdError: Not given, no array, or an item is no object.
        """
        value = self.values.get(name)
        if not isinstance(value, list):
            raise JdError(Code.ILLEGAL_PARAMETER, self._path + name)
        if not all(isinstance(item, dict) for item in value):
            raise JdError(Code.ILLEGAL_VALUE, self._path + name)
        return [
            Arguments(item, f"{self._path}{name}[{index}].") for index, item in enumerate(value)
        ]

    def _scalar(self, name: str, value: object) -> str:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise JdError(Code.ILLEGAL_VALUE, self._path + name)
        return str(value)
