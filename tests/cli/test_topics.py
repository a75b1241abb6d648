"""`helm-jd topics`."""

import json

import pytest

from tests.cli.calling import HelmJd

pytestmark = pytest.mark.broker


def test_topics_are_created_once_and_then_pass(helm_jd: HelmJd, topic_prefix: str) -> None:
    """Creating is safe to repeat, and what it made passes the check."""
    first = helm_jd("topics", "create")
    second = helm_jd("topics", "create")
    check = helm_jd("topics", "check")

    assert f"created {topic_prefix}jd.orders\n" in first.stdout
    assert second.stdout == "every topic is there\n"
    assert check.stdout == "all 17 topics are made as they must be\n"
    assert (first.exit_code, second.exit_code, check.exit_code) == (0, 0, 0)


def test_missing_topics_are_a_problem(helm_jd: HelmJd, topic_prefix: str) -> None:
    """Each is named with the command that creates it."""
    result = helm_jd("topics", "check")

    assert result.exit_code == 1
    assert result.stdout.count("helm-jd topics create") == 17
    assert f"{topic_prefix}jd.orders: is missing" in result.stdout


def test_as_json_there_is_one_document(helm_jd: HelmJd) -> None:
    """What was created and what is wrong can be read by programs."""
    missing = json.loads(helm_jd("topics", "check", "--json").stdout)
    created = json.loads(helm_jd("topics", "create", "--json").stdout)
    check = json.loads(helm_jd("topics", "check", "--json").stdout)

    assert len(missing["problems"]) == 17
    assert missing["problems"][0].keys() == {"topic", "found", "needed", "remedy"}
    assert len(created["created"]) == 17
    assert check == {"problems": []}


def test_another_number_of_shards_is_a_problem_of_the_setting(helm_jd: HelmJd) -> None:
    """Topics keep the number they were made with."""
    helm_jd("topics", "create")

    result = helm_jd("topics", "check", HELM_JD_PARTITIONS="3")

    assert result.exit_code == 1
    assert "Set HELM_JD_PARTITIONS=2" in result.stdout


def test_what_the_cluster_refuses_is_told(helm_jd: HelmJd) -> None:
    """More copies than brokers cannot be made."""
    result = helm_jd("topics", "create", "--replication-factor", "9")

    assert result.exit_code == 1
    assert "error: Kafka refused to create topics" in result.stderr
