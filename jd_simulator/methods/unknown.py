"""Parameters that a method does not know: accepted, as JD does, and noted in the journal.

Source: contracts/jd/<method>/request.schema.json
"""

from collections.abc import Iterator, Mapping
from typing import Any, Union

Names = Mapping[str, Union["Names", None]]
"""Names of an object's fields, with those of the objects below; None: no object."""


def known_names(schema: Mapping[str, Any]) -> Names | None:
    """Read the names out of a schema of an object, or of an array of objects."""
    properties = schema.get("properties") or schema.get("items", {}).get("properties")
    if properties is None:
        return None
    return {name: known_names(described) for name, described in properties.items()}


def unknown_names(value: object, known: Names, path: str = "") -> Iterator[str]:
    """Name the fields that are not known, by their path without numbers of arrays."""
    # Only as deep as what is known goes: a caller may nest lists in lists without end.
    for item in value if isinstance(value, list) else [value]:
        for name, inner in item.items() if isinstance(item, Mapping) else ():
            if name not in known:
                yield f"{path}{name}"
            elif (below := known[name]) is not None:
                yield from unknown_names(inner, below, f"{path}{name}.")
