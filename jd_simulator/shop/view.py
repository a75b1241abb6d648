"""How JD shows an order to the seller: nearly every scalar a string, people veiled.

Source: contracts/jd/definitions, contracts/jd/order-states.json
"""

import hashlib
import json
from decimal import Decimal
from functools import partial

import contracts
from jd_simulator.clock import beijing_text
from jd_simulator.settings import Settings
from jd_simulator.shop.model import Order, Parcel, State
from jd_simulator.shop.veil import show_receiver

NO_TIME = "0001-01-01 00:00:00"
"""How JD writes that an instant has not come."""
ORDER_FIELDS = frozenset(
    contracts.load_json("jd", "definitions", "order.json")["$defs"]["order"]["properties"]
)
"""What `optional_fields` may name."""
_PEOPLE = frozenset({"consigneeInfo", "originalConsigneeInfo"})
_KEPT_VIEWS = 4
"""Different choices of fields that an order is kept in; a shop has a client or two."""
_ZERO = Decimal("0.00")
_TAX = Decimal("0.091")
"""Cross-border goods pay 70 % of the 13 % value-added tax."""

_STATES = contracts.jd_order_states()
_PAUSED = (State.PAUSED, State.SUSPENDED)
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def show_order(
    order: Order, fields: tuple[str, ...], *, settings: Settings, vender_id: str
) -> bytes:
    """Show some fields of an order as JSON in UTF-8; made once for each change of the order.

    Where the sandbox's ciphertext varies, receivers are made anew at each reading.

    Args:
        order: The order.
        fields: Which of `ORDER_FIELDS` to show, in this order.
        settings: Of the sandbox: how people are veiled.
        vender_id: The seller's number.
    """
    if settings.ciphertext_varies and not _PEOPLE.isdisjoint(fields):
        order.readings += 1
        order.shown.clear()
    kept = (settings.receivers, fields)
    text = order.shown.get(kept)
    if text is None:
        view = order_view(order, settings=settings, vender_id=vender_id)
        text = to_json({name: view[name] for name in fields})
        if len(order.shown) >= _KEPT_VIEWS:
            order.shown.clear()
        order.shown[kept] = text
    return text


def to_json(value: object) -> bytes:
    """Write JSON as JD does: compact, Chinese as it is."""
    return _ENCODER.encode(value).encode()


def order_view(order: Order, *, settings: Settings, vender_id: str) -> dict[str, object]:
    """Show every field of an order."""
    return {
        **_identity(order, vender_id),
        **_money(order),
        **_times(order),
        **_people(order, settings),
        **_goods(order),
        **_customs(order),
        **_flags(order),
    }


def tax(order: Order) -> Decimal:
    """Tell the import tax of an order in yuan; 0 for domestic ones."""
    if not order.purchase.is_cross_border:
        return _ZERO
    return round((_total(order) - _discount(order)) * _TAX, 2)


def amount_due(order: Order) -> Decimal:
    """Tell what the buyer pays for an order, in yuan."""
    return _total(order) - _discount(order) + order.purchase.freight + tax(order)


def _identity(order: Order, vender_id: str) -> dict[str, object]:
    purchase = order.purchase
    return {
        "orderId": str(order.order_id),
        "venderId": vender_id,
        "orderType": purchase.order_type,
        "payType": "1-货到付款" if purchase.is_cash_on_delivery else "4-在线支付",
        "orderState": str(order.state),
        "orderStateRemark": _STATES[order.state].zh,
        "deliveryType": "任意时间",
        "orderRemark": purchase.remark,
        "venderRemark": order.remark,
        "pin": order.buyer,
        "open_id_buyer": _buyer_id("open", order),
        "xid_buyer": _buyer_id("xid", order),
        "openIdBuyer": _buyer_id("open", order),
        "xidBuyer": _buyer_id("xid", order),
        "returnOrder": "0",
        "waybill": order.waybills,
        "logisticsId": order.carriers,
        "parentOrderId": str(order.parent_id or 0),
        "directParentOrderId": str(order.direct_parent_id or 0),
        "tradeOrderId": (order.parent_id or order.order_id) - 1,
        "orderSource": "移动端订单",
        "storeOrder": purchase.store_order,
        "idSopShipmenttype": _shipment_type(order),
        "storeId": "0",
    }


