"""JD's API for one channel, in nouns.

Each call is tried once: whether to try again, and when, is the caller's decision, and the error
names it. Calls that change something at JD end in `JdAmbiguous` whenever JD may have received
them and did not say what it did.

Source: contracts/jd/<method>.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal, TypeVar

import httpx
from pydantic import AliasChoices, BaseModel, ValidationError

from adapter.errors import JdAmbiguous, JdAnswer, JdRejected, JdUnavailable, MalformedRecord
from adapter.jd.answers import Call, refuse, says_yes, words
from adapter.jd.budget import CallBudget
from adapter.jd.codes import ALREADY_SHIPPED, NO_SUCH_ORDER
from adapter.jd.gateway import Announce, Credentials, Gateway, beijing_text
from adapter.rules.budget import Lane
from adapter.wire.jd import (
    JdCarrier,
    JdOrder,
    JdOrderPage,
    JdShipmentReceipt,
    JdSku,
    JdSkuPage,
    JdStockReading,
    JdStockReceipt,
)
from adapter.wire.jd.pages import reasons
from contracts import jd_order_states

__all__ = ["MOST_SKUS_A_CALL", "SEARCHABLE_STATES", "Credentials", "JdClient"]

SEARCHABLE_STATES = tuple(
    state.state for state in jd_order_states().values() if state.is_searchable
)
"""Every state that a search may ask for; unpaid orders are not among them."""

MOST_SKUS_A_CALL = 30
"""SKUs that JD takes in one stock call."""

_SEARCH = Call("jingdong.pop.order.search")
_GET = Call("jingdong.pop.order.get", of_record=True)
_SET_STOCK = Call("jingdong.ware.stock.sku.set", writes=True, of_record=True)
_QUERY_STOCK = Call("jingdong.ware.stock.sku.query", of_record=True)
_SET_ONE_STOCK = Call("jingdong.stock.write.updateSkuStock", writes=True, of_record=True)
_LIST_SKUS = Call("jingdong.sku.read.searchSkuList")
_SHIP = Call("jingdong.pop.order.shipment", writes=True, of_record=True)
_CARRIERS = Call("360buy.get.vender.all.delivery.company")

_Model = TypeVar("_Model", bound=BaseModel)


class JdClient:
    """JD as one sales channel sees it.

    Args:
        http: The process's HTTP client.
        endpoint: The gateway's full address, from `checked_endpoint`.
        credentials: The app and the seller's grant.
        budget: The channel's calls.
        now: Gives the aware instant; JD compares it with its own clock.
        call_timeout_s: Longest time for one call, once it has its turn.
        on_call: Told of each call: method, `ok`, the error's reason or `interrupted`, seconds.
        before_write: Awaited when a call that changes something has its turn, right before it is
            sent; what it raises ends the call unsent.
    """

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        endpoint: str,
        credentials: Credentials,
        budget: CallBudget,
        now: Callable[[], datetime],
        call_timeout_s: float = 10.0,
        on_call: Callable[[str, str, float], None] | None = None,
        before_write: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._gateway = Gateway(
            http=http,
            endpoint=endpoint,
            credentials=credentials,
            budget=budget,
            now=now,
            call_timeout_s=call_timeout_s,
            on_call=on_call,
            before_write=before_write,
        )

    async def search_orders(
        self,
        *,
        since: datetime,
        until: datetime,
        page: int,
        page_size: int,
        by: Literal["modified", "created"] = "modified",
        states: Sequence[str] = SEARCHABLE_STATES,
    ) -> JdOrderPage:
        """Fetch one page of the orders of a span of time, oldest first.

        Args:
            since: Begin of the span, cut to the second.
            until: End of the span; at most a month after `since`.
            page: 1 and up.
            page_size: 1 to 100.
            by: Which of an order's instants lies in the span.
            states: JD's states to ask for.

        Raises:
            AdapterError: The type is the decision.
        """
        return await self._search(
            {
                "order_state": ",".join(states),
                "start_date": beijing_text(since),
                "end_date": beijing_text(until),
                "dateType": 1 if by == "created" else 0,
                "sortType": 0,
            },
            page,
            page_size,
            lane="orders",
        )

    async def search_waiting_orders(self, *, page: int, page_size: int) -> JdOrderPage:
        """Fetch one page of all orders that wait to be shipped, however old.

        Args:
            page: 1 and up.
            page_size: 1 to 100.

        Raises:
            AdapterError: The type is the decision.
        """
        waiting = {"order_state": "WAIT_SELLER_STOCK_OUT"}
        return await self._search(waiting, page, page_size, lane="bulk")

    async def get_order(self, order_id: str) -> JdOrder | None:
        """Fetch one order; None where JD has nothing under this number.

        Args:
            order_id: JD's number.

        Raises:
            JdRejected: JD refuses to show it.
            AdapterError: The type is the decision.
        """
        inner = await self._gateway.call(
            _GET, {"order_id": order_id, "optional_fields": _ORDER_FIELDS}, lane="orders"
        )
        detail = _part(inner, "orderDetailInfo", _GET)
        try:
            self._check(_GET, _optional(detail, "apiResult"))
        except JdRejected as error:
            if error.answer.code == NO_SUCH_ORDER:
                return None
            raise
        order = detail.get("orderInfo")
        return _read(JdOrder, order, _GET) if order else None

    async def set_stock(
        self,
        *,
        stock_ref: str,
        quantities: Mapping[str, int],
        store_id: str | None = None,
        lane: Lane = "stock",
        announce: Announce | None = None,
    ) -> JdStockReceipt:
        """Write absolute quantities.

        Args:
            stock_ref: The caller's number of this change, not empty.
            quantities: 1 to 30 quantities, each at least 0, by sku_id.
            store_id: The store; None is the shop's default one.
            lane: `zero` for what must go off sale.
            announce: Awaited when the call has its turn, right before it is sent.

        Returns:
            What JD refused; every other SKU was accepted.

        Raises:
            JdAmbiguous: JD may have written them, or still may.
            MalformedRecord: A number is none of JD's.
            AdapterError: The type is the decision; nothing was written.
        """
        store = {} if store_id is None else {"storeId": _number(store_id, "jd_store_id")}
        stocks = [
            {"skuId": _number(sku_id, "sku_id"), "stockNum": quantity, **store}
            for sku_id, quantity in quantities.items()
        ]
        request = {"updateModel": "fullStockIn", "stockRfId": stock_ref, "skuStocks": stocks}
        inner = await self._gateway.call(_SET_STOCK, {"req": request}, lane=lane, announce=announce)
        result = _part(inner, "returnType", _SET_STOCK)
        return self._stock_receipt(result, list(quantities))

    async def set_one_stock(
        self,
        *,
        sku_id: str,
        quantity: int,
        store_id: str | None = None,
        lane: Lane = "stock",
        announce: Announce | None = None,
    ) -> None:
        """Write one absolute quantity by the older method, for apps without the newer permission.

        Args:
            sku_id: JD's number.
            quantity: At least 0.
            store_id: The store; None is the shop's default one.
            lane: `zero` for what must go off sale.
            announce: Awaited when the call has its turn, right before it is sent.

        Raises:
            JdRejected: JD refuses it.
            JdAmbiguous: JD may have written it, or still may.
            MalformedRecord: A number is none of JD's.
            AdapterError: The type is the decision; nothing was written.
        """
        parameters: dict[str, object] = {
            "skuId": _number(sku_id, "sku_id"),
            "stockNum": quantity,
        }
        if store_id is not None:
            parameters["storeId"] = _number(store_id, "jd_store_id")
        inner = await self._gateway.call(_SET_ONE_STOCK, parameters, lane=lane, announce=announce)
        self._check(_SET_ONE_STOCK, inner)

    async def query_stock(self, sku_id: str, *, lane: Lane = "stock") -> JdStockReading:
        """Fetch JD's own figures for one SKU.

        Args:
            sku_id: JD's number.
            lane: `bulk` where nothing waits for it.

        Raises:
            JdRejected: JD has no such SKU for this seller.
            MalformedRecord: That is no number of JD's.
            JdUnavailable: JD answers for another SKU, among other reasons.
            AdapterError: The type is the decision.
        """
        asked = {"skuId": _number(sku_id, "sku_id")}
        inner = await self._gateway.call(_QUERY_STOCK, asked, lane=lane)
        result = _part(inner, "returnType", _QUERY_STOCK)
        self._check(_QUERY_STOCK, result)
        reading = _read(JdStockReading, result.get("obj"), _QUERY_STOCK)
        if reading.sku_id != sku_id:
            raise _unreadable(_QUERY_STOCK, f"it is about SKU {reading.sku_id}, not {sku_id}")
        return reading

    async def list_skus(
        self,
        *,
        page: int,
        page_size: int = 50,
        modified_since: datetime | None = None,
        modified_until: datetime | None = None,
        statuses: Sequence[str] = ("1", "2"),
    ) -> JdSkuPage:
        """Fetch one page of the shop's SKUs.

        Args:
            page: 1 and up.
            page_size: 1 to 50.
            modified_since: Only what changed since then.
            modified_until: Only what changed until then.
            statuses: 1 on sale, 2 off sale, 4 deleted.

        Raises:
            AdapterError: The type is the decision.
        """
        parameters: dict[str, object] = {
            "skuStatuValue": ",".join(statuses),
            "pageNo": page,
            "page_size": page_size,
            "field": _SKU_FIELDS,
        }
        if modified_since is not None:
            parameters["startModifiedTime"] = beijing_text(modified_since)
        if modified_until is not None:
            parameters["endModifiedTime"] = beijing_text(modified_until)
        inner = await self._gateway.call(_LIST_SKUS, parameters, lane="bulk")
        return _read(JdSkuPage, _part(inner, "page", _LIST_SKUS), _LIST_SKUS)

    async def ship_order(
        self, *, order_id: str, carrier_ids: Sequence[str], waybills: Sequence[str]
    ) -> JdShipmentReceipt:
        """Tell JD that a whole order left.

        Args:
            order_id: JD's number.
            carrier_ids: JD's number of the carrier, parcel by parcel.
            waybills: The waybill, parcel by parcel; empty for the seller's own delivery.

        Raises:
            JdRejected: JD refuses this shipment for good.
            MalformedRecord: Number or waybills cannot be written as JD reads them.
            JdAmbiguous: JD may have taken it, or still may.
            AdapterError: The type is the decision.
        """
        parcels: dict[str, list[str]] = {}
        for carrier_id, waybill in zip(carrier_ids, waybills, strict=True):
            if set(waybill) & set("|,"):
                message = "a waybill must not hold | or a comma: JD separates by them"
                raise MalformedRecord(message, field="shipping_tracking_code")
            parcels.setdefault(carrier_id, []).append(waybill)
        parameters = {
            "orderId": _number(order_id, "channel_order_id"),
            "logiCoprId": "|".join(parcels),
            "logiNo": "|".join(",".join(filter(None, numbers)) for numbers in parcels.values()),
        }
        try:
            inner = await self._gateway.call(_SHIP, parameters, lane="shipments")
            result = _part(inner, "sopjosshipment_result", _SHIP)
            self._check(_SHIP, result)
        except JdRejected as error:
            if error.answer.code != ALREADY_SHIPPED:
                raise
            return JdShipmentReceipt(outcome="already_shipped", answer=error.answer)
        return JdShipmentReceipt(outcome="shipped", answer=self._words(result))

    async def carriers(self) -> list[JdCarrier]:
        """Fetch the carriers that this seller may ship with.

        Raises:
            AdapterError: The type is the decision.
        """
        fields = {"fields": "id,name,description"}
        inner = await self._gateway.call(_CARRIERS, fields, lane="shipments")
        if "delivery_companies" not in inner:
            raise _unreadable(_CARRIERS, "delivery_companies is missing")
        rows = inner["delivery_companies"]
        return [
            _read(JdCarrier, row, _CARRIERS)
            for row in (rows if isinstance(rows, list) else ())
            if isinstance(row, dict) and row.get("id")
        ]

    def _check(self, call: Call, result: dict[str, object]) -> None:
        refuse(self._gateway.now(), call, result, secrets=self._gateway.secrets)

    def _words(self, source: dict[str, object]) -> JdAnswer:
        return words(source, secrets=self._gateway.secrets)

    async def _search(
        self, parameters: Mapping[str, object], page: int, page_size: int, *, lane: Lane
    ) -> JdOrderPage:
        paging = {"page": str(page), "page_size": str(page_size), "optional_fields": _ORDER_FIELDS}
        inner = await self._gateway.call(_SEARCH, {**parameters, **paging}, lane=lane)
        result = _part(inner, "searchorderinfo_result", _SEARCH)
        self._check(_SEARCH, _optional(result, "apiResult"))
        return _read(JdOrderPage, result, _SEARCH)

    def _stock_receipt(self, result: dict[str, object], sku_ids: list[str]) -> JdStockReceipt:
        rows = _optional(result, "obj").get("updateStockResult")
        refusals: dict[str, JdAnswer] = {}
        accepted: set[str] = set()
        others: set[str] = set()
        for row in rows if isinstance(rows, list) else ():
            if not isinstance(row, dict):
                continue
            sku_id = str(row.get("data") or "")
            if sku_id and sku_id not in sku_ids:
                others.add(sku_id)
            elif says_yes(row.get("success")):
                accepted.add(sku_id)
            else:
                refusals[sku_id] = self._words(row)
        if others and not accepted and not refusals:
            raise _unreadable(_SET_STOCK, "it names only SKUs that were not asked for")
        try:
            self._check(_SET_STOCK, result)
        except JdRejected as error:
            refusals.setdefault("", error.answer)
        if "" in refusals:  # a refusal that names no SKU may mean each that JD does not accept
            for_all = refusals.pop("")
            rest = [sku_id for sku_id in sku_ids if sku_id not in accepted]
            refusals = dict.fromkeys(rest, for_all) | refusals
        return JdStockReceipt(refusals=refusals, answer=self._words(result))


def _jd_names(model: type[BaseModel]) -> str:
    """List a model's fields as JD names them, so that a call asks for what will be read."""
    names = []
    for name, about in model.model_fields.items():
        alias = about.validation_alias
        names.append(str(alias.choices[0] if isinstance(alias, AliasChoices) else alias or name))
    return ",".join(names)


_ORDER_FIELDS = _jd_names(JdOrder)
_SKU_FIELDS = _jd_names(JdSku)


def _part(inner: dict[str, object], name: str, call: Call) -> dict[str, object]:
    part = inner.get(name)
    if isinstance(part, dict):
        return part
    raise _unreadable(call, f"{name} is missing")


def _optional(inner: dict[str, object], name: str) -> dict[str, object]:
    part = inner.get(name)
    return part if isinstance(part, dict) else {}


def _read(model: type[_Model], source: object, call: Call) -> _Model:
    try:
        return model.model_validate(source)
    except ValidationError as error:
        raise _unreadable(call, reasons(error)) from None


def _number(text: str, field: str) -> int:
    if text.isascii() and text.isdecimal():
        return int(text)
    message = f"{field} is not a number, as all of JD's are"
    raise MalformedRecord(message, field=field)


def _unreadable(call: Call, reason: str) -> JdUnavailable:
    message = f"{call.method}: the answer cannot be read: {reason}"
    return JdAmbiguous(message) if call.writes else JdUnavailable(message)
