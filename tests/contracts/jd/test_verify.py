"""A shop answers as the contracts say: the simulator's, and a real one when it is named.

`make jd-verify` runs this file against JD: see `shop_to_verify` for the environment. It reads,
and writes nothing unless asked.
"""

import os
from collections.abc import Iterator
from datetime import timedelta

import jsonschema_rs
import pytest

import contracts
from contracts import Json, JsonObject
from tests.contracts.jd.shop_to_verify import (
    NotConfiguredError,
    Shop,
    content,
    now_text,
    shop_to_verify,
)

ORDER_FIELDS = "orderId,orderState,orderType,modified,itemInfoList,consigneeInfo"
SKU_FIELDS = "skuId,wareId,outerId,skuName,status,jdPrice,stockNum,modified"
A_DAY = {"start_date": now_text(timedelta(days=-1)), "end_date": now_text()}
SEARCH = {"order_state": "WAIT_SELLER_STOCK_OUT", "page": "1", "page_size": "10"}


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """Take the shop that the environment names."""
    with shop_to_verify(os.environ) as found:
        yield found


def ask(shop: Shop, name: str, arguments: JsonObject) -> JsonObject:
    """Call a method, hold its answer to the contract, and give what is in the envelope."""
    contract = contracts.jd_method(name)
    answer = shop.call(contract.full_name, arguments)
    validator = jsonschema_rs.Draft202012Validator(contract.response_schema)
    problems = [
        f"{'.'.join(map(str, error.instance_path))}: {error.message}"
        for error in validator.iter_errors(answer)
    ]

    assert not problems, f"{name}: {'; '.join(problems)}"
    assert next(iter(answer)) in (contract.envelope, *contract.tolerated_envelopes), answer
    found: JsonObject = content(answer)
    return found


def first_of(rows: Json, what: str) -> Json:
    """Give the first row; a shop that has none can prove nothing."""
    if not rows:
        pytest.skip(f"this shop has no {what}")
    return rows[0]


@pytest.mark.parametrize("name", ["pop.order.search", "pop.order.enSearch"])
@pytest.mark.parametrize("span", [{}, A_DAY], ids=["waiting", "of-a-day"])
def test_orders_are_searched(shop: Shop, name: str, span: dict[str, str]) -> None:
    """Only the fields asked for come back, with a total that is not smaller than the page."""
    found = ask(shop, name, {**SEARCH, **span, "optional_fields": ORDER_FIELDS})
    (result,) = [part for part in found.values() if isinstance(part, dict)]

    assert result["orderTotal"] >= len(result["orderInfoList"])
    for order in result["orderInfoList"]:
        assert order.keys() <= set(ORDER_FIELDS.split(","))


def test_an_order_is_read_as_it_was_found(shop: Shop) -> None:
    """State and instant of one order are the same in a search and by its number."""
    asked = {**SEARCH, "optional_fields": "orderId,orderState,modified"}
    listed = ask(shop, "pop.order.search", asked)["searchorderinfo_result"]["orderInfoList"]
    order = first_of(listed, "waiting orders")
    detail = ask(
        shop,
        "pop.order.get",
        {"order_id": order["orderId"], "optional_fields": "orderId,orderState,modified"},
    )

    assert detail["orderDetailInfo"]["orderInfo"] == order


def test_carriers_are_listed(shop: Shop) -> None:
    """Each has a number and a name."""
    found = ask(shop, "vender.all.delivery.company", {"fields": "id,name,description"})

    assert all(row["id"] and row["name"] for row in found["delivery_companies"])


def test_a_sku_s_stock_is_read(shop: Shop) -> None:
    """A SKU of the list has figures of its own."""
    page = ask(shop, "sku.read.searchSkuList", {"pageNo": 1, "page_size": 5, "field": SKU_FIELDS})
    sku = first_of(page["page"]["data"], "SKUs")
    reading = ask(shop, "ware.stock.sku.query", {"skuId": sku["skuId"]})["returnType"]

    assert reading["obj"]["skuId"] == sku["skuId"]
    assert all(row["stockNum"] >= 0 for row in reading["obj"]["skuStockInfos"])


def test_stock_is_written_where_that_is_allowed(shop: Shop) -> None:
    """The quantity that is there is written again, and is still there."""
    if shop.writable_sku is None:
        pytest.skip("JD_VERIFY_SKU names no SKU whose stock may be written")
    sku_id = int(shop.writable_sku)
    before = ask(shop, "ware.stock.sku.query", {"skuId": sku_id})["returnType"]["obj"]
    row = first_of(before["skuStockInfos"], "stock")
    receipt = ask(
        shop,
        "ware.stock.sku.set",
        {
            "req": {
                "updateModel": "fullStockIn",
                "stockRfId": f"verify-{now_text()}",
                "skuStocks": [{"skuId": sku_id, "stockNum": row["stockNum"]}],
            }
        },
    )
    after = ask(shop, "ware.stock.sku.query", {"skuId": sku_id})["returnType"]["obj"]

    assert receipt["returnType"]["success"] is True
    assert after["skuStockInfos"][0]["stockNum"] == row["stockNum"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"method": "jingdong.no.such.method"}, "15"),
        ({"app_key": "no-such-key"}, "21"),
        ({"timestamp": now_text(timedelta(hours=-2))}, "8"),
        ({"sign": "0" * 32}, "12"),
        ({"access_token": "no-such-token"}, "19"),
    ],
    ids=["method", "app-key", "timestamp", "signature", "token"],
)
def test_the_platform_refuses_by_its_codes(shop: Shop, changes: dict[str, str], code: str) -> None:
    """What is wrong with a call is told by the code of the catalogue."""
    search = contracts.jd_method("pop.order.search")
    arguments = {**SEARCH, "optional_fields": "orderId"}
    answer = shop.call(search.full_name, arguments, **changes)

    assert jsonschema_rs.is_valid(search.response_schema, answer), answer
    assert str(answer["error_response"]["code"]) == code


def test_a_real_shop_needs_all_its_credentials() -> None:
    """What is missing is named before anything is called."""
    environment = {"JD_SANDBOX_URL": "https://jd.test/", "JD_APP_KEY": "k"}
    with (
        pytest.raises(NotConfiguredError, match="JD_APP_SECRET, JD_ACCESS_TOKEN"),
        shop_to_verify(environment),
    ):
        pytest.fail("it cannot have begun")


def test_a_real_shop_is_read_only_unless_a_sku_is_named() -> None:
    """The path is added, and no secret shows."""
    environment = {
        "JD_SANDBOX_URL": "https://jd.test/",
        "JD_APP_KEY": "k",
        "JD_APP_SECRET": "geheim",
        "JD_ACCESS_TOKEN": "token-1",
    }
    with shop_to_verify(environment) as named:
        assert named.endpoint == "https://jd.test/routerjson"
        assert named.writable_sku is None
        assert "geheim" not in repr(named)
        assert "token-1" not in repr(named)
