"""No unit is sold twice, however slowly the news of a sale travels.

Every state that can be reached is visited for small numbers, and long random games are played for
larger ones. `without` takes one thing out of the adapter: the game must then be lost.
"""

from collections.abc import Iterable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapter.rules.stock import StockRule
from tests.rules.oversell_model import Model
from tests.rules.oversell_state import Left, State

BUFFER = StockRule(1)
CAP = StockRule(0, 1)

GAMES = {
    "goods in, crash": Model(left=Left(2, goods_in=1, crashes=1)),
    "rejection": Model(left=Left(2, goods_in=1, rejections=1)),
    "three orders": Model(left=Left(3), goods=2),
    "cancellation": Model(left=Left(3, cancellations=1)),
    "cap": Model(left=Left(3, goods_in=1), rule=CAP),
    "two channels": Model(left=Left(2), channels=2),
    "two channels, buffer": Model(left=Left(2), channels=2, goods=2, rule=BUFFER),
    "sale elsewhere": Model(left=Left(2, sales_elsewhere=1), goods=2),
    "sale elsewhere, buffer": Model(left=Left(2, sales_elsewhere=1), goods=3, rule=BUFFER),
    "shipped past": Model(left=Left(2, goods_in=1, shipped_past=1)),
    "shipped past, buffer": Model(left=Left(2, 1, shipped_past=1), goods=2, rule=BUFFER),
    "instants": Model(left=Left(2, goods_in=1), receipts="instants"),
    "sellable": Model(left=Left(2, goods_in=1), stock_model="sellable"),
    "sellable, crash": Model(left=Left(2, crashes=1), goods=2, stock_model="sellable"),
    "sellable, cancellation": Model(left=Left(2, cancellations=1), stock_model="sellable"),
    "sellable, two channels": Model(left=Left(2), channels=2, stock_model="sellable"),
    "sellable, cap": Model(left=Left(3), goods=2, rule=CAP, stock_model="sellable"),
}


def lost(model: Model) -> list[str]:
    """Visit every state that can be reached; return the way to one that is wrong, or nothing."""
    came: dict[State, tuple[State, str] | None] = {model.start: None}
    todo = [model.start]
    rested = 0
    while todo:
        state = todo.pop()
        is_at_rest = model.is_at_rest(state)
        rested += is_at_rest
        if state.breach or (is_at_rest and not model.is_right(state)):
            return [*_way(state, came), state.breach or "wrong at rest"]
        for name, following in model.steps(state):
            if following not in came:
                came[following] = state, name
                todo.append(following)
    assert rested > 5
    return []


def _way(state: State, came: dict[State, tuple[State, str] | None]) -> Iterable[str]:
    names: list[str] = []
    while (before := came[state]) is not None:
        state, name = before
        names.append(name)
    return reversed(names)


@pytest.mark.parametrize("game", GAMES)
def test_no_interleaving_of_small_numbers_oversells(game: str) -> None:
    """Beyond what the buffer is for, and at rest JD sells exactly what the rule allows."""
    assert lost(GAMES[game]) == []


@pytest.mark.parametrize(
    ("taken_out", "model"),
    [
        ("uncounted", Model(left=Left(2, goods_in=1))),
        ("open_units", Model(left=Left(2, goods_in=1))),
        ("keeping shipped", Model(left=Left(2, goods_in=1))),
        ("receipts", Model(left=Left(3, goods_in=1))),
        ("holding rejected", Model(left=Left(2, rejections=1))),
        ("holding rejected beyond a level", Model(left=Left(3, goods_in=1, rejections=1))),
        ("taking short units off", Model(left=Left(3, cancellations=1))),
        ("waiting for shipments", Model(left=Left(3, goods_in=1))),
        ("waiting for writes", Model(left=Left(3, goods_in=1))),
    ],
)
def test_each_part_of_the_arithmetic_is_needed(taken_out: str, model: Model) -> None:
    """Without it the search finds a sale too many, or a wrong number at rest."""
    assert lost(model) == []

    broken = Model(
        left=model.left, goods=model.goods, rule=model.rule, without=frozenset({taken_out})
    )
    assert lost(broken)[-1] == (
        "wrong at rest" if taken_out == "open_units" else "oversold with 0 on their way"
    )


