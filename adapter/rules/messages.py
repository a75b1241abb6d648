"""Reads what others write to Kafka, and says in plain words why it cannot be read.

Values are never repeated: they may be secrets or a buyer's.
"""

from typing import TypeVar

from pydantic import ValidationError

from adapter.errors import MalformedRecord
from adapter.wire.fields import Incoming

Message = TypeVar("Message", bound=Incoming)

_MOST_FIELDS = 10


def read_message(model: type[Message], value: bytes | None, *, contract: str) -> Message:
    """Read a record's value.

    Args:
        model: What the topic holds.
        value: The bytes.
        contract: The topic's default name, under which contracts/helm/ describes it.

    Raises:
        MalformedRecord: Names the field, what is wrong with it, and where to look.
    """
    if value is None:
        reason = f"the record has no value; {contract} needs one: see contracts/helm/{contract}"
        raise MalformedRecord(reason)
    try:
        # Not `model_validate_json`: its own part costs half as much again, at every record.
        message: Message = model.__pydantic_validator__.validate_json(value)
    except ValidationError as error:
        wrong = error.errors(include_input=False, include_url=False, include_context=False)
        if wrong[0]["type"] == "json_invalid":
            raise MalformedRecord(_not_json(value, contract)) from None
        fields = "; ".join(
            f"{_dotted(item['loc'])}: {item['msg'].removeprefix('Value error, ')}"
            for item in wrong[:_MOST_FIELDS]
        )
        reason = f"{fields}. See contracts/helm/{contract}"
        raise MalformedRecord(reason, field=_dotted(wrong[0]["loc"])) from None
    return message


def require_key(key: bytes | None, expected: str) -> None:
    """Make sure that a table's record lies under the key that its fields name.

    Raises:
        MalformedRecord: It lies under another: compaction would keep both.
    """
    if key != expected.encode():
        message = f"key: must be {expected}, as the record's own fields say"
        raise MalformedRecord(message, field="key")


def unknown_fields(message: Incoming) -> int:
    """Count the fields that this version does not know."""
    return len(message.model_extra or {})


def _not_json(value: bytes, contract: str) -> str:
    try:
        value.decode()
    except UnicodeDecodeError:
        try:
            value.decode("gb18030")
        except UnicodeDecodeError:
            return "the value is not UTF-8; whoever writes this topic must write UTF-8 JSON"
        return (
            "the value is not UTF-8, but reads as GB18030; whoever writes this topic must "
            "write UTF-8 JSON"
        )
    return f"the value is not JSON; see contracts/helm/{contract}"


def _dotted(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location) or "record"
