"""The control room plays buyers and JD's staff, and says what it did not understand."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest

from jd_simulator.testing import SandboxHandle, SimulatorHandle
from tests.jd_shop import call

Json = Any  # an answer's shape is what the test says
Ask = Callable[..., Awaitable[tuple[int, Json]]]

GET = "jingdong.pop.order.get"
LEGAL = {"order_id": "1", "optional_fields": "orderId"}


@pytest.fixture
async def ask(sandbox: SandboxHandle) -> AsyncIterator[Ask]:
    """Call the control room, under the sandbox unless the path begins with a slash."""
    async with aiohttp.ClientSession() as session:

        async def send(
            verb: str, path: str, body: object = None, data: bytes | None = None
        ) -> tuple[int, Json]:
            room = f"{sandbox.endpoint}/_simulator/sandboxes/{sandbox.sandbox_id}"
            url = f"{sandbox.endpoint}{path}" if path.startswith("/") else f"{room}/{path}"
            if body is not None:
                data = json.dumps(body).encode()
            header = {} if data is None else {"Content-Type": "application/json"}
            async with session.request(verb, url, data=data, headers=header) as response:
                if response.status >= 400:
                    assert response.content_type == "application/problem+json"
                return response.status, await response.json(content_type=None)

        yield send


async def test_new_sandbox_is_ready_for_calls(simulator: SimulatorHandle, ask: Ask) -> None:
    """Its credentials come back, and the gateway knows them."""
    status, made = await ask("POST", "/_simulator/sandboxes", {"seed": 3, "sku_count": 2})
    _, listed = await ask("GET", "/_simulator/sandboxes")
    _, shown = await ask("GET", f"/_simulator/sandboxes/{made['sandbox_id']}")
    _, skus = await ask("GET", f"/_simulator/sandboxes/{made['sandbox_id']}/skus")
    gone, _ = await ask("DELETE", f"/_simulator/sandboxes/{made['sandbox_id']}")
    unknown, _ = await ask("GET", f"/_simulator/sandboxes/{made['sandbox_id']}")

    assert (status, gone, unknown) == (201, 204, 404)
    assert {"demo", made["sandbox_id"]} <= set(listed["sandboxes"])
    assert made.items() >= {"endpoint": simulator.endpoint, "removed_scopes": []}.items()
    assert {"app_key", "app_secret", "app_id", "access_token", "refresh_token"} <= made.keys()
    assert shown == made
    assert len(skus["skus"]) == 2


async def test_demo_sandbox_has_the_documented_credentials(
    simulator: SimulatorHandle, ask: Ask
) -> None:
    """It is there from the start and cannot be removed."""
    demo = simulator.demo
    status, _ = await ask("DELETE", "/_simulator/sandboxes/demo")

    assert "error_response" not in await call(demo, GET, LEGAL)
    assert status == 409
    assert (demo.app_key, demo.app_secret, demo.app_id, demo.access_token, demo.refresh_token) == (
        "demo-app-key",
        "demo-app-secret",
        "demo-app",
        "demo-access-token",
        "demo-refresh-token",
    )


async def test_an_order_lives_through_the_control_room(ask: Ask, sandbox: SandboxHandle) -> None:
    """Placed, paid, locked, unlocked, paused, unpaused, readdressed, cancelled."""
    receiver = {
        "name": "王芳",
        "phone": "19900000001",
        "address": "人民中路5号",
        "province": "上海",
        "city": "浦东新区",
    }
    status, order = await ask(
        "POST",
        "orders",
        {
            "lines": [
                {"outer_id": "TEE-RED-M", "quantity": 2},
                {"sku_id": sandbox.sku("TEE-RED-L").sku_id, "gift": True},
            ],
            "buyer": "jd_somebody",
            "paid": False,
            "receiver": receiver,
            "remark": "请尽快发货🎁",
            "coupons": [{"amount": "5.00"}],
            "freight": 6,
            "order_type": "22",
            "cod": False,
            "cross_border": False,
        },
    )
    states = [order["state"]]
    for action in ("pay", "lock", "unlock", "pause", "unpause", "readdress", "cancel"):
        _, changed = await ask("POST", f"orders/{order['order_id']}/{action}")
        states.append(changed["state"])
    _, shown = await ask("GET", f"orders/{order['order_id']}")
    _, listed = await ask("GET", "orders")

    assert status == 201
    assert states == [
        "NOT_PAY",
        "WAIT_SELLER_STOCK_OUT",
        "LOCKED",
        "WAIT_SELLER_STOCK_OUT",
        "POP_ORDER_PAUSE",
        "WAIT_SELLER_STOCK_OUT",
        "WAIT_SELLER_STOCK_OUT",
        "TRADE_CANCELED",
    ]
    assert [line["price"] for line in order["lines"]][1] == "0.00"
    assert order["receiver"].items() >= receiver.items()
    assert [change["cause"] for change in shown["changes"]][:2] == ["place", "pay"]
    assert listed["orders"] == [shown]


async def test_readdress_takes_a_receiver(ask: Ask, sandbox: SandboxHandle) -> None:
    """The order goes where it is told."""
    order = sandbox.place_order([("TEE-RED-M", 1)])
    receiver = {
        "name": "李𠮷",
        "phone": "19900000002",
        "address": "解放大道9号",
        "province": "广东",
        "city": "深圳市",
        "county": "南山区",
        "town": "粤海街道",
    }

    _, shown = await ask("POST", f"orders/{order.order_id}/readdress", {"receiver": receiver})

    assert shown["receiver"] == receiver


async def test_skus_are_added_changed_and_deleted(ask: Ask) -> None:
    """Drift at JD's side is a change of stock; the history tells who wrote."""
    status, sku = await ask(
        "POST", "skus", {"outer_id": "MUG-1", "title": "马克杯", "price": "29.90", "stock_num": 4}
    )
    change = {"title": "大马克杯", "price": 31, "status": "off_sale", "stock_num": 9}
    _, changed = await ask("PATCH", "skus/MUG-1", change | {"outer_id": "MUG-2"})
    _, history = await ask("GET", "skus/MUG-2")
    _, deleted = await ask("DELETE", f"skus/{sku['sku_id']}")
    gone, _ = await ask("GET", "skus/MUG-2")

    assert (status, gone) == (201, 404)
    assert (changed["title"], changed["price"], changed["status"]) == (
        "大马克杯",
        "31.00",
        "off_sale",
    )
    assert [entry["stock_num"] for entry in history["stock_writes"]] == [4, 9]
    assert deleted["status"] == "deleted"


