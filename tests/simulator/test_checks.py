"""The gateway refuses calls with JD's codes, and in JD's order."""

import json
from urllib.parse import quote_from_bytes

import aiohttp
import pytest

import contracts
from jd_simulator.testing import SandboxHandle
from jd_simulator.wire import JSON_NAME, signature
from tests.jd_shop import call, signed

GET = "jingdong.pop.order.get"
LEGAL = {"order_id": "1", "optional_fields": "orderId"}


def code_of(answer: dict[str, dict[str, str]]) -> str:
    """Take the code of an error, whose words must be those of the contract."""
    error = answer["error_response"]
    known = contracts.jd_error_codes()[error["code"]]
    assert error["zh_desc"].startswith(known.zh)
    assert error["en_desc"].startswith(known.en)
    return error["code"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": None}, "14"),
        ({"method": ""}, "14"),
        ({"method": "jingdong.no.such"}, "15"),
        ({"method": "JINGDONG.POP.ORDER.GET"}, "15"),
        ({"app_key": None}, "20"),
        ({"app_key": "nobody"}, "21"),
        ({"v": None}, "4"),
        ({"v": "1.0"}, "5"),
        ({"v": "two"}, "6"),
        ({"timestamp": None}, "7"),
        ({"timestamp": "yesterday"}, "8"),
        ({"timestamp": "2020-01-01 00:00:00"}, "8"),
        ({"timestamp": "2020-01-01 00:00:00" + " " * 50}, "8"),
        ({"sign": None}, "11"),
        ({"sign": "0" * 32}, "12"),
        ({"access_token": None}, "18"),
        ({"access_token": "stolen"}, "19"),
        ({"format": "xml"}, "13"),
        ({JSON_NAME: "{"}, "63"),
        ({JSON_NAME: '{"a": NaN}'}, "63"),
        ({JSON_NAME: '{"a": 1e999}'}, "63"),
        ({JSON_NAME: "[" * 100_000}, "63"),
        ({JSON_NAME: "[1]"}, "62"),
        ({JSON_NAME: '{"order_id": "\\ud83d"}'}, "62"),
        ({JSON_NAME: "{}"}, "60"),
        ({JSON_NAME: None}, "60"),
        ({JSON_NAME: '{"order_id": "x", "optional_fields": "orderId"}'}, "61"),
        ({JSON_NAME: '{"order_id": "1", "optional_fields": "orderId,shoeSize"}'}, "68"),
    ],
)
async def test_each_mistake_has_its_code(
    sandbox: SandboxHandle, changes: dict[str, str | None], code: str
) -> None:
    """A call with one thing wrong is refused with just that code, in both languages."""
    answer = await call(sandbox, GET, LEGAL, **changes)

    assert code_of(answer) == code


async def test_checks_come_in_order(sandbox: SandboxHandle) -> None:
    """With everything wrong at once, mending one thing after the other walks through the codes."""
    sandbox.remove_scope(GET)
    wrong: dict[str, str | None] = {
        "method": "no.such",
        "app_key": "nobody",
        "v": "1.0",
        "timestamp": "2020-01-01 00:00:00",
        "sign": "wrong",
        "access_token": "wrong",
        JSON_NAME: "{",
    }
    codes = []
    for mended in ("", "method", "app_key", "v", "timestamp", "sign", "access_token"):
        wrong.pop(mended, None)
        codes.append(code_of(await call(sandbox, GET, LEGAL, **wrong)))
    sandbox.restore_scope(GET)
    codes.append(code_of(await call(sandbox, GET, LEGAL, **wrong)))
    codes.append(code_of(await call(sandbox, GET, {})))

    assert codes == ["15", "21", "5", "8", "12", "19", "24", "63", "60"]


@pytest.mark.parametrize(
    ("skew_s", "is_taken"), [(-350, True), (350, True), (-370, False), (370, False)]
)
async def test_timestamp_may_be_six_minutes_off(
    sandbox: SandboxHandle, skew_s: int, *, is_taken: bool
) -> None:
    """The sandbox's own clock counts, wherever it stands."""
    sandbox.clock.set(1_800_000_000)
    sandbox.clock.freeze()
    parameters = signed(sandbox, GET, json.dumps(LEGAL))
    sandbox.clock.advance(skew_s)

    answer = await call(sandbox, GET, LEGAL, timestamp=parameters["timestamp"])

    assert ("error_response" not in answer) == is_taken


async def test_signature_over_other_text_than_was_sent_is_refused(sandbox: SandboxHandle) -> None:
    """JSON that was re-serialised after signing does not pass."""
    pretty = signed(sandbox, GET, json.dumps(LEGAL, indent=2))

    assert code_of(await call(sandbox, GET, LEGAL, sign=pretty["sign"])) == "12"


async def test_lower_case_signature_is_refused(sandbox: SandboxHandle) -> None:
    """The signature is upper-case hexadecimal."""
    parameters = signed(sandbox, GET, json.dumps(LEGAL))

    answer = await call(
        sandbox, GET, LEGAL, timestamp=parameters["timestamp"], sign=parameters["sign"].lower()
    )

    assert code_of(answer) == "12"


async def test_expired_token_is_refused_until_it_is_rotated(sandbox: SandboxHandle) -> None:
    """After its life a token is void, and so is the old one after a rotation."""
    old = sandbox.access_token
    sandbox.expire_token()
    expired = await call(sandbox, GET, LEGAL)
    sandbox.rotate_tokens()

    assert code_of(expired) == "19"
    assert "error_response" not in await call(sandbox, GET, LEGAL)
    assert code_of(await call(sandbox, GET, LEGAL, access_token=old)) == "19"


async def test_bytes_that_are_no_utf8_are_refused_after_the_signature(
    sandbox: SandboxHandle,
) -> None:
    """A GB18030 client that signs its own bytes gets 13, not 12."""
    latin = "\udcb1\udcb8"
    parameters = signed(sandbox, GET, f'{{"order_id": "{latin}"}}')

    assert signature(sandbox.app_secret, parameters) == parameters["sign"]
    assert code_of(await call_bytes(sandbox, parameters)) == "13"


async def call_bytes(
    sandbox: SandboxHandle, parameters: dict[str, str]
) -> dict[str, dict[str, str]]:
    """Send parameters that hold bytes which are no UTF-8."""
    body = "&".join(
        f"{name}={quote_from_bytes(value.encode('utf-8', 'surrogateescape'))}"
        for name, value in parameters.items()
    )
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.endpoint}/routerjson", data=body.encode()) as response,
    ):
        answer: dict[str, dict[str, str]] = await response.json()
        return answer
