"""The body of a request, unpacked if it came packed.

aiohttp's own unpacking is off: it fails inside the server's parser, where nobody can answer as JD
or the control room would.
"""

import zlib

from aiohttp import web

from jd_simulator.fields import BadInput

LARGEST_BODY = 1024 * 1024
"""Bytes of a request's body, packed and unpacked; more are refused."""
_AS_IT_IS = ("", "identity")
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
"""How zlib unpacks each coding; deflate comes with its head and, from some clients, without."""


async def read_body(request: web.Request) -> bytes:
    """Read the whole body, whatever it holds.

    Raises:
        BadInput: It ends too early or is not packed as it says.
        web.HTTPUnsupportedMediaType: It is packed in a way that nobody here knows.
        web.HTTPRequestEntityTooLarge: It is larger than `LARGEST_BODY`.
    """
    coding = request.headers.get("Content-Encoding", "").strip().lower()
    if coding not in _AS_IT_IS and coding not in _WINDOWS:
        raise web.HTTPUnsupportedMediaType(reason="send the body as it is, or by gzip or deflate")
    try:
        data = await request.read()
    except web.RequestPayloadError:
        raise BadInput(field="(body)", detail="ends too early") from None
    if not data or coding in _AS_IT_IS:
        return data
    for window in _WINDOWS[coding]:
        unpacking = zlib.decompressobj(window)
        try:
            unpacked = unpacking.decompress(data, LARGEST_BODY + 1)
        except zlib.error:
            continue
        if len(unpacked) > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(LARGEST_BODY, len(unpacked))
        if unpacking.eof and not unpacking.unused_data:
            return unpacked
    raise BadInput(field="(body)", detail=f"is no whole {coding}")
