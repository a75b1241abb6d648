"""The response schemas prove something: wrong answers do not pass, strange but legal ones do."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from tests.contracts.jd.breakage import REMOVED, Breakage, breakages, broken, compiled, named

METHODS = contracts.jd_methods()
SEARCH = contracts.jd_method("pop.order.search")
SEARCH_RESPONSE = compiled(SEARCH.response_schema)
BREAKAGES = breakages(
    {
        ("pop.order.search", "success-page", "*"): [
            ("searchorderinfo_result", REMOVED),
            ("searchorderinfo_result", []),
        ],
        ("pop.order.search", "success-page", "*/searchorderinfo_result"): [
            ("apiResult", REMOVED),
            ("apiResult/success", REMOVED),
            ("apiResult/success", "yes"),
            ("orderTotal", REMOVED),
            ("orderTotal", "many"),
            ("orderTotal", -1),
            ("orderInfoList", REMOVED),
            ("orderInfoList", {}),
            ("orderInfoList", [{"orderId": "1"}] * 101),
            ("orderInfoList/0", {}),
        ],
        ("pop.order.search", "success-page", "*/searchorderinfo_result/orderInfoList/0"): [
            ("orderId", "JD-1"),
            ("orderId", None),
            ("modified", "2026-11-23T09:58:42Z"),
            ("modified", 1795399122000),
            ("orderStartTime", "2026-13-01 00:00:00"),
            ("orderState", ""),
            ("orderState", 3),
            ("orderTotalPrice", "¥189.00"),
            ("venderRemark", ["x"]),
            ("vatInfo", []),
            ("pauseBizInfo", []),
            ("invoiceEasyInfo", []),
            ("orderMarkDesc", []),
            ("specialStatusReasonInfo", []),
            ("consigneeInfo", []),
            ("consigneeInfo/desen_mobile", "abc"),
            ("originalConsigneeInfo", "none"),
            ("idSopShipmenttype", "JD"),
            ("itemInfoList", {}),
            ("itemInfoList/0/skuId", REMOVED),
            ("itemInfoList/0/itemTotal", REMOVED),
            ("itemInfoList/0/itemTotal", "1.5"),
            ("itemInfoList/0/itemTotal", -1),
            ("couponDetailList/0/couponPrice", REMOVED),
        ],
        (
            "pop.order.search",
            "success-partly-shipped",
            "*/searchorderinfo_result/orderInfoList/0/partialLogisticsInfoModel/0",
        ): [
            ("skus", REMOVED),
            ("shipmentTime", "2026-11-23 10:19:52"),
            ("skus/0/num", None),
        ],
        ("pop.order.search", "business-span-too-long", "*/searchorderinfo_result"): [
            ("apiResult", {"success": False}),
            ("apiResult/success", True),
            ("apiResult/numberCode", "none"),
        ],
        ("pop.order.search", "error-invalid-signature", ""): [
            ("error_response", {}),
        ],
        ("pop.order.search", "error-invalid-signature", "error_response"): [
            ("code", REMOVED),
            ("code", "0"),
            ("code", 0),
            ("code", "twelve"),
            ("zh_desc", {}),
        ],
        ("pop.order.search", "error-message-form", ""): [
            ("code", REMOVED),
        ],
        ("pop.order.search", "error-msg-form", ""): [
            ("msg", REMOVED),
            ("msg", []),
        ],
        ("pop.order.search", "business-code-in-envelope", ""): [
            ("*", {}),
        ],
        ("pop.order.search", "business-code-in-envelope", "*"): [
            ("code", "0"),
            ("code", REMOVED),
        ],
        ("pop.order.get", "success-whole-order", "*"): [
            ("orderDetailInfo", REMOVED),
        ],
        ("pop.order.get", "success-whole-order", "*/orderDetailInfo"): [
            ("apiResult", REMOVED),
            ("orderInfo", REMOVED),
            ("orderInfo", []),
            ("orderInfo", None),
            ("orderInfo/itemInfoList/0/skuId", "TEE-RED-M"),
        ],
        ("ware.stock.sku.set", "success-receipt-lists-all", "*"): [
            ("returnType", REMOVED),
        ],
        ("ware.stock.sku.set", "success-receipt-lists-all", "*/returnType"): [
            ("success", REMOVED),
            ("success", 1),
            ("obj", REMOVED),
            ("obj", []),
            ("obj", {}),
            ("obj/updateStockResult", {}),
            ("obj/updateStockResult/0/data", REMOVED),
            ("obj/updateStockResult/0/data", "TEE-RED-M"),
            ("obj/updateStockResult/0/success", REMOVED),
            ("obj/updateStockResult", [{"data": 1, "success": True}] * 31),
        ],
        ("ware.stock.sku.query", "success-with-bookings", "*"): [
            ("returnType", REMOVED),
        ],
        ("ware.stock.sku.query", "success-with-bookings", "*/returnType"): [
            ("success", REMOVED),
            ("obj", None),
            ("obj", []),
            ("obj/skuId", REMOVED),
            ("obj/skuStockInfos", REMOVED),
            ("obj/skuStockInfos", None),
            ("obj/skuStockInfos/0/stockNum", REMOVED),
            ("obj/skuStockInfos/0/stockNum", 1.5),
            ("obj/skuStockInfos/0/orderBookingNum", "some"),
        ],
        ("sku.read.searchSkuList", "success-page", "*"): [
            ("page", REMOVED),
            ("page", []),
        ],
        ("sku.read.searchSkuList", "success-page", "*/page"): [
            ("data", REMOVED),
            ("data", {}),
            ("data", [{"skuId": 1}] * 51),
            ("totalItem", REMOVED),
            ("totalItem", "all"),
            ("data/0", {}),
            ("data/0/skuId", None),
            ("data/0/modified", "1795399122000"),
            ("data/0/modified", "2026-11-23 09:58:42"),
            ("data/0/created", 1761012345),
            ("data/0/created", None),
            ("data/0/jdPrice", "149 元"),
            ("data/0/saleAttrs", {}),
        ],
        ("pop.order.shipment", "business-already-shipped", "*"): [
            ("sopjosshipment_result", REMOVED),
            ("sopjosshipment_result", []),
        ],
        ("pop.order.shipment", "business-already-shipped", "*/sopjosshipment_result"): [
            ("success", REMOVED),
            ("success", None),
            ("errorCode", REMOVED),
            ("errorCode", "0"),
            ("chineseErrCode", {}),
        ],
        ("pop.order.enSearch", "success-page", "*/searchorderinfo_result"): [
            ("apiResult", REMOVED),
            ("orderTotal", "many"),
            ("orderInfoList/0/consigneeInfo", []),
        ],
        ("pop.order.enGet", "success-whole-order", "*/orderDetailInfo"): [
            ("orderInfo", REMOVED),
            ("orderInfo/consigneeInfo/desen_mobile", "abc"),
        ],
        ("pop.order.notPayOrderInfo", "success-one", "*/notPayOrderInfoResult"): [
            ("apiResult", REMOVED),
            ("orderTotal", REMOVED),
            ("orderInfoList", {}),
            ("orderInfoList/0/orderId", "JD-1"),
        ],
        ("pop.order.modifyVenderRemark", "success", "*/modifyvenderremark_result"): [
            ("success", REMOVED),
            ("success", False),
            ("chinese_err_code", []),
        ],
        ("jos.order.oaid.merge", "success-two-together", "*/response"): [
            ("data", REMOVED),
            ("data", []),
            ("data/mergeResults", {}),
            ("data/mergeResults/0/mergeOrderIds", []),
            ("data/mergeResults/0/mergeOrderIds/0", "C-1"),
        ],
        ("pop.afs.soa.refundapply.queryPageList", "success-unreviewed", "*/queryResult"): [
            ("success", REMOVED),
            ("success", False),
            ("totalCount", REMOVED),
            ("result", {}),
            ("result/0/id", REMOVED),
            ("result/0/status", "open"),
            ("result/0/applyTime", "2026-11-23T10:12:00Z"),
            ("result/0/applyRefundSum", "¥1"),
        ],
        ("pop.order.partialship.judge", "success-may", "*/response"): [
            ("data", REMOVED),
            ("data/partialShipmentItemList", {}),
            ("data/partialShipmentItemList/0/supportPartialShipment", REMOVED),
            ("data/partialShipmentItemList/0/supportPartialShipment", "yes"),
        ],
        ("pop.order.partial.outship", "business-more-than-left", "*/response"): [
            ("data/successList", REMOVED),
            ("data/failList", REMOVED),
            ("data/failList/0/code", 0),
            ("data/failList/0/orderId", REMOVED),
        ],
        ("order.sop.outstorage", "success", "*"): [
            ("order_id", REMOVED),
            ("modified", "soon"),
        ],
        ("order.sop.outstorage", "business-already-shipped", "*"): [
            ("code", "0"),
        ],
        ("order.sop.waybill.update", "success", "*"): [
            ("modified", REMOVED),
        ],
        ("overseas.order.sop.outstorage", "success", "*"): [
            ("order_id", "C-1"),
        ],
        ("overseas.order.sop.delivery", "success", "*"): [
            ("modified", 1795399122000),
        ],
        ("stock.write.updateSkuStock", "success", "*"): [
            ("success", REMOVED),
            ("success", "yes"),
        ],
        ("stock.read.findSkuStock", "success-one-store", "*"): [
            ("skuStocks", REMOVED),
            ("skuStocks", {}),
            ("skuStocks/0", {}),
            ("skuStocks/0/stockNum", "some"),
        ],
        ("sku.read.findSkuById", "success", "*"): [
            ("sku", REMOVED),
            ("sku", []),
            ("sku/created", "1761012345000"),
        ],
        ("ware.read.searchWare4Valid", "success-page", "*/page"): [
            ("data", {}),
            ("totalItem", REMOVED),
            ("data/0", {}),
            ("data/0/modified", "2026-11-23 09:58:42"),
        ],
        ("vender.all.delivery.company", "success-two", "*"): [
            ("delivery_companies", REMOVED),
            ("delivery_companies", {}),
            ("delivery_companies", None),
        ],
        ("vender.all.delivery.company", "success-two", "*/delivery_companies"): [
            ("0/id", REMOVED),
            ("0/id", "SF"),
            ("0/name", []),
        ],
    }
)


@pytest.mark.parametrize("breakage", BREAKAGES, ids=named)
def test_a_broken_answer_is_refused(breakage: Breakage) -> None:
    """An answer with one thing wrong is not an answer of JD's."""
    name, example, place, value = breakage
    contract = contracts.jd_method(name)
    answer = broken(contract.response_examples[example], place, value)

    assert not compiled(contract.response_schema).is_valid(answer)


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_answers_broken(name: str) -> None:
    """No method's schema goes untried."""
    assert name in {breakage[0] for breakage in BREAKAGES}


