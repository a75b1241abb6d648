"""Every error of the adapter, named for the decision that it asks for.

```
AdapterError
├── TransientError(retry_after_s)   try again with back-off and jitter
│   ├── JdUnavailable               JD did not answer, or answered that it cannot now
│   │   └── JdAmbiguous             the call was sent; whether JD carried it out is unknown
│   └── JdThrottled                 a limit is used up; retry_after_s says until when
│       └── LaneSpent               used up for this kind of work, by our own count
├── RecordError                     dead-letter this record, go on
│   ├── MalformedRecord             it cannot be read as what its topic holds
│   ├── UnknownCarrier              JD knows no such carrier
│   └── JdRejected                  JD refuses this order, SKU or parcel for good
├── ChannelError                    pause this channel, publish why
│   ├── JdAuthError                 a credential is wrong or has run out
│   ├── ScopeError                  the app may not call this method
│   ├── ClockSkew                   this machine's clock and JD's differ
│   └── Misconfigured               the channel's settings cannot work
├── ShardLost                       drop this shard's workers
│   └── Fenced                      the shard is another instance's now
└── FatalError                      stop the process
    ├── SettingsError               a setting is missing or wrong
    ├── TopicsError                 topics are missing or made otherwise than needed
    └── KafkaUnreachable            no broker answered in the time that a setting allows
```

Errors of httpx and aiokafka never leave the rooms `jd/` and `kafka/`: they are raised anew as
one of these, cut to a line and without what a caller sent.
"""

from dataclasses import dataclass
from typing import ClassVar


class AdapterError(Exception):
    """What the adapter raises on purpose."""

    reason: ClassVar[str] = "adapter_error"
    """A stable word for dead letters, metrics and problems."""


@dataclass(frozen=True, slots=True)
class JdAnswer:
    """JD's own words on a call, in both languages; empty where JD gave none."""

    code: str = ""
    message_zh: str = ""
    message_en: str = ""


class TransientError(AdapterError):
    """Try again later.

    Args:
        message: What happened, in a line.
        retry_after_s: Seconds that must pass before it can succeed; None leaves it to back-off.
        answer: JD's own words.
    """

    reason = "transient"

    def __init__(
        self, message: str, *, retry_after_s: float | None = None, answer: JdAnswer | None = None
    ) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.answer = answer or JdAnswer()


class JdUnavailable(TransientError):
    """JD did not answer, or answered that it cannot now; nothing was carried out."""

    reason = "jd_unavailable"


class JdAmbiguous(JdUnavailable):
    """The call was sent and no answer came back: JD may have carried it out, or still may."""

    reason = "jd_ambiguous"


class JdThrottled(TransientError):
    """JD's limit of calls is used up."""

    reason = "jd_throttled"


class LaneSpent(JdThrottled):
    """What the day's calls hold for this kind of work is used up; other kinds may go on."""


class RecordError(AdapterError):
    """This record can never pass: keep it as a dead letter and go on.

    Args:
        message: Names field, value and remedy.
        field: The field that is wrong, dotted; empty when it is the whole record.
    """

    reason = "record"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class MalformedRecord(RecordError):
    """The record is not what its topic holds."""

    reason = "malformed_record"


class UnknownCarrier(RecordError):
    """JD knows no carrier of this name for this seller."""

    reason = "unknown_carrier"


class JdRejected(RecordError):
    """JD refuses this for good: asking again brings the same answer."""

    reason = "jd_rejected"

    def __init__(self, message: str, *, field: str = "", answer: JdAnswer | None = None) -> None:
        super().__init__(message, field=field)
        self.answer = answer or JdAnswer()


class ChannelError(AdapterError):
    """Nothing of this channel can succeed until somebody acts.

    Args:
        message: What is wrong, in a line.
        remedy: What to do about it.
        field: The setting to change, as Helm's form names it; empty when it is none.
        answer: JD's own words.
    """

    reason = "channel"

    def __init__(
        self, message: str, *, remedy: str = "", field: str = "", answer: JdAnswer | None = None
    ) -> None:
        super().__init__(message)
        self.remedy = remedy
        self.field = field
        self.answer = answer or JdAnswer()


class JdAuthError(ChannelError):
    """A credential is wrong or has run out."""

    reason = "credentials"


class ScopeError(ChannelError):
    """The app has no permission for this method."""

    reason = "scope"


class ClockSkew(ChannelError):
    """JD refuses the timestamp: this machine's clock and JD's differ too much."""

    reason = "clock"


class Misconfigured(ChannelError):
    """The channel's settings cannot work."""

    reason = "misconfigured"


class ShardLost(AdapterError):
    """This instance no longer works for the shard."""

    reason = "shard_lost"


class Fenced(ShardLost):
    """Another instance took the shard over; it is the rightful owner."""

    reason = "fenced"


class FatalError(AdapterError):
    """The process cannot go on."""

    reason = "fatal"


class SettingsError(FatalError):
    """A setting is missing or wrong; the message lists every problem at once."""

    reason = "settings"


class TopicsError(FatalError):
    """Topics are missing or made otherwise than needed; the message names the remedy."""

    reason = "topics"


class KafkaUnreachable(FatalError):
    """No broker answered in the time that a setting allows."""

    reason = "kafka_unreachable"
