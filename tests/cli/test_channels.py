"""`helm-jd channels`, on a real Kafka."""

import asyncio
import json
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapter.kafka.connection import KafkaConnection
from adapter.kafka.publisher import Publisher
from adapter.kafka.records import OutgoingRecord
from adapter.kafka.snapshot import Snapshot, read_snapshot
from adapter.kafka.topics import TopicNames, create_topics, shard_of, topic_specs
from adapter.rules.channels import Channel, InactiveChannel, new_key, read_channel
from tests.cli.calling import HelmJd

pytestmark = pytest.mark.broker

PRIVATE_KEY, PUBLIC_KEY = new_key()
SECRETS = {
    "HELM_JD_API_KEY": "demo-key",
    "HELM_JD_API_SECRET": "hush-secret",
    "HELM_JD_APP_ID": "demo-app",
    "HELM_JD_ACCESS_TOKEN": "hush-token",
}


class Topic:
    """The sales channels' topic of a test."""

    def __init__(self, servers: str, prefix: str) -> None:
        self._connection = KafkaConnection(servers)
        self._name = TopicNames().prefixed(prefix).sales_channels

    def snapshot(self) -> Snapshot:
        """Read it as it stands."""
        return asyncio.run(read_snapshot(self._connection, self._name))

    def channel(self, channel_id: str, key: SecretStr = PRIVATE_KEY) -> Channel | InactiveChannel:
        """Read a channel as the adapter would."""
        value = self.snapshot().value_of(channel_id.encode())
        assert value is not None
        return read_channel(channel_id.encode(), value, private_keys=[key])

    def publish(self, channel_id: str, value: bytes | None, partition: int) -> None:
        """Write a record as another client would."""
        asyncio.run(self._publish(channel_id, value, partition))

    async def _publish(self, channel_id: str, value: bytes | None, partition: int) -> None:
        publisher = Publisher(connection=self._connection, timeout_s=30)
        await publisher.start()
        try:
            record = OutgoingRecord(self._name, partition, channel_id.encode(), value)
            await publisher.publish([record])
        finally:
            await publisher.stop()


@pytest.fixture
def topic(kafka_bootstrap_servers: str, topic_prefix: str) -> Topic:
    """Create the topic."""
    names = TopicNames().prefixed(topic_prefix)
    specs = [spec for spec in topic_specs(names, 2) if spec.name == names.sales_channels]
    asyncio.run(create_topics(KafkaConnection(kafka_bootstrap_servers), specs, 1))
    return Topic(kafka_bootstrap_servers, topic_prefix)


def test_a_channel_is_written_sealed_into_its_shard(helm_jd: HelmJd, topic: Topic) -> None:
    """Options and credentials of the environment become a record that the adapter opens."""
    result = helm_jd(
        "channels",
        "put",
        "shop",
        "--is-active",
        "--sync-stock-levels",
        "--stock-buffer=2",
        "--max-stock-level=50",
        "--name=京东店",
        '--carrier-map={"SF UK": "467"}',
        f"--public-key={PUBLIC_KEY}",
        **SECRETS,
    )
    channel = topic.channel("shop")
    records = topic.snapshot().records[b"shop"]

    assert result.exit_code == 0, result.stderr
    assert isinstance(channel, Channel)
    assert channel.settings.name == "京东店"
    assert (channel.settings.stock_buffer, channel.settings.max_stock_level) == (2, 50)
    assert channel.settings.carrier_map == {"SF UK": "467"}
    assert channel.credentials.app_id == "demo-app"
    assert channel.credentials.access_token.get_secret_value() == "hush-token"
    assert list(records) == [shard_of("shop", 2)]
    assert "stock_buffer" in result.stdout
    assert "sealed anew" in result.stdout
    assert "hush" not in result.output + str(records)


def test_what_is_not_given_stays(helm_jd: HelmJd, topic: Topic) -> None:
    """A later call changes its field only, and says so; unknown fields of others survive."""
    topic.publish("shop", b'{"name": "a", "stock_buffer": 2, "colour": "red"}', 0)

    result = helm_jd("channels", "put", "shop", "--stock-buffer=3", "--json")
    again = helm_jd("channels", "put", "shop", "--stock-buffer=3")
    settings = topic.channel("shop").settings

    assert json.loads(result.stdout) == {
        "channel_id": "shop",
        "changes": [{"field": "stock_buffer", "before": 2, "after": 3}],
    }
    assert again.stdout == "channel shop: nothing changed\n"
    assert (settings.name, settings.stock_buffer) == ("a", 3)
    assert settings.model_extra == {"colour": "red"}


def test_null_clears_a_field(helm_jd: HelmJd, topic: Topic) -> None:
    """A cap can be taken away again."""
    helm_jd("channels", "put", "shop", "--max-stock-level=5")
    helm_jd("channels", "put", "shop", "--max-stock-level=null")

    assert topic.channel("shop").settings.max_stock_level is None


