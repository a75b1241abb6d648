"""The documents say what is true: commands, links, names and examples are held to the code."""

import ast
import asyncio
import hashlib
import json
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import jsonschema_rs
import pytest
import typer
from typer.main import get_command

import contracts
from adapter.cli.program import app
from adapter.diagnostics import Metrics
from adapter.errors import MalformedRecord, Misconfigured
from adapter.kafka.topics import TopicNames, topic_specs
from adapter.rules import diagnosis
from adapter.settings import CREDENTIAL_VARIABLES, load_settings, settings_rows
from devstack.kafka.jars import CACHE_VARIABLE, MIRROR_VARIABLE
from jd_simulator.__main__ import build_parser as simulator_parser

ROOT = Path(__file__).parents[1]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DOCUMENTS = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in (
        *ROOT.glob("*.md"),
        *(ROOT / "docs").rglob("*.md"),
        *(ROOT / "contracts").rglob("*.md"),
    )
}
README = DOCUMENTS["README.md"]
TROUBLESHOOTING = DOCUMENTS["docs/troubleshooting.md"]

APACHE_2 = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
"""SHA-256 of the license's text as the Apache Software Foundation publishes it."""
DAY_MS = 24 * 60 * 60 * 1000
INERT = "accepted and do nothing yet:"

_FENCED = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_VARIABLE = re.compile(r"HELM_JD_[A-Z0-9_]*[A-Z0-9](?![A-Z0-9_])")
_TOPIC = re.compile(r"(?<![\w/.-])(?:helm|jd|helm-jd)\.[a-z]+(?:-[a-z]+)*(?![\w.*(-])")
_PATH = re.compile(r"(?:adapter|benchmarks|contracts|devstack|docs|jd_simulator|tests)/[\w./-]*")

every_document = pytest.mark.parametrize("name", DOCUMENTS)


def code_in(name: str) -> Iterator[str]:
    """Give a document's code: each line of its blocks, each span of its prose."""
    text = DOCUMENTS[name]
    for block in _FENCED.finditer(text):
        yield from block.group(2).splitlines()
    yield from _SPAN.findall(_FENCED.sub("", text))


def blocks_of(text: str, language: str) -> list[str]:
    """Give a text's blocks of one language."""
    return [block for found, block in _FENCED.findall(text) if found == language]


def anchors_in(text: str) -> set[str]:
    """Give the names under which a page's headings can be linked to."""
    headings = re.findall(r"^#+ (.+)$", _FENCED.sub("", text), re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in kept}


def commands_in(name: str, program: str) -> Iterator[list[str]]:
    """Give the words that follow a program's name, for each place where a document calls it."""
    for code in code_in(name):
        for call in re.findall(rf"(?<![\w/:-]){program} (?=[a-z-])([^#|>)…]+)", code):
            yield shlex.split(call)


def refuse_unknown(group: object, words: list[str]) -> None:
    """Fail if a call names a command or an option that the program does not have."""
    command, left = group, list(words)
    while left and isinstance(command, typer.core.TyperGroup) and not left[0].startswith("-"):
        assert left[0] in command.commands, f"there is no command {left[0]} in {words}"
        command = command.commands[left.pop(0)]
    assert isinstance(command, typer.core.TyperCommand | typer.core.TyperGroup)
    known = {"--help"} | {
        option for item in command.params for option in (*item.opts, *item.secondary_opts)
    }
    assert {word for word in left if word.startswith("--")} <= known, words


@every_document
def test_links_lead_somewhere(name: str) -> None:
    """A relative link names a file that is there, and a heading of it."""
    for link in _LINK.findall(_FENCED.sub("", DOCUMENTS[name])):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = ((ROOT / name).parent / path).resolve() if path else ROOT / name

        assert target.exists(), link
        assert not anchor or anchor in anchors_in(target.read_text("utf-8")), link


