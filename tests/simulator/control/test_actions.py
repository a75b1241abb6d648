"""What a buyer or JD's staff can do to an order beyond holding and cancelling it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

import contracts
from jd_simulator.clock import beijing_text
from jd_simulator.testing import SandboxHandle
from tests.jd_shop import result

Json = Any  # an answer's shape is what the test says
Ask = Callable[..., Awaitable[tuple[int, Json]]]


@pytest.fixture
async def ask(sandbox: SandboxHandle) -> AsyncIterator[Ask]:
    """Call the control room under the sandbox."""
    room = f"{sandbox.endpoint}/_simulator/sandboxes/{sandbox.sandbox_id}"
    async with aiohttp.ClientSession() as session:

        async def send(verb: str, path: str, body: object = None) -> tuple[int, Json]:
            async with session.request(verb, f"{room}/{path}", json=body) as response:
                return response.status, await response.json(content_type=None)

        yield send


async def test_an_order_is_split_as_asked(ask: Ask, sandbox: SandboxHandle) -> None:
    """The parent names its children, and each child its parent."""
    order = sandbox.place_order([("TEE-RED-M", 2), ("TEE-RED-L", 1)])
    parts = [
        [{"outer_id": "TEE-RED-M", "quantity": 2}],
        [{"sku_id": sandbox.sku("TEE-RED-L").sku_id}],
    ]

    status, parent = await ask("POST", f"orders/{order.order_id}/split", {"parts": parts})
    children = [(await ask("GET", f"orders/{child}"))[1] for child in parent["children"]]

    assert status == 200
    assert [child["parent_id"] for child in children] == [str(order.order_id)] * 2
    assert [child["lines"][0]["quantity"] for child in children] == [2, 1]


@pytest.mark.parametrize(
    ("parts", "status", "field"),
    [
        ([1], 400, "parts[0]"),
        ([[{}]], 400, "parts[0][0]"),
        ([[{"outer_id": "TEE-RED-M", "gift": "x"}]], 400, "parts[0][0].gift"),
        ([[{"outer_id": "TEE-RED-M"}]], 409, "parts"),
    ],
)
async def test_parts_that_cannot_be_are_refused(
    ask: Ask, sandbox: SandboxHandle, parts: object, status: int, field: str
) -> None:
    """What cannot be read names its place; what does not add up is a conflict."""
    order = sandbox.place_order([("TEE-RED-M", 2)])

    answered, problem = await ask("POST", f"orders/{order.order_id}/split", {"parts": parts})

    assert (answered, problem["field"]) == (status, field)


@pytest.mark.parametrize(
    ("decision", "state", "status"),
    [
        ("approve", "TRADE_CANCELED", "refunded"),
        ("reject", "WAIT_SELLER_STOCK_OUT", "refused"),
        ("withdraw", "WAIT_SELLER_STOCK_OUT", "withdrawn"),
    ],
)
async def test_a_refund_is_asked_for_and_decided(
    ask: Ask, sandbox: SandboxHandle, decision: str, state: str, status: str
) -> None:
    """The order is locked from the application to the decision."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    path = f"orders/{order.order_id}/refund"

    _, applied = await ask("POST", path, {"reason": "不想要了"})
    _, decided = await ask("POST", path, {"decision": decision})
    again, _ = await ask("POST", path, {"decision": decision})
    _, listed = await ask("GET", "refunds")

    assert (applied["state"], decided["state"], again) == ("LOCKED", state, 409)
    (refund,) = listed["refunds"]
    assert (refund["status"], refund["reason"]) == (status, "不想要了")


