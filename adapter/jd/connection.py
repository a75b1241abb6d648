"""Where JD is and how it is reached over HTTP."""

import ipaddress
from collections.abc import Collection

import aiohttp
import httpx
from httpx_aiohttp import HttpxAiohttpClient

from adapter.errors import Misconfigured

_PATH = "/routerjson"
_EXAMPLE = "Enter JD's address, such as https://api.jd.com."
_CONNECT_S = 5.0
_NOT_SENT = (
    aiohttp.ClientConnectorError,
    aiohttp.ClientHttpProxyError,
    aiohttp.ConnectionTimeoutError,
    aiohttp.InvalidURL,
    httpx.ConnectError,
    httpx.PoolTimeout,
    httpx.UnsupportedProtocol,
)
HTTP_FAILURES = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError)
"""What a call may fail with: the aiohttp transport lets some of its own errors through."""


HttpClient = httpx.AsyncClient
"""The HTTP client's type, for rooms that hand it on."""


def http_client(*, proxy: str | None = None, connections: int = 100) -> httpx.AsyncClient:
    """Make the HTTP client that all channels of a process share.

    Proxies and certificates named in the environment are not read: the only proxy is the one
    given, and JD on this machine (the simulator) is never asked through one by accident.

    Args:
        proxy: Address of a relay, such as one inside JD's cloud 云鼎.
        connections: Most connections at once.

    Returns:
        A client to be closed by its owner (`async with`).
    """
    return HttpxAiohttpClient(
        proxy=_relay(proxy) if proxy else None,
        trust_env=False,
        follow_redirects=False,
        limits=httpx.Limits(max_connections=connections, keepalive_expiry=15),
        timeout=httpx.Timeout(None, connect=_CONNECT_S),
        headers={"User-Agent": "helm-jd"},
    )


def _relay(address: str) -> httpx.Proxy:
    """Hand a relay's password over as a header; the transport's own way is deprecated."""
    url = httpx.URL(address)
    if not url.userinfo:
        return httpx.Proxy(url)
    login = aiohttp.encode_basic_auth(url.username, url.password)
    bare = url.copy_with(username=None, password=None)
    return httpx.Proxy(bare, headers={"Proxy-Authorization": login})


def was_sent(failure: Exception) -> bool:
    """Tell whether JD may have received a call that failed.

    The transport names a connection that was reset after sending a `ConnectTimeout`; only the
    failure beneath it tells the difference.

    Args:
        failure: One of `HTTP_FAILURES`.
    """
    return not isinstance(failure.__cause__ or failure, _NOT_SENT)


def checked_endpoint(endpoint: str, http_hosts: Collection[str] = ()) -> str:
    """Give the full address of JD's gateway.

    Args:
        endpoint: What the seller entered, with or without the path.
        http_hosts: Hosts to which plain http is allowed beside loopback.

    Returns:
        The address with its path.

    Raises:
        Misconfigured: It is no address, or one over which credentials would travel in the open.
    """
    try:
        url = httpx.URL(endpoint.strip())
    except httpx.InvalidURL as error:
        message = "API Endpoint is not an address"
        raise Misconfigured(message, remedy=_EXAMPLE, field="API Endpoint") from error
    problem, remedy = _endpoint_problem(url, http_hosts)
    if problem:
        message = f"API Endpoint {problem}"
        raise Misconfigured(message, remedy=remedy, field="API Endpoint")
    path = url.path.rstrip("/")
    return str(url.copy_with(path=path if path.endswith(_PATH) else path + _PATH))


def _endpoint_problem(url: httpx.URL, http_hosts: Collection[str]) -> tuple[str, str]:
    if url.scheme not in {"http", "https"} or not url.host:
        return "is not an address", _EXAMPLE
    if url.userinfo or url.query or url.fragment:
        return "holds more than host and path", _EXAMPLE
    if url.scheme == "http" and not _is_loopback(url.host) and url.host not in http_hosts:
        remedy = "Enter an https address, or name the host in HELM_JD_HTTP_HOSTS."
        return f"is plain http to {url.host}", remedy
    return "", ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
