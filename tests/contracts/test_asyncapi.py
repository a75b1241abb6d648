"""The AsyncAPI document is that of the code, is valid, and none of its references leads nowhere."""

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

import contracts
from adapter.kafka.topics import TopicNames
from contracts import Json, JsonObject
from contracts.asyncapi import asyncapi_document
from devstack.asyncapi import COMMAND, FILE, asyncapi_text, main

SPECS = "@asyncapi/specs@6.11.1"
SCHEMA = "package/schemas/3.0.0.json"
SCHEMA_SHA256 = "d4571a420e6ffb7fcc7066c95a6db1202f299a3c51daa103d0706bf30f95e626"
CACHE = Path(__file__).parents[2] / ".cache" / "asyncapi-3.0.0.json"


def references(node: Json) -> Iterator[str]:
    """Give every `$ref` in a document."""
    if isinstance(node, list):
        for item in node:
            yield from references(item)
    elif isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)


def found(document: Json, reference: str) -> Json:
    """Follow a reference.

    Raises:
        KeyError: It leads nowhere.
    """
    node = document
    for step in reference.removeprefix("#/").split("/"):
        node = node[step]
    return node


@pytest.fixture(scope="module")
def official_schema() -> JsonObject:
    """Fetch AsyncAPI's own JSON schema of a document, once for this checkout."""
    if not CACHE.is_file():
        try:
            fetch_official_schema(CACHE)
        except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
            reason = f"npm cannot fetch {SPECS}: {error}"
            (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    text = CACHE.read_bytes()
    assert hashlib.sha256(text).hexdigest() == SCHEMA_SHA256, f"{CACHE} is not AsyncAPI's"
    schema: JsonObject = json.loads(text)
    return schema


def fetch_official_schema(target: Path) -> None:
    """Fetch the npm package and keep the one file of it that is needed.

    Raises:
        OSError: There is no npm.
        subprocess.SubprocessError: npm failed, or took too long.
    """
    npm = shutil.which("npm")
    if npm is None:
        message = "npm is not installed"
        raise FileNotFoundError(message)
    folder = target.parent / f"{target.stem}-{os.getpid()}"
    folder.mkdir(parents=True)
    try:
        command = [npm, "pack", SPECS, "--silent", "--pack-destination", str(folder)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)  # noqa: S603 - fixed
        with tarfile.open(next(folder.glob("*.tgz"))) as package:
            (content := package.extractfile(SCHEMA)) or pytest.fail(f"{SPECS} has no {SCHEMA}")
            assert content is not None
            (folder / "schema").write_bytes(content.read())
        (folder / "schema").replace(target)  # whole or not at all
    finally:
        shutil.rmtree(folder)


def test_the_committed_document_is_that_of_the_contract() -> None:
    """Whoever changes a schema writes the document anew."""
    assert FILE.read_text(encoding="utf-8") == asyncapi_text(), f"run: {COMMAND}"
    assert YAML(typ="safe").load(FILE) == asyncapi_document()


def test_the_document_is_valid(official_schema: JsonObject) -> None:
    """AsyncAPI's own schema accepts it, and refuses it with anything broken."""
    validator = jsonschema_rs.Draft7Validator(official_schema)
    document = asyncapi_document()
    nameless = {**document, "info": {"version": "1"}}
    odd = {
        **document,
        "operations": {"x": {"action": "shout", "channel": {"$ref": "#/channels/x"}}},
    }

    assert [error.message for error in validator.iter_errors(document)] == []
    assert not validator.is_valid(nameless)
    assert not validator.is_valid(odd)


def test_no_reference_leads_nowhere() -> None:
    """Everything referred to is in the document, and nothing is there that nobody needs."""
    document = asyncapi_document()
    named = set(references(document))
    kept = {
        f"#/components/{kind}/{name}"
        for kind, parts in document["components"].items()
        for name in parts
    }

    assert all(found(document, reference) is not None for reference in named)
    # The two that no message is: what a sealed box holds, and either of two messages at once.
    assert kept - named == {
        "#/components/schemas/sealed-credentials",
        "#/components/schemas/jd.channel-status",
    }


def test_every_topic_is_a_channel() -> None:
    """Under the name that it is given."""
    names = {getattr(TopicNames(), item.name) for item in fields(TopicNames)}
    renamed = asyncapi_document({"jd.orders": "shop.orders"})

    assert set(asyncapi_document()["channels"]) == names
    assert renamed["channels"]["jd.orders"]["address"] == "shop.orders"
    assert renamed["channels"]["jd.orders"]["bindings"]["kafka"]["topic"] == "shop.orders"
    assert renamed["channels"]["jd.listings"]["address"] == "jd.listings"


@pytest.mark.parametrize("topic", [name for name in contracts.helm_messages() if "." in name])
def test_a_message_s_payload_is_its_schema(topic: str) -> None:
    """What the contract's schema accepts and refuses, the document's does too."""
    document = asyncapi_document()
    channel = document["channels"][topic]
    payloads = [
        found(document, reference["$ref"])["payload"] for reference in channel["messages"].values()
    ]
    schema = {"components": document["components"], "anyOf": payloads}
    validator = jsonschema_rs.Draft7Validator(schema, validate_formats=True)
    message = contracts.helm_message(topic)

    assert all(validator.is_valid(example) for example in message.valid.values())
    assert not any(validator.is_valid(example) for example in message.invalid.values())


def test_only_what_differs_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second run has nothing to say."""
    file = tmp_path / "asyncapi.yaml"
    main(file)
    main(file)

    assert capsys.readouterr().out == "wrote asyncapi.yaml\n"
    assert file.read_text(encoding="utf-8") == asyncapi_text()
