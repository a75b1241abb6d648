"""Search and reading of orders.

Source: contracts/jd/pop.order.search, contracts/jd/pop.order.get. Assumed: both ends of a window
belong to it; the ages are 92 and 731 days, the span 31.
"""

import json

from jd_simulator.errors import Code, JdError, Refused, refusal
from jd_simulator.methods.call import ROWS, Answer, Call, api_result
from jd_simulator.shop.model import Order, State
from jd_simulator.shop.view import ORDER_FIELDS, show_order

_SEARCH = "pop.order.search"
_DAY_S = 86_400
_SPAN_S = 31 * _DAY_S
_AGE_BY_CREATION_S = 731 * _DAY_S
_AGE_BY_MODIFICATION_S = 92 * _DAY_S
_UNDATED = {State.TO_SHIP}
"""The only states that may be searched without dates."""

# States that JD names and this shop's orders never reach; a search may ask for them.
_NAMED = frozenset({"PAUSE", "WAIT_SEND_CODE", "DELIVERY_RETURN", "UN_KNOWN"})
_STATES = {str(state): state for state in State}


def search(call: Call) -> Answer:
    """Answer pop.order.search."""
    arguments = call.arguments
    states = _states(call)
    fields = _fields(call)
    size = arguments.integer("page_size", low=1, high=100)
    page = arguments.integer("page", low=1, high=10**9)
    since, until = arguments.instant("start_date"), arguments.instant("end_date")
    is_by_creation = arguments.text("dateType") == "1"
    is_newest_first = arguments.text("sortType") == "1"
    try:
        _check_window(call, states, since, until, is_by_creation=is_by_creation)
        if page > call.shop.settings.page_cap:
            raise refusal(_SEARCH, "10100003")
    except Refused as refused:
        return {"searchorderinfo_result": {"apiResult": api_result(refused)}}
    book = call.shop.orders
    index = book.by_created if is_by_creation else book.by_modified
    searched = (state for state in states if state is not State.NOT_PAY)
    rows = index.window(searched, since, until)
    if is_newest_first:
        rows.reverse()
    first = (page - 1) * size
    found = [book.by_id[order_id] for _, order_id in rows[first : first + size]]
    call.rows = [_shown(call, order, fields) for order in found]
    return {
        "searchorderinfo_result": {
            "apiResult": api_result(),
            "orderTotal": len(rows),
            "orderInfoList": ROWS,
        }
    }


def get(call: Call) -> Answer:
    """Answer pop.order.get; it knows unpaid orders too (assumed)."""
    order_id = call.arguments.integer("order_id", low=0, high=10**19)
    fields = _fields(call)
    try:
        order = call.shop.orders.find(order_id)
    except Refused as refused:
        return {"orderDetailInfo": {"apiResult": api_result(refused), "orderInfo": None}}
    info = json.loads(_shown(call, order, fields))
    return {"orderDetailInfo": {"apiResult": api_result(), "orderInfo": info}}


def _states(call: Call) -> set[State]:
    names = set(call.arguments.csv("order_state"))
    if not names:
        raise JdError(Code.ILLEGAL_PARAMETER, "order_state")
    if not names <= _STATES.keys() | _NAMED:
        raise JdError(Code.ILLEGAL_VALUE, "order_state")
    return {_STATES[name] for name in names if name in _STATES}


def _fields(call: Call) -> tuple[str, ...]:
    fields = call.arguments.csv("optional_fields")
    if not fields:
        raise JdError(Code.ILLEGAL_PARAMETER, "optional_fields")
    unknown = [name for name in fields if name not in ORDER_FIELDS]
    if unknown:
        raise JdError(Code.OPTIONAL_FIELDS, ",".join(unknown))
    return tuple(dict.fromkeys(fields))


def _check_window(
    call: Call, states: set[State], since: int | None, until: int | None, *, is_by_creation: bool
) -> None:
    if since is None or until is None:
        if states != _UNDATED or (since, until) != (None, None):
            raise JdError(Code.ILLEGAL_PARAMETER, "start_date" if since is None else "end_date")
        return
    if until < since:
        raise JdError(Code.ILLEGAL_VALUE, "end_date")
    if until - since > _SPAN_S:
        raise refusal(_SEARCH, "10100001")
    age = call.shop.clock.now() - since
    if is_by_creation and age > _AGE_BY_CREATION_S:
        raise JdError(Code.ILLEGAL_VALUE, "start_date")
    if not is_by_creation and age > _AGE_BY_MODIFICATION_S:
        raise refusal(_SEARCH, "10100002")


def _shown(call: Call, order: Order, fields: tuple[str, ...]) -> bytes:
    call.returned.append((order, order.modified))
    shop = call.shop
    return show_order(order, fields, settings=shop.settings, vender_id=shop.vender_id)
