"""The worked signatures, each recomputed from what the file says of it."""

import hashlib
import json

import pytest

import contracts

VECTORS = contracts.jd_signature_vectors()


def signature(secret: str, parameters: dict[str, str]) -> str:
    """Sign independently of adapter and simulator."""
    pairs = sorted((name.encode(), value.encode()) for name, value in parameters.items())
    inner = b"".join(name + value for name, value in pairs)
    text = secret.encode() + inner + secret.encode()
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_a_vector_can_be_recomputed(vector: contracts.JdSignatureVector) -> None:
    """What is known of a signed call is enough to arrive at its signature."""
    assert signature(vector.secret, dict(vector.parameters)) == vector.sign


@pytest.mark.parametrize("vector", VECTORS, ids=[vector.name for vector in VECTORS])
def test_the_exact_text_of_the_json_is_signed(vector: contracts.JdSignatureVector) -> None:
    """Writing the same JSON in another way changes the signature."""
    text = json.dumps(json.loads(vector.parameters["360buy_param_json"]), indent=1)
    rewritten = {**vector.parameters, "360buy_param_json": text}

    assert signature(vector.secret, rewritten) != vector.sign


def test_the_known_clients_are_covered() -> None:
    """JD's own example, both official SDK families and Chinese text have a vector each."""
    assert [vector.name for vector in VECTORS] == [
        "jd-documentation",
        "java-sdk",
        "java-sdk-chinese",
        "python-jd-sdk",
    ]
