from adapter.rules.unanswered import MOST_KEPT, UnansweredCalls


def test_the_very_same_call_is_repeated_under_the_same_number() -> None:
    """JD then carries it out once, whichever of the two arrives first."""
    calls = UnansweredCalls()
    calls.sent({"1": 5, "2": 6}, "r1")

    assert calls.ref({"2": 6, "1": 5}) == "r1"
    assert calls.ref({"1": 5}) is None
    assert calls.ref({"1": 5, "2": 7}) is None


def test_an_answered_call_is_not_repeated() -> None:
    """The same quantities again are a new call."""
    calls = UnansweredCalls()
    calls.sent({"1": 5}, "r1")
    calls.answered({"1": 5})

    assert calls.ref({"1": 5}) is None


def test_a_call_that_came_between_makes_the_next_one_new() -> None:
    """5, then 6, then 5 again under the first number would be ignored, and 6 would stand."""
    calls = UnansweredCalls()
    calls.sent({"1": 5, "2": 1}, "r1")
    calls.sent({"1": 6}, "r2")

    assert calls.ref({"1": 5, "2": 1}) is None
    assert calls.ref({"1": 6}) == "r2"


def test_a_call_after_a_reading_is_new() -> None:
    """JD holds another number than was written: under the old number it would keep it."""
    calls = UnansweredCalls()
    calls.sent({"1": 5}, "r1")
    calls.touched(["1"])

    assert calls.ref({"1": 5}) is None


def test_what_is_kept_is_bounded() -> None:
    """The oldest call is forgotten."""
    calls = UnansweredCalls()
    for number in range(MOST_KEPT + 1):
        calls.sent({str(number): 5}, f"r{number}")

    assert calls.ref({"0": 5}) is None
    assert calls.ref({"1": 5}) == "r1"
