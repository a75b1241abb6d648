"""What each of JD's refusals asks for: from a code or JD's words to a decision.

Meanings and remedies are the contract's; this module only says which error each kind becomes.

Source: contracts/jd/error-codes.json and contracts/jd/business-errors.json.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from adapter.errors import (
    AdapterError,
    ClockSkew,
    JdAmbiguous,
    JdAnswer,
    JdAuthError,
    JdRejected,
    JdThrottled,
    JdUnavailable,
    Misconfigured,
    ScopeError,
)
from adapter.rules.budget import until_next_day_s
from contracts import JdBusinessError, JdErrorCode, jd_business_errors, jd_error_codes, load_json

ALREADY_SHIPPED = "10400001"
"""The shipment's own code for an order that has left: a fact to look into, not a failure."""

NO_SUCH_ORDER = "10100004"
"""The order query's own code for a number that JD does not know."""

QUOTA_SPENT = "2"
"""The platform's code for an app whose calls of the day are used up."""

JD_CLOUD = "云鼎"
"""The name of JD's cloud, which JD's texts mention where a call must come from within it."""

FIELDS: Mapping[str | None, str] = MappingProxyType(
    {"api_key": "API Key", "api_secret": "API Secret", "access_token": "Access Token", None: ""}
)
"""The contract's names of credentials, as Helm's form names them."""

PLATFORM_CODES: Mapping[str, JdErrorCode] = MappingProxyType(jd_error_codes())
"""Every code of JD's platform, by code."""

_BUSINESS_ERRORS: Mapping[str, tuple[JdBusinessError, ...]] = {
    name: jd_business_errors(name) for name in load_json("jd", "business-errors.json")["methods"]
}
_OUTSIDE_CLOUD = PLATFORM_CODES["73"]
_BEING_SHIPPED = "70"


class Refusal(NamedTuple):
    """A call that JD did not carry out as asked."""

    method: str
    """The method that was called."""

    answer: JdAnswer
    """JD's words, clean of what was sent."""

    writes: bool
    """The call changes something at JD."""

    of_record: bool
    """The call is about one order, SKU or parcel, which may be what is wrong."""

    now: datetime
    """This machine's clock."""

    jd_now: datetime | None = None
    """JD's clock, where its answer tells."""

    by_platform: bool = False
    """The platform refused the call; otherwise the method did, or the edge."""


def decision_error(refusal: Refusal) -> AdapterError:
    """Turn JD's refusal into the error that names the decision.

    A code of JD's platform that is not known is tried again: it may mean that JD's systems fail
    in a way not seen yet, and giving up would lose what a later try saves. Where the call changes
    something, not knowing the code is not knowing what was done. A refusal of the method's own
    that is not known means that JD does not want this record.

    Args:
        refusal: What JD said to which call.

    Returns:
        The error to raise.
    """
    answer = refusal.answer
    words = answer.message_en or answer.message_zh
    known = _known(refusal)
    if JD_CLOUD in answer.message_zh + answer.message_en:
        known = _OUTSIDE_CLOUD
    meaning = known.meaning if known else "This code is not known." if answer.code else ""
    message = " ".join(
        filter(None, (f"{refusal.method}: JD refuses", answer.code, words, f"({meaning})"))
    )
    if known is None:
        if refusal.of_record and not _is_by_platform(refusal):
            return JdRejected(message, answer=answer)
        return _again(refusal, message)
    match known.act:
        case "retry":
            return _again(refusal, message)
        case "daily_quota" | "throttled":
            until_s = until_next_day_s(refusal.now) if known.act == "daily_quota" else None
            return JdThrottled(message, retry_after_s=until_s, answer=answer)
        case "record" | "read_back" if refusal.of_record:
            return JdRejected(message, answer=answer)
        case _:
            return _channel_error(refusal, known, message)


def _channel_error(
    refusal: Refusal, known: JdErrorCode | JdBusinessError, message: str
) -> AdapterError:
    remedy, answer = known.remedy, refusal.answer
    match known.act:
        case "credentials":
            field = FIELDS[known.field]
            return JdAuthError(message, remedy=remedy, field=field, answer=answer)
        case "scope":
            return ScopeError(message, remedy=remedy, answer=answer)
        case "clock":
            return ClockSkew(message + _skew(refusal), remedy=remedy, answer=answer)
        case _:
            return Misconfigured(message, remedy=remedy, answer=answer)


def _known(refusal: Refusal) -> JdErrorCode | JdBusinessError | None:
    answer = refusal.answer
    own = next(
        (errors for name, errors in _BUSINESS_ERRORS.items() if refusal.method.endswith(name)), ()
    )
    for error in own:
        if answer.code and answer.code == error.code:
            return error
        if not answer.code and error.code is None and answer.message_zh == error.zh:
            return error
    return PLATFORM_CODES.get(answer.code)


def _is_by_platform(refusal: Refusal) -> bool:
    code = refusal.answer.code
    return refusal.by_platform or (0 < len(code) < 4 and code.isdecimal())


def _again(refusal: Refusal, message: str) -> AdapterError:
    if refusal.writes and refusal.answer.code != _BEING_SHIPPED:
        return JdAmbiguous(message, answer=refusal.answer)
    return JdUnavailable(message, answer=refusal.answer)


def _skew(refusal: Refusal) -> str:
    if refusal.jd_now is None:
        return ""
    ahead_s = round((refusal.now - refusal.jd_now).total_seconds())
    side = "ahead of" if ahead_s >= 0 else "behind"
    return f"; this machine's clock is {abs(ahead_s)} s {side} JD's"
