"""Records as they are read, and on their way out: JSON with CloudEvents 1.0 headers (binary)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import BaseModel

LARGEST_REQUEST = 8 * 1024 * 1024
"""Bytes: far above what a topic takes, so that the broker's limit decides and not the client's."""


class ReadRecord(Protocol):
    """A record as a consumer hands it over."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes | None]]


@dataclass(frozen=True, slots=True)
class OutgoingRecord:
    """A record to be published."""

    topic: str
    partition: int
    """The shard's; never left to a partitioner."""
    key: bytes
    value: bytes | None
    """None is a tombstone."""
    headers: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a record of a log topic leads to."""

    channel_id: str
    """The channel that it is for; decides the shard."""
    records: Sequence[OutgoingRecord] = ()
    """What is published before its offset is committed."""


def header(record: ReadRecord, name: str) -> str | None:
    """Return a header's text; None when it is not there or not UTF-8."""
    for found, value in record.headers:
        if found == name and value is not None:
            try:
                return value.decode()
            except UnicodeDecodeError:
                return None
    return None


def event(
    topic: str,
    partition: int,
    key: str,
    message: BaseModel,
    *,
    ce_type: str,
    ce_id: str,
    time: datetime,
    traceparent: str | None = None,
) -> OutgoingRecord:
    """Make the record of a fact.

    Args:
        topic: Where it goes.
        partition: The shard's.
        key: The record's key.
        message: What it says.
        ce_type: Names the kind of fact, with its major version at the end.
        ce_id: Derived from the fact, so that the same fact always has the same id.
        time: When the fact was found.
        traceparent: W3C trace context of what caused it.
    """
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", ce_id.encode()),
        ("ce_source", b"urn:helm-jd"),
        ("ce_type", ce_type.encode()),
        ("ce_time", time.isoformat().encode()),
        ("content-type", b"application/json"),
    ]
    if traceparent:
        headers.append(("traceparent", traceparent.encode()))
    return OutgoingRecord(
        topic, partition, key.encode(), message.model_dump_json().encode(), tuple(headers)
    )


def tombstone(topic: str, partition: int, key: str) -> OutgoingRecord:
    """Make the record that removes a key from a compacted topic."""
    return OutgoingRecord(topic, partition, key.encode(), None)
