import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from urllib.parse import parse_qs

import httpx
import jsonschema_rs
import pytest
from typing_extensions import override

from adapter.errors import (
    AdapterError,
    ClockSkew,
    JdAmbiguous,
    JdAuthError,
    JdRejected,
    JdThrottled,
    JdUnavailable,
    MalformedRecord,
    ScopeError,
)
from adapter.jd.budget import CallBudget, Turn
from adapter.jd.client import Credentials, JdClient
from adapter.jd.connection import checked_endpoint, http_client
from adapter.jd.signing import sign
from adapter.rules.budget import Lane, Share
from contracts import jd_method, jd_methods
from jd_simulator.testing import SandboxHandle, serve

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
METHODS = {jd_method(name).full_name: jd_method(name) for name in jd_methods()}
VALIDATORS = {
    name: jsonschema_rs.Draft202012Validator(method.request_schema, validate_formats=True)
    for name, method in METHODS.items()
}

Act = Callable[[JdClient], Any]

CALLS: dict[str, Act] = {
    "pop.order.search": lambda jd: jd.search_orders(
        since=NOW - timedelta(hours=1), until=NOW, page=1, page_size=100
    ),
    "pop.order.get": lambda jd: jd.get_order("312846095517"),
    "ware.stock.sku.set": lambda jd: jd.set_stock(
        stock_ref="ref-1", quantities={"100043217781": 3, "100043217799": 0}
    ),
    "ware.stock.sku.query": lambda jd: jd.query_stock("100043217781"),
    "sku.read.searchSkuList": lambda jd: jd.list_skus(
        page=1, modified_since=NOW - timedelta(days=1), modified_until=NOW
    ),
    "pop.order.shipment": lambda jd: jd.ship_order(
        order_id="312846095517", carrier_ids=["467"], waybills=["SF1399012345678"]
    ),
    "vender.all.delivery.company": lambda jd: jd.carriers(),
}
WRITES = {"ware.stock.sku.set", "pop.order.shipment"}
MORE_CALLS: dict[str, Act] = {
    "waiting": lambda jd: jd.search_waiting_orders(page=2, page_size=10),
    "created": lambda jd: jd.search_orders(
        since=NOW - timedelta(days=30), until=NOW, page=3, page_size=50, by="created"
    ),
    "one-store": lambda jd: jd.set_stock(stock_ref="r", quantities={"1": 2}, store_id="7"),
    "sweep": lambda jd: jd.list_skus(page=1, page_size=10, statuses=("1", "2", "4")),
    "two-carriers": lambda jd: jd.ship_order(
        order_id="1", carrier_ids=["2100", "4700", "2100"], waybills=["a", "c", "b"]
    ),
    "own-delivery": lambda jd: jd.ship_order(order_id="1", carrier_ids=["1274"], waybills=[""]),
}


def a_client(
    http: httpx.AsyncClient,
    *,
    endpoint: str = "https://api.jd.com/routerjson",
    credentials: Credentials | None = None,
    budget: CallBudget | None = None,
    now: Callable[[], datetime] = lambda: NOW,
    on_call: Callable[[str, str, float], None] | None = None,
    call_timeout_s: float = 5,
) -> JdClient:
    """Make a client with a pace that no test waits for."""
    return JdClient(
        http=http,
        endpoint=endpoint,
        credentials=credentials or Credentials("key-1", "geheim-1", "token-1"),
        budget=budget or CallBudget(share=Share(10_000), now=now, monotonic=monotonic),
        now=now,
        call_timeout_s=call_timeout_s,
        on_call=on_call,
    )


