"""Search and reading of orders keep to the contract's limits and rules."""

from collections.abc import Iterator
from itertools import count

import pytest

from jd_simulator.clock import beijing_text, parse_instant
from jd_simulator.shop.view import ORDER_FIELDS
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import Json, call, result

SEARCH = "jingdong.pop.order.search"
GET = "jingdong.pop.order.get"
START = int(parse_instant("2026-11-23 12:00:00"))
DAY = 86_400


@pytest.fixture
def shop(simulator: SimulatorHandle) -> SandboxHandle:
    """Make a shop whose clock moves only when told."""
    sandbox = simulator.create_sandbox(
        sku_count=20, initial_stock=1000, clock_start="2026-11-23T12:00:00+08:00", page_cap=3
    )
    sandbox.clock.set(START)
    sandbox.clock.freeze()
    return sandbox


async def search(sandbox: SandboxHandle, **changes: object) -> Json:
    """Search by modified time, an hour round now unless told otherwise."""
    arguments = {
        "order_state": "WAIT_SELLER_STOCK_OUT",
        "optional_fields": "orderId,modified,orderState",
        "page": "1",
        "page_size": "10",
        "start_date": beijing_text(START - 3600),
        "end_date": beijing_text(START + 3600),
    }
    found = await result(sandbox, SEARCH, {**arguments, **changes})
    return found["searchorderinfo_result"]


def ids(found: Json) -> list[int]:
    """Take the order numbers of a page."""
    return [int(order["orderId"]) for order in found["orderInfoList"]]


def placed(sandbox: SandboxHandle, number: int, apart_s: int = 1) -> Iterator[int]:
    """Place orders, some seconds apart."""
    for _ in range(number):
        yield sandbox.place_order([("TEE-RED-M", 1)]).order_id
        sandbox.clock.advance(apart_s)


async def test_only_the_listed_fields_come_back(shop: SandboxHandle) -> None:
    """`optional_fields` is what an order consists of."""
    list(placed(shop, 1))

    (order,) = (await search(shop, optional_fields="modified, orderId"))["orderInfoList"]

    assert list(order) == ["modified", "orderId"]


async def test_every_field_of_the_contract_can_be_asked_for(shop: SandboxHandle) -> None:
    """An order has each field that JD documents."""
    order = shop.place_order([("TEE-RED-M", 1)], remark="送礼🎁", cross_border=True)

    found = await result(
        shop, GET, {"order_id": order.order_id, "optional_fields": sorted(ORDER_FIELDS)}
    )

    info = found["orderDetailInfo"]["orderInfo"]
    assert info.keys() == ORDER_FIELDS
    assert info["orderRemark"] == "送礼🎁"


async def test_pages_are_cut_from_one_order_oldest_first(shop: SandboxHandle) -> None:
    """Three pages of two hold five orders, once each, and the total is that of all."""
    expected = list(placed(shop, 5))

    pages = [await search(shop, page=str(page), page_size="2") for page in (1, 2, 3)]

    assert [order for page in pages for order in ids(page)] == expected
    assert {page["orderTotal"] for page in pages} == {5}


async def test_sort_type_one_is_newest_first(shop: SandboxHandle) -> None:
    """Any other sort type is oldest first."""
    expected = list(placed(shop, 3))

    assert ids(await search(shop, sortType=1)) == expected[::-1]
    assert ids(await search(shop, sortType=0)) == expected


async def test_both_ends_of_the_window_belong_to_it(shop: SandboxHandle) -> None:
    """A second before and a second after do not."""
    expected = list(placed(shop, 5))

    found = await search(shop, start_date=beijing_text(START + 1), end_date=beijing_text(START + 3))

    assert ids(found) == expected[1:4]


async def test_date_type_tells_creation_from_modification(shop: SandboxHandle) -> None:
    """A changed order moves in the window of modification and stays in that of creation."""
    first, second = placed(shop, 2)
    shop.clock.advance(600)
    shop.readdress(first)
    late = {"start_date": beijing_text(START + 60)}

    assert ids(await search(shop, **late)) == [first]
    assert ids(await search(shop, **late, dateType=1)) == []
    assert ids(await search(shop)) == [second, first]
    assert ids(await search(shop, dateType="1")) == [first, second]


