"""Bad input of every kind, on real Kafka: it is kept, it is named, and nothing else stops."""

import json
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from pydantic import SecretStr

from adapter.kafka.topics import shard_of
from adapter.rules.channels import new_key, seal
from adapter.wire.helm import Credentials
from jd_simulator.testing import SandboxHandle
from tests.world import PARTITIONS, World, eventually, world

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


async def dead_letters(w: World) -> dict[str, ConsumerRecord]:
    """Read the dead letters by their ids; the same one may have been written twice."""
    return {
        dict(record.headers)["ce_id"].decode(): record
        for record in await w.records(w.names.dead_letters)
    }


def of_topic(letters: dict[str, ConsumerRecord], topic: str) -> list[dict[str, str]]:
    """Return the headers of one topic's dead letters, in the order of their offsets."""
    headers = [{n: v.decode() for n, v in record.headers} for record in letters.values()]
    found = [h for h in headers if h["dead_letter_topic"] == topic]
    return sorted(found, key=lambda h: int(h["dead_letter_offset"]))


async def statuses(w: World, channel_id: str) -> list[Any]:
    """Return a channel's statuses, oldest first."""
    messages = await w.messages(w.names.channel_status)
    return [m for m in messages if m["channel_id"] == channel_id and "health" in m]


async def latest_health(w: World, channel_id: str) -> str:
    """Return a channel's newest health."""
    found = await statuses(w, channel_id)
    return found[-1]["health"] if found else ""


async def assert_still_works(w: World, sandbox: SandboxHandle, *, version: int) -> None:
    """Show that a healthy channel goes on: a new level reaches JD."""
    sku = sandbox.skus()[0]
    await w.put_level(sku.outer_id, 20 + version, version=version)
    await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 20 + version)


async def test_broken_records_on_every_helm_topic_are_kept_and_stop_nothing(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Each ends in dead letters with its bytes and a reason; the channel goes on."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await assert_still_works(w, sandbox, version=1)
        broken = b'{"half": '
        names = w.names
        for topic, key in (
            (names.sales_channels, "shop-broken"),
            (names.listing_settings, "shop-1:100"),
            (names.stock_changes, "default:BROKEN"),
            (names.shipments, "shop-1"),
            (names.order_receipts, "shop-1"),
            (names.commands, "shop-1"),
        ):
            await w.write(topic, key, broken)
        await eventually(lambda: _count(w, 6))
        letters = await dead_letters(w)
        by_topic = {dict(r.headers)["dead_letter_topic"].decode(): r for r in letters.values()}

        for topic in (
            names.listing_settings,
            names.stock_changes,
            names.shipments,
            names.order_receipts,
            names.commands,
        ):
            assert by_topic[topic].value == broken
            headers = dict(by_topic[topic].headers)
            assert headers["dead_letter_reason"] == b"malformed_record"
            assert b"not JSON" in headers["dead_letter_message"]
        # What cannot be told apart may hold credentials: only length and digest are kept.
        assert broken not in by_topic[names.sales_channels].value
        await assert_still_works(w, sandbox, version=2)


async def _count(w: World, wanted: int) -> bool:
    return len(await dead_letters(w)) >= wanted


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"sku": "A", "delta": -1}, "available"),
        ({"sku": "A", "available": 1.5}, "available"),
        ({"sku": "A", "available": "17"}, "available"),
        ({"available": 3}, "sku"),
        ({"sku": "OTHER", "available": 3}, "key"),
        ({"sku": "A", "available": 3, "occurred_at": "yesterday"}, "occurred_at"),
    ],
    ids=["delta", "fraction", "text", "no-sku", "other-key", "no-instant"],
)
async def test_an_unreadable_level_names_its_field_and_keeps_the_last_good_one(
    kafka_bootstrap_servers: str, topic_prefix: str, value: dict[str, Any], field: str
) -> None:
    """Deltas, fractions and the like are dead letters; JD keeps the last level that was good."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        sku = sandbox.skus()[0]
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await w.put_level(sku.outer_id, 8, version=1)
        await eventually(lambda: sandbox.sku(sku.sku_id).sellable == 8)
        given = {k: sku.outer_id if v == "A" else v for k, v in value.items()}
        await w.write(w.names.stock_changes, f"default:{sku.outer_id}", given)
        await eventually(lambda: _count(w, 1))
        (letter,) = of_topic(await dead_letters(w), w.names.stock_changes)

        assert letter["dead_letter_field"] == field
        assert sandbox.sku(sku.sku_id).sellable == 8


async def test_negative_and_null_levels_offer_nothing(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Negative counts as 0, null means gone; unknown fields are ignored and counted."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        one, two, three = sandbox.skus()
        await w.put_channel("shop-1", sandbox)
        running = await w.start_adapter()
        for sku in (one, two, three):
            await w.put_level(sku.outer_id, 5, version=1)
        await eventually(
            lambda: all(sandbox.sku(s.sku_id).sellable == 5 for s in (one, two, three))
        )
        await w.put_level(one.outer_id, -3, version=2, colour="red", size="M")
        await w.put_level(two.outer_id, None, version=2)
        await w.write(w.names.stock_changes, f"default:{three.outer_id}", None)
        await eventually(
            lambda: all(sandbox.sku(s.sku_id).sellable == 0 for s in (one, two, three))
        )
        counted = running.adapter.metrics.registry.get_sample_value(
            "helm_jd_unknown_fields_total", {"topic": w.names.stock_changes}
        )

        assert counted == 2
        assert await dead_letters(w) == {}


async def test_bytes_that_are_not_utf8_are_named_as_such(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """GB18030 is recognised, kept as it is, and the remedy says UTF-8."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        text = json.dumps({"sku": "A", "available": 1, "name": "红色恤衫"}, ensure_ascii=False)
        raw = text.encode("gb18030")
        await w.write(w.names.stock_changes, "default:A", raw, headers=[("x", b"\xff\xfe")])
        await eventually(lambda: _count(w, 1))
        (record,) = (await dead_letters(w)).values()
        headers = dict(record.headers)

        assert record.value == raw
        assert b"GB18030" in headers["dead_letter_message"]
        assert headers["original_x"] == b"\xff\xfe"


