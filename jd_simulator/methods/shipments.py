"""Shipment of whole orders, new and old methods of it, and the carriers that take them.

Source: contracts/jd/pop.order.shipment, contracts/jd/order.sop.outstorage,
contracts/jd/order.sop.waybill.update, contracts/jd/overseas.order.sop.outstorage,
contracts/jd/overseas.order.sop.delivery, contracts/jd/vender.all.delivery.company
"""

from collections.abc import Callable

from jd_simulator.clock import beijing_text
from jd_simulator.errors import Code, JdError, Refused, refusal
from jd_simulator.methods.call import Answer, Call
from jd_simulator.shop import dispatch
from jd_simulator.shop.model import Order, State
from jd_simulator.shop.shop import CARRIERS, OWN_DELIVERY, Repeat

_SHIPMENT = "pop.order.shipment"
_CARRIER_IDS = frozenset(str(carrier) for carrier, _, _ in CARRIERS)


def ship(call: Call) -> Answer:
    """Answer pop.order.shipment: the whole order leaves, in one parcel or several."""
    order_id = call.arguments.integer("orderId", low=0, high=10**19)
    carriers, waybills = _parcels(call, "logiCoprId", "logiNo")
    error_code, zh, en = "", "", ""
    try:
        note_repeat(call, order_id, waybills)
        check_carriers(carriers.split("|"))
        dispatch.ship(call.shop.orders, order_id, carriers=carriers, waybills=waybills)
    except Refused as refused:
        error_code, zh, en = refused.code, refused.zh, refused.en
    return {
        "sopjosshipment_result": {
            "success": not error_code,
            "errorCode": error_code,
            "chineseErrCode": zh,
            "englishErrCode": en,
        }
    }


def ship_out(call: Call) -> Answer:
    """Answer 360buy.order.sop.outstorage, the older way to ship a whole order."""
    return _with_waybills(call, dispatch.ship, is_shipment=True)


def change_waybills(call: Call) -> Answer:
    """Answer 360buy.order.sop.waybill.update."""
    return _with_waybills(call, dispatch.change_waybills, is_shipment=False)


def leave_abroad(call: Call) -> Answer:
    """Answer 360buy.overseas.order.sop.outstorage: the first step of a cross-border order."""
    order_id = call.arguments.integer("order_id", low=0, high=10**19)
    return _legacy(call, order_id, lambda: dispatch.leave_abroad(call.shop.orders, order_id))


def deliver_from_abroad(call: Call) -> Answer:
    """Answer 360buy.overseas.order.sop.delivery: its second step, days later."""
    return _with_waybills(call, dispatch.deliver_from_abroad, is_shipment=True)


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


def check_carriers(carriers: list[str]) -> None:
    """Hold carriers to those of JD's list.

    Raises:
        Refused: One is not there.
    """
    if not _CARRIER_IDS.issuperset(carriers):
        raise refusal(_SHIPMENT, "10100022")


def note_repeat(call: Call, order_id: int, waybills: str) -> None:
    """Write a shipment down that JD will refuse because the order left or was cancelled."""
    order = call.shop.orders.by_id.get(order_id)
    if order is None:
        return
    repeat = Repeat(order_id, waybills, order.waybills, call.shop.clock.now())
    if order.shipped is not None:
        call.shop.notes.shipments_doubled.append(repeat)
    elif order.state is State.CANCELLED:
        call.shop.notes.shipments_of_cancelled.append(repeat)


def _with_waybills(call: Call, act: Callable[..., Order], *, is_shipment: bool) -> Answer:
    order_id = call.arguments.integer("order_id", low=0, high=10**19)
    carriers, waybills = _parcels(call, "logistics_id", "waybill")

    def do() -> Order:
        if is_shipment:
            note_repeat(call, order_id, waybills)
        check_carriers(carriers.split("|"))
        return act(call.shop.orders, order_id, carriers=carriers, waybills=waybills)

    return _legacy(call, order_id, do)


def _legacy(call: Call, order_id: int, do: Callable[[], Order]) -> Answer:
    """Answer as the 360buy methods do; how they refuse is assumed: by a code in the envelope."""
    try:
        order = do()
    except Refused as refused:
        return {"code": refused.code, "errorMessage": refused.zh}
    return {
        "order_id": order_id,
        "vender_id": int(call.shop.vender_id),
        "modified": beijing_text(order.modified),
    }


def _parcels(call: Call, carriers_name: str, waybills_name: str) -> tuple[str, str]:
    """Read carriers and waybills: one group of waybills for each carrier."""
    carriers = call.arguments.required(carriers_name)
    waybills = call.arguments.text(waybills_name) or ""
    ids = carriers.split("|")
    if not all(carrier.isascii() and carrier.isdigit() for carrier in ids):
        raise JdError(Code.ILLEGAL_VALUE, carriers_name)
    if not waybills:
        if ids != [str(OWN_DELIVERY)]:
            raise JdError(Code.ILLEGAL_PARAMETER, waybills_name)
        return carriers, waybills
    groups = [group.split(",") for group in waybills.split("|")]
    if len(groups) != len(ids) or not all(number.strip() for group in groups for number in group):
        raise JdError(Code.ILLEGAL_VALUE, waybills_name)
    return carriers, waybills
