"""The 360buy methods ship, change waybills and take cross-border orders over the border."""

import pytest

from jd_simulator.clock import beijing_text
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import Json, call, result

OUT = "360buy.order.sop.outstorage"
UPDATE = "360buy.order.sop.waybill.update"
LEAVE = "360buy.overseas.order.sop.outstorage"
DELIVER = "360buy.overseas.order.sop.delivery"
SHIP = "jingdong.pop.order.shipment"
ENVELOPES = {
    OUT: "order_sop_outstorage_response",
    UPDATE: "order_sop_waybill_update_response",
    LEAVE: "overseas_order_sop_outstorage_response",
    DELIVER: "overseas_order_sop_delivery_response",
}


async def send(
    sandbox: SandboxHandle, method: str, order_id: int, carrier: str = "467", waybill: str = "SF1"
) -> Json:
    """Call one of the methods and take what is in its envelope."""
    arguments = {
        "order_id": str(order_id),
        "logistics_id": carrier,
        "waybill": waybill,
        "trade_no": "",
    }
    return await result(sandbox, method, arguments)


async def test_outstorage_ships_the_whole_order(sandbox: SandboxHandle) -> None:
    """The answer has the order, the seller and the order's new `modified`."""
    order = sandbox.place_order([("TEE-RED-M", 2)])

    answer = await send(sandbox, OUT, order.order_id, "467|1499", "SF1,SF2|ZT1")

    assert answer == {
        "code": "0",
        "order_id": order.order_id,
        "vender_id": answer["vender_id"],
        "modified": beijing_text(order.modified),
    }
    assert order.state == "WAIT_GOODS_RECEIVE_CONFIRM"
    assert (order.carriers, order.waybills) == ("467|1499", "SF1,SF2|ZT1")
    assert (sandbox.sku("TEE-RED-M").stock_num, sandbox.sku("TEE-RED-M").booked) == (98, 0)


async def test_a_waybill_is_changed_on_the_way(sandbox: SandboxHandle) -> None:
    """Only then: before and after, the state does not allow it."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    before = await send(sandbox, UPDATE, order.order_id)
    await send(sandbox, OUT, order.order_id)
    changed = await send(sandbox, UPDATE, order.order_id, "463", "YT9")
    sandbox.finish(order.order_id)
    after = await send(sandbox, UPDATE, order.order_id)

    assert changed["code"] == "0"
    assert (order.carriers, order.waybills) == ("463", "YT9")
    assert (before["code"], after["code"]) == ("10100021", "10100021")
    assert sandbox.invariants()["shipments_doubled"] == []


async def test_a_cross_border_order_leaves_in_two_steps(sandbox: SandboxHandle) -> None:
    """Units stay booked until the second."""
    order = sandbox.place_order([("TEE-RED-M", 3)], cross_border=True)
    sku = sandbox.sku("TEE-RED-M")
    seen: list[tuple[str, int, int]] = []
    for method in (LEAVE, DELIVER):
        answer = await send(sandbox, method, order.order_id)
        assert answer["code"] == "0"
        seen.append((str(order.state), sku.stock_num, sku.booked))

    assert seen == [("WAIT_SELLER_DELIVERY", 100, 3), ("WAIT_GOODS_RECEIVE_CONFIRM", 97, 0)]
    assert order.waybills == "SF1"


@pytest.mark.parametrize(
    ("method", "cross_border", "code"),
    [
        (OUT, True, "10100021"),
        (LEAVE, False, "10100021"),
        (DELIVER, False, "10100021"),
        (DELIVER, True, "10100021"),
    ],
)
async def test_steps_out_of_turn_are_refused(
    sandbox: SandboxHandle, method: str, code: str, *, cross_border: bool
) -> None:
    """Domestic orders have no second step, cross-border ones no single one."""
    order = sandbox.place_order([("TEE-RED-M", 1)], cross_border=cross_border)

    answer = await send(sandbox, method, order.order_id)

    assert answer["code"] == code
    assert answer["errorMessage"]
    assert order.state == "WAIT_SELLER_STOCK_OUT"


@pytest.mark.parametrize("method", [OUT, LEAVE, DELIVER])
async def test_what_left_does_not_leave_again(sandbox: SandboxHandle, method: str) -> None:
    """The second shipment is refused as such, and written down where it named a waybill."""
    order = sandbox.place_order([("TEE-RED-M", 1)], cross_border=method != OUT)
    for step in (LEAVE, DELIVER) if method != OUT else (OUT,):
        await send(sandbox, step, order.order_id)

    again = await send(sandbox, method, order.order_id, waybill="SF2")

    assert again["code"] == "10400001"
    assert len(sandbox.invariants()["shipments_doubled"]) == (method != LEAVE)


@pytest.mark.parametrize("method", ENVELOPES)
async def test_other_sellers_orders_are_refused(sandbox: SandboxHandle, method: str) -> None:
    """By the same number everywhere."""
    assert (await send(sandbox, method, 1))["code"] == "10500001"


@pytest.mark.parametrize("method", [OUT, UPDATE, DELIVER])
async def test_unknown_carriers_and_missing_waybills_are_refused(
    sandbox: SandboxHandle, method: str
) -> None:
    """A carrier outside JD's list is the method's no, a missing parameter the platform's."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    bare = {"order_id": order.order_id, "logistics_id": "467"}

    assert (await send(sandbox, method, order.order_id, "99999"))["code"] == "10100022"
    assert (await call(sandbox, method, bare))["error_response"]["code"] == "60"
    odd = {**bare, "logistics_id": "SF", "waybill": "1"}
    assert (await call(sandbox, method, odd))["error_response"]["code"] == "61"