async def test_journal_is_read_on_from_where_one_was(ask: Ask, sandbox: SandboxHandle) -> None:
    """`since`, `method` and `limit` choose; without `since` the newest come."""
    for _ in range(3):
        await call(sandbox, GET, LEGAL)
    await call(sandbox, "jingdong.ware.stock.sku.query", {"skuId": 1}, access_token="wrong")

    async def numbers(query: str) -> list[int]:
        _, shown = await ask("GET", f"journal?{query}")
        return [entry["number"] for entry in shown["calls"]]

    _, shown = await ask("GET", "journal?limit=1")
    assert await numbers("since=1&limit=2") == [2, 3]
    assert await numbers(f"method={GET}") == [1, 2, 3]
    assert await numbers("limit=0") == []
    (last,) = shown["calls"]
    assert last["check_failed"] == "token"
    assert last["checks_passed"][-2:] == ["signature", "limits"]
    assert "wrong" not in last["parameters"]["access_token"]


async def test_calls_of_nobody_are_kept_apart(ask: Ask, sandbox: SandboxHandle) -> None:
    """A call whose app_key names no sandbox is in the simulator's own journal."""
    await call(sandbox, GET, LEGAL, app_key="nobody")

    _, shown = await ask("GET", "/_simulator/journal")

    assert [entry["code"] for entry in shown["calls"]] == ["21"]
    assert len(sandbox.journal) == 0


async def test_faults_are_set_shown_and_cleared(ask: Ask) -> None:
    """What was written is shown, with the number of hits."""
    rule = {"match": {"method": GET}, "fault": {"kind": "latency", "ms": 1}, "times": 2}
    _, put = await ask("PUT", "faults", {"rules": [rule]})
    _, got = await ask("GET", "faults")
    _, cleared = await ask("DELETE", "faults")

    assert put == got == {"rules": [{**rule, "hits": 0}]}
    assert cleared == {"rules": []}


