"""Writing and reading of stock.

Source: contracts/jd/ware.stock.sku.set, contracts/jd/ware.stock.sku.query, and the older
contracts/jd/stock.write.updateSkuStock, contracts/jd/stock.read.findSkuStock
"""

from jd_simulator.errors import Code, JdError
from jd_simulator.methods.arguments import Arguments
from jd_simulator.methods.call import Answer, Call
from jd_simulator.shop.shelves import MOST_UNITS, NoSuchSku, StockReceipt, WantedStock

_MOST_SKUS = 30


def set_stock(call: Call) -> Answer:
    """Answer ware.stock.sku.set; each stockRfId takes effect once."""
    request = call.arguments.nested("req")
    model = request.required("updateModel")
    if model not in ("fullStockIn", "incrStockIn"):
        raise JdError(Code.ILLEGAL_VALUE, "req.updateModel")
    is_increment = model == "incrStockIn"
    stock_ref = request.text("stockRfId")
    items = request.nested_list("skuStocks")
    if stock_ref is None or not stock_ref.strip():
        return _refused("stockRfId不能为空")
    if not items:
        raise JdError(Code.ILLEGAL_PARAMETER, "req.skuStocks")
    if len(items) > _MOST_SKUS:
        return _refused("一次最多修改30个sku的库存")
    wanted = tuple(_wanted(item, is_increment=is_increment) for item in items)
    if len({(item.sku_id, item.store_id) for item in wanted}) < len(wanted):
        return _refused("sku重复")
    answer, is_other = call.shop.shelves.write(
        wanted,
        is_increment=is_increment,
        stock_ref=stock_ref,
        call=call.number,
    )
    if is_other:
        call.notes.append(f"stockRfId {stock_ref} was there before with other content: ignored")
    is_listed = call.shop.settings.receipts == "all"
    results = [
        _receipt(receipt) for receipt in answer.receipts if is_listed or receipt.refusal is not None
    ]
    return {
        "returnType": {
            "success": True,
            "errorMessage": "",
            "obj": {"updateStockResult": results},
        }
    }


def query_stock(call: Call) -> Answer:
    """Answer ware.stock.sku.query."""
    sku_id = call.arguments.integer("skuId", low=0, high=10**19)
    try:
        sku = call.shop.shelves.find(str(sku_id))
    except NoSuchSku as error:
        return _refused(error.zh)
    return {
        "returnType": {
            "success": True,
            "errorMessage": "",
            "obj": {
                "skuId": sku.sku_id,
                "stockModel": sku.stock_model,
                "skuStockInfos": [
                    {
                        "skuId": sku.sku_id,
                        "storeId": 0,
                        "stockNum": sku.stock_num,
                        "orderBookingNum": sku.booked,
                        "appBookingNum": 0,
                        "orderTransferNum": 0,
                    }
                ],
            },
        }
    }


def update_stock(call: Call) -> Answer:
    """Answer stock.write.updateSkuStock: one SKU, absolute, as often as it is called."""
    wanted = _wanted(call.arguments, is_increment=False)
    refused = call.shop.shelves.write_one(
        wanted, is_increment=False, stock_ref=None, call=call.number
    )
    return {"success": True} if refused is None else _no(refused)


def find_stock(call: Call) -> Answer:
    """Answer stock.read.findSkuStock; without `field` every field comes back (assumed)."""
    sku_id = call.arguments.integer("skuId", low=0, high=10**19)
    fields = set(call.arguments.csv("field"))
    try:
        sku = call.shop.shelves.find(str(sku_id))
    except NoSuchSku as error:
        return _no(error.zh)
    view = {"skuId": sku.sku_id, "stockNum": sku.stock_num, "storeId": 0}
    # An object must not come back empty, so all stays where only unknown fields were asked for.
    return {"skuStocks": [{name: view[name] for name in view if name in fields} or view]}


def _wanted(item: Arguments, *, is_increment: bool) -> WantedStock:
    # A negative quantity passes here: it is refused for its SKU alone, not the call (assumed).
    name = "incrStockNum" if is_increment else "stockNum"
    return WantedStock(
        sku_id=item.integer("skuId", low=0, high=10**19),
        quantity=item.integer(name, low=-MOST_UNITS, high=10**12),
        store_id=item.integer("storeId", low=-(10**18), high=10**18, default=0),
    )


def _receipt(receipt: StockReceipt) -> dict[str, object]:
    return {
        "data": receipt.sku_id,
        "storeId": receipt.store_id,
        "success": receipt.refusal is None,
        "message": receipt.refusal or "",
    }


def _no(message: str) -> Answer:
    """Refuse as the older methods do (assumed)."""
    return {"success": False, "errorMessage": message}


def _refused(message: str) -> Answer:
    return {"returnType": {"success": False, "errorMessage": message, "obj": None}}
