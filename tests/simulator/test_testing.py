"""The simulator in a test's hands does what the control room does."""

import pytest

from jd_simulator.fields import BadInput
from jd_simulator.shop.orders import NotForSale
from jd_simulator.testing import SandboxHandle, SimulatorHandle, serve
from tests.jd_shop import AnswerReferee, call

GET = "jingdong.pop.order.get"
LEGAL = {"order_id": "1", "optional_fields": "orderId"}


async def test_two_simulators_share_nothing() -> None:
    """Each has its port and its demo sandbox."""
    async with serve() as one, serve() as other:
        one.demo.place_order([("TEE-RED-M", 1)])

        assert one.endpoint != other.endpoint
        assert other.demo.orders() == []


async def test_same_settings_make_the_same_shop(simulator: SimulatorHandle) -> None:
    """Only the credentials differ."""
    one, other = (simulator.create_sandbox(seed=4, sku_count=9) for _ in range(2))

    assert [sku.sku_id for sku in one.skus()] == [sku.sku_id for sku in other.skus()]
    assert one.app_id != other.app_id
    assert one.refresh_token != other.refresh_token


async def test_buyers_and_staff_act_on_orders(sandbox: SandboxHandle) -> None:
    """Every action moves the order on."""
    order = sandbox.place_order([(sandbox.sku("TEE-RED-M").sku_id, 2)], paid=False)
    states = [
        act(order.order_id).state
        for act in (
            sandbox.pay,
            sandbox.lock,
            sandbox.unlock,
            sandbox.pause,
            sandbox.unpause,
            sandbox.readdress,
        )
    ]
    await call(
        sandbox,
        "jingdong.pop.order.shipment",
        {"orderId": order.order_id, "logiCoprId": 467, "logiNo": "SF1"},
    )
    states.append(sandbox.finish(str(order.order_id)).state)

    assert [str(state) for state in states] == [
        "WAIT_SELLER_STOCK_OUT",
        "LOCKED",
        "WAIT_SELLER_STOCK_OUT",
        "POP_ORDER_PAUSE",
        "WAIT_SELLER_STOCK_OUT",
        "WAIT_SELLER_STOCK_OUT",
        "FINISHED_L",
    ]
    assert sandbox.order(order.order_id) is order


async def test_mistakes_are_raised(sandbox: SandboxHandle) -> None:
    """What the control room would refuse is an exception."""
    with pytest.raises(NotForSale):
        sandbox.place_order([("NO-SUCH", 1)])
    with pytest.raises(BadInput):
        sandbox.place_order([("TEE-RED-M", 1)], colour="red")
    with pytest.raises(BadInput):
        sandbox.add_sku(outer_id="X")
    with pytest.raises(BadInput):
        sandbox.change_sku("TEE-RED-M", stock_num=-1)


async def test_reset_clears_a_sandbox(sandbox: SandboxHandle) -> None:
    """Orders are gone and the journal is empty."""
    sandbox.place_order([("TEE-RED-M", 1)])
    sandbox.reset()

    assert sandbox.orders() == []
    assert sandbox.sku("TEE-RED-M").booked == 0


async def test_answers_are_told(simulator: SimulatorHandle, sandbox: SandboxHandle) -> None:
    """The callback sees each answer's text, those of refused calls too."""
    told: list[tuple[str, str]] = []
    simulator.on_answer = lambda method, text: told.append((method, text))
    await call(sandbox, GET, LEGAL)
    await call(sandbox, GET, LEGAL, sign="wrong")

    assert [method for method, _ in told] == [GET, GET]
    assert '"code":"12"' in told[1][1]


def test_referee_finds_answers_that_break_their_contract() -> None:
    """A broken answer is remembered; one in `every` is looked at."""
    strict, lenient = AnswerReferee(), AnswerReferee(every=2)
    for referee in (strict, lenient):
        referee(GET, '{"jingdong_pop_order_get_response":{}}')
        referee("no.such.method", '{"error_response":{"code":"15"}}')

    lenient.verify()
    with pytest.raises(AssertionError, match=r"jingdong\.pop\.order\.get"):
        strict.verify()
