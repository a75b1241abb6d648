"""Over which addresses credentials may travel."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.endpoints import endpoint_problem, is_loopback, same_endpoint

SAFE = [
    "https://api.jd.com",
    "https://api.jd.com/routerjson",
    " https://api.jd.com/ ",
    "https://[2001:db8::1]:8443",
    "http://127.0.0.1:8790",
    "http://localhost:8790/routerjson",
    "http://LOCALHOST:8790",
    "http://[::1]:8790",
]

UNSAFE = [
    "http://api.jd.com",
    "http://10.0.0.1",
    "http://localhost.evil.example",
    "http://127.0.0.1@evil.example",
    "http://127.0.0.1\\@evil.example",
    "https://user:hush@api.jd.com",
    "https://api.jd.com/?access_token=hush",
    "https://api.jd.com/#hush",
    "ftp://api.jd.com",
    "api.jd.com",
    "https://",
    "https://api.jd.com:port",
    "https://api.jd.com:99999",
    "https://[api.jd.com",
    "https://api.jd.com/a b",
    "",
    "中文",
]


@pytest.mark.parametrize("endpoint", SAFE)
def test_https_and_this_machine_are_safe(endpoint: str) -> None:
    """Over https, or without leaving the machine, credentials may travel."""
    assert endpoint_problem(endpoint) is None


@pytest.mark.parametrize("endpoint", UNSAFE)
def test_everything_else_is_refused_without_repeating_it(endpoint: str) -> None:
    """What is wrong is said; secrets in an address are not."""
    problem = endpoint_problem(endpoint)

    assert problem is not None
    assert "hush" not in problem


def test_an_operator_may_name_hosts_for_plain_http() -> None:
    """A named host is allowed, another one is not."""
    assert endpoint_problem("http://simulator:8790", {"simulator"}) is None
    assert endpoint_problem("http://elsewhere:8790", {"simulator"}) is not None


@given(st.text())
def test_any_text_gets_an_answer(endpoint: str) -> None:
    """Whatever was entered, the rule answers and does not raise."""
    problem = endpoint_problem(endpoint)

    assert problem is None or problem


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://api.jd.com", "https://api.jd.com/"),
        ("https://api.jd.com", "https://API.JD.com:443/routerjson"),
        ("http://localhost:80", "http://localhost"),
    ],
)
def test_spellings_of_one_gateway_are_the_same(one: str, other: str) -> None:
    """Case of the host, the usual port and the gateway's path make no difference."""
    assert same_endpoint(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://api.jd.com", "http://api.jd.com"),
        ("https://api.jd.com", "https://api.jd.com:8443"),
        ("https://api.jd.com", "https://api.jd.example"),
        ("https://api.jd.com/a", "https://api.jd.com/b"),
        ("not an address", "another"),
    ],
)
def test_other_gateways_differ(one: str, other: str) -> None:
    """Scheme, host, port and path each tell gateways apart."""
    assert not same_endpoint(one, other)


def test_only_this_machine_is_loopback() -> None:
    """Names and addresses of this machine count, others do not."""
    assert is_loopback("127.1.2.3")
    assert is_loopback("::1")
    assert not is_loopback("0.0.0.0")  # noqa: S104 (not bound to: asked about)
    assert not is_loopback("example.com")
