"""Refunds before delivery are listed by pages, time and state."""

import pytest

from jd_simulator.clock import beijing_text, parse_instant
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import Json, call, result

QUERY = "jingdong.pop.afs.soa.refundapply.queryPageList"
START = int(parse_instant("2026-11-23 12:00:00"))


@pytest.fixture
def shop(simulator: SimulatorHandle) -> SandboxHandle:
    """Make a shop whose clock moves only when told."""
    sandbox = simulator.create_sandbox(sku_count=5, initial_stock=100)
    sandbox.clock.set(START)
    sandbox.clock.freeze()
    return sandbox


async def query(sandbox: SandboxHandle, **changes: object) -> Json:
    """List refunds and take the result."""
    arguments = {"pageIndex": 1, "pageSize": 50, **changes}
    return (await result(sandbox, QUERY, arguments))["queryResult"]


def refunded(sandbox: SandboxHandle, number: int) -> list[int]:
    """Place orders and ask for the money back, a minute apart."""
    orders = [sandbox.place_order([("TEE-RED-M", 1)]).order_id for _ in range(number)]
    for order_id in orders:
        sandbox.clock.advance(60)
        sandbox.apply_for_refund(order_id, reason="不想要了")
    return orders


async def test_a_refund_shows_where_it_stands(shop: SandboxHandle) -> None:
    """Applied, then decided: status and times tell."""
    (order_id,) = refunded(shop, 1)
    (before,) = (await query(shop))["result"]
    shop.clock.advance(60)
    shop.approve_refund(order_id)
    (after,) = (await query(shop))["result"]

    due = f"{shop.sku('TEE-RED-M').price:.2f}"
    assert before == {
        "id": before["id"],
        "orderId": str(order_id),
        "buyerId": shop.order(order_id).buyer,
        "applyTime": beijing_text(START + 60),
        "checkTime": "",
        "applyRefundSum": due,
        "status": 0,
        "reason": "不想要了",
        "checkRemark": "",
    }
    assert (after["status"], after["checkTime"]) == (3, beijing_text(START + 120))
    assert shop.order(order_id).state == "TRADE_CANCELED"


async def test_refunds_are_selected(shop: SandboxHandle) -> None:
    """By order, state and both spans of time, whose ends belong to them."""
    first, second, third = refunded(shop, 3)
    shop.clock.advance(60)
    shop.reject_refund(second)
    shop.withdraw_refund(third)

    async def orders(**changes: object) -> list[int]:
        return [int(row["orderId"]) for row in (await query(shop, **changes))["result"]]

    late = beijing_text(START + 240)
    assert await orders() == [third, second, first]
    assert await orders(orderId=second) == [second]
    assert await orders(orderId=0) == [third, second, first]
    assert await orders(status="0") == [first]
    assert await orders(status=11) == [third]
    assert await orders(
        applyTimeStart=beijing_text(START + 60), applyTimeEnd=beijing_text(START + 120)
    ) == [second, first]
    assert await orders(modifiedStart=late, modifiedEnd=late) == [third, second]


async def test_pages_hold_each_refund_once(shop: SandboxHandle) -> None:
    """The total is that of all."""
    orders = refunded(shop, 3)
    pages = [await query(shop, pageIndex=page, pageSize=2) for page in (1, 2)]

    assert [int(row["orderId"]) for page in pages for row in page["result"]] == orders[::-1]
    assert {page["totalCount"] for page in pages} == {3}


async def test_the_sum_may_be_in_fen(simulator: SimulatorHandle) -> None:
    """Which unit JD means is not established: a switch."""
    shop = simulator.create_sandbox(sku_count=1, refund_sum_unit="fen")
    (order_id,) = refunded(shop, 1)
    (row,) = (await query(shop, orderId=order_id))["result"]

    assert row["applyRefundSum"] == str(int(shop.sku("TEE-RED-M").price * 100))


async def test_a_span_turned_round_is_a_business_refusal(shop: SandboxHandle) -> None:
    """The refusal stands inside the result."""
    refused = await query(
        shop, applyTimeStart=beijing_text(START), applyTimeEnd=beijing_text(START - 1)
    )

    assert (refused["success"], refused["errorCode"]) == (False, "10100029")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"pageIndex": None}, "60"),
        ({"pageSize": None}, "60"),
        ({"pageIndex": 101}, "61"),
        ({"pageIndex": 0}, "61"),
        ({"pageSize": 51}, "61"),
        ({"status": 4}, "61"),
        ({"status": "open"}, "61"),
    ],
)
async def test_illegal_values_are_refused(
    shop: SandboxHandle, changes: dict[str, object], code: str
) -> None:
    """Pages are 1 to 100 of 1 to 50 rows; there is no status 4."""
    answer = await call(shop, QUERY, {"pageIndex": 1, "pageSize": 1, **changes})

    assert answer["error_response"]["code"] == code
