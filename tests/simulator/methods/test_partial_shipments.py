"""Orders leave in parts: judged first, then sent, until nothing is left."""

import pytest

from jd_simulator.clock import parse_instant
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import Json, call, result

JUDGE = "jingdong.pop.order.partialship.judge"
OUTSHIP = "jingdong.pop.order.partial.outship"
GET = "jingdong.pop.order.get"
NOON = int(parse_instant("2026-11-23 12:00:00"))


async def judge(sandbox: SandboxHandle, *orders: int) -> dict[int, Json]:
    """Ask whether orders may leave in parts, and take what is said of each."""
    request = {"data": {"orderList": list(orders)}, "belongType": 1}
    response = (await result(sandbox, JUDGE, {"request": request}))["response"]
    assert response["code"] == 0
    return {item["orderId"]: item for item in response["data"]["partialShipmentItemList"]}


def goods(sandbox: SandboxHandle, code: str, units: int, uuid: str | None = None) -> Json:
    """Name some units of a SKU."""
    return {"skuUuid": uuid, "skuId": sandbox.sku(code).sku_id, "num": units}


def parcel(*goods_list: Json, waybill: str = "ZT1", carrier: int = 1499) -> Json:
    """Put goods into a parcel."""
    return {
        "deliveryId": carrier,
        "deliveryName": "中通速递",
        "deliveryNums": [waybill],
        "partialShipmentGoodsList": list(goods_list),
    }


async def outship(sandbox: SandboxHandle, order_id: int, *parcels: Json, **changes: object) -> Json:
    """Send parcels of an order and take the data."""
    item = {
        "orderIds": [order_id],
        "deliveryType": 0,
        "venderTaskAddressId": None,
        "deliveryNumberDtoList": list(parcels),
        **changes,
    }
    request = {"data": [item], "belongType": 1}
    response = (await result(sandbox, OUTSHIP, {"request": request}))["response"]
    assert response["code"] == 0
    return response["data"]


def failure(data: Json) -> int:
    """Take the code of the only failure."""
    assert data["successList"] == []
    (failed,) = data["failList"]
    assert failed["failReason"]
    code: int = failed["code"]
    return code


async def test_parts_leave_until_nothing_is_left(simulator: SimulatorHandle) -> None:
    """The state stays until the last unit; bookings fall with each part."""
    shop = simulator.create_sandbox(sku_count=5, initial_stock=100)
    shop.clock.set(NOON)
    shop.clock.freeze()
    order = shop.place_order([("TEE-RED-M", 2), ("TEE-RED-L", 1)])
    shop.clock.advance(60)
    first = await outship(shop, order.order_id, parcel(goods(shop, "TEE-RED-M", 1)))
    fields = "orderState,modified,partialLogisticsInfoModel,waybill,logisticsId"
    reading = {"order_id": order.order_id, "optional_fields": fields}
    between = (await result(shop, GET, reading))["orderDetailInfo"]["orderInfo"]
    stock = [
        (shop.sku(code).stock_num, shop.sku(code).booked) for code in ("TEE-RED-M", "TEE-RED-L")
    ]
    last = parcel(
        goods(shop, "TEE-RED-M", 1), goods(shop, "TEE-RED-L", 1), waybill="SF2", carrier=467
    )
    await outship(shop, order.order_id, last)
    after = (await result(shop, GET, reading))["orderDetailInfo"]["orderInfo"]

    assert first == {"successList": [order.order_id], "failList": []}
    assert between["orderState"] == "WAIT_SELLER_STOCK_OUT"
    assert between["modified"] == "2026-11-23 12:01:00"
    assert between["waybill"] == ""
    (shown,) = between["partialLogisticsInfoModel"]
    assert (shown["logicId"], shown["waybillId"], shown["packageNum"]) == ("1499", "ZT1", 1)
    assert shown["shipmentTime"] == (NOON + 60) * 1000
    assert [(sku["skuId"], sku["num"]) for sku in shown["skus"]] == [
        (str(shop.sku("TEE-RED-M").sku_id), 1)
    ]
    assert stock == [(99, 1), (100, 1)]
    assert after["orderState"] == "WAIT_GOODS_RECEIVE_CONFIRM"
    assert (after["logisticsId"], after["waybill"]) == ("1499|467", "ZT1|SF2")
    assert len(after["partialLogisticsInfoModel"]) == 2
    assert (shop.sku("TEE-RED-M").stock_num, shop.sku("TEE-RED-M").booked) == (98, 0)


async def test_a_named_line_is_taken_first(sandbox: SandboxHandle) -> None:
    """The same SKU may stand in two lines, one of them a gift."""
    order = sandbox.place_order(
        [("TEE-RED-M", 1), {"outer_id": "TEE-RED-M", "quantity": 1, "gift": True}]
    )
    gift = order.lines[1]
    await outship(sandbox, order.order_id, parcel(goods(sandbox, "TEE-RED-M", 1, gift.uuid)))

    assert order.sent == {gift.uuid: 1}


async def test_more_than_is_left_is_refused_whole(sandbox: SandboxHandle) -> None:
    """Two parcels that are too much between them leave nothing behind."""
    order = sandbox.place_order([("TEE-RED-M", 2)])
    one, other = (parcel(goods(sandbox, "TEE-RED-M", units)) for units in (1, 2))

    refused = await outship(sandbox, order.order_id, one, other)

    assert failure(refused) == 10100025
    assert not order.parcels
    assert failure(await outship(sandbox, order.order_id, parcel(goods(sandbox, "TEE-RED-L", 1))))
    assert sandbox.sku("TEE-RED-M").booked == 2


