import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from devstack.kafka.manifest import KAFKA_VERSION

CHECKOUT = Path(__file__).parents[1]
COMPOSE = CHECKOUT / "compose.yaml"
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(COMPOSE.read_text("utf-8"))["services"]
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text("utf-8")

every_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES.keys())


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("vendor.compose-spec", COMPOSE),
        ("vendor.github-workflows", CHECKOUT / ".github" / "workflows" / "ci.yaml"),
    ],
    ids=["compose", "workflow"],
)
def test_it_follows_its_specification(schema: str, path: Path) -> None:
    """No engine is needed to know that the file would be read."""
    check = subprocess.run(  # noqa: S603 -- a tool of this project on a file of this project
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(path)],
        capture_output=True,
        text=True,
        check=False,
    )

    assert check.returncode == 0, check.stdout


@every_service
def test_published_ports_are_for_this_machine_alone(service: dict[str, Any]) -> None:
    """A laptop in a foreign network offers nothing to it."""
    assert all(re.match(r"127\.0\.0\.1:\d+:\d+$", port) for port in service.get("ports", []))


@every_service
def test_images_are_pinned_or_built_here(service: dict[str, Any]) -> None:
    """What is fetched tomorrow is what was tried today."""
    name, _, tag = service["image"].rpartition(":")

    assert name == "helm-jd" if tag == "local" else re.search(r"\d+\.\d+\.\d+$", tag)
    assert ("build" in service) == (tag == "local")


@every_service
def test_no_service_runs_privileged(service: dict[str, Any]) -> None:
    """None asks for the machine's rights, its network or its engine."""
    assert not {"privileged", "network_mode", "pid", "cap_add", "devices"} & set(service)
    assert not any("docker.sock" in volume for volume in service.get("volumes", []))


def test_the_kafka_is_the_one_that_tests_use() -> None:
    """Local Kafka, container and compose file have the same version."""
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{KAFKA_VERSION}"


def test_secrets_come_from_outside_and_say_so_when_they_are_missing() -> None:
    """No secret is in the file; without one, Compose stops with what to do."""
    environment = SERVICES["helm-jd"]["environment"]

    for name in ("HELM_JD_PRIVATE_KEYS", "HELM_JD_WEB_TOKEN"):
        assert re.fullmatch(rf"\$\{{{name}:\?[^}}]+\.env}}", environment[name])


def test_the_adapter_waits_for_topics_and_topics_wait_for_kafka() -> None:
    """Nothing starts before what it needs."""
    assert SERVICES["topics"]["depends_on"]["kafka"]["condition"] == "service_healthy"
    adapter = SERVICES["helm-jd"]["depends_on"]["topics"]["condition"]
    assert adapter == "service_completed_successfully"


def test_the_images_steps_are_the_makefiles() -> None:
    """What builds the image can be tried without Docker, as the same targets."""
    makefile = (CHECKOUT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^RUN make ([\w -]+)$", DOCKERFILE, re.MULTILINE)

    assert targets == ["image-deps", "image-install"]
    for target in targets:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_image_runs_as_nobody_in_particular() -> None:
    """Its last user is a number that is not root's."""
    assert re.findall(r"^USER (\d+):(\d+)$", DOCKERFILE, re.MULTILINE) == [("10001", "10001")]


def test_the_image_gets_all_that_it_copies() -> None:
    """The ignore file lets through what the Dockerfile asks for, and nothing else."""
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    let_through = re.findall(
        r"^!(.+)$", (CHECKOUT / ".dockerignore").read_text("utf-8"), re.MULTILINE
    )

    assert sorted(" ".join(copied).split()) == sorted(let_through)