@pytest.mark.parametrize("method", [OUT, LEAVE, SHIP])
@pytest.mark.parametrize(
    "fulfilment",
    [{"order_type": kind} for kind in ("21", "23", "25", "112")]
    + [{"store_order": kind} for kind in ("京仓订单", "云仓订单")],
    ids=str,
)
async def test_orders_that_jd_ships_are_not_the_sellers(
    sandbox: SandboxHandle, method: str, fulfilment: dict[str, str]
) -> None:
    """The seller is refused; JD's warehouse sends them, and the stock falls all the same."""
    order = sandbox.place_order([("TEE-RED-M", 1)], **fulfilment)
    if method == SHIP:
        arguments = {"orderId": order.order_id, "logiCoprId": "467", "logiNo": "SF1"}
        code = (await result(sandbox, SHIP, arguments))["sopjosshipment_result"]["errorCode"]
    else:
        code = (await send(sandbox, method, order.order_id))["code"]
    before = order.state
    sandbox.ship_by_jd(order.order_id)

    assert code == "10100023"
    assert (before, order.state) == ("WAIT_SELLER_STOCK_OUT", "WAIT_GOODS_RECEIVE_CONFIRM")
    assert order.carriers == "2087"
    assert (sandbox.sku("TEE-RED-M").stock_num, sandbox.sku("TEE-RED-M").booked) == (99, 0)


@pytest.mark.parametrize("spelling", ["short", "response", "responce"])
@pytest.mark.parametrize("method", ENVELOPES)
async def test_envelopes_are_spelled_as_the_switch_says(
    simulator: SimulatorHandle, method: str, spelling: str
) -> None:
    """Short as on JD's page, or the whole name with either spelling."""
    shop = simulator.create_sandbox(sku_count=1, legacy_envelopes=spelling)
    arguments = {"order_id": 1, "logistics_id": "467", "waybill": "SF1"}

    answer = await call(shop, method, arguments)

    whole = f"{method.replace('.', '_')}_{spelling}"
    assert list(answer) == [ENVELOPES[method] if spelling == "short" else whole]
