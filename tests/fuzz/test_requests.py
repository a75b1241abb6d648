"""Whatever a caller sends, the simulator answers as JD would: no crash, no 5xx, no traceback."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlencode, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from jd_simulator.testing import SandboxHandle, serve_in_thread
from jd_simulator.wire import JSON_NAME
from tests.fuzz.generated import ANY_JSON, EXAMPLES, fuzzed, json_of, spoilt
from tests.jd_shop import AnswerReferee, signed

pytestmark = pytest.mark.slow

METHODS = [name for name in contracts.jd_methods() if contracts.jd_method(name).request_examples]
NESTED_TOO_DEEP = {"pop.order.partial.outship"}
"""The generator takes seconds for one example of these; spoilt examples are made of them too."""
SHARE = EXAMPLES // 50
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Caller:
    """A client that keeps its connection and looks at every answer."""

    def __init__(self, sandbox: SandboxHandle) -> None:
        """Call as the app of `sandbox`."""
        self.sandbox = sandbox
        address = urlsplit(sandbox.endpoint)
        self.connection = http.client.HTTPConnection(address.hostname or "", address.port)

    def send(self, target: str, body: bytes, headers: dict[str, str] | None = None) -> int:
        """Send a request, fail on a crash, and give the status."""
        self.connection.request("POST", target, body, headers or FORM)
        answer = self.connection.getresponse()
        text = answer.read()

        assert answer.status < 500, text
        assert b"Traceback" not in text
        return answer.status

    def call(self, method: str, text: str) -> None:
        """Make a signed call with any business JSON; its answer is one of JD's."""
        form = signed(self.sandbox, method, text)
        assert self.send("/routerjson", urlencode(form, errors="surrogatepass").encode()) == 200
        crashed = [entry.traceback for entry in self.sandbox.journal[-1:] if entry.traceback]
        assert not crashed, crashed


@pytest.fixture(scope="module")
def shop() -> Iterator[Caller]:
    """Run a shop for all examples, with orders in it; its answers are held to the contracts."""
    referee = AnswerReferee()
    with serve_in_thread() as simulator:
        simulator.on_answer = referee
        sandbox = simulator.create_sandbox(seed=9, sku_count=10, order_count=20, journal_size=5)
        caller = Caller(sandbox)
        with closing(caller.connection):
            yield caller
        assert sandbox.invariants()["crashes"] == 0
    referee.verify()


def full_name(method: str) -> str:
    """Give a method's name on the wire."""
    return contracts.jd_method(method).full_name


@pytest.mark.timeout(0)
@pytest.mark.parametrize("method", [name for name in METHODS if name not in NESTED_TOO_DEEP])
def test_requests_outside_the_contract_are_refused_not_crashed_on(
    method: str, shop: Caller
) -> None:
    """Business parameters that break the method's schema."""

    @fuzzed(SHARE // 8)
    @given(arguments=json_of(contracts.jd_method(method).request_schema, obeying=False))
    def holds(arguments: contracts.Json) -> None:
        shop.call(full_name(method), json.dumps(arguments))

    holds()
    assert shop.sandbox.journal


@pytest.mark.timeout(0)
@pytest.mark.parametrize("method", METHODS)
def test_spoilt_requests_are_answered(method: str, shop: Caller) -> None:
    """Legal requests with values gone, doubled or replaced by anything."""
    examples = list(contracts.jd_method(method).request_examples.values())

    @fuzzed(SHARE)
    @given(arguments=spoilt(examples))
    def holds(arguments: contracts.Json) -> None:
        shop.call(full_name(method), json.dumps(arguments, ensure_ascii=False))

    holds()
    assert shop.sandbox.journal


@fuzzed(SHARE * 2)
@given(method=st.sampled_from(METHODS), text=st.text(max_size=60) | ANY_JSON.map(json.dumps))
def test_any_text_is_taken_for_business_json(shop: Caller, method: str, text: str) -> None:
    """No text in the place of the JSON brings a method down."""
    shop.call(full_name(method), text)

    assert shop.sandbox.journal


@fuzzed(SHARE * 2)
@given(
    body=st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from(["method", "app_key", "timestamp", "v", "sign", "format", JSON_NAME, "x"]),
        st.text(st.characters(codec="utf-8"), max_size=30),
    ).map(lambda form: urlencode(form).encode()),
    kind=st.sampled_from(["application/json", "text/plain; charset=moon", "multipart/form-data"]),
)
def test_any_bytes_are_answered(shop: Caller, body: bytes, kind: str) -> None:
    """Unsigned, undecodable, under any content type."""
    assert shop.send("/routerjson", body, {"Content-Type": kind}) == 200