def answering(body: object, *, status: int = 200) -> httpx.AsyncClient:
    """Make an HTTP client whose every answer is this."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _request: httpx.Response(status, content=raw))
    )


def failing(error: Exception) -> httpx.AsyncClient:
    """Make an HTTP client whose every call fails like this."""

    def fail(_request: httpx.Request) -> httpx.Response:
        raise error

    return httpx.AsyncClient(transport=httpx.MockTransport(fail))


@pytest.mark.parametrize("act", [*CALLS.values(), *MORE_CALLS.values()], ids=[*CALLS, *MORE_CALLS])
async def test_every_request_is_one_that_jd_takes(act: Act) -> None:
    """Each call is a signed form whose business JSON the method's contract allows."""
    sent: list[httpx.Request] = []

    def keep(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(503)

    with pytest.raises(JdUnavailable):
        await act(a_client(httpx.AsyncClient(transport=httpx.MockTransport(keep))))
    form = {
        name: values[0]
        for name, values in parse_qs(sent[0].content.decode(), keep_blank_values=True).items()
    }
    business = json.loads(form["360buy_param_json"])

    assert sent[0].method == "POST"
    assert VALIDATORS[form["method"]].is_valid(business), business
    assert form["sign"] == sign(form, "geheim-1")
    assert form["timestamp"] == "2026-11-23 12:00:00"
    assert form["access_token"] == "token-1"


@pytest.mark.parametrize(
    ("method", "name"),
    [
        (method, name)
        for method in CALLS
        for name in jd_method(method).response_examples
        if name.startswith(("success-", "odd-")) and name != "odd-unknown-error"
    ],
)
async def test_every_answer_of_the_contract_is_accepted(method: str, name: str) -> None:
    """Legal answers, however odd, bring a noun and no error."""
    jd = a_client(answering(jd_method(method).response_examples[name]))
    noun = await CALLS[method](jd)

    assert noun is not None


@pytest.mark.parametrize(
    ("method", "name"),
    [
        (method, name)
        for method in CALLS
        for name in jd_method(method).response_examples
        if name.startswith(("business-", "error-"))
        and (method, name)
        not in {
            ("pop.order.get", "business-no-such-order"),
            ("pop.order.shipment", "business-already-shipped"),
        }
        and not (method == "ware.stock.sku.set" and name.startswith("business-"))
    ],
)
async def test_every_refusal_of_the_contract_is_raised(method: str, name: str) -> None:
    """A refusal is an error that names its decision and repeats neither key, secret nor token."""
    with pytest.raises(AdapterError) as caught:
        await CALLS[method](a_client(answering(jd_method(method).response_examples[name])))

    assert not any(secret in str(caught.value) for secret in ("key-1", "geheim-1", "token-1"))


@pytest.mark.parametrize("method", CALLS)
@pytest.mark.parametrize(
    "http",
    [
        answering(b"<html>", status=502),
        answering(b"not json"),
        answering({"a_responce": {"code": "0", "unexpected": 1}}),
        answering({"error_response": {"code": "65"}}),
        answering({"error_response": {"code": "4711"}}),
        failing(httpx.ReadTimeout("late")),
        failing(httpx.RemoteProtocolError("gone")),
        failing(ConnectionResetError()),
    ],
    ids=["502", "no-json", "no-noun", "65", "unknown", "time-out", "gone", "reset"],
)
async def test_only_a_write_becomes_ambiguous(method: str, http: httpx.AsyncClient) -> None:
    """What was sent and not answered is open for a write, and nothing for a read."""
    with pytest.raises(JdUnavailable) as caught:
        await CALLS[method](a_client(http))

    assert type(caught.value) is (JdAmbiguous if method in WRITES else JdUnavailable)


@pytest.mark.parametrize("method", CALLS)
async def test_what_was_never_sent_is_not_ambiguous(method: str) -> None:
    """Without a connection JD cannot have carried anything out."""
    with pytest.raises(JdUnavailable) as caught:
        await CALLS[method](a_client(failing(httpx.ConnectError("refused"))))

    assert type(caught.value) is JdUnavailable


@pytest.mark.parametrize(
    ("name", "refused"),
    [
        ("business-one-sku-refused-failures-only", 1),
        ("business-one-sku-refused-lists-all", 1),
        ("business-every-sku-refused", 2),
        ("business-call-refused", 2),
        ("business-too-many-skus", 2),
        ("odd-sku-never-asked-for", 0),
        ("odd-receipt-null", 0),
        ("success-receipt-lists-all", 0),
    ],
)
async def test_a_sku_that_is_not_refused_was_accepted(name: str, refused: int) -> None:
    """JD may list failures only; a call that is refused whole refuses each SKU."""
    body = jd_method("ware.stock.sku.set").response_examples[name]
    receipt = await CALLS["ware.stock.sku.set"](a_client(answering(body)))

    assert len(receipt.refusals) == refused
    assert set(receipt.refusals) <= {"100043217781", "100043217799"}
    assert all(answer.message_zh for answer in receipt.refusals.values())


async def test_an_answer_about_another_sku_is_not_taken() -> None:
    """Its figures would be believed of the wrong listing."""
    body = jd_method("ware.stock.sku.query").response_examples["success-with-bookings"]

    with pytest.raises(JdUnavailable, match="100043217781, not 2"):
        await a_client(answering(body)).query_stock("2")


async def test_a_receipt_for_other_skus_alone_leaves_the_outcome_open() -> None:
    """It answers another call; JD may list failures only, but it lists none of ours."""
    body = jd_method("ware.stock.sku.set").response_examples["odd-sku-never-asked-for"]

    with pytest.raises(JdAmbiguous, match="not asked for"):
        await a_client(answering(body)).set_stock(stock_ref="r", quantities={"7": 1})


async def test_a_busy_jd_may_have_written() -> None:
    """Words that ask to try again are no refusal of the SKUs."""
    body = jd_method("ware.stock.sku.set").response_examples["business-busy"]
    with pytest.raises(JdAmbiguous):
        await CALLS["ware.stock.sku.set"](a_client(answering(body)))


async def test_an_order_that_is_nowhere_is_none() -> None:
    """That JD knows no such order is an answer."""
    body = jd_method("pop.order.get").response_examples["business-no-such-order"]

    assert await a_client(answering(body)).get_order("1") is None


@pytest.mark.parametrize("waybill", ["a,b", "a|b"])
async def test_a_waybill_that_jd_would_split_is_refused(waybill: str) -> None:
    """JD separates waybills by signs that then cannot be within one."""
    with pytest.raises(MalformedRecord) as caught:
        await a_client(answering({})).ship_order(
            order_id="1", carrier_ids=["467"], waybills=[waybill]
        )

    assert caught.value.field == "shipping_tracking_code"


async def test_a_number_that_is_none_is_refused_before_the_call() -> None:
    """A combined order's name, say, is no number of JD's."""
    with pytest.raises(MalformedRecord):
        await a_client(answering({})).ship_order(
            order_id="C-1", carrier_ids=["467"], waybills=["SF1"]
        )


async def test_each_call_is_told_with_its_outcome() -> None:
    """Metrics see every call, whether it succeeds or not."""
    told: list[tuple[str, str]] = []

    def keep(method: str, outcome: str, seconds: float) -> None:
        assert seconds >= 0
        told.append((method, outcome))

    fine = jd_method("ware.stock.sku.query").response_examples["success-with-bookings"]
    await a_client(answering(fine), on_call=keep).query_stock("100043217781")
    with pytest.raises(JdAuthError):
        await a_client(answering({"error_response": {"code": "12"}}), on_call=keep).query_stock("1")

    assert told == [
        ("jingdong.ware.stock.sku.query", "ok"),
        ("jingdong.ware.stock.sku.query", "credentials"),
    ]


async def test_an_interrupted_call_is_told_as_such() -> None:
    """A worker that is stopped in the middle of a call leaves a trace in the metrics."""
    told: list[str] = []
    began = asyncio.Event()

    async def never(_request: httpx.Request) -> httpx.Response:
        began.set()
        await asyncio.Event().wait()
        raise AssertionError

    jd = a_client(
        httpx.AsyncClient(transport=httpx.MockTransport(never)),
        on_call=lambda _method, outcome, _seconds: told.append(outcome),
    )
    task = asyncio.create_task(jd.query_stock("1"))
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert told == ["interrupted"]


async def test_dates_and_waits_of_the_edge_are_read() -> None:
    """The Date header shows JD's clock, Retry-After how long to wait; nonsense is ignored."""

    def told(headers: dict[str, str], body: dict[str, object]) -> httpx.AsyncClient:
        answer = httpx.Response(429 if not body else 200, headers=headers, json=body)
        return httpx.AsyncClient(transport=httpx.MockTransport(lambda _request: answer))

    clock: dict[str, object] = {"error_response": {"code": "8"}}
    with pytest.raises(ClockSkew) as skew:
        await a_client(told({"Date": "Mon, 23 Nov 2026 03:50:00 GMT"}, clock)).carriers()
    with pytest.raises(ClockSkew) as unknown:
        await a_client(told({"Date": "gestern"}, clock)).carriers()
    with pytest.raises(JdThrottled) as wait:
        await a_client(told({"Retry-After": "7"}, {})).carriers()

    assert "600 s ahead" in str(skew.value)
    assert "ahead" not in str(unknown.value)
    assert wait.value.retry_after_s == 7


async def test_a_spent_quota_ends_the_calls_of_the_app() -> None:
    """After JD's word nothing more is sent that day."""
    told: list[str] = []
    jd = a_client(
        answering({"error_response": {"code": "2"}}),
        on_call=lambda method, _outcome, _seconds: told.append(method),
    )
    for _ in range(3):
        with pytest.raises(JdThrottled) as caught:
            await jd.query_stock("1")

        assert caught.value.retry_after_s == 12 * 3600
    assert len(told) == 1


async def test_an_edge_that_finds_it_too_fast_halves_the_pace() -> None:
    """HTTP 429 says nothing of the day: calls go on, more slowly."""
    budget = CallBudget(share=Share(8), now=lambda: NOW, monotonic=lambda: 5.0)
    jd = a_client(answering({}, status=429), budget=budget)
    with pytest.raises(JdThrottled):
        await jd.query_stock("1")

    assert budget.pace == 4
    assert not budget.problems()


class LanesTaken(CallBudget):
    """A budget that remembers what its calls were for."""

    def __init__(self) -> None:
        super().__init__(share=Share(10_000), now=lambda: NOW, monotonic=monotonic)
        self.lanes: list[Lane] = []

    @override
    async def take(self, lane: Lane) -> Turn:
        """Take a call."""
        self.lanes.append(lane)
        return await super().take(lane)


@pytest.mark.parametrize(
    ("act", "lane"),
    [
        (CALLS["pop.order.search"], "orders"),
        (MORE_CALLS["waiting"], "bulk"),
        (CALLS["pop.order.get"], "orders"),
        (CALLS["ware.stock.sku.set"], "stock"),
        (lambda jd: jd.set_stock(stock_ref="r", quantities={"1": 0}, lane="zero"), "zero"),
        (CALLS["ware.stock.sku.query"], "stock"),
        (lambda jd: jd.query_stock("1", lane="bulk"), "bulk"),
        (CALLS["sku.read.searchSkuList"], "bulk"),
        (CALLS["pop.order.shipment"], "shipments"),
        (CALLS["vender.all.delivery.company"], "shipments"),
    ],
    ids=["poll", "sweep", "order", "set", "zero", "query", "bulk", "skus", "ship", "carriers"],
)
async def test_each_call_goes_in_its_lane(act: Act, lane: Lane) -> None:
    """What can wait does not stand before what cannot."""
    budget = LanesTaken()
    with pytest.raises(JdUnavailable):
        await act(a_client(answering({}, status=503), budget=budget))

    assert budget.lanes == [lane]


def test_credentials_do_not_show_their_secrets() -> None:
    """Whoever logs them by mistake logs the key alone."""
    assert "geheim" not in repr(Credentials("key", "geheim", "geheim"))


class Shop:
    """A sandbox of the simulator and a client that speaks to it."""

    def __init__(self, sandbox: SandboxHandle, http: httpx.AsyncClient) -> None:
        self.sandbox = sandbox
        self.http = http

    def client(
        self,
        *,
        call_timeout_s: float = 5,
        clock_ahead_s: float = 0,
        wrong: Mapping[str, str] | None = None,
    ) -> JdClient:
        """Make a client with the sandbox's credentials, or wrong ones."""
        credentials = {
            "app_key": self.sandbox.app_key,
            "app_secret": self.sandbox.app_secret,
            "access_token": self.sandbox.access_token,
            **(wrong or {}),
        }
        return a_client(
            self.http,
            endpoint=checked_endpoint(self.sandbox.endpoint),
            credentials=Credentials(**credentials),
            now=lambda: self.now() + timedelta(seconds=clock_ahead_s),
            call_timeout_s=call_timeout_s,
        )

    def now(self) -> datetime:
        """Read the sandbox's clock."""
        return datetime.fromtimestamp(self.sandbox.clock.now(), UTC)

    def fail(self, fault: Mapping[str, object]) -> None:
        """Let the next call fail."""
        self.sandbox.set_faults([{"match": {}, "fault": fault, "times": 1}])


@pytest.fixture
async def shop() -> AsyncIterator[Shop]:
    """Open a shop of twenty SKUs."""
    async with serve(seed=1) as simulator, http_client() as http:
        yield Shop(simulator.create_sandbox(seed=7, sku_count=20), http)


async def test_a_placed_order_is_found_by_search_and_by_number(shop: Shop) -> None:
    """What a buyer orders comes back as the same order on every way."""
    sku = shop.sandbox.skus()[0]
    order_id = str(shop.sandbox.place_order([(sku.sku_id, 2)]).order_id)
    shop.sandbox.clock.advance(3600)
    jd = shop.client()
    page = await jd.search_orders(
        since=shop.now() - timedelta(hours=2), until=shop.now(), page=1, page_size=10
    )
    waiting = await jd.search_waiting_orders(page=1, page_size=10)
    order = await jd.get_order(order_id)

    assert not page.unreadable
    assert [found.order_id for found in page.orders] == [order_id]
    assert page == waiting
    assert order is not None
    assert [(line.sku_id, line.quantity) for line in order.lines] == [(str(sku.sku_id), 2)]


async def test_written_stock_is_read_back(shop: Shop) -> None:
    """JD's spot stock is what was written; a SKU that is not there is refused alone."""
    sku_id = str(shop.sandbox.skus()[0].sku_id)
    jd = shop.client()
    receipt = await jd.set_stock(stock_ref="r-1", quantities={sku_id: 41, "999000111222": 1})
    reading = await jd.query_stock(sku_id)

    assert list(receipt.refusals) == ["999000111222"]
    assert reading.stock_num == 41
    with pytest.raises(JdRejected):
        await jd.query_stock("999000111222")


async def test_the_catalogue_is_read_page_by_page(shop: Shop) -> None:
    """Pages together hold every SKU once, with the seller's code."""
    jd = shop.client()
    pages = [await jd.list_skus(page=number, page_size=8) for number in (1, 2, 3)]
    skus = [sku for page in pages for sku in page.skus]

    assert {page.total for page in pages} == {20}
    assert len({sku.sku_id for sku in skus}) == len(skus) == 20
    assert any(sku.outer_id for sku in skus)
    assert all(sku.modified for sku in skus)


async def test_a_shipment_leaves_once(shop: Shop) -> None:
    """The second attempt is told as shipped already, and the order holds the first waybill."""
    sku = shop.sandbox.skus()[0]
    order_id = str(shop.sandbox.place_order([(sku.sku_id, 1)]).order_id)
    jd = shop.client()
    carrier_id = (await jd.carriers())[0].carrier_id
    first = await jd.ship_order(order_id=order_id, carrier_ids=[carrier_id], waybills=["SF1"])
    again = await jd.ship_order(order_id=order_id, carrier_ids=[carrier_id], waybills=["SF2"])
    order = await jd.get_order(order_id)

    assert (first.outcome, again.outcome) == ("shipped", "already_shipped")
    assert order is not None
    assert (order.waybill, order.carrier_ids) == ("SF1", carrier_id)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"app_key": "nobody"}, "API Key"),
        ({"app_secret": "wrong"}, "API Secret"),
        ({"access_token": "wrong"}, "Access Token"),
    ],
    ids=["key", "secret", "token"],
)
async def test_the_wrong_credential_is_named(shop: Shop, wrong: dict[str, str], field: str) -> None:
    """JD's code tells which of the three it is."""
    with pytest.raises(JdAuthError) as caught:
        await shop.client(wrong=wrong).carriers()

    assert caught.value.field == field


