"""From the bytes that JD sends to what lies inside the envelope, or to the decision it asks for.

Source: contracts/jd/definitions/errors.json and each method's response.schema.json.
"""

import json
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from pydantic_core import from_json

from adapter.errors import JdAmbiguous, JdAnswer, JdThrottled, JdUnavailable, Misconfigured
from adapter.jd.codes import Refusal, decision_error

_LONGEST_WORDS = 160
_TOO_MANY_CALLS = 429
_FIRST_FAILURE = 300
_WRONG_ADDRESS = frozenset({301, 302, 303, 307, 308, 404, 405, 407})
_SUCCESS_CODES = frozenset({"", "0"})
_FALSE = frozenset({"false", "0", "no", "n"})


class Call(NamedTuple):
    """What a call was, as far as its answer's meaning depends on it."""

    method: str
    """JD's name of the method."""

    writes: bool = False
    """It changes something at JD, so that a lost answer leaves the outcome open."""

    of_record: bool = False
    """It is about one order, SKU or parcel, so that JD's refusal may be that one's fault."""


class Reply(NamedTuple):
    """An HTTP answer, before anything of it is believed."""

    status: int
    """The HTTP status; JD's own errors come with 200, the edge's with others."""

    body: bytes
    """The body, which the edge need not write in JSON."""

    now: datetime
    """This machine's clock at the answer."""

    jd_now: datetime | None = None
    """The answer's Date header."""

    retry_after_s: float | None = None
    """The answer's Retry-After header."""


def opened(reply: Reply, call: Call, *, secrets: Collection[str] = ()) -> dict[str, object]:
    """Take an answer out of its envelope.

    Args:
        reply: What came back.
        call: What was asked.
        secrets: Texts that must not appear in an error, should JD repeat them.

    Returns:
        The object under the first root key, checked for JD's ways to say no.

    Raises:
        AdapterError: JD refused, or what came back is no answer; the type is the decision.
    """
    body = _parsed(reply, call)
    first = next(iter(body.values()))
    inner = first if isinstance(first, dict) else body
    by_platform = "error_response" in body
    if by_platform or _refuses(inner):
        raise decision_error(
            Refusal(
                call.method,
                words(inner, secrets=secrets),
                call.writes,
                call.of_record,
                reply.now,
                reply.jd_now,
                by_platform,
            )
        )
    if reply.status >= _FIRST_FAILURE:
        raise _by_status(reply, call)
    return inner


def refuse(
    reply_at: datetime, call: Call, result: dict[str, object], *, secrets: Collection[str] = ()
) -> None:
    """Raise where a result inside a fine envelope says that the business failed.

    Args:
        reply_at: This machine's clock at the answer.
        call: What was asked.
        result: JD's `apiResult`, `returnType` or the like; one without `success` says nothing.
        secrets: Texts that must not appear in an error.

    Raises:
        AdapterError: The business failed; the type is the decision.
    """
    if _refuses(result):
        answer = words(result, secrets=secrets)
        raise decision_error(Refusal(call.method, answer, call.writes, call.of_record, reply_at))


def words(source: dict[str, object], *, secrets: Collection[str] = ()) -> JdAnswer:
    """Collect JD's own words, whatever names it gives them.

    Args:
        source: An error, a result or a row of one.
        secrets: Texts to strike out.

    Returns:
        Each text in one line of at most 160 characters.
    """
    return JdAnswer(
        code=_code(source),
        message_zh=_first(
            source, ("zh_desc", "chineseErrCode", "errorMessage", "message", "msg"), secrets
        ),
        message_en=_first(source, ("en_desc", "englishErrCode"), secrets),
    )


def says_yes(value: object) -> bool:
    """Tell whether JD's `success` means yes; what is missing is not a no.

    Args:
        value: A truth value, or its text or number.
    """
    return value is None or str(value).strip().lower() not in _FALSE


def _parsed(reply: Reply, call: Call) -> dict[str, object]:
    try:
        return _object_in(reply.body)
    except ValueError as error:
        if reply.status >= _FIRST_FAILURE:
            raise _by_status(reply, call) from error
        raise _nothing_said(call, f"{call.method}: {error}") from error


def _object_in(raw: bytes) -> dict[str, object]:
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        form = "they read as GB18030" if _is_gb18030(raw) else "nor GB18030"
        message = f"JD sent bytes that are not UTF-8 ({form})"
        raise ValueError(message) from error
    try:
        body = _loaded(text)
    except (ValueError, RecursionError) as error:
        message = "the answer is not JSON"
        raise ValueError(message) from error
    if not isinstance(body, dict) or not body:
        message = "the answer is not an object"
        raise ValueError(message)
    return body


def _loaded(text: str) -> object:
    """Read JSON, also with half an emoji or a raw control character in a buyer's remark.

    JD cuts texts by length, which may split a surrogate pair; the strict and fast reader refuses
    the whole page for it.
    """
    try:
        return from_json(text)
    except ValueError:
        return json.loads(
            json.dumps(json.loads(text, strict=False), ensure_ascii=False)
            .encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
        )


def _is_gb18030(body: bytes) -> bool:
    try:
        body.decode("gb18030")
    except UnicodeDecodeError:
        return False
    return True


def _refuses(source: dict[str, object]) -> bool:
    return str(source.get("code") or "") not in _SUCCESS_CODES or not says_yes(
        source.get("success")
    )


def _code(source: dict[str, object]) -> str:
    told = [str(source.get(name) or "").strip() for name in ("code", "errorCode", "numberCode")]
    return _clean(next((code for code in told if code not in _SUCCESS_CODES), ""), ())


def _first(source: dict[str, object], names: tuple[str, ...], secrets: Collection[str]) -> str:
    for name in names:
        value = source.get(name)
        if isinstance(value, str) and value.strip():
            return _clean(value, secrets)
    return ""


def _clean(text: str, secrets: Collection[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "***") if secret else text
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_WORDS else line[: _LONGEST_WORDS - 1] + "…"


def _nothing_said(call: Call, message: str) -> JdUnavailable:
    return JdAmbiguous(message) if call.writes else JdUnavailable(message)


def _by_status(reply: Reply, call: Call) -> JdThrottled | JdUnavailable | Misconfigured:
    message = f"{call.method}: HTTP status {reply.status}"
    if reply.status == _TOO_MANY_CALLS:
        return JdThrottled(message, retry_after_s=reply.retry_after_s)
    if reply.status in _WRONG_ADDRESS:
        remedy = "Check the address: what answers there is not JD's gateway."
        return Misconfigured(message, remedy=remedy, field="API Endpoint")
    error = _nothing_said(call, message)
    error.retry_after_s = reply.retry_after_s
    return error