async def test_bad_credentials_rest_their_channel_and_never_reach_dead_letters(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """Unsealed, foreign and undecryptable credentials each pause one channel and say why."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        endpoint = sandbox.endpoint
        _, stranger = new_key()

        def box(channel_id: str, public_key: str) -> dict[str, str]:
            content = Credentials(
                channel_id=channel_id,
                api_endpoint=endpoint,
                api_key="key",
                api_secret=SecretStr("very-secret-text"),
                access_token=SecretStr("very-secret-token"),
            )
            return {"sealed": seal(content, public_key)}

        channels: dict[str, dict[str, Any]] = {
            "unsealed": {"credentials": {"api_key": "k", "api_secret": "very-secret-text"}},
            "unsealed-flat": {"access_token": "very-secret-token"},
            "foreign": {"credentials": box("shop-1", w.public_key)},
            "undecryptable": {"credentials": box("undecryptable", stranger)},
            "not-a-box": {"credentials": {"sealed": "very-secret-text"}},
        }
        for channel_id, fields in channels.items():
            value = {"api_endpoint": endpoint, "is_active": True} | fields
            await w.write(w.names.sales_channels, channel_id, value)

        async def all_paused() -> bool:
            return all([await latest_health(w, c) == "paused" for c in channels])

        await eventually(all_paused)
        await eventually(lambda: _count(w, len(channels)))
        letters = await dead_letters(w)
        seen = b"".join(
            (record.value or b"") + b"".join(value for _, value in record.headers)
            for record in letters.values()
        )

        assert b"very-secret" not in seen
        assert {record.key.decode() for record in letters.values()} == set(channels)
        for channel_id in channels:
            (problem,) = (await statuses(w, channel_id))[-1]["problems"]
            assert problem["cause"]
            assert problem["remedy"]
        await assert_still_works(w, sandbox, version=1)


async def test_a_channel_with_a_useless_endpoint_rests(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """No endpoint, and http to a foreign host, are refused by name; others go on."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.put_channel("no-endpoint", sandbox, api_endpoint="")
        await w.put_channel("foreign-http", sandbox, api_endpoint="http://jd.example")
        await w.start_adapter()

        async def both_paused() -> bool:
            return all(
                [await latest_health(w, c) == "paused" for c in ("no-endpoint", "foreign-http")]
            )

        await eventually(both_paused)
        problems = [
            (await statuses(w, c))[-1]["problems"][0] for c in ("no-endpoint", "foreign-http")
        ]

        assert "api_endpoint" in problems[0]["cause"]
        assert "http" in problems[1]["cause"]
        await assert_still_works(w, sandbox, version=1)


async def test_a_wrong_secret_pauses_one_channel_and_names_the_field(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """JD's "invalid signature" becomes: API Secret, with JD's words in both languages."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        good = w.simulator.create_sandbox(seed=7, sku_count=3)
        bad = w.simulator.create_sandbox(seed=8, sku_count=3)
        await w.put_channel("shop-1", good)
        await w.put_channel("shop-2", bad, secret="not-the-secret")
        await w.start_adapter()

        async def paused() -> bool:
            return await latest_health(w, "shop-2") == "paused"

        await eventually(paused)
        (problem,) = (await statuses(w, "shop-2"))[-1]["problems"]

        assert problem["code"] == "CREDENTIALS"
        assert "API Secret" in problem["cause"] + problem["remedy"]
        assert (problem["jd"]["code"], problem["jd"]["message_zh"]) == ("12", "无效签名")
        assert "not-the-secret" not in json.dumps(problem)
        await assert_still_works(w, good, version=1)
        await w.put_channel("shop-2", bad)
        await assert_still_works(w, bad, version=9)


async def test_a_stray_record_is_moved_to_its_channels_shard(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """A dispatch that another partitioner put elsewhere is carried out all the same, once."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        running = await w.start_adapter()
        await assert_still_works(w, sandbox, version=1)
        order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
        await eventually(lambda: w.messages(w.names.orders))
        wrong = (shard_of("shop-1", PARTITIONS) + 1) % PARTITIONS
        parcel = {"carrier": "467", "shipping_tracking_code": "SF9"}
        shipment = {
            "channel_id": "shop-1",
            "shipment_id": "S-stray",
            "channel_order_id": str(order.order_id),
            "parcels": [parcel],
            "despatched_at": "2026-11-23T08:00:00Z",
        }
        await w.write(w.names.shipments, "shop-1", shipment, partition=wrong)
        (result,) = await eventually(lambda: w.messages(w.names.shipment_results))
        moved = running.adapter.metrics.registry.get_sample_value(
            "helm_jd_moved_records_total", {"topic": w.names.shipments}
        )

        assert result["outcome"] == "shipped"
        assert moved == 1


async def test_an_unknown_carrier_waits_and_says_what_to_add(
    kafka_bootstrap_servers: str, topic_prefix: str
) -> None:
    """The parcel has left: once the carrier is in the channel's map, the shipment goes to JD."""
    async with world(kafka_bootstrap_servers, topic_prefix) as w:
        sandbox = w.simulator.create_sandbox(seed=7, sku_count=3)
        await w.put_channel("shop-1", sandbox)
        await w.start_adapter()
        await assert_still_works(w, sandbox, version=1)
        order = sandbox.place_order([(sandbox.skus()[0].outer_id, 1)])
        await eventually(lambda: w.messages(w.names.orders))
        await w.ship("shop-1", str(order.order_id), "DH1", carrier="Donkey & Horse")
        (waiting,) = await eventually(lambda: w.messages(w.names.shipment_results))
        await w.put_channel("shop-1", sandbox, carrier_map={"Donkey & Horse": "467"})
        await eventually(lambda: sandbox.order(order.order_id).waybills == "DH1")

        assert waiting["outcome"] == "waiting"
        assert "carrier_map" in waiting["reason"]
