"""What the adapter tells about itself: log entries and figures.

Entries are names with fields. They go to standard error, a JSON line each, or readable on a
terminal; those of the libraries go the same way. A last net takes out values whose names say
that they are secrets or a buyer's.
"""

import logging
import re
import sys
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from typing import Literal, TextIO

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import EventDict, Processor, WrappedLogger

LogLevel = Literal["debug", "info", "warning", "error"]
LogFormat = Literal["auto", "json", "console"]

_REMOVED = "[removed]"
_PRIVATE = re.compile(
    r"secret|token|passw|(api|app|private)key|credential|authorization|cookie|sealed"
    r"|phone|mobile|telephone|address|receiver|consignee|fullname|buyername|customername"
    r"|idcard|identity|oaid|pin$"
)
_LIBRARIES = ("aiokafka", "aiohttp", "asyncio", "faststream", "httpx", "httpcore")
_OF_LOGGING = frozenset({"exc_info", "stack_info", "_record", "_from_structlog"})
_PLAIN = (str, int, float, type(None), Decimal, date, Enum, PurePath, BaseException)
_DEEPEST = 6


def configure_logging(
    level: LogLevel = "info",
    format: LogFormat = "auto",  # noqa: A002 (what the setting is about is its name)
    stream: TextIO | None = None,
) -> None:
    """Send every log entry of the process to one stream; calling it again replaces the former.

    Args:
        level: Least severe entries that are written.
        format: `json`, `console`, or `auto`: console where the stream is a terminal.
        stream: Standard error when None.
    """
    target = stream if stream is not None else sys.stderr
    is_console = format == "console" or (format == "auto" and target.isatty())
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.ExtraAdder(),
        structlog.processors.StackInfoRenderer(),
        without_private_values,
    ]
    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *(_console(target) if is_console else _json()),
            ],
        )
    )
    root = logging.getLogger()
    for former in list(root.handlers):
        if isinstance(former.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(level.upper())
    # Libraries report each of their steps as info; theirs begin to matter at warning.
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,  # loggers made at import follow a later configuration
    )


def without_private_values(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Take out values, at any depth, whose names say that nobody may read them.

    Objects are reduced to their type, for nobody can tell what they would print. It is a net,
    not the rule: whoever logs passes no such value in the first place.
    """
    return {
        name: value if name in _OF_LOGGING else _readable(name, value, _DEEPEST)
        for name, value in event.items()
    }


class Metrics:
    """Every figure that the adapter counts, on a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.records = self._counter(
            "records", "Records of Helm taken in, by what became of them.", "topic", "outcome"
        )
        self.unknown_fields = self._counter(
            "unknown_fields", "Fields that no contract has, ignored.", "topic"
        )
        self.moved_records = self._counter(
            "moved_records", "Records found outside their channel's shard and moved there.", "topic"
        )
        self.dead_letters = self._counter(
            "dead_letters", "Records that can never pass.", "topic", "reason"
        )
        self.jd_calls = self._counter(
            "jd_calls", "Calls to JD, by how they ended.", "method", "outcome"
        )
        self.jd_call_seconds = Histogram(
            "helm_jd_jd_call_seconds",
            "Duration of calls to JD.",
            ("method",),
            registry=self.registry,
            buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.quota_used = self._channel_gauge("quota_used", "Calls to JD made today.")
        self.quota_limit = self._channel_gauge(
            "quota_limit", "Calls to JD that a day allows; NaN when not known."
        )
        self.quota_forecast_seconds = self._channel_gauge(
            "quota_forecast_seconds",
            "Seconds until the day's calls are used up at the pace of the last hour; "
            "infinite when they last the day.",
        )
        self.pace = self._channel_gauge(
            "pace_calls_per_second", "Calls a second, as JD lets them pass."
        )
        self.throttlings = self._counter(
            "throttlings",
            "Times that JD found the pace too fast, so that it was halved.",
            "channel",
        )
        self.stock_updates = self._counter(
            "stock_updates", "Quantities written to JD, by how it went.", "status"
        )
        self.stock_braked = Gauge(
            "helm_jd_stock_braked",
            "Listings whose zero waits for approval.",
            ("channel",),
            registry=self.registry,
        )
        self.reconciled = Gauge(
            "helm_jd_reconciled",
            "Listings by what comparing them with JD's own stock figures came to.",
            ("channel", "kind"),
            registry=self.registry,
        )
        self.stock_drift = self._counter(
            "stock_drift", "Listings found with another number than was written.", "channel"
        )
        self.orders_published = self._counter(
            "orders_published", "Orders published, each revision counted."
        )
        self.shipment_results = self._counter(
            "shipment_results", "JD's answers to shipments.", "outcome"
        )
        self.transactions = self._counter(
            "transactions", "Transactions of the outboxes, by how they ended.", "outcome"
        )
        self.shards_owned = Gauge(
            "helm_jd_shards_owned", "Shards that this instance works for.", registry=self.registry
        )
        self.channels = Gauge(
            "helm_jd_channels",
            "Channels of this instance's shards, by health.",
            ("health",),
            registry=self.registry,
        )

    def _channel_gauge(self, name: str, meaning: str) -> Gauge:
        return Gauge(f"helm_jd_{name}", meaning, ("channel",), registry=self.registry)

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"helm_jd_{name}_total", meaning, labels, registry=self.registry)


def _readable(name: object, value: object, depth: int) -> object:
    if _PRIVATE.search(re.sub(r"[^a-z]", "", str(name).lower())):
        return _REMOVED
    if isinstance(value, _PLAIN):
        return value
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        return {inner: _readable(inner, part, depth - 1) for inner, part in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_readable("", part, depth - 1) for part in value]
    return f"<{type(value).__name__}>"


def _json() -> list[Processor]:
    # Locals are left out: they hold secrets.
    transform = ExceptionDictTransformer(show_locals=False)
    return [
        structlog.processors.ExceptionRenderer(transform),
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]


def _console(stream: TextIO) -> list[Processor]:
    return [
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(),
            exception_formatter=structlog.dev.plain_traceback,
        )
    ]