async def test_clock_is_set_frozen_and_run(ask: Ask) -> None:
    """Set, advance, freeze and speed work together and apart."""
    _, frozen = await ask(
        "PUT", "clock", {"set": "2026-11-23T12:00:00+08:00", "advance": 60, "freeze": True}
    )
    _, fast = await ask("PUT", "clock", {"speed": 60})
    _, normal = await ask("PUT", "clock", {"freeze": False, "speed": 1})
    _, shown = await ask("GET", "clock")

    assert frozen == {"now": "2026-11-23T04:01:00.000Z", "speed": 0, "frozen": True}
    assert (fast["speed"], fast["frozen"]) == (60, False)
    assert (normal["speed"], shown["speed"]) == (1, 1)


async def test_frozen_clock_runs_on_when_thawed(ask: Ask) -> None:
    """`freeze: false` alone brings back the normal pace."""
    await ask("PUT", "clock", {"freeze": True})
    _, still = await ask("PUT", "clock", {"advance": 1})
    _, thawed = await ask("PUT", "clock", {"freeze": False})

    assert still["frozen"] is True
    assert thawed["speed"] == 1


async def test_credentials_expire_rotate_and_lose_scopes(ask: Ask, sandbox: SandboxHandle) -> None:
    """What JD's staff or the seller can do to a grant."""
    _, shown = await ask("PATCH", "credentials", {"rotate": True, "remove_scopes": [GET]})
    refused = await call(sandbox, GET, LEGAL)
    await ask("PATCH", "credentials", {"restore_scopes": [GET], "expire": True})
    expired = await call(sandbox, GET, LEGAL)

    assert shown["access_token"] == sandbox.access_token
    assert shown["removed_scopes"] == [GET]
    assert refused["error_response"]["code"] == "24"
    assert expired["error_response"]["code"] == "19"


async def test_reset_brings_everything_back(ask: Ask, sandbox: SandboxHandle) -> None:
    """Orders, stock, faults, journal, clock and credentials are as they were."""
    before = (sandbox.access_token, [sku.sku_id for sku in sandbox.skus()])
    sandbox.place_order([("TEE-RED-M", 1)])
    sandbox.rotate_tokens()
    sandbox.remove_scope(GET)
    sandbox.clock.advance(86_400)
    sandbox.set_faults([{"fault": {"kind": "hang"}}])

    await ask("POST", "reset")

    assert (sandbox.access_token, [sku.sku_id for sku in sandbox.skus()]) == before
    assert sandbox.orders() == []
    assert "error_response" not in await call(sandbox, GET, LEGAL)
    assert sandbox.invariants()["calls"] == 1


async def test_invariants_know_what_was_returned(ask: Ask, sandbox: SandboxHandle) -> None:
    """Orders the seller never saw, or saw only older, are named; unpaid ones are not owed."""
    seen, unseen = (sandbox.place_order([("TEE-RED-M", 1)]) for _ in range(2))
    sandbox.place_order([("TEE-RED-M", 1)], paid=False)
    await call(sandbox, GET, {"order_id": seen.order_id, "optional_fields": "orderId"})
    sandbox.clock.advance(5)
    sandbox.lock(seen.order_id)
    sandbox.change_sku("TEE-RED-M", stock_num=1)
    await call(sandbox, GET, LEGAL, sign="wrong")

    _, known = await ask("GET", "invariants")

    assert (known["orders_placed"], known["orders_searchable"], known["orders_returned"]) == (
        3,
        2,
        1,
    )
    assert known["orders_never_returned"] == [str(unseen.order_id)]
    assert known["orders_newest_state_never_returned"] == [str(seen.order_id)]
    assert known["refused_for_signature"] == 1
    assert [sku["lowest"] for sku in known["negative_sellable"]] == [-2]


