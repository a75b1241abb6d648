"""What a call looks like on the wire: where clients put their parameters, and the signature.

Clients place parameters differently and all of them are read: in the
query, in an url-encoded form body, in both, and as a form body whose JSON is not url-encoded. The
last one, `360buy_param_json={...}`, is told by the literal brace: an url-encoding client would have
written %7B. Its JSON is taken byte for byte up to where it ends, so that a `+`, `%` or `&` in it
stays what it is; only what follows a further `&` after its end is read as form parameters.

Bytes that are not UTF-8 survive as surrogates: the signature is then still checked over just the
bytes that were sent, and the format check refuses them afterwards.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

JSON_NAME = "360buy_param_json"
"""The parameter that carries the business JSON."""
UNSIGNED = frozenset({"sign", "other"})
"""Not part of the signature: itself, and a field that the newest Java SDK adds to its body."""
SYSTEM = frozenset(
    {"method", "app_key", "access_token", "timestamp", "v", "format", "sign_method", JSON_NAME}
    | UNSIGNED
)
"""Every parameter of the gateway; a method's own stand in the JSON."""

_JSON_DECODER = json.JSONDecoder()
_RAW_JSON = f"{JSON_NAME}={{"


@dataclass(slots=True)
class Parameters:
    """The parameters of a call, query and body together."""

    values: dict[str, str] = field(default_factory=dict)
    """Decoded; where a name came twice, the first value (the query comes before the body)."""
    in_query: int = 0
    """How many of `values`, the first ones, came in the query."""
    doubled: list[str] = field(default_factory=list)
    """Names that came more than once."""

    def add(self, name: str, value: str) -> None:
        """Take in one parameter."""
        if name in self.values:
            self.doubled.append(name)
        else:
            self.values[name] = value


def parse_parameters(target: str, body: bytes) -> Parameters:
    """Read the parameters of a call.

    Args:
        target: The request target as it stands in the request line, absolute or not.
        body: The body as it was sent.
    """
    parameters = Parameters()
    _, _, query = target.partition("?")
    _add_form(parameters, query)
    parameters.in_query = len(parameters.values)
    if body:
        text = body.decode("utf-8", "surrogateescape")
        start = 0 if text.startswith(_RAW_JSON) else text.find(f"&{_RAW_JSON}") + 1
        if start or text.startswith(_RAW_JSON):
            _add_form(parameters, text[: max(start - 1, 0)])
            _add_raw_json(parameters, text[start + len(JSON_NAME) + 1 :])
        else:
            _add_form(parameters, text)
    return parameters


def to_sign(values: Mapping[str, str]) -> str:
    """Tell what is signed between the secrets: sorted names and values, bare.

    Args:
        values: Every parameter as it was sent, decoded; blank ones and `sign` are skipped.
    """
    return "".join(
        name + values[name]
        # In UTF-8 the order of bytes is that of code points, which is how Python sorts.
        for name in sorted(values)
        if name not in UNSIGNED and name.strip() and values[name].strip()
    )


def signature(secret: str, values: Mapping[str, str]) -> str:
    """Sign parameters: upper-case MD5 over secret, sorted names and values, secret.

    Args:
        secret: The app's secret.
        values: Every parameter as it was sent, decoded; blank ones and `sign` are skipped.
    """
    data = f"{secret}{to_sign(values)}{secret}".encode("utf-8", "surrogateescape")
    return hashlib.md5(data, usedforsecurity=False).hexdigest().upper()


def is_text(value: str) -> bool:
    """Tell whether a text can be written as UTF-8, so holds no half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _add_form(parameters: Parameters, text: str) -> None:
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            parameters.add(_decoded(name), _decoded(value))


def _add_raw_json(parameters: Parameters, text: str) -> None:
    try:
        _, end = _JSON_DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        end = len(text)
    rest = text[end:]
    follows = rest.lstrip().startswith("&")
    parameters.add(JSON_NAME, text[:end] if follows else text)
    if follows:
        _add_form(parameters, rest.lstrip())


def _decoded(text: str) -> str:
    # Most escapes of a JSON are these three; none of them can be or become a part of another one.
    text = text.replace("%22", '"').replace("%2C", ",").replace("%3A", ":")
    if "%" not in text and "+" not in text:
        return text
    data = text.replace("+", " ").encode("utf-8", "surrogateescape")
    return unquote_to_bytes(data).decode("utf-8", "surrogateescape")
