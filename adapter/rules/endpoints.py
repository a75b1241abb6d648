"""Over which addresses credentials may travel.

https anywhere; plain http only within this machine, or to hosts that an operator names.
"""

import ipaddress
import re
from collections.abc import Collection
from urllib.parse import SplitResult, urlsplit

_GATEWAY_PATH = "/routerjson"
_UNSAFE = re.compile(r"[\s\\\x00-\x1f\x7f]")  # parsers differ on these: none is guessed at
_PORTS = {"http": 80, "https": 443}


def endpoint_problem(endpoint: str, http_hosts: Collection[str] = ()) -> str | None:
    """Tell why credentials may not travel to an address.

    Args:
        endpoint: What the seller entered.
        http_hosts: Hosts to which plain http is allowed beside loopback.

    Returns:
        What is wrong, as the end of a sentence about the address; None when nothing is.
    """
    url = _split(endpoint)
    if url is None or url.scheme not in _PORTS or not url.hostname:
        return "is not an http(s) address"
    if "@" in url.netloc or url.query or url.fragment:
        return "holds more than host and path"
    if url.scheme == "http" and not is_loopback(url.hostname) and url.hostname not in http_hosts:
        return f"is plain http to {url.hostname}: credentials would travel in the open"
    return None


def same_endpoint(one: str, other: str) -> bool:
    """Tell whether two addresses mean the same gateway, with or without its path."""
    return _canonical(one) == _canonical(other)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, by name or address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _split(endpoint: str) -> SplitResult | None:
    text = endpoint.strip()
    if _UNSAFE.search(text):
        return None
    try:
        url = urlsplit(text)
        _ = url.port  # reading it is what checks it
    except ValueError:
        return None
    return url


def _canonical(endpoint: str) -> tuple[str, str, int, str] | str:
    url = _split(endpoint)
    if url is None or not url.hostname:
        return endpoint
    path = url.path.rstrip("/").removesuffix(_GATEWAY_PATH)
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme, 0), path
