"""`helm-jd topics`: the topics on the cluster."""

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer

from adapter.cli.environment import reachable_kafka, settings_of_command
from adapter.cli.output import PROBLEM_FOUND, AsJson, ends_cleanly, print_json, say
from adapter.kafka.topics import (
    TopicProblem,
    TopicSpec,
    check_topics,
    create_topics,
    topic_specs,
)
from adapter.settings import Settings

app = typer.Typer(name="topics", no_args_is_help=True, help="The topics on the Kafka cluster.")

ReplicationFactor = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Copies of each partition. [default: HELM_JD_REPLICATION_FACTOR, else 3, or one a "
        "broker if there are fewer]",
    ),
]


@app.command()
@ends_cleanly
def create(*, replication_factor: ReplicationFactor = None, as_json: AsJson = False) -> None:
    """Create the topics that are missing, then check all of them."""
    settings = settings_of_command()
    copies = replication_factor or settings.replication_factor
    created, problems = asyncio.run(_create(settings, copies))
    if as_json:
        print_json({"created": created, "problems": [asdict(problem) for problem in problems]})
    else:
        for name in created:
            say(f"created {name}")
        if not created:
            say("every topic is there")
        _print_problems(problems)
    if problems:
        raise typer.Exit(PROBLEM_FOUND)


@app.command()
@ends_cleanly
def check(*, as_json: AsJson = False) -> None:
    """Compare the topics with how they must be made; exit 1 if any is not."""
    settings = settings_of_command()
    problems = asyncio.run(_check(settings))
    if as_json:
        print_json({"problems": [asdict(problem) for problem in problems]})
    else:
        _print_problems(problems)
        if not problems:
            say(f"all {len(_specs(settings))} topics are made as they must be")
    if problems:
        raise typer.Exit(PROBLEM_FOUND)


async def _create(
    settings: Settings, replication_factor: int | None
) -> tuple[list[str], list[TopicProblem]]:
    connection = await reachable_kafka(settings)
    created = await create_topics(connection, _specs(settings), replication_factor)
    return created, await check_topics(connection, _specs(settings))


async def _check(settings: Settings) -> list[TopicProblem]:
    return await check_topics(await reachable_kafka(settings), _specs(settings))


def _specs(settings: Settings) -> list[TopicSpec]:
    return topic_specs(settings.topics, settings.partitions)


def _print_problems(problems: list[TopicProblem]) -> None:
    for problem in problems:
        say(problem.in_words())
