import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import (
    AdapterError,
    JdAmbiguous,
    JdAuthError,
    JdRejected,
    JdThrottled,
    JdUnavailable,
    Misconfigured,
)
from adapter.jd.answers import Call, Reply, opened, refuse, words
from contracts import jd_method, jd_methods

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
READ = Call("jingdong.pop.order.get", of_record=True)
WRITE = Call("jingdong.ware.stock.sku.set", writes=True, of_record=True)
EXAMPLES = {
    f"{method}: {name}": body
    for method in jd_methods()
    for name, body in jd_method(method).response_examples.items()
}


def a_reply(body: bytes | str | dict[str, Any], *, status: int = 200) -> Reply:
    """Let JD answer."""
    if isinstance(body, dict):
        body = json.dumps(body, ensure_ascii=False)
    raw = body.encode() if isinstance(body, str) else body
    return Reply(status=status, body=raw, now=NOW, retry_after_s=3)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if ": error-" in name])
def test_each_error_of_the_contract_is_raised(name: str) -> None:
    """All three shapes of an error say no, whether their code is text or a number."""
    with pytest.raises(AdapterError) as caught:
        opened(a_reply(EXAMPLES[name]), READ)

    assert "jingdong.pop.order.get" in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "name", [name for name in EXAMPLES if ": success-" in name or ": odd-" in name]
)
def test_each_answer_of_the_contract_is_opened(name: str) -> None:
    """Whatever the envelope is called, the object in it is the answer."""
    assert opened(a_reply(EXAMPLES[name]), READ) == next(iter(EXAMPLES[name].values()))


@pytest.mark.parametrize("error", [JdUnavailable, JdAmbiguous])
@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 200),
        (b"<html>", 200),
        (b"[]", 200),
        (b"{}", 200),
        (b'{"a": {"code": "0"', 200),
        (b"[" * 100_000, 200),
        ("{订单}".encode("gb18030"), 200),
        (b"\xff\xfe\xff", 200),
        (b"<html>", 502),
        (b"\xff\xfe\xff", 503),
        (b'{"a_responce": {"code": "0"}}', 500),
    ],
    ids=repr,
)
def test_an_answer_that_says_nothing_leaves_a_write_open(
    body: bytes, status: int, error: type[AdapterError]
) -> None:
    """A read may be tried again; of a write nobody knows whether it was done."""
    call = WRITE if error is JdAmbiguous else READ
    with pytest.raises(JdUnavailable) as caught:
        opened(a_reply(body, status=status), call)

    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("body", "form"),
    [("{订单}".encode("gb18030"), "they read as GB18030"), (b"\xff\xfe\xff", "nor GB18030")],
)
def test_bytes_that_are_not_utf8_are_told_with_their_sender(body: bytes, form: str) -> None:
    """The diagnosis names which side sent them, and what they look like."""
    with pytest.raises(JdUnavailable) as caught:
        opened(a_reply(body), READ)

    assert "JD sent bytes that are not UTF-8" in str(caught.value)
    assert form in str(caught.value)


def test_half_an_emoji_does_not_spoil_an_answer() -> None:
    """JD cuts texts by length, through the middle of a character or behind a control sign."""
    body = rb'{"a_responce": {"code": "0", "remark": "ok \ud83d", "next": "tab' + b'\t"}}'
    inner = opened(a_reply(body), READ)

    assert inner["remark"] == "ok \ufffd"
    assert inner["next"] == "tab\t"


def test_too_many_calls_wait_as_long_as_told() -> None:
    """The edge refuses before anything is done, so that not even a write is ambiguous."""
    with pytest.raises(JdThrottled) as caught:
        opened(a_reply("slow down", status=429), WRITE)

    assert caught.value.retry_after_s == 3


@pytest.mark.parametrize("status", [302, 404, 407])
def test_what_is_not_jds_gateway_is_a_setting_to_change(status: int) -> None:
    """A redirect or a missing page means that the address is another's."""
    with pytest.raises(Misconfigured) as caught:
        opened(a_reply("<html>", status=status), READ)

    assert caught.value.field == "API Endpoint"


def test_jds_own_error_counts_more_than_the_status() -> None:
    """An error that names its code is read whatever status carries it."""
    body = {"error_response": {"code": 12, "zh_desc": "无效签名", "en_desc": "Invalid Signature"}}
    with pytest.raises(JdAuthError) as caught:
        opened(a_reply(body, status=403), READ)

    assert caught.value.answer.message_zh == "无效签名"
    assert caught.value.answer.code == "12"


@pytest.mark.parametrize("no", [False, "false", "False", 0, "0"], ids=repr)
def test_success_may_be_denied_in_several_ways(no: object) -> None:
    """A fine envelope does not make the business fine."""
    with pytest.raises(JdRejected):
        refuse(NOW, READ, {"success": no, "numberCode": 10100021})


@pytest.mark.parametrize("yes", [True, "true", 1, "1", None], ids=repr)
def test_a_success_that_carries_a_number_is_a_success(yes: object) -> None:
    """A number beside a success means nothing."""
    result = {"success": yes, "numberCode": 100, "errorCode": "x"}
    refuse(NOW, READ, result)

    assert words(result).code == "x"


@given(text=st.text(max_size=500), secret=st.text(min_size=4, max_size=20))
def test_jds_words_are_one_short_line_without_secrets(text: str, secret: str) -> None:
    """What JD says is shown to people, so it must not break a line or repeat a secret."""
    said = words({"code": "1", "zh_desc": text + secret}, secrets=[secret]).message_zh

    assert secret not in said or secret in "***"
    assert len(said) <= 160
    assert len(said.splitlines()) <= 1
