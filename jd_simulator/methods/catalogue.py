"""Search and reading of the catalogue.

Source: contracts/jd/sku.read.searchSkuList, contracts/jd/sku.read.findSkuById,
contracts/jd/ware.read.searchWare4Valid. Assumed: both ends of a span of time belong to it;
without `field` only ids and status come back; the order is by id unless asked otherwise.
"""

from itertools import groupby
from operator import attrgetter

from jd_simulator.errors import Code, JdError, refusal
from jd_simulator.methods.arguments import Arguments
from jd_simulator.methods.call import ROWS, Answer, Call, Row
from jd_simulator.shop.catalogue_view import WareStatus, sku_view, ware_status, ware_view
from jd_simulator.shop.model import Sku, SkuStatus
from jd_simulator.shop.view import to_json

_DEFAULT_FIELDS = ["wareId", "skuId", "status"]
_DEFAULT_WARE_FIELDS = ["wareId", "title", "wareStatus"]
_DEFAULT_SIZE = 20
_LARGEST_SIZE = 50
_MOST_ROWS = 100_000
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
    call.rows = [
        Row(sku.sku_id, to_json(_shown(sku, fields)))
        for sku in found[(page - 1) * size : page * size]
    ]
    return {
        "page": {
            "data": ROWS,
            "pageNo": page,
            "pageSize": size,
            "totalItem": len(found),
        }
    }


def find(call: Call) -> Answer:
    """Answer sku.read.findSkuById; it knows deleted SKUs too (assumed)."""
    sku_id = call.arguments.integer("skuId", low=0, high=10**19)
    sku = call.shop.shelves.by_id.get(sku_id)
    if sku is None:
        return {"success": False, "errorMessage": "sku不存在"}
    return {"sku": _shown(sku, call.arguments.csv("field") or _DEFAULT_FIELDS)}


def search_wares(call: Call) -> Answer:
    """Answer ware.read.searchWare4Valid: wares with a SKU that was not deleted."""
    arguments = call.arguments
    page = arguments.integer("pageNo", low=0, high=10**9, default=0) or 1
    size = arguments.integer("pageSize", low=0, high=10**9, default=0) or _DEFAULT_SIZE
    code = "10100001" if size > _LARGEST_SIZE else "10100003" if page * size > _MOST_ROWS else None
    if code is not None:
        refused = refusal("ware.read.searchWare4Valid", code)
        return {"code": refused.code, "errorMessage": refused.zh}
    ware_ids = arguments.ids("wareId", most=20)
    statuses = _ware_statuses(call)
    valid = call.shop.shelves.on_shelf((SkuStatus.ON_SALE, SkuStatus.OFF_SALE))
    by_ware = attrgetter("ware_id")
    wares = [list(skus) for _, skus in groupby(sorted(valid, key=by_ware), key=by_ware)]
    found = [
        skus
        for skus in wares
        if (not ware_ids or skus[0].ware_id in ware_ids)
        and (not statuses or ware_status(skus) in statuses)
        and _is_within(
            arguments, max(sku.modified for sku in skus), "startModifiedTime", "endModifiedTime"
        )
        and _is_within(
            arguments, min(sku.created for sku in skus), "startCreatedTime", "endCreatedTime"
        )
    ]
    fields = arguments.csv("field") or _DEFAULT_WARE_FIELDS
    call.rows = [
        Row(skus[0].ware_id, to_json(_shown_ware(skus, fields)))
        for skus in found[(page - 1) * size : page * size]
    ]
    return {
        "page": {
            "data": ROWS,
            "pageNo": page,
            "pageSize": size,
            "totalItem": len(found),
        }
    }


def _shown_ware(skus: list[Sku], fields: list[str]) -> dict[str, object]:
    view = ware_view(skus)
    return {name: view[name] for name in fields if name in view} or {"wareId": view["wareId"]}


def _ware_statuses(call: Call) -> list[WareStatus]:
    try:
        return [WareStatus(number) for number in call.arguments.ids("wareStatusValue", most=10)]
    except ValueError:
        raise JdError(Code.ILLEGAL_VALUE, "wareStatusValue") from None


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
