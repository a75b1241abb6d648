"""Stock is written once for each number of the caller's, and read back as JD shows it."""

import pytest

import contracts
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import Json, call, result

SET = "jingdong.ware.stock.sku.set"
QUERY = "jingdong.ware.stock.sku.query"


async def write(sandbox: SandboxHandle, stock_ref: str, *items: object, **changes: object) -> Json:
    """Write stock and take the `returnType`."""
    request = {
        "updateModel": "fullStockIn",
        "stockRfId": stock_ref,
        "skuStocks": list(items),
        **changes,
    }
    return (await result(sandbox, SET, {"req": request}))["returnType"]


async def test_full_stock_sets_and_increment_adds(sandbox: SandboxHandle) -> None:
    """The absolute number replaces, the increment changes, negative ones too."""
    sku = sandbox.sku("TEE-RED-M")
    await write(sandbox, "1", {"skuId": sku.sku_id, "stockNum": 17})
    await write(
        sandbox, "2", {"skuId": str(sku.sku_id), "incrStockNum": "-5"}, updateModel="incrStockIn"
    )

    assert sku.stock_num == 12
    assert [(entry.cause, entry.stock_num, entry.stock_ref) for entry in sku.history] == [
        ("jd", 100, None),
        ("seller", 17, "1"),
        ("seller", 12, "2"),
    ]


@pytest.mark.parametrize("quantity", [17, 99])
async def test_a_number_takes_effect_once(sandbox: SandboxHandle, quantity: int) -> None:
    """The same stockRfId gets the same answer and changes nothing, whatever comes with it."""
    sku = sandbox.sku("TEE-RED-M")
    item = {"skuId": sku.sku_id, "stockNum": 17}
    first = await write(sandbox, "1", item, {"skuId": 1, "stockNum": 1})
    sandbox.change_sku(sku.sku_id, stock_num=3)

    again = await write(
        sandbox, "1", {"skuId": sku.sku_id, "stockNum": quantity}, {"skuId": 1, "stockNum": 1}
    )

    assert again == first
    assert sku.stock_num == 3
    assert bool(sandbox.journal[-1].notes) == (quantity != 17)


async def test_receipt_lists_failures_and_the_rest_is_written(sandbox: SandboxHandle) -> None:
    """Single SKUs are refused, in the contract's words; the others pass."""
    skus = sandbox.skus()
    sandbox.delete_sku(skus[3].sku_id)

    receipt = await write(
        sandbox,
        "1",
        {"skuId": skus[0].sku_id, "stockNum": 5},
        {"skuId": skus[1].sku_id, "stockNum": -1},
        {"skuId": skus[2].sku_id, "stockNum": 5, "storeId": 9},
        {"skuId": skus[3].sku_id, "stockNum": 5},
        {"skuId": 4711, "stockNum": 5},
        {"skuId": skus[4].sku_id, "stockNum": 10**9},
    )

    assert receipt["success"] is True
    refused = {
        entry["data"]: entry["message"]
        for entry in receipt["obj"]["updateStockResult"]
        if not entry["success"]
    }
    assert list(refused) == [
        skus[1].sku_id,
        skus[2].sku_id,
        skus[3].sku_id,
        4711,
        skus[4].sku_id,
    ]
    words = {error.zh for error in contracts.jd_business_errors("ware.stock.sku.set")}
    assert {refused[skus[1].sku_id], refused[skus[3].sku_id], refused[4711]} <= words
    assert [sku.stock_num for sku in skus[:5]] == [5, 100, 100, 100, 100]


async def test_receipt_lists_all_where_the_switch_says_so(simulator: SimulatorHandle) -> None:
    """`receipts: all` names accepted SKUs too."""
    sandbox = simulator.create_sandbox(sku_count=2, receipts="all")
    sku = sandbox.sku("TEE-RED-M")

    receipt = await write(sandbox, "1", {"skuId": sku.sku_id, "stockNum": 5})

    assert receipt["obj"]["updateStockResult"] == [
        {"data": sku.sku_id, "storeId": 0, "success": True, "message": ""}
    ]


