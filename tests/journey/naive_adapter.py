"""A connector as one would write it first: orders in, and Helm's `available` straight to JD.

It has a good day: no Kafka between, and no fault of JD's.
"""

import asyncio
import uuid
from collections.abc import Mapping
from typing import Any

from devstack.helm import Books, Message
from jd_simulator.clock import beijing_text
from jd_simulator.testing import SandboxHandle
from tests.jd_shop import result

POLL_S = 0.3
READY, CANCELLED = 3, 6


class NaiveAdapter:
    """Connects Helm's books with some shops of JD."""

    def __init__(self, books: Books, shops: Mapping[str, SandboxHandle]) -> None:
        self._books = books
        self._shops = shops
        self._written: dict[tuple[str, str], int] = {}
        """Version of the level that a shop was told last, by channel and SKU."""

    async def send(self, message: Message) -> None:
        """Take a message of Helm's; levels are read when it is time to write them."""
        if message.topic == "helm.shipments":
            (parcel,) = message.value["parcels"]
            request = {
                "orderId": message.value["channel_order_id"],
                "logiCoprId": "467",
                "logiNo": parcel["shipping_tracking_code"],
            }
            await result(self._shops[message.key], "jingdong.pop.order.shipment", request)

    def is_at_rest(self, sku: str) -> bool:
        """Tell whether every shop was told a SKU's newest level."""
        version = self._books.levels[sku].version
        return all(self._written.get((name, sku)) == version for name in self._shops)

    async def run(self) -> None:
        """Take orders in and write levels, until cancelled."""
        while True:
            for name, shop in self._shops.items():
                for order in await _orders(shop):
                    self._books.take_in(_for_helm(name, order))
                for sku, level in list(self._books.levels.items()):
                    if self._written.get((name, sku)) != level.version:
                        version = level.version
                        await _write(shop, sku, level.available)
                        self._written[name, sku] = version
            await asyncio.sleep(POLL_S)


async def _orders(shop: SandboxHandle) -> list[dict[str, Any]]:
    """Read all orders of the last day that are to be shipped or were cancelled, oldest first."""
    now = int(shop.clock.now())
    found: list[dict[str, Any]] = []
    total = 1
    while len(found) < total:
        query = {
            "order_state": "WAIT_SELLER_STOCK_OUT,TRADE_CANCELED",
            "start_date": beijing_text(now - 86_400),
            "end_date": beijing_text(now + 1),
            "optional_fields": "orderId,orderState,itemInfoList",
            "page": str(len(found) // 100 + 1),
            "page_size": "100",
        }
        answer = await result(shop, "jingdong.pop.order.search", query)
        rows = answer["searchorderinfo_result"]["orderInfoList"]
        total = answer["searchorderinfo_result"]["orderTotal"] if rows else 0
        found += rows
    return found


def _for_helm(channel_id: str, order: Mapping[str, Any]) -> dict[str, Any]:
    is_cancelled = order["orderState"] == "TRADE_CANCELED"
    return {
        "channel_id": channel_id,
        "channel_order_id": order["orderId"],
        "revision": 2 if is_cancelled else 1,
        "status_id": CANCELLED if is_cancelled else READY,
        "customs": None,
        "inventory": [
            {"sku": line["outerSkuId"], "quantity": line["itemTotal"]}
            for line in order["itemInfoList"]
        ],
    }


async def _write(shop: SandboxHandle, sku: str, available: int) -> None:
    stock = {"skuId": shop.sku(sku).sku_id, "stockNum": available}
    request = {
        "updateModel": "fullStockIn",
        "stockRfId": uuid.uuid4().hex,
        "skuStocks": [stock],
    }
    await result(shop, "jingdong.ware.stock.sku.set", {"req": request})