@every_document
def test_paths_are_there(name: str) -> None:
    """What a document names as a file or folder of the repository is one."""
    for code in code_in(name):
        if _PATH.fullmatch(code):
            assert (ROOT / code).exists(), code


@every_document
def test_make_has_the_targets(name: str) -> None:
    """Every `make something` can be called."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

    for code in code_in(name):
        for target in re.findall(r"(?:^|&& )make ([a-z-]+)", code):
            assert target in targets


@every_document
def test_settings_exist(name: str) -> None:
    """Every HELM_JD_ variable is a setting, a credential, or one of the local Kafka's."""
    known = {variable for variable, _, _ in settings_rows()} | CREDENTIAL_VARIABLES

    assert set(_VARIABLE.findall(DOCUMENTS[name])) <= known | {CACHE_VARIABLE, MIRROR_VARIABLE}


@every_document
def test_topics_exist(name: str) -> None:
    """Every topic that is named is one of the adapter's, by its default name."""
    known = {item.default for item in fields(TopicNames)}
    named = {topic for code in code_in(name) for topic in _TOPIC.findall(code)}

    assert named <= known


@every_document
def test_commands_exist(name: str) -> None:
    """Every command that is written out exists, with its options."""
    for words in commands_in(name, "helm-jd"):
        refuse_unknown(get_command(app), words)
    for words in commands_in(name, "jd-simulator"):
        simulator_parser().parse_args(words)  # exits where it would refuse them


@every_document
def test_metrics_exist(name: str) -> None:
    """Every figure that is named is counted."""
    exposed = {
        sample.name for family in Metrics().registry.collect() for sample in family.samples
    } | {family.name + "_total" for family in Metrics().registry.collect()}
    exposed |= {family.name for family in Metrics().registry.collect()}

    assert set(re.findall(r"helm_jd_[a-z_]+", DOCUMENTS[name])) <= exposed


def test_keys_are_made_as_the_readme_says(tmp_path: Path) -> None:
    """The README's line makes a .env file that the adapter reads, and nobody else can."""
    (line,) = [line for line in blocks_of(README, "sh")[1].splitlines() if "keys new" in line]
    programs = Path(sys.executable).parent

    subprocess.run(  # noqa: S603 (the line is the README's own)
        ["/bin/sh", "-c", line],
        cwd=tmp_path,
        env={"PATH": f"{programs}:/usr/bin:/bin"},
        check=True,
    )
    file = tmp_path / ".env"

    assert len(load_settings(env_file=file).private_keys) == 1
    assert file.stat().st_mode & 0o077 == 0


def test_the_readmes_records_keep_to_their_contracts() -> None:
    """Each record that is shown passes the schema of the topic named last before it."""
    shown = [match for match in _FENCED.finditer(README) if match.group(1) == "json"]

    assert shown
    for record in shown:
        *_, topic = re.findall(r"`(helm\.[a-z-]+)`", README[: record.start()])
        schema = contracts.helm_message(topic).schema
        jsonschema_rs.validate(schema, json.loads(record.group(2)), validate_formats=True)


def test_the_readmes_example_runs(tmp_path: Path) -> None:
    """The test that the README shows to other teams passes."""
    (block,) = blocks_of(README, "python")
    file = tmp_path / "example.py"
    file.write_text(block, "utf-8")

    asyncio.run(runpy.run_path(str(file))["test_our_integration"]())


def test_fields_without_effect_are_told() -> None:
    """The README lists the fields of a channel that nothing reads yet, and no others."""
    listed = set(re.findall(r"`([a-z_]+)`", README.partition(INERT)[2].partition("\n## ")[0]))
    read = {
        node.attr
        for room in ("app.py", "flows", "rules", "jd", "kafka")
        for path in [ROOT / "adapter" / room, *(ROOT / "adapter" / room).rglob("*.py")]
        if path.is_file()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
    }
    schema = contracts.helm_message("helm.sales-channels").schema

    assert set(schema["properties"]) - read - {"logo_url"} == listed