def test_a_file_is_a_form(helm_jd: HelmJd, topic: Topic, tmp_path: Path) -> None:
    """Open credentials of a file are sealed; an option goes before the file."""
    form = {
        "name": "from file",
        "stock_buffer": 1,
        "credentials": {"api_key": "k", "api_secret": "hush", "access_token": "hush"},
    }
    path = tmp_path / "channel.json"
    path.write_text(json.dumps(form))

    result = helm_jd(
        "channels", "put", "shop", "--file", str(path), "--name=mine", HELM_JD_PUBLIC_KEY=PUBLIC_KEY
    )
    typed = helm_jd(
        "channels", "put", "other", "-f", "-", typed=json.dumps(form), HELM_JD_PUBLIC_KEY=PUBLIC_KEY
    )

    assert (result.exit_code, typed.exit_code) == (0, 0)
    assert topic.channel("shop").settings.name == "mine"
    assert topic.channel("shop").settings.stock_buffer == 1
    assert topic.channel("other").settings.name == "from file"
    assert b"hush" not in (topic.snapshot().value_of(b"shop") or b"")


def test_credentials_can_be_typed_unseen(helm_jd: HelmJd, topic: Topic) -> None:
    """What the environment leaves out is asked for and not shown."""
    result = helm_jd(
        "channels",
        "put",
        "shop",
        "--credentials",
        "--is-active",
        typed="hush-key\nhush-secret\n\nhush-token\n\n\n",
        HELM_JD_PUBLIC_KEY=PUBLIC_KEY,
    )
    channel = topic.channel("shop")

    assert result.exit_code == 0, result.stderr
    assert isinstance(channel, Channel)
    assert channel.credentials.api_key == "hush-key"
    assert channel.credentials.app_id == ""
    assert channel.credentials.refresh_token is None
    assert "hush" not in result.output


def test_the_adapters_own_key_seals_where_no_public_key_is_set(
    helm_jd: HelmJd, topic: Topic
) -> None:
    """Whoever holds the private key needs no other."""
    private_key, _ = new_key()

    helm_jd(
        "channels",
        "put",
        "shop",
        "--is-active",
        HELM_JD_PUBLIC_KEY=None,
        HELM_JD_PRIVATE_KEYS=private_key.get_secret_value(),
        **SECRETS,
    )

    assert isinstance(topic.channel("shop", private_key), Channel)


@pytest.mark.parametrize(
    ("arguments", "variables", "says"),
    [
        (("--stock-buffer=-1",), {}, "stock_buffer: "),
        (("--stock-buffer=two",), {}, "stock_buffer: "),
        (("--order-importing-type=from_date",), {}, "import_orders_from: give an instant"),
        (("--is-active",), {}, "no credentials"),
        (("--api-endpoint=http://api.jd.com",), {}, "HELM_JD_HTTP_HOSTS"),
        ((), {"HELM_JD_ACCESS_TOKEN": "hush"}, "api_key, api_secret missing"),
        (("--public-key=hush",), SECRETS, "--public-key: a key is"),
        ((), {**SECRETS, "HELM_JD_PUBLIC_KEY": None, "HELM_JD_PRIVATE_KEYS": None}, "PUBLIC_KEY: "),
        (("--file", "nowhere.json"), {}, "nowhere.json: cannot be read"),
    ],
)
def test_what_could_not_work_is_refused(
    helm_jd: HelmJd,
    topic: Topic,
    arguments: tuple[str, ...],
    variables: dict[str, str | None],
    says: str,
) -> None:
    """The field and the remedy are named; nothing is written, no secret is repeated."""
    result = helm_jd("channels", "put", "shop", *arguments, **variables)

    assert result.exit_code == 2
    assert says in " ".join(result.stderr.split())
    assert result.stdout == ""
    assert "hush" not in result.stderr
    assert not topic.snapshot().records


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff",
        b'{"credentials": {"colour": "x"}}',
        b'{"credentials": {"api_key": "", "api_secret": "hush", "access_token": "hush"}}',
        b'{"stock_buffer": "x"}',
    ],
)
def test_a_file_that_is_no_form_is_refused(
    helm_jd: HelmJd, topic: Topic, tmp_path: Path, content: bytes
) -> None:
    """Nothing is written then."""
    path = tmp_path / "channel.json"
    path.write_bytes(content)

    result = helm_jd("channels", "put", "shop", "--file", str(path))

    assert result.exit_code == 2
    assert not topic.snapshot().records


def test_another_endpoint_needs_the_credentials_again(helm_jd: HelmJd, topic: Topic) -> None:
    """A box holds for the endpoint that it was sealed for, and for no other."""
    helm_jd("channels", "put", "shop", "--is-active", **SECRETS)

    refused = helm_jd("channels", "put", "shop", "--api-endpoint=https://jd.example")
    taken = helm_jd("channels", "put", "shop", "--api-endpoint=https://jd.example", **SECRETS)

    assert refused.exit_code == 2
    assert "give them again" in refused.stderr
    assert taken.exit_code == 0
    assert (
        json.loads(topic.snapshot().value_of(b"shop") or b"")["api_endpoint"]
        == "https://jd.example"
    )


