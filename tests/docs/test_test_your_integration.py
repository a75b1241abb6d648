"""The page for other teams' CI holds what it promises: every file on it runs as it stands."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from jd_simulator.testing import serve_in_thread

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "simulator" / "test-your-integration.md"
FILE = re.compile(r'^```\w+ title="(?P<name>[^"]+)"\n(?P<text>.*?)^```$', re.MULTILINE | re.DOTALL)
PLUGINS = ("-p", "jd_simulator.pytest_plugin", "-p", "pytest_asyncio.plugin", "-p", "xdist")
"""Named, and all others left out: a run starts faster and does not depend on what is installed."""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Lay the files of the page into a folder of their own."""
    for found in FILE.finditer(PAGE.read_text(encoding="utf-8")):
        (tmp_path / found["name"]).write_text(found["text"], encoding="utf-8")
    return tmp_path


def run(project: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in the folder as a stranger would, without this test run's own settings."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    return subprocess.run(  # noqa: S603 - the programs are this test's own
        arguments,
        cwd=project,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_page_holds_the_files_that_it_speaks_of(project: Path) -> None:
    """Shell, pytest, asynchronous, unittest, a workflow and the journeys."""
    assert sorted(file.name for file in project.iterdir()) == [
        "search.sh",
        "shop.py",
        "simulator.yaml",
        "test_journeys.py",
        "test_orders.py",
        "test_orders_async.py",
        "unittest_orders.py",
    ]


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["one-process", "xdist"])
def test_the_pytest_examples_pass(project: Path, options: tuple[str, ...]) -> None:
    """One after the other, and side by side with a simulator for each worker."""
    finished = run(
        project,
        sys.executable,
        *("-m", "pytest", *PLUGINS, *options),
        PYTEST_DISABLE_PLUGIN_AUTOLOAD="1",
    )

    assert finished.returncode == 0, finished.stdout
    assert re.search(r"\b11 passed", finished.stdout)


def test_the_unittest_example_passes(project: Path) -> None:
    """No pytest is needed."""
    finished = run(project, sys.executable, "unittest_orders.py")

    assert finished.returncode == 0, finished.stderr
    assert "Ran 1 test" in finished.stderr


def test_the_shell_example_finds_its_order(project: Path) -> None:
    """A sandbox, an order and a signed search with curl and openssl alone."""
    with serve_in_thread() as simulator:
        finished = run(project, "bash", "search.sh", JD=simulator.endpoint)

    assert finished.returncode == 0, finished.stderr
    result = json.loads(finished.stdout)["jingdong_pop_order_search_responce"]
    assert result["searchorderinfo_result"]["orderTotal"] == 1


def test_the_workflow_is_one(project: Path) -> None:
    """GitHub's schema accepts it, and it starts what the page's script talks to."""
    workflow = YAML(typ="safe").load(project / "simulator.yaml")
    finished = run(
        project,
        sys.executable,
        "-m",
        "check_jsonschema",
        "--builtin-schema",
        "vendor.github-workflows",
        "simulator.yaml",
    )

    assert finished.returncode == 0, finished.stdout
    job = workflow["jobs"]["jd"]
    assert job["services"]["jd"]["ports"] == ["8790:8790"]
    assert job["env"]["JD"].endswith(":8790")
    assert job["steps"][-1]["run"] == "bash search.sh"
