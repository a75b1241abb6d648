"""Why a signature was wrong: which common mistake would have produced the one that was sent.

Source: contracts/jd/signature-vectors.json
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from urllib.parse import quote, quote_plus

from jd_simulator.wire import JSON_NAME, UNSIGNED, to_sign

_KEPT = 16_384
_LONGEST = 8_192
"""Characters of what is to be signed beyond which no mistakes are tried: it would take long."""

_CHARSETS = ("utf-8", "gb18030", "latin-1", "ascii")
_MISTAKE_OF = {charset: "" if charset == "utf-8" else "wrong_charset" for charset in _CHARSETS}

_Way = tuple[str, Callable[[bytes], str]]
"""What may be wrong with how the secret is used, and how to sign that way."""
_Text = tuple[str, str]
"""What may be wrong with the text between the secrets, and that text."""

MISTAKES = {
    "lower_case": "the signature is in lower case: JD wants upper case",
    "secret_missing_in_front": "the secret is missing in front: it belongs at both ends",
    "secret_missing_at_the_end": "the secret is missing at the end: it belongs at both ends",
    "secret_missing": "the secret is missing at both ends",
    "json_reserialised": f"{JSON_NAME} was written anew: sign the very text that is sent",
    "json_left_out": f"{JSON_NAME} was left out of the signature",
    "body_forgotten": "what came in the body was left out: all of query and body is signed",
    "query_forgotten": "what came in the query was left out: all of query and body is signed",
    "values_url_encoded": "url-encoded values were signed: sign them before they are encoded",
    "wrong_charset": "another charset than UTF-8 was signed",
    "sign_included": "`sign` itself was signed: leave it out",
    "other_included": "`other` was signed: leave it out",
    "blank_included": "blank parameters were signed: leave them out",
    "not_sorted": "the names are not sorted: sort them by their bytes",
    "sorted_ignoring_case": "the names were sorted whatever their case: sort them by their bytes",
    "separators": "`=` and `&` were signed: names and values follow each other bare",
    "hmac": "HMAC-MD5 was used: JD takes plain MD5 with the secret at both ends",
    "access_token_as_secret": "the access token was taken for the app's secret",
    "app_key_as_secret": "the app_key was taken for the app's secret",
    "app_id_as_secret": "the App ID was taken for the app's secret",
}
"""Every mistake that is known here, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """What a wrong signature should have been, and what went wrong."""

    mistakes: tuple[str, ...]
    """Names from `MISTAKES` that together give the signature that was sent; none: unknown."""
    explanation: str
    expected: str
    """The exact text to take the MD5 of, with the secret and the token masked."""

    def describe(self) -> dict[str, object]:
        """Show it as JSON."""
        return {
            "mistakes": list(self.mistakes),
            "explanation": self.explanation,
            "expected": self.expected,
        }


def find_near_miss(
    parameters: Mapping[str, str], *, in_query: int, secret: str, app_id: str
) -> NearMiss:
    """Explain a wrong signature.

    Args:
        parameters: Everything that was sent, decoded, those of the query first.
        in_query: How many of them came in the query.
        secret: The app's secret.
        app_id: The app's id, which is no part of a call and often taken for the secret.
    """
    sent = parameters.get("sign", "").strip()
    expected = _masked(parameters)
    found = None
    explanation = "no common mistake gives this signature: most likely the secret is another one"
    if len(expected) > _LONGEST:
        explanation = "too long to look for mistakes"
    else:
        found = _find(sent.upper(), parameters, in_query, _ways(parameters, secret, app_id))
    mistakes = found or ()
    if found is not None:
        mistakes = found if sent == sent.upper() else (*found, "lower_case")
        explanation = "; ".join(MISTAKES[name] for name in mistakes)
    return NearMiss(mistakes=mistakes, explanation=explanation, expected=expected[:_KEPT])


def _find(
    wanted: str, parameters: Mapping[str, str], in_query: int, ways: list[_Way]
) -> tuple[str, ...] | None:
    """Try one mistake after another, then two of different kinds at a time."""
    texts = list(_texts(parameters, in_query))
    charsets = ("utf-8",) if all(text.isascii() for _, text in texts) else _CHARSETS
    tried = [
        (tuple(name for name in (way, text_mistake, _MISTAKE_OF[charset]) if name), sign, data)
        for text_mistake, text in texts
        for charset in charsets
        for data in (text.encode(charset, _on_error(charset)),)
        for way, sign in ways
    ]
    for most in (1, 2):
        for mistakes, sign, data in tried:
            if len(mistakes) in (most, most - 1) and sign(data) == wanted:
                return mistakes
    return None


