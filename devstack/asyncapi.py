"""Write `contracts/asyncapi.yaml`, the AsyncAPI document under the topics' default names.

`python -m devstack.asyncapi` brings it up to date.

Source: contracts/asyncapi.py.
"""

import io
import sys
from pathlib import Path

from ruamel.yaml import YAML

from contracts.asyncapi import asyncapi_document

COMMAND = "python -m devstack.asyncapi"
FILE = Path(__file__).parents[1] / "contracts" / "asyncapi.yaml"


def asyncapi_text() -> str:
    """Make the file's text."""
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.representer.ignore_aliases = lambda _: True  # every piece stands where it is read
    yaml.width = 100
    text = io.StringIO()
    text.write(f"# Made from contracts/helm. To change it, change that and run: {COMMAND}\n")
    yaml.dump(asyncapi_document(), text)
    return text.getvalue()


def main(file: Path = FILE) -> None:
    """Bring the file up to date, and say so if it was not."""
    text = asyncapi_text()
    if not file.is_file() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {file.name}\n")


if __name__ == "__main__":
    main()
