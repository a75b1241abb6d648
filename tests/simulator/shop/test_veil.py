"""Receivers are veiled, and known again by their oaid alone."""

from base64 import b64decode
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from jd_simulator.seed.people import Receiver
from jd_simulator.shop.veil import ciphertext, oaid, show_receiver

RECEIVER = Receiver(
    name="䶮娜",
    phone="19900012345",
    address="建设路1号",
    province="广东",
    city="深圳市",
    county="南山区",
)
VEILED = {"fullname", "fullAddress", "desen_mobile", "desen_telephone"}


@given(one=st.integers(0, 10**6), other=st.integers(0, 10**6))
def test_readings_differ_in_what_is_veiled_alone(one: int, other: int) -> None:
    """Two readings are equal if and only if they have the same number; the oaid always stays."""
    shown = [
        show_receiver(RECEIVER, seed=1, is_plain=False, reading=reading) for reading in (one, other)
    ]

    differing = {name for name in shown[0] if shown[0][name] != shown[1][name]}
    assert differing == (set() if one == other else VEILED)


@given(text=st.text(st.characters(codec="utf-8"), max_size=100), seed=st.integers(0, 100))
def test_ciphertext_is_long_base64_that_tells_nothing(text: str, seed: int) -> None:
    """Longer than what it hides, and another for another sandbox."""
    hidden = ciphertext(text, seed)

    assert len(b64decode(hidden, validate=True)) > len(text.encode()) + 80
    assert hidden != ciphertext(text, seed + 1)


def test_an_oaid_names_name_address_and_phone() -> None:
    """A change of any of them is another receiver."""
    others = [
        replace(RECEIVER, name="王芳"),
        replace(RECEIVER, phone="19900012346"),
        replace(RECEIVER, address="建设路2号"),
    ]

    assert len({oaid(receiver, 1) for receiver in (RECEIVER, *others)}) == 4
    assert oaid(RECEIVER, 1) == oaid(replace(RECEIVER), 1) != oaid(RECEIVER, 2)
