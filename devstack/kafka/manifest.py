"""The list of the files that the broker consists of, with their checksums.

Source: `devstack/kafka-jars.sha256`, one line a file: its SHA-256 and its path in a Maven
repository. `python -m devstack.kafka.lock` writes it.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

KAFKA_VERSION = "4.3.1"
COORDINATES = (f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}", "org.slf4j:slf4j-simple:1.7.36")
MANIFEST = Path(__file__).parents[1] / "kafka-jars.sha256"


@dataclass(frozen=True, kw_only=True)
class Jar:
    """One file of the broker."""

    path: PurePosixPath
    """Where it lies below the root of a Maven repository, and of the cache."""
    sha256: str
    """Hexadecimal digest of its content."""

    def is_intact(self, cache: Path) -> bool:
        """Tell whether the cache holds this file with the right content."""
        try:
            return sha256_of(cache / self.path) == self.sha256
        except FileNotFoundError:
            return False


def listed_jars() -> list[Jar]:
    """Read the manifest."""
    pairs = (line.split() for line in MANIFEST.read_text("ascii").splitlines())
    return [Jar(path=PurePosixPath(path), sha256=sha256) for sha256, path in pairs]


def sha256_of(path: Path) -> str:
    """Compute the hexadecimal digest of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
