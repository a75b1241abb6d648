"""The OpenAPI document says what the control room does, and the control room does what it says."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from jd_simulator.control.bodies import settings_properties
from jd_simulator.control.openapi import openapi_document
from jd_simulator.control.route import Route
from jd_simulator.control.routes import ROUTES
from jd_simulator.settings import Settings
from jd_simulator.testing import SimulatorHandle, serve_in_thread

pytestmark = pytest.mark.slow

ENDLESS = "text/event-stream"
PLAIN = tuple(route for route in ROUTES if route.media != ENDLESS)
"""Every call but those whose answer never ends."""

schemathesis.openapi.format(
    "simulator-instant",
    st.sampled_from(
        [
            "2026-11-23T08:00:00Z",
            "2026-11-23T16:00:00.5+08:00",
            "2026-11-23 16:00:00",
            "1971-01-02 00:00:00+0800",
        ]
    ),
)


@pytest.fixture(scope="module")
def running() -> Iterator[SimulatorHandle]:
    """Run one simulator for all that is generated."""
    with serve_in_thread() as simulator:
        yield simulator


CASES = [
    pytest.param(route, mode, id=f"{mode.value} {route.verb} {route.path}")
    for route in PLAIN
    for mode in GenerationMode
    if mode is GenerationMode.POSITIVE or route.body is not None or route.query
]
"""What takes nothing cannot be given anything wrong."""


@pytest.mark.parametrize(("route", "mode"), CASES)
def test_every_call_does_what_the_document_says(
    running: SimulatorHandle, route: Route, mode: GenerationMode
) -> None:
    """What fits the schemas is taken, what does not is refused, and each answer is described."""
    operation = schemathesis.openapi.from_dict(openapi_document([route]))[route.path][route.verb]
    sandbox = running.create_sandbox(seed=7, sku_count=3, order_count=5)
    known = {
        "sandbox_id": sandbox.sandbox_id,
        "order_id": str(sandbox.orders()[0].order_id),
        "sku": str(sandbox.skus()[0].sku_id),
    }

    @settings(
        max_examples=15,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode), st.sampled_from(["known", "unknown"]))
    def hold(case: schemathesis.Case[Any], things: str) -> None:
        if things == "known":
            case.path_parameters = {name: known[name] for name in route.parts}
        _keep_small(case.body)
        response = case.call(base_url=running.endpoint)
        # What schemas cannot say: which fault fits which method, what a scenario's shop sells.
        is_unfit = response.status_code == 400 and route.path.endswith(("/faults", "/sandboxes"))
        case.validate_response(
            response, excluded_checks=[positive_data_acceptance] if is_unfit else []
        )
        if route.path.endswith("/sandboxes") and response.status_code == 201:
            _remove(running, response.json()["sandbox_id"])

    hold()
    _remove(running, sandbox.sandbox_id)


def _remove(running: SimulatorHandle, sandbox_id: str) -> None:
    """Forget a sandbox, if it was not removed already."""
    httpx.delete(f"{running.endpoint}/_simulator/sandboxes/{sandbox_id}", timeout=10)


def _keep_small(body: Any) -> None:
    """Let no generated shop be so large that only the wait is tested."""
    if not isinstance(body, dict):
        return
    for name in ("sku_count", "order_count"):
        if isinstance(body.get(name), int):
            body[name] %= 50
    for name in ("scenario", "settings"):
        _keep_small(body.get(name))


def test_every_setting_is_described() -> None:
    """A sandbox's settings in the document are those that there are, with their defaults."""
    described = settings_properties()

    assert {name: schema["default"] for name, schema in described.items()} == {
        field.name: field.default for field in fields(Settings)
    }


def test_every_operation_has_a_name_of_its_own() -> None:
    """Clients that are generated need one."""
    document = openapi_document(ROUTES)
    names = [
        operation["operationId"]
        for path in document["paths"].values()
        for operation in path.values()
    ]

    assert len(names) == len(set(names)) == len(ROUTES)
