"""Scenarios are files that are read whole or refused with their line and field."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.crowd import CrowdPlan
from jd_simulator.fault_kinds import KINDS
from jd_simulator.fields import BadInput
from jd_simulator.scenario import (
    ScenarioError,
    load_scenario,
    parse_scenario,
    read_new_sandbox,
    scenario_names,
)
from jd_simulator.testing import SimulatorHandle
from tests.jd_shop import call, until

GET = "jingdong.pop.order.get"
WANTED = {"order_id": "1", "optional_fields": "orderId"}
PAGE = Path(__file__).parents[2] / "docs" / "simulator" / "scenarios.md"


def test_the_promised_scenarios_are_there() -> None:
    """Each is named in its page of the docs too."""
    names = scenario_names()

    assert names == [
        "busy-sale",
        "calm",
        "cross-border",
        "encoding-trouble",
        "flaky-day",
        "quota-exhausted",
        "split-orders",
        "token-expiry",
    ]
    text = PAGE.read_text()
    assert [name for name in names if f"`{name}`" not in text] == []
    assert [name for name in names if load_scenario(name).about not in text] == []


def test_the_page_names_every_fault_and_every_field_of_a_crowd() -> None:
    """What can be written into a scenario is described."""
    text = PAGE.read_text()
    names = [*KINDS, *CrowdPlan().describe()]

    assert [name for name in names if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("name", scenario_names())
async def test_each_named_scenario_plays(simulator: SimulatorHandle, name: str) -> None:
    """Its buyers come when time passes, and a reset begins it anew."""
    sandbox = simulator.create_sandbox(scenario=name, seed=3)
    at_start = len(sandbox.orders())
    sandbox.clock.advance(600)
    await until(lambda: len(sandbox.orders()) > at_start + 5)
    sandbox.reset()
    sandbox.clock.freeze()

    assert len(sandbox.orders()) == at_start


async def test_a_token_ends_as_its_scenario_says(simulator: SimulatorHandle) -> None:
    """Ten minutes of the sandbox's time."""
    sandbox = simulator.create_sandbox(scenario="token-expiry", seed=3)
    before = await call(sandbox, GET, WANTED)
    sandbox.clock.advance(601)
    after = await call(sandbox, GET, WANTED)

    assert "error_response" not in before
    assert after["error_response"]["code"] == "19"


async def test_a_quota_ends_as_its_scenario_says(simulator: SimulatorHandle) -> None:
    """Twenty calls, then JD's 2; the next day in Beijing brings new ones."""
    sandbox = simulator.create_sandbox(
        scenario="quota-exhausted", clock_start="2026-11-23 12:00:00"
    )
    codes = []
    for _ in range(21):
        answer = await call(sandbox, GET, WANTED)
        codes.append(answer.get("error_response", {}).get("code", "0"))
    sandbox.clock.advance(12 * 3600)
    next_day = await call(sandbox, GET, WANTED)

    assert codes == ["0"] * 20 + ["2"]
    assert "error_response" not in next_day


async def test_settings_beside_a_scenario_hold(simulator: SimulatorHandle) -> None:
    """Whoever makes the sandbox has the last word."""
    sandbox = simulator.create_sandbox(scenario="calm", order_count=3, sku_count=4)

    assert len(sandbox.skus()) == 4
    assert len(sandbox.orders()) <= 3


async def test_a_scenario_may_come_whole(simulator: SimulatorHandle) -> None:
    """Orders, scopes, faults and clock of a scenario that has no name."""
    scenario = {
        "about": "mine",
        "settings": {"sku_count": 2},
        "clock": {"speed": 0},
        "credentials": {"removed_scopes": [GET]},
        "orders": [{"lines": [{"outer_id": "TEE-RED-M"}], "buyer": "jd_1"}],
        "faults": [{"fault": {"kind": "bom"}}],
    }
    sandbox = simulator.create_sandbox(scenario=scenario)
    answer = await call(sandbox, GET, WANTED)

    assert answer["error_response"]["code"] == "24"
    assert sandbox.clock.speed == 0
    assert [order.buyer for order in sandbox.orders()] == ["jd_1"]


