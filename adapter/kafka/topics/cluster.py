"""The cluster's topics: compared with how they must be made, and created where missing."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, for_code

from adapter.errors import KafkaUnreachable, TopicsError
from adapter.kafka.connection import KafkaConnection
from adapter.kafka.topics.specs import FOREVER, TopicSpec

_START_S = 10.0
_VISIBLE_ATTEMPTS = 200
_VISIBLE_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class FoundTopic:
    """How a topic of the cluster is made."""

    partitions: int
    configs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TopicProblem:
    """What is wrong with a topic, and what mends it."""

    topic: str
    found: str
    """What is there."""
    needed: str
    """What must be there."""
    remedy: str
    """The command or setting that mends it."""

    def in_words(self) -> str:
        """Say it in a line."""
        return f"{self.topic}: {self.found}, needed: {self.needed}. {self.remedy}"


def topic_problems(
    specs: Sequence[TopicSpec], found: Mapping[str, FoundTopic], *, bootstrap_servers: str
) -> list[TopicProblem]:
    """Compare the topics that are needed with those that are there.

    Args:
        specs: What is needed.
        found: What is there, by name; topics not asked for are passed over.
        bootstrap_servers: For the commands in the remedies.

    Returns:
        Every difference that matters, in the order of `specs`.
    """
    problems = _shard_problems(specs, found)
    for spec in specs:
        topic = found.get(spec.name)
        if topic is None:
            problems.append(
                TopicProblem(
                    spec.name,
                    "is missing",
                    f"{spec.partitions} partitions, {_listed(spec.configs())}",
                    "Run: helm-jd topics create",
                )
            )
            continue
        wrong = {
            name: value
            for name, value in spec.configs().items()
            if not _suffices(name, topic.configs.get(name, ""), value)
        }
        if wrong:
            problems.append(
                TopicProblem(
                    spec.name,
                    "has " + _listed({name: topic.configs.get(name, "") for name in wrong}),
                    _listed(wrong),
                    f"Run: kafka-configs.sh --bootstrap-server {bootstrap_servers} --alter "
                    f"--entity-type topics --entity-name {spec.name} "
                    f"--add-config '{_as_option(wrong)}'",
                )
            )
    return problems


async def create_topics(
    connection: KafkaConnection,
    specs: Sequence[TopicSpec],
    replication_factor: int | None = None,
) -> list[str]:
    """Create the topics that are missing; those that exist stay as they are.

    Args:
        connection: The cluster.
        specs: How they must be made.
        replication_factor: Copies of each partition; None means 3, or as many as there are
            brokers if those are fewer. From 3 on, a write needs two copies.

    Returns:
        The names of those created, in the order of `specs`; they can be written to now.

    Raises:
        TopicsError: The cluster refused one; the message lists all refusals.
        KafkaUnreachable: No broker answered.
    """
    async with _admin(connection) as admin:
        copies = replication_factor or min(3, len((await admin.describe_cluster())["brokers"]))
        safety = {"min.insync.replicas": "2"} if copies >= 3 else {}
        answer = await admin.create_topics(
            [
                NewTopic(spec.name, spec.partitions, copies, topic_configs=spec.configs() | safety)
                for spec in specs
            ]
        )
        created, refusals = [], []
        for name, code, message in answer.topic_errors:
            if code == 0:
                created.append(name)
            elif code != TopicAlreadyExistsError.errno:
                refusals.append(f"{name}: {message or for_code(code).description}")
        if refusals:
            summary = "Kafka refused to create topics:\n" + "\n".join(sorted(refusals))
            raise TopicsError(summary)
        await _until_visible(admin, set(created))
    return [spec.name for spec in specs if spec.name in created]


async def check_topics(
    connection: KafkaConnection, specs: Sequence[TopicSpec]
) -> list[TopicProblem]:
    """Compare the cluster's topics with how they must be made.

    Raises:
        KafkaUnreachable: No broker answered.
    """
    async with _admin(connection) as admin:
        partitions = await _partitions(admin)
        names = [spec.name for spec in specs if spec.name in partitions]
        configs = await _configs(admin, names)
    found = {name: FoundTopic(partitions[name], configs.get(name, {})) for name in names}
    return topic_problems(specs, found, bootstrap_servers=connection.bootstrap_servers)


async def require_topics(connection: KafkaConnection, specs: Sequence[TopicSpec]) -> None:
    """Make sure that the cluster's topics are made as needed.

    Raises:
        TopicsError: They are not; the message lists every problem and its remedy.
        KafkaUnreachable: No broker answered.
    """
    problems = await check_topics(connection, specs)
    if problems:
        lines = "\n".join(f"  {problem.in_words()}" for problem in problems)
        message = (
            f"{len(problems)} problem(s) with topics at {connection.bootstrap_servers}:\n{lines}\n"
            "`helm-jd topics create` creates what is missing, `helm-jd topics check` looks again."
        )
        raise TopicsError(message)


async def partition_counts(connection: KafkaConnection) -> dict[str, int]:
    """Give how many partitions each of the cluster's topics has.

    Raises:
        KafkaUnreachable: No broker answered.
    """
    async with _admin(connection) as admin:
        return await _partitions(admin)


def _shard_problems(
    specs: Sequence[TopicSpec], found: Mapping[str, FoundTopic]
) -> list[TopicProblem]:
    sharded = [spec for spec in specs if spec.is_sharded and spec.name in found]
    counts = Counter(found[spec.name].partitions for spec in sharded)
    wrong = [spec for spec in sharded if found[spec.name].partitions != spec.partitions]
    if wrong and len(counts) == 1:
        # All agree among each other: it is the setting that is wrong, not every topic.
        (there,) = counts
        return [
            TopicProblem(
                "topics keyed by channel",
                f"all have {there} partitions",
                f"{wrong[0].partitions}, as HELM_JD_PARTITIONS says",
                f"Set HELM_JD_PARTITIONS={there}: their number is fixed for life",
            )
        ]
    return [
        TopicProblem(
            spec.name,
            f"has {found[spec.name].partitions} partitions",
            f"{spec.partitions}, the same in all topics keyed by channel",
            "Delete it with its records and run: helm-jd topics create. "
            "(Added partitions would leave records in shards that are no longer theirs.)",
        )
        for spec in wrong
    ]


def _suffices(name: str, there: str, needed: str) -> bool:
    if name == "cleanup.policy":
        return {part.strip() for part in there.split(",")} == set(needed.split(","))
    if name in {"retention.ms", "retention.bytes"}:
        return there == str(FOREVER) or (
            needed != str(FOREVER) and there.isdigit() and int(there) >= int(needed)
        )
    if name in {"min.compaction.lag.ms", "max.message.bytes"}:
        return there.isdigit() and int(there) >= int(needed)
    return there == needed


def _listed(configs: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={value}" for name, value in configs.items())


def _as_option(configs: Mapping[str, str]) -> str:
    return ",".join(
        f"{name}=[{value}]" if "," in value else f"{name}={value}"
        for name, value in configs.items()
    )


@contextlib.asynccontextmanager
async def _admin(connection: KafkaConnection) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(**connection.arguments())
    try:
        await asyncio.wait_for(admin.start(), _START_S)
        yield admin
    except (KafkaError, OSError, TimeoutError) as error:
        message = (
            f"Kafka at {connection.bootstrap_servers} did not answer about its topics "
            f"({type(error).__name__}); see HELM_JD_KAFKA_BOOTSTRAP_SERVERS"
        )
        raise KafkaUnreachable(message) from error
    finally:
        with contextlib.suppress(KafkaError, OSError, TimeoutError):
            await asyncio.wait_for(admin.close(), _START_S)


async def _partitions(admin: AIOKafkaAdminClient) -> dict[str, int]:
    # Asked for all topics, not by name: asking for a name may create it.
    topics: list[dict[str, Any]] = await admin.describe_topics()
    return {
        topic["topic"]: len(topic["partitions"]) for topic in topics if topic["error_code"] == 0
    }


async def _configs(
    admin: AIOKafkaAdminClient, names: Sequence[str]
) -> dict[str, Mapping[str, str]]:
    if not names:
        return {}
    answers = await admin.describe_configs(
        [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    )
    return {
        resource[3]: {entry[0]: entry[1] or "" for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }


async def _until_visible(admin: AIOKafkaAdminClient, names: set[str]) -> None:
    """Wait until brokers know what the controller created."""
    for _ in range(_VISIBLE_ATTEMPTS):
        if names <= (await _partitions(admin)).keys():
            return
        await asyncio.sleep(_VISIBLE_PAUSE_S)
    raise TimeoutError
