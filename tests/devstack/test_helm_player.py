"""The player of Helm: its books."""

from collections import defaultdict
from datetime import UTC, datetime
from random import Random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from devstack.helm import Books, Message

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ON_HOLD, READY, SHIPPED, CANCELLED = 2, 3, 5, 6
SKUS = ("TEE-RED-M", "SOCK-NAVY-L")

Json = dict[str, Any]


def _empty_books() -> Books:
    """Open books without any level."""
    chance = Random(1)  # noqa: S311 -- a game, not cryptography
    return Books(now=lambda: NOON, chance=chance)


def _books(available: int = 10) -> Books:
    """Open books in which every SKU has the same level."""
    books = _empty_books()
    books.stock_up(SKUS, least=available, most=available)
    return books


def _order(
    order_id: str = "281",
    *,
    revision: int = 1,
    status_id: int = READY,
    lines: tuple[tuple[str | None, int], ...] = (("TEE-RED-M", 2),),
    customs: Json | None = None,
) -> Json:
    """Make what the player reads of a record of `jd.orders`."""
    return {
        "channel_id": "demo",
        "channel_order_id": order_id,
        "revision": revision,
        "status_id": status_id,
        "customs": customs,
        "inventory": [
            {"sku": sku, "quantity": quantity, "sales_channel_item_id": "100"}
            for sku, quantity in lines
        ],
    }


def _by_topic(messages: list[Message]) -> dict[str, list[Json]]:
    """Sort what the messages say by their topics."""
    said: dict[str, list[Json]] = defaultdict(list)
    for message in messages:
        said[message.topic].append(message.value)
    return said


def test_an_order_is_deducted_and_receipted_with_the_version_of_its_level() -> None:
    """Taking an order in lowers the level under a higher version, which the receipt names."""
    said = _by_topic(_books().take_in(_order()))

    assert said == {
        "helm.stock-changes": [
            {
                "sku": "TEE-RED-M",
                "available": 8,
                "version": 2,
                "occurred_at": "2026-11-23T12:00:00+00:00",
            }
        ],
        "helm.order-receipts": [
            {
                "channel_id": "demo",
                "channel_order_id": "281",
                "revision": 1,
                "outcome": "accepted",
                "reason": None,
                "taken_in_at": "2026-11-23T12:00:00+00:00",
                "stock_versions": {"TEE-RED-M": 2},
            }
        ],
    }


def test_the_levels_come_before_the_receipt_that_names_them() -> None:
    """Whoever reads the receipt can know the level: it was sent first."""
    messages = _books().take_in(_order(lines=(("TEE-RED-M", 1), ("SOCK-NAVY-L", 1))))

    assert [message.topic for message in messages] == [
        "helm.stock-changes",
        "helm.stock-changes",
        "helm.order-receipts",
    ]


def test_lines_of_one_sku_are_deducted_together() -> None:
    """A line and its gift of the same SKU are one deduction."""
    books = _books()

    books.take_in(_order(lines=(("TEE-RED-M", 2), ("TEE-RED-M", 1))))

    assert (books.levels["TEE-RED-M"].available, books.levels["TEE-RED-M"].version) == (7, 2)


def test_a_revision_that_is_not_higher_is_nothing_new() -> None:
    """Reading a record again, or an older one, changes and says nothing."""
    books = _books()
    books.take_in(_order(revision=2))

    assert books.take_in(_order(revision=2)) == []
    assert books.take_in(_order(revision=1, status_id=CANCELLED)) == []
    assert books.levels["TEE-RED-M"].available == 8


def test_a_cancelled_order_is_given_back_once() -> None:
    """Its units return to the level, however often its cancellation is revised."""
    books = _books()
    books.take_in(_order())

    said = _by_topic(books.take_in(_order(revision=2, status_id=CANCELLED)))
    again = _by_topic(books.take_in(_order(revision=3, status_id=CANCELLED)))

    assert [level["available"] for level in said["helm.stock-changes"]] == [10]
    assert list(again) == ["helm.order-receipts"]
    assert books.to_dispatch() == []


