"""Every method the gateway knows, each named by its contract.

Source: contracts/jd/<method>/method.json, request.schema.json
"""

from collections.abc import Callable

import contracts
from jd_simulator.methods import (
    catalogue,
    orders,
    partial_shipments,
    receivers,
    refunds,
    shipments,
    stock,
)
from jd_simulator.methods.call import Answer, Call, Method
from jd_simulator.methods.unknown import known_names

_PAGE_PARAMETERS = ("page", "pageNo", "pageIndex")


def _method(short_name: str, answer: Callable[[Call], Answer]) -> Method:
    contract = contracts.jd_method(short_name)
    parameters = known_names(contract.request_schema) or {}
    return Method(
        name=contract.full_name,
        answer=answer,
        envelope=contract.envelope,
        other_envelopes=contract.tolerated_envelopes,
        needs_token=contract.needs_access_token,
        parameters=parameters,
        page_parameter=next((name for name in _PAGE_PARAMETERS if name in parameters), None),
        is_write=contract.effect == "write",
        contract=contract,
    )


METHODS = {
    method.name: method
    for method in (
        _method("pop.order.search", orders.search),
        _method("pop.order.get", orders.get),
        _method("pop.order.enSearch", orders.search_encrypted),
        _method("pop.order.enGet", orders.get_encrypted),
        _method("pop.order.notPayOrderInfo", orders.list_unpaid),
        _method("pop.order.modifyVenderRemark", orders.write_remark),
        _method("jos.order.oaid.merge", receivers.merge),
        _method("pop.afs.soa.refundapply.queryPageList", refunds.search),
        _method("pop.order.shipment", shipments.ship),
        _method("pop.order.partialship.judge", partial_shipments.judge),
        _method("pop.order.partial.outship", partial_shipments.ship),
        _method("order.sop.outstorage", shipments.ship_out),
        _method("order.sop.waybill.update", shipments.change_waybills),
        _method("overseas.order.sop.outstorage", shipments.leave_abroad),
        _method("overseas.order.sop.delivery", shipments.deliver_from_abroad),
        _method("vender.all.delivery.company", shipments.carriers),
        _method("ware.stock.sku.set", stock.set_stock),
        _method("ware.stock.sku.query", stock.query_stock),
        _method("stock.write.updateSkuStock", stock.update_stock),
        _method("stock.read.findSkuStock", stock.find_stock),
        _method("sku.read.searchSkuList", catalogue.search),
        _method("sku.read.findSkuById", catalogue.find),
        _method("ware.read.searchWare4Valid", catalogue.search_wares),
    )
}
"""By name; names are case-sensitive."""
