"""The reference consumer applies a record by its revision alone, and runs on lines of JSON."""

import io
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import JsonObject
from contracts.journeys import journeys
from contracts.reference_consumer import Orders, main

KEY = "jd-flagship:1"


def record(revision: int, **changes: object) -> JsonObject:
    """Make an order's record with what the consumer reads."""
    value = {
        "revision": revision,
        "status_id": 3,
        "status_changed": True,
        "combined_into": None,
        "inventory": [{"sku": "A", "sales_channel_item_id": "9", "quantity": 2}],
        "shipping_address": {"oaid": "o"},
    }
    return {"topic": "jd.orders", "key": KEY, "value": {**value, **changes}}


def test_only_a_higher_revision_is_news() -> None:
    """The same record again and an older one change nothing."""
    orders = Orders()
    news = [orders.apply(record(n)) for n in (1, 2, 2, 1, 3)]

    assert news == [True, True, False, False, True]


def test_a_status_of_one_s_own_stays_until_jd_s_changes() -> None:
    """A revision without a new status leaves the status alone."""
    orders = Orders()
    orders.apply(record(1, status_id=2))
    orders.apply(record(2, status_id=3, status_changed=False))

    assert orders.state()[KEY]["status_id"] == 2


def test_whoever_missed_a_revision_takes_the_status_as_it_is() -> None:
    """Compaction may have removed the record whose status was new."""
    orders = Orders()
    orders.apply(record(1, status_id=3))
    orders.apply(record(3, status_id=6, status_changed=False))

    assert orders.state()[KEY]["status_id"] == 6


def test_listings_without_sku_are_kept_apart() -> None:
    """Lines of one SKU add up, unmapped ones are named by JD's number."""
    orders = Orders()
    line = {"sales_channel_item_id": "9", "quantity": 2}
    orders.apply(
        record(1, inventory=[{**line, "sku": "A"}, {**line, "sku": "A"}, {**line, "sku": None}])
    )

    assert orders.state()[KEY]["units"] == {"A": 4, "jd:9": 2}


def test_a_tombstone_forgets_an_order_and_other_topics_are_passed_over() -> None:
    """What is gone at the adapter goes at its readers."""
    orders = Orders()
    orders.apply(record(1))

    assert not orders.apply({"topic": "jd.listings", "key": KEY, "value": {}})
    assert orders.apply({"topic": "jd.orders", "key": KEY, "value": None})
    assert not orders.apply({"topic": "jd.orders", "key": KEY, "value": None})
    assert orders.state() == {}


@given(revisions=st.lists(st.integers(1, 6), min_size=1))
def test_the_highest_revision_holds_however_they_come(revisions: list[int]) -> None:
    """Doubled, late or missing: at the end the newest state is known."""
    orders = Orders()
    for revision in revisions:
        orders.apply(record(revision, status_id=revision))

    assert orders.state()[KEY]["revision"] == max(revisions)
    assert orders.state()[KEY]["status_id"] == max(revisions)


def test_it_runs_on_lines_of_json() -> None:
    """The state after the last line is printed as JSON; blank lines don't matter."""
    journey = journeys()[0]
    lines = "\n\n".join(json.dumps(each) for each in journey.records)
    finished = subprocess.run(
        [sys.executable, "-m", "contracts.reference_consumer"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(finished.stdout) == journey.expected
    with pytest.raises(ValueError, match="Expecting"):
        main(io.StringIO("{"), io.StringIO())
