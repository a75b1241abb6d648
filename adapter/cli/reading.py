"""What commands read of the topics: one look, with no adapter and no private key."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from pydantic import ValidationError

from adapter.cli.environment import reachable_kafka
from adapter.cli.output import fail, note, progress_bar
from adapter.errors import MalformedRecord
from adapter.kafka.reading import Wanted, read_topics
from adapter.kafka.records import ReadRecord
from adapter.rules.messages import read_message
from adapter.settings import Settings
from adapter.wire.fields import Outgoing
from adapter.wire.helm import SalesChannel

Message = TypeVar("Message", bound=Outgoing)


class Newest:
    """The newest record of each key.

    A key of Helm's may lie in two partitions, for its partitioner is its own; then the later one
    by the broker's time holds.
    """

    def __init__(self) -> None:
        self._records: dict[bytes, tuple[int, bytes | None]] = {}

    def take(self, record: ReadRecord) -> None:
        """Take in a record, in the order of its partition."""
        key = record.key or b""
        known = self._records.get(key)
        if known is None or record.timestamp >= known[0]:
            self._records[key] = record.timestamp, record.value

    def items(self) -> Iterator[tuple[str, bytes]]:
        """Give each key that has a value with it, in the order of the keys."""
        for key in sorted(self._records):
            _, value = self._records[key]
            if value is not None:
                yield key.decode(errors="replace"), value

    def get(self, key: str) -> bytes | None:
        """Give a key's value."""
        return self._records.get(key.encode(), (0, None))[1]


def parsed(model: type[Message], value: bytes | None, what: str) -> Message | None:
    """Read what an adapter wrote; None, with a warning, for what this version cannot read."""
    if value is None:
        return None
    try:
        return model.model_validate_json(value)
    except ValidationError:
        note(f"warning: {what} cannot be read and is passed over", "yellow")
        return None


def of_channel(channel_id: str) -> Callable[[bytes], bool]:
    """Make what keeps a channel's own keys."""
    beginning = f"{channel_id}:".encode()
    return lambda key: key.startswith(beginning)


async def read(settings: Settings, *wanted: Wanted) -> None:
    """Read topics up to their ends, showing so on a terminal."""
    connection = await reachable_kafka(settings)
    with progress_bar("records read") as tell:
        await read_topics(connection, wanted, on_records=lambda count: tell(count, None))


def channel_settings(channels: Newest, channel_id: str) -> SalesChannel:
    """Read a channel's settings; its box stays closed. Ends the command if there is no channel.

    Raises:
        MalformedRecord: They cannot be read.
    """
    value = channels.get(channel_id)
    if value is None:
        fail(f"there is no channel {channel_id}; `helm-jd channels list` lists them")
    return read_message(SalesChannel, value, contract="helm.sales-channels")


def readable_settings(channels: Newest) -> Iterator[tuple[str, SalesChannel | None]]:
    """Give every channel's settings; None for those that cannot be read."""
    for channel_id, value in channels.items():
        try:
            yield channel_id, read_message(SalesChannel, value, contract="helm.sales-channels")
        except MalformedRecord:
            yield channel_id, None
