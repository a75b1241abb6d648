"""Search and reading of orders, and the seller's remark on one.

Source: contracts/jd/pop.order.search, contracts/jd/pop.order.get and their encrypted twins,
contracts/jd/pop.order.notPayOrderInfo, contracts/jd/pop.order.modifyVenderRemark. Assumed: both
ends of a window belong to it; the ages are 92 and 731 days, the span 31.
"""

import json
from dataclasses import replace
from functools import lru_cache

from jd_simulator.errors import Code, JdError, Refused, refusal
from jd_simulator.methods.arguments import split_csv
from jd_simulator.methods.call import ROWS, Answer, Call, Row, api_result
from jd_simulator.settings import Settings
from jd_simulator.shop.model import Order, State
from jd_simulator.shop.view import ORDER_FIELDS, order_view, show_order, to_json

_SEARCH = "pop.order.search"
_GET = "pop.order.get"
_REMARK = "pop.order.modifyVenderRemark"
_DAY_S = 86_400
_SPAN_S = 31 * _DAY_S
_AGE_BY_CREATION_S = 731 * _DAY_S
_AGE_BY_MODIFICATION_S = 92 * _DAY_S
_UNDATED = {State.TO_SHIP}
"""The only states that may be searched without dates."""

_UNPAID_FIELDS = (
    "orderId",
    "venderId",
    "orderType",
    "orderState",
    "orderStartTime",
    "modified",
    "orderTotalPrice",
    "itemInfoList",
)
_LONGEST_REMARK = 500


def search(call: Call) -> Answer:
    """Answer pop.order.search."""
    return _search(call, call.shop.settings)


def search_encrypted(call: Call) -> Answer:
    """Answer pop.order.enSearch: the same, with receivers encrypted whatever the app may see."""
    return _search(call, _encrypting(call.shop.settings))


def get(call: Call) -> Answer:
    """Answer pop.order.get; it knows unpaid orders too (assumed)."""
    return _get(call, call.shop.settings)


def get_encrypted(call: Call) -> Answer:
    """Answer pop.order.enGet: the same, with receivers encrypted whatever the app may see."""
    return _get(call, _encrypting(call.shop.settings))


def list_unpaid(call: Call) -> Answer:
    """Answer pop.order.notPayOrderInfo; the shape of its answer is assumed."""
    arguments = call.arguments
    since, until = arguments.instant("startDate"), arguments.instant("endDate")
    if since is None or until is None:
        raise JdError(Code.ILLEGAL_PARAMETER, "startDate" if since is None else "endDate")
    if until < since:
        raise JdError(Code.ILLEGAL_VALUE, "endDate")
    page = arguments.integer("page", low=0, high=10**9, default=0) or 1
    size = arguments.integer("pageSize", low=0, high=100, default=0) or 20
    if until - since > _SPAN_S:
        refused = refusal("pop.order.notPayOrderInfo", "10100001")
        return {"notPayOrderInfoResult": {"apiResult": api_result(refused)}}
    shop = call.shop
    rows = shop.orders.by_created.window((State.NOT_PAY,), since, until)
    found = [shop.orders.by_id[order_id] for _, order_id in rows[(page - 1) * size : page * size]]
    call.rows = [Row(order.order_id, _unpaid(call, order)) for order in found]
    return {
        "notPayOrderInfoResult": {
            "apiResult": api_result(),
            "orderTotal": len(rows),
            "orderInfoList": ROWS,
        }
    }


def write_remark(call: Call) -> Answer:
    """Answer pop.order.modifyVenderRemark; snake_case is JD's."""
    order_id = call.arguments.integer("order_id", low=0, high=10**19)
    flag = call.arguments.integer("flag", low=0, high=5, default=0)
    remark = call.arguments.text("remark") or ""
    error_code, zh, en = "", "", ""
    try:
        if len(remark) > _LONGEST_REMARK:
            raise refusal(_REMARK, "10100028")
        call.shop.orders.write_remark(order_id, flag=flag, remark=remark)
    except Refused as refused:
        error_code, zh, en = refused.code, refused.zh, refused.en
    return {
        "modifyvenderremark_result": {
            "success": not error_code,
            "error_code": error_code,
            "chinese_err_code": zh,
            "english_err_code": en,
        }
    }


def _encrypting(settings: Settings) -> Settings:
    is_so = settings.receivers == "encrypted"
    return settings if is_so else replace(settings, receivers="encrypted")


def _search(call: Call, settings: Settings) -> Answer:
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
        if page > settings.page_cap:
            raise refusal(_SEARCH, "10100003")
    except Refused as refused:
        return {"searchorderinfo_result": {"apiResult": api_result(refused)}}
    book = call.shop.orders
    index = book.by_created if is_by_creation else book.by_modified
    searched = (state for state in states if state is not State.NOT_PAY)
    rows = index.window(searched, since, until)
    if settings.search_lag_s:
        rows = [row for row in rows if book.is_found(book.by_id[row[1]])]
    if is_newest_first:
        rows.reverse()
    first = (page - 1) * size
    found = [book.by_id[order_id] for _, order_id in rows[first : first + size]]
    call.rows = [
        Row(order.order_id, _shown(call, order, fields, settings), order) for order in found
    ]
    return {
        "searchorderinfo_result": {
            "apiResult": api_result(),
            "orderTotal": len(rows),
            "orderInfoList": ROWS,
        }
    }


def _get(call: Call, settings: Settings) -> Answer:
    order_id = call.arguments.integer("order_id", low=0, high=10**19)
    fields = _fields(call)
    try:
        order = call.shop.orders.find(order_id)
        if order.children and settings.split_parent == "refused":
            raise refusal(_GET, "10100004")
    except Refused as refused:
        return {"orderDetailInfo": {"apiResult": api_result(refused), "orderInfo": None}}
    call.returned.append(order)
    info = json.loads(_shown(call, order, fields, settings))
    return {"orderDetailInfo": {"apiResult": api_result(), "orderInfo": info}}


def _states(call: Call) -> set[State]:
    names = set(call.arguments.csv("order_state"))
    if not names:
        raise JdError(Code.ILLEGAL_PARAMETER, "order_state")
    try:
        return {State(name) for name in names}
    except ValueError:
        raise JdError(Code.ILLEGAL_VALUE, "order_state") from None


def _fields(call: Call) -> tuple[str, ...]:
    given = call.arguments.values.get("optional_fields")
    if isinstance(given, str):
        return _fields_in(given)
    return _known(call.arguments.csv("optional_fields"))


@lru_cache(maxsize=8)  # a client asks for the same sixty names each time
def _fields_in(text: str) -> tuple[str, ...]:
    return _known(split_csv(text))


def _known(names: list[str]) -> tuple[str, ...]:
    if not names:
        raise JdError(Code.ILLEGAL_PARAMETER, "optional_fields")
    unknown = [name for name in names if name not in ORDER_FIELDS]
    if unknown:
        raise JdError(Code.OPTIONAL_FIELDS, ",".join(unknown))
    return tuple(dict.fromkeys(names))


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


def _shown(call: Call, order: Order, fields: tuple[str, ...], settings: Settings) -> bytes:
    return show_order(order, fields, settings=settings, vender_id=call.shop.vender_id)


def _unpaid(call: Call, order: Order) -> bytes:
    view = order_view(order, settings=call.shop.settings, vender_id=call.shop.vender_id)
    return to_json({name: view[name] for name in _UNPAID_FIELDS})
