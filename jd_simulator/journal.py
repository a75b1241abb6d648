"""What happened: each call as it was sent, the checks it passed, the answer it got."""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

_KEPT = 16_384
"""Bytes of an answer that the journal keeps; 1,000 calls then stay below some 16 MB."""
_SECRETS = frozenset({"access_token", "sign"})


@dataclass(slots=True, kw_only=True)
class Entry:
    """One call."""

    number: int
    """Counts the calls of a sandbox from 1."""
    at: float
    """Seconds since the epoch, by the sandbox's clock."""
    verb: str
    parameters: Mapping[str, str]
    """As sent, decoded; those of the query before those of the body."""
    arguments: Mapping[str, object] | None = None
    """The business JSON; None where the call did not get that far."""
    failed_check: str | None = None
    """Name of the check that refused the call."""
    code: str | None = None
    """JD's code of the answer, `0` for success; None where nothing was answered in JD's form."""
    status: int | None = None
    """HTTP status; None where the connection ended without an answer."""
    answer_bytes: bytes | None = None
    """The beginning of the answer."""
    fault: Mapping[str, object] | None = None
    """The fault that hit, and the number of its rule."""
    applied_at: float | None = None
    """When the method took effect, if it did; late where a fault said so."""
    notes: list[str] = field(default_factory=list)
    traceback: str | None = None
    """Of a crash inside the method."""

    @property
    def method(self) -> str:
        """The method's name as it was sent."""
        return self.parameters.get("method", "")

    @property
    def params(self) -> Mapping[str, object]:
        """The business JSON; empty where the call did not get that far."""
        return self.arguments or {}

    @property
    def answer_text(self) -> str | None:
        """The beginning of the answer; None where there was none."""
        if self.answer_bytes is None:
            return None
        # What was cut inside a character loses it.
        return self.answer_bytes.decode(errors="ignore")

    @property
    def answer(self) -> object:
        """The answer as parsed JSON; None where it was none, or was too long to keep whole."""
        try:
            return json.loads(self.answer_bytes or b"null")
        except ValueError:
            return None

    def keep_answer(self, body: bytes) -> None:
        """Remember the beginning of an answer."""
        self.answer_bytes = body[:_KEPT]

    def shown_parameters(self) -> dict[str, str]:
        """Tell the parameters with signature and token cut down to their ends."""
        return {
            name: f"…{value[-4:]}" if name in _SECRETS else value
            for name, value in self.parameters.items()
        }


class Journal:
    """The last calls of a sandbox, oldest first."""

    def __init__(self, size: int) -> None:
        """Keep the last `size` calls."""
        self._entries: deque[Entry] = deque(maxlen=size)
        self._number = 0

    def open(self, *, at: float, verb: str, parameters: Mapping[str, str]) -> Entry:
        """Begin the entry of a call; whoever handles the call fills the rest in."""
        self._number += 1
        entry = Entry(number=self._number, at=at, verb=verb, parameters=parameters)
        self._entries.append(entry)
        return entry

    def __iter__(self) -> Iterator[Entry]:
        """Walk through the calls, oldest first."""
        return iter(self._entries)
