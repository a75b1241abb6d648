"""Failures come as ordered, and take effect or not as they say."""

import json
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.faults import FaultPlan, parse_rules
from jd_simulator.fields import BadInput
from jd_simulator.methods.registry import METHODS
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import call, signed, until

SET = "jingdong.ware.stock.sku.set"
QUERY = "jingdong.ware.stock.sku.query"
SEARCH = "jingdong.pop.order.search"


def write(sandbox: SandboxHandle, stock_num: int) -> dict[str, object]:
    """Build a stock write of the first SKU."""
    sku_id = sandbox.sku("TEE-RED-M").sku_id
    return {
        "req": {
            "updateModel": "fullStockIn",
            "stockRfId": f"ref-{stock_num}",
            "skuStocks": [{"skuId": sku_id, "stockNum": stock_num}],
        }
    }


async def post(
    sandbox: SandboxHandle, arguments: dict[str, object], timeout_s: float = 10
) -> tuple[int, str, bytes]:
    """Call the stock write: HTTP status, content type and body."""
    parameters = signed(sandbox, SET, json.dumps(arguments))
    timeout = aiohttp.ClientTimeout(total=timeout_s)
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(f"{sandbox.endpoint}/routerjson", data=parameters) as response,
    ):
        return response.status, response.content_type, await response.read()


def fault(**fields: Any) -> list[dict[str, object]]:
    """Make one rule that hits every call."""
    return [{"fault": fields}]


async def test_latency_answers_later(sandbox: SandboxHandle) -> None:
    """The call takes its effect and its answer comes."""
    sandbox.set_faults(fault(kind="latency", ms=20))

    status, _, _ = await post(sandbox, write(sandbox, 5))

    assert status == 200
    assert sandbox.sku("TEE-RED-M").stock_num == 5


async def test_hang_ends_when_the_client_gives_up(sandbox: SandboxHandle) -> None:
    """Nothing is answered and nothing done."""
    sandbox.set_faults(fault(kind="hang"))

    with pytest.raises(TimeoutError):
        await post(sandbox, write(sandbox, 5), timeout_s=0.1)

    assert sandbox.sku("TEE-RED-M").stock_num == 100
    assert sandbox.journal[-1].status is None


@pytest.mark.parametrize(("kind", "stock_num"), [("reset_before", 100), ("reset_after", 5)])
async def test_reset_comes_before_or_after_the_change(
    sandbox: SandboxHandle, kind: str, stock_num: int
) -> None:
    """The client cannot tell them apart; the stock can."""
    sandbox.set_faults(fault(kind=kind))

    with pytest.raises(aiohttp.ClientConnectionError):
        await post(sandbox, write(sandbox, 5))

    assert sandbox.sku("TEE-RED-M").stock_num == stock_num


async def test_late_change_overtakes_nothing_but_arrives(sandbox: SandboxHandle) -> None:
    """The client has given up and written anew, then the old write takes effect."""
    sandbox.set_faults([{"fault": {"kind": "apply_late", "ms": 150}, "times": 1}])
    with pytest.raises(TimeoutError):
        await post(sandbox, write(sandbox, 5), timeout_s=0.05)
    await post(sandbox, write(sandbox, 9))
    newer = sandbox.sku("TEE-RED-M").stock_num

    await until(lambda: sandbox.sku("TEE-RED-M").stock_num == 5)

    assert newer == 9
    assert sandbox.journal[0].applied_at is not None
    assert sandbox.journal[0].status is None


async def test_edge_answers_with_a_page(sandbox: SandboxHandle) -> None:
    """An HTTP status of its own, HTML, no effect."""
    sandbox.set_faults(fault(kind="http_status", status=502))

    status, content_type, body = await post(sandbox, write(sandbox, 5))

    assert (status, content_type) == (502, "text/html")
    assert b"502 Bad Gateway" in body
    assert sandbox.sku("TEE-RED-M").stock_num == 100


async def test_jd_error_is_answered_in_both_languages(sandbox: SandboxHandle) -> None:
    """JD's error object with HTTP 200, no effect."""
    sandbox.set_faults(fault(kind="jd_error", code="67"))

    answer = await call(sandbox, SET, write(sandbox, 5))

    assert answer["error_response"]["code"] == "67"
    assert sandbox.sku("TEE-RED-M").stock_num == 100
    assert sandbox.invariants()["refused_by_code"] == {"67": 1}


async def test_truncated_answer_is_no_json(sandbox: SandboxHandle) -> None:
    """The change is done, half of the answer comes."""
    sandbox.set_faults(fault(kind="truncated_json"))

    _, _, body = await post(sandbox, write(sandbox, 5))

    with pytest.raises(ValueError, match=r"."):
        json.loads(body)
    assert sandbox.sku("TEE-RED-M").stock_num == 5


