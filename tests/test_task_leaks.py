import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

CHECKOUT = Path(__file__).parents[1]

LEAVES_A_TASK = """
    import asyncio

    async def test_it():
        task = asyncio.create_task(asyncio.sleep(60), name="forgotten")
        await asyncio.sleep(0)
        assert not task.done()
"""

ENDS_ITS_TASKS = """
    import asyncio
    import pytest

    @pytest.fixture
    async def server():
        task = asyncio.create_task(asyncio.sleep(60))
        yield
        task.cancel()

    async def test_it(server):
        await asyncio.create_task(asyncio.sleep(0))

    def test_without_a_loop(): ...
"""


def outcome(test: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a test file in a pytest of its own, under this project's settings and fixtures."""
    (folder / "test_it.py").write_text(textwrap.dedent(test), "utf-8")
    options = ["-p", "tests.conftest", "-p", "no:cacheprovider", "-c", "pyproject.toml"]
    return subprocess.run(  # noqa: S603 -- a test of this test
        [sys.executable, "-m", "pytest", *options, str(folder / "test_it.py")],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_test_that_leaves_a_task_running_fails_and_names_it(tmp_path: Path) -> None:
    """A forgotten task is an error, not a warning that nobody reads."""
    run = outcome(LEAVES_A_TASK, tmp_path)

    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "The test left tasks running: forgotten" in run.stdout


def test_tasks_of_fixtures_and_finished_tasks_are_no_leak(tmp_path: Path) -> None:
    """The watch looks after all fixtures have ended theirs."""
    run = outcome(ENDS_ITS_TASKS, tmp_path)

    assert run.returncode == pytest.ExitCode.OK, run.stdout
    assert "2 passed" in run.stdout
