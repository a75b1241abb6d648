from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.errors import (
    AdapterError,
    ChannelError,
    ClockSkew,
    JdAmbiguous,
    JdAnswer,
    JdAuthError,
    JdRejected,
    JdThrottled,
    JdUnavailable,
    Misconfigured,
    ScopeError,
)
from adapter.jd.codes import PLATFORM_CODES, Refusal, decision_error
from contracts import jd_business_errors, jd_error_codes, jd_methods

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)

DECISIONS: dict[str, type[AdapterError]] = {
    "retry": JdUnavailable,
    "throttled": JdThrottled,
    "daily_quota": JdThrottled,
    "credentials": JdAuthError,
    "scope": ScopeError,
    "clock": ClockSkew,
    "channel": Misconfigured,
    "bug": Misconfigured,
    "record": JdRejected,
    "read_back": JdRejected,
}
FIELDS = {"API Key": "20 21", "API Secret": "11 12", "Access Token": "18 19"}


def refused(
    code: str = "",
    *,
    zh: str = "",
    method: str = "jingdong.pop.order.get",
    writes: bool = False,
    of_record: bool = True,
    jd_now: datetime | None = None,
) -> AdapterError:
    """Let JD refuse a call."""
    answer = JdAnswer(code=code, message_zh=zh)
    return decision_error(Refusal(method, answer, writes, of_record, NOW, jd_now))


@pytest.mark.parametrize("code", jd_error_codes())
def test_every_platform_code_has_one_decision(code: str) -> None:
    """The contract says who is to act on a code, and the error names that decision."""
    known = jd_error_codes()[code]
    error = refused(code, zh=known.zh)

    assert type(error) is DECISIONS[known.act]
    assert code in str(error)
    if isinstance(error, ChannelError):
        assert error.remedy == known.remedy
        assert error.answer.message_zh == known.zh


@pytest.mark.parametrize(
    ("field", "code"), [(field, code) for field, codes in FIELDS.items() for code in codes.split()]
)
def test_a_wrong_credential_is_named_as_in_helms_form(field: str, code: str) -> None:
    """The seller reads which field to type again."""
    error = refused(code)

    assert isinstance(error, JdAuthError)
    assert error.field == field


@pytest.mark.parametrize(
    ("method", "index"),
    [(name, index) for name in jd_methods() for index in range(len(jd_business_errors(name)))],
)
def test_every_refusal_of_a_method_has_one_decision(method: str, index: int) -> None:
    """What a method refuses by itself is decided as the contract says."""
    known = jd_business_errors(method)[index]
    error = refused(known.code or "", zh=known.zh, method=f"jingdong.{method}")

    assert type(error) is DECISIONS[known.act]


@pytest.mark.parametrize("code", [*PLATFORM_CODES, "", "999", "999999", "12345678"])
def test_a_write_is_ambiguous_wherever_a_read_is_unavailable(code: str) -> None:
    """An answer that says to try again does not say that nothing was done; code 70 does."""
    reading, writing = refused(code), refused(code, writes=True)

    if type(reading) is JdUnavailable and code != "70":
        assert type(writing) is JdAmbiguous
    else:
        assert type(writing) is type(reading)


def test_a_spent_quota_waits_for_beijings_midnight() -> None:
    """JD counts calls by its own day."""
    error = refused("2")

    assert isinstance(error, JdThrottled)
    assert error.retry_after_s == 12 * 3600


@pytest.mark.parametrize(("ahead_s", "words"), [(412, "412 s ahead of"), (-700, "700 s behind")])
def test_a_wrong_clock_is_told_by_how_much(ahead_s: int, words: str) -> None:
    """JD's Date header shows which way the clock is wrong."""
    error = refused("8", jd_now=NOW - timedelta(seconds=ahead_s))

    assert isinstance(error, ClockSkew)
    assert words in str(error)


def test_a_missing_permission_names_the_method() -> None:
    """Permissions are given by method, so the seller must know which one."""
    assert "jingdong.pop.order.get" in str(refused("24"))


@pytest.mark.parametrize("code", ["", "24", "73", "74", "75", "80", "10100021"])
def test_jds_cloud_is_named_in_the_remedy(code: str) -> None:
    """JD tells callers outside its cloud under several codes, or in words alone."""
    error = refused(code, zh="该api是敏感api,请将您的app入驻云鼎平台方可调用")

    assert isinstance(error, Misconfigured)
    assert "云鼎" in error.remedy


@given(code=st.integers(100, 999).map(str), writes=st.booleans(), of_record=st.booleans())
def test_an_unknown_platform_code_is_tried_again(
    code: str, *, writes: bool, of_record: bool
) -> None:
    """A code that no contract names may pass; it never loses a record and pauses no channel."""
    error = refused(code, writes=writes, of_record=of_record)

    assert isinstance(error, JdUnavailable)
    assert "not known" in str(error)


def test_a_refused_search_is_nobodys_record() -> None:
    """A call about no single record cannot dead-letter one."""
    assert isinstance(refused("60", of_record=False), Misconfigured)
    assert isinstance(refused("", zh="?", of_record=False), JdUnavailable)
