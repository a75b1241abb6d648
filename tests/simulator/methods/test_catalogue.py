"""The catalogue is searched by pages, ids, status and time."""

import pytest

from jd_simulator.clock import beijing_text
from jd_simulator.testing import SandboxHandle
from tests.jd_shop import Json, call, result

SEARCH = "jingdong.sku.read.searchSkuList"


async def search(sandbox: SandboxHandle, **arguments: object) -> Json:
    """Search and take the page."""
    return (await result(sandbox, SEARCH, arguments))["page"]


def ids(page: Json) -> list[int]:
    """Take the SKU ids of a page."""
    return [sku["skuId"] for sku in page["data"]]


async def test_pages_hold_each_sku_once(sandbox: SandboxHandle) -> None:
    """Pages of seven cover the twenty SKUs, in order; after the last comes an empty one."""
    pages = [await search(sandbox, pageNo=page, page_size=7) for page in (1, 2, 3, 4)]

    assert [sku for page in pages for sku in ids(page)] == [sku.sku_id for sku in sandbox.skus()]
    assert [len(page["data"]) for page in pages] == [7, 7, 6, 0]
    assert {page["totalItem"] for page in pages} == {20}


async def test_only_the_listed_fields_come_back(sandbox: SandboxHandle) -> None:
    """Without `field` there is little; times are epoch milliseconds, the price a number."""
    (bare,) = (await search(sandbox, page_size=1))["data"]
    (sku,) = (await search(sandbox, outId="TEE-RED-M", field="outerId,jdPrice,created,stockNum"))[
        "data"
    ]

    known = sandbox.sku("TEE-RED-M")
    assert set(bare) == {"skuId", "wareId", "status"}
    assert sku == {
        "outerId": "TEE-RED-M",
        "jdPrice": float(known.price),
        "created": known.created * 1000,
        "stockNum": 100,
    }


async def test_deleted_skus_are_found_by_their_status_alone(sandbox: SandboxHandle) -> None:
    """On and off sale is the default; 4 finds the deleted."""
    off, gone = sandbox.skus()[:2]
    sandbox.change_sku(off.sku_id, status="off_sale")
    sandbox.delete_sku(gone.sku_id)

    assert (await search(sandbox))["totalItem"] == 19
    assert ids(await search(sandbox, skuStatuValue="2")) == [off.sku_id]
    assert ids(await search(sandbox, skuStatuValue=[4])) == [gone.sku_id]


async def test_changes_are_followed_by_modified_time(sandbox: SandboxHandle) -> None:
    """A changed title moves `modified`; a changed stock does not."""
    sandbox.clock.freeze()
    now = beijing_text(int(sandbox.clock.now()))
    renamed, restocked = sandbox.skus()[:2]
    sandbox.change_sku(renamed.sku_id, title="改名了", price="1.50")
    sandbox.change_sku(restocked.sku_id, stock_num=1)

    found = await search(sandbox, startModifiedTime=now, endModifiedTime=now, field="skuId,skuName")
    created = await search(sandbox, startCreatedTime=now)

    assert found["data"] == [{"skuId": renamed.sku_id, "skuName": "改名了"}]
    assert created["totalItem"] == 0


async def test_ids_and_titles_select(sandbox: SandboxHandle) -> None:
    """CSV, arrays and single numbers name SKUs; a title is looked for inside the ware's."""
    first, second = sandbox.skus()[:2]
    added = sandbox.add_sku(outer_id="MUG-1", title="马克杯", stock_num=4)

    assert ids(await search(sandbox, skuId=f"{first.sku_id},{second.sku_id}")) == [
        first.sku_id,
        second.sku_id,
    ]
    assert (await search(sandbox, wareId=first.ware_id))["totalItem"] == 20
    assert ids(await search(sandbox, wareTitle="克杯")) == [added.sku_id]


async def test_order_can_be_turned_round(sandbox: SandboxHandle) -> None:
    """By creation, newest first."""
    found = await search(
        sandbox, orderFiled="created", orderType="DESC", field="created", page_size=50
    )

    created = [sku["created"] for sku in found["data"]]
    assert created == sorted(created, reverse=True)


async def test_more_than_fifty_rows_are_a_business_refusal(sandbox: SandboxHandle) -> None:
    """The refusal stands inside the method's envelope, in the contract's words."""
    refused = await result(sandbox, SEARCH, {"page_size": 51})

    assert refused == {"code": "10100001", "errorMessage": "每页最多50条"}


@pytest.mark.parametrize(
    "arguments",
    [
        {"skuId": ",".join(map(str, range(21)))},
        {"wareId": list(range(11))},
        {"skuStatuValue": "3"},
        {"skuId": "x"},
        {"pageNo": -1},
        {"endCreatedTime": "soon"},
    ],
)
async def test_illegal_values_are_refused(
    sandbox: SandboxHandle, arguments: dict[str, object]
) -> None:
    """A value that is not allowed is the platform's 61."""
    answer = await call(sandbox, SEARCH, arguments)

    assert answer["error_response"]["code"] == "61"
