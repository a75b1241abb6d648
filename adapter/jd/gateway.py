"""One call to JD: signed, sent once, and opened.

Whether to try again, and when, is the caller's decision, and the error names it.

Source: contracts/jd/definitions and contracts/jd/signature-vectors.json.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from adapter.errors import AdapterError, JdAmbiguous, JdThrottled, JdUnavailable
from adapter.jd.answers import Call, Reply, opened
from adapter.jd.budget import CallBudget
from adapter.jd.codes import QUOTA_SPENT
from adapter.jd.connection import HTTP_FAILURES, was_sent
from adapter.jd.signing import sign
from adapter.rules.budget import Lane
from adapter.wire.jd import BEIJING

Announce = Callable[[], Awaitable[None]]
"""Says that a call is about to be made; one that never has its turn is not announced."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a seller's app proves itself with."""

    app_key: str
    """API Key in Helm's form."""

    app_secret: str = field(repr=False)
    """API Secret in Helm's form."""

    access_token: str = field(repr=False)
    """Access Token in Helm's form."""


class Gateway:
    """JD's gateway, as one seller's app calls it.

    Args:
        http: The process's HTTP client.
        endpoint: The gateway's full address, from `checked_endpoint`.
        credentials: The app and the seller's grant.
        budget: The channel's calls.
        now: Gives the aware instant; JD compares it with its own clock.
        call_timeout_s: Longest time for one call, once it has its turn.
        on_call: Told of each call: method, `ok`, the error's reason or `interrupted`, seconds.
        before_write: Awaited when a call that changes something has its turn, right before it is
            sent; what it raises ends the call unsent.
    """

    def __init__(
        self,
        *,
        http: httpx.AsyncClient,
        endpoint: str,
        credentials: Credentials,
        budget: CallBudget,
        now: Callable[[], datetime],
        call_timeout_s: float,
        on_call: Callable[[str, str, float], None] | None,
        before_write: Callable[[], Awaitable[None]] | None,
    ) -> None:
        self._http = http
        self._endpoint = endpoint
        self._credentials = credentials
        self._budget = budget
        self._call_timeout_s = call_timeout_s
        self._on_call = on_call
        self._before_write = before_write
        self.now = now
        self.secrets = (credentials.app_secret, credentials.access_token, credentials.app_key)

    async def call(
        self,
        call: Call,
        parameters: Mapping[str, object],
        *,
        lane: Lane,
        announce: Announce | None = None,
    ) -> dict[str, object]:
        """Make a call, once it has its turn.

        Args:
            call: Which method.
            parameters: Its business parameters.
            lane: What the call is for; says whose turn comes first.
            announce: Awaited when the call has its turn; what it raises ends the call unsent.

        Returns:
            What lies inside the envelope.

        Raises:
            JdAmbiguous: A call that changes something was sent, and what JD did is not known.
            AdapterError: The type is the decision.
        """
        turn = await self._budget.take(lane)
        if announce is not None:
            await announce()
        if call.writes and self._before_write is not None:
            await self._before_write()
        clock = asyncio.get_running_loop().time
        began = clock()
        outcome = "interrupted"
        try:
            inner = opened(await self._sent(call, parameters), call, secrets=self.secrets)
            outcome = "ok"
            return inner  # noqa: TRY300 - what is counted is the call, and here it ended well
        except JdThrottled as error:
            outcome = error.reason
            if error.answer.code == QUOTA_SPENT:
                await self._budget.spend()
            else:
                self._budget.throttled(turn)
            raise
        except AdapterError as error:
            outcome = error.reason
            raise
        finally:
            if self._on_call is not None:
                self._on_call(call.method, outcome, clock() - began)

    async def _sent(self, call: Call, parameters: Mapping[str, object]) -> Reply:
        form = {
            "method": call.method,
            "app_key": self._credentials.app_key,
            "access_token": self._credentials.access_token,
            "timestamp": beijing_text(self.now()),
            "format": "json",
            "v": "2.0",
            "sign_method": "md5",
            "360buy_param_json": json.dumps(parameters, ensure_ascii=False, separators=(",", ":")),
        }
        form["sign"] = sign(form, self._credentials.app_secret)
        try:
            async with asyncio.timeout(self._call_timeout_s):
                response = await self._http.post(self._endpoint, data=form)
        except HTTP_FAILURES as error:
            is_ambiguous = call.writes and was_sent(error)
            beneath = error.__cause__ if isinstance(error.__cause__, Exception) else error
            message = f"{call.method}: no answer ({type(beneath).__name__})"
            raise (JdAmbiguous if is_ambiguous else JdUnavailable)(message) from error
        return Reply(
            status=response.status_code,
            body=response.content,
            now=self.now(),
            jd_now=_http_date(response.headers.get("Date")),
            retry_after_s=_seconds(response.headers.get("Retry-After")),
        )


def beijing_text(moment: datetime) -> str:
    """Write an instant as JD reads it.

    Args:
        moment: An aware instant; what is below a second is cut.
    """
    return moment.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _http_date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() else None
