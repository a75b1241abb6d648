"""Unpaid orders are listed, remarks written, split orders found by their children."""

import pytest

from jd_simulator.clock import beijing_text, parse_instant
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import Json, call, result

UNPAID = "jingdong.pop.order.notPayOrderInfo"
REMARK = "jingdong.pop.order.modifyVenderRemark"
SEARCH = "jingdong.pop.order.search"
START = int(parse_instant("2026-11-23 12:00:00"))


@pytest.fixture
def shop(simulator: SimulatorHandle) -> SandboxHandle:
    """Make a shop whose clock moves only when told."""
    sandbox = simulator.create_sandbox(sku_count=5, initial_stock=1000)
    sandbox.clock.set(START)
    sandbox.clock.freeze()
    return sandbox


async def unpaid(sandbox: SandboxHandle, **changes: object) -> Json:
    """List unpaid orders of an hour round now."""
    arguments = {
        "startDate": beijing_text(START - 3600),
        "endDate": beijing_text(START + 3600),
        "page": 1,
        "pageSize": 20,
    }
    found = await result(sandbox, UNPAID, {**arguments, **changes})
    return found["notPayOrderInfoResult"]


async def waiting(sandbox: SandboxHandle) -> list[Json]:
    """Search all orders that wait to be shipped."""
    arguments = {
        "order_state": "WAIT_SELLER_STOCK_OUT",
        "optional_fields": "orderId,parentOrderId,directParentOrderId,venderRemark,modified",
        "page": "1",
        "page_size": "100",
    }
    found = await result(sandbox, SEARCH, arguments)
    orders: list[Json] = found["searchorderinfo_result"]["orderInfoList"]
    return orders


async def test_unpaid_orders_are_listed_until_they_are_paid(shop: SandboxHandle) -> None:
    """They book stock from the start; a paid or cancelled one is not listed any more."""
    orders = [shop.place_order([("TEE-RED-M", 2)], paid=False) for _ in range(3)]
    shop.place_order([("TEE-RED-M", 1)])
    booked = shop.sku("TEE-RED-M").booked
    shop.pay(orders[0].order_id)
    shop.cancel(orders[1].order_id)

    found = await unpaid(shop)

    assert booked == 7
    assert found["orderTotal"] == 1
    (row,) = found["orderInfoList"]
    assert row["orderId"] == str(orders[2].order_id)
    assert row["orderState"] == "NOT_PAY"
    assert row["itemInfoList"][0]["itemTotal"] == "2"


async def test_unpaid_orders_come_in_pages(shop: SandboxHandle) -> None:
    """Oldest first; zeros mean the first page of twenty."""
    orders = [shop.place_order([("TEE-RED-M", 1)], paid=False).order_id for _ in range(5)]

    pages = [(await unpaid(shop, page=page, pageSize=2))["orderInfoList"] for page in (1, 2, 3)]

    assert [int(row["orderId"]) for page in pages for row in page] == orders
    assert len((await unpaid(shop, page=0, pageSize=0))["orderInfoList"]) == 5


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"startDate": None}, "60"),
        ({"endDate": ""}, "60"),
        ({"endDate": beijing_text(START - 7200)}, "61"),
        ({"pageSize": 101}, "61"),
    ],
)
async def test_illegal_lists_are_refused(
    shop: SandboxHandle, changes: dict[str, object], code: str
) -> None:
    """Dates are needed, in their order; a page has at most a hundred."""
    window = {"startDate": beijing_text(START), "endDate": beijing_text(START)}

    answer = await call(shop, UNPAID, {**window, **changes})

    assert answer["error_response"]["code"] == code


async def test_too_long_a_span_of_unpaid_orders_is_a_business_refusal(shop: SandboxHandle) -> None:
    """More than a month, as in search."""
    found = await unpaid(shop, startDate=beijing_text(START - 40 * 86_400))

    assert found["apiResult"]["numberCode"] == 10100001


async def test_a_remark_is_shown_and_moves_modified(shop: SandboxHandle) -> None:
    """The newest words stand in venderRemark."""
    order = shop.place_order([("TEE-RED-M", 1)])
    for remark in ("先发", "已核对📦"):
        shop.clock.advance(10)
        answer = await result(
            shop, REMARK, {"order_id": order.order_id, "flag": 3, "remark": remark}
        )
        assert answer["modifyvenderremark_result"]["success"] is True

    (row,) = await waiting(shop)
    assert row["venderRemark"] == "已核对📦"
    assert row["modified"] == beijing_text(START + 20)
    assert order.flag == 3


@pytest.mark.parametrize(
    ("order_id", "remark", "code"), [("1", "x", "10500001"), (None, "长" * 501, "10100028")]
)
async def test_remarks_are_refused(
    shop: SandboxHandle, order_id: str | None, remark: str, code: str
) -> None:
    """Another seller's order, and too long a text."""
    order = shop.place_order([("TEE-RED-M", 1)])

    answer = await result(shop, REMARK, {"order_id": order_id or order.order_id, "remark": remark})

    refused = answer["modifyvenderremark_result"]
    assert (refused["success"], refused["error_code"]) == (False, code)
    assert refused["chinese_err_code"]
    assert order.remark == ""


async def test_flags_go_to_five(shop: SandboxHandle) -> None:
    """Another one is the platform's 61."""
    answer = await call(shop, REMARK, {"order_id": 1, "flag": 6})

    assert answer["error_response"]["code"] == "61"


async def test_children_take_a_split_orders_place(shop: SandboxHandle) -> None:
    """The parent vanishes from search, each child names it."""
    order = shop.place_order([("TEE-RED-M", 2), ("TEE-RED-L", 1)])
    shop.clock.advance(5)
    children = shop.split(
        order.order_id, [[("TEE-RED-M", 1)], [("TEE-RED-M", 1), ("TEE-RED-L", 1)]]
    )

    rows = await waiting(shop)

    parent = str(order.order_id)
    assert [(row["orderId"], row["parentOrderId"], row["directParentOrderId"]) for row in rows] == [
        (str(child.order_id), parent, parent) for child in children
    ]
    assert {row["modified"] for row in rows} == {beijing_text(START + 5)}


async def test_search_lags_behind_where_the_switch_says_so(simulator: SimulatorHandle) -> None:
    """An order appears some time after it was placed, with its old `modified`."""
    shop = simulator.create_sandbox(sku_count=5, search_lag_s=120)
    shop.clock.set(START)
    shop.clock.freeze()
    order = shop.place_order([("TEE-RED-M", 1)])
    seen = []
    for _ in range(3):
        seen.append([row["modified"] for row in await waiting(shop)])
        shop.clock.advance(60)

    assert seen == [[], [], [beijing_text(START)]]
    assert order.modified == START