async def test_orders_that_may_not_are_judged_and_refused(sandbox: SandboxHandle) -> None:
    """JD's own, cross-border, locked, single units, another seller's."""
    jds = sandbox.place_order([("TEE-RED-M", 2)], order_type="21").order_id
    abroad = sandbox.place_order([("TEE-RED-M", 2)], cross_border=True).order_id
    locked = sandbox.lock(sandbox.place_order([("TEE-RED-M", 2)]).order_id).order_id
    single = sandbox.place_order([("TEE-RED-M", 1)]).order_id
    fine = sandbox.place_order([("TEE-RED-M", 2)]).order_id
    box = parcel(goods(sandbox, "TEE-RED-M", 1))

    said = await judge(sandbox, jds, abroad, locked, single, fine, 1)
    codes = [
        failure(await outship(sandbox, order, box)) for order in (jds, abroad, locked, single, 1)
    ]

    assert {order: item["notSupportType"] for order, item in said.items()} == {
        jds: 2,
        abroad: 3,
        locked: 4,
        single: 5,
        1: 6,
        fine: 0,
    }
    assert [order for order, item in said.items() if item["supportPartialShipment"]] == [fine]
    assert all(item["notSupportMsg"] for order, item in said.items() if order != fine)
    assert codes == [10100023, 10100024, 10100021, 10100024, 10500001]


@pytest.mark.parametrize("order_list", [[-1], "-1", "1,-1"])
async def test_a_negative_number_is_no_order_to_judge(
    sandbox: SandboxHandle, order_list: Json
) -> None:
    """The contract's ids are digits; what is none is refused, not judged."""
    request = {"data": {"orderList": order_list}, "belongType": 1}
    answer = await call(sandbox, JUDGE, {"request": request})

    assert answer["error_response"]["code"] == "61"


async def test_a_shop_to_which_it_is_not_opened(simulator: SimulatorHandle) -> None:
    """The switch `partial_shipment: refused` says no to every order."""
    shop = simulator.create_sandbox(sku_count=3, partial_shipment="refused")
    order = shop.place_order([("TEE-RED-M", 2)]).order_id

    said = (await judge(shop, order))[order]

    assert (said["supportPartialShipment"], said["notSupportType"]) == (False, 1)
    assert failure(await outship(shop, order, parcel(goods(shop, "TEE-RED-M", 1)))) == 10100024


async def test_repeats_unknown_carriers_and_several_orders_are_refused(
    sandbox: SandboxHandle,
) -> None:
    """What left whole does not leave again, and the observer knows."""
    order = sandbox.place_order([("TEE-RED-M", 2)]).order_id
    box = parcel(goods(sandbox, "TEE-RED-M", 2))
    unknown = parcel(goods(sandbox, "TEE-RED-M", 1), carrier=99999)

    assert failure(await outship(sandbox, order, unknown)) == 10100022
    both = await outship(sandbox, order, box, orderIds=[order, 1])
    assert {failed["code"] for failed in both["failList"]} == {10100027}
    await outship(sandbox, order, box)
    assert failure(await outship(sandbox, order, box)) == 10400001
    assert len(sandbox.invariants()["shipments_doubled"]) == 1


@pytest.mark.parametrize("method", [JUDGE, OUTSHIP])
@pytest.mark.parametrize(
    ("request_object", "code"),
    [
        (None, "60"),
        ({"data": {"orderList": [1]}}, "60"),
        ({"data": {"orderList": [1]}, "belongType": 2}, "61"),
        ({"belongType": 1}, "60"),
        ({"data": {"orderList": []}, "belongType": 1}, "60"),
        ({"data": [], "belongType": 1}, "60"),
    ],
)
async def test_what_is_no_request_is_refused(
    sandbox: SandboxHandle, method: str, request_object: object, code: str
) -> None:
    """The object `request`, its data and its belongType are needed."""
    answer = await call(sandbox, method, {"request": request_object})

    assert answer["error_response"]["code"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"orderIds": []}, "60"),
        ({"deliveryType": 7}, "61"),
        ({"deliveryNumberDtoList": []}, "60"),
        ({"deliveryNumberDtoList": [parcel()]}, "60"),
        ({"deliveryNumberDtoList": [{**parcel({"skuId": 1, "num": 0})}]}, "61"),
        ({"deliveryNumberDtoList": [{**parcel({"skuId": 1, "num": 1}), "deliveryNums": []}]}, "60"),
        ({"deliveryNumberDtoList": [{**parcel({"num": 1})}]}, "60"),
    ],
)
async def test_what_is_no_parcel_is_refused(
    sandbox: SandboxHandle, changes: dict[str, object], code: str
) -> None:
    """A parcel has a carrier, a waybill and goods, of a delivery type that JD knows."""
    item = {
        "orderIds": [1],
        "deliveryType": 0,
        "deliveryNumberDtoList": [parcel({"skuId": 1, "num": 1})],
    }
    request = {"data": [{**item, **changes}], "belongType": 1}

    answer = await call(sandbox, OUTSHIP, {"request": request})

    assert answer["error_response"]["code"] == code


async def test_the_values_that_jd_takes_are_switches(simulator: SimulatorHandle) -> None:
    """What belongType and deliveryType must be is what the sandbox is set to."""
    shop = simulator.create_sandbox(sku_count=1, belong_type=3, delivery_type=5)
    order = shop.place_order([("TEE-RED-M", 2)]).order_id
    item = {
        "orderIds": [order],
        "deliveryType": 5,
        "deliveryNumberDtoList": [parcel(goods(shop, "TEE-RED-M", 1))],
    }

    answer = await result(shop, OUTSHIP, {"request": {"data": [item], "belongType": 3}})

    assert answer["response"]["data"]["successList"] == [order]
