"""The simulator takes every request that the contracts call legal."""

import pytest

import contracts
from jd_simulator.clock import parse_instant
from jd_simulator.testing import SimulatorHandle
from tests.jd_shop import call

EXAMPLES = [
    pytest.param(name, contract.full_name, example, id=f"{name}-{title}")
    for name, contract in ((name, contracts.jd_method(name)) for name in contracts.jd_methods())
    for title, example in contract.request_examples.items()
]


@pytest.mark.parametrize(("name", "method", "arguments"), EXAMPLES)
async def test_no_request_example_is_refused(
    simulator: SimulatorHandle, name: str, method: str, arguments: dict[str, object]
) -> None:
    """A legal request is understood; at most the method itself refuses the order it names."""
    sandbox = simulator.create_sandbox(sku_count=5)
    sandbox.clock.set(parse_instant("2026-11-23 12:00:00"))

    answer = await call(sandbox, method, arguments)

    assert "error_response" not in answer, answer
    (content,) = answer.values()
    assert content["code"] in {"0", *(error.code for error in contracts.jd_business_errors(name))}
