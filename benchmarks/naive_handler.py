"""The peer of `stock_burst`: a plain FastStream handler that makes one JD call an event.

Run with `python -m benchmarks.naive_handler`, its settings as one JSON text.
"""

import asyncio
import sys
import time
from datetime import UTC, datetime

from faststream import FastStream
from faststream.kafka import KafkaBroker
from pydantic import BaseModel

from adapter.jd.budget import CallBudget
from adapter.jd.client import Credentials, JdClient
from adapter.jd.connection import http_client
from adapter.rules.budget import Share
from adapter.wire.helm import StockChange
from benchmarks.place import Seller


class NaiveSettings(BaseModel):
    """What the handler is told."""

    bootstrap_servers: str
    topic: str
    seller: Seller
    sku_ids: dict[str, str]
    """JD's SKU numbers by Helm's codes."""


async def _unproved() -> None:
    """Prove nothing: a plain handler does not ask whether it still owns its channel."""


async def _run(settings: NaiveSettings) -> None:
    seller = settings.seller
    async with http_client() as http:
        jd = JdClient(
            http=http,
            endpoint=f"{seller.endpoint}/routerjson",
            credentials=Credentials(
                app_key=seller.app_key,
                app_secret=seller.app_secret,
                access_token=seller.access_token,
            ),
            budget=CallBudget(
                share=Share(1e9), now=lambda: datetime.now(UTC), monotonic=time.monotonic
            ),
            now=lambda: datetime.now(UTC),
            call_timeout_s=10,
            on_call=lambda *_: None,
            before_write=_unproved,
        )
        broker = KafkaBroker(settings.bootstrap_servers, logger=None)

        @broker.subscriber(settings.topic, auto_offset_reset="earliest", group_id="naive")
        async def write_stock(change: StockChange) -> None:
            quantity = max(change.available or 0, 0)
            sku_id = settings.sku_ids[change.sku]
            await jd.set_stock(
                stock_ref=f"{change.sku}-{change.version}", quantities={sku_id: quantity}
            )

        await FastStream(broker, logger=None).run()


if __name__ == "__main__":
    asyncio.run(_run(NaiveSettings.model_validate_json(sys.argv[1])))
