"""What happened: each call as it was sent, the checks it passed, the answer it got.

The journal holds no secrets: tokens, signatures and app secrets are cut down to their ends before
anything is kept. It is bounded in both ways, in calls and in bytes a call.
"""

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from jd_simulator.near_miss import NearMiss

_KEPT = 16_384
"""Bytes of an answer, and characters of a parameter, that the journal keeps."""
_KEPT_OF_ALL = 2 * _KEPT
"""Characters of all parameters of a call together."""
_MOST_NAMES = 40
"""Parameters of a call that the journal keeps; JD's clients send eight or nine."""
_MOST_NOTES = 40
_LONGEST_NAME = 100
_LONGEST_NOTE = 300
_SECRETS = frozenset(
    {"access_token", "sign", "app_secret", "appSecret", "client_secret", "secret", "refresh_token"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """How the parameters of a call travelled."""

    in_query: int
    """How many of the parameters, the first ones, came in the query; the rest in the body."""
    content_type: str
    body_bytes: int


@dataclass(slots=True, kw_only=True)
class Entry:
    """One call."""

    number: int
    """Counts the calls of a sandbox from 1."""
    at: float
    """Seconds since the epoch, by the sandbox's clock."""
    verb: str
    method: str
    """The method's name as it was sent."""
    parameters: Mapping[str, str]
    """As sent, decoded, those of the query before those of the body; secrets masked."""
    placement: Placement
    arguments: Mapping[str, object] | None = None
    """The business JSON; None where the call did not get that far, or was too long to keep."""
    failed_check: str | None = None
    """Name of the check that refused the call."""
    near_miss: NearMiss | None = None
    """Of a wrong signature: what was expected, and which mistake would explain it."""
    code: str | None = None
    """JD's code of the answer, `0` for success; None where nothing was answered in JD's form."""
    status: int | None = None
    """HTTP status; None where the connection ended without an answer."""
    answer_bytes: bytes | None = None
    """The beginning of the answer."""
    took_ms: float | None = None
    """Real milliseconds to the answer, or to the end of the connection."""
    fault: Mapping[str, object] | None = None
    """The fault that hit, and the number of its rule."""
    applied_at: float | None = None
    """When the method took effect, if it did; late where a fault said so."""
    notes: list[str] = field(default_factory=list)
    traceback: str | None = None
    """Of a crash inside the method."""

    @property
    def params(self) -> Mapping[str, object]:
        """The business JSON; empty where the call did not get that far."""
        return self.arguments or {}

    @property
    def answer_text(self) -> str | None:
        """The beginning of the answer; None where there was none."""
        if self.answer_bytes is None:
            return None
        # Bytes of another charset, and of a character that was cut in two, show as such.
        return self.answer_bytes.decode(errors="backslashreplace")

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

    def keep_arguments(self, arguments: Mapping[str, object], size: int) -> None:
        """Remember the business JSON, whose text has `size` characters, unless it is too long."""
        if size <= _KEPT:
            self.arguments = arguments

    def bound_notes(self) -> None:
        """Let no caller fill the journal with what is noted of it, nor with what is no text."""
        if len(self.notes) > _MOST_NOTES:
            self.notes[_MOST_NOTES:] = [f"… and {len(self.notes) - _MOST_NOTES} more"]
        self.notes[:] = [
            note[:_LONGEST_NOTE].encode("utf-8", "backslashreplace").decode() for note in self.notes
        ]

    def shown_parameters(self) -> dict[str, str]:
        """Tell the parameters with signature and token cut down to their ends."""
        return dict(self.parameters)


class Journal:
    """The last calls of a sandbox, oldest first."""

    def __init__(self, size: int) -> None:
        """Keep the last `size` calls."""
        self._entries: deque[Entry] = deque(maxlen=size)
        self._number = 0

    def open(
        self, *, at: float, verb: str, parameters: Mapping[str, str], placement: Placement
    ) -> Entry:
        """Begin the entry of a call; whoever handles the call fills the rest in.

        Args:
            at: Seconds since the epoch, by the sandbox's clock.
            verb: The HTTP verb.
            parameters: Decoded, secrets and all: they are masked here.
            placement: How they travelled.
        """
        self._number += 1
        entry = Entry(
            number=self._number,
            at=at,
            verb=verb,
            method=_printable(parameters.get("method", "")[:_LONGEST_NAME]),
            parameters=_kept(parameters),
            placement=placement,
        )
        self._entries.append(entry)
        return entry

    @property
    def count(self) -> int:
        """How many calls there were, those that are forgotten too."""
        return self._number

    def after(self, number: int) -> list[Entry]:
        """List the kept calls that came after the one with this number, oldest first."""
        newest = islice(reversed(self._entries), max(self._number - number, 0))
        return list(newest)[::-1]

    def __iter__(self) -> Iterator[Entry]:
        """Walk through the calls, oldest first."""
        return iter(self._entries)


def _kept(parameters: Mapping[str, str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    room = _KEPT_OF_ALL
    for name, value in parameters.items():
        if len(kept) == _MOST_NAMES:
            kept["…"] = f"and {len(parameters) - _MOST_NAMES} more"
            break
        if name in _SECRETS:
            shown = masked(value)
        elif len(value) > min(_KEPT, room):
            shown = f"{value[: min(_KEPT, room)]}… ({len(value)} characters)"
        else:
            shown = value
        room = max(room - len(shown), 0)
        kept[_printable(name[:_LONGEST_NAME])] = _printable(shown)
    return kept


def masked(secret: str) -> str:
    """Cut a secret down to its end, or to nothing where that would be most of it."""
    return f"…{secret[-4:]}" if len(secret) > 12 else "…"


def _printable(text: str) -> str:
    """Write bytes that were no UTF-8 as escapes: the journal is shown as JSON in UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-8", "backslashreplace").decode()
