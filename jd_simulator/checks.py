"""The gateway's checks of a call, in JD's order (inferred), each with JD's code.

Source: contracts/jd/error-codes.json, contracts/jd/
"""

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn

from jd_simulator.clock import parse_instant
from jd_simulator.errors import Code, JdError
from jd_simulator.journal import Entry
from jd_simulator.methods.call import Method
from jd_simulator.methods.registry import METHODS
from jd_simulator.sandbox import Sandbox
from jd_simulator.wire import JSON_NAME, is_text, signature

_VERSION = re.compile(r"[0-9]+(\.[0-9]+)?")


@dataclass(slots=True)
class Candidate:
    """A call on its way through the checks; they fill in what they find."""

    parameters: dict[str, str]
    sandboxes: Mapping[str, Sandbox]
    """By app_key."""
    arguments: dict[str, object] = field(default_factory=dict)

    @property
    def method(self) -> Method:
        """The method, once that check is passed."""
        return METHODS[self.parameters["method"]]

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox, once the check of the app_key is passed."""
        return self.sandboxes[self.parameters["app_key"]]

    def required(self, name: str, code: Code) -> str:
        """Take a system parameter; a blank one counts as missing.

        Raises:
            JdError: `code`, it is missing.
        """
        value = self.parameters.get(name, "")
        if not value.strip():
            raise JdError(code)
        return value


def check_method(call: Candidate) -> None:
    """Refuse a call without method (14) or of an unknown one (15)."""
    if call.required("method", Code.MISSING_METHOD) not in METHODS:
        raise JdError(Code.INVALID_METHOD)


def check_app_key(call: Candidate) -> None:
    """Refuse a call without app_key (20) or of an unknown one (21)."""
    if call.required("app_key", Code.MISSING_APP_KEY) not in call.sandboxes:
        raise JdError(Code.INVALID_APP_KEY)


def check_version(call: Candidate) -> None:
    """Refuse a call without version (4), with one that is none (6), or another one (5)."""
    version = call.required("v", Code.MISSING_VERSION)
    if not _VERSION.fullmatch(version):
        raise JdError(Code.INVALID_VERSION)
    if version != "2.0":
        raise JdError(Code.UNSUPPORTED_VERSION)


def check_timestamp(call: Candidate) -> None:
    """Refuse a call without timestamp (7), or one that is too far from the clock (8)."""
    text = call.required("timestamp", Code.MISSING_TIMESTAMP)
    try:
        instant = parse_instant(text)
    except ValueError:
        raise JdError(Code.INVALID_TIMESTAMP) from None
    if abs(instant - call.sandbox.clock.now()) > call.sandbox.settings.timestamp_tolerance_s:
        raise JdError(Code.INVALID_TIMESTAMP)


def check_signature(call: Candidate) -> None:
    """Refuse a call without signature (11) or with a wrong one (12)."""
    sign = call.required("sign", Code.MISSING_SIGNATURE)
    if sign != signature(call.sandbox.identity.app_secret, call.parameters):
        raise JdError(Code.INVALID_SIGNATURE)


def check_limits(call: Candidate) -> None:
    """Refuse a call beyond the day's quota or the second's limit (2)."""
    call.sandbox.count_call()


def check_token(call: Candidate) -> None:
    """Refuse a call without access token (18), or with a wrong or expired one (19)."""
    if not call.method.needs_token:
        return
    grant = call.sandbox.grant
    token = call.required("access_token", Code.MISSING_GRANT)
    if token != grant.access_token or call.sandbox.clock.now() >= grant.expires_at:
        raise JdError(Code.INVALID_GRANT)


def check_scope(call: Candidate) -> None:
    """Refuse a method that the app may not call (24)."""
    if call.parameters["method"] in call.sandbox.grant.removed_scopes:
        raise JdError(Code.NO_PERMISSION)


def check_format(call: Candidate) -> None:
    """Refuse bytes that are not UTF-8, and another format than JSON (13)."""
    if call.parameters.get("format", "json").strip().lower() not in ("json", ""):
        raise JdError(Code.INVALID_FORMAT)
    if not is_text(call.parameters.get(JSON_NAME, "")):
        raise JdError(Code.INVALID_FORMAT)


def check_json(call: Candidate) -> None:
    """Refuse what is no JSON (63), or JSON that is no object or no text (62)."""
    text = call.parameters.get(JSON_NAME, "")
    if not text.strip():
        return
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        raise JdError(Code.JSON_FORMAT) from None
    if not isinstance(value, dict):
        raise JdError(Code.JSON_CONVERSION)
    # Half a surrogate pair, as an escape, is legal JSON and still no text.
    if "\\ud" in text.lower() and not is_text(json.dumps(value, ensure_ascii=False)):
        raise JdError(Code.JSON_CONVERSION)
    call.arguments = value


CHECKS: tuple[tuple[str, Callable[[Candidate], None]], ...] = (
    ("method", check_method),
    ("app_key", check_app_key),
    ("version", check_version),
    ("timestamp", check_timestamp),
    ("signature", check_signature),
    ("limits", check_limits),
    ("token", check_token),
    ("scope", check_scope),
    ("format", check_format),
    ("json", check_json),
)
"""Every check with its name, in their order; those of the parameters follow inside the method."""
PARAMETERS = "parameters"
"""Names those."""


def verdicts(entry: Entry) -> list[tuple[str, str]]:
    """Tell what came of each check of a call, in order: `passed`, `failed` or `not reached`."""
    names = [*(name for name, _ in CHECKS), PARAMETERS]
    reached = len(CHECKS) + (entry.applied_at is not None)
    if entry.failed_check is not None:
        reached = names.index(entry.failed_check)
    told = ["passed"] * reached + ["not reached"] * (len(names) - reached)
    if entry.failed_check is not None:
        told[reached] = "failed"
    return list(zip(names, told, strict=True))


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        _refuse_constant(text)
    return number


def _refuse_constant(name: str) -> NoReturn:
    message = f"{name} is no JSON"
    raise ValueError(message)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite)
