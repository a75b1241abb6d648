"""Log entries and figures."""

import io
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from pydantic import BaseModel

from adapter.diagnostics import LogFormat, Metrics, configure_logging, without_private_values

PRIVATE_NAMES = [
    "api_secret",
    "apiKey",
    "access_token",
    "ACCESS-TOKEN",
    "password",
    "authorization",
    "credentials",
    "sealed",
    "phone",
    "mobile",
    "shipping_address",
    "receiver_name",
    "consignee",
    "oaid",
]

HARMLESS_NAMES = ["channel", "name", "sku", "skus", "method", "mapping", "topic", "error"]


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def entries(stream: io.StringIO) -> list[dict[str, Any]]:
    """Read what was logged."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_entry_is_one_json_line_with_its_fields() -> None:
    """Machines read a line an entry; Chinese stays readable in it."""
    stream = io.StringIO()
    configure_logging("info", "json", stream)

    structlog.get_logger("adapter.flows.stock").info(
        "stock.written", channel="A", title="红色\nT恤"
    )

    (entry,) = entries(stream)
    assert entry["event"] == "stock.written"
    assert entry["level"] == "info"
    assert entry["logger"] == "adapter.flows.stock"
    assert entry["channel"] == "A"
    assert entry["title"] == "红色\nT恤"
    assert entry["timestamp"].endswith("Z")
    assert "红色" in stream.getvalue()


def test_entries_of_libraries_go_the_same_way() -> None:
    """What aiokafka logs through the standard library becomes the same kind of line."""
    stream = io.StringIO()
    configure_logging("info", "json", stream)

    logging.getLogger("aiokafka.conn").error("broker %s is gone", 1, extra={"password": "hush"})
    logging.getLogger("aiokafka.conn").info("a step")

    (entry,) = entries(stream)
    assert entry["event"] == "broker 1 is gone"
    assert entry["password"] == "[removed]"


@pytest.mark.parametrize("log_format", ["json", "console"])
def test_a_traceback_shows_no_local_variables(log_format: LogFormat) -> None:
    """Local variables hold secrets: a traceback names lines only."""
    stream = io.StringIO()
    configure_logging("info", log_format, stream)

    try:
        opened = "hush" + "-hush"
        int(opened[:0])
    except ValueError:
        structlog.get_logger().exception("worker.broken")
        logging.getLogger("aiohttp").exception("library.broken")

    assert stream.getvalue().count("ValueError") >= 2
    assert "hush-hush" not in stream.getvalue()


def test_auto_is_json_where_no_terminal_reads() -> None:
    """A stream that is no terminal gets JSON, a terminal the readable form."""
    file = io.StringIO()
    near, far = os.openpty()

    configure_logging("info", "auto", file)
    structlog.get_logger().info("a.event")
    with os.fdopen(far, "w") as terminal, os.fdopen(near, "rb", buffering=0) as screen:
        configure_logging("info", "auto", terminal)
        structlog.get_logger().info("a.event")
        seen = screen.read(4096) or b""

    assert entries(file)[0]["event"] == "a.event"
    assert b"a.event" in seen
    assert not seen.startswith(b"{")


def test_less_severe_entries_than_asked_for_are_left_out() -> None:
    """The level holds for the adapter's own entries."""
    stream = io.StringIO()
    configure_logging("warning", "json", stream)

    structlog.get_logger().info("a.step")
    structlog.get_logger().warning("a.worry")

    assert [entry["event"] for entry in entries(stream)] == ["a.worry"]


@pytest.mark.parametrize("name", PRIVATE_NAMES)
def test_a_private_field_is_never_printed(name: str) -> None:
    """Secrets and buyers' data are taken out by their names."""
    event = without_private_values(None, "info", {"event": "e", name: "hush"})

    assert event == {"event": "e", name: "[removed]"}


@pytest.mark.parametrize("name", HARMLESS_NAMES)
def test_a_harmless_field_is_printed(name: str) -> None:
    """The net lets through what diagnosis needs."""
    event = without_private_values(None, "info", {"event": "e", name: "seen"})

    assert event[name] == "seen"


@given(
    st.recursive(
        st.just({"access_token": "hush"}) | st.integers(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    )
)
def test_a_private_field_is_never_printed_at_any_depth(value: object) -> None:
    """However it is nested, a private value is taken out."""
    event = without_private_values(None, "info", {"event": "e", "detail": value})

    assert "hush" not in repr(event)


def test_an_object_is_reduced_to_its_type() -> None:
    """Nobody can tell what an object prints, so none is printed."""

    class Receiver(BaseModel):
        name: str

    event = without_private_values(None, "info", {"event": "e", "detail": [Receiver(name="王")]})

    assert event["detail"] == ["<Receiver>"]


def test_every_figure_is_named_for_the_program() -> None:
    """Two sets of figures live side by side, each on its own registry."""
    metrics, others = Metrics(), Metrics()
    metrics.records.labels(topic="helm.shipments", outcome="accepted").inc()
    metrics.jd_call_seconds.labels(method="a").observe(0.2)
    metrics.shards_owned.set(3)

    page = generate_latest(metrics.registry).decode()
    names = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE")}

    assert 'helm_jd_records_total{outcome="accepted",topic="helm.shipments"} 1.0' in page
    assert "helm_jd_shards_owned 3.0" in page
    assert all(name.startswith("helm_jd_") for name in names)
    assert 'outcome="accepted"' not in generate_latest(others.registry).decode()
