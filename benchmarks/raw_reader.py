"""The peer of `stock_restart`: reads topics whole with aiokafka, and does nothing with them.

Run with `python -m benchmarks.raw_reader SERVERS TOPIC ...`; prints when it had read the last
record, in seconds since the epoch, and the seconds of CPU time that it took.
"""

import asyncio
import sys
import time

from aiokafka import AIOKafkaConsumer, TopicPartition


async def _read(bootstrap_servers: str, topics: list[str]) -> None:
    async with AIOKafkaConsumer(
        *topics, bootstrap_servers=bootstrap_servers, auto_offset_reset="earliest"
    ) as consumer:
        partitions = [
            TopicPartition(topic, partition)
            for topic in topics
            for partition in consumer.partitions_for_topic(topic)
        ]
        ends = await consumer.end_offsets(partitions)
        while any([await consumer.position(p) < ends[p] for p in partitions]):
            await consumer.getmany(timeout_ms=100)


if __name__ == "__main__":
    asyncio.run(_read(sys.argv[1], sys.argv[2:]))
    print(time.time(), time.process_time())
