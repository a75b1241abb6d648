"""`helm-jd status`, called as a user would, on records as an adapter writes them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapter.wire.published import ChannelStatus, CommandOutcome
from tests.cli.calling import HelmJd, called
from tests.cli.records import a_listing, put
from tests.world import eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


def a_status(**fields: Any) -> ChannelStatus:
    """Make the status of a channel that lives."""
    told = {"channel_id": "shop-1", "health": "live", "at": datetime.now(UTC)}
    return ChannelStatus.model_validate({**told, **fields})


async def test_health_problems_quota_and_commands_stand_together(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Everything that an operator needs at once; a channel that is not well ends with 1."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=1)
        await w.put_channel("shop-1", sandbox)
        now = datetime.now(UTC)
        problem = {
            "code": "THROTTLED",
            "severity": "warning",
            "since": now,
            "cause": "the day's quota is used up",
            "remedy": "Ask JD for more.",
            "jd": {"code": "2", "message_zh": "配额用尽", "message_en": "quota used up"},
        }
        forecast = now + timedelta(hours=1)
        await put(
            w,
            a_status(health="live"),
            a_status(
                health="degraded",
                problems=[problem],
                lag_s={"orders": 125.0},
                quota={"used": 4000, "limit": 5000, "forecast": forecast},
                mapping={"mapped": 238, "unmapped": 2},
            ),
            CommandOutcome(
                channel_id="shop-1",
                command_id="c-1",
                command="resync",
                status="running",
                result={"done": 120, "total": 3000},
                at=now,
            ),
            CommandOutcome(
                channel_id="shop-1", command_id="c-2", command="approve", status="done", at=now
            ),
        )

        shown = await called(helm_jd, "status")
        document = await called(helm_jd, "status", "shop-1", "--json")

        (channel,) = json.loads(document.stdout)["channels"]
        assert (shown.exit_code, document.exit_code) == (1, 1)
        assert "degraded" in shown.stdout
        assert "orders 2 min" in shown.stdout
        assert f"lasts until {forecast.astimezone():%H:%M}" in " ".join(shown.stdout.split())
        assert "238 of 240" in shown.stdout
        assert "Ask JD for more." in shown.stdout
        assert "JD says 2: 配额用尽 / quota used up" in shown.stdout
        assert "resync is running, 120 of 3000" in shown.stdout
        assert channel["status"]["problems"][0]["code"] == "THROTTLED"
        assert [each["command_id"] for each in channel["open_commands"]] == ["c-1"]


async def test_a_channel_of_which_nobody_tells_is_not_well(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """An old record is told as old, none as never; an inactive channel needs none."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=1)
        await w.put_channel("shop-1", sandbox)
        never = await called(helm_jd, "status")
        await put(w, a_status(at=datetime.now(UTC) - timedelta(hours=2)))
        old = await called(helm_jd, "status", "shop-1", "--json")
        await w.put_channel("shop-1", sandbox, is_active=False)
        inactive = await called(helm_jd, "status")
        nowhere = await called(helm_jd, "status", "nowhere")

        assert never.exit_code == 1
        assert "never" in never.stdout
        assert "no adapter tells of it" in never.stdout
        assert old.exit_code == 1
        assert json.loads(old.stdout)["channels"][0]["is_stale"] is True
        assert inactive.exit_code == 0
        assert (nowhere.exit_code, nowhere.stdout) == (1, "")
        assert "there is no channel nowhere" in nowhere.stderr


async def test_a_channel_that_works_is_well(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The record of a real adapter is read, and ends with 0."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()

        async def is_well() -> bool:
            return (await called(helm_jd, "status", "shop-1")).exit_code == 0

        assert await eventually(is_well)


async def test_the_mapping_is_reported(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Counts and rows of each kind, near misses with their candidates."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=1)
        await w.put_channel("shop-1", sandbox, is_active=False)
        await put(w, a_listing("1", "A"), a_listing("2", "tee-red "), a_listing("3", None))
        await put(w, a_listing("4", "B"), a_listing("5", "B"))
        for sku in ("A", "B", "TEE-RED", "NOBODY"):
            await w.put_level(sku, 5, version=1)

        whole = await called(helm_jd, "status", "shop-1", "--mapping", "--json")
        document = json.loads(whole.stdout)
        shown = await called(helm_jd, "status", "shop-1", "--mapping")
        wrong = await called(helm_jd, "status", "--mapping")

        assert (document["listings"], document["mapped"]) == (5, 4)
        assert [row["sku_id"] for row in document["unmapped"]["rows"]] == ["3"]
        assert [row["sku_id"] for row in document["duplicate"]["rows"]] == ["4", "5"]
        (near,) = document["near_miss"]["rows"]
        assert (near["sku_id"], near["candidates"]) == ("2", ["TEE-RED"])
        assert document["without_listing"]["count"] == 2
        assert shown.exit_code == 0
        assert "4 of 5 listings have a SKU" in shown.stdout
        assert "TEE-RED" in shown.stdout
        assert (wrong.exit_code, wrong.stdout) == (2, "")
