from datetime import UTC, datetime, timedelta

import pytest

from adapter import errors
from adapter.errors import (
    AdapterError,
    ChannelError,
    JdAmbiguous,
    JdAnswer,
    JdAuthError,
    JdRejected,
    JdThrottled,
    MalformedRecord,
    TransientError,
)
from adapter.rules.diagnosis import Problems, jd_words, problem_code
from adapter.wire.published import JdWords

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
WORDS = JdAnswer(code="19", message_zh="无效access_token", message_en="invalid access_token")


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("JdAuthError", "CREDENTIALS"),
        ("ScopeError", "SCOPE"),
        ("ClockSkew", "CLOCK"),
        ("Misconfigured", "MISCONFIGURED"),
        ("ChannelError", "CHANNEL"),
        ("JdThrottled", "THROTTLED"),
        ("JdUnavailable", "JD_UNAVAILABLE"),
        ("JdAmbiguous", "JD_UNAVAILABLE"),
        ("TransientError", "JD_UNAVAILABLE"),
        ("MalformedRecord", "SETTINGS_UNREADABLE"),
        ("JdRejected", "INTERNAL_ERROR"),
        ("AdapterError", "INTERNAL_ERROR"),
    ],
)
def test_an_error_names_its_problem(kind: str, code: str) -> None:
    """By its own class, else the nearest above it."""
    error: AdapterError = getattr(errors, kind)("x")

    assert problem_code(error) == code


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (JdAnswer(), None),
        (JdAnswer(code="12"), JdWords(code="12", message_zh="", message_en="")),
        (
            JdAnswer(message_zh="库存不足"),
            JdWords(code="", message_zh="库存不足", message_en=""),
        ),
    ],
    ids=repr,
)
def test_jds_words_are_there_only_if_jd_gave_some(answer: JdAnswer, words: JdWords | None) -> None:
    """An empty answer is none."""
    assert jd_words(answer) == words


def test_a_problem_seen_again_counts_and_keeps_when_it_began() -> None:
    """Its newest words hold: they tell how things stand now."""
    problems = Problems()
    problems.seen("X", now=NOON, cause="one", remedy="do this", evidence="a")
    problems.seen("X", now=LATER, cause="two", remedy="do that")
    (problem,) = problems.all()

    assert (problem.since, problem.count) == (NOON, 2)
    assert (problem.cause, problem.remedy, problem.evidence) == ("two", "do that", "")


def test_an_error_of_a_channel_says_what_to_do() -> None:
    """Somebody has to act: it is an error, with the remedy and JD's words."""
    problems = Problems()
    error = JdAuthError("the access token is wrong", remedy="renew it", answer=WORDS)
    problems.seen_error(error, now=NOON, flow="orders")
    (problem,) = problems.all()

    assert (problem.code, problem.severity) == ("CREDENTIALS", "error")
    assert (problem.cause, problem.remedy) == ("the access token is wrong", "renew it")
    assert problem.jd == jd_words(WORDS)
    assert "orders" in problem.evidence


@pytest.mark.parametrize(
    "error", [JdThrottled("later"), JdAmbiguous("no answer"), TransientError("x", answer=WORDS)]
)
def test_an_error_that_passes_is_a_warning(error: TransientError) -> None:
    """Nobody has to act, and the record says so."""
    problems = Problems()
    problems.seen_error(error, now=NOON, flow="stock")
    (problem,) = problems.all()

    assert problem.severity == "warning"
    assert problem.remedy.startswith("Nothing")
    assert problem.jd == jd_words(error.answer)


@pytest.mark.parametrize(
    "error", [MalformedRecord("x"), JdRejected("x", answer=WORDS), ChannelError("x")]
)
def test_every_problem_has_a_remedy(error: AdapterError) -> None:
    """Also where the error brought none."""
    problems = Problems()
    problems.seen_error(error, now=NOON, flow="channels")
    (problem,) = problems.all()

    assert problem.remedy
    assert problem.cause


def test_a_bug_is_told_without_its_words() -> None:
    """Nobody foresaw what they hold."""
    problems = Problems()
    problems.seen_bug(KeyError("geheim"), now=NOON, flow="stock")
    (problem,) = problems.all()

    assert (problem.code, problem.severity) == ("INTERNAL_ERROR", "error")
    assert "KeyError" in problem.cause
    assert "geheim" not in problem.model_dump_json()


def test_a_flows_success_ends_what_its_errors_had_made() -> None:
    """Other flows' problems stay, and so do those that no success ends."""
    problems = Problems()
    for flow in ("orders", "stock"):
        problems.seen_error(JdThrottled("later"), now=NOON, flow=flow)
    problems.seen_error(JdAmbiguous("no answer"), now=NOON, flow="orders")
    problems.seen("STOCK_REFUSED", now=NOON, cause="x", remedy="y")
    problems.passed("orders")
    problems.passed("")

    assert [(problem.code, problem.evidence) for problem in problems.all()] == [
        ("STOCK_REFUSED", ""),
        ("THROTTLED", "seen by stock"),
    ]


def test_what_a_watcher_finds_stands_in_the_place_of_what_it_found() -> None:
    """A problem that stands on keeps when it began; others' problems stay."""
    problems = Problems()
    problems.seen("OTHER", now=NOON, cause="x", remedy="y", flow="stock")
    found = Problems()
    for code in ("GOES", "STAYS"):
        found.seen(code, now=NOON, cause="x", remedy="y")
    problems.stand(found.all(), flow="quota")
    later = Problems()
    later.seen("STAYS", now=LATER, cause="new words", remedy="y")
    problems.stand(later.all(), flow="quota")

    assert [(p.code, p.since, p.cause) for p in problems.all()] == [
        ("OTHER", NOON, "x"),
        ("STAYS", NOON, "new words"),
    ]
    problems.stand([], flow="quota")

    assert [problem.code for problem in problems.all()] == ["OTHER"]


def test_the_gravest_come_first() -> None:
    """Whoever reads one line reads the one that matters."""
    problems = Problems()
    problems.seen("A", now=NOON, cause="x", remedy="y")
    problems.seen("Z", now=NOON, cause="x", remedy="y", severity="error")
    problems.seen("M", now=NOON, cause="x", remedy="y", severity="error")

    assert [problem.code for problem in problems.all()] == ["M", "Z", "A"]
