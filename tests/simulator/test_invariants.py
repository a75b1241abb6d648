"""An observer at JD's side tells what it can truly know, and names the offenders."""

import pytest

from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import call, result

SHIP = "jingdong.pop.order.shipment"
SET = "jingdong.ware.stock.sku.set"
GET = "jingdong.pop.order.get"
HOUR_S = 3600


async def ship(sandbox: SandboxHandle, order_id: int) -> None:
    """Ship an order."""
    await result(sandbox, SHIP, {"orderId": order_id, "logiCoprId": "467", "logiNo": "SF1"})


async def test_a_shop_that_is_left_alone_breaks_nothing(sandbox: SandboxHandle) -> None:
    """Orders that nobody has read yet are work, not a mistake."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    known = sandbox.invariants()

    assert known["broken"] == []
    assert known["orders_never_returned"] == [str(order.order_id)]


async def test_units_sold_beyond_the_offer_name_their_newest_orders(sandbox: SandboxHandle) -> None:
    """Five are booked, three are left: two are missing, and the last order holds two of them."""
    first = sandbox.place_order([("TEE-RED-M", 3)])
    second = sandbox.place_order([("TEE-RED-M", 1), ("TEE-RED-L", 1)])
    third = sandbox.place_order([("TEE-RED-M", 1)])
    sku = sandbox.sku("TEE-RED-M")
    stocks = [{"skuId": sku.sku_id, "stockNum": 3}]
    await result(
        sandbox,
        SET,
        {"req": {"updateModel": "fullStockIn", "stockRfId": "a", "skuStocks": stocks}},
    )
    known = sandbox.invariants()
    await ship(sandbox, first.order_id)

    assert known["oversold"] == [
        {
            "sku_id": str(sku.sku_id),
            "outer_id": "TEE-RED-M",
            "units": 2,
            "order_ids": [str(second.order_id), str(third.order_id)],
        }
    ]
    assert known["broken"] == ["oversold"]


async def test_late_shipments_are_told(sandbox: SandboxHandle) -> None:
    """Left after two days, or still waiting then; cancelled, unpaid and JD's own are not late.

    Nor is what JD's staff send too late.
    """
    sandbox.clock.set(1_795_406_400)
    left_late, waits, in_time = (sandbox.place_order([("TEE-RED-M", 1)]) for _ in range(3))
    sandbox.place_order([("TEE-RED-M", 1)], paid=False)
    sandbox.place_order([("TEE-RED-M", 1)], store_order="京仓订单")
    by_jd = sandbox.place_order([("TEE-RED-M", 1)], order_type="21")
    voucher = sandbox.place_order([("TEE-RED-M", 1)], voucher=True)
    sandbox.cancel(sandbox.place_order([("TEE-RED-M", 1)]).order_id)
    await ship(sandbox, in_time.order_id)
    sandbox.clock.advance(48 * HOUR_S + 60)
    await ship(sandbox, left_late.order_id)
    sandbox.ship_by_jd(by_jd.order_id)
    sandbox.send_code(voucher.order_id)
    known = sandbox.invariants()

    assert known["orders_shipped_late"] == [
        {
            "order_id": str(left_late.order_id),
            "due": "2026-11-25 12:00:00",
            "shipped": "2026-11-25 12:01:00",
        },
        {"order_id": str(waits.order_id), "due": "2026-11-25 12:00:00", "shipped": None},
    ]
    assert known["broken"] == []


async def test_an_order_that_search_does_not_show_yet_was_not_missed(
    simulator: SimulatorHandle,
) -> None:
    """It counts as placed and is due when the search has caught up."""
    sandbox = simulator.create_sandbox(sku_count=5, initial_stock=10, search_lag_s=300)
    order = sandbox.place_order([("TEE-RED-M", 1)])
    before = sandbox.invariants()
    sandbox.clock.advance(301)
    after = sandbox.invariants()

    assert (before["orders_placed"], before["orders_never_returned"]) == (1, [])
    assert after["orders_never_returned"] == [str(order.order_id)]


@pytest.mark.parametrize("cancelled", ["no", "yes"])
async def test_shipments_that_should_not_have_come(sandbox: SandboxHandle, cancelled: str) -> None:
    """Twice, or of a cancelled order."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    if cancelled == "yes":
        sandbox.cancel(order.order_id)
        expected = "shipments_of_cancelled"
    else:
        await ship(sandbox, order.order_id)
        expected = "shipments_doubled"
    await ship(sandbox, order.order_id)
    known = sandbox.invariants()

    assert known["broken"] == [expected]
    assert str(order.order_id) in str(known)


async def test_a_crash_of_the_simulator_is_told(sandbox: SandboxHandle) -> None:
    """Answered as JD's 1, and no fault of the integration."""
    sandbox.sku("TEE-RED-M").price = None  # type: ignore[assignment]  # what no shop should hold
    answer = await call(sandbox, "jingdong.sku.read.searchSkuList", {"field": "jdPrice"})

    assert answer["error_response"]["code"] == "1"
    assert sandbox.invariants()["crashes"] == 1
    assert sandbox.invariants()["broken"] == ["crashes"]


async def test_calls_and_quota_are_counted(simulator: SimulatorHandle) -> None:
    """By method, and those that passed the signature against the day's quota."""
    sandbox = simulator.create_sandbox(sku_count=5, daily_quota=10)
    await call(sandbox, GET, {"order_id": "1", "optional_fields": "orderId"})
    await call(sandbox, GET, {}, sign="0")
    known = sandbox.invariants()

    assert known["calls_by_method"] == {GET: 2}
    assert known["quota"] == {"used": 1, "limit": 10}
    assert known["refused_for_signature"] == 1