@pytest.mark.parametrize(
    ("verb", "path", "body", "field"),
    [
        ("POST", "/_simulator/sandboxes", {"seed": "one"}, "seed"),
        ("POST", "/_simulator/sandboxes", {"stock_model": "other"}, "stock_model"),
        ("POST", "/_simulator/sandboxes", [], "(body)"),
        ("POST", "orders", {}, "lines"),
        ("POST", "orders", {"lines": [{}]}, "lines[0]"),
        ("POST", "orders", {"lines": [{"sku_id": 1, "outer_id": "x"}]}, "lines[0]"),
        ("POST", "orders", {"lines": [{"sku_id": True}]}, "lines[0].sku_id"),
        ("POST", "orders", {"lines": [{"sku_id": 1, "quantity": 0}]}, "lines[0].quantity"),
        ("POST", "orders", {"lines": [{"sku_id": 1}], "coupons": [{}]}, "coupons[0].amount"),
        ("POST", "orders", {"lines": [{"sku_id": 1}], "receiver": {}}, "receiver.name"),
        ("POST", "orders", {"lines": [{"sku_id": 1}], "payed": True}, "payed"),
        ("POST", "orders", {"lines": [{"sku_id": 1}], "order_type": "9"}, "order_type"),
        ("POST", "orders/1/pay", {"when": "now"}, "when"),
        ("POST", "skus", {"outer_id": "x"}, "title"),
        ("PATCH", "skus/TEE-RED-M", {}, "(body)"),
        ("PATCH", "skus/TEE-RED-M", {"status": "gone"}, "status"),
        ("PUT", "faults", {"rules": [1]}, "rules[0]"),
        ("PUT", "clock", {"speed": -1}, "speed"),
        ("PUT", "clock", {"set": "noon"}, "set"),
        ("PATCH", "credentials", {"remove_scopes": ["x"]}, "remove_scopes[0]"),
        ("GET", "journal?limit=many", None, "limit"),
    ],
)
async def test_bad_input_names_its_field(
    ask: Ask, verb: str, path: str, body: object, field: str
) -> None:
    """What is wrong is answered as problem+json."""
    status, problem = await ask(verb, path, body)

    assert (status, problem["field"]) == (400, field)
    assert problem["detail"]


@pytest.mark.parametrize("data", [b"{", b"\xb1\xb8", b"[" * 100_000])
async def test_bodies_that_are_no_json_are_refused(ask: Ask, data: bytes) -> None:
    """Broken, not UTF-8, or nested without end."""
    status, problem = await ask("POST", "orders", data=data)

    assert (status, problem["field"]) == (400, "(body)")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"lines": [{"outer_id": "NO-SUCH"}]}, "lines[0]"),
        ({"lines": [{"outer_id": "TEE-RED-M", "quantity": 101}]}, "lines[0].quantity"),
        ({"lines": [{"outer_id": "TEE-RED-M"}], "coupons": [{"amount": 10_000}]}, "coupons"),
        ({"lines": [{"outer_id": "TEE-RED-XL"}]}, "lines[0]"),
    ],
)
async def test_what_jd_would_not_sell_is_a_conflict(
    ask: Ask, sandbox: SandboxHandle, body: object, field: str
) -> None:
    """Unknown, too much, too cheap, or not on sale."""
    sandbox.change_sku("TEE-RED-XL", status="off_sale")

    status, problem = await ask("POST", "orders", body)

    assert (status, problem["field"]) == (409, field)


@pytest.mark.parametrize(
    ("verb", "path", "status"),
    [
        ("GET", "/_simulator/sandboxes/none/orders", 404),
        ("GET", "orders/1", 404),
        ("GET", "orders/x", 404),
        ("POST", "orders/1/pay", 404),
        ("POST", "orders/1/eat", 404),
        ("GET", "skus/none", 404),
        ("GET", f"skus/{'9' * 5000}", 404),
        ("DELETE", "skus", 405),
        ("GET", "/_simulator/nothing", 404),
    ],
)
async def test_what_is_not_there_is_a_problem_too(
    ask: Ask, verb: str, path: str, status: int
) -> None:
    """Unknown sandboxes, orders, SKUs, actions and verbs."""
    answered, problem = await ask(verb, path)

    assert (answered, problem["status"]) == (status, status)


async def test_an_action_that_the_state_forbids_is_a_conflict(
    ask: Ask, sandbox: SandboxHandle
) -> None:
    """The problem carries JD's code."""
    order = sandbox.place_order([("TEE-RED-M", 1)])

    status, problem = await ask("POST", f"orders/{order.order_id}/finish")

    assert (status, problem["code"]) == (409, "10100021")
