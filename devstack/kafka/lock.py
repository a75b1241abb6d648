"""Write the manifest of the broker's files anew: `python -m devstack.kafka.lock`.

To be run after a change of version in `devstack.kafka.manifest`. Only here are dependencies
resolved; a start fetches exactly what the manifest lists.
"""

import sys
import tempfile
from pathlib import Path, PurePosixPath

from jgo.maven import MavenContext, PythonResolver

from devstack.kafka.manifest import COORDINATES, MANIFEST, Jar, sha256_of


def resolved_jars(cache: Path) -> list[Jar]:
    """Resolve the broker's dependencies and fetch them into an empty folder."""
    resolver = PythonResolver()
    context = MavenContext(resolver=resolver, repo_cache=cache, local_repos=[])
    wanted = [context.create_dependency(name) for name in COORDINATES]
    inputs, transitive = resolver.resolve(wanted)
    files = [dependency.artifact.resolve() for dependency in (*inputs, *transitive)]
    return sorted(
        (
            Jar(path=PurePosixPath(file.relative_to(cache).as_posix()), sha256=sha256_of(file))
            for file in files
        ),
        key=lambda jar: jar.path,
    )


def main() -> None:
    """Write the manifest anew from what the registry serves now."""
    with tempfile.TemporaryDirectory() as folder:
        jars = resolved_jars(Path(folder))
    MANIFEST.write_text("".join(f"{jar.sha256}  {jar.path}\n" for jar in jars), "ascii")
    sys.stdout.write(f"{MANIFEST.name}: {len(jars)} files\n")


if __name__ == "__main__":
    main()
