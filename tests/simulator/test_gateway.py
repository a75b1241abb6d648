"""Each client's way of placing parameters is taken, byte for byte, over a bare socket."""

import asyncio
import json
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import pytest

from jd_simulator.testing import SandboxHandle, SimulatorHandle
from jd_simulator.wire import JSON_NAME
from tests.jd_shop import call, signed

GET = "jingdong.pop.order.get"
QUERY = "jingdong.ware.stock.sku.query"


async def exchange(sandbox: SandboxHandle, request: bytes) -> tuple[int, dict[str, Any]]:
    """Send bytes over a socket of its own: the status and the JSON of the answer."""
    address = urlsplit(sandbox.endpoint)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    body = await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
    return int(head.split(b" ")[1]), json.loads(body)


def http(target: str, body: bytes = b"", content_type: str = "", verb: str = "POST") -> bytes:
    """Write a request by hand."""
    kind = f"Content-Type: {content_type}\r\n" if content_type else ""
    head = f"{verb} {target} HTTP/1.1\r\nHost: jd\r\n{kind}Content-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def split(parameters: dict[str, str]) -> tuple[dict[str, str], str]:
    """Part the system parameters from the business JSON."""
    system = {name: value for name, value in parameters.items() if name != JSON_NAME}
    return system, parameters[JSON_NAME]


FORM = "application/x-www-form-urlencoded;charset=utf-8"


async def test_official_java_client(sandbox: SandboxHandle) -> None:
    """System parameters in the query, JSON with explicit nulls and unsigned `other` in a form."""
    sku_id = sandbox.sku("TEE-RED-M").sku_id
    text = f'{{"field":null,"skuId":{sku_id},"storeId":0}}'
    system, text = split(signed(sandbox, QUERY, text))
    body = urlencode({JSON_NAME: text, "other": "whatever"}).encode()

    status, answer = await exchange(
        sandbox, http(f"/routerjson?{urlencode(system)}", body, f"{FORM}")
    )

    assert status == 200
    assert answer["jingdong_ware_stock_sku_query_responce"]["returnType"]["success"] is True


async def test_official_python_base(sandbox: SandboxHandle) -> None:
    """Everything in the query of an absolute target, a POST without body or Content-Type."""
    parameters = signed(sandbox, GET, '{"order_id": "1", "optional_fields": "orderId"}')
    target = f"{sandbox.endpoint}/routerjson?{urlencode(parameters)}"

    status, answer = await exchange(sandbox, http(target))

    assert status == 200
    assert "jingdong_pop_order_get_responce" in answer


async def test_official_python_of_2021(sandbox: SandboxHandle) -> None:
    """Everything in a form body, the JSON pretty-printed with newlines."""
    text = json.dumps({"order_id": "1", "optional_fields": "orderId"}, indent=4)
    body = urlencode(signed(sandbox, GET, text)).encode()

    status, answer = await exchange(sandbox, http("/routerjson", body, FORM))

    assert status == 200
    assert "jingdong_pop_order_get_responce" in answer


async def test_npm_client_with_raw_json_in_the_body(sandbox: SandboxHandle) -> None:
    """JSON that is not url-encoded, Chinese with `+`, `%` and `&` in it."""
    text = '{"order_id":"1","optional_fields":"orderId","remark":"备注 50%+1 & a=b"}'
    system, text = split(signed(sandbox, GET, text))
    body = f"{JSON_NAME}={text}".encode()

    status, answer = await exchange(
        sandbox, http(f"/routerjson?{urlencode(system)}", body, "application/x-www-form-urlencoded")
    )

    assert status == 200
    assert "jingdong_pop_order_get_responce" in answer
    assert sandbox.journal[-1].params["remark"] == "备注 50%+1 & a=b"


async def test_plain_get_with_percent_encoded_spaces(sandbox: SandboxHandle) -> None:
    """A GET works, and %20 is a space as much as a plus is."""
    parameters = signed(sandbox, GET, '{"order_id": "1", "optional_fields": "orderId"}')
    query = "&".join(f"{name}={quote(value)}" for name, value in parameters.items())

    status, answer = await exchange(sandbox, http(f"/routerjson?{query}", verb="GET"))

    assert status == 200
    assert "jingdong_pop_order_get_responce" in answer


