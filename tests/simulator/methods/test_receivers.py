"""JD tells which orders go to the same receiver."""

import pytest

from jd_simulator.testing import SandboxHandle
from tests.jd_shop import Json, call, result

MERGE = "jingdong.jos.order.oaid.merge"
GET = "jingdong.pop.order.get"


async def oaid(sandbox: SandboxHandle, order_id: int) -> str:
    """Read an order's oaid."""
    found = await result(sandbox, GET, {"order_id": order_id, "optional_fields": "consigneeInfo"})
    name: str = found["orderDetailInfo"]["orderInfo"]["consigneeInfo"]["oaid"]
    return name


async def merge(sandbox: SandboxHandle, **orders: str) -> Json:
    """Ask about orders, given as `o<number>=oaid`."""
    wanted = [{"orderId": name[1:], "oaid": given} for name, given in orders.items()]
    return (await result(sandbox, MERGE, {"request": {"mergeList": wanted}}))["response"]


async def test_orders_of_one_receiver_are_merged(sandbox: SandboxHandle) -> None:
    """The same buyer's orders are a group; one that is alone, or whose oaid is not its, is none."""
    ids = [
        sandbox.place_order([("TEE-RED-M", 1)], buyer=buyer).order_id
        for buyer in ("anna", "bert", "anna", "anna")
    ]
    names = {f"o{order_id}": await oaid(sandbox, order_id) for order_id in ids}
    names[f"o{ids[3]}"] = "another"

    answer = await merge(sandbox, **names)

    assert answer["data"]["mergeResults"] == [{"mergeOrderIds": [str(ids[0]), str(ids[2])]}]


async def test_people_at_one_pick_up_point_are_not_merged(sandbox: SandboxHandle) -> None:
    """The address is the same, the receivers are not."""
    ids = [
        sandbox.place_order([("TEE-RED-M", 1)], buyer=buyer, pick_up=True).order_id
        for buyer in ("anna", "bert")
    ]
    names = {f"o{order_id}": await oaid(sandbox, order_id) for order_id in ids}
    one, other = (sandbox.order(order_id).receiver for order_id in ids)

    answer = await merge(sandbox, **names)

    assert one.full_address == other.full_address
    assert answer["data"]["mergeResults"] == []


async def test_a_change_of_address_parts_receivers(sandbox: SandboxHandle) -> None:
    """The old oaid is the order's no longer."""
    ids = [sandbox.place_order([("TEE-RED-M", 1)], buyer="anna").order_id for _ in range(2)]
    names = {f"o{order_id}": await oaid(sandbox, order_id) for order_id in ids}
    sandbox.readdress(ids[0])

    answer = await merge(sandbox, **names)

    assert answer["data"]["mergeResults"] == []


async def test_another_sellers_order_refuses_the_call(sandbox: SandboxHandle) -> None:
    """By a code in the response, without data."""
    answer = await merge(sandbox, o1="x")

    assert (answer["code"], answer["data"]) == ("10500001", None)


@pytest.mark.parametrize(
    ("request_object", "code"),
    [
        (None, "60"),
        ({"mergeList": []}, "60"),
        ({"mergeList": [{"orderId": 1}]}, "60"),
        ({"mergeList": [{"orderId": "x", "oaid": "y"}]}, "61"),
        ({"mergeList": [{"orderId": 1, "oaid": "y"}] * 101}, "61"),
    ],
)
async def test_what_is_no_list_of_orders_is_refused(
    sandbox: SandboxHandle, request_object: object, code: str
) -> None:
    """One to a hundred orders, each with its oaid."""
    answer = await call(sandbox, MERGE, {"request": request_object})

    assert answer["error_response"]["code"] == code
