"""An unanswered full-stock call that comes again under another number is noticed."""

import aiohttp
import pytest

from jd_simulator.retries import RetryWatch
from jd_simulator.testing import SandboxHandle
from tests.jd_shop import call

SET = "jingdong.ware.stock.sku.set"
QUERY = "jingdong.ware.stock.sku.query"
GET = "jingdong.pop.order.get"


def write(
    ref: str, quantity: int = 5, sku_id: int = 10, model: str = "fullStockIn"
) -> dict[str, object]:
    """Build a stock write of one SKU."""
    stocks = [{"skuId": sku_id, "stockNum": quantity}]
    return {"req": {"updateModel": model, "stockRfId": ref, "skuStocks": stocks}}


def test_another_number_for_the_same_unanswered_write_is_told() -> None:
    """Both calls, both numbers and the SKUs are named."""
    watch = RetryWatch()
    watch.begin(SET, write("a"), 1)
    watch.begin(SET, write("b"), 2)
    (retry,) = watch.renamed

    assert (retry.first_call, retry.second_call) == (1, 2)
    assert (retry.first_ref, retry.second_ref) == ("a", "b")
    assert retry.sku_ids == (10,)


@pytest.mark.parametrize(
    ("name", "between"),
    [
        ("the same number", [(SET, write("a"))]),
        ("another quantity", [(SET, write("b", quantity=6))]),
        ("read in between", [(QUERY, {"skuId": "10"}), (SET, write("b"))]),
        ("written in between", [(SET, write("b", quantity=6)), (SET, write("c"))]),
        ("another SKU", [(SET, write("b", sku_id=11))]),
        ("an increment", [(SET, write("b", model="incrStockIn"))]),
    ],
)
def test_what_is_no_renamed_retry(name: str, between: list[tuple[str, dict[str, object]]]) -> None:
    """The same number is right; what was read or written anew is another write."""
    watch = RetryWatch()
    watch.begin(SET, write("a"), 1)
    for number, (method, arguments) in enumerate(between, start=2):
        watch.begin(method, arguments, number)

    assert not watch.renamed, name


def test_an_answered_write_may_be_repeated() -> None:
    """Its client knows what came of it."""
    watch = RetryWatch()
    watch.begin(SET, write("a"), 1)
    watch.answered(1)
    watch.begin(SET, write("b"), 2)

    assert watch.renamed_count == 0


def test_calls_of_other_orders_and_skus_are_not_between() -> None:
    """Only what names its SKUs makes it another write."""
    watch = RetryWatch()
    watch.begin(SET, write("a"), 1)
    watch.begin(GET, {"order_id": "99"}, 2)
    watch.begin(SET, write("b"), 3)

    assert watch.renamed_count == 1


def test_unanswered_writes_are_forgotten_in_the_end() -> None:
    """A client that never waits for an answer does not fill the memory."""
    watch = RetryWatch()
    for number in range(1000):
        watch.begin(SET, write("a", sku_id=number), number)
    watch.begin(SET, write("b", sku_id=0), 1000)
    watch.begin(SET, write("b", sku_id=999), 1001)

    assert [retry.sku_ids for retry in watch.renamed] == [(999,)]


@pytest.mark.parametrize("request_", [{}, {"req": None}, {"req": {"updateModel": "fullStockIn"}}])
def test_whatever_is_sent_is_looked_at(request_: dict[str, object]) -> None:
    """A call without the expected fields is no write to follow."""
    watch = RetryWatch()
    watch.begin(SET, request_, 1)
    watch.begin(SET, request_, 2)

    assert watch.renamed_count == 0


async def test_the_gateway_feeds_it(sandbox: SandboxHandle) -> None:
    """A reset after the change leaves the client without an answer; its new number is told."""
    sku_id = sandbox.sku("TEE-RED-M").sku_id
    sandbox.set_faults([{"fault": {"kind": "reset_after"}, "times": 1}])
    with pytest.raises(aiohttp.ClientConnectionError):
        await call(sandbox, SET, write("a", sku_id=sku_id))
    await call(sandbox, SET, write("b", sku_id=sku_id))
    found = sandbox.invariants()

    assert found["retries_renamed"] == [
        {
            "first_call": 1,
            "second_call": 2,
            "first_ref": "a",
            "second_ref": "b",
            "sku_ids": [str(sku_id)],
        }
    ]
    assert found["broken"] == ["retries_renamed"]
