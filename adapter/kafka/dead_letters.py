"""Dead letters: records that can never pass, kept with their bytes and the reason.

The reason headers name field and remedy; values are not repeated there, for they may be secrets
or a buyer's.
"""

from collections.abc import Callable

from adapter.errors import AdapterError, RecordError
from adapter.kafka.records import OutgoingRecord, ReadRecord

LONGEST_REASON = 500


def dead_letter(
    topic: str,
    partition: int,
    record: ReadRecord,
    error: BaseException,
    *,
    keep: Callable[[bytes], bytes] | None = None,
) -> OutgoingRecord:
    """Make the dead letter of a record.

    Args:
        topic: The dead letters' topic.
        partition: The shard that publishes it.
        record: The record as it was read.
        error: Why it cannot pass.
        keep: Takes secrets out of the value; then the record's own headers, which may hold some
            too, are left out.
    """
    place = f"{record.topic}-{record.partition}-{record.offset}"
    reason = error.reason if isinstance(error, AdapterError) else "internal_error"
    message = str(error) if isinstance(error, AdapterError) else type(error).__name__
    own = (
        ("ce_specversion", b"1.0"),
        ("ce_id", f"dead-letter:{place}".encode()),
        ("ce_source", b"urn:helm-jd"),
        ("ce_type", b"helm-jd.dead-letter.v1"),
        ("dead_letter_topic", record.topic.encode()),
        ("dead_letter_partition", str(record.partition).encode()),
        ("dead_letter_offset", str(record.offset).encode()),
        ("dead_letter_timestamp", str(record.timestamp).encode()),
        ("dead_letter_reason", reason.encode()),
        ("dead_letter_field", (error.field if isinstance(error, RecordError) else "").encode()),
        ("dead_letter_message", message[:LONGEST_REASON].encode()),
    )
    # The record's own headers follow under another name: replay puts them back as they were.
    original = tuple(
        (f"original_{name}", value if value is not None else b"")
        for name, value in record.headers
        if keep is None
    )
    value = record.value
    if value is not None and keep is not None:
        value = keep(value)
    return OutgoingRecord(topic, partition, record.key or place.encode(), value, own + original)
