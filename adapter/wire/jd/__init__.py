"""What JD answers, as nouns: frozen models that tolerate all the ways in which JD writes them.

Attributes have plain names; JD's own, misspellings included, are their validation aliases. No
model knows how a call is made or how an answer is wrapped: that is the room `adapter/jd`.

Source: contracts/jd.
"""

from adapter.wire.jd.goods import (
    JdCarrier,
    JdSaleAttribute,
    JdShipmentReceipt,
    JdSku,
    JdSkuPage,
    JdStockReading,
    JdStockReceipt,
    JdStoreStock,
)
from adapter.wire.jd.orders import (
    JdConsignee,
    JdCoupon,
    JdEasyInvoice,
    JdOrder,
    JdOrderLine,
    JdOrderPage,
    JdPartialShipment,
    JdPartialShipmentLine,
)
from adapter.wire.jd.values import BEIJING, JdCode

__all__ = [
    "BEIJING",
    "JdCarrier",
    "JdCode",
    "JdConsignee",
    "JdCoupon",
    "JdEasyInvoice",
    "JdOrder",
    "JdOrderLine",
    "JdOrderPage",
    "JdPartialShipment",
    "JdPartialShipmentLine",
    "JdSaleAttribute",
    "JdShipmentReceipt",
    "JdSku",
    "JdSkuPage",
    "JdStockReading",
    "JdStockReceipt",
    "JdStoreStock",
]
