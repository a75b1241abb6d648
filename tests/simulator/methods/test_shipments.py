"""Orders leave once, whole, by a carrier that JD knows."""

import pytest

import contracts
from jd_simulator.testing import SandboxHandle
from tests.jd_shop import Json, call, result

SHIP = "jingdong.pop.order.shipment"


async def ship(
    sandbox: SandboxHandle, order_id: int, carrier: str = "467", waybill: str = "SF1"
) -> Json:
    """Ship an order and take the result."""
    arguments = {"orderId": order_id, "logiCoprId": carrier, "logiNo": waybill}
    return (await result(sandbox, SHIP, arguments))["sopjosshipment_result"]


async def test_shipping_moves_order_and_stock(sandbox: SandboxHandle) -> None:
    """The order waits for receipt, its waybill is kept, its units leave the shelf."""
    order = sandbox.place_order([("TEE-RED-M", 2)])
    sku = sandbox.sku("TEE-RED-M")
    before = (sku.stock_num, sku.booked)

    answer = await ship(sandbox, order.order_id, "467|1499", "SF1,SF2|ZT1")

    assert answer["success"] is True
    assert order.state == "WAIT_GOODS_RECEIVE_CONFIRM"
    assert (order.carriers, order.waybills) == ("467|1499", "SF1,SF2|ZT1")
    assert before == (100, 2)
    assert (sku.stock_num, sku.booked) == (98, 0)


async def test_second_shipment_is_refused_and_written_down(sandbox: SandboxHandle) -> None:
    """The first waybill stays; the observer knows of the second."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    await ship(sandbox, order.order_id)

    again = await ship(sandbox, order.order_id, waybill="SF2")

    assert again["errorCode"] == "10400001"
    assert order.waybills == "SF1"
    (doubled,) = sandbox.invariants()["shipments_doubled"]
    assert (doubled["waybills"], doubled["earlier_waybills"]) == ("SF2", "SF1")


async def test_cancelled_order_is_not_shipped_and_written_down(sandbox: SandboxHandle) -> None:
    """A shipment that came too late is refused for its state."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    sandbox.cancel(order.order_id)

    refused = await ship(sandbox, order.order_id)

    assert refused["errorCode"] == "10100021"
    assert sandbox.invariants()["shipments_of_cancelled"]


@pytest.mark.parametrize("state", ["unpaid", "locked", "paused", "cross-border"])
async def test_orders_that_do_not_wait_to_leave_are_refused(
    sandbox: SandboxHandle, state: str
) -> None:
    """Unpaid and held orders stay; cross-border ones have methods of their own."""
    order = sandbox.place_order(
        [("TEE-RED-M", 1)], paid=state != "unpaid", cross_border=state == "cross-border"
    )
    if state == "locked":
        sandbox.lock(order.order_id)
    if state == "paused":
        sandbox.pause(order.order_id)

    refused = await ship(sandbox, order.order_id)

    assert refused["errorCode"] == "10100021"


async def test_orders_of_other_sellers_and_unknown_carriers_are_refused(
    sandbox: SandboxHandle,
) -> None:
    """Both are business refusals."""
    order = sandbox.place_order([("TEE-RED-M", 1)])

    assert (await ship(sandbox, 1))["errorCode"] == "10500001"
    for unknown in ("99999", "9" * 5000):
        assert (await ship(sandbox, order.order_id, unknown))["errorCode"] == "10100022"
    assert (await ship(sandbox, order.order_id, "1274", ""))["success"] is True


@pytest.mark.parametrize(
    ("carrier", "waybill", "code"),
    [
        ("", "SF1", "60"),
        ("467", "", "60"),
        ("467|1499", "SF1", "61"),
        ("467", "SF1|ZT1", "61"),
        ("467", "SF1,,SF2", "61"),
        ("SF", "SF1", "61"),
        ("²", "SF1", "61"),
    ],
)
async def test_parcels_that_do_not_add_up_are_refused(
    sandbox: SandboxHandle, carrier: str, waybill: str, code: str
) -> None:
    """Each carrier has its group of waybills."""
    answer = await call(sandbox, SHIP, {"orderId": 1, "logiCoprId": carrier, "logiNo": waybill})

    assert answer["error_response"]["code"] == code


async def test_carriers_are_those_of_the_contract(sandbox: SandboxHandle) -> None:
    """The list has ids as numbers, Chinese names, and only the fields asked for."""
    method = "360buy.get.vender.all.delivery.company"
    answer = await call(sandbox, method, {"fields": "name"})

    companies = answer["vender_delivery_all_company_response"]["delivery_companies"]
    assert companies == [
        {"id": int(carrier.id), "name": carrier.zh} for carrier in contracts.jd_carriers()
    ]