@pytest.mark.parametrize(
    ("text", "line", "field"),
    [
        ('{\n "about": "x",\n "spede": 1\n}', 3, "spede"),
        ('{\n "about": "x",\n "crowd": {\n  "splits": 2}}', 4, "crowd.splits"),
        (
            '{"about": "x",\n "faults": [\n {"fault": {"kind": "bom"}},\n {"fault": {}}]}',
            4,
            "faults[1].fault.kind",
        ),
        ('{"about": "x",\n "settings":\n {"sku_count": -1}}', 3, "settings.sku_count"),
        ('{"about": "x",\n "settings":\n 7}', 2, "settings"),
        (
            '{"about": "x",\n "orders": [\n {"lines": [\n {"outer_id": "GONE"}]}]}',
            4,
            "orders[0].lines[0]",
        ),
        (
            '{"about": "",\n"orders":[{"lines":[\n{"outer_id":"TEE-RED-M",\n\n"quantity":999}]}]}',
            5,
            "orders[0].lines[0].quantity",
        ),
        ('{"about": "x",\n "orders": [\n {}]}', 3, "orders[0].lines"),
        (
            '{"about": "x",\n "credentials": {\n "removed_scopes": ["x"]}}',
            3,
            "credentials.removed_scopes[0]",
        ),
        ('{"about": "x",\n "quota_used": 1,\n "quota_used": 2}', 3, "quota_used"),
        ('{"about": "x",\n "clock": {"speed":\n NaN}}', 2, "clock.speed"),
        ('{"about": "x",\n', 2, ""),
        ("\n[1]", 2, "(body)"),
        ("{}", 1, "about"),
    ],
    ids=str,
)
def test_mistakes_in_a_file_name_line_and_field(
    tmp_path: Path, text: str, line: int, field: str
) -> None:
    """Whoever writes a scenario is told where to look."""
    path = tmp_path / "mine.json"
    path.write_text(text)
    with pytest.raises(ScenarioError) as refused:
        load_scenario(str(path))

    assert (refused.value.line, refused.value.field) == (line, field)
    assert str(refused.value).startswith(f"{path}:{line}: ")


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"about": "\xff"}', "is not UTF-8"),
        (b" " * (1024 * 1024 + 1), "is larger than 1 MiB"),
        (b"[" * 100_000, "is nested too deeply"),
    ],
    ids=["charset", "size", "depth"],
)
def test_files_that_are_no_text_are_refused(tmp_path: Path, data: bytes, says: str) -> None:
    """So is what is too large or too deep."""
    path = tmp_path / "mine.json"
    path.write_bytes(data)

    with pytest.raises(ScenarioError, match=says):
        load_scenario(str(path))


@pytest.mark.parametrize("path", ["nowhere.json", "/", "\0"])
def test_what_is_no_file_is_refused_with_the_names(path: str) -> None:
    """A misspelt name most likely."""
    with pytest.raises(ScenarioError, match="named scenarios are busy-sale, calm"):
        load_scenario(path)


def test_a_file_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    """Editors on Windows write it."""
    path = tmp_path / "mine.json"
    path.write_bytes(b'\xef\xbb\xbf{"about": "mine"}')

    assert load_scenario(str(path)).about == "mine"


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"scenario": "stormy"}, "scenario"),
        ({"scenario": "/etc/passwd"}, "scenario"),
        ({"scenario": {"about": "x", "crowd": {"splits": 2}}}, "scenario.crowd.splits"),
        ({"scenario": 7}, "scenario"),
        ({"scenario": "calm", "sku_count": -1}, "sku_count"),
        ({"sku_count": -1}, "sku_count"),
        ([], "(body)"),
    ],
    ids=str,
)
def test_mistakes_in_a_call_name_their_field(value: object, field: str) -> None:
    """By name alone over HTTP: no path is opened."""
    with pytest.raises(BadInput) as refused:
        read_new_sandbox(value, seed=1)

    assert refused.value.field == field


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["about", "settings", "clock", "crowd", "faults", "orders", "x"]),
                inner,
                max_size=4,
            )
        ),
        max_leaves=20,
    )
)
def test_whatever_a_scenario_holds_is_read_or_refused(value: object) -> None:
    """Never with another error."""
    try:
        scenario = parse_scenario(value)
    except BadInput:
        return
    assert isinstance(scenario.about, str)
