"""Starting: what must be there, and what is said when it is not."""

import asyncio
from typing import Any

import aiohttp
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pydantic import SecretStr

from adapter.app import Adapter
from adapter.errors import KafkaUnreachable, SettingsError, TopicsError
from adapter.rules.channels import new_key
from adapter.settings import Settings
from devstack.kafka.settings import free_port
from tests.world import eventually, world

pytestmark = pytest.mark.timeout(120)


def settings(**values: Any) -> Settings:
    """Settings that read no file and no variable but these."""
    key, _ = new_key()
    defaults: dict[str, Any] = {"private_keys": [SecretStr(key.get_secret_value())], "web_port": 0}
    return Settings(_env_file=None, **(defaults | values))


def test_without_a_private_key_nothing_starts() -> None:
    """The error names the variable and the command that makes a key."""
    with pytest.raises(SettingsError, match=r"HELM_JD_PRIVATE_KEYS.*keys new"):
        Adapter(settings(private_keys=[]))


async def test_without_kafka_it_waits_then_says_which_setting() -> None:
    """No broker in the settable time: an error that names servers and setting."""
    servers = f"127.0.0.1:{free_port()}"
    adapter = Adapter(settings(kafka_bootstrap_servers=servers, kafka_wait_s=0.2))

    with pytest.raises(KafkaUnreachable, match="HELM_JD_KAFKA_BOOTSTRAP_SERVERS") as caught:
        await adapter.run(asyncio.Event())

    assert servers in str(caught.value)


@pytest.mark.broker
async def test_missing_topics_stop_the_start_and_name_the_command(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """All missing topics are listed at once, with the command that creates them."""
    adapter = Adapter(
        settings(kafka_bootstrap_servers=kafka_bootstrap_servers, topic_prefix=topic_prefix)
    )

    with pytest.raises(TopicsError, match="helm-jd topics create") as caught:
        await adapter.run(asyncio.Event())

    for name in ("helm.sales-channels", "jd.orders", "helm-jd.order-index"):
        assert topic_prefix + name in str(caught.value)


@pytest.mark.broker
async def test_unequal_partitions_stop_the_start(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Topics keyed by channel must have the same number of partitions; the odd one is named."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap_servers)
        await admin.start()
        await admin.delete_topics([w.names.orders])
        await eventually(lambda: _is_gone(admin, w.names.orders))
        config = {"cleanup.policy": "compact,delete", "retention.ms": "2592000000"}
        await admin.create_topics([NewTopic(w.names.orders, 5, 1, topic_configs=config)])
        await eventually(lambda: _is_there(admin, w.names.orders))
        await admin.close()

        with pytest.raises(TopicsError, match=r"jd\.orders"):
            await Adapter(w.settings()).run(asyncio.Event())


async def _is_gone(admin: AIOKafkaAdminClient, topic: str) -> bool:
    return topic not in await admin.list_topics()


async def _is_there(admin: AIOKafkaAdminClient, topic: str) -> bool:
    return topic in await admin.list_topics()


@pytest.mark.broker
async def test_health_readiness_and_metrics_are_served(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Ready means: tables read, group joined, shards open; metrics name the adapter's own."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        running = await w.start_adapter()
        address = f"http://127.0.0.1:{running.adapter.web_port}"
        async with aiohttp.ClientSession() as session:
            answers = {}
            for path in ("/healthz", "/readyz", "/metrics"):
                async with session.get(address + path) as response:
                    answers[path] = (response.status, await response.text())

        assert answers["/healthz"][0] == 200
        assert answers["/readyz"][0] == 200
        assert "helm_jd_shards_owned 2.0" in answers["/metrics"][1]


@pytest.mark.broker
async def test_a_taken_port_is_named(kafka_bootstrap_servers: str, topic_prefix: str) -> None:
    """A second adapter on the same port says which setting to change."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        running = await w.start_adapter()
        second = Adapter(w.settings(web_port=running.adapter.web_port))

        with pytest.raises(SettingsError, match="HELM_JD_WEB_PORT"):
            await second.run(asyncio.Event())
