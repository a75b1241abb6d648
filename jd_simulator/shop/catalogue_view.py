"""How JD shows a SKU and a ware to the seller; instants are epoch milliseconds.

Source: contracts/jd/definitions/catalogue.json
"""

from collections.abc import Sequence
from enum import IntEnum

from jd_simulator.shop.model import Sku, SkuStatus


class WareStatus(IntEnum):
    """JD's numbers for what a ware is (assumed)."""

    OFF_SALE = 2
    ON_SALE = 8


def sku_view(sku: Sku) -> dict[str, object]:
    """Show a SKU with every field."""
    return {
        "wareId": sku.ware_id,
        "skuId": sku.sku_id,
        "status": int(sku.status),
        "saleAttrs": [
            {"attrId": str(1000 + index), "attrValueAlias": [value], "attrName": name}
            for index, (name, value) in enumerate(sku.attributes.items())
        ],
        "features": [],
        "jdPrice": float(sku.price),
        "outerId": sku.outer_id,
        "barCode": sku.bar_code,
        "skuName": sku.title,
        "logo": sku.logo,
        "wareTitle": sku.ware_title,
        "categoryId": sku.category_id,
        "stockNum": sku.stock_num,
        "created": sku.created * 1000,
        "modified": sku.modified * 1000,
    }


def ware_status(skus: Sequence[Sku]) -> WareStatus:
    """Tell what a ware is: on sale while one of its SKUs is."""
    is_on_sale = any(sku.status is SkuStatus.ON_SALE for sku in skus)
    return WareStatus.ON_SALE if is_on_sale else WareStatus.OFF_SALE


def ware_view(skus: Sequence[Sku]) -> dict[str, object]:
    """Show a ware, made of its SKUs that were not deleted, with every field."""
    first = skus[0]
    return {
        "wareId": first.ware_id,
        "title": first.ware_title,
        "wareStatus": int(ware_status(skus)),
        "categoryId": first.category_id,
        "jdPrice": float(min(sku.price for sku in skus)),
        "itemNum": first.outer_id.partition("-")[0],
        "logo": first.logo,
        "stockNum": sum(sku.stock_num for sku in skus),
        "created": min(sku.created for sku in skus) * 1000,
        "modified": max(sku.modified for sku in skus) * 1000,
    }