async def test_timestamps_with_milliseconds_and_offset(sandbox: SandboxHandle) -> None:
    """The newest SDKs' form is honoured, in whatever zone it speaks."""
    sandbox.clock.set(1_795_406_400)

    answer = await call(
        sandbox,
        GET,
        {"order_id": "1", "optional_fields": "orderId"},
        timestamp="2026-11-23 04:00:00.123+0000",
    )

    assert "jingdong_pop_order_get_responce" in answer


async def test_body_over_a_megabyte_is_refused_by_the_edge(sandbox: SandboxHandle) -> None:
    """The answer is a page with an HTTP status, not JSON."""
    address = urlsplit(sandbox.endpoint)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(http("/routerjson", b"x" * (1024 * 1024 + 1), FORM))
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()

    assert head.startswith(b"HTTP/1.1 413")
    assert b"text/html" in head


async def test_crash_in_a_method_is_jds_system_error(
    sandbox: SandboxHandle, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller gets code 1; the traceback is in the journal and the log."""
    sandbox.sku("TEE-RED-M").price = None  # type: ignore[assignment]  # what no shop should hold

    answer = await call(sandbox, "jingdong.sku.read.searchSkuList", {})

    assert answer["error_response"]["code"] == "1"
    assert "TypeError" in (sandbox.journal[-1].traceback or "")
    assert "method.crashed" in caplog.text


async def test_journal_tells_the_call_and_how_far_it_came(sandbox: SandboxHandle) -> None:
    """Arguments, notes, code and answer are kept; unknown parameters are noted."""
    await call(sandbox, GET, {"order_id": "1", "optional_fields": "orderId", "shoe": 44})
    await call(sandbox, GET, {}, v=None)
    taken, refused = sandbox.journal

    assert (taken.number, taken.method, taken.code, taken.status) == (1, GET, "0", 200)
    assert taken.params == {"order_id": "1", "optional_fields": "orderId", "shoe": 44}
    assert taken.notes == ["unknown parameter shoe"]
    assert taken.answer is not None
    assert (refused.failed_check, refused.code, refused.arguments) == ("version", "4", None)
    assert sandbox.access_token not in taken.shown_parameters().values()


async def test_sandboxes_do_not_see_each_other(simulator: SimulatorHandle) -> None:
    """Orders, stock, credentials, clock and faults of one are nothing to another."""
    one, other = (simulator.create_sandbox(seed=seed, sku_count=5) for seed in (1, 2))
    order = one.place_order([("TEE-RED-M", 1)])
    one.clock.advance(86_400)
    one.set_faults([{"fault": {"kind": "jd_error", "code": "67"}}])
    wanted = {"order_id": str(order.order_id), "optional_fields": "orderId"}

    answer = await call(other, GET, wanted)
    crossed = await call(other, GET, wanted, access_token=one.access_token)

    result = answer["jingdong_pop_order_get_responce"]["orderDetailInfo"]["apiResult"]
    assert result["numberCode"] == 10500001
    assert crossed["error_response"]["code"] == "19"
    assert len(one.journal) == 0
    assert one.app_key != other.app_key
    assert one.invariants()["calls"] == 0


@pytest.mark.parametrize(("verb", "path"), [("PUT", "/routerjson"), ("GET", "/elsewhere")])
async def test_other_verbs_and_paths_are_http_errors(
    sandbox: SandboxHandle, verb: str, path: str
) -> None:
    """What is not the gateway is not answered in its form."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(verb, f"{sandbox.endpoint}{path}") as response,
    ):
        assert response.status in (404, 405)
        assert response.content_type != "application/json"


async def test_business_refusal_in_the_envelope_is_journalled(sandbox: SandboxHandle) -> None:
    """Its code is the method's own."""
    await call(sandbox, "jingdong.sku.read.searchSkuList", {"page_size": 51})

    assert sandbox.journal[-1].code == "10100001"
