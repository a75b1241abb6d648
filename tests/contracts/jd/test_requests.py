"""The request schemas prove something: what JD would refuse does not pass."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from tests.contracts.jd.breakage import REMOVED, Breakage, breakages, broken, compiled, named

METHODS = contracts.jd_methods()
SEARCH = contracts.jd_method("pop.order.search")
SEARCH_REQUEST = compiled(SEARCH.request_schema)
STOCK_REQUEST = compiled(contracts.jd_method("ware.stock.sku.set").request_schema)
TO_SHIP = SEARCH.request_examples["to-ship-without-dates"]
BREAKAGES = breakages(
    {
        ("pop.order.search", "modified-window", ""): [
            ("order_state", REMOVED),
            ("order_state", ""),
            ("optional_fields", REMOVED),
            ("optional_fields", None),
            ("optional_fields", []),
            ("page", REMOVED),
            ("page", "0"),
            ("page", 0),
            ("page_size", REMOVED),
            ("page_size", "101"),
            ("page_size", 101),
            ("start_date", REMOVED),
            ("start_date", None),
            ("end_date", ""),
            ("end_date", "2026-11-23"),
            ("end_date", "2026-11-23 24:00:00"),
            ("dateType", "modified"),
        ],
        ("pop.order.get", "text-id", ""): [
            ("order_id", REMOVED),
            ("order_id", ""),
            ("order_id", "A1"),
            ("optional_fields", REMOVED),
        ],
        ("ware.stock.sku.set", "full", ""): [
            ("req", REMOVED),
            ("req", []),
        ],
        ("ware.stock.sku.set", "full", "req"): [
            ("updateModel", REMOVED),
            ("updateModel", "full"),
            ("updateModel", "incrStockIn"),
            ("stockRfId", REMOVED),
            ("stockRfId", ""),
            ("stockRfId", None),
            ("skuStocks", REMOVED),
            ("skuStocks", []),
            ("skuStocks", [{"skuId": 1, "stockNum": 1}] * 31),
        ],
        ("ware.stock.sku.set", "full", "req/skuStocks/0"): [
            ("skuId", REMOVED),
            ("skuId", "TEE-RED-M"),
            ("stockNum", REMOVED),
            ("stockNum", None),
            ("stockNum", -1),
            ("stockNum", 1.5),
        ],
        ("ware.stock.sku.set", "incremental", "req/skuStocks/0"): [
            ("incrStockNum", REMOVED),
            ("incrStockNum", None),
        ],
        ("ware.stock.sku.query", "number", ""): [
            ("skuId", REMOVED),
            ("skuId", None),
            ("skuId", [100043217781]),
        ],
        ("sku.read.searchSkuList", "sweep", ""): [
            ("page_size", 51),
            ("page_size", "51"),
            ("pageNo", -1),
            ("skuStatuValue", "3"),
            ("skuStatuValue", [3]),
            ("skuId", ",".join(["1"] * 21)),
            ("skuId", [1] * 21),
            ("wareId", ",".join(["1"] * 11)),
            ("startModifiedTime", "2026-11-23"),
            ("startModifiedTime", 1795399122000),
        ],
        ("pop.order.shipment", "one-parcel", ""): [
            ("orderId", REMOVED),
            ("orderId", "C-1"),
            ("logiCoprId", REMOVED),
            ("logiCoprId", "SF"),
            ("logiCoprId", "467,1499"),
            ("logiNo", REMOVED),
            ("logiNo", ""),
            ("logiNo", None),
            ("logiNo", "SF1,"),
        ],
        ("pop.order.enSearch", "modified-window", ""): [
            ("order_state", REMOVED),
            ("page_size", "101"),
            ("end_date", ""),
        ],
        ("pop.order.enGet", "text-id", ""): [
            ("order_id", "A1"),
            ("optional_fields", REMOVED),
        ],
        ("pop.order.notPayOrderInfo", "window", ""): [
            ("startDate", REMOVED),
            ("endDate", ""),
            ("endDate", "2026-11-23"),
            ("page", -1),
            ("pageSize", 101),
            ("pageSize", "101"),
        ],
        ("pop.order.modifyVenderRemark", "text", ""): [
            ("order_id", REMOVED),
            ("flag", 6),
            ("flag", "6"),
            ("flag", -1),
            ("remark", ["x"]),
        ],
        ("jos.order.oaid.merge", "two", ""): [
            ("request", REMOVED),
            ("request", []),
        ],
        ("jos.order.oaid.merge", "two", "request"): [
            ("mergeList", []),
            ("mergeList", [{"orderId": 1, "oaid": "x"}] * 101),
            ("mergeList/0/orderId", REMOVED),
            ("mergeList/0/oaid", ""),
        ],
        ("pop.afs.soa.refundapply.queryPageList", "unreviewed-of-a-day", ""): [
            ("pageIndex", REMOVED),
            ("pageIndex", 101),
            ("pageIndex", "0"),
            ("pageSize", 51),
            ("pageSize", REMOVED),
            ("status", 4),
            ("status", "12"),
            ("applyTimeStart", "today"),
        ],
        ("pop.order.partialship.judge", "one", "request"): [
            ("belongType", REMOVED),
            ("belongType", "x"),
            ("data", []),
            ("data/orderList", []),
            ("data/orderList", "1;2"),
            ("data/orderList", [1] * 101),
        ],
        ("pop.order.partial.outship", "one-parcel", "request"): [
            ("belongType", REMOVED),
            ("data", []),
            ("data/0/orderIds", []),
            ("data/0/deliveryNumberDtoList", []),
            ("data/0/deliveryNumberDtoList/0/deliveryId", "ZTO"),
            ("data/0/deliveryNumberDtoList/0/deliveryNums", []),
            ("data/0/deliveryNumberDtoList/0/deliveryNums/0", ""),
            ("data/0/deliveryNumberDtoList/0/partialShipmentGoodsList", []),
            ("data/0/deliveryNumberDtoList/0/partialShipmentGoodsList/0/skuId", REMOVED),
            ("data/0/deliveryNumberDtoList/0/partialShipmentGoodsList/0/num", 0),
        ],
        ("order.sop.outstorage", "one-parcel", ""): [
            ("order_id", REMOVED),
            ("logistics_id", "SF"),
            ("waybill", ""),
        ],
        ("order.sop.waybill.update", "one-parcel", ""): [
            ("order_id", "C-1"),
            ("logistics_id", REMOVED),
            ("waybill", None),
        ],
        ("overseas.order.sop.outstorage", "plain", ""): [
            ("order_id", REMOVED),
            ("order_id", ""),
        ],
        ("overseas.order.sop.delivery", "one-parcel", ""): [
            ("logistics_id", "467,1499"),
            ("waybill", "SF1,"),
        ],
        ("stock.write.updateSkuStock", "number", ""): [
            ("skuId", REMOVED),
            ("stockNum", REMOVED),
            ("stockNum", -1),
            ("stockNum", "many"),
        ],
        ("stock.read.findSkuStock", "number", ""): [
            ("skuId", REMOVED),
            ("skuId", [1]),
        ],
        ("sku.read.findSkuById", "number", ""): [
            ("skuId", None),
            ("field", {}),
        ],
        ("ware.read.searchWare4Valid", "sweep", ""): [
            ("pageSize", 51),
            ("pageNo", -1),
            ("wareStatusValue", "3"),
            ("startModifiedTime", 1795399122000),
        ],
        ("vender.all.delivery.company", "all-fields", ""): [
            ("fields", {}),
        ],
    }
)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=named)
def test_a_broken_request_is_refused(breakage: Breakage) -> None:
    """A request with one thing wrong is outside the contract."""
    name, example, place, value = breakage
    contract = contracts.jd_method(name)
    request = broken(contract.request_examples[example], place, value)

    assert not compiled(contract.request_schema).is_valid(request)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_requests_broken(name: str) -> None:
    """No method's schema goes untried."""
    assert name in {breakage[0] for breakage in BREAKAGES}


