import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from adapter.errors import Misconfigured
from adapter.jd.connection import HTTP_FAILURES, checked_endpoint, http_client, was_sent

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def a_peer(answer: Answer) -> AsyncIterator[str]:
    """Listen on a free port and do as told with each connection."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/routerjson"


@pytest.mark.parametrize(
    ("entered", "full"),
    [
        ("https://api.jd.com", "https://api.jd.com/routerjson"),
        (" https://api.jd.com/ ", "https://api.jd.com/routerjson"),
        ("https://api.jd.com/routerjson", "https://api.jd.com/routerjson"),
        ("https://api.jd.com/routerjson/", "https://api.jd.com/routerjson"),
        ("https://relay.example/jd", "https://relay.example/jd/routerjson"),
        ("http://127.0.0.1:8790", "http://127.0.0.1:8790/routerjson"),
        ("http://[::1]:8790", "http://[::1]:8790/routerjson"),
        ("http://localhost:8790", "http://localhost:8790/routerjson"),
        ("http://jd-simulator:8790", "http://jd-simulator:8790/routerjson"),
    ],
)
def test_the_path_is_added_where_it_is_missing(entered: str, full: str) -> None:
    """Sellers enter JD's address as JD shows it, without the path."""
    assert checked_endpoint(entered, {"jd-simulator"}) == full


@pytest.mark.parametrize(
    "entered",
    [
        "",
        "api.jd.com",
        "ftp://api.jd.com",
        "https://",
        "https://seller:geheim@api.jd.com",
        "https://api.jd.com/?app_key=1",
        "http://api.jd.com",
        "http://localhost.example",
        "http://[bad",
        "https://api.jd.com:port",
    ],
)
def test_an_endpoint_that_would_leak_or_lead_nowhere_is_refused(entered: str) -> None:
    """Credentials travel over https, or stay on this machine; the form's field is named."""
    with pytest.raises(Misconfigured) as caught:
        checked_endpoint(entered, {"jd-simulator"})

    assert caught.value.field == "API Endpoint"
    assert caught.value.remedy
    assert "geheim" not in str(caught.value)


async def test_a_refused_connection_sent_nothing() -> None:
    """Where nobody listens nothing can have been carried out."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    async with http_client() as http:
        with pytest.raises(HTTP_FAILURES) as caught:
            await http.post(f"http://127.0.0.1:{port}", data={"a": "b"})

    assert not was_sent(caught.value)


async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """End the connection."""
    writer.close()


async def reset(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Abort the connection."""
    writer.transport.abort()


async def garbage(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with what is not HTTP."""
    writer.write(b"not http at all\r\n\r\n")
    await writer.drain()


async def half(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer with half a body."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    await writer.drain()


@pytest.mark.parametrize("answer", [close, reset, garbage, half])
async def test_a_connection_lost_after_sending_may_have_been_heard(answer: Answer) -> None:
    """The transport calls some of these a connect time-out; they are not."""
    async with a_peer(answer) as address, http_client() as http:
        with pytest.raises(HTTP_FAILURES) as caught:
            await http.post(address, data={"a": "b"})

    assert was_sent(caught.value)


async def test_a_relay_is_asked_in_jds_place() -> None:
    """A proxy is told where to go and who asks; one that refuses has sent nothing on."""
    heard: list[bytes] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with http_client(proxy=f"http://relay:geheim@127.0.0.1:{port}") as http:
            with pytest.raises(HTTP_FAILURES) as caught:
                await http.post("https://jd.example/routerjson", data={"a": "b"})

    assert heard[0].startswith(b"CONNECT jd.example:443 HTTP/1.1")
    assert b"proxy-authorization: basic cmvsYXk6Z2VoZWlt".lower() in heard[0].lower()
    assert not was_sent(caught.value)


async def test_a_relay_without_a_password_is_told_none() -> None:
    """Not every relay asks who calls."""
    heard: list[bytes] = []

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with http_client(proxy=f"http://127.0.0.1:{port}") as http:
            answer = await http.post("http://jd.example/routerjson", data={"a": "b"})

    assert answer.content == b"{}"
    assert heard[0].startswith(b"POST http://jd.example/routerjson HTTP/1.1")
    assert b"authorization" not in heard[0].lower()


def test_an_unreachable_host_of_a_plain_transport_sent_nothing() -> None:
    """Transports other than aiohttp's tell it by their own error."""
    assert not was_sent(httpx.ConnectError("refused"))
    assert was_sent(httpx.ReadTimeout("late"))