async def test_rules_match_method_sku_and_count(sandbox: SandboxHandle) -> None:
    """The second write of one SKU fails; other methods and SKUs do not; the journal says why."""
    sku_id = str(sandbox.sku("TEE-RED-M").sku_id)
    sandbox.set_faults(
        [
            {
                "match": {"method": SET, "sku": sku_id, "nth": 2},
                "fault": {"kind": "jd_error", "code": "1"},
            }
        ]
    )
    await call(sandbox, QUERY, {"skuId": sku_id})
    for number in range(3):
        await call(sandbox, SET, write(sandbox, number))

    assert [entry.code for entry in sandbox.journal] == ["0", "0", "1", "0"]
    assert sandbox.journal[2].fault == {"rule": 0, "kind": "jd_error", "code": "1"}


@given(st.integers(0, 5), st.floats(0, 1))
def test_same_seed_and_calls_meet_the_same_faults(seed: int, probability: float) -> None:
    """Chance is drawn from the seed, once for each call that matches."""
    rules = {"match": {"probability": probability}, "fault": {"kind": "hang"}, "times": 3}
    runs = []
    for _ in range(2):
        plan = FaultPlan(seed=seed)
        plan.replace(parse_rules({"rules": [rules]}))
        runs.append([plan.pick(METHODS[SET], ()) is not None for _ in range(30)])

    assert runs[0] == runs[1]
    assert sum(runs[0]) <= 3


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({}, "rules[0].fault.kind"),
        ({"fault": {"kind": "explode"}}, "rules[0].fault.kind"),
        ({"fault": {"kind": "latency"}}, "rules[0].fault.ms"),
        ({"fault": {"kind": "latency", "ms": 0}}, "rules[0].fault.ms"),
        ({"fault": {"kind": "http_status", "status": 200}}, "rules[0].fault.status"),
        ({"fault": {"kind": "jd_error", "code": "nine"}}, "rules[0].fault.code"),
        ({"fault": {"kind": "hang", "ms": 1}}, "rules[0].fault.ms"),
        ({"fault": {"kind": "hang"}, "match": {"method": "x"}}, "rules[0].match.method"),
        ({"fault": {"kind": "hang"}, "match": {"probability": 2}}, "rules[0].match.probability"),
        ({"fault": {"kind": "hang"}, "often": 2}, "rules[0].often"),
    ],
)
def test_wrong_rules_name_their_field(rule: dict[str, object], field: str) -> None:
    """A mistake in a rule says where it is."""
    with pytest.raises(BadInput) as refused:
        parse_rules({"rules": [rule]})

    assert refused.value.field == field


async def answers(sandbox: SandboxHandle) -> list[tuple[object, ...]]:
    """Make the same calls as ever: what the client saw of each, byte for byte."""
    seen: list[tuple[object, ...]] = []
    for number in range(40):
        try:
            seen.append(await post(sandbox, write(sandbox, number)))
        except aiohttp.ClientConnectionError as error:
            seen.append((type(error).__name__,))
        wanted = {
            "order_state": "WAIT_SELLER_STOCK_OUT",
            "optional_fields": "orderId,itemInfoList,consigneeInfo",
            "page": "1",
            "page_size": "5",
        }
        parameters = signed(sandbox, SEARCH, json.dumps(wanted))
        async with aiohttp.ClientSession() as session:
            try:
                async with session.post(
                    f"{sandbox.endpoint}/routerjson", data=parameters
                ) as response:
                    seen.append((response.status, await response.read()))
            except aiohttp.ClientConnectionError as error:
                seen.append((type(error).__name__,))
    return seen


async def test_the_same_seed_gives_the_same_bytes(simulator: SimulatorHandle) -> None:
    """Two sandboxes of one scenario answer the same calls alike, faults and all; a reset too."""
    kinds = (
        {"kind": "http_status", "status": 503},
        {"kind": "reset_after"},
        {"kind": "jd_error", "code": "70"},
        {"kind": "business_failure"},
        {"kind": "gb18030"},
        {"kind": "bom"},
        {"kind": "truncated_json"},
        {"kind": "page_shift"},
        {"kind": "missing_row"},
        {"kind": "duplicate_row"},
        {"kind": "stale_read"},
        {"kind": "receipt_without_skus", "lost": True},
    )
    scenario = {
        "about": "a bit of everything",
        "settings": {
            "clock_start": 1_795_406_400,
            "order_count": 12,
            "sku_count": 20,
            "receipts": "all",
        },
        "clock": {"speed": 0},
        "faults": [{"match": {"probability": 0.1}, "fault": kind} for kind in kinds],
    }
    one, other = (simulator.create_sandbox(scenario=scenario, seed=7) for _ in range(2))
    first = await answers(one)
    hits = [entry.fault for entry in one.journal]
    second = await answers(other)
    one.reset()
    again = await answers(one)

    assert first == second == again
    assert hits == [entry.fault for entry in other.journal]
    assert len({hit["kind"] for hit in hits if hit is not None}) > 6
