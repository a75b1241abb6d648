"""What windows miss, overlap and sweep bring, on real Kafka."""

import time

import pytest

from jd_simulator.clock import parse_instant
from tests.world import World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


async def indexed(w: World) -> set[str]:
    """Return the orders that are kept."""
    return {m["order_id"] for m in await w.messages(w.names.order_index) if m}


async def test_a_row_that_leaves_while_pages_are_read_hides_no_other(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Pages are read from the last to the first: rows that move forward are still to come.

    The orders are older than any window, so the sweep alone can see them.
    """
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=3, sku_count=3, initial_stock=1000)
        sandbox.clock.set(time.time() - 7200)
        orders = [sandbox.place_order([(sandbox.skus()[0].outer_id, 1)]) for _ in range(150)]
        sandbox.clock.set(time.time())
        check, searches = w.simulator.on_answer, 0

        def leave(method: str, text: str) -> None:
            nonlocal searches
            if check is not None:
                check(method, text)
            if method.endswith("pop.order.search"):
                searches += 1
                if searches == 1:
                    sandbox.cancel(orders[0].order_id)

        w.simulator.on_answer = leave
        await w.put_channel("shop-1", sandbox, sync_stock_levels=False)
        await w.start_adapter()
        wanted = {str(order.order_id) for order in orders[1:]}

        async def complete() -> bool:
            return await indexed(w) >= wanted

        await eventually(complete, within_s=20)


async def test_an_order_that_jd_shows_late_is_imported(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Its `modified` lies before the watermark; the overlap reaches back to it."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=3, sku_count=3)
        start = "2026-01-01T00:00:00+00:00"
        await w.put_channel(
            "shop-1",
            sandbox,
            sync_stock_levels=False,
            order_importing_type="from_date",
            import_orders_from=start,
        )
        await w.start_adapter()

        async def caught_up() -> bool:
            found = [m for m in await w.messages(w.names.checkpoints) if m.get("watermark")]
            return bool(found) and found[-1]["watermark"] > start_of_minute

        start_of_minute = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() - 60))
        await eventually(caught_up)
        sandbox.clock.set(time.time() - 90)
        order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
        sandbox.clock.set(time.time())
        (message,) = await eventually(lambda: w.messages(w.names.orders), within_s=20)

        assert message["channel_order_id"] == str(order.order_id)


async def test_a_window_ends_two_seconds_before_the_clock(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """What JD is still writing is left to the next window."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=3, sku_count=3)
        await w.put_channel("shop-1", sandbox, sync_stock_levels=False)
        await w.start_adapter()

        def windows() -> list[tuple[float, float]]:
            return [
                (entry.at, parse_instant(str(entry.params["end_date"])))
                for entry in sandbox.journal
                if "end_date" in entry.params
            ]

        await eventually(lambda: len(windows()) >= 3)

        assert all(until <= at - 2 for at, until in windows())
