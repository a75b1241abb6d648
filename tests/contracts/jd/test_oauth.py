"""The OAuth refresh has a contract of its own, beside those of the methods."""

from typing import get_args

import jsonschema_rs
import pytest

import contracts
from contracts.oauth import oauth_refresh
from tests.contracts.jd.breakage import REMOVED, broken, compiled

REFRESH = oauth_refresh()
REQUEST = compiled(REFRESH.request_schema)
RESPONSE = compiled(REFRESH.response_schema)


def test_schemas_are_valid() -> None:
    """Both are draft 2020-12 and stand alone."""
    assert jsonschema_rs.meta.is_valid(REFRESH.request_schema)
    assert jsonschema_rs.meta.is_valid(REFRESH.response_schema)


def test_examples_obey_the_schemas() -> None:
    """Every request and answer shown is legal."""
    assert REFRESH.request_examples
    for example in REFRESH.request_examples.values():
        assert REQUEST.is_valid(example)
    for example in REFRESH.response_examples.values():
        assert RESPONSE.is_valid(example)


@pytest.mark.parametrize("name", ["app_key", "app_secret", "grant_type", "refresh_token"])
def test_every_parameter_is_needed(name: str) -> None:
    """A refresh without one of them is none."""
    assert not REQUEST.is_valid(broken(REFRESH.request_examples["plain"], name, REMOVED))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("access_token", REMOVED),
        ("refresh_token", ""),
        ("expires_in", "a year"),
        ("expires_in", 0),
        ("code", REMOVED),
    ],
)
def test_a_broken_success_is_refused(place: str, value: object) -> None:
    """Tokens, life and code are what a caller needs."""
    assert not RESPONSE.is_valid(broken(REFRESH.response_examples["success"], place, value))


def test_every_refusal_is_explained_and_shown() -> None:
    """A refusal has both languages, a meaning, two strengths and an example."""
    shown = {str(body["code"]) for body in REFRESH.response_examples.values()}

    for error in REFRESH.errors:
        assert not error.zh.isascii()
        assert error.en.isascii()
        assert error.meaning.endswith(".")
        assert {error.strength, error.wording} <= set(get_args(contracts.Strength))
        assert error.code in shown


def test_every_fact_has_a_strength() -> None:
    """Nothing is claimed without saying how sure it is."""
    assert all(fact.strength in get_args(contracts.Strength) for fact in REFRESH.facts)
