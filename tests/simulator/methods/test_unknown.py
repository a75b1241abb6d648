"""What a method does not know is accepted and noted, wherever in a call it stands."""

import json
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.methods.registry import METHODS
from jd_simulator.methods.unknown import unknown_names
from jd_simulator.testing import SandboxHandle
from tests.jd_shop import call, signed

SET = "jingdong.ware.stock.sku.set"
CARRIERS = "360buy.get.vender.all.delivery.company"
JSON = st.recursive(
    st.none() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@pytest.mark.parametrize(
    ("arguments", "unknown"),
    [
        ({"req": {"updateModel": "fullStockIn", "skuStocks": [{"skuId": 1}]}}, set()),
        ({"req": {"skuStock": []}}, {"req.skuStock"}),
        (
            {"req": {"skuStocks": [{"skuId": 1, "stock": 1}, {"stock": 2}], "by": "x"}, "a": {}},
            {"req.skuStocks.stock", "req.by", "a"},
        ),
        ({"queryParam": {"skuId": 1}}, {"queryParam"}),
    ],
)
def test_unknown_fields_are_named_by_their_path(
    arguments: dict[str, Any], unknown: set[str]
) -> None:
    """A misspelt field is found below others too, once for all items of a list."""
    assert set(unknown_names(arguments, METHODS[SET].parameters)) == unknown


@given(JSON)
def test_any_json_can_be_looked_through(value: Any) -> None:
    """Nothing that a caller sends is too odd; names at the top are all accounted for."""
    known = METHODS[SET].parameters
    unknown = set(unknown_names({"req": value, "skuStocks": value}, known))

    assert "skuStocks" in unknown
    if isinstance(value, dict):
        assert {f"req.{name}" for name in value.keys() - (known["req"] or {}).keys()} <= unknown


async def test_lists_without_end_are_no_crash(sandbox: SandboxHandle) -> None:
    """They are refused as what they are: no objects."""
    nested = "[" * 900 + "]" * 900
    answer = await call(sandbox, SET, {"req": {"skuStocks": json.loads(nested)}})

    assert "error_response" in answer
    assert sandbox.invariants()["crashes"] == 0


async def test_a_parameter_beside_the_json_is_noted(sandbox: SandboxHandle) -> None:
    """Sent as one of the gateway's it has no effect, and the note says where it stood."""
    answer = await call(sandbox, CARRIERS, {}, only="id")

    assert "error_response" not in answer
    assert sandbox.journal[-1].notes == ["unknown parameter only beside 360buy_param_json"]


async def test_a_name_that_is_no_text_can_be_shown(sandbox: SandboxHandle) -> None:
    """The console reads the journal all the same."""
    parameters = signed(sandbox, CARRIERS, "{}", **{"\udcff\udcfe": "x"})
    body = urlencode(parameters, errors="surrogateescape").encode()
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    room = f"{sandbox.endpoint}/_simulator/sandboxes/{sandbox.sandbox_id}/journal"
    async with aiohttp.ClientSession() as session:
        await session.post(f"{sandbox.endpoint}/routerjson", data=body, headers=form)
        async with session.get(room) as response:
            shown = await response.text()

    assert response.status == 200
    assert "beside 360buy_param_json" in shown
