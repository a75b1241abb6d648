"""Keep the contract of a release, so that later changes can be held to it.

`python -m devstack.released VERSION` copies schemas and envelope to `contracts/released/VERSION`.
It is part of making a release; a snapshot that is there stays as it is.

Source: contracts/helm.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import contracts
from contracts import JsonObject

FOLDER = Path(__file__).parents[1] / "contracts" / "released"
ENVELOPE = "envelope.json"


def last_release(folder: Path = FOLDER) -> Path:
    """Give the snapshot of the last release.

    Raises:
        FileNotFoundError: Nothing was released yet.
    """
    snapshots = [entry for entry in folder.iterdir() if entry.is_dir()]
    if not snapshots:
        message = f"{folder} holds no release"
        raise FileNotFoundError(message)
    return max(snapshots, key=lambda entry: _as_numbers(entry.name))


def released_schemas(snapshot: Path) -> dict[str, JsonObject]:
    """Load a snapshot's schemas, by topic."""
    return {
        file.name.removesuffix(".schema.json"): json.loads(file.read_text(encoding="utf-8"))
        for file in sorted(snapshot.glob("*.schema.json"))
    }


def released_envelope(snapshot: Path) -> JsonObject:
    """Load a snapshot's envelope."""
    envelope: JsonObject = json.loads((snapshot / ENVELOPE).read_text(encoding="utf-8"))
    return envelope


def keep(version: str, folder: Path = FOLDER) -> Path:
    """Copy the contract as it is now.

    Args:
        version: Numbers with points between them.
        folder: Where the snapshots lie.

    Raises:
        ValueError: That is no version.
        FileExistsError: That version was released.
    """
    _as_numbers(version)
    snapshot = folder / version
    snapshot.mkdir(parents=True)
    for topic in contracts.helm_messages():
        _write(snapshot / f"{topic}.schema.json", contracts.helm_message(topic).schema)
    _write(snapshot / ENVELOPE, contracts.load_json("helm", ENVELOPE))
    return snapshot


def main(arguments: Sequence[str]) -> None:
    """Keep the contract under the version that is given."""
    if len(arguments) != 1:
        sys.exit("usage: python -m devstack.released VERSION")
    try:
        kept = keep(arguments[0])
    except (ValueError, FileExistsError) as error:
        sys.exit(f"devstack.released: {error}")
    sys.stdout.write(f"kept {kept.name}\n")


def _as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _write(file: Path, content: JsonObject) -> None:
    file.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
