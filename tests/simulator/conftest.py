"""A running simulator, and one sandbox of it, whose answers are held to the contracts."""

from collections.abc import AsyncIterator

import pytest

from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import jd_shop


@pytest.fixture
async def simulator() -> AsyncIterator[SimulatorHandle]:
    """Run a simulator for one test."""
    async with jd_shop() as running:
        yield running


@pytest.fixture
def sandbox(simulator: SimulatorHandle) -> SandboxHandle:
    """Make a small shop with 100 of everything."""
    return simulator.create_sandbox(seed=7, sku_count=20, initial_stock=100)
