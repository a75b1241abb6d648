import functools
import gc
import hashlib
import http.server
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import pytest
from rich.console import Console
from typing_extensions import override

from devstack.kafka.errors import LocalKafkaError
from devstack.kafka.jars import cache_folder, intact_jars, repository_url
from devstack.kafka.manifest import COORDINATES, Jar, listed_jars
from devstack.kafka.settings import free_port


@dataclass(kw_only=True)
class Repository:
    """A small Maven repository on this machine."""

    folder: Path
    url: str
    requests: list[str] = field(default_factory=list)

    def holds(self, name: str, content: bytes) -> Jar:
        """Put a file into it."""
        path = PurePosixPath("org/example", name, "1.0", f"{name}-1.0.jar")
        (self.folder / path).parent.mkdir(parents=True)
        (self.folder / path).write_bytes(content)
        return Jar(path=path, sha256=hashlib.sha256(content).hexdigest())


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    """Serve a Maven repository over HTTP that notes which files are asked for."""
    found = Repository(folder=tmp_path / "repository", url="")

    class Handler(http.server.SimpleHTTPRequestHandler):
        @override
        def log_message(self, *_: object) -> None:
            if self.path.endswith(".jar"):
                found.requests.append(self.path.rpartition("/")[2])

    handler = functools.partial(Handler, directory=str(found.folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield found
        server.shutdown()
        thread.join()


def silent() -> Console:
    """Make a console that nobody sees."""
    return Console(file=io.StringIO())


def test_an_empty_cache_is_filled_in_the_order_of_the_list(
    repository: Repository, tmp_path: Path
) -> None:
    """All listed files are fetched, with the content they are listed with."""
    jars = [repository.holds(name, name.encode() * 1000) for name in ("beta", "alpha")]

    files = intact_jars(jars, cache=tmp_path / "cache", repository=repository.url, console=silent())

    assert [file.read_bytes()[:4] for file in files] == [b"beta", b"alph"]


def test_a_complete_cache_is_used_without_a_request_and_without_a_word(
    repository: Repository, tmp_path: Path
) -> None:
    """Once all is there nothing is asked of the network and nothing is shown."""
    jars = [repository.holds("alpha", b"alpha")]
    intact_jars(jars, cache=tmp_path / "cache", repository=repository.url, console=silent())
    repository.requests.clear()
    shown = io.StringIO()

    intact_jars(
        jars, cache=tmp_path / "cache", repository=repository.url, console=Console(file=shown)
    )

    assert repository.requests == []
    assert shown.getvalue() == ""


@pytest.mark.parametrize("damage", [b"", b"alp", b"ALPHA"], ids=["empty", "truncated", "changed"])
def test_a_damaged_file_alone_is_fetched_again(
    damage: bytes, repository: Repository, tmp_path: Path
) -> None:
    """What an interrupted fetch or a bad disk left is replaced; what is intact stays."""
    jars = [repository.holds("alpha", b"alpha"), repository.holds("beta", b"beta")]
    cache = tmp_path / "cache"
    damaged, _ = intact_jars(jars, cache=cache, repository=repository.url, console=silent())
    damaged.write_bytes(damage)
    repository.requests.clear()

    intact_jars(jars, cache=cache, repository=repository.url, console=silent())

    assert damaged.read_bytes() == b"alpha"
    assert repository.requests == ["alpha-1.0.jar"]


def test_a_file_that_comes_wrong_twice_is_named(repository: Repository, tmp_path: Path) -> None:
    """A registry that serves other content is not trusted, and the remedy is a mirror."""
    jar = repository.holds("alpha", b"alpha")
    (repository.folder / jar.path).write_bytes(b"something else")

    with pytest.raises(LocalKafkaError, match=r"alpha-1\.0\.jar.*DEVSTACK_MAVEN_MIRROR"):
        intact_jars([jar], cache=tmp_path / "cache", repository=repository.url, console=silent())

    assert repository.requests == ["alpha-1.0.jar"] * 2


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # jgo leaves such an answer open
def test_a_registry_that_lacks_a_file_is_named(repository: Repository, tmp_path: Path) -> None:
    """An answer of 404 tells which file was asked of whom."""
    jar = repository.holds("alpha", b"alpha")
    (repository.folder / jar.path).unlink()

    with pytest.raises(LocalKafkaError, match=rf"alpha-1\.0\.jar .* from {repository.url}"):
        intact_jars([jar], cache=tmp_path / "cache", repository=repository.url, console=silent())

    gc.collect()  # lets go of it here, not in another test


def test_a_registry_out_of_reach_is_named_with_the_remedy(tmp_path: Path) -> None:
    """Without a registry the error names it, what it was asked for, and what to set."""
    closed = f"http://127.0.0.1:{free_port()}"

    with pytest.raises(LocalKafkaError) as failure:
        intact_jars(listed_jars(), cache=tmp_path, repository=closed, console=silent())

    message = str(failure.value)
    assert closed in message
    assert ".jar could not be fetched" in message
    assert "HTTPS_PROXY" in message
    assert "DEVSTACK_MAVEN_MIRROR" in message
    assert "Java" not in message


@pytest.mark.parametrize("is_terminal", [True, False], ids=["terminal", "no terminal"])
def test_fetching_says_what_it_does(
    *, is_terminal: bool, repository: Repository, tmp_path: Path
) -> None:
    """A terminal sees a bar run to its end; a log gets one line."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=is_terminal, width=100)
    jars = [repository.holds("alpha", b"alpha"), repository.holds("beta", b"beta")]

    intact_jars(jars, cache=tmp_path / "cache", repository=repository.url, console=console)

    assert "Fetching Apache Kafka" in shown.getvalue()
    assert ("2/2" in shown.getvalue()) == is_terminal
    assert shown.getvalue().count("\n") == 1


def test_cache_and_mirror_come_from_the_environment() -> None:
    """Both can be set; an empty variable counts as unset."""
    assert cache_folder({"DEVSTACK_CACHE": "/somewhere"}) == Path("/somewhere/kafka")
    assert cache_folder({"DEVSTACK_CACHE": ""}).parts[-2:] == (".cache", "kafka")
    assert repository_url({"DEVSTACK_MAVEN_MIRROR": "http://mirror/"}) == "http://mirror"
    assert repository_url({"DEVSTACK_MAVEN_MIRROR": ""}).startswith("https://")


def test_the_manifest_lists_the_broker_that_is_named() -> None:
    """Every named component is listed in its named version, and no file twice."""
    paths = [str(jar.path) for jar in listed_jars()]

    assert len(set(paths)) == len(paths)
    for coordinate in COORDINATES:
        group, artifact, version = coordinate.split(":")
        folder = f"{group.replace('.', '/')}/{artifact}/{version}"
        assert f"{folder}/{artifact}-{version}.jar" in paths