def test_an_order_that_is_cancelled_at_first_sight_takes_nothing() -> None:
    """An order that was placed and cancelled while nobody looked leaves the levels alone."""
    books = _books()

    said = _by_topic(books.take_in(_order(status_id=CANCELLED)))

    assert list(said) == ["helm.order-receipts"]
    assert books.could_not_be_filled == 0


def test_an_order_beyond_the_level_is_rejected_whole_and_counted() -> None:
    """No part of it is deducted, its receipt says rejected, and it is never dispatched."""
    books = _books()

    said = _by_topic(books.take_in(_order(lines=(("SOCK-NAVY-L", 1), ("TEE-RED-M", 11)))))

    assert [receipt["outcome"] for receipt in said.pop("helm.order-receipts")] == ["rejected"]
    assert said == {}
    assert books.could_not_be_filled == 1
    assert books.to_dispatch() == []


def test_a_rejected_order_that_is_cancelled_gives_nothing_back() -> None:
    """What was not deducted cannot return."""
    books = _books()
    books.take_in(_order(lines=(("TEE-RED-M", 11),)))

    said = _by_topic(books.take_in(_order(revision=2, status_id=CANCELLED)))

    assert "helm.stock-changes" not in said
    assert books.levels["TEE-RED-M"].available == 10


def test_a_line_without_a_sku_of_helms_cannot_be_filled() -> None:
    """An unmapped listing has no level."""
    books = _books()

    books.take_in(_order(lines=((None, 1),)))

    assert books.could_not_be_filled == 1


def test_only_ready_domestic_orders_are_dispatched_and_once() -> None:
    """On Hold and cross-border orders stay; a dispatched one does not come again."""
    books = _books()
    books.take_in(_order("1"))
    books.take_in(_order("2", status_id=ON_HOLD))
    books.take_in(_order("3", customs={"model": "保税备货"}))

    message = books.dispatch(*books.to_dispatch())
    books.take_in(_order("1", revision=2, status_id=SHIPPED))

    assert message.value["channel_order_id"] == "1"
    assert len(message.value["parcels"]) == 1
    assert books.to_dispatch() == []
    assert books.dispatched == 1


def test_every_dispatch_has_a_shipment_id_and_a_waybill_of_its_own() -> None:
    """Both name one parcel and no other."""
    books = _books()
    for number in range(5):
        books.take_in(_order(str(number)))

    parcels = [books.dispatch(order_id).value for order_id in books.to_dispatch()]

    assert len({parcel["shipment_id"] for parcel in parcels}) == 5
    assert len({parcel["parcels"][0]["shipping_tracking_code"] for parcel in parcels}) == 5


def test_nobody_sells_what_is_not_there() -> None:
    """A sale elsewhere stops at 0, and one that changes nothing is not published."""
    books = _books(available=3)

    message = books.change("TEE-RED-M", -5)

    assert message is not None
    assert message.value["available"] == 0
    assert books.change("TEE-RED-M", -1) is None


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["trade", "order", "cancel"]), st.integers(-12, 12)), max_size=40
)


@given(STEPS)
def test_versions_rise_and_levels_never_fall_below_zero(steps: list[Step]) -> None:
    """Whatever happens: each published level is at least 0 and has the next version of its SKU."""
    books = _empty_books()
    messages = books.stock_up(SKUS, least=0, most=10)
    for number, (kind, units) in enumerate(steps):
        if kind == "trade":
            change = books.change(SKUS[units % 2], units)
            messages += [] if change is None else [change]
        elif kind == "order":
            lines = ((SKUS[units % 2], abs(units) + 1),)
            messages += books.take_in(_order(str(number), lines=lines))
        elif books.orders:
            order_id = sorted(books.orders)[units % len(books.orders)]
            revision = books.orders[order_id].revision + 1
            messages += books.take_in(_order(order_id, revision=revision, status_id=CANCELLED))

    levels = _by_topic(messages)["helm.stock-changes"]
    versions = {sku: [it["version"] for it in levels if it["sku"] == sku] for sku in SKUS}
    assert all(level["available"] >= 0 for level in levels)
    assert all(found == list(range(1, len(found) + 1)) for found in versions.values())
