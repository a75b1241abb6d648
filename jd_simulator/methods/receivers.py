"""Which orders go to the same receiver, by JD's own word.

Source: contracts/jd/jos.order.oaid.merge. Assumed: an order whose oaid is not the one given is
left out, as are those that nobody shares a receiver with; one that is not the seller's refuses the
whole call.
"""

from jd_simulator.errors import Code, JdError, refusal
from jd_simulator.methods.call import Answer, Call
from jd_simulator.shop.veil import oaid

_MOST_ORDERS = 100


def merge(call: Call) -> Answer:
    """Answer jos.order.oaid.merge."""
    items = call.arguments.nested("request").nested_list("mergeList")
    if not items:
        raise JdError(Code.ILLEGAL_PARAMETER, "request.mergeList")
    if len(items) > _MOST_ORDERS:
        raise JdError(Code.ILLEGAL_VALUE, "request.mergeList")
    groups: dict[str, list[str]] = {}
    for item in items:
        given = item.required("oaid")
        order = call.shop.orders.by_id.get(item.integer("orderId", low=0, high=10**19))
        if order is None or order.children:
            refused = refusal("jos.order.oaid.merge", "10500001")
            return {"response": {"code": refused.code, "msg": refused.zh, "data": None}}
        if given == oaid(order.receiver, call.shop.settings.seed):
            group = groups.setdefault(given, [])
            group += [str(order.order_id)] * (str(order.order_id) not in group)
    merged = [{"mergeOrderIds": group} for group in groups.values() if len(group) > 1]
    return {"response": {"code": "0", "msg": "success", "data": {"mergeResults": merged}}}
