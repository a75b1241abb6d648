"""An independent client, written for JD, works against the simulator as it is.

PyPI's `jd-sdk` puts every parameter into the query of a POST with an absolute request target and
an empty body. It signs in Latin-1, so what it sends is ASCII here.

Source: requirements-conformance.lock
"""

import importlib
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from jd_simulator.testing import SandboxHandle, serve_in_thread
from tests.jd_shop import AnswerReferee

pytestmark = [
    # The SDK leaves its connections to the garbage collector.
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

Ask = Callable[..., Any]
"""Takes a method's full name and its parameters, gives what is inside the envelope."""

SEARCH = {
    "order_state": "WAIT_SELLER_STOCK_OUT",
    "optional_fields": "orderId,orderState,itemInfoList,modified",
    "page": "1",
    "page_size": "100",
}


@pytest.fixture(scope="module")
def sdk() -> Any:
    """Import the SDK; without it, say how to get it."""
    if os.environ.get("CI") == "true":
        return importlib.import_module("jd.api.base")
    return pytest.importorskip("jd.api.base", reason="jd-sdk is not installed: run make bootstrap")


@pytest.fixture
def shop() -> Iterator[SandboxHandle]:
    """Run a shop whose answers are held to the contracts."""
    referee = AnswerReferee()
    with serve_in_thread() as simulator:
        simulator.on_answer = referee
        yield simulator.create_sandbox(seed=5, sku_count=5, initial_stock=50)
    referee.verify()


@pytest.fixture
def ask(sdk: Any, shop: SandboxHandle) -> Ask:
    """Make the SDK's own way to call a method."""
    address = urlsplit(shop.endpoint)

    def call(method: str, **parameters: object) -> Any:
        kind = type("Request", (sdk.RestApi,), {"getapiname": lambda _: method})
        request = kind(address.hostname, address.port)
        request.set_app_info(sdk.jd.appinfo(shop.app_key, shop.app_secret))
        for name, value in parameters.items():
            setattr(request, name, value)
        answer = request.getResponse(access_token=shop.access_token, timeout=10)
        (content,) = answer.values()
        return content

    return call


def test_orders_are_found_and_read(ask: Ask, shop: SandboxHandle) -> None:
    """Those that wait, those of a span of time, and one by its number."""
    order = shop.place_order([("TEE-RED-M", 2)])
    now = datetime.now(UTC) + timedelta(hours=8)
    span = {
        "start_date": f"{now - timedelta(hours=1):%Y-%m-%d %H:%M:%S}",
        "end_date": f"{now + timedelta(hours=1):%Y-%m-%d %H:%M:%S}",
        "dateType": "0",
        "sortType": "0",
    }
    waiting = ask("jingdong.pop.order.search", **SEARCH)["searchorderinfo_result"]
    modified = ask("jingdong.pop.order.search", **SEARCH, **span)["searchorderinfo_result"]
    one = ask(
        "jingdong.pop.order.get", order_id=str(order.order_id), optional_fields="orderId,orderState"
    )["orderDetailInfo"]["orderInfo"]

    assert waiting["orderInfoList"] == modified["orderInfoList"]
    assert waiting["orderTotal"] == 1
    assert one == {"orderId": str(order.order_id), "orderState": "WAIT_SELLER_STOCK_OUT"}


def test_stock_is_written_and_read_back(ask: Ask, shop: SandboxHandle) -> None:
    """Absolute quantities by the current method, JD's own figures after it."""
    sku = shop.sku("TEE-RED-M")
    receipt = ask(
        "jingdong.ware.stock.sku.set",
        req={
            "updateModel": "fullStockIn",
            "stockRfId": "conformance-1",
            "skuStocks": [{"skuId": sku.sku_id, "stockNum": 17}],
        },
    )["returnType"]
    reading = ask("jingdong.ware.stock.sku.query", skuId=sku.sku_id)["returnType"]["obj"]

    assert receipt["success"] is True
    assert [row["stockNum"] for row in reading["skuStockInfos"]] == [17]


def test_carriers_are_listed_and_one_takes_an_order_away(ask: Ask, shop: SandboxHandle) -> None:
    """A carrier's number from JD's list ships the order, once."""
    order = shop.place_order([("TEE-RED-M", 1)])
    carriers = ask("360buy.get.vender.all.delivery.company", fields="id,name")
    carrier = carriers["delivery_companies"][0]["id"]
    parcel = {"orderId": order.order_id, "logiCoprId": str(carrier), "logiNo": "SF1234567890"}
    first, again = (
        ask("jingdong.pop.order.shipment", **parcel)["sopjosshipment_result"] for _ in range(2)
    )

    assert first["success"] is True
    assert str(shop.order(order.order_id).state) == "WAIT_GOODS_RECEIVE_CONFIRM"
    assert (again["success"], again["errorCode"]) == (False, "10400001")


def test_refusals_are_jd_s(ask: Ask, shop: SandboxHandle) -> None:
    """An expired token and a missing permission are told by JD's codes."""
    shop.remove_scope("jingdong.pop.order.search")
    without_scope = ask("jingdong.pop.order.search", **SEARCH)
    shop.expire_token()
    without_token = ask("jingdong.pop.order.get", order_id="1", optional_fields="orderId")

    assert without_scope["code"] == "24"
    assert without_token["code"] == "19"
