"""What is wrong with a channel, in words that somebody can act on."""

from collections.abc import Sequence
from datetime import datetime

from adapter.errors import (
    AdapterError,
    ChannelError,
    ClockSkew,
    JdAnswer,
    JdAuthError,
    JdThrottled,
    MalformedRecord,
    Misconfigured,
    ScopeError,
    TransientError,
)
from adapter.wire.published import JdWords, Problem

_CODES: dict[type[AdapterError], str] = {
    JdAuthError: "CREDENTIALS",
    ScopeError: "SCOPE",
    ClockSkew: "CLOCK",
    Misconfigured: "MISCONFIGURED",
    JdThrottled: "THROTTLED",
    TransientError: "JD_UNAVAILABLE",
    ChannelError: "CHANNEL",
    MalformedRecord: "SETTINGS_UNREADABLE",
}


def jd_words(answer: JdAnswer) -> JdWords | None:
    """Return JD's own words, or None where JD gave none."""
    if not (answer.code or answer.message_zh or answer.message_en):
        return None
    return JdWords(code=answer.code, message_zh=answer.message_zh, message_en=answer.message_en)


def problem_code(error: AdapterError) -> str:
    """Name the problem that an error makes of a channel."""
    for kind in type(error).__mro__:
        if kind in _CODES:
            return _CODES[kind]
    return "INTERNAL_ERROR"


class Problems:
    """The problems of one channel: each stands once, or once for each flow that meets it."""

    def __init__(self) -> None:
        self._problems: dict[tuple[str, str], Problem] = {}

    def seen(
        self,
        code: str,
        *,
        now: datetime,
        cause: str,
        remedy: str,
        severity: str = "warning",
        evidence: str = "",
        jd: JdWords | None = None,
        flow: str = "",
    ) -> None:
        """Note a problem; seen again, its count rises and its newest words hold.

        Args:
            code: Names it.
            now: The clock.
            cause: What is wrong.
            remedy: What to do.
            severity: `warning` or `error`.
            evidence: What shows it.
            jd: JD's own words.
            flow: Whose next success ends it; empty when that does not.
        """
        known = self._problems.get((code, flow))
        self._problems[code, flow] = Problem.model_validate(
            {
                "code": code,
                "severity": severity,
                "since": known.since if known else now,
                "cause": cause,
                "evidence": evidence,
                "remedy": remedy,
                "jd": jd,
                "count": known.count + 1 if known else 1,
            }
        )

    def seen_error(self, error: AdapterError, *, now: datetime, flow: str) -> None:
        """Note the problem that an error makes of a channel."""
        is_channel = isinstance(error, ChannelError)
        remedy = error.remedy if isinstance(error, ChannelError) else ""
        answer = error.answer if isinstance(error, ChannelError | TransientError) else JdAnswer()
        self.seen(
            problem_code(error),
            now=now,
            cause=str(error),
            remedy=remedy or "Nothing: it is tried again by itself.",
            severity="error" if is_channel else "warning",
            evidence=f"seen by {flow}",
            jd=jd_words(answer),
            flow=flow,
        )

    def seen_bug(self, error: Exception, *, now: datetime, flow: str) -> None:
        """Note an error that nobody foresaw."""
        self.seen(
            "INTERNAL_ERROR",
            now=now,
            cause=f"an unexpected error ({type(error).__name__})",
            remedy="The channel is started again by itself; report it with the log.",
            severity="error",
            flow=flow,
        )

    def stand(self, found: Sequence[Problem], *, flow: str) -> None:
        """Note what a watcher finds now, in the place of all that it found before.

        Args:
            found: Its problems; one that stood before keeps when it began.
            flow: The watcher.
        """
        before = dict(self._problems)
        self.passed(flow)
        for problem in found:
            known = before.get((problem.code, flow), problem)
            self._problems[problem.code, flow] = problem.model_copy(update={"since": known.since})

    def passed(self, flow: str) -> None:
        """Note that a flow's work went well: what its errors had made is over."""
        for key in [key for key in self._problems if key[1] == flow and flow]:
            del self._problems[key]

    def all(self) -> list[Problem]:
        """Return them, the gravest first."""
        return sorted(self._problems.values(), key=lambda p: (p.severity != "error", p.code))