LEFT = st.builds(
    Left,
    orders=st.integers(1, 9),
    goods_in=st.integers(0, 4),
    cancellations=st.integers(0, 3),
    rejections=st.integers(0, 2),
    sales_elsewhere=st.integers(0, 3),
    shipped_past=st.integers(0, 2),
    crashes=st.integers(0, 3),
)
MODELS = st.builds(
    Model,
    left=LEFT,
    goods=st.integers(0, 6),
    channels=st.integers(1, 3),
    rule=st.builds(StockRule, st.integers(0, 3), st.none() | st.integers(0, 4)),
    stock_model=st.sampled_from(["spot", "sellable"]),
    receipts=st.sampled_from(["versions", "instants"]),
)


@settings(deadline=None)  # a game is as long as chance makes it
@given(model=MODELS, choices=st.lists(st.integers(0, 2**16), min_size=60, max_size=150))
def test_no_long_game_oversells(model: Model, choices: list[int]) -> None:
    """More orders, channels and goods, in any sequence; played to its end all is right."""
    state = model.start
    for choice in choices:
        steps = [following for _, following in model.steps(state)]
        if not steps:
            break
        state = steps[choice % len(steps)]

        assert not state.breach
        assert model.is_right(state) or not model.is_at_rest(state)


# The examples of the design, one by one -------------------------------------------------------


def play(model: Model, *names: str) -> State:
    """Let these things happen, one after the other; of several of a name, the first."""
    state = model.start
    for name in names:
        state = dict(reversed(list(model.steps(state))))[name]
        assert not state.breach
    return state


def sold(model: Model, state: State) -> list[int]:
    """Count what each channel's buyers could order once the present numbers are written."""
    return [
        model.sellable(state, place)
        + model.desired(state, place)
        - state.channels[place].number.quantity
        for place in range(model.channels)
    ]


SALE = ["sale on 0", "poll"]


@pytest.mark.parametrize("receipts", ["versions", "instants"])
def test_another_sale_between_an_order_and_its_receipt(receipts: str) -> None:
    """Its level is newer than the order and does not reflect it: the unit stays deducted."""
    model = Model(left=Left(1, sales_elsewhere=1), goods=3, receipts=receipts)
    sale = play(model, *SALE, "sale elsewhere", "level read")
    taken_in = [*SALE, "sale elsewhere", "taken in", "level read"]

    assert sold(model, sale) == [1]
    assert sold(model, play(model, *taken_in, "receipt read")) == [1]
    assert sold(model, play(model, *taken_in, "receipt read", "level read")) == [1]


def test_helms_consumer_is_down_for_minutes() -> None:
    """Goods come in and levels pass by, but no time makes an order counted that Helm has not."""
    model = Model(left=Left(2, goods_in=2), goods=2)
    late = play(model, *SALE, *SALE, *["goods in", "level read"] * 2)

    assert sold(model, late) == [2]
    assert sold(model, play(model, *SALE, *SALE)) == [0]


def test_a_shipment_not_yet_polled_while_goods_come_in() -> None:
    """One that the adapter made is known at once; one made past it is the buffer's business."""
    own = Model(left=Left(1, goods_in=1), goods=2)
    past = Model(left=Left(1, goods_in=1, shipped_past=1), goods=2, rule=BUFFER)
    counted = [*SALE, "taken in", "level read", "receipt read"]
    news = ["goods in", "level read"]
    shipped = play(own, *counted, "ship", "parcel arrives", "parcel answered", *news)
    unseen = play(past, *counted, "shipped past", *news)

    assert sold(own, shipped) == [own.unsold(shipped)] == [2]
    assert sold(past, unseen) == [past.unsold(unseen)] == [2]
    assert sold(past, play(past, *counted, "shipped past", *news, "poll")) == [1]


def test_a_cap_that_refills() -> None:
    """Each sale is made good up to the cap, as long as there is something behind it."""
    model = Model(left=Left(3), goods=2, rule=CAP)
    refill = ["write", "write arrives", "write answered"]
    one, two = play(model, *SALE), play(model, *SALE, *refill, *SALE)

    assert model.sellable(one, 0) == 0
    assert (model.desired(one, 0), sold(model, one)) == (2, [1])
    assert (model.desired(two, 0), sold(model, two)) == (2, [0])


def test_two_channels_on_one_sku() -> None:
    """A sale on one comes off what the other offers, before Helm knows of it and after."""
    model = Model(left=Left(2), channels=2, goods=3, rule=BUFFER)
    before: Sequence[str] = ["sale on 1", "poll"]
    after = [*before, "taken in", "level read", "receipt read"]

    assert sold(model, play(model)) == [2, 2]
    assert sold(model, play(model, *before)) == [1, 1]
    assert sold(model, play(model, *after)) == [1, 1]
