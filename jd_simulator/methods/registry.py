"""Every method the gateway knows, each named by its contract.

Source: contracts/jd/<method>/method.json, request.schema.json
"""

from collections.abc import Callable

import contracts
from jd_simulator.methods import catalogue, orders, shipments, stock
from jd_simulator.methods.call import Answer, Call, Method


def _method(short_name: str, answer: Callable[[Call], Answer]) -> Method:
    contract = contracts.jd_method(short_name)
    return Method(
        name=contract.full_name,
        answer=answer,
        envelope=contract.envelope,
        needs_token=contract.needs_access_token,
        parameters=frozenset(contract.request_schema["properties"]),
    )


METHODS = {
    method.name: method
    for method in (
        _method("pop.order.search", orders.search),
        _method("pop.order.get", orders.get),
        _method("pop.order.shipment", shipments.ship),
        _method("vender.all.delivery.company", shipments.carriers),
        _method("ware.stock.sku.set", stock.set_stock),
        _method("ware.stock.sku.query", stock.query_stock),
        _method("sku.read.searchSkuList", catalogue.search),
    )
}
"""By name; names are case-sensitive."""
