"""Whatever JD may answer by its contract, the adapter reads it or names a decision."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import httpx
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from adapter.errors import AdapterError
from adapter.jd.budget import CallBudget
from adapter.jd.client import Credentials, JdClient
from adapter.rules.budget import Share
from tests.fuzz.generated import EXAMPLES, fuzzed, json_of, spoilt

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
CALLS: dict[str, Callable[[JdClient], Coroutine[Any, Any, object]]] = {
    "pop.order.search": lambda jd: jd.search_orders(
        since=NOW - timedelta(hours=1), until=NOW, page=1, page_size=100
    ),
    "pop.order.get": lambda jd: jd.get_order("312846095517"),
    "ware.stock.sku.set": lambda jd: jd.set_stock(
        stock_ref="ref-1", quantities={"100043217781": 3, "100043217799": 0}
    ),
    "ware.stock.sku.query": lambda jd: jd.query_stock("100043217781"),
    "sku.read.searchSkuList": lambda jd: jd.list_skus(page=1),
    "pop.order.shipment": lambda jd: jd.ship_order(
        order_id="312846095517", carrier_ids=["467"], waybills=["SF1399012345678"]
    ),
    "vender.all.delivery.company": lambda jd: jd.carriers(),
}
SHARE = EXAMPLES // len(CALLS)


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """Run one event loop for all examples."""
    with asyncio.Runner() as running:
        yield running


async def read(method: str, body: bytes) -> object:
    """Let the adapter's client make a call that is answered with `body`.

    Raises:
        AdapterError: What the client makes of it.
    """
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=body))
    async with httpx.AsyncClient(transport=transport) as http:
        client = JdClient(
            http=http,
            endpoint="https://jd.test/routerjson",
            credentials=Credentials(app_key="k", app_secret="s", access_token="t"),
            budget=CallBudget(share=Share(1e9), now=lambda: NOW, monotonic=monotonic),
            now=lambda: NOW,
        )
        return await CALLS[method](client)


def check(runner: asyncio.Runner, method: str, answer: contracts.Json) -> None:
    """Fail on anything but a reading or a decision."""
    try:
        runner.run(read(method, json.dumps(answer).encode()))
    except AdapterError as decision:
        assert decision.reason  # noqa: PT017 - that it is one of ours is the test


@pytest.mark.timeout(0)
@pytest.mark.parametrize("method", CALLS)
def test_every_legal_answer_is_read_or_decided(method: str, runner: asyncio.Runner) -> None:
    """An answer within the contract leaves the client as what it means, or as a named error."""
    schema = contracts.jd_method(method).response_schema
    validator = jsonschema_rs.Draft202012Validator(schema)
    legal = 0

    @fuzzed(SHARE)
    @given(answer=json_of(schema, obeying=True))
    def holds(answer: contracts.Json) -> None:
        nonlocal legal
        legal += validator.is_valid(answer)
        check(runner, method, answer)

    holds()
    assert legal >= min(SHARE, 10), "the generator made next to nothing that is legal"


@pytest.mark.timeout(0)
@pytest.mark.parametrize("method", CALLS)
def test_spoilt_answers_are_decided_too(method: str, runner: asyncio.Runner) -> None:
    """Neither does an answer outside the contract leave as an unexpected exception."""
    examples = list(contracts.jd_method(method).response_examples.values())

    @fuzzed(SHARE // 2)
    @given(answer=spoilt(examples) | st.just(value=None))
    def holds(answer: contracts.Json) -> None:
        check(runner, method, answer)

    holds()
    assert examples
