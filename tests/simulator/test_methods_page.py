"""The page of methods says what contracts and tests say."""

import pytest

import contracts
from devstack.methods_page import COMMAND, PAGE, gaps, page
from jd_simulator.methods.registry import METHODS


@pytest.fixture(scope="module")
def text() -> str:
    """Make the page once for all tests."""
    return page()


def test_the_page_is_up_to_date(text: str) -> None:
    """Whoever changes a contract or a test writes the page anew."""
    assert PAGE.read_text(encoding="utf-8") == text, f"run: {COMMAND}"


def test_nothing_is_said_to_be_simulated_that_no_test_tries() -> None:
    """Each parameter and each refusal of a method is named by a test of it, or said not to be."""
    assert gaps() == []


def test_every_method_of_the_contracts_is_simulated() -> None:
    """And no other."""
    assert set(METHODS) == {contracts.jd_method(name).full_name for name in contracts.jd_methods()}


@pytest.mark.parametrize("name", contracts.jd_methods())
def test_the_page_tells_of_every_method(text: str, name: str) -> None:
    """Under a heading of its own."""
    assert f"\n### {contracts.jd_method(name).full_name}\n" in text
