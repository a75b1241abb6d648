"""Bodies that are packed, or say so: read where they can be, refused cleanly wherever they come."""

import asyncio
import gzip
import json
import zlib
from urllib.parse import urlencode, urlsplit

import aiohttp
import pytest

from jd_simulator.body import LARGEST_BODY
from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import signed

CLOCK = "/_simulator/sandboxes/{}/clock"
RESET = "/_simulator/sandboxes/{}/reset"
SANDBOXES = "/_simulator/sandboxes"
GATEWAY = "/routerjson"
OAUTH = "/oauth2/refresh_token"
WHERE = [("PUT", CLOCK), ("POST", RESET), ("POST", SANDBOXES), ("POST", GATEWAY), ("POST", OAUTH)]
FORM = "application/x-www-form-urlencoded"
PACKED = gzip.compress(b'{"seed":1}')
BROKEN = [
    pytest.param("gzip", b"garbage", 400, id="gzip that is none"),
    pytest.param("x-gzip", b"garbage", 400, id="x-gzip that is none"),
    pytest.param("GZIP", PACKED[:-4], 400, id="gzip that is cut off"),
    pytest.param("gzip", PACKED + b"more", 400, id="gzip with something behind it"),
    pytest.param("deflate", b"garbage", 400, id="deflate that is none"),
    pytest.param("deflate", PACKED, 400, id="gzip that says deflate"),
    pytest.param("gzip", gzip.compress(b" " * (LARGEST_BODY + 1)), 413, id="gzip of too much"),
    pytest.param("br", b"garbage", 415, id="brotli"),
    pytest.param("zstd", b"garbage", 415, id="zstd"),
    pytest.param("compress", b"", 415, id="compress"),
    pytest.param("gzip, gzip", gzip.compress(PACKED), 415, id="packed twice"),
    pytest.param("no-such-coding", b"{}", 415, id="nobody's"),
]


async def send(
    sandbox: SandboxHandle, verb: str, path: str, data: bytes, **headers: str
) -> tuple[int, str, str]:
    """Send bytes as they are: the status, the type and the text of the answer."""
    url = sandbox.endpoint + path.format(sandbox.sandbox_id)
    media = "application/json" if path.startswith("/_simulator") else FORM
    sent = {"Content-Type": media, **headers}
    async with (
        aiohttp.ClientSession() as session,
        session.request(verb, url, data=data, headers=sent) as response,
    ):
        return response.status, response.content_type, await response.text()


@pytest.mark.parametrize(("coding", "data", "expected"), BROKEN)
async def test_a_body_that_cannot_be_unpacked_is_refused(
    sandbox: SandboxHandle,
    caplog: pytest.LogCaptureFixture,
    coding: str,
    data: bytes,
    expected: int,
) -> None:
    """The control room names the body, JD's edge sends a page, and nothing is logged as a crash."""
    for verb, path in WHERE:
        status, media, text = await send(sandbox, verb, path, data, **{"Content-Encoding": coding})

        assert status == expected
        if path.startswith("/_simulator"):
            assert media == "application/problem+json"
            assert json.loads(text).get("field") == ("(body)" if status == 400 else None)
        else:
            assert media == "text/html"
    assert caplog.records == []


@pytest.mark.parametrize(
    ("coding", "data"),
    [
        ("identity", b'{"freeze": true}'),
        ("gzip", gzip.compress(b'{"freeze": true}')),
        ("deflate", zlib.compress(b'{"freeze": true}')),
        ("deflate", zlib.compress(b'{"freeze": true}', wbits=-15)),
    ],
    ids=["identity", "gzip", "deflate", "deflate without its head"],
)
async def test_a_body_that_can_be_unpacked_is_read(
    sandbox: SandboxHandle, coding: str, data: bytes
) -> None:
    """As it is, by gzip, and by either kind of deflate."""
    status, _, _ = await send(sandbox, "PUT", CLOCK, data, **{"Content-Encoding": coding})

    assert status == 200
    assert sandbox.clock.speed == 0


async def test_jd_reads_a_packed_call(sandbox: SandboxHandle) -> None:
    """Its signature is that of what was packed."""
    call = signed(sandbox, "jingdong.sku.read.searchSkuList", "{}")
    data = gzip.compress(urlencode(call).encode())
    status, _, text = await send(sandbox, "POST", GATEWAY, data, **{"Content-Encoding": "gzip"})

    assert status == 200
    assert "jingdong_sku_read_searchSkuList_responce" in text


@pytest.mark.parametrize("path", [GATEWAY, OAUTH, CLOCK, SANDBOXES])
async def test_a_body_whose_chunks_are_none_is_refused(
    sandbox: SandboxHandle, simulator: SimulatorHandle, path: str
) -> None:
    """400 or an end of the connection, and the next caller is served."""
    where = urlsplit(sandbox.endpoint)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    head = f"POST {path.format(sandbox.sandbox_id)} HTTP/1.1\r\nHost: jd\r\n"
    head += "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    writer.write(head.encode())
    answer = await reader.read()
    writer.close()

    assert b" 500 " not in answer.split(b"\r\n")[0]
    assert b"Traceback" not in answer
    assert simulator.create_sandbox(sku_count=1).skus()


@pytest.mark.parametrize("media", [FORM, "multipart/form-data"])
async def test_any_bytes_may_be_sent_for_a_refresh(sandbox: SandboxHandle, media: str) -> None:
    """JD's own code of missing parameters; the journal can be read afterwards."""
    status, _, text = await send(
        sandbox,
        "POST",
        f"{OAUTH}?app_key={sandbox.app_key}",
        b"grant_type=\xff\xfe&refresh_token=\xd6\xd0",
        **{"Content-Type": media},
    )
    journal, _, _ = await send(sandbox, "GET", "/_simulator/sandboxes/{}/journal", b"")

    assert (status, json.loads(text)["code"]) == (200, 400)
    assert journal == 200
