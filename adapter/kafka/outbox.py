"""The outbox: publishes records of one shard in one transaction.

`transactional.id` belongs to the shard, not to the instance: whoever starts a producer with it
ends the former owner's open transaction and fences that owner. A transaction of unknown outcome
is never repeated here: the shard is opened anew and reads what was committed.
"""

import asyncio
from collections.abc import Callable, Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerFenced

from adapter.errors import Fenced, ShardLost
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.records import LARGEST_REQUEST, OutgoingRecord
from adapter.kafka.stopping import retrieved, stopped_within

_STOP_S = 1.0


class Outbox:
    """The transactional producer of one shard; one transaction at a time.

    Args:
        connection: The cluster.
        transactional_id: `<group>.<partition>`.
        timeout_s: Longest a transaction may take; a stale owner's is ended after it too.
        on_transaction: Told `committed`, `fenced` or `failed`.
    """

    def __init__(
        self,
        *,
        connection: KafkaConnection,
        transactional_id: str,
        timeout_s: float,
        on_transaction: Callable[[str], None],
    ) -> None:
        self._connection = connection
        self._transactional_id = transactional_id
        self._timeout_s = timeout_s
        self._on_transaction = on_transaction
        self._lock = asyncio.Lock()
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Start a producer: fences any former one of this shard and ends its open transaction.

        Raises:
            ShardLost: No broker took it in time.
        """
        producer = AIOKafkaProducer(
            transactional_id=self._transactional_id,
            transaction_timeout_ms=int(self._timeout_s * 1000),
            acks="all",
            enable_idempotence=True,
            linger_ms=0,
            max_request_size=LARGEST_REQUEST,
            **self._connection.arguments(),
        )
        try:
            await asyncio.wait_for(producer.start(), self._timeout_s)
        except (KafkaError, TimeoutError, OSError) as error:
            await _discard(producer)
            message = f"the outbox of {self._transactional_id} could not start: {_name(error)}"
            raise ShardLost(message) from error
        except asyncio.CancelledError:
            await _discard(producer)
            raise
        self._producer = producer

    async def stop(self) -> None:
        """Let a transaction under way end, then stop; safe to call twice."""
        async with self._lock:
            producer, self._producer = self._producer, None
            if producer is not None:
                await _discard(producer)

    async def publish(self, records: Sequence[OutgoingRecord]) -> list[int]:
        """Publish all the records, or none.

        Returns:
            Their offsets.

        Raises:
            Fenced: The shard is another instance's.
            ShardLost: The outcome is unknown; open the shard anew.
        """
        async with self._lock:
            producer = self._producer
            if producer is None:
                message = f"the outbox of {self._transactional_id} is stopped"
                raise ShardLost(message)
            try:
                offsets = await asyncio.wait_for(_transact(producer, records), self._timeout_s)
            except (KafkaError, TimeoutError, OSError) as error:
                self._producer = None
                await _discard(producer)
                if isinstance(error, ProducerFenced):
                    self._on_transaction("fenced")
                    message = f"{self._transactional_id} belongs to another instance now"
                    raise Fenced(message) from error
                self._on_transaction("failed")
                message = f"a transaction of {self._transactional_id} failed: {_name(error)}"
                raise ShardLost(message) from error
            self._on_transaction("committed")
            return offsets


async def _transact(producer: AIOKafkaProducer, records: Sequence[OutgoingRecord]) -> list[int]:
    await producer.begin_transaction()
    sent = []
    for record in records:
        future = await producer.send(
            record.topic,
            value=record.value,
            key=record.key,
            partition=record.partition,
            headers=list(record.headers),
        )
        future.add_done_callback(retrieved)
        sent.append(future)
    # Every send is awaited before the commit: an un-awaited failed one would commit without it.
    places = await asyncio.gather(*sent)
    await producer.commit_transaction()
    return [place.offset for place in places]


async def _discard(producer: AIOKafkaProducer) -> None:
    """Stop a producer within bounds; what is unsent must not be sent later."""
    if not await stopped_within(producer.stop(), _STOP_S):
        # aiokafka has no public way to stop without flushing.
        producer._message_accumulator.fail_all(KafkaError("discarded"))  # noqa: SLF001 (as above)
        await stopped_within(producer._sender.close(), _STOP_S)  # noqa: SLF001 (as above)
        await stopped_within(producer.client.close(), _STOP_S)


def _name(error: BaseException) -> str:
    return f"{type(error).__name__}: {str(error)[:200]}" if str(error) else type(error).__name__