def test_the_topics_are_described_as_they_are_made() -> None:
    """docs/topics.md has a row for each topic, as it is created and as the contract says."""
    about = contracts.load_json("helm", "envelope.json")["topics"]
    rows = []
    for spec in topic_specs(TopicNames(), 12):
        topic = about[spec.name]
        keys = [re.sub(r"[{}]", "", record["key"]["form"]) for record in topic["records"]]
        kept = "as long as it holds"
        if spec.retention_ms is not None:
            kept = f"{spec.retention_ms // DAY_MS} days"
        elif spec.min_compaction_lag_ms:
            kept = f"all of {spec.min_compaction_lag_ms // DAY_MS} days, then as long as it holds"
        cells = (
            f"`{spec.name}`",
            " or ".join(f"`{key}`" for key in keys if key) or "as it was",
            ", ".join(topic["written_by"]),
            " and ".join(sorted(spec.cleanup)),
            kept,
            "yes" if spec.is_sharded else "no",
            "broker's" if spec.is_log_append_time else "writer's",
            topic["holds"],
            topic["tombstone"] or "",
        )
        rows.append(f"| {' | '.join(cells)} |")
    described = [
        line for line in DOCUMENTS["docs/topics.md"].splitlines() if line.startswith("| `")
    ]

    assert sorted(described) == sorted(rows)


def test_every_problem_is_explained() -> None:
    """The page has each code that a shop's status may show, and no other."""
    source = "\n".join(
        path.read_text("utf-8")
        for room in ("flows", "rules")
        for path in (ROOT / "adapter" / room).glob("*.py")
    )
    codes = set(re.findall(r'^[A-Z_]+ = "([A-Z_]+)"$', source, re.MULTILINE))
    codes |= {*diagnosis._CODES.values(), "INTERNAL_ERROR"}  # noqa: SLF001 (the table itself)

    assert set(re.findall(r"^\| ([A-Z_]+) \|", TROUBLESHOOTING, re.MULTILINE)) == codes


def test_every_reason_of_a_quantity_is_explained() -> None:
    """The page has each code that `helm-jd explain` may name, and no other."""
    source = (ROOT / "adapter" / "rules" / "explaining.py").read_text("utf-8")
    named = set(re.findall(r'Reason\(\s*"([a-z_]+)"', source)) | {"hold", "unreadable", "no_share"}
    section = TROUBLESHOOTING.partition("## Stock not syncing")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \|", section, re.MULTILINE)

    assert {code for row in rows for code in re.findall(r"`([a-z_]+)`", row)} == named


def test_every_reason_of_dead_letters_is_explained() -> None:
    """The page has each reason for which a record of Helm's is set aside, and no other."""
    reasons = {MalformedRecord.reason, Misconfigured.reason, "internal_error"}
    section = TROUBLESHOOTING.partition("## Dead letters")[2]

    assert set(re.findall(r"^\| `([a-z_]+)` \|", section, re.MULTILINE)) == reasons | {
        "dead_letter_reason"
    }


def test_decisions_are_numbered_and_short() -> None:
    """Each is a statement and one paragraph, under a number of its own."""
    numbers = [path.name[:4] for path in DECISIONS]

    assert numbers == [f"{number:04d}" for number in range(1, len(DECISIONS) + 1)]
    for path in DECISIONS:
        parts = path.read_text("utf-8").strip().split("\n\n")
        slug = re.sub(r"[^a-z0-9 ]", "", parts[0].removeprefix("# ").lower().replace("-", " "))

        assert len(parts) == 2, path.name
        assert path.name[5:-3].replace("-", " ") == slug, path.name


def test_the_license_is_apaches_word_by_word() -> None:
    """LICENSE is the text itself, unabridged."""
    assert hashlib.sha256((ROOT / "LICENSE").read_bytes()).hexdigest() == APACHE_2
