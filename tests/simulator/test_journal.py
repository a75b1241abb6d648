"""The journal tells what was sent, holds no secret, and stays within its bounds."""

import json

import aiohttp
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.checks import verdicts
from jd_simulator.journal import Entry, Journal, Placement, masked
from jd_simulator.testing import SandboxHandle
from tests.jd_shop import call, signed

GET = "jingdong.pop.order.get"
PLACEMENT = Placement(in_query=0, content_type="", body_bytes=0)


def opened(parameters: dict[str, str]) -> Entry:
    """Begin an entry."""
    return Journal(10).open(at=0.0, verb="POST", parameters=parameters, placement=PLACEMENT)


@given(st.dictionaries(st.text(), st.text(alphabet=st.characters()), max_size=60))
def test_whatever_was_sent_can_be_shown(parameters: dict[str, str]) -> None:
    """Half surrogates, which stand for bytes that were no UTF-8, become escapes."""
    entry = opened(parameters)

    json.dumps(entry.shown_parameters(), ensure_ascii=False).encode()


def test_no_secret_is_kept() -> None:
    """Tokens and signatures show their end, and an app secret that was sent by mistake too."""
    secret = "0123456789abcdef"
    names = ("access_token", "sign", "app_secret", "refresh_token")
    entry = opened(dict.fromkeys(names, secret))

    assert set(entry.parameters.values()) == {"…cdef"}
    assert masked("short") == "…"


def test_an_entry_is_bounded() -> None:
    """A megabyte of parameters, names and notes is not kept."""
    entry = opened({f"{number}{'n' * 200}": "v" * 100_000 for number in range(100)})
    entry.notes = ["x" * 1000] * 1000
    entry.bound_notes()
    entry.keep_arguments({"a": 1}, 10**6)
    entry.keep_answer(b"y" * 10**6)

    assert len(json.dumps(entry.shown_parameters())) < 40_000
    assert len(entry.notes) == 41
    assert entry.notes[-1] == "… and 960 more"
    assert entry.arguments is None
    assert len(entry.answer_text or "") < 20_000


def test_only_the_last_calls_are_kept() -> None:
    """The numbers go on; the oldest entries go."""
    journal = Journal(3)
    for _ in range(5):
        journal.open(at=0.0, verb="GET", parameters={}, placement=PLACEMENT)

    assert [entry.number for entry in journal] == [3, 4, 5]
    assert [entry.number for entry in journal.after(4)] == [5]


async def test_a_call_tells_its_checks_in_order(sandbox: SandboxHandle) -> None:
    """Passed, failed and not reached; a call that passes all has no other verdict."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    wanted = {"order_id": str(order.order_id), "optional_fields": "orderId"}
    await call(sandbox, GET, wanted)
    await call(sandbox, GET, wanted, access_token="wrong")
    await call(sandbox, GET, {"order_id": "1", "optional_fields": "shoe"})
    passed, stopped, inside = (verdicts(entry) for entry in sandbox.journal)

    assert {verdict for _, verdict in passed} == {"passed"}
    assert [name for name, _ in passed[:3]] == ["method", "app_key", "version"]
    assert dict(stopped)["signature"] == "passed"
    assert dict(stopped)["token"] == "failed"
    assert dict(stopped)["parameters"] == "not reached"
    assert inside[-1] == ("parameters", "failed")


async def test_a_call_tells_how_it_travelled(sandbox: SandboxHandle) -> None:
    """Which parameters came in the query, what the body called itself, and how long it took."""
    parameters = signed(sandbox, GET, '{"order_id": "1", "optional_fields": "orderId"}')
    in_query = {name: parameters.pop(name) for name in ("method", "app_key")}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{sandbox.endpoint}/routerjson", params=in_query, data=parameters
        ) as response,
    ):
        await response.read()
    entry = sandbox.journal[-1]

    assert list(entry.parameters)[: entry.placement.in_query] == ["method", "app_key"]
    assert entry.placement.content_type == "application/x-www-form-urlencoded"
    assert entry.placement.body_bytes > 100
    assert entry.took_ms is not None


async def test_bytes_that_are_no_utf8_are_refused_and_shown(sandbox: SandboxHandle) -> None:
    """A body in GBK gets JD's 13 for its JSON; the journal shows the bytes as escapes."""
    text = '{"order_id":"1","optional_fields":"orderId","remark":"备注"}'
    latin = text.encode("gbk").decode("utf-8", "surrogateescape")
    parameters = signed(sandbox, GET, latin)
    body = "&".join(f"{name}={value}" for name, value in parameters.items())
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{sandbox.endpoint}/routerjson",
            data=body.encode("utf-8", "surrogateescape"),
            headers={"Content-Type": "application/x-www-form-urlencoded;charset=GBK"},
        ) as response,
    ):
        answer = await response.json()
    entry = sandbox.journal[-1]

    assert answer["error_response"]["code"] == "13"
    assert entry.failed_check == "format"
    assert "\\udcb1" in entry.shown_parameters()["360buy_param_json"]
