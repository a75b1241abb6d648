"""`helm-jd pause, resume, approve, resync, reconcile`, called as a user would, on a real Kafka."""

import json

import pytest

from tests.cli.calling import HelmJd, called
from tests.world import World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


async def health(w: World, channel_id: str) -> str:
    """Read a channel's newest health."""
    told = [m for m in await w.messages(w.names.channel_status) if m["channel_id"] == channel_id]
    return str(next((m["health"] for m in reversed(told) if "health" in m), ""))


async def test_a_channel_is_paused_and_resumed(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The command ends when the adapter has taken it in, and the channel follows."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=2)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()

        async def is_now(wanted: str) -> bool:
            return await health(w, "shop-1") == wanted

        paused = await called(helm_jd, "pause", "shop-1")
        await eventually(lambda: is_now("paused"))
        resumed = await called(helm_jd, "resume", "shop-1", "--json")
        await eventually(lambda: is_now("live"))

        assert (paused.exit_code, paused.stdout) == (0, "shop-1: pause is done\n")
        assert resumed.exit_code == 0
        document = json.loads(resumed.stdout)
        assert (document["command"], document["status"]) == ("resume", "done")


async def test_what_cannot_be_done_ends_with_1_and_the_reason(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The adapter's own words go to standard error; the document to standard output."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        await w.start_adapter()

        plain = await called(helm_jd, "approve", "nowhere")
        document = await called(helm_jd, "reconcile", "nowhere", "--repair", "--json")

        assert (plain.exit_code, plain.stdout) == (1, "")
        assert "approve failed: there is no channel nowhere" in plain.stderr
        assert document.exit_code == 1
        outcome = json.loads(document.stdout)
        assert (outcome["status"], outcome["arguments"]) == ("failed", {"repair": True})


async def test_without_an_adapter_the_command_stays_and_is_carried_out_later(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The time-out says that nobody answers and how to see why; nothing is lost by it."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=2)
        await w.put_channel("shop-1", sandbox)

        silent = await called(helm_jd, "pause", "shop-1", "--timeout", "0.5", "--json")
        sent = await called(helm_jd, "pause", "shop-1", "--no-wait")
        await w.start_adapter()

        async def is_paused() -> bool:
            return await health(w, "shop-1") == "paused"

        await eventually(is_paused)

        assert silent.exit_code == 1
        assert json.loads(silent.stdout)["status"] == "sent"
        assert "no adapter took the command in within 0.5 s" in silent.stderr
        assert "/readyz" in silent.stderr
        assert sent.exit_code == 0
        assert "shop-1: pause was sent as cli-" in sent.stdout


async def test_a_wrong_channel_id_is_wrong_use(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Nothing is sent for what can be no channel."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        result = await called(helm_jd, "pause", "two words")

        assert (result.exit_code, result.stdout) == (2, "")
        assert await w.records(w.names.commands) == []


async def test_drift_is_shown_and_repaired(
    helm_jd: HelmJd, kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Somebody changed a number at JD: it is told, and written again only when asked for."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=4)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox, repair_drift=False)
        for each in sandbox.skus():
            await w.put_level(each.outer_id, 9, version=1)
        await w.start_adapter()
        await eventually(lambda: all(each.sellable == 9 for each in sandbox.skus()))
        sandbox.change_sku(sku.sku_id, stock_num=30)

        looked = await called(helm_jd, "reconcile", "shop-1", "--json")
        at_jd = sandbox.sku(sku.sku_id).sellable
        shown = await called(helm_jd, "reconcile", "shop-1", "--repair")
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 9)

        result = json.loads(looked.stdout)["result"]
        (difference,) = result["differences"]
        assert (looked.exit_code, shown.exit_code) == (0, 0)
        assert (result["counts"]["drift"], result["counts"]["equal"]) == (1, 3)
        assert (difference["sku_id"], difference["jd_stock"]) == (str(sku.sku_id), 30)
        assert at_jd == 30
        assert "drift" in shown.stdout
        assert str(sku.sku_id) in shown.stdout
