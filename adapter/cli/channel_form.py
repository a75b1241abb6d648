"""A channel's record as a form: options, file and present record made into the next record."""

import inspect
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from adapter.errors import MalformedRecord
from adapter.rules.channels import (
    require_workable,
    seal,
    without_credentials,
    wrong_fields,
)
from adapter.rules.endpoints import same_endpoint
from adapter.wire.helm import Credentials, SalesChannel

Document = dict[str, Any]

_FIELDS: dict[str, Document] = SalesChannel.model_json_schema()["properties"]
_OF_THE_RECORD = {"channel_id", "api_endpoint"}
CREDENTIAL_FIELDS = tuple(name for name in Credentials.model_fields if name not in _OF_THE_RECORD)
"""What whoever writes a channel knows; the rest of the box is in the record already."""

REQUIRED_CREDENTIALS = tuple(
    name for name in CREDENTIAL_FIELDS if Credentials.model_fields[name].is_required()
)
"""Those without which there is nothing to seal."""


@dataclass(frozen=True, slots=True)
class Change:
    """One field of a channel before and after; of credentials only that they are others."""

    field: str
    before: Any
    after: Any


def field_options() -> list[inspect.Parameter]:
    """Make a command's parameters of the channel's fields, one option a field."""
    return [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=_annotation(name, schema),
        )
        for name, schema in _FIELDS.items()
        if name not in {"channel_id", "credentials"}
    ]


def given_fields(options: Mapping[str, str | bool | None]) -> Document:
    """Read the options that were given as the fields' JSON values; `null` clears a field."""
    return {
        name: _field_value(name, option) for name, option in options.items() if option is not None
    }


def present_document(value: bytes | None) -> Document:
    """Read the present record for a change; secrets that lie open in it are left out.

    Returns:
        Empty when there is no record, or none that is a JSON object.
    """
    try:
        document = json.loads(value or b"")
    except (ValueError, RecursionError):
        return {}
    if not isinstance(document, dict):
        return {}
    kept: Document = json.loads(without_credentials(value or b""))
    box = document.get("credentials")
    if isinstance(box, dict) and isinstance(box.get("sealed"), str):
        kept["credentials"] = {"sealed": box["sealed"]}
    return kept


def next_document(
    channel_id: str,
    *,
    present: Mapping[str, Any],
    given: Mapping[str, Any],
    credentials: Mapping[str, str] | None,
    public_key: str,
    http_hosts: Collection[str],
) -> Document:
    """Put what is given over the present record, and check what comes of it.

    Args:
        channel_id: The record's key.
        present: The present record, as `present_document` gives it.
        given: Fields that change.
        credentials: `CREDENTIAL_FIELDS`, open, to be sealed; None leaves the present box.
        public_key: Seals them.
        http_hosts: Hosts to which plain http is allowed beside loopback.

    Returns:
        The next record; fields that were never given are not in it.

    Raises:
        MalformedRecord: A field is wrong.
        Misconfigured: The channel could not work so.
    """
    document = {**present, **given, "channel_id": channel_id}
    settings = checked(document)
    if credentials is not None:
        content = {
            **credentials,
            "channel_id": channel_id,
            "api_endpoint": settings.api_endpoint,
        }
        document["credentials"] = {"sealed": seal(_checked_credentials(content), public_key)}
        settings = checked(document)
    elif (
        settings.credentials is not None
        and "credentials" not in given
        and not same_endpoint(_value(present, "api_endpoint"), settings.api_endpoint)
    ):
        message = (
            "api_endpoint: the credentials were sealed for the former API Endpoint; give them "
            "again (--credentials asks for them)"
        )
        raise MalformedRecord(message, field="api_endpoint")
    require_workable(channel_id, settings, http_hosts)
    return document


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """List the fields that differ; one that was never given has its default."""
    names = [*_FIELDS, *sorted({*before, *after} - {*_FIELDS})]
    return [
        Change(name, _shown(name, before), _shown(name, after, "sealed anew"))
        for name in names
        if name != "channel_id" and _value(before, name) != _value(after, name)
    ]


def shown_settings(channel_id: str, settings: SalesChannel) -> Document:
    """Give a channel for people: every field, and of the box only that it is there."""
    document = settings.model_dump(mode="json") | {"channel_id": channel_id}
    return {name: _shown(name, document) for name in document}


def checked(document: Mapping[str, Any]) -> SalesChannel:
    """Read a document as a channel.

    Raises:
        MalformedRecord: It is none; the message names each wrong field, no value.
    """
    try:
        return SalesChannel.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise MalformedRecord(wrong_fields(error)) from None


def _checked_credentials(content: Mapping[str, str]) -> Credentials:
    try:
        return Credentials.model_validate(content)
    except ValidationError as error:
        message = f"credentials: {wrong_fields(error)}"
        raise MalformedRecord(message, field="credentials") from None


def _annotation(name: str, schema: Document) -> Any:  # noqa: ANN401 (a type that typer reads)
    flag = name.replace("_", "-")
    meaning = schema["description"].replace("\n", " ")
    if schema.get("default") not in (None, "", {}):
        meaning += f" [default: {json.dumps(schema['default']).strip(chr(34))}]"
    if "boolean" in _types(schema):
        return Annotated[bool | None, typer.Option(f"--{flag}/--no-{flag}", help=meaning)]
    return Annotated[str | None, typer.Option(f"--{flag}", help=meaning, metavar=_metavar(schema))]


def _metavar(schema: Document) -> str:
    if "enum" in schema:
        return "|".join(schema["enum"])
    return "|".join(sorted(_types(schema))).upper()


def _types(schema: Document) -> set[str]:
    return {str(part["type"]) for part in schema.get("anyOf", [schema]) if "type" in part}


def _field_value(name: str, option: object) -> Any:  # noqa: ANN401 (a JSON value)
    types = _types(_FIELDS[name])
    if option == "null" and "null" in types:
        return None
    if not isinstance(option, str) or "string" in types:
        return option
    try:
        return json.loads(option)
    except ValueError:
        return option  # the check says what is wrong with it


def _value(document: Mapping[str, Any], name: str) -> Any:  # noqa: ANN401 (a JSON value)
    return document.get(name, _FIELDS.get(name, {}).get("default"))


def _shown(name: str, document: Mapping[str, Any], sealed: str = "sealed") -> Any:  # noqa: ANN401 (a JSON value)
    value = _value(document, name)
    return (sealed if value else None) if name == "credentials" else value