async def test_a_rejection_carries_the_staffs_words(ask: Ask, sandbox: SandboxHandle) -> None:
    """The seller reads them."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    path = f"orders/{order.order_id}/refund"

    await ask("POST", path)
    await ask("POST", path, {"decision": "reject", "remark": "已打包"})
    _, listed = await ask("GET", "refunds")

    assert listed["refunds"][0]["check_remark"] == "已打包"


BY_JD = {"store_order": "京仓订单"}
WAYS: list[tuple[str, dict[str, Any], list[str]]] = [
    ("NOT_PAY", {"paid": False}, []),
    ("WAIT_SELLER_STOCK_OUT", {}, []),
    ("WAIT_SELLER_DELIVERY", {**BY_JD, "cross_border": True}, ["ship_by_jd"]),
    ("WAIT_GOODS_RECEIVE_CONFIRM", BY_JD, ["ship_by_jd"]),
    ("FINISHED_L", BY_JD, ["ship_by_jd", "finish"]),
    ("FINISHED_L", {"voucher": True}, ["send_code"]),
    ("TRADE_CANCELED", {}, ["cancel"]),
    ("LOCKED", {}, ["lock"]),
    ("PAUSE", {}, ["suspend"]),
    ("WAIT_SELLER_STOCK_OUT", {}, ["suspend", "unsuspend"]),
    ("POP_ORDER_PAUSE", {}, ["pause"]),
    ("WAIT_SEND_CODE", {"voucher": True, "paid": False}, ["pay"]),
    ("DELIVERY_RETURN", BY_JD, ["ship_by_jd", "bring_back"]),
    ("UN_KNOWN", {}, ["lose_state"]),
    ("WAIT_SELLER_STOCK_OUT", {}, ["lose_state", "find_state"]),
]


def test_a_way_leads_to_every_state() -> None:
    """No state of the contract is left out below."""
    assert {state for state, _, _ in WAYS} == set(contracts.jd_order_states())


@pytest.mark.parametrize(("state", "wish", "way"), WAYS)
async def test_the_control_room_brings_an_order_to_any_state(
    ask: Ask, sandbox: SandboxHandle, state: str, wish: dict[str, Any], way: list[str]
) -> None:
    """The seller reads it in that state, and finds it by it unless it is not paid."""
    _, order = await ask("POST", "orders", {"lines": [{"outer_id": "TEE-RED-M"}], **wish})
    for action in way:
        status, order = await ask("POST", f"orders/{order['order_id']}/{action}")
        assert status == 200
    named = {"order_id": order["order_id"], "optional_fields": "orderId,orderState"}
    now = sandbox.clock.now()
    day = {"start_date": beijing_text(now - 3600), "end_date": beijing_text(now + 3600)}
    searched = {**day, "order_state": state, "optional_fields": "orderId"}
    read = await result(sandbox, "jingdong.pop.order.get", named)
    found = await result(
        sandbox, "jingdong.pop.order.search", {**searched, "page": "1", "page_size": "10"}
    )

    assert order["state"] == read["orderDetailInfo"]["orderInfo"]["orderState"] == state
    rows = found["searchorderinfo_result"]["orderInfoList"]
    assert [row["orderId"] for row in rows] == ([] if state == "NOT_PAY" else [order["order_id"]])


@pytest.mark.parametrize(
    "wish",
    [{"order_type": kind} for kind in ("21", "23", "25", "112")]
    + [{"store_order": kind} for kind in ("京仓订单", "云仓订单")],
)
async def test_jd_ships_what_is_its_own_to_ship(
    ask: Ask, sandbox: SandboxHandle, wish: dict[str, Any]
) -> None:
    """Its staff send it off with a waybill of JD's, its units leave, and it is modified."""
    _, placed = await ask(
        "POST", "orders", {"lines": [{"outer_id": "TEE-RED-M", "quantity": 3}], **wish}
    )
    sandbox.clock.advance(60)
    status, shipped = await ask("POST", f"orders/{placed['order_id']}/ship_by_jd")
    _, sku = await ask("GET", "skus/TEE-RED-M")

    assert placed["shipped_by_jd"]
    assert (status, shipped["state"]) == (200, "WAIT_GOODS_RECEIVE_CONFIRM")
    assert shipped["carriers"] == "2087"
    assert shipped["waybills"]
    assert shipped["modified"] > placed["modified"]
    assert (sku["stock_num"], sku["booked"], sku["sellable"]) == (97, 0, 97)


async def test_jd_does_not_ship_what_is_the_sellers(ask: Ask, sandbox: SandboxHandle) -> None:
    """The order stays where it was, with JD's code of a wrong state."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    status, problem = await ask("POST", f"orders/{order.order_id}/ship_by_jd")

    assert (status, problem["code"]) == (409, "10100021")
    assert order.state == "WAIT_SELLER_STOCK_OUT"
