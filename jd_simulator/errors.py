"""How the simulator says no: as JD's own error objects, with JD's texts in both languages.

Source: contracts/jd/error-codes.json, contracts/jd/business-errors.json
"""

from enum import StrEnum
from functools import cache

import contracts
from jd_simulator.settings import Settings

_PLATFORM = contracts.jd_error_codes()


class Code(StrEnum):
    """The codes of JD's platform that the simulator gives by itself."""

    SYSTEM_ERROR = "1"
    CALL_LIMITED = "2"
    MISSING_VERSION = "4"
    UNSUPPORTED_VERSION = "5"
    INVALID_VERSION = "6"
    MISSING_TIMESTAMP = "7"
    INVALID_TIMESTAMP = "8"
    MISSING_SIGNATURE = "11"
    INVALID_SIGNATURE = "12"
    INVALID_FORMAT = "13"
    MISSING_METHOD = "14"
    INVALID_METHOD = "15"
    MISSING_GRANT = "18"
    INVALID_GRANT = "19"
    MISSING_APP_KEY = "20"
    INVALID_APP_KEY = "21"
    NO_PERMISSION = "24"
    ILLEGAL_PARAMETER = "60"
    ILLEGAL_VALUE = "61"
    JSON_CONVERSION = "62"
    JSON_FORMAT = "63"
    OPTIONAL_FIELDS = "68"


class JdError(Exception):
    """A refusal of JD's gateway; answered as `error_response` with HTTP status 200."""

    def __init__(self, code: str, detail: str = "") -> None:
        """Refuse with a platform `code`; `detail` (say, a parameter's name) follows its texts."""
        super().__init__(f"{code} {detail}".strip())
        self.code = str(code)
        self.detail = detail

    def body(self, settings: Settings | None = None) -> dict[str, object]:
        """Shape the answer; `settings` of the sandbox, where the call belongs to one."""
        known = _PLATFORM[self.code]
        return {
            "error_response": {
                "code": self.code if settings is None else written_code(self.code, settings),
                "zh_desc": f"{known.zh}：{self.detail}" if self.detail else known.zh,
                "en_desc": f"{known.en}: {self.detail}" if self.detail else known.en,
            }
        }


class Refused(Exception):  # noqa: N818 - a no of the shop, not a failure of the program
    """A refusal of the shop itself: each method wraps it in its own answer."""

    def __init__(self, code: str, zh: str, en: str) -> None:
        super().__init__(f"{code} {en}")
        self.code = code
        self.zh = zh
        self.en = en


def written_code(code: str, settings: Settings) -> str | int:
    """Write a code as the sandbox is set to: as text, or as a number."""
    return int(code) if settings.code_type == "number" else code


def is_platform_code(code: str) -> bool:
    """Tell whether JD's platform has such an error code."""
    return code in _PLATFORM


def refusal(method: str, code: str) -> Refused:
    """Refuse in the words that the contract of a method has for a code.

    Args:
        method: The method's short name, e.g. `pop.order.search`.
        code: One of its business errors.

    Raises:
        KeyError: The contract has no such code.
    """
    known = _business_errors(method)[code]
    return Refused(code, known.zh, known.en)


def no_such_order() -> Refused:
    """Refuse an order that this seller does not have."""
    return _of_shipment("10500001")


def already_shipped() -> Refused:
    """Refuse to ship an order twice."""
    return _of_shipment("10400001")


def wrong_state(state: str) -> Refused:
    """Refuse what an order's state does not allow."""
    known = _of_shipment("10100021")
    return Refused(known.code, f"{known.zh}（{state}）", f"{known.en} ({state})")


def _of_shipment(code: str) -> Refused:
    return refusal("pop.order.shipment", code)


@cache
def _business_errors(method: str) -> dict[str | None, contracts.JdBusinessError]:
    return {error.code: error for error in contracts.jd_business_errors(method)}
