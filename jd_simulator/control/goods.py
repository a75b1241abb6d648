"""The control room's calls about orders and SKUs."""

from http import HTTPStatus
from itertools import islice

from aiohttp import web

from jd_simulator.control import answers, bodies
from jd_simulator.control.asking import (
    json_answer,
    order_id_of,
    query_integer,
    read_body,
    sandbox_of,
)
from jd_simulator.control.reading import read_new_sku, read_purchase, read_sku_change
from jd_simulator.control.route import SANDBOX, Query, Route
from jd_simulator.control.schemas import integer
from jd_simulator.control.showing import (
    show_order,
    show_refund,
    show_sku,
    show_sku_with_history,
)
from jd_simulator.shop.model import Sku, SkuStatus

_MOST = 1_000_000


async def _list_orders(request: web.Request) -> web.Response:
    orders = sandbox_of(request).shop.orders.by_id.values()
    limit = query_integer(request, "limit", high=_MOST)
    newest = list(islice(reversed(orders), limit))
    return json_answer({"orders": [show_order(order) for order in reversed(newest)]})


async def _place_order(request: web.Request) -> web.Response:
    sandbox = sandbox_of(request)
    order = sandbox.shop.orders.place(read_purchase(await read_body(request)))
    return json_answer(show_order(order), HTTPStatus.CREATED)


async def _show_order(request: web.Request) -> web.Response:
    return json_answer(show_order(sandbox_of(request).shop.orders.find(order_id_of(request))))


async def _list_refunds(request: web.Request) -> web.Response:
    refunds = sandbox_of(request).shop.refunds.by_id.values()
    return json_answer({"refunds": [show_refund(refund) for refund in refunds]})


async def _list_skus(request: web.Request) -> web.Response:
    limit = query_integer(request, "limit", high=_MOST)
    sought = request.query.get("q", "").strip().casefold()
    skus = sandbox_of(request).shop.shelves.by_id.values()
    found = (sku for sku in skus if not sought or _matches(sku, sought))
    return json_answer({"skus": [show_sku(sku) for sku in islice(found, limit)]})


def _matches(sku: Sku, sought: str) -> bool:
    return any(sought in text.casefold() for text in (str(sku.sku_id), sku.outer_id, sku.title))


async def _add_sku(request: web.Request) -> web.Response:
    sandbox = sandbox_of(request)
    sku = sandbox.shop.shelves.add(**read_new_sku(await read_body(request)))
    return json_answer(show_sku(sku), HTTPStatus.CREATED)


async def _show_sku(request: web.Request) -> web.Response:
    sku = sandbox_of(request).shop.shelves.find(request.match_info["sku"])
    return json_answer(show_sku_with_history(sku))


async def _change_sku(request: web.Request) -> web.Response:
    shelves = sandbox_of(request).shop.shelves
    change = read_sku_change(await read_body(request))
    return json_answer(show_sku(shelves.change(request.match_info["sku"], **change)))


async def _delete_sku(request: web.Request) -> web.Response:
    shelves = sandbox_of(request).shop.shelves
    sku = shelves.change(request.match_info["sku"], status=SkuStatus.DELETED)
    return json_answer(show_sku(sku))


ROUTES = (
    Route(
        verb="GET",
        path=f"{SANDBOX}/orders",
        handler=_list_orders,
        tag="orders",
        summary="List the orders, oldest first",
        query=(Query(name="limit", about="Only so many, the newest.", schema=integer(0, _MOST)),),
        answer=answers.ORDERS,
    ),
    Route(
        verb="POST",
        path=f"{SANDBOX}/orders",
        handler=_place_order,
        tag="orders",
        summary="Place a buyer's order",
        body=bodies.PURCHASE,
        answer=answers.ORDER,
        status=HTTPStatus.CREATED,
        conflicts="JD would not sell that; `field` names the line.",
    ),
    Route(
        verb="GET",
        path=f"{SANDBOX}/orders/{{order_id}}",
        handler=_show_order,
        tag="orders",
        summary="Show an order",
        answer=answers.ORDER,
    ),
    Route(
        verb="GET",
        path=f"{SANDBOX}/refunds",
        handler=_list_refunds,
        tag="orders",
        summary="List the refunds that buyers asked for",
        answer=answers.REFUNDS,
    ),
    Route(
        verb="GET",
        path=f"{SANDBOX}/skus",
        handler=_list_skus,
        tag="skus",
        summary="List the SKUs, deleted ones too",
        query=(
            Query(name="limit", about="Only so many, the first.", schema=integer(0, _MOST)),
            Query(
                name="q",
                about="Only those whose id, code or title holds this.",
                schema={"type": "string"},
            ),
        ),
        answer=answers.SKUS,
    ),
    Route(
        verb="POST",
        path=f"{SANDBOX}/skus",
        handler=_add_sku,
        tag="skus",
        summary="List a new SKU, on sale",
        body=bodies.NEW_SKU,
        answer=answers.SKU,
        status=HTTPStatus.CREATED,
    ),
    Route(
        verb="GET",
        path=f"{SANDBOX}/skus/{{sku}}",
        handler=_show_sku,
        tag="skus",
        summary="Show a SKU, by id or code, and the last writes of its stock",
        answer=answers.SKU_WITH_HISTORY,
    ),
    Route(
        verb="PATCH",
        path=f"{SANDBOX}/skus/{{sku}}",
        handler=_change_sku,
        tag="skus",
        summary="Change a SKU behind the seller's back",
        body=bodies.SKU_CHANGE,
        answer=answers.SKU,
    ),
    Route(
        verb="DELETE",
        path=f"{SANDBOX}/skus/{{sku}}",
        handler=_delete_sku,
        tag="skus",
        summary="Delete a SKU",
        answer=answers.SKU,
    ),
)
