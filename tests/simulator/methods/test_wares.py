"""Single SKUs are read by their number, wares searched by pages."""

import pytest

from jd_simulator.clock import beijing_text
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import Json, call, result

FIND = "jingdong.sku.read.findSkuById"
WARES = "jingdong.ware.read.searchWare4Valid"


async def wares(sandbox: SandboxHandle, **arguments: object) -> Json:
    """Search wares and take the page."""
    return (await result(sandbox, WARES, arguments))["page"]


async def test_a_sku_is_read_with_the_listed_fields(sandbox: SandboxHandle) -> None:
    """Without `field` there is little; deleted ones are found too."""
    sku = sandbox.sku("TEE-RED-M")
    sandbox.delete_sku("TEE-RED-M")

    bare = await result(sandbox, FIND, {"skuId": sku.sku_id})
    asked = await result(sandbox, FIND, {"skuId": str(sku.sku_id), "field": "outerId,modified"})

    assert bare["sku"] == {"wareId": sku.ware_id, "skuId": sku.sku_id, "status": 4}
    assert asked["sku"] == {"outerId": "TEE-RED-M", "modified": sku.modified * 1000}


async def test_an_unknown_sku_is_refused(sandbox: SandboxHandle) -> None:
    """By words inside the envelope; without a number, by the platform."""
    answer = await result(sandbox, FIND, {"skuId": 1})

    assert (answer["success"], answer["errorMessage"]) == (False, "sku不存在")
    assert (await call(sandbox, FIND, {}))["error_response"]["code"] == "60"


async def test_pages_hold_each_ware_once(simulator: SimulatorHandle) -> None:
    """Sixty SKUs are three wares, by number."""
    shop = simulator.create_sandbox(sku_count=60)
    pages = [await wares(shop, pageNo=page, pageSize=2) for page in (1, 2, 3)]

    assert [len(page["data"]) for page in pages] == [2, 1, 0]
    assert {page["totalItem"] for page in pages} == {3}
    ids = [ware["wareId"] for page in pages for ware in page["data"]]
    assert ids == sorted({sku.ware_id for sku in shop.skus()})


async def test_a_ware_shows_what_its_skus_are(sandbox: SandboxHandle) -> None:
    """On sale while a SKU is, valid while one is not deleted; the stock is that of all."""
    added = sandbox.add_sku(outer_id="MUG-1", title="马克杯", stock_num=4, price="12.50")
    fields = "wareId,title,wareStatus,stockNum,jdPrice,modified"
    (mug,) = (await wares(sandbox, wareId=added.ware_id, field=fields))["data"]
    sandbox.change_sku("MUG-1", status="off_sale")

    assert mug == {
        "wareId": added.ware_id,
        "title": "马克杯",
        "wareStatus": 8,
        "stockNum": 4,
        "jdPrice": 12.5,
        "modified": added.created * 1000,
    }
    assert [ware["wareId"] for ware in (await wares(sandbox, wareStatusValue="2"))["data"]] == [
        added.ware_id
    ]
    sandbox.delete_sku("MUG-1")
    assert (await wares(sandbox, wareId=str(added.ware_id)))["totalItem"] == 0


async def test_wares_are_followed_by_time(sandbox: SandboxHandle) -> None:
    """By the newest change of a SKU, and the oldest creation."""
    sandbox.clock.freeze()
    now = beijing_text(int(sandbox.clock.now()))
    sandbox.change_sku("TEE-RED-M", title="改名了")
    added = sandbox.add_sku(outer_id="MUG-1", title="马克杯")

    assert (await wares(sandbox, startModifiedTime=now, endModifiedTime=now))["totalItem"] == 2
    created = await wares(sandbox, startCreatedTime=now, endCreatedTime=now, field="colour")
    assert created["data"] == [{"wareId": added.ware_id}]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [({"pageSize": 51}, "10100001"), ({"pageNo": 2001, "pageSize": 50}, "10100003")],
)
async def test_too_much_is_a_business_refusal(
    sandbox: SandboxHandle, arguments: dict[str, int], code: str
) -> None:
    """At most fifty rows a page and a hundred thousand in all."""
    assert (await result(sandbox, WARES, arguments))["code"] == code


@pytest.mark.parametrize(
    "arguments",
    [{"wareStatusValue": "3"}, {"wareId": "x"}, {"pageNo": -1}, {"endModifiedTime": "soon"}],
)
async def test_illegal_values_are_refused(
    sandbox: SandboxHandle, arguments: dict[str, object]
) -> None:
    """A value that is not allowed is the platform's 61."""
    assert (await call(sandbox, WARES, arguments))["error_response"]["code"] == "61"
