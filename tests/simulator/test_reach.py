"""Whoever is in another thread reaches the simulator as if they were beside it."""

import socket
import threading

import pytest

from jd_simulator.fields import BadInput
from jd_simulator.testing import serve_in_thread
from tests.jd_shop import AnswerReferee, call

CARRIERS = "360buy.get.vender.all.delivery.company"


async def test_a_simulator_in_a_thread_serves_any_loop() -> None:
    """Its shop and its answers are those of one in the test's own loop."""
    referee = AnswerReferee()
    with serve_in_thread(seed=3) as simulator:
        simulator.on_answer = referee
        sandbox = simulator.create_sandbox(sku_count=3)
        answer = await call(sandbox, CARRIERS, {})
        order = sandbox.place_order([("TEE-RED-M", 1)])

        assert "vender_delivery_all_company_response" in answer
        assert sandbox.order(order.order_id) is order
        assert [entry.method for entry in sandbox.journal] == [CARRIERS]
    referee.verify()
    assert referee.seen == 1


def test_mistakes_come_back_to_their_caller() -> None:
    """An exception crosses over; the simulator goes on."""
    with serve_in_thread() as simulator:
        with pytest.raises(BadInput):
            simulator.demo.place_order([("TEE-RED-M", 0)])

        assert simulator.demo.orders() == []


def test_a_removed_sandbox_is_gone() -> None:
    """Its id is free, and removing it again is an error."""
    with serve_in_thread() as simulator:
        sandbox = simulator.create_sandbox(sku_count=1)
        simulator.remove_sandbox(sandbox)

        with pytest.raises(KeyError):
            simulator.remove_sandbox(sandbox)


def test_many_threads_may_use_it_at_once() -> None:
    """No order is lost, however many place them."""
    with serve_in_thread() as simulator:
        sandbox = simulator.create_sandbox(sku_count=2, initial_stock=1000)

        def order() -> None:
            for _ in range(20):
                sandbox.place_order([("TEE-RED-M", 1)])

        buyers = [threading.Thread(target=order) for _ in range(8)]
        for buyer in buyers:
            buyer.start()
        for buyer in buyers:
            buyer.join()

        assert len({placed.order_id for placed in sandbox.orders()}) == 160


def test_the_clock_is_in_the_test_s_hand() -> None:
    """It stands, jumps and runs as told."""
    with serve_in_thread() as simulator:
        clock = simulator.demo.clock
        clock.freeze()
        clock.set(1_800_000_000)
        clock.advance(5)

        assert clock.now() == 1_800_000_005
        clock.run(60)
        assert clock.speed == 60


def test_a_taken_port_is_an_error_at_once() -> None:
    """Nothing is left running."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"), serve_in_thread(port=taken.getsockname()[1]):
            pytest.fail("it cannot have started")

    assert "jd-simulator" not in {thread.name for thread in threading.enumerate()}


def test_a_callback_may_use_the_handles() -> None:
    """In the simulator's own thread an act is done at once instead of being waited for."""
    with serve_in_thread() as simulator:
        seen: list[int] = []
        order = simulator.demo.place_order([("TEE-RED-M", 1)])

        def placed() -> None:
            seen.append(len(simulator.demo.orders()))

        simulator.demo._reach(placed)  # noqa: SLF001 - the one way to be in its thread

        assert seen == [1]
        assert order.order_id


def test_a_crowd_comes_and_goes_in_the_simulator_s_own_loop() -> None:
    """What needs an event loop is started in the simulator's, from a test that has none."""
    with serve_in_thread() as simulator:
        sandbox = simulator.create_sandbox(sku_count=5, initial_stock=1000)
        sandbox.start_crowd(orders_per_minute=600, most_orders=20)
        sandbox.clock.advance(600)
        sandbox.stop_crowd()

        assert len(sandbox.orders()) <= 20