@pytest.mark.parametrize("name", METHODS)
def test_a_misspelt_envelope_is_refused(name: str) -> None:
    """An answer under any other root key, or under two, is not this method's."""
    contract = contracts.jd_method(name)
    validator = compiled(contract.response_schema)
    content = next(
        body[contract.envelope]
        for example, body in contract.response_examples.items()
        if example.startswith("success")
    )
    misspelt = [
        {contract.envelope + "s": content},
        {contract.envelope.upper(): content},
        {contract.envelope: content, "other": content},
        {contract.envelope: []},
        content,
    ]

    assert validator.is_valid({contract.envelope: content})
    for answer in misspelt:
        assert not validator.is_valid(answer)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("answer", [{}, [], None, "<html>502</html>", 0], ids=repr)
def test_what_is_no_object_with_content_is_refused(name: str, answer: object) -> None:
    """The edge's pages and empty bodies are not answers of JD's API."""
    assert not compiled(contracts.jd_method(name).response_schema).is_valid(answer)


@given(field=st.text(), value=st.none() | st.integers() | st.text() | st.lists(st.text()))
def test_unknown_fields_are_legal_everywhere(field: str, value: object) -> None:
    """JD adds fields without notice, so one more in an order, a line or a receiver is legal."""
    answer = copy.deepcopy(SEARCH.response_examples["success-page"])
    order = answer[SEARCH.envelope]["searchorderinfo_result"]["orderInfoList"][0]
    for place in (order, order["consigneeInfo"], order["itemInfoList"][0]):
        place[f"new_{field}"] = value

    assert SEARCH_RESPONSE.is_valid(answer)


@given(state=st.text(min_size=1))
def test_any_state_is_legal(state: str) -> None:
    """JD may name states that nobody has seen: legal, and unknown."""
    place = "*/searchorderinfo_result/orderInfoList/0/orderState"
    answer = broken(SEARCH.response_examples["success-page"], place, state)

    assert SEARCH_RESPONSE.is_valid(answer)


@given(code=st.integers(min_value=-999, max_value=99_999_999))
def test_an_error_code_is_any_number_but_zero(code: int) -> None:
    """A code JD has not told of is an error all the same, as text and as a number."""
    for spelling in (code, str(code)):
        answer = {"error_response": {"code": spelling, "zh_desc": "错误", "en_desc": "error"}}

        assert SEARCH_RESPONSE.is_valid(answer) is (code != 0)
