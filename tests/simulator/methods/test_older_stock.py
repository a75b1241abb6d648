"""The older stock methods write one SKU at a time and read what lies on the shelf."""

import pytest

import contracts
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import call, result

UPDATE = "jingdong.stock.write.updateSkuStock"
FIND = "jingdong.stock.read.findSkuStock"
SET = "jingdong.ware.stock.sku.set"
QUERY = "jingdong.ware.stock.sku.query"


async def test_each_call_writes(sandbox: SandboxHandle) -> None:
    """Absolute, and again when repeated: there is no number of the caller's."""
    sku = sandbox.sku("TEE-RED-M")
    for number in (17, "17", 0):
        answer = await result(sandbox, UPDATE, {"skuId": sku.sku_id, "stockNum": number})
        assert answer == {"code": "0", "success": True}

    assert [(write.cause, write.stock_num, write.stock_ref) for write in sku.history][1:] == [
        ("seller", 17, None),
        ("seller", 17, None),
        ("seller", 0, None),
    ]


@pytest.mark.parametrize(
    ("arguments", "zh"),
    [
        ({"stockNum": -1}, "库存数量不能小于0"),
        ({"stockNum": 10**9}, "库存数量超过上限"),
        ({"stockNum": 1, "storeId": 9}, "仓库不存在"),
        ({"stockNum": 1, "skuId": 4711}, "sku不存在"),
    ],
)
async def test_writes_are_refused_in_the_contracts_words(
    sandbox: SandboxHandle, arguments: dict[str, int], zh: str
) -> None:
    """By success and words alone."""
    sku = sandbox.sku("TEE-RED-M")

    answer = await result(sandbox, UPDATE, {"skuId": sku.sku_id, **arguments})

    assert (answer["success"], answer["errorMessage"]) == (False, zh)
    assert zh in {error.zh for error in contracts.jd_business_errors("stock.write.updateSkuStock")}
    assert sku.stock_num == 100


@pytest.mark.parametrize("method", [UPDATE, FIND, QUERY])
async def test_deleted_skus_are_refused(sandbox: SandboxHandle, method: str) -> None:
    """They have no stock any more."""
    sku = sandbox.delete_sku("TEE-RED-M")

    answer = await result(sandbox, method, {"skuId": sku.sku_id, "stockNum": 1})

    refused = answer.get("returnType", answer)
    assert (refused["success"], refused["errorMessage"]) == (False, "sku已删除")


async def test_reading_tells_the_shelf_and_no_bookings(sandbox: SandboxHandle) -> None:
    """All fields without `field`, else those that were asked for."""
    sku = sandbox.sku("TEE-RED-M")
    sandbox.place_order([("TEE-RED-M", 3)])

    whole = await result(sandbox, FIND, {"skuId": sku.sku_id})
    part = await result(sandbox, FIND, {"skuId": str(sku.sku_id), "field": "stockNum"})
    unknown = await result(sandbox, FIND, {"skuId": sku.sku_id, "field": "colour"})

    assert whole["skuStocks"] == [{"skuId": sku.sku_id, "stockNum": 100, "storeId": 0}]
    assert part["skuStocks"] == [{"stockNum": 100}]
    assert unknown == whole


async def test_reading_an_unknown_sku_is_refused(sandbox: SandboxHandle) -> None:
    """The words are the contract's."""
    answer = await result(sandbox, FIND, {"skuId": 1})

    assert (answer["success"], answer["errorMessage"]) == (False, "sku不存在")


@pytest.mark.parametrize("method", [UPDATE, FIND])
async def test_a_sku_must_be_named(sandbox: SandboxHandle, method: str) -> None:
    """Without skuId the platform refuses, and what is no id too."""
    for sku_id, code in ((None, "60"), ("TEE-RED-M", "61")):
        answer = await call(sandbox, method, {"skuId": sku_id, "stockNum": 1})

        assert answer["error_response"]["code"] == code


async def test_an_app_without_the_new_scope_may_use_the_old_way(sandbox: SandboxHandle) -> None:
    """Scopes are given method by method."""
    sku = sandbox.sku("TEE-RED-M")
    sandbox.remove_scope(SET)

    refused = await call(sandbox, SET, {})
    written = await result(sandbox, UPDATE, {"skuId": sku.sku_id, "stockNum": 5})

    assert refused["error_response"]["code"] == "24"
    assert written["success"] is True


async def test_codes_may_be_numbers(simulator: SimulatorHandle) -> None:
    """The switch `code_type: number` writes success and refusals so."""
    shop = simulator.create_sandbox(sku_count=1, code_type="number")

    fine = await result(shop, FIND, {"skuId": shop.sku("TEE-RED-M").sku_id})
    refused = await call(shop, FIND, {})

    assert fine["code"] == 0
    assert refused["error_response"]["code"] == 60


@pytest.mark.parametrize("stock_model", ["spot", "sellable"])
async def test_what_an_order_does_to_stock_is_a_switch(
    simulator: SimulatorHandle, stock_model: str
) -> None:
    """`spot` books and keeps stockNum until the goods leave; `sellable` lowers it at once."""
    shop = simulator.create_sandbox(sku_count=1, initial_stock=10, stock_model=stock_model)
    sku_id = shop.sku("TEE-RED-M").sku_id
    shop.place_order([("TEE-RED-M", 3)])

    (info,) = (await result(shop, QUERY, {"skuId": sku_id}))["returnType"]["obj"]["skuStockInfos"]
    (stock,) = (await result(shop, FIND, {"skuId": sku_id}))["skuStocks"]

    expected = (10, 3) if stock_model == "spot" else (7, 0)
    assert (info["stockNum"], info["orderBookingNum"]) == expected
    assert stock["stockNum"] == expected[0]
