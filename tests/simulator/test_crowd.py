"""A crowd of buyers does what its plan says, in the sandbox's time, the same for the same seed."""

import math
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jd_simulator.clock import Clock
from jd_simulator.crowd import Crowd, CrowdPlan, parse_crowd
from jd_simulator.fields import BadInput
from jd_simulator.settings import Settings
from jd_simulator.shop.model import State
from jd_simulator.shop.shop import Shop
from jd_simulator.testing import SandboxHandle
from tests.jd_shop import until

NOON = 1_795_406_400.0
HOUR_S = 3600.0


def crowd(plan: CrowdPlan, *, seed: int = 1, stock: int = 10**6) -> tuple[Crowd, Shop]:
    """Make a crowd before a shop whose clock stands still."""
    clock = Clock(start=NOON)
    clock.freeze()
    shop = Shop(settings=Settings(seed=seed, sku_count=20, initial_stock=stock), clock=clock)
    return Crowd(plan=plan, shop=shop, seed=seed), shop


def pass_time(made: Crowd, shop: Shop, seconds: float, *, stride_s: float = 60.0) -> None:
    """Let time pass in strides."""
    end = shop.clock.now() + seconds
    while shop.clock.now() < end:
        shop.clock.set(min(shop.clock.now() + stride_s, end))
        while made.step() <= shop.clock.now():
            pass


def story(shop: Shop) -> list[tuple[object, ...]]:
    """Tell who ordered what, when, and where it goes."""
    return [
        (order.order_id, order.created, order.buyer, order.receiver, order.lines)
        for order in shop.orders.by_id.values()
    ]


@given(st.integers(0, 100), st.sampled_from([1.0, 7.0, 600.0]))
@settings(max_examples=10, deadline=None)
def test_the_same_seed_brings_the_same_orders(seed: int, stride_s: float) -> None:
    """Whether the clock creeps or leaps: same buyers, same goods, same instants."""
    plan = CrowdPlan(orders_per_minute=2, cancellations=0, refunds=0, readdresses=0)
    stories = []
    for stride in (stride_s, HOUR_S):
        made, shop = crowd(plan, seed=seed)
        pass_time(made, shop, HOUR_S, stride_s=stride)
        stories.append(story(shop))

    assert stories[0] == stories[1]
    assert stories[0]


def test_orders_come_as_often_as_planned() -> None:
    """Two a minute are about 120 an hour."""
    made, shop = crowd(CrowdPlan(orders_per_minute=2))
    pass_time(made, shop, 10 * HOUR_S)

    assert 1000 < made.done["order"] < 1400
    assert len(shop.orders.by_id) == made.done["order"]


def test_each_deed_happens() -> None:
    """Repeat customers, shared addresses, cancellations, refunds, splits, orders from abroad."""
    plan = CrowdPlan(
        orders_per_minute=5,
        repeat_customers=0.5,
        same_addresses=0.3,
        unpaid=0.3,
        cancellations=0.2,
        refunds=0.2,
        readdresses=0.2,
        splits=0.2,
        cross_border=0.2,
    )
    made, shop = crowd(plan)
    pass_time(made, shop, 4 * HOUR_S)
    orders = list(shop.orders.by_id.values())
    homes = {(order.receiver.full_address, order.receiver.name) for order in orders}

    assert len({order.buyer for order in orders}) < 0.7 * len(orders)
    assert len({address for address, _ in homes}) < len(homes)
    for deed in ("pay", "cancel", "refund", "approve", "reject", "readdress", "split", "too_late"):
        assert made.done[deed], deed
    assert any(order.state is State.CANCELLED for order in orders)
    assert any(order.children for order in orders)
    assert any(order.purchase.is_cross_border for order in orders)
    assert shop.refunds.by_id


def test_a_sold_out_shop_turns_buyers_away() -> None:
    """No more is sold than is offered, and the crowd goes on asking."""
    made, shop = crowd(CrowdPlan(orders_per_minute=10, cancellations=0, refunds=0), stock=2)
    pass_time(made, shop, HOUR_S)

    assert made.done["turned_away"]
    assert all(sku.sellable >= 0 for sku in shop.shelves.by_id.values())


def test_the_crowd_goes_home() -> None:
    """After its last order nothing is due but what follows from the orders."""
    made, shop = crowd(CrowdPlan(orders_per_minute=60, most_orders=25))
    pass_time(made, shop, 10 * HOUR_S)

    assert made.done["order"] == 25
    assert made.step() == math.inf


def test_a_leap_is_caught_up_with_in_small_goes() -> None:
    """A year at once does not hold everybody else up."""
    made, shop = crowd(CrowdPlan(orders_per_minute=60, most_orders=1000))
    shop.clock.advance(365 * 86_400)
    made.step()

    assert sum(made.done.values()) == 50


def test_a_clock_that_goes_back_takes_the_crowd_with_it() -> None:
    """It does not wait for the time to come again."""
    made, shop = crowd(CrowdPlan(orders_per_minute=2))
    pass_time(made, shop, HOUR_S)
    before = made.done["order"]
    shop.clock.advance(-30 * 86_400)
    made.step()
    pass_time(made, shop, HOUR_S)

    assert made.done["order"] > before + 60


def test_an_empty_shop_is_left_in_peace() -> None:
    """Without SKUs everybody is turned away."""
    clock = Clock(start=NOON)
    made = Crowd(
        plan=CrowdPlan(most_orders=5),
        shop=Shop(settings=Settings(sku_count=0), clock=clock),
        seed=1,
    )
    clock.freeze()
    clock.advance(HOUR_S)
    made.step()

    assert made.done == {"turned_away": 5}


async def test_a_crowd_comes_in_the_sandboxs_time(sandbox: SandboxHandle) -> None:
    """A frozen clock keeps it away; an hour's jump brings an hour's orders at once."""
    sandbox.clock.freeze()
    sandbox.start_crowd(orders_per_minute=1, unpaid=0)
    sandbox.clock.advance(HOUR_S)
    await until(lambda: len(sandbox.orders()) > 30)
    sandbox.stop_crowd()
    number = len(sandbox.orders())
    sandbox.clock.advance(HOUR_S)

    assert len(sandbox.orders()) == number


async def test_a_reset_sends_the_crowd_home(sandbox: SandboxHandle) -> None:
    """Unless its scenario has one, a sandbox begins without a crowd."""
    sandbox.start_crowd(orders_per_minute=6000)
    sandbox.clock.advance(60)
    await until(lambda: bool(sandbox.orders()))
    sandbox.reset()
    sandbox.clock.advance(60)

    assert sandbox.orders() == []


def test_a_plan_shows_itself_as_it_was_written() -> None:
    """What `describe` gives is read again as the same plan."""
    plan = CrowdPlan(orders_per_minute=7.5, splits=0.25)

    assert parse_crowd(plan.describe()) == plan
    assert asdict(parse_crowd({})) == CrowdPlan().describe()


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        ({"orders_per_minute": 0}, "orders_per_minute"),
        ({"orders_per_minute": "many"}, "orders_per_minute"),
        ({"splits": 1.5}, "splits"),
        ({"most_orders": 0}, "most_orders"),
        ({"buyers": 3}, "buyers"),
        ([], "(body)"),
    ],
    ids=str,
)
def test_wrong_plans_name_their_field(plan: object, field: str) -> None:
    """A mistake in a plan says where it is."""
    with pytest.raises(BadInput) as refused:
        parse_crowd(plan)

    assert refused.value.field == field
