"""Every method with pages can have a page shifted, a row doubled and a row left out."""

from typing import Any

import pytest

from jd_simulator.clock import beijing_text
from jd_simulator.fault_kinds import PAGE_KINDS, fits
from jd_simulator.methods.registry import METHODS
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import result

_ORDERS = ("searchorderinfo_result", "orderInfoList", "orderId", "orderTotal")
PAGED: dict[str, tuple[str, str, str, str]] = {
    "jingdong.pop.order.search": _ORDERS,
    "jingdong.pop.order.enSearch": _ORDERS,
    "jingdong.pop.order.notPayOrderInfo": (
        "notPayOrderInfoResult",
        "orderInfoList",
        "orderId",
        "orderTotal",
    ),
    "jingdong.pop.afs.soa.refundapply.queryPageList": ("queryResult", "result", "id", "totalCount"),
    "jingdong.sku.read.searchSkuList": ("page", "data", "skuId", "totalItem"),
    "jingdong.ware.read.searchWare4Valid": ("page", "data", "wareId", "totalItem"),
}
"""Where a method's answer has its page, the page its rows, a row its id, and the page its total."""
SIZES = {"page_size": "2", "pageSize": "2"}


@pytest.fixture
def stocked(simulator: SimulatorHandle) -> SandboxHandle:
    """Make a shop with five wares, five waiting, five unpaid and five refunded orders."""
    sandbox = simulator.create_sandbox(seed=7, sku_count=120, initial_stock=100)
    for _ in range(5):
        sandbox.place_order([("TEE-RED-M", 1)])
        sandbox.place_order([("TEE-RED-M", 1)], paid=False)
        sandbox.apply_for_refund(sandbox.place_order([("TEE-RED-M", 1)]).order_id)
        sandbox.clock.advance(60)
    return sandbox


async def read(sandbox: SandboxHandle, method: str, number: int) -> tuple[list[str], int]:
    """Read a page of two: the ids of its rows, and the total."""
    now = sandbox.clock.now()
    whole: dict[str, str] = {
        "order_state": "WAIT_SELLER_STOCK_OUT",
        "optional_fields": "orderId",
        "startDate": beijing_text(now - 3600),
        "endDate": beijing_text(now + 3600),
        **SIZES,
    }
    known = METHODS[method]
    arguments: dict[str, Any] = {
        name: value for name, value in whole.items() if name in known.parameters
    }
    container, rows, name, total = PAGED[method]
    content = await result(sandbox, method, {**arguments, str(known.page_parameter): number})
    page = content[container]
    return [str(row[name]) for row in page[rows]], page[total]


def test_every_method_with_pages_is_tried() -> None:
    """None is left out below, and no other takes such a fault."""
    for kind in PAGE_KINDS:
        assert {name for name, method in METHODS.items() if fits(kind, method)} == set(PAGED)


@pytest.mark.parametrize("method", PAGED)
async def test_any_page_shifts(stocked: SandboxHandle, method: str) -> None:
    """Rows of the pages beside it come in; before the first page there are none."""
    ids = [row for number in (1, 2, 3) for row in (await read(stocked, method, number))[0]]
    assert len(set(ids)) == len(ids) >= 5
    stocked.set_faults([{"fault": {"kind": "page_shift", "rows": 1}}])
    later = [await read(stocked, method, number) for number in (1, 2)]
    stocked.set_faults([{"fault": {"kind": "page_shift", "rows": -1}}])
    earlier = [await read(stocked, method, number) for number in (1, 2)]

    assert [rows for rows, _ in later] == [ids[1:3], ids[3:5]]
    assert [rows for rows, _ in earlier] == [ids[0:2], ids[1:3]]
    assert {total for _, total in later + earlier} == {(await read(stocked, method, 1))[1]}


@pytest.mark.parametrize("method", PAGED)
async def test_any_row_comes_twice_or_is_missing(stocked: SandboxHandle, method: str) -> None:
    """The total is what it was, and the journal names the row."""
    ids, total = await read(stocked, method, 1)
    stocked.set_faults([{"fault": {"kind": "duplicate_row"}}])
    doubled, with_double = await read(stocked, method, 1)
    stocked.set_faults([{"fault": {"kind": "missing_row"}}])
    (kept,), with_gap = await read(stocked, method, 1)
    notes = [entry.notes for entry in stocked.journal[-2:]]

    assert sorted(set(doubled)) == sorted(ids)
    assert len(doubled) == 3
    (missing,) = set(ids) - {kept}
    (twice,) = {row for row in doubled if doubled.count(row) == 2}
    assert notes == [[f"{twice} is there twice"], [f"{missing} was left out"]]
    assert {total, with_double, with_gap} == {total}


async def test_there_is_no_page_behind_the_last_one_that_jd_gives(stocked: SandboxHandle) -> None:
    """Refund applications end at page 100: a shift there leaves no rows, and is no error."""
    stocked.set_faults([{"fault": {"kind": "page_shift", "rows": 1}}])

    method = "jingdong.pop.afs.soa.refundapply.queryPageList"
    assert await read(stocked, method, 100) == ([], 5)
