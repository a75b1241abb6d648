"""The plugin gives each test a shop of its own, and can fail a test that broke its invariants."""

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
HEAD = """
import asyncio
import urllib.request
import pytest
"""


def outcome(folder: Path, tests: str, *options: str) -> str:
    """Run pytest on a file of tests and give what it printed."""
    (folder / "test_it.py").write_text(HEAD + tests, encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    plugins = ("-p", "jd_simulator.pytest_plugin", "-p", "pytest_asyncio.plugin")
    command = ["-m", "pytest", *plugins, "-W", "error", "--strict-markers"]
    finished = subprocess.run(  # noqa: S603 - the program is this very Python
        [sys.executable, *command, *options],
        cwd=folder,
        env={**clean, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    return finished.stdout + finished.stderr


def test_each_test_has_a_sandbox_of_its_own(tmp_path: Path) -> None:
    """The simulator is the same, the shop is not, and it is gone after the test."""
    printed = outcome(
        tmp_path,
        """
seen = []

@pytest.mark.parametrize("number", [1, 2])
def test_alone(number, jd_simulator, jd_sandbox):
    assert jd_sandbox.orders() == []
    jd_sandbox.place_order([("TEE-RED-M", 1)])
    seen.append((jd_simulator.endpoint, jd_sandbox.sandbox_id))

def test_both(jd_simulator):
    (one, first), (other, second) = seen
    assert one == other == jd_simulator.endpoint
    assert first != second
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"{one}/_simulator/sandboxes/{first}/orders")
""",
    )

    assert "3 passed" in printed


def test_a_marker_sets_how_the_sandbox_is(tmp_path: Path) -> None:
    """The marker closest to the test wins, field by field; a wrong field is an error."""
    printed = outcome(
        tmp_path,
        """
pytestmark = pytest.mark.jd_sandbox(sku_count=3, initial_stock=4)

@pytest.mark.jd_sandbox(initial_stock=9)
def test_settings(jd_sandbox):
    assert len(jd_sandbox.skus()) == 3
    assert {sku.stock_num for sku in jd_sandbox.skus()} == {9}

@pytest.mark.jd_sandbox(colour="red")
def test_unknown(jd_sandbox):
    pass
""",
    )

    assert "1 passed, 1 error" in printed
    assert "colour" in printed


def test_tests_of_any_event_loop_may_use_it(tmp_path: Path) -> None:
    """Calls and the shop's own actions run side by side without locking each other out."""
    printed = outcome(
        tmp_path,
        """
@pytest.mark.asyncio
async def test_asynchronous(jd_sandbox):
    url = f"{jd_sandbox.endpoint}/healthz"
    answers = [asyncio.to_thread(lambda: urllib.request.urlopen(url).status) for _ in range(4)]
    jd_sandbox.clock.freeze()
    before = jd_sandbox.clock.now()
    jd_sandbox.clock.advance(60)
    assert jd_sandbox.clock.now() == before + 60
    assert await asyncio.gather(*answers) == [200] * 4
""",
    )

    assert "1 passed" in printed


INVARIANTS = """
def sell_too_much(sandbox):
    sandbox.place_order([("TEE-RED-M", 2)])
    sandbox.change_sku("TEE-RED-M", stock_num=1)

def test_nobody_asks(jd_sandbox):
    sell_too_much(jd_sandbox)

def test_calm(jd_sandbox):
    pass

def test_failed_before(jd_sandbox):
    sell_too_much(jd_sandbox)
    assert 1 == 2

@pytest.mark.jd_invariants
def test_all(jd_sandbox):
    sell_too_much(jd_sandbox)

@pytest.mark.jd_invariants("orders_never_returned", "shipments_doubled")
def test_named(jd_sandbox):
    sell_too_much(jd_sandbox)

@pytest.mark.jd_invariants("shipments_doubled")
def test_another_named(jd_sandbox):
    sell_too_much(jd_sandbox)

@pytest.mark.jd_invariants("moon_full")
def test_unknown(jd_sandbox):
    sell_too_much(jd_sandbox)

@pytest.mark.jd_invariants
def test_no_sandbox():
    pass
"""
BROKEN = "oversold: ["
BY_MARKER = {
    "test_calm": None,
    "test_failed_before": "assert 1 == 2",
    "test_all": BROKEN,
    "test_named": "orders_never_returned: [",
    "test_another_named": None,
    "test_unknown": "jd_invariants: moon_full: known are",
    "test_no_sandbox": None,
}


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), {**BY_MARKER, "test_nobody_asks": None}),
        (("--jd-invariants",), {**BY_MARKER, "test_nobody_asks": BROKEN}),
    ],
    ids=["markers-alone", "option"],
)
def test_broken_invariants_fail_a_test_that_asks(
    tmp_path: Path, options: tuple[str, ...], expected: dict[str, str | None]
) -> None:
    """By marker or option, all or those named; the test itself fails, and says which broke."""
    outcome(tmp_path, INVARIANTS, "--junit-xml=seen.xml", *options)
    cases = ET.parse(tmp_path / "seen.xml").iter("testcase")  # noqa: S314 - our own file
    seen = {case.attrib["name"]: case.find("failure") for case in cases}

    assert seen.keys() == expected.keys()
    for name, complaint in expected.items():
        failure = seen[name]
        assert (failure is None) == (complaint is None), name
        assert failure is None or (complaint or "") in (failure.text or ""), name