@pytest.mark.parametrize(
    ("stock_ref", "number"), [("", 1), (" ", 1), ("1", 31)], ids=["no ref", "blank ref", "31 SKUs"]
)
async def test_whole_calls_are_refused_in_the_contracts_words(
    sandbox: SandboxHandle, stock_ref: str, number: int
) -> None:
    """Without a number of its own, or with too many SKUs, nothing is written."""
    items = [{"skuId": index, "stockNum": 1} for index in range(number)]

    refused = await write(sandbox, stock_ref, *items)

    words = {error.zh for error in contracts.jd_business_errors("ware.stock.sku.set")}
    assert refused["success"] is False
    assert refused["errorMessage"] in words


async def test_a_sku_twice_in_a_call_is_refused(sandbox: SandboxHandle) -> None:
    """Nothing of such a call is written."""
    sku = sandbox.sku("TEE-RED-M")

    refused = await write(
        sandbox,
        "1",
        {"skuId": sku.sku_id, "stockNum": 1},
        {"skuId": str(sku.sku_id), "stockNum": 2},
    )

    assert refused["success"] is False
    assert sku.stock_num == 100


@pytest.mark.parametrize(
    ("request_object", "code"),
    [
        (None, "60"),
        ("text", "60"),
        ({"updateModel": "fullStockIn", "stockRfId": "1"}, "60"),
        ({"updateModel": "fullStockIn", "stockRfId": "1", "skuStocks": []}, "60"),
        ({"updateModel": "fullStockIn", "stockRfId": "1", "skuStocks": [1]}, "61"),
        ({"updateModel": "halfStockIn", "stockRfId": "1", "skuStocks": []}, "61"),
        ({"updateModel": "fullStockIn", "stockRfId": "1", "skuStocks": [{"skuId": 1}]}, "60"),
        (
            {
                "updateModel": "fullStockIn",
                "stockRfId": "1",
                "skuStocks": [{"skuId": 1, "stockNum": 1.5}],
            },
            "61",
        ),
    ],
)
async def test_what_is_no_stock_write_is_refused(
    sandbox: SandboxHandle, request_object: object, code: str
) -> None:
    """Shape and kind of the parameters are the platform's matter."""
    answer = await call(sandbox, SET, {"req": request_object})

    assert answer["error_response"]["code"] == code


async def test_query_shows_stock_and_bookings(sandbox: SandboxHandle) -> None:
    """What can be sold is stockNum less orderBookingNum."""
    sku = sandbox.sku("TEE-RED-M")
    sandbox.place_order([("TEE-RED-M", 3)], paid=False)

    answer = (await result(sandbox, QUERY, {"skuId": str(sku.sku_id)}))["returnType"]

    (info,) = answer["obj"]["skuStockInfos"]
    assert (info["stockNum"], info["orderBookingNum"], info["appBookingNum"]) == (100, 3, 0)


async def test_query_of_an_unknown_sku_is_refused(sandbox: SandboxHandle) -> None:
    """The words are the contract's."""
    answer = (await result(sandbox, QUERY, {"skuId": 1}))["returnType"]

    assert (answer["success"], answer["errorMessage"]) == (False, "sku不存在")


async def test_a_sku_can_be_one_whose_stock_jd_keeps(sandbox: SandboxHandle) -> None:
    """Then its stockModel is another than 0; which, a test chooses."""
    sku = sandbox.change_sku("TEE-RED-M", stock_model=2)
    read = await result(sandbox, QUERY, {"skuId": sku.sku_id})
    other = await result(sandbox, QUERY, {"skuId": sandbox.skus()[1].sku_id})

    assert read["returnType"]["obj"]["stockModel"] == 2
    assert other["returnType"]["obj"]["stockModel"] == 0
