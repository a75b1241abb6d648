"""The broker's files: fetched once, kept in a folder, checked at every start.

Source: the manifest (`devstack.kafka.manifest`). jgo keeps a truncated file and trusts it the next
time, takes a checksum mismatch for a warning, and its `build` may fetch a whole second Java only to
sort files: so it fetches single files here, and the manifest decides whether they are good.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from filelock import FileLock
from jgo.constants import MAVEN_CENTRAL_URL
from jgo.maven import MavenContext, PythonResolver
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from devstack.kafka.errors import LocalKafkaError
from devstack.kafka.manifest import KAFKA_VERSION, MANIFEST, Jar

CACHE_VARIABLE = "DEVSTACK_CACHE"
MIRROR_VARIABLE = "DEVSTACK_MAVEN_MIRROR"

FETCHES_AT_ONCE = 4
CALL_TIMEOUT_S = 30

FileProgress = Callable[[str, int], AbstractContextManager[Callable[[int], None]]]


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Name the folder that keeps the broker's files: the environment's, or one in the checkout."""
    return Path(environment.get(CACHE_VARIABLE) or Path(__file__).parents[2] / ".cache") / "kafka"


def repository_url(environment: Mapping[str, str]) -> str:
    """Name the Maven repository: the environment's mirror, or Maven Central."""
    return (environment.get(MIRROR_VARIABLE) or str(MAVEN_CENTRAL_URL)).rstrip("/")


def intact_jars(jars: list[Jar], *, cache: Path, repository: str, console: Console) -> list[Path]:
    """Make sure that all files of the broker are there and intact, fetching what is not.

    Shows nothing when all is there; otherwise a progress bar, or one line where no terminal is.

    Args:
        jars: What is needed.
        cache: Folder that keeps the files; may be read-only once it is complete.
        repository: Root address of a Maven repository.
        console: Where progress is shown.

    Returns:
        The files, in the order of `jars`.

    Raises:
        LocalKafkaError: A file cannot be fetched, or came wrong twice.
    """
    if not all(jar.is_intact(cache) for jar in jars):
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / "fetching.lock"):
            # Looked at again: another process may have fetched them while this one waited.
            wrong = [jar for jar in jars if not jar.is_intact(cache)]
            wrong = _fetched_wrong(wrong, cache=cache, repository=repository, console=console)
            wrong = _fetched_wrong(wrong, cache=cache, repository=repository, console=console)
        if wrong:
            raise LocalKafkaError(_altered(wrong, repository))
    return [cache / jar.path for jar in jars]


def _fetched_wrong(jars: list[Jar], *, cache: Path, repository: str, console: Console) -> list[Jar]:
    """Fetch files anew; return those that are not intact even then."""
    if not jars:
        return []
    for jar in jars:
        (cache / jar.path).unlink(missing_ok=True)
    with _progress(len(jars), console=console) as file_progress:
        context = MavenContext(
            resolver=PythonResolver(progress_callback=file_progress),
            repo_cache=cache,
            local_repos=[],
            remote_repos={"central": repository},
            timeout=CALL_TIMEOUT_S,
        )
        pool = ThreadPoolExecutor(FETCHES_AT_ONCE)
        try:
            fetches = {pool.submit(_fetch, jar, context=context): jar for jar in jars}
            for fetch in as_completed(fetches):
                try:
                    fetch.result()
                # jgo raises requests' errors (OSError) and, for any answer but 200, RuntimeError.
                except (OSError, RuntimeError) as error:
                    message = _unreachable(fetches[fetch], repository, error)
                    raise LocalKafkaError(message) from error
        finally:
            pool.shutdown(cancel_futures=True)
    return [jar for jar in jars if not jar.is_intact(cache)]


def _fetch(jar: Jar, *, context: MavenContext) -> None:
    *group, project, version, _ = jar.path.parts
    artifact = context.project(".".join(group), project).at_version(version).artifact()
    try:
        artifact.resolve()
    except OSError:  # a hiccup: one of dozens of calls was cut or refused
        (context.repo_cache / jar.path).unlink(missing_ok=True)
        artifact.resolve()


@contextmanager
def _progress(files: int, *, console: Console) -> Iterator[FileProgress]:
    """Show a bar over all files that grows with their bytes; yield jgo's callback for one file."""
    title = f"Fetching Apache Kafka {KAFKA_VERSION}"
    if not console.is_terminal:
        console.print(f"{title} ({files} files)", soft_wrap=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=files)

        @contextmanager
        def file_progress(_name: str, size: int) -> Iterator[Callable[[int], None]]:
            yield lambda count: bar.advance(task, count / size)

        yield file_progress


def _unreachable(jar: Jar, repository: str, error: Exception) -> str:
    cause = " ".join(str(error).split())[:300]
    return (
        f"The local Kafka cannot be set up: {jar.path.name} could not be fetched from "
        f"{repository} ({type(error).__name__}: {cause}). Check the network and its proxy settings "
        f"(HTTPS_PROXY), or name a Maven repository that this machine reaches in {MIRROR_VARIABLE}."
    )


def _altered(jars: list[Jar], repository: str) -> str:
    names = ", ".join(jar.path.name for jar in jars)
    return (
        f"The local Kafka cannot be set up: {names} came from {repository} twice with another "
        f"content than {MANIFEST.name} lists. Something on the way alters or cuts files (a proxy, "
        f"a mirror?): name a Maven repository that serves them unaltered in {MIRROR_VARIABLE}."
    )