def test_channels_are_activated_and_deactivated(helm_jd: HelmJd, topic: Topic) -> None:
    """Everything else of the channel stays."""
    helm_jd("channels", "put", "shop", f"--public-key={PUBLIC_KEY}", "--name=a", **SECRETS)

    activated = helm_jd("channels", "activate", "shop", "--json")
    active = topic.channel("shop")
    helm_jd("channels", "deactivate", "shop")
    inactive = topic.channel("shop")
    unknown = helm_jd("channels", "activate", "other")

    assert json.loads(activated.stdout)["changes"] == [
        {"field": "is_active", "before": False, "after": True}
    ]
    assert isinstance(active, Channel)
    assert isinstance(inactive, InactiveChannel)
    assert inactive.settings.name == "a"
    assert unknown.exit_code == 1
    assert "there is no channel other" in unknown.stderr


def test_a_channel_without_credentials_is_not_activated(helm_jd: HelmJd, topic: Topic) -> None:
    """It could not work."""
    helm_jd("channels", "put", "shop", "--name=a")

    result = helm_jd("channels", "activate", "shop")

    assert result.exit_code == 2
    assert isinstance(topic.channel("shop"), InactiveChannel)


def test_channels_are_listed_and_shown_without_their_boxes(helm_jd: HelmJd, topic: Topic) -> None:
    """People see a table, programs a document; neither sees what is sealed."""
    helm_jd("channels", "put", "b-shop", "--name=京东店", **SECRETS)
    helm_jd("channels", "put", "a-shop")
    sealed = json.loads(topic.snapshot().value_of(b"b-shop") or b"")["credentials"]["sealed"]

    table = helm_jd("channels", "list")
    listed = helm_jd("channels", "list", "--json")
    shown = helm_jd("channels", "show", "b-shop", "--json")
    page = helm_jd("channels", "show", "b-shop")
    channels = json.loads(listed.stdout)["channels"]

    assert "京东店" in table.stdout
    assert [item["channel_id"] for item in channels] == ["a-shop", "b-shop"]
    assert [item["credentials"] for item in channels] == [None, "sealed"]
    assert json.loads(shown.stdout)["stock_buffer"] == 0
    assert "stock_buffer" in page.stdout
    assert sealed not in table.stdout + listed.stdout + shown.stdout + page.stdout
    assert helm_jd("channels", "show", "c-shop").exit_code == 1


def test_a_record_that_cannot_be_read_is_listed_as_a_problem(helm_jd: HelmJd, topic: Topic) -> None:
    """The others are listed all the same; a new form can replace it."""
    helm_jd("channels", "put", "good")
    topic.publish("bad", b"{", 0)
    topic.publish("wrong", b'{"stock_buffer": "hush"}', 0)

    table = helm_jd("channels", "list")
    listed = json.loads(helm_jd("channels", "list", "--json").stdout)
    replaced = helm_jd("channels", "put", "bad", "--name=new")

    assert table.exit_code == 1
    assert "wrong: stock_buffer: " in table.stdout
    assert [item["channel_id"] for item in listed["problems"]] == ["bad", "wrong"]
    assert [item["channel_id"] for item in listed["channels"]] == ["good"]
    assert replaced.exit_code == 0
    assert "is replaced" in replaced.stderr
    assert "hush" not in table.output


def test_secrets_that_lie_open_are_not_written_again(helm_jd: HelmJd, topic: Topic) -> None:
    """A change takes them off the record."""
    topic.publish("shop", b'{"api_secret": "hush", "credentials": {"api_key": "hush"}}', 0)

    helm_jd("channels", "put", "shop", "--name=a")

    assert b"hush" not in (topic.snapshot().value_of(b"shop") or b"")


def test_a_removed_channel_is_gone_from_every_partition(helm_jd: HelmJd, topic: Topic) -> None:
    """A record elsewhere must not come back once the tombstone is compacted away."""
    other = 1 - shard_of("shop", 2)
    topic.publish("shop", b'{"name": "stray"}', other)
    helm_jd("channels", "put", "shop", "--name=a")

    kept = helm_jd("channels", "remove", "shop", typed="n\n")
    removed = helm_jd("channels", "remove", "shop", "--yes", "--json")
    records = topic.snapshot().records[b"shop"]

    assert kept.exit_code == 1
    assert json.loads(removed.stdout) == {"channel_id": "shop", "removed": True}
    assert {partition: last.value for partition, last in records.items()} == {0: None, 1: None}
    assert helm_jd("channels", "remove", "shop", "--yes").exit_code == 1


def test_without_its_topic_the_remedy_is_named(helm_jd: HelmJd) -> None:
    """The topics come first."""
    result = helm_jd("channels", "list")

    assert result.exit_code == 1
    assert "helm-jd topics create" in result.stderr
