"""Plain publishing: acknowledged by all replicas, idempotent, no transaction."""

import asyncio
from collections.abc import Sequence

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from adapter.errors import ShardLost
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.records import LARGEST_REQUEST, OutgoingRecord
from adapter.kafka.stopping import retrieved, stopped_within

_STOP_S = 1.5


class Publisher:
    """The instance's own producer.

    Args:
        connection: The cluster.
        timeout_s: Longest to wait for acknowledgements.
    """

    def __init__(self, *, connection: KafkaConnection, timeout_s: float) -> None:
        self._connection = connection
        self._timeout_s = timeout_s
        self._producer: AIOKafkaProducer | None = None

    async def start(self) -> None:
        """Connect."""
        self._producer = AIOKafkaProducer(
            acks="all",
            enable_idempotence=True,
            compression_type="lz4",
            max_request_size=LARGEST_REQUEST,
            request_timeout_ms=int(self._timeout_s * 1000),
            **self._connection.arguments(),
        )
        await self._producer.start()

    async def stop(self) -> None:
        """Flush within bounds, and disconnect."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await stopped_within(producer.stop(), _STOP_S)

    async def publish(self, records: Sequence[OutgoingRecord]) -> None:
        """Publish records and wait until all are acknowledged.

        Raises:
            ShardLost: Some may not have been published.
        """
        producer = self._producer
        if producer is None:
            message = "the publisher is stopped"
            raise ShardLost(message)
        try:
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
            await asyncio.wait_for(asyncio.gather(*sent), self._timeout_s)
        except (KafkaError, TimeoutError) as error:
            message = f"publishing failed: {type(error).__name__}"
            raise ShardLost(message) from error
