"""Answers are bent as ordered, and the journal tells what happened."""

import json
from random import Random
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.bending import bend_bytes
from jd_simulator.fault_kinds import Fault, whole_failures
from jd_simulator.methods.registry import METHODS
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import call, result, signed

SEARCH = "jingdong.pop.order.search"
SHIP = "jingdong.pop.order.shipment"
SET = "jingdong.ware.stock.sku.set"
QUERY = "jingdong.ware.stock.sku.query"


@pytest.fixture
def sandbox_listing_all(simulator: SimulatorHandle) -> SandboxHandle:
    """Make a shop whose receipts list every SKU."""
    return simulator.create_sandbox(seed=7, sku_count=20, initial_stock=100, receipts="all")


def place(sandbox: SandboxHandle, number: int) -> list[str]:
    """Place orders a minute apart: their ids, oldest first."""
    ids = []
    for _ in range(number):
        ids.append(str(sandbox.place_order([("TEE-RED-M", 1)]).order_id))
        sandbox.clock.advance(60)
    return ids


async def page(sandbox: SandboxHandle, number: int, size: int = 2) -> list[str]:
    """Search for the orders to ship, oldest first: the ids of a page."""
    arguments = {
        "order_state": "WAIT_SELLER_STOCK_OUT",
        "optional_fields": "orderId",
        "page": str(number),
        "page_size": str(size),
    }
    content = await result(sandbox, SEARCH, arguments)
    return [row["orderId"] for row in content["searchorderinfo_result"]["orderInfoList"]]


def order(sandbox: SandboxHandle, **fault: object) -> None:
    """Order one fault for every call."""
    sandbox.set_faults([{"fault": fault}])


async def raw(sandbox: SandboxHandle, method: str, arguments: object) -> tuple[str, bytes]:
    """Call a method: the content type and the bytes of its answer."""
    parameters = signed(sandbox, method, json.dumps(arguments))
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{sandbox.endpoint}/routerjson", data=parameters) as response,
    ):
        return response.headers["Content-Type"], await response.read()


@pytest.mark.parametrize(
    ("shift", "number", "expected"),
    [
        (1, 1, [1, 2]),
        (1, 2, [3, 4]),
        (1, 3, []),
        (2, 1, [2, 3]),
        (-1, 2, [1, 2]),
        (-1, 1, [0, 1]),
    ],
)
async def test_a_page_shifts(
    sandbox: SandboxHandle, shift: int, number: int, expected: list[int]
) -> None:
    """Rows of the pages beside it come in; five orders, two a page."""
    ids = place(sandbox, 5)
    order(sandbox, kind="page_shift", rows=shift)

    assert await page(sandbox, number) == [ids[index] for index in expected]


async def test_what_a_shifted_page_leaves_out_was_never_returned(sandbox: SandboxHandle) -> None:
    """The observer counts what was in the answers, no more."""
    ids = place(sandbox, 4)
    order(sandbox, kind="page_shift", rows=1)
    await page(sandbox, 1)
    await page(sandbox, 2)

    assert sandbox.invariants()["orders_never_returned"] == [ids[0]]


async def test_an_order_comes_twice(sandbox: SandboxHandle) -> None:
    """Both rows are the same, and the note names it."""
    ids = place(sandbox, 2)
    order(sandbox, kind="duplicate_row")
    found = await page(sandbox, 1)

    assert len(found) == 3
    assert sorted(set(found)) == ids
    assert sandbox.journal[-1].notes[0].endswith("is there twice")


async def test_an_order_is_missing(sandbox: SandboxHandle) -> None:
    """The total still counts it; it was not returned."""
    ids = place(sandbox, 2)
    order(sandbox, kind="missing_row")
    (found,) = await page(sandbox, 1)

    assert found in ids
    assert sandbox.invariants()["orders_never_returned"] == [one for one in ids if one != found]


async def test_an_empty_page_stays_empty(sandbox: SandboxHandle) -> None:
    """There is nothing to leave out; the note says so."""
    order(sandbox, kind="missing_row")

    assert await page(sandbox, 1) == []
    assert sandbox.journal[-1].notes == ["missing_row: the page was empty"]


def stocks(sandbox: SandboxHandle, *wanted: int) -> dict[str, Any]:
    """Build a stock write of the first SKUs."""
    items = [
        {"skuId": sku.sku_id, "stockNum": stock_num}
        for sku, stock_num in zip(sandbox.skus(), wanted, strict=False)
    ]
    return {"req": {"updateModel": "fullStockIn", "stockRfId": "r1", "skuStocks": items}}


