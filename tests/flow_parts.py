"""What a flow stands between, small enough for a test without broker and shop."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from time import monotonic
from typing import Any, cast
from urllib.parse import parse_qs

import httpx

from adapter.jd.budget import CallBudget
from adapter.jd.client import Credentials, JdClient
from adapter.kafka.events import Events
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.shard import Shard, ShardTables
from adapter.kafka.topics import TopicNames
from adapter.rules.budget import Share

Answer = Callable[[str, dict[str, Any]], object]
"""Given a method's name and its parameters, returns what lies inside the envelope."""


class FakeShard:
    """A shard that keeps its records in memory."""

    def __init__(self) -> None:
        self.names = TopicNames()
        self.events = Events(names=self.names, partition=0)
        self.tables = ShardTables(self.names)
        self.published: list[OutgoingRecord] = []

    async def publish_atomically(self, records: Sequence[OutgoingRecord]) -> None:
        """Take records in, as a committed transaction does."""
        for record in records:
            self.tables.apply(record.topic, record.key, record.value)
        self.published += records

    async def publish(self, records: Sequence[OutgoingRecord]) -> None:
        """Take records in, each on its own."""
        await self.publish_atomically(records)

    async def transact(
        self,
        decide: Callable[[], Iterable[Sequence[OutgoingRecord]]],
        *,
        applied: Callable[[], None] = lambda: None,
    ) -> None:
        """Take in what is decided, step by step."""
        for step in decide():
            await self.publish_atomically(step)
        applied()

    def taken(self, topic: str) -> list[Any]:
        """Hand out once what was published on a topic: values as JSON, tombstones as None."""
        found = [record for record in self.published if record.topic == topic]
        self.published = [record for record in self.published if record.topic != topic]
        return [json.loads(record.value) if record.value else None for record in found]


def as_shard(shard: FakeShard) -> Shard:
    """Say that it stands in for a real one."""
    return cast("Shard", shard)


def jd_client(
    answer: Answer, *, now: Callable[[], datetime], calls_per_day: int | None = None
) -> JdClient:
    """Make a client of a JD that answers so."""

    def respond(request: httpx.Request) -> httpx.Response:
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        inner = answer(form["method"], json.loads(form["360buy_param_json"]))
        return httpx.Response(200, content=json.dumps({"responce": inner}).encode())

    return JdClient(
        http=httpx.AsyncClient(transport=httpx.MockTransport(respond)),
        endpoint="https://api.jd.com/routerjson",
        credentials=Credentials("key-1", "geheim-1", "token-1"),
        budget=CallBudget(share=Share(1_000, calls_per_day), now=now, monotonic=monotonic),
        now=now,
    )
