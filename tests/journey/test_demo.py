"""The whole way, as `make demo` shows it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INVARIANTS = (
    "No state of an order is in jd.orders twice",
    "Revisions of an order rise",
    "The newest state of every order is in jd.orders",
    "Every SKU at JD is in jd.listings, mapped",
    "JD can sell what the rule makes of the newest level",
    "Every dispatch is at JD once, with its waybill",
    "Every dispatch is answered as shipped",
    "Dead letters hold the broken record and nothing else",
    "JD refused no call for its signature",
)


@pytest.mark.broker
@pytest.mark.timeout(420)
def test_nothing_is_lost_or_doubled_though_the_adapter_is_killed() -> None:
    """A short demo, with a SIGKILL in its middle, ends with every invariant holding."""
    done = subprocess.run(
        [sys.executable, "-m", "devstack", "demo"],
        cwd=ROOT,
        env={**os.environ, "DEMO_SECONDS": "12", "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=400,
        check=False,
    )

    rows = [line for line in done.stdout.splitlines() if "holds" in line]
    assert done.returncode == 0, done.stdout + done.stderr
    assert [name for name in INVARIANTS if not any(name in row for row in rows)] == []
    assert "the adapter killed 1 time(s)" in done.stdout
