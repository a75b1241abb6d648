"""Examples and journeys speak of an order as the adapter does: in its words, by its rules."""

import re

import pytest

import contracts
from adapter.rules.orders.facts import STATES_EN, helm_status
from adapter.wire.published import Order
from contracts.journeys import journeys

ORDERS = {
    **{
        f"example {name}": value
        for name, value in contracts.helm_message("jd.orders").valid.items()
    },
    **{
        f"journey {played.name}, record {number}": record["value"]
        for played in journeys()
        for number, record in enumerate(played.records)
        if record["topic"] == "jd.orders"
    },
}
SHIPPED = {"WAIT_GOODS_RECEIVE_CONFIRM", "FINISHED_L", "DELIVERY_RETURN"}
each_order = pytest.mark.parametrize(
    "order", [pytest.param(Order.model_validate(value), id=name) for name, value in ORDERS.items()]
)


@each_order
def test_the_status_follows_from_the_facts(order: Order) -> None:
    """Nobody is shown a status that the adapter would not give to these facts."""
    assert order.status_id == helm_status(order.facts, order.fulfilled_by)


@each_order
def test_the_facts_follow_from_jds_state(order: Order) -> None:
    """What JD's state says is what the facts say, and it is named in English as everywhere."""
    state, facts = order.jd.state, order.facts

    assert order.jd.state_en == STATES_EN.get(state, "")
    assert facts.cancelled == (state == "TRADE_CANCELED")
    assert facts.locked == (state == "LOCKED")
    assert facts.paused == (state in {"PAUSE", "POP_ORDER_PAUSE"})
    assert facts.shipped == (state in SHIPPED)
    assert facts.finished == (state == "FINISHED_L")


@each_order
def test_an_order_that_jd_split_says_so(order: Order) -> None:
    """The parent ends with that word, in the state that JD last told; a combined one was not split.

    Combined orders name the orders that they fall into as well.
    """
    is_split = bool(order.facts.replaced_by) and not order.is_combined

    assert (order.change == "split") == is_split


@each_order
def test_numbers_are_made_as_the_adapter_makes_them(order: Order) -> None:
    """A line is named by order and SKU; a content hash begins with its version."""
    seen: dict[str, int] = {}
    for line in order.inventory:
        base = f"{line.channel_order_id}-{line.sales_channel_item_id}"
        seen[base] = nth = seen.get(base, 0) + 1
        assert line.line_id == (base if nth == 1 else f"{base}-{nth}")
    assert re.fullmatch(r"[0-9]+-[0-9a-f]{32}", order.jd.content_hash)
