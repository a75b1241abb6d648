"""The Kafka messages as an AsyncAPI 3 document.

The document is made from the schemas and `envelope.json`; topics may have other names in it.
AsyncAPI knows JSON Schema draft 7: nothing in the messages' schemas is newer but `$defs`, whose
pieces become components here.

Source: contracts/helm.
"""

from collections.abc import Mapping

from contracts import Json, JsonObject, helm_message, load_json

__all__ = ["asyncapi_document"]

_BINDING = "0.5.0"
_DAY_MS = 24 * 60 * 60 * 1000
_DEAD_LETTERS = "helm-jd.dead-letters"
_SEALED = "sealed-credentials"
_TOMBSTONE = "tombstone"
_MAJOR_VERSION = "1"
"""Of the messages, as in their types and their schemas' ids."""


def asyncapi_document(names: Mapping[str, str] | None = None) -> JsonObject:
    """Describe every topic, its records and who writes them.

    Args:
        names: What topics are called, by their default names; those not named keep these.

    Returns:
        The document, ready to be written as JSON or YAML. Operations are the adapter's: it
        receives what Helm sends.
    """
    envelope = load_json("helm", "envelope.json")
    topics: Mapping[str, JsonObject] = envelope["topics"]
    schemas = {_SEALED: helm_message(_SEALED).schema}
    schemas |= {
        topic: helm_message(topic).schema
        for topic, about in topics.items()
        if not about["is_private"]
    }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "helm-jd",
            "version": _MAJOR_VERSION,
            "description": "What Helm and the adapter tell each other over Kafka. "
            "Read what the adapter writes with isolation level read_committed.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "channels": {
            topic: _channel(about, (names or {}).get(topic, topic))
            for topic, about in topics.items()
        },
        "operations": {
            f"{action}.{topic}": {
                "action": action,
                "channel": {"$ref": f"#/channels/{topic}"},
                "summary": about["holds"],
            }
            for topic, about in topics.items()
            for action in _actions(about)
        },
        "components": {
            "messages": {
                name: message
                for topic, about in topics.items()
                for name, message in _messages(topic, about, envelope).items()
            },
            "schemas": {
                name: part
                for topic, schema in schemas.items()
                for name, part in _parts(topic, schema).items()
            },
        },
    }


def _channel(about: JsonObject, name: str) -> JsonObject:
    configuration: JsonObject = {"cleanup.policy": about["cleanup"]}
    if about["retention_days"] is not None:
        configuration["retention.ms"] = about["retention_days"] * _DAY_MS
    description = about["holds"]
    if about["tombstone"] is not None:
        description += f" A record without value means: {about['tombstone']}"
    if about["is_private"]:
        description += " The adapter's own; its form may change with every release."
    return {
        "address": name,
        "description": description,
        "messages": {
            kind: {"$ref": f"#/components/messages/{kind}"} for kind in _message_names(about)
        },
        "bindings": {
            "kafka": {
                "topic": name,
                "topicConfiguration": configuration,
                "bindingVersion": _BINDING,
            }
        },
    }


def _actions(about: JsonObject) -> list[str]:
    if about["is_private"]:
        return ["send", "receive"]
    return ["send" if "adapter" in about["written_by"] else "receive"]


def _message_names(about: JsonObject) -> list[str]:
    kinds = [shape["ce_type"] for shape in about["records"]]
    return [*kinds, f"{kinds[0]}.{_TOMBSTONE}"] if about["tombstone"] is not None else kinds


def _messages(topic: str, about: JsonObject, envelope: JsonObject) -> JsonObject:
    messages: JsonObject = {}
    for shape in about["records"]:
        key = {
            "kafka": {
                "key": {
                    "type": "string",
                    "pattern": shape["key"]["pattern"],
                    "description": shape["key"]["form"] or "The key of the record that it was.",
                },
                "bindingVersion": _BINDING,
            }
        }
        is_ours = "adapter" in about["written_by"]
        messages[shape["ce_type"]] = {
            "title": about["holds"],
            "contentType": "application/octet-stream"
            if topic == _DEAD_LETTERS
            else "application/json",
            "headers": _headers(topic, envelope, is_required=is_ours),
            "payload": _payload(topic, about, shape["definition"]),
            "bindings": key,
        }
    if about["tombstone"] is not None:
        first = about["records"][0]["ce_type"]
        messages[f"{first}.{_TOMBSTONE}"] = {
            "title": about["tombstone"],
            "payload": {"type": "null"},
            "bindings": messages[first]["bindings"],
        }
    return messages


def _payload(topic: str, about: JsonObject, definition: str | None) -> JsonObject:
    if topic == _DEAD_LETTERS:
        return {"description": "The record's own bytes, whatever they are."}
    if about["is_private"]:
        return {"type": "object", "description": "The adapter's own."}
    return {"$ref": _reference(topic, definition)}


def _headers(topic: str, envelope: JsonObject, *, is_required: bool) -> JsonObject:
    rules = dict(envelope["headers"])
    if topic == _DEAD_LETTERS:
        letters: Mapping[str, JsonObject] = envelope["dead_letter_headers"]
        rules = {name: {**rule, "required": True} for name, rule in letters.items()}
    headers: JsonObject = {
        "type": "object",
        "properties": {
            name: {"type": "string", "pattern": rule["pattern"], "description": rule["holds"]}
            for name, rule in rules.items()
        },
    }
    required = [name for name, rule in rules.items() if rule["required"]]
    return {**headers, "required": required} if is_required else headers


def _parts(topic: str, schema: JsonObject) -> JsonObject:
    """Take a schema apart into components, one for each of its definitions."""
    parts = {
        _component(topic, name): _moved(topic, part)
        for name, part in schema.get("$defs", {}).items()
    }
    root = {
        name: value
        for name, value in schema.items()
        if name not in ("$schema", "$id", "$comment", "$defs")
    }
    return {_component(topic, None): _moved(topic, root), **parts}


def _moved(topic: str, node: Json) -> Json:
    """Copy a piece of a schema, its references pointing to components."""
    if isinstance(node, list):
        return [_moved(topic, item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: _reference(topic, value.removeprefix("#/$defs/"))
        if name == "$ref"
        else _moved(topic, value)
        for name, value in node.items()
    }


def _reference(topic: str, definition: str | None) -> str:
    return f"#/components/schemas/{_component(topic, definition)}"


def _component(topic: str, definition: str | None) -> str:
    return topic if definition is None else f"{topic}.{definition}"
