"""Table records that cannot be read, until the owner of their shard has dead-lettered them.

Every instance reads whole tables and finds the same bad records; the one that owns shard
(partition mod shards) publishes them. After a restart they are found again, under the same ce_id.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

import structlog

from adapter.kafka.dead_letters import dead_letter
from adapter.kafka.records import OutgoingRecord, ReadRecord

log = structlog.get_logger()

MOST_KEPT = 50_000
"""A shard's records; what comes above is found again after a restart."""


@dataclass(frozen=True, slots=True)
class _Bad:
    record: ReadRecord
    error: BaseException
    keep: Callable[[bytes], bytes] | None


class BadRecords:
    """What waits to be dead-lettered, by shard.

    Args:
        topic: The dead letters' topic.
        partitions: How many shards there are.
    """

    def __init__(self, *, topic: str, partitions: int) -> None:
        self._topic = topic
        self._shards: list[deque[_Bad]] = [deque() for _ in range(partitions)]

    def add(
        self,
        record: ReadRecord,
        error: BaseException,
        *,
        keep: Callable[[bytes], bytes] | None = None,
    ) -> None:
        """Note a record that cannot be read; `keep` takes secrets out of its value."""
        shard = self._shards[record.partition % len(self._shards)]
        if len(shard) < MOST_KEPT:
            shard.append(_Bad(record, error, keep))
        else:
            log.error("dead_letters.full", topic=record.topic, offset=record.offset)

    def waiting(self, shard: int) -> list[OutgoingRecord]:
        """Return a shard's next dead letters that have not been published, at most 500."""
        return [
            dead_letter(self._topic, shard, bad.record, bad.error, keep=bad.keep)
            for bad in islice(self._shards[shard], 500)
        ]

    def published(self, shard: int, count: int) -> None:
        """Forget the first `count` of a shard, which have been published."""
        for _ in range(count):
            self._shards[shard].popleft()
