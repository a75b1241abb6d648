"""How JD shows a receiver to the seller: name and address as ciphertext, phones masked.

Source: contracts/jd/definitions/order.json
"""

import base64
import hashlib

from jd_simulator.seed.people import Receiver


def show_receiver(
    receiver: Receiver, *, seed: int, is_plain: bool, reading: int = 0
) -> dict[str, object]:
    """Show a receiver.

    Args:
        receiver: In plain text.
        seed: Of the sandbox.
        is_plain: Whether the app may see name and address; phones are masked all the same.
        reading: Another number gives other ciphertext and other `desen_*`; the oaid stays.
    """
    veiled_phone = _digest(f"desen {reading}", receiver, seed, 35).hex()
    name, address = receiver.name, receiver.full_address
    return {
        "fullname": name if is_plain else ciphertext(name, seed, reading),
        "fullAddress": address if is_plain else ciphertext(address, seed, reading),
        "telephone": masked_phone(receiver.phone),
        "mobile": masked_phone(receiver.phone),
        "province": receiver.province,
        "city": receiver.city,
        "county": receiver.county,
        "town": receiver.town,
        "provinceId": str(receiver.province_id),
        "cityId": str(receiver.city_id),
        "countyId": str(receiver.county_id),
        "townId": str(receiver.town_id),
        "oaid": oaid(receiver, seed),
        "desen_telephone": veiled_phone,
        "desen_mobile": veiled_phone,
    }


def oaid(receiver: Receiver, seed: int) -> str:
    """Name a receiver (name, address, phone) without telling it: the same gives the same."""
    return base64.b64encode(_digest("oaid", receiver, seed, 48)).decode()


def ciphertext(text: str, seed: int, reading: int = 0) -> str:
    """Veil a text as long base64; the same text gives the same, at the same reading."""
    data = f"{seed} {reading} {text}".encode()
    return base64.b64encode(hashlib.shake_256(data).digest(81 + len(text.encode()))).decode()


def masked_phone(phone: str) -> str:
    """Show the first three digits of a phone number and the last one."""
    return f"{phone[:3]}{'*' * max(len(phone) - 4, 1)}{phone[-1:]}"


def _digest(purpose: str, receiver: Receiver, seed: int, size: int) -> bytes:
    who = f"{purpose} {seed} {receiver.name} {receiver.phone} {receiver.full_address}"
    return hashlib.shake_256(who.encode()).digest(size)