@pytest.mark.parametrize("fault", [{"lost": False}, {"lost": True}], ids=["written", "lost"])
async def test_a_receipt_leaves_skus_out(
    sandbox_listing_all: SandboxHandle, fault: dict[str, bool]
) -> None:
    """The rest is written and listed; what is left out is written too, unless it is lost."""
    sandbox = sandbox_listing_all
    order(sandbox, kind="receipt_without_skus", **fault)
    content = await result(sandbox, SET, stocks(sandbox, 1, 2, 3))
    listed = {line["data"] for line in content["returnType"]["obj"]["updateStockResult"]}
    written = {sku.sku_id for sku in sandbox.skus()[:3] if sku.stock_num < 100}

    assert content["returnType"]["success"] is True
    assert len(listed) < 3
    assert listed <= written
    assert (len(written) < 3) is fault["lost"]


async def test_a_receipt_of_nothing_is_still_a_success(sandbox: SandboxHandle) -> None:
    """A single SKU that is lost leaves an empty receipt and no trace but the note."""
    order(sandbox, kind="receipt_without_skus", lost=True)
    content = await result(sandbox, SET, stocks(sandbox, 1))

    assert content["returnType"]["success"] is True
    assert sandbox.skus()[0].stock_num == 100
    assert sandbox.journal[-1].notes[0].startswith("left out of the receipt")


@pytest.mark.parametrize("arguments", [{}, {"req": 1}, {"req": {"skuStocks": [1]}}])
async def test_a_receipt_fault_meets_any_call(sandbox: SandboxHandle, arguments: object) -> None:
    """What names no SKUs is refused as it always is."""
    order(sandbox, kind="receipt_without_skus")
    _, body = await raw(sandbox, SET, arguments)

    assert json.loads(body)["error_response"]["code"] in ("60", "61")


async def test_business_fails_inside_a_fine_envelope(sandbox: SandboxHandle) -> None:
    """The words are those of the example that the rule names; nothing takes effect."""
    placed = sandbox.place_order([("TEE-RED-M", 1)])
    fault = {"kind": "business_failure", "example": "business-system-error-short"}
    sandbox.set_faults([{"match": {"method": SHIP}, "fault": fault}])
    arguments = {"orderId": placed.order_id, "logiCoprId": "467", "logiNo": "SF1"}
    content = await result(sandbox, SHIP, arguments)

    assert content["sopjosshipment_result"]["errorCode"] == "999999"
    assert sandbox.order(placed.order_id).shipped is None
    assert sandbox.journal[-1].code == "0"


@pytest.mark.parametrize(
    "method", [name for name, method in METHODS.items() if whole_failures(method)]
)
async def test_every_business_failure_keeps_its_contract(
    sandbox: SandboxHandle, method: str
) -> None:
    """Drawn ones too: the referee of these tests holds them to the schema."""
    order(sandbox, kind="business_failure")
    answer = await call(sandbox, method, {})

    assert "error_response" not in answer
    assert sandbox.journal[-1].fault == {"rule": 0, "kind": "business_failure"}


async def test_answer_calls_itself_something_else(sandbox: SandboxHandle) -> None:
    """The bytes stay."""
    order(sandbox, kind="wrong_content_type", content_type="text/html;charset=GBK")
    content_type, body = await raw(sandbox, QUERY, {"skuId": str(sandbox.skus()[0].sku_id)})

    assert content_type == "text/html;charset=GBK"
    assert json.loads(body)


async def test_byte_order_mark_comes_first(sandbox: SandboxHandle) -> None:
    """What follows is the answer."""
    order(sandbox, kind="bom")
    _, body = await raw(sandbox, QUERY, {"skuId": str(sandbox.skus()[0].sku_id)})

    assert body.startswith(b"\xef\xbb\xbf{")
    assert json.loads(body.decode("utf-8-sig"))


async def test_chinese_comes_in_gb18030(sandbox: SandboxHandle) -> None:
    """The answer says UTF-8 and is none; the observer does not count it as read."""
    (placed,) = place(sandbox, 1)
    order(sandbox, kind="gb18030")
    arguments = {"order_id": placed, "optional_fields": "orderId,itemInfoList"}
    content_type, body = await raw(sandbox, "jingdong.pop.order.get", arguments)

    assert content_type == "application/json; charset=utf-8"
    with pytest.raises(UnicodeDecodeError):
        body.decode()
    assert sandbox.invariants()["orders_never_returned"] == [placed]


@given(st.text(st.characters(codec="utf-8")), st.integers())
def test_gb18030_spoils_chinese_and_nothing_else(text: str, seed: int) -> None:
    """An answer without Chinese stays as it is, which is noted."""
    body = json.dumps(text, ensure_ascii=False).encode()
    spoilt, note = bend_bytes(body, Fault(kind="gb18030"), Random(seed))  # noqa: S311 - test data

    assert (spoilt == body) == body.isascii() == bool(note)
    assert spoilt.startswith(b'"')
    assert spoilt.endswith(b'"')
