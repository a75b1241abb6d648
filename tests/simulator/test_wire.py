"""Parameters are read wherever clients put them, and signed as they were sent."""

import hashlib
from urllib.parse import unquote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

import contracts
from jd_simulator.wire import JSON_NAME, is_text, parse_parameters, signature

TEXTS = st.text(st.characters(codec="utf-8"), max_size=30)


@pytest.mark.parametrize("vector", contracts.jd_signature_vectors(), ids=lambda vector: vector.name)
def test_signature_matches_the_known_vectors(vector: contracts.JdSignatureVector) -> None:
    """Every worked signature of the contract comes out, `sign` and `other` or not."""
    sent = {**vector.parameters, "sign": "whatever", "other": "unsigned"}

    assert signature(vector.secret, sent) == vector.sign


def test_blank_names_and_values_are_not_signed() -> None:
    """A parameter without name or value changes nothing."""
    signed = signature("s", {"a": "1"})

    assert signature("s", {"a": "1", "b": "", "c": "  ", " ": "x"}) == signed


def test_signature_is_over_the_bytes_that_were_sent() -> None:
    """A client that writes GB18030 has its bytes signed, not what they would look like."""
    sent = parse_parameters("/routerjson?a=%B1%B8", b"").values

    assert signature("s", sent) == hashlib.md5(b"sa\xb1\xb8s").hexdigest().upper()  # noqa: S324 - JD's own choice
    assert not is_text(sent["a"])


@given(st.dictionaries(TEXTS.filter(bool), TEXTS, max_size=6))
def test_form_parameters_come_back_as_they_were(sent: dict[str, str]) -> None:
    """What a client url-encodes is what is read, from the query and from the body."""
    form = urlencode(sent)

    assert parse_parameters(f"/routerjson?{form}", b"").values == sent
    assert parse_parameters("/routerjson", form.encode()).values == sent


@given(
    st.lists(
        st.sampled_from(["%", "%25", "%2C", "2", "C", "2C", "3A", "22", "e4", "é", "+"]), min_size=1
    ).map("".join)
)
def test_escapes_are_read_once_and_broken_ones_stay(sent: str) -> None:
    """Neither `%252C` nor `%%2C` is read twice: the value is what the standard library reads."""
    assert parse_parameters(f"/routerjson?a={sent}", b"").values == {
        "a": unquote_plus(sent, errors="surrogateescape")
    }


def test_absolute_request_target_is_read_like_another() -> None:
    """The query of an absolute target counts."""
    assert parse_parameters("http://host:1/routerjson?a=1&b=2", b"").values == {"a": "1", "b": "2"}


@pytest.mark.parametrize(
    "text",
    [
        '{"remark":"备注 50%+1 & a=b"}',
        '{"a": {"b": "}&c=d"}}',
        '{"not": json',
        '{\n  "pretty": true\n}',
    ],
)
def test_json_that_is_not_url_encoded_stays_as_it_is(text: str) -> None:
    """A literal brace tells a raw body: nothing in its JSON is decoded or split."""
    parameters = parse_parameters("/routerjson?v=2.0", f"{JSON_NAME}={text}".encode())

    assert parameters.values == {"v": "2.0", JSON_NAME: text}


def test_parameters_round_raw_json_are_read() -> None:
    """Before raw JSON and after its end the body is an ordinary form."""
    body = f'x=%41&{JSON_NAME}={{"a":"&y=1"}}&z=%42'.encode()

    assert parse_parameters("/routerjson", body).values == {
        "x": "A",
        JSON_NAME: '{"a":"&y=1"}',
        "z": "B",
    }


def test_first_of_two_values_counts_and_is_told() -> None:
    """The query comes before the body; that a name was doubled is remembered."""
    parameters = parse_parameters("/routerjson?a=1", b"a=2&b=3")

    assert parameters.values == {"a": "1", "b": "3"}
    assert parameters.doubled == ["a"]


@given(st.binary(max_size=200), st.text(max_size=50))
def test_no_bytes_break_the_reader(body: bytes, target: str) -> None:
    """Whatever comes is read, and can be signed."""
    values = parse_parameters(target.encode(errors="replace").decode(), body).values

    assert len(signature("s", values)) == 32