@pytest.mark.parametrize("name", METHODS)
def test_unknown_parameters_are_legal(name: str) -> None:
    """JD takes parameters it does not know, so one more makes no request illegal."""
    contract = contracts.jd_method(name)
    validator = compiled(contract.request_schema)

    for request in contract.request_examples.values():
        assert validator.is_valid({**request, "not_documented": [1]})


@given(count=st.integers(min_value=0, max_value=60))
def test_a_stock_call_holds_one_to_thirty_skus(count: int) -> None:
    """JD takes 1 to 30 SKUs a call."""
    stocks = [{"skuId": number + 1, "stockNum": number} for number in range(count)]
    request = {"req": {"updateModel": "fullStockIn", "stockRfId": "R-1", "skuStocks": stocks}}

    assert STOCK_REQUEST.is_valid(request) is (1 <= count <= 30)


@given(size=st.integers(min_value=-5, max_value=150))
def test_a_page_of_orders_holds_one_to_a_hundred(size: int) -> None:
    """JD takes page_size from 1 to 100, as text and as a number alike."""
    legal = 1 <= size <= 100

    assert SEARCH_REQUEST.is_valid({**TO_SHIP, "page_size": size}) is legal
    assert SEARCH_REQUEST.is_valid({**TO_SHIP, "page_size": str(size)}) is legal


@given(second=st.integers(min_value=0, max_value=4_000_000_000))
def test_every_instant_can_be_written_as_jd_does(second: int) -> None:
    """Times are yyyy-MM-dd HH:mm:ss; the form with a T is not JD's."""
    instant = dt.datetime.fromtimestamp(second, tz=dt.UTC)
    text = instant.strftime("%Y-%m-%d %H:%M:%S")
    window = {**TO_SHIP, "start_date": text, "end_date": text}

    assert SEARCH_REQUEST.is_valid(window)
    assert not SEARCH_REQUEST.is_valid({**window, "end_date": text.replace(" ", "T")})
