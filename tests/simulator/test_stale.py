"""A stale read shows what was there before the seller's last write, and nobody else sees it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.clock import beijing_text
from jd_simulator.stale import named_ids
from jd_simulator.testing import SandboxHandle
from tests.jd_shop import result

SEARCH = "jingdong.pop.order.search"
GET = "jingdong.pop.order.get"
SHIP = "jingdong.pop.order.shipment"
SET = "jingdong.ware.stock.sku.set"
QUERY = "jingdong.ware.stock.sku.query"


def stale(sandbox: SandboxHandle, times: int) -> None:
    """Let so many reads be stale."""
    sandbox.set_faults([{"fault": {"kind": "stale_read"}, "times": times}])


async def write(sandbox: SandboxHandle, stock_num: int) -> None:
    """Write the stock of the first SKU."""
    items = [{"skuId": sandbox.sku("TEE-RED-M").sku_id, "stockNum": stock_num}]
    ref = f"r{stock_num}"
    await result(
        sandbox,
        SET,
        {"req": {"updateModel": "fullStockIn", "stockRfId": ref, "skuStocks": items}},
    )


async def read(sandbox: SandboxHandle) -> int:
    """Read the stock of the first SKU."""
    content = await result(sandbox, QUERY, {"skuId": str(sandbox.sku("TEE-RED-M").sku_id)})
    number: int = content["returnType"]["obj"]["skuStockInfos"][0]["stockNum"]
    return number


async def search(sandbox: SandboxHandle, state: str) -> list[Any]:
    """Find orders of a state by modification time."""
    now = int(sandbox.clock.now())
    content = await result(
        sandbox,
        SEARCH,
        {
            "order_state": state,
            "optional_fields": "orderId,modified,waybill",
            "page": "1",
            "page_size": "10",
            "start_date": beijing_text(now - 3600),
            "end_date": beijing_text(now + 3600),
        },
    )
    rows: list[Any] = content["searchorderinfo_result"]["orderInfoList"]
    return rows


async def test_stock_is_read_as_before_the_write(sandbox: SandboxHandle) -> None:
    """One write back, not two; the shop itself goes on."""
    stale(sandbox, times=2)
    await write(sandbox, 5)
    first = await read(sandbox)
    await write(sandbox, 6)

    assert (first, await read(sandbox), await read(sandbox)) == (100, 5, 6)
    assert sandbox.sku("TEE-RED-M").stock_num == 6


async def test_a_shipped_order_still_waits(sandbox: SandboxHandle) -> None:
    """In search as in the single read: state, instant and waybill are those of before."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    before = beijing_text(order.modified)
    sandbox.clock.advance(60)
    stale(sandbox, times=3)
    await result(sandbox, SHIP, {"orderId": order.order_id, "logiCoprId": "467", "logiNo": "SF1"})
    waiting = await search(sandbox, "WAIT_SELLER_STOCK_OUT")
    shipped = await search(sandbox, "WAIT_GOODS_RECEIVE_CONFIRM")
    wanted = {"order_id": str(order.order_id), "optional_fields": "orderState"}
    got = await result(sandbox, GET, wanted)

    assert waiting == [{"orderId": str(order.order_id), "modified": before, "waybill": ""}]
    assert shipped == []
    assert got["orderDetailInfo"]["orderInfo"] == {"orderState": "WAIT_SELLER_STOCK_OUT"}
    assert [row["waybill"] for row in await search(sandbox, "WAIT_GOODS_RECEIVE_CONFIRM")] == [
        "SF1"
    ]


async def test_the_observer_is_not_deceived(sandbox: SandboxHandle) -> None:
    """The seller was answered the old state of an order: the newest was not returned."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    sandbox.clock.advance(60)
    stale(sandbox, times=1)
    await result(sandbox, SHIP, {"orderId": order.order_id, "logiCoprId": "467", "logiNo": "SF1"})
    await search(sandbox, "WAIT_SELLER_STOCK_OUT")

    known = sandbox.invariants()
    assert known["orders_newest_state_never_returned"] == [str(order.order_id)]


async def test_without_a_write_there_is_no_past(sandbox: SandboxHandle) -> None:
    """The read is answered as ever, and the journal says why."""
    stale(sandbox, times=1)

    assert await read(sandbox) == 100
    assert sandbox.journal[-1].notes == ["stale_read: nothing was written since the rule was set"]


async def test_writes_are_never_stale(sandbox: SandboxHandle) -> None:
    """The rule passes over them."""
    stale(sandbox, times=1)
    await write(sandbox, 5)

    assert sandbox.journal[-1].fault is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), JSON), st.integers(1, 10**12))
def test_ids_are_found_wherever_they_stand(arguments: dict[str, Any], number: int) -> None:
    """As numbers or as CSV, at any depth."""
    as_number = {**arguments, "deep": [{"er": number}]}
    as_text = {**arguments, "deep": [{"er": f"1,{number}"}]}

    assert number in named_ids(as_number)
    assert {1, number} <= named_ids(as_text)
