"""Shipment of orders, and the carriers that take them.

Source: contracts/jd/pop.order.shipment, contracts/jd/vender.all.delivery.company
"""

from jd_simulator.errors import Code, JdError, Refused
from jd_simulator.methods.call import Answer, Call
from jd_simulator.shop.model import State
from jd_simulator.shop.shop import CARRIERS, OWN_DELIVERY, Repeat

_NO_SUCH_CARRIER = "10100022"
"""Assumed: JD's number for it is not known."""
_CARRIER_IDS = frozenset(str(carrier) for carrier, _, _ in CARRIERS)


def ship(call: Call) -> Answer:
    """Answer pop.order.shipment: the whole order leaves, in one parcel or several."""
    order_id = call.arguments.integer("orderId", low=0, high=10**19)
    carriers = call.arguments.required("logiCoprId")
    waybills = call.arguments.text("logiNo") or ""
    _check_parcels(carriers, waybills)
    try:
        _note_repeat(call, order_id, waybills)
        _check_carriers(carriers)
        call.shop.orders.ship(order_id, carriers=carriers, waybills=waybills)
    except Refused as refused:
        result = {
            "success": False,
            "errorCode": refused.code,
            "chineseErrCode": refused.zh,
            "englishErrCode": refused.en,
        }
    else:
        result = {"success": True, "errorCode": "", "chineseErrCode": "", "englishErrCode": ""}
    return {"sopjosshipment_result": result}


def carriers(call: Call) -> Answer:
    """Answer 360buy.get.vender.all.delivery.company."""
    fields = call.arguments.csv("fields") or ["id", "name", "description"]
    companies = (
        {"id": carrier, "name": name, "description": description}
        for carrier, name, description in CARRIERS
    )
    return {
        "vender_id": int(call.shop.vender_id),
        "delivery_companies": [
            {"id": company["id"]} | {name: company[name] for name in fields if name in company}
            for company in companies
        ],
    }


def _check_parcels(carriers: str, waybills: str) -> None:
    """Hold carriers and waybills to one group of waybills for each carrier."""
    ids = carriers.split("|")
    if not all(carrier.isascii() and carrier.isdigit() for carrier in ids):
        raise JdError(Code.ILLEGAL_VALUE, "logiCoprId")
    if not waybills:
        if ids != [str(OWN_DELIVERY)]:
            raise JdError(Code.ILLEGAL_PARAMETER, "logiNo")
        return
    groups = [group.split(",") for group in waybills.split("|")]
    if len(groups) != len(ids) or not all(number.strip() for group in groups for number in group):
        raise JdError(Code.ILLEGAL_VALUE, "logiNo")


def _check_carriers(carriers: str) -> None:
    unknown = [carrier for carrier in carriers.split("|") if carrier not in _CARRIER_IDS]
    if unknown:
        raise Refused(
            code=_NO_SUCH_CARRIER,
            zh="物流公司不存在",
            en="Not a carrier of this seller",
        )


def _note_repeat(call: Call, order_id: int, waybills: str) -> None:
    """Write a shipment down that JD will refuse because the order left or was cancelled."""
    order = call.shop.orders.by_id.get(order_id)
    if order is None:
        return
    repeat = Repeat(order_id, waybills, order.waybills, call.shop.clock.now())
    if order.shipped is not None:
        call.shop.notes.shipments_doubled.append(repeat)
    elif order.state is State.CANCELLED:
        call.shop.notes.shipments_of_cancelled.append(repeat)