async def test_states_select_and_unpaid_orders_are_not_found(shop: SandboxHandle) -> None:
    """A list of states is a union; NOT_PAY finds nothing."""
    paid, locked = placed(shop, 2)
    unpaid = shop.place_order([("TEE-RED-M", 1)], paid=False).order_id
    shop.lock(locked)

    found = await search(shop, order_state="WAIT_SELLER_STOCK_OUT,LOCKED,NOT_PAY,PAUSE")

    assert sorted(ids(found)) == sorted([paid, locked])
    assert ids(await search(shop, order_state="NOT_PAY")) == []
    shop.pay(unpaid)
    assert unpaid in ids(await search(shop))


async def test_dates_may_be_left_out_for_orders_to_ship_alone(shop: SandboxHandle) -> None:
    """Without dates everything that waits is found, however old."""
    (order,) = placed(shop, 1, apart_s=200 * DAY)
    undated = {"start_date": None, "end_date": ""}

    assert ids(await search(shop, **undated)) == [order]
    answer = await call(
        shop,
        SEARCH,
        {"order_state": "LOCKED", "optional_fields": "orderId", "page": 1, "page_size": 1},
    )
    assert answer["error_response"]["code"] == "60"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"start_date": beijing_text(START - 32 * DAY)}, 10100001),
        (
            {
                "start_date": beijing_text(START - 93 * DAY),
                "end_date": beijing_text(START - 92 * DAY),
            },
            10100002,
        ),
        ({"page": "4"}, 10100003),
    ],
    ids=["span", "age", "page"],
)
async def test_what_jd_does_not_read_is_a_business_refusal(
    shop: SandboxHandle, changes: dict[str, object], code: int
) -> None:
    """Too long a span, too old a start, too far a page: apiResult tells, in both languages."""
    refused = (await search(shop, **changes))["apiResult"]

    assert (refused["success"], refused["numberCode"]) == (False, code)
    assert refused["chineseErrCode"]
    assert refused["englishErrCode"]


@pytest.mark.parametrize(
    "changes",
    [
        {"page_size": "101"},
        {"page_size": "0"},
        {"page": "0"},
        {"page": "two"},
        {"order_state": "SHIPPED"},
        {"end_date": beijing_text(START - 7200)},
        {"start_date": "2026-11-23"},
        {"dateType": 1, "start_date": "2020-01-01 00:00:00", "end_date": "2020-01-02 00:00:00"},
    ],
)
async def test_illegal_values_are_refused(shop: SandboxHandle, changes: dict[str, object]) -> None:
    """A value that is not allowed is the platform's 61."""
    arguments = {
        "order_state": "WAIT_SELLER_STOCK_OUT",
        "optional_fields": "orderId",
        "page": "1",
        "page_size": "10",
        "start_date": beijing_text(START - 3600),
        "end_date": beijing_text(START + 3600),
    }

    answer = await call(shop, SEARCH, {**arguments, **changes})

    assert answer["error_response"]["code"] == "61"


async def test_orders_of_other_sellers_are_not_told(shop: SandboxHandle) -> None:
    """An unknown order is refused as not this seller's."""
    found = await result(shop, GET, {"order_id": "1", "optional_fields": "orderId"})

    assert found["orderDetailInfo"]["apiResult"]["numberCode"] == 10500001


async def test_changes_show_at_once_in_what_was_read_before(shop: SandboxHandle) -> None:
    """An order that was kept as JSON is written anew after each change."""
    (order,) = placed(shop, 1)
    numbers = count()
    states = []
    for change in (shop.lock, shop.unlock, shop.pause, shop.unpause, shop.cancel):
        await search(shop)
        change(order)
        found = await result(
            shop, GET, {"order_id": order, "optional_fields": "orderState,modified"}
        )
        states.append(found["orderDetailInfo"]["orderInfo"]["orderState"])
        shop.clock.advance(next(numbers))

    assert states == [
        "LOCKED",
        "WAIT_SELLER_STOCK_OUT",
        "POP_ORDER_PAUSE",
        "WAIT_SELLER_STOCK_OUT",
        "TRADE_CANCELED",
    ]
