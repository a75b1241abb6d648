"""The encrypted twins answer as search and get do, and always encrypt."""

import pytest

from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import Json, call, result

SEARCH = "jingdong.pop.order.enSearch"
GET = "jingdong.pop.order.enGet"
PLAIN_GET = "jingdong.pop.order.get"
FIELDS = "orderId,modified,consigneeInfo,originalConsigneeInfo"


@pytest.fixture
def shop(simulator: SimulatorHandle) -> SandboxHandle:
    """Make a shop whose app may see receivers in plain text."""
    return simulator.create_sandbox(sku_count=3, receivers="plain")


async def get(sandbox: SandboxHandle, method: str, order_id: int) -> Json:
    """Read an order and take its receiver."""
    found = await result(sandbox, method, {"order_id": order_id, "optional_fields": FIELDS})
    return found["orderDetailInfo"]["orderInfo"]["consigneeInfo"]


async def test_the_twin_encrypts_what_the_other_shows(shop: SandboxHandle) -> None:
    """Name and address are ciphertext in one and plain in the other, whichever is read first."""
    order = shop.place_order([("TEE-RED-M", 1)])
    readings = [await get(shop, method, order.order_id) for method in (GET, PLAIN_GET, GET)]

    assert readings[0] == readings[2]
    assert readings[1]["fullname"] == order.receiver.name
    assert readings[0]["fullname"] != order.receiver.name
    assert {reading["oaid"] for reading in readings} == {readings[0]["oaid"]}


async def test_search_finds_the_same_orders(shop: SandboxHandle) -> None:
    """The same parameters, the same container, the same refusals."""
    order = shop.place_order([("TEE-RED-M", 1)])
    arguments = {
        "order_state": "WAIT_SELLER_STOCK_OUT",
        "optional_fields": FIELDS,
        "page": "1",
        "page_size": "10",
    }

    found = (await result(shop, SEARCH, arguments))["searchorderinfo_result"]
    refused = await call(shop, SEARCH, {**arguments, "page_size": "101"})

    (row,) = found["orderInfoList"]
    assert row["orderId"] == str(order.order_id)
    assert row["consigneeInfo"]["fullname"] != order.receiver.name
    assert refused["error_response"]["code"] == "61"


@pytest.mark.parametrize(
    ("start", "page", "code"),
    [
        ("2020-01-01 00:00:00", "1", 10100001),
        ("2025-11-01 00:00:00", "1", 10100002),
        ("2026-11-23 00:00:00", "101", 10100003),
    ],
)
async def test_search_refuses_what_search_refuses(
    simulator: SimulatorHandle, start: str, page: str, code: int
) -> None:
    """Span, age and page, by the same numbers."""
    shop = simulator.create_sandbox(sku_count=1, clock_start="2026-11-23T12:00:00+08:00")
    arguments = {
        "order_state": "LOCKED",
        "optional_fields": "orderId",
        "page": page,
        "page_size": "10",
        "start_date": start,
        "end_date": "2025-11-02 00:00:00" if code == 10100002 else "2026-11-23 12:00:00",
    }

    refused = (await result(shop, SEARCH, arguments))["searchorderinfo_result"]["apiResult"]

    assert (refused["success"], refused["numberCode"]) == (False, code)


@pytest.mark.parametrize("varies", [False, True])
async def test_ciphertext_differs_at_each_reading_where_the_switch_says_so(
    simulator: SimulatorHandle, *, varies: bool
) -> None:
    """The oaid and the masked phone stay the same; a reading of other fields changes nothing."""
    shop = simulator.create_sandbox(sku_count=3, ciphertext_varies=varies)
    order = shop.place_order([("TEE-RED-M", 1)])
    first, second = [await get(shop, PLAIN_GET, order.order_id) for _ in range(2)]

    differing = {name for name in first if first[name] != second[name]}
    expected = {"fullname", "fullAddress", "desen_mobile", "desen_telephone"} if varies else set()
    assert differing == expected


@pytest.mark.parametrize(("method", "code"), [(GET, 10500001), (PLAIN_GET, 10500001)])
async def test_orders_of_other_sellers_are_not_told(
    shop: SandboxHandle, method: str, code: int
) -> None:
    """An unknown order is refused as not this seller's."""
    found = await result(shop, method, {"order_id": "1", "optional_fields": "orderId"})

    assert found["orderDetailInfo"]["apiResult"]["numberCode"] == code


@pytest.mark.parametrize("method", [GET, PLAIN_GET])
async def test_a_split_order_is_gone(simulator: SimulatorHandle, method: str) -> None:
    """Its number is unknown; with the switch `shown` it is answered as it last was."""
    for split_parent in ("refused", "shown"):
        shop = simulator.create_sandbox(sku_count=3, split_parent=split_parent)
        order = shop.place_order([("TEE-RED-M", 2)])
        shop.split(order.order_id)
        arguments = {"order_id": order.order_id, "optional_fields": "orderId"}

        found = (await result(shop, method, arguments))["orderDetailInfo"]

        expected = 10100004 if split_parent == "refused" else 0
        assert found["apiResult"]["numberCode"] == expected