async def test_a_missing_permission_is_a_scope_problem(shop: Shop) -> None:
    """Other methods go on working."""
    shop.sandbox.remove_scope("jingdong.pop.order.get")
    jd = shop.client()
    with pytest.raises(ScopeError):
        await jd.get_order("1")

    assert await jd.carriers()


async def test_a_wrong_clock_is_a_clock_problem(shop: Shop) -> None:
    """JD refuses a timestamp that is too far from its own."""
    with pytest.raises(ClockSkew):
        await shop.client(clock_ahead_s=3600).carriers()


@pytest.mark.parametrize("kind", ["reset_before", "reset_after", "truncated_json", "hang"])
async def test_a_write_that_was_lost_on_the_way_is_ambiguous(shop: Shop, kind: str) -> None:
    """From this side a call that took effect and one that did not look the same."""
    sku_id = str(shop.sandbox.skus()[0].sku_id)
    shop.fail({"kind": kind})
    with pytest.raises(JdAmbiguous):
        await shop.client(call_timeout_s=0.3).set_stock(stock_ref="r", quantities={sku_id: 1})


@pytest.mark.parametrize("kind", ["reset_before", "truncated_json", "hang"])
async def test_a_read_that_was_lost_is_unavailable(shop: Shop, kind: str) -> None:
    """A read changes nothing, so that it may simply be tried again."""
    shop.fail({"kind": kind})
    with pytest.raises(JdUnavailable) as caught:
        await shop.client(call_timeout_s=0.3).carriers()

    assert type(caught.value) is JdUnavailable
