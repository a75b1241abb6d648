"""Refunds before delivery.

Source: contracts/jd/pop.afs.soa.refundapply.queryPageList
"""

from jd_simulator.clock import beijing_text
from jd_simulator.errors import Code, JdError, Refused, refusal
from jd_simulator.methods.call import ROWS, Answer, Call, Row
from jd_simulator.shop.model import Refund, RefundStatus
from jd_simulator.shop.view import to_json

_MOST_PAGES = 100
_LARGEST_SIZE = 50


def search(call: Call) -> Answer:
    """Answer pop.afs.soa.refundapply.queryPageList, newest application first (assumed)."""
    arguments = call.arguments
    page = arguments.integer("pageIndex", low=1, high=_MOST_PAGES)
    size = arguments.integer("pageSize", low=1, high=_LARGEST_SIZE)
    status = _status(call)
    order_id = arguments.text("orderId") and arguments.integer("orderId", low=0, high=10**19)
    applied = arguments.instant("applyTimeStart"), arguments.instant("applyTimeEnd")
    modified = arguments.instant("modifiedStart"), arguments.instant("modifiedEnd")
    if _is_turned_round(applied) or _is_turned_round(modified):
        return _result(refusal("pop.afs.soa.refundapply.queryPageList", "10100029"))
    found = [
        refund
        for refund in reversed(call.shop.refunds.by_id.values())
        # 0 is what the official Java client sends for a number that was not set.
        if (not order_id or refund.order_id == order_id)
        and (status is None or refund.status is status)
        and _is_within(refund.applied, applied)
        and _is_within(refund.modified, modified)
    ]
    call.rows = [
        Row(refund.refund_id, to_json(_shown(call, refund)))
        for refund in found[(page - 1) * size : page * size]
    ]
    return _result(None, total=len(found))


def _status(call: Call) -> RefundStatus | None:
    if call.arguments.text("status") is None:
        return None
    try:
        return RefundStatus(call.arguments.integer("status", low=0, high=99))
    except ValueError:
        raise JdError(Code.ILLEGAL_VALUE, "status") from None


def _is_turned_round(span: tuple[int | None, int | None]) -> bool:
    since, until = span
    return since is not None and until is not None and until < since


def _is_within(at: int, span: tuple[int | None, int | None]) -> bool:
    since, until = span
    return (since is None or since <= at) and (until is None or at <= until)


def _shown(call: Call, refund: Refund) -> dict[str, object]:
    is_fen = call.shop.settings.refund_sum_unit == "fen"
    return {
        "id": refund.refund_id,
        "orderId": str(refund.order_id),
        "buyerId": refund.buyer,
        "applyTime": beijing_text(refund.applied),
        "checkTime": "" if refund.checked is None else beijing_text(refund.checked),
        "applyRefundSum": str(int(refund.amount * 100) if is_fen else refund.amount),
        "status": int(refund.status),
        "reason": refund.reason,
        "checkRemark": refund.check_remark,
    }


def _result(refused: Refused | None, *, total: int = 0) -> Answer:
    return {
        "queryResult": {
            "totalCount": total,
            "success": refused is None,
            "errorCode": "" if refused is None else refused.code,
            "errorMsg": "" if refused is None else refused.zh,
            "result": ROWS if refused is None else [],
        }
    }
