"""What a buyer or JD's staff can do to an order beyond holding and cancelling it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from jd_simulator.testing import SandboxHandle

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