def _money(order: Order) -> dict[str, object]:
    purchase = order.purchase
    total, discount = _total(order), _discount(order)
    due = amount_due(order)
    return {
        "orderTotalPrice": str(total),
        "orderSellerPrice": str(total - discount),
        "orderPayment": str(due),
        "freightPrice": str(purchase.freight),
        "sellerDiscount": str(discount),
        "balanceUsed": "0.00",
        "taxFee": str(tax(order)),
        "shouldPay": str(due),
        "actualPay": str(_ZERO if order.paid is None else due),
        "payDiscount": "0.00",
        "totalSellerDiscount": str(discount),
        "totalSellerReceivable": str(total - discount + purchase.freight),
        "totalOriginalPrice": str(total),
        "paymentDetailList": []
        if order.paid is None
        else [{"payType": "京东支付", "payAmount": str(due)}],
        "couponDetailList": [
            {
                "orderId": str(order.order_id),
                "skuId": "" if coupon.sku_id is None else str(coupon.sku_id),
                "couponType": coupon.kind,
                "couponPrice": str(coupon.amount),
            }
            for coupon in purchase.coupons
        ],
    }


def _times(order: Order) -> dict[str, object]:
    return {
        "orderStartTime": beijing_text(order.created),
        "orderEndTime": _time(order.ended),
        "paymentConfirmTime": _time(order.paid),
        "modified": beijing_text(order.modified),
        "scDT": NO_TIME,
        "promisePickDate": NO_TIME,
        "opPickDate": NO_TIME,
        "opDeliveredDate": _time(order.ended if order.state is State.FINISHED else None),
    }


def _people(order: Order, settings: Settings) -> dict[str, object]:
    original = order.original_receiver
    show = partial(
        show_receiver,
        seed=settings.seed,
        is_plain=settings.receivers == "plain",
        reading=order.readings,
    )
    return {
        "consigneeInfo": show(order.receiver),
        "originalConsigneeInfo": None if original is None else show(original),
        "invoiceInfo": "不需要开具发票",
        "invoiceEasyInfo": {"invoiceType": "0", "invoiceTitle": "", "invoiceContentId": ""},
        "vatInfo": {},
    }


def _goods(order: Order) -> dict[str, object]:
    return {
        "itemInfoList": [
            {
                "skuId": str(line.sku.sku_id),
                "outerSkuId": line.outer_id,
                "skuName": line.title,
                "jdPrice": str(line.price),
                "itemTotal": str(line.quantity),
                "wareId": str(line.sku.ware_id),
                "productNo": "",
                "giftPoint": "0",
                "serviceName": "",
                "newStoreId": "0",
                "itemExt": json.dumps({"itemType": 1 if line.is_gift else 0}),
            }
            for line in order.lines
        ],
        "partialLogisticsInfoModel": [_parcel(parcel) for parcel in order.parcels],
    }


def _parcel(parcel: Parcel) -> dict[str, object]:
    return {
        "shipmentId": str(parcel.parcel_id),
        "logicId": parcel.carrier,
        "waybillId": ",".join(parcel.waybills),
        "packageNum": len(parcel.waybills),
        "shipmentTime": parcel.at * 1000,
        "skus": [
            {"skuUuid": line.uuid, "skuId": str(line.sku.sku_id), "num": quantity}
            for line, quantity in parcel.units
        ],
    }


def _shipment_type(order: Order) -> int:
    """68: JD delivers it; 69: the buyer fetches it; 0: neither (assumed)."""
    if order.purchase.is_pick_up:
        return 69
    return 68 if order.is_shipped_by_jd else 0


def _customs(order: Order) -> dict[str, object]:
    goes_abroad = order.purchase.is_cross_border
    return {
        "customs": "guangzhou" if goes_abroad else "",
        "customsModel": "保税备货" if goes_abroad else "",
        "declarationStatus": "1" if goes_abroad else "",
        "declarationDesc": "申报成功" if goes_abroad else "",
    }


def _flags(order: Order) -> dict[str, object]:
    return {
        "pauseBizInfo": {"pauseReason": "商家暂停"} if order.state in _PAUSED else {},
        "orderMarkDesc": {},
        "sendpayMap": json.dumps({"4": "1", "62": "2" if order.purchase.is_cross_border else "0"}),
        "popSignMap": "{}",
        "orderExt": "{}",
        "specialStatusReasonInfo": None,
    }


def _total(order: Order) -> Decimal:
    return sum((line.price * line.quantity for line in order.lines), _ZERO)


def _discount(order: Order) -> Decimal:
    return sum((coupon.amount for coupon in order.purchase.coupons), _ZERO)


def _time(seconds: int | None) -> str:
    return NO_TIME if seconds is None else beijing_text(seconds)


def _buyer_id(kind: str, order: Order) -> str:
    return hashlib.blake2b(f"{kind} {order.buyer}".encode(), digest_size=16).hexdigest()
