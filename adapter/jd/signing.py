"""The signature that JD demands on every call.

Source: contracts/jd/signature-vectors.json.
"""

import hashlib
from collections.abc import Mapping


def sign(parameters: Mapping[str, str], secret: str) -> str:
    """Sign a call.

    Args:
        parameters: Every parameter that is sent, as its raw text before URL encoding; blank
            names and values do not count, nor does `sign` itself.
        secret: The app's secret.

    Returns:
        32 upper-case hexadecimal digits.
    """
    signed = sorted(
        (name.encode(), value.encode())
        for name, value in parameters.items()
        if name != "sign" and name.strip() and value.strip()
    )
    text = b"".join((secret.encode(), *(name + value for name, value in signed), secret.encode()))
    return hashlib.md5(text, usedforsecurity=False).hexdigest().upper()