def _ways(parameters: Mapping[str, str], secret: str, app_id: str) -> list[_Way]:
    """List the ways to bring the secret in, the right one first."""
    key = secret.encode()
    taken_for_it = {
        "access_token_as_secret": parameters.get("access_token", ""),
        "app_key_as_secret": parameters.get("app_key", ""),
        "app_id_as_secret": app_id,
    }
    return [
        ("", partial(_md5_between, key, key)),
        ("secret_missing_in_front", partial(_md5_between, b"", key)),
        ("secret_missing_at_the_end", partial(_md5_between, key, b"")),
        ("secret_missing", partial(_md5_between, b"", b"")),
        ("hmac", partial(_hmac, key)),
        *(
            (mistake, partial(_md5_between, other, other))
            for mistake, other in (
                (mistake, text.encode("utf-8", "surrogateescape"))
                for mistake, text in taken_for_it.items()
            )
        ),
    ]


def _texts(parameters: Mapping[str, str], in_query: int) -> Iterator[_Text]:
    """List what may have been signed between the secrets, the right text first."""
    names = list(parameters)
    query, body = names[:in_query], names[in_query:]
    yield "", to_sign(parameters)
    yield "body_forgotten", to_sign({name: parameters[name] for name in query})
    yield "query_forgotten", to_sign({name: parameters[name] for name in body})
    yield "json_left_out", to_sign(_without(parameters, JSON_NAME))
    for text in _json_texts(parameters.get(JSON_NAME, "")):
        yield "json_reserialised", to_sign({**parameters, JSON_NAME: text})
    for encode in _ENCODERS:
        encoded = {name: encode(value) for name, value in parameters.items()}
        yield "values_url_encoded", to_sign(encoded)
        only_json = {**parameters, JSON_NAME: encode(parameters.get(JSON_NAME, ""))}
        yield "values_url_encoded", to_sign(only_json)
    signed = [name for name in sorted(parameters) if name not in UNSIGNED]
    if "other" in parameters:
        with_other = sorted([*signed, "other"])
        yield "other_included", _joined(parameters, with_other)
    yield "sign_included", _joined({**parameters, "sign": ""}, sorted([*signed, "sign"]))
    yield "blank_included", _joined(parameters, signed)
    given = [name for name in signed if name.strip() and parameters[name].strip()]
    yield "not_sorted", _joined(parameters, [name for name in names if name in given])
    yield "sorted_ignoring_case", _joined(parameters, sorted(given, key=str.lower))
    yield "separators", "&".join(f"{name}={parameters[name]}" for name in given)


def _json_texts(text: str) -> Iterator[str]:
    """Write the business JSON in the ways of the usual libraries."""
    stripped = text.strip()
    if stripped != text:
        yield stripped
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    for is_sorted, is_ascii, (separators, indent) in product(
        (False, True),
        (False, True),
        (((",", ":"), None), ((", ", ": "), None), ((",", ": "), 4), ((",", ": "), 2)),
    ):
        yield json.dumps(
            value,
            sort_keys=is_sorted,
            ensure_ascii=is_ascii,
            separators=separators,
            indent=indent,
        )


_ENCODERS: tuple[Callable[[str], str], ...] = (
    lambda value: quote_plus(value, errors="surrogateescape"),
    lambda value: quote(value, safe="", errors="surrogateescape"),
    # encodeURIComponent of JavaScript, and Java's URLEncoder.
    lambda value: quote(value, safe="!'()*~", errors="surrogateescape"),
    lambda value: quote_plus(value, safe="*", errors="surrogateescape"),
)


def _joined(parameters: Mapping[str, str], names: list[str]) -> str:
    return "".join(name + parameters[name] for name in names)


def _without(parameters: Mapping[str, str], name: str) -> dict[str, str]:
    return {other: value for other, value in parameters.items() if other != name}


def _masked(parameters: Mapping[str, str]) -> str:
    token = parameters.get("access_token", "")
    shown = {**parameters, "access_token": "<access_token>"} if token.strip() else parameters
    text = to_sign(shown).encode("utf-8", "backslashreplace").decode()
    return f"<app_secret>{text}<app_secret>"


def _md5_between(front: bytes, back: bytes, data: bytes) -> str:
    return hashlib.md5(front + data + back, usedforsecurity=False).hexdigest().upper()


def _hmac(key: bytes, data: bytes) -> str:
    return hmac.new(key, data, "md5").hexdigest().upper()


def _on_error(charset: str) -> str:
    # Outside of UTF-8 clients put a question mark where a character does not fit.
    return "surrogateescape" if charset == "utf-8" else "replace"
