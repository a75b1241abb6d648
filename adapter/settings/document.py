"""The settings as a document, made from their model."""

from collections.abc import Iterator
from dataclasses import fields

from adapter.kafka.topics import TopicNames
from adapter.settings.model import Settings, variable_of

_HEAD = """# Settings

Every setting is an environment variable, or a line of a `.env` file in the folder that `helm-jd`
is started in; the environment goes before the file, and a variable without a value counts as not
set. Durations are in seconds. `helm-jd settings` prints this page.

"""


def settings_page() -> str:
    """Give docs/settings.md."""
    return _HEAD + settings_table()


def settings_table() -> str:
    """Give every setting as a Markdown table."""
    rows = ["| variable | default | meaning |", "|---|---|---|"]
    for variable, default, meaning in settings_rows():
        shown = f"`{default}`" if default else ""
        rows.append(f"| `{variable}` | {shown} | {meaning} |")
    return "\n".join(rows) + "\n"


def settings_rows() -> Iterator[tuple[str, str, str]]:
    """Give variable, default (empty when there is none) and meaning of every setting."""
    for name, field in Settings.model_fields.items():
        if name == "topic":
            for item in fields(TopicNames):
                yield variable_of(name, item.name), str(item.default), "The topic's name."
            continue
        default = f"{field.default:g}" if isinstance(field.default, float) else field.default
        meaning = " ".join((field.description or "").split())
        yield variable_of(name), str(default) if default else "", meaning
