"""Search of the catalogue.

Source: contracts/jd/sku.read.searchSkuList. Assumed: both ends of a span of time belong to
it; without `field` only ids and status come back; the order is by SKU id unless asked otherwise.
"""

from jd_simulator.errors import Code, JdError, refusal
from jd_simulator.methods.arguments import Arguments
from jd_simulator.methods.call import Answer, Call
from jd_simulator.shop.model import Sku, SkuStatus
from jd_simulator.shop.view import sku_view

_DEFAULT_FIELDS = ["wareId", "skuId", "status"]
_DEFAULT_SIZE = 20
_LARGEST_SIZE = 50
_SORTED_BY = {"modified": "modified", "created": "created", "wareId": "ware_id", "skuId": "sku_id"}


def search(call: Call) -> Answer:
    """Answer sku.read.searchSkuList."""
    arguments = call.arguments
    # 0 is what the official Java client sends for a number that was not set.
    size = arguments.integer("page_size", low=0, high=10**9, default=0) or _DEFAULT_SIZE
    if size > _LARGEST_SIZE:
        refused = refusal("sku.read.searchSkuList", "10100001")
        return {"code": refused.code, "errorMessage": refused.zh}
    page = arguments.integer("pageNo", low=0, high=10**9, default=0) or 1
    fields = arguments.csv("field") or _DEFAULT_FIELDS
    found = [sku for sku in call.shop.shelves.on_shelf(_statuses(call)) if _is_wanted(call, sku)]
    attribute = _SORTED_BY.get(arguments.text("orderFiled") or "skuId", "sku_id")
    is_descending = (arguments.text("orderType") or "asc").lower() == "desc"
    found.sort(key=lambda sku: (getattr(sku, attribute), sku.sku_id), reverse=is_descending)
    first = (page - 1) * size
    return {
        "page": {
            "data": [_shown(sku, fields) for sku in found[first : first + size]],
            "pageNo": page,
            "pageSize": size,
            "totalItem": len(found),
        }
    }


def _statuses(call: Call) -> list[SkuStatus]:
    try:
        given = [SkuStatus(number) for number in call.arguments.ids("skuStatuValue", most=10)]
    except ValueError:
        raise JdError(Code.ILLEGAL_VALUE, "skuStatuValue") from None
    return given or [SkuStatus.ON_SALE, SkuStatus.OFF_SALE]


def _is_wanted(call: Call, sku: Sku) -> bool:
    arguments = call.arguments
    ware_ids, sku_ids = arguments.ids("wareId", most=10), arguments.ids("skuId", most=20)
    outer_id, title = arguments.text("outId"), arguments.text("wareTitle")
    return (
        (not ware_ids or sku.ware_id in ware_ids)
        and (not sku_ids or sku.sku_id in sku_ids)
        and (outer_id is None or sku.outer_id == outer_id)
        and (title is None or title in sku.ware_title)
        and _is_within(arguments, sku.modified, "startModifiedTime", "endModifiedTime")
        and _is_within(arguments, sku.created, "startCreatedTime", "endCreatedTime")
    )


def _is_within(arguments: Arguments, at: int, start: str, end: str) -> bool:
    since, until = arguments.instant(start), arguments.instant(end)
    return (since is None or since <= at) and (until is None or at <= until)


def _shown(sku: Sku, fields: list[str]) -> dict[str, object]:
    view = sku_view(sku)
    # An object must not come back empty, so ids stay where only unknown fields were asked for.
    return {name: view[name] for name in fields if name in view} or {"skuId": sku.sku_id}
