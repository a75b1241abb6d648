"""Fixtures for the tests of a JD integration: `jd_simulator`, and a sandbox of it for each test.

The simulator runs in a thread of its own, once for a test session (once for each worker of
pytest-xdist), so that plain tests and those of any event loop use it alike.

Source: docs/simulator/test-your-integration.md
"""

from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    # pytest loads this module in every run of whoever has it installed: it must cost nothing.
    from jd_simulator.testing import SandboxHandle, SimulatorHandle

_OPTION = "--jd-invariants"
_SANDBOX_MARKER = "jd_sandbox(**settings): settings of this test's `jd_sandbox`, e.g. seed=7"
_INVARIANTS_MARKER = (
    "jd_invariants(*names): fail if an invariant of `jd_sandbox` is broken at the end; "
    "with names, which may also be of work left undone, if one of these is"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer to look at the invariants of every test's sandbox."""
    parser.getgroup("jd-simulator").addoption(
        _OPTION,
        action="store_true",
        help="fail each test after which an invariant of its jd_sandbox is broken",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known."""
    for marker in (_SANDBOX_MARKER, _INVARIANTS_MARKER):
        config.addinivalue_line("markers", marker)


@pytest.fixture(scope="session", name="jd_simulator")
def running_jd_simulator() -> "Iterator[SimulatorHandle]":
    """Run a JD simulator on a free port for the whole session."""
    from jd_simulator.testing import serve_in_thread  # noqa: PLC0415 - see TYPE_CHECKING above

    with serve_in_thread() as simulator:
        yield simulator


@pytest.fixture(name="jd_sandbox")
def jd_sandbox_of_the_test(
    request: pytest.FixtureRequest, jd_simulator: "SimulatorHandle"
) -> "Iterator[SandboxHandle]":
    """Make a JD shop for one test; `@pytest.mark.jd_sandbox(...)` sets how it is."""
    settings: dict[str, object] = {}
    for marker in reversed(list(request.node.iter_markers("jd_sandbox"))):  # the closest wins
        settings |= marker.kwargs
    sandbox = jd_simulator.create_sandbox(**settings)
    yield sandbox
    jd_simulator.remove_sandbox(sandbox)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that passed and broke an invariant of its sandbox."""
    outcome = yield
    marker = item.get_closest_marker("jd_invariants")
    sandbox: SandboxHandle | None = getattr(item, "funcargs", {}).get("jd_sandbox")
    if sandbox is not None and (marker is not None or item.config.getoption(_OPTION)):
        broken = _broken(sandbox.invariants(), marker.args if marker is not None else ())
        if broken:
            lines = "\n".join(f"  {name}: {found}" for name, found in broken.items())
            pytest.fail(f"invariants of the JD sandbox are broken:\n{lines}", pytrace=False)
    return outcome


def _broken(found: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, object]:
    """Give what breaks the invariants of these names, or of any.

    Raises:
        pytest.UsageError: A name is none of an invariant.
    """
    known = {name for name, value in found.items() if isinstance(value, list)} | {"crashes"}
    if unknown := set(names) - known:
        message = (
            f"jd_invariants: {', '.join(sorted(unknown))}: known are {', '.join(sorted(known))}"
        )
        raise pytest.UsageError(message)
    return {name: found[name] for name in names or found["broken"] if found[name]}
