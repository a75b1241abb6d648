"""A wrong signature is explained by the mistake that gives it."""

import hashlib
import hmac
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.near_miss import MISTAKES, find_near_miss
from jd_simulator.testing import SandboxHandle
from jd_simulator.wire import JSON_NAME, signature, to_sign
from tests.jd_shop import call

SECRET = "not-so-secret-0123456789"
APP_ID = "app-0123"
GET = "jingdong.pop.order.get"
SENT = {
    "method": GET,
    "app_key": "key-1",
    "access_token": "token-0123456789",
    "timestamp": "2026-11-23 16:54:18",
    "v": "2.0",
    "Zone": "cn",
    "format": " ",
    "other": "whatever",
    JSON_NAME: '{"order_id": "1", "remark": "备注 50%+1 & a=b"}',
}
NAMES = sorted(name for name in SENT if name != "other")
GIVEN = [name for name in NAMES if SENT[name].strip()]
ORDERED = [name for name in SENT if name in GIVEN]


def md5(data: bytes) -> str:
    """Take the MD5 as JD writes it."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest().upper()


def around(text: str, charset: str = "utf-8", secret: str = SECRET) -> str:
    """Sign a text with a secret at both ends."""
    return md5(secret.encode() + text.encode(charset, "replace") + secret.encode())


def joined(values: dict[str, str], names: list[str]) -> str:
    """Put names and values behind each other."""
    return "".join(name + values[name] for name in names)


def explain(sign: str, in_query: int = len(SENT)) -> tuple[str, ...]:
    """Name the mistakes behind a signature."""
    parameters = {**SENT, "sign": sign}
    miss = find_near_miss(parameters, in_query=in_query, secret=SECRET, app_id=APP_ID)
    return miss.mistakes


TEXT = to_sign(SENT)
COMPACT = json.dumps(json.loads(SENT[JSON_NAME]), separators=(",", ":"), ensure_ascii=False)
WRONG = {
    "lower_case": around(TEXT).lower(),
    "secret_missing_in_front": md5(f"{TEXT}{SECRET}".encode()),
    "secret_missing_at_the_end": md5(f"{SECRET}{TEXT}".encode()),
    "secret_missing": md5(TEXT.encode()),
    "json_reserialised": around(to_sign({**SENT, JSON_NAME: COMPACT})),
    "json_left_out": around(to_sign({**SENT, JSON_NAME: ""})),
    "values_url_encoded": around(to_sign({k: quote_plus(v) for k, v in SENT.items()})),
    "wrong_charset": around(TEXT, "gb18030"),
    "sign_included": around(joined({**SENT, "sign": ""}, sorted([*NAMES, "sign"]))),
    "other_included": around(joined(SENT, sorted([*NAMES, "other"]))),
    "blank_included": around(joined(SENT, NAMES)),
    "not_sorted": around(joined(SENT, ORDERED)),
    "sorted_ignoring_case": around(joined(SENT, sorted(GIVEN, key=str.lower))),
    "separators": around("&".join(f"{name}={SENT[name]}" for name in GIVEN)),
    "hmac": hmac.new(SECRET.encode(), TEXT.encode(), "md5").hexdigest().upper(),
    "access_token_as_secret": around(TEXT, secret=SENT["access_token"]),
    "app_key_as_secret": around(TEXT, secret=SENT["app_key"]),
    "app_id_as_secret": around(TEXT, secret=APP_ID),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_each_common_mistake_is_recognised(mistake: str) -> None:
    """The signature that it gives names it, and nothing else."""
    assert explain(WRONG[mistake]) == (mistake,)


@pytest.mark.parametrize(
    "encode",
    [
        lambda value: quote(value, safe=""),
        lambda value: quote(value, safe="!'()*~"),
        lambda value: quote_plus(value, safe="*"),
    ],
    ids=["percent", "javascript", "java"],
)
def test_each_way_of_encoding_is_recognised(encode: object) -> None:
    """Spaces as plus or as %20, of the JSON alone or of every value."""
    assert callable(encode)
    only_json = {**SENT, JSON_NAME: encode(SENT[JSON_NAME])}

    assert explain(around(to_sign(only_json))) == ("values_url_encoded",)


@pytest.mark.parametrize(
    ("mistake", "signed"), [("body_forgotten", slice(0, 6)), ("query_forgotten", slice(6, None))]
)
def test_a_forgotten_place_is_recognised(mistake: str, signed: slice) -> None:
    """Only what came in the query, or only what came in the body, was signed."""
    part = dict(list(SENT.items())[signed])

    assert explain(around(to_sign(part)), in_query=6) == (mistake,)


def test_two_mistakes_at_once_are_recognised() -> None:
    """One in the text and one in the secret, in lower case on top."""
    text = to_sign({**SENT, JSON_NAME: COMPACT})
    sign = md5(f"{SECRET}{text}".encode()).lower()

    assert explain(sign) == ("secret_missing_at_the_end", "json_reserialised", "lower_case")


def test_every_mistake_is_tried_somewhere_here() -> None:
    """The table of mistakes holds nothing that no test gives."""
    assert set(MISTAKES) == {*WRONG, "body_forgotten", "query_forgotten"}


@given(st.text(max_size=64))
def test_what_is_no_known_mistake_says_so(sign: str) -> None:
    """Whatever a caller sends as a signature is answered without a crash."""
    miss = find_near_miss(
        {**SENT, "sign": sign}, in_query=3, secret="another secret altogether", app_id=APP_ID
    )

    assert miss.mistakes == ()
    assert "the secret is another one" in miss.explanation


@given(st.dictionaries(st.text(max_size=8), st.text(max_size=30), max_size=6))
def test_expected_text_is_exact_with_its_secrets_masked(values: dict[str, str]) -> None:
    """Unmasking it gives the very text whose MD5 JD expects; neither secret stands in it."""
    sent = {**SENT, **values}
    miss = find_near_miss(sent, in_query=3, secret=SECRET, app_id=APP_ID)
    text = miss.expected.replace("<app_secret>", SECRET)
    token = sent["access_token"]

    assert md5(text.replace("<access_token>", token).encode()) == signature(SECRET, sent)
    assert SECRET not in miss.expected
    assert token.strip() not in miss.expected


def test_a_long_call_is_not_searched_through() -> None:
    """Mistakes of a very long text would take too long; the beginning of it is shown."""
    sent = {**SENT, JSON_NAME: "x" * 100_000, "sign": "0"}
    miss = find_near_miss(sent, in_query=3, secret=SECRET, app_id=APP_ID)

    assert miss.explanation == "too long to look for mistakes"
    assert len(miss.expected) < 20_000


async def test_the_journal_tells_the_near_miss(sandbox: SandboxHandle) -> None:
    """JD says 12 and no more; the journal says which mistake it was, and holds no secret."""
    answer = await call(sandbox, GET, {"order_id": "1"}, sign="0" * 32)
    entry = sandbox.journal[-1]

    assert answer["error_response"]["code"] == "12"
    assert entry.near_miss is not None
    assert f"<app_secret>{JSON_NAME}" in entry.near_miss.expected
    assert sandbox.app_secret not in entry.near_miss.expected
    assert sandbox.access_token not in entry.near_miss.expected
