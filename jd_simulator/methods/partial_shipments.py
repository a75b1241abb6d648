"""Shipment of an order in parts: whether it may, and doing it.

Source: contracts/jd/pop.order.partialship.judge, contracts/jd/pop.order.partial.outship
"""

from jd_simulator.errors import Code, JdError, Refused, refusal
from jd_simulator.methods.arguments import Arguments
from jd_simulator.methods.call import Answer, Call
from jd_simulator.methods.shipments import check_carriers, note_repeat
from jd_simulator.shop.dispatch import Delivery, PartWanted, ship_parts, why_not_in_parts

_OUTSHIP = "pop.order.partial.outship"
_MOST_ORDERS = 100
_NOT_THIS_SELLERS = (6, "该订单不属于此商家")


def judge(call: Call) -> Answer:
    """Answer pop.order.partialship.judge."""
    request = call.arguments.nested("request")
    _check_belonging(call, request)
    order_ids = request.nested("data").ids("orderList", most=_MOST_ORDERS)
    if not order_ids:
        raise JdError(Code.ILLEGAL_PARAMETER, "request.data.orderList")
    judgements = [_judgement(call, order_id) for order_id in sorted(order_ids)]
    return _response({"partialShipmentItemList": judgements})


def ship(call: Call) -> Answer:
    """Answer pop.order.partial.outship; each order leaves as asked or not at all."""
    request = call.arguments.nested("request")
    _check_belonging(call, request)
    wishes = [_wish(call, item) for item in request.nested_list("data")]
    if not wishes:
        raise JdError(Code.ILLEGAL_PARAMETER, "request.data")
    done: list[int] = []
    failed: list[dict[str, object]] = []
    for order_ids, deliveries in wishes:
        for order_id in order_ids:
            try:
                if len(order_ids) > 1:
                    raise refusal(_OUTSHIP, "10100027")
                waybills = "|".join(",".join(delivery.waybills) for delivery in deliveries)
                note_repeat(call, order_id, waybills)
                check_carriers([delivery.carrier for delivery in deliveries])
                ship_parts(call.shop.orders, order_id, deliveries)
            except Refused as refused:
                failed.append(
                    {"code": int(refused.code), "orderId": order_id, "failReason": refused.zh}
                )
            else:
                done.append(order_id)
    return _response({"successList": done, "failList": failed})


def _judgement(call: Call, order_id: int) -> dict[str, object]:
    order = call.shop.orders.by_id.get(order_id)
    if order is None or order.children:
        reason: tuple[int, str] | None = _NOT_THIS_SELLERS
    else:
        reason = why_not_in_parts(call.shop.orders, order)
    number, words = reason or (0, "")
    return {
        "orderId": order_id,
        "supportPartialShipment": reason is None,
        "notSupportType": number,
        "notSupportMsg": words,
        "notSupportSendPay": "",
    }


def _check_belonging(call: Call, request: Arguments) -> None:
    wanted = call.shop.settings.belong_type
    if request.integer("belongType", low=0, high=10**9) != wanted:
        raise JdError(Code.ILLEGAL_VALUE, "request.belongType")


def _wish(call: Call, item: Arguments) -> tuple[list[int], list[Delivery]]:
    order_ids = item.ids("orderIds", most=_MOST_ORDERS)
    deliveries = [_delivery(delivery) for delivery in item.nested_list("deliveryNumberDtoList")]
    if not order_ids or not deliveries:
        raise JdError(Code.ILLEGAL_PARAMETER, "request.data")
    wanted = call.shop.settings.delivery_type
    if item.integer("deliveryType", low=0, high=10**9, default=wanted) != wanted:
        raise JdError(Code.ILLEGAL_VALUE, "request.data.deliveryType")
    return sorted(order_ids), deliveries


def _delivery(delivery: Arguments) -> Delivery:
    carrier = delivery.integer("deliveryId", low=0, high=10**9)
    waybills = tuple(delivery.csv("deliveryNums"))
    parts = tuple(
        PartWanted(
            sku_id=goods.integer("skuId", low=0, high=10**19),
            quantity=goods.integer("num", low=1, high=10**9),
            uuid=goods.text("skuUuid") or "",
        )
        for goods in delivery.nested_list("partialShipmentGoodsList")
    )
    if not waybills or not parts:
        raise JdError(Code.ILLEGAL_PARAMETER, "request.data.deliveryNumberDtoList")
    return Delivery(carrier=str(carrier), waybills=waybills, parts=parts)


def _response(data: dict[str, object]) -> Answer:
    return {"response": {"code": 0, "msg": "success", "data": data}}
