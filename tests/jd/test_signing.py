import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.jd.signing import sign
from contracts import JdSignatureVector, jd_signature_vectors


@pytest.mark.parametrize("vector", jd_signature_vectors(), ids=lambda vector: vector.name)
def test_every_known_call_is_signed_as_jd_signs_it(vector: JdSignatureVector) -> None:
    """The vectors come from JD's own text and from independent clients."""
    assert sign(vector.parameters, vector.secret) == vector.sign


@given(
    parameters=st.dictionaries(st.text(min_size=1), st.text()),
    blank=st.sampled_from(["", " ", "\t"]),
)
def test_blank_parameters_and_the_signature_itself_do_not_count(
    parameters: dict[str, str], blank: str
) -> None:
    """What JD skips when it checks may be sent or not."""
    signed = sign(parameters, "secret")

    assert sign({**parameters, "sign": "X"}, "secret") == signed
    assert sign({"format": blank, **parameters}, "secret") == sign(
        {name: value for name, value in parameters.items() if value.strip()}, "secret"
    )
