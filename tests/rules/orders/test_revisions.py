from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapter.rules.bookings import open_units
from adapter.rules.orders import (
    content_hash,
    helm_status,
    index_entry,
    next_revision,
    order_facts,
    ordered_units,
    shipped_units,
)
from adapter.wire.jd import JdOrder
from adapter.wire.kept import OrderIndexEntry

START = datetime(2026, 11, 23, 2, tzinfo=UTC)
ORDER = {
    "orderId": "1",
    "orderType": "22",
    "payType": "4-在线支付",
    "orderState": "WAIT_SELLER_STOCK_OUT",
    "orderTotalPrice": "337.00",
    "paymentConfirmTime": "2026-11-23 10:00:00",
    "modified": "2026-11-23 10:00:00",
    "itemInfoList": [{"skuId": "5", "itemTotal": "2", "jdPrice": "149.00"}],
    "consigneeInfo": {
        "fullname": "gQTwKI+IYyzcsBXQdnZ7jzIXvBaemxGK",
        "fullAddress": "Eb3owIcFuoW4lg7FAnTroM9qReAy3Xc58CeiCV",
        "mobile": "138*******6",
        "city": "海淀区",
        "oaid": "a",
        "desen_mobile": "7",
    },
}


def an_order(**fields: Any) -> JdOrder:
    """Write an order as JD would."""
    return JdOrder.model_validate(ORDER | fields)


def kept(
    order: JdOrder, *, revision: int = 1, previous: OrderIndexEntry | None = None
) -> OrderIndexEntry:
    """Keep of an order what the index keeps."""
    facts = order_facts(order)
    return index_entry(
        order,
        channel_id="jd-1",
        previous=previous,
        revision=revision,
        facts=facts,
        content=content_hash(order),
        is_in_scope=revision > 0,
        status_id=helm_status(facts),
        fulfilled_by="merchant",
        now=START,
    )


@pytest.mark.parametrize(
    ("fields", "is_imported", "action", "revision"),
    [
        ({}, True, "nothing", 1),
        ({"modified": "2026-11-23 09:59:59"}, True, "nothing", 1),
        ({"modified": "2026-11-23 09:59:59", "venderRemark": "x"}, True, "nothing", 1),
        ({"venderRemark": "x"}, True, "publish", 2),
        ({"modified": "2026-11-23 10:00:01"}, True, "publish", 2),
        ({"modified": "2026-11-23 10:00:01", "venderRemark": "x"}, True, "publish", 2),
        ({"modified": "2026-11-23 10:00:01"}, False, "index", 1),
    ],
    ids=repr,
)
def test_an_order_is_published_once_for_each_state(
    fields: dict[str, str], action: str, revision: int, *, is_imported: bool
) -> None:
    """Known and older states bring nothing, new ones the next revision."""
    order = an_order(**fields)
    decision = next_revision(
        kept(an_order()), order, content=content_hash(order), is_imported=is_imported
    )

    assert decision == (action, revision)


def test_an_order_seen_first_is_revision_one_or_kept() -> None:
    """Out of scope it is kept all the same, for its bookings count."""
    order, content = an_order(), content_hash(an_order())

    assert next_revision(None, order, content=content, is_imported=True) == ("publish", 1)
    assert next_revision(None, order, content=content, is_imported=False) == ("index", 0)


def test_an_earlier_start_admits_what_was_left_out() -> None:
    """An order that was only kept is published when the scope widens, without a change at JD."""
    order, content = an_order(), content_hash(an_order())
    left_out = kept(order, revision=0)

    assert next_revision(left_out, order, content=content, is_imported=False).action == "nothing"
    assert next_revision(left_out, order, content=content, is_imported=True) == ("publish", 1)


STATES = [(0, ""), (0, "a"), (1, ""), (1, "b"), (1, "c"), (2, "c"), (3, "")]
"""What an order went through at JD: the second of `modified` and the remark."""


@given(
    readings=st.lists(st.sampled_from(range(len(STATES))), max_size=20),
    imported_from=st.integers(0, 5),
)
def test_no_state_is_published_twice_and_none_goes_back(
    readings: list[int], imported_from: int
) -> None:
    """States may be read late, again and in any sequence of seconds: what is published rises."""
    index: OrderIndexEntry | None = None
    newest = -1
    published: list[int] = []
    for turn, state in enumerate(readings):
        if state < newest and STATES[state][0] == STATES[newest][0]:
            continue  # within a second JD's `modified` cannot tell old from new
        newest = max(newest, state)
        seconds, remark = STATES[state]
        order = an_order(modified=f"2026-11-23 10:00:0{seconds}", venderRemark=remark)
        decision = next_revision(
            index, order, content=content_hash(order), is_imported=turn >= imported_from
        )
        if decision.action == "publish":
            published.append(state)

            assert decision.revision == len(published)
        if decision.action != "nothing":
            index = kept(order, revision=decision.revision, previous=index)

    assert published == sorted(set(published))
    if published and readings[-1] == newest:
        assert published[-1] == newest


@pytest.mark.parametrize(
    "consignee",
    [
        {"fullname": "AnotherCiphertextOfTheSameNameAtAll"},
        {"fullAddress": "AnotherCiphertextOfTheSameAddress00"},
        {"oaid": "b"},
        {"desen_mobile": "8"},
    ],
    ids=repr,
)
def test_what_differs_at_each_reading_is_no_change(consignee: dict[str, str]) -> None:
    """Ciphertexts of the same receiver are not the same twice."""
    again = an_order(consigneeInfo=ORDER["consigneeInfo"] | consignee)  # type: ignore[operator] # a dict among texts

    assert content_hash(again) == content_hash(an_order())


@pytest.mark.parametrize(
    "same",
    [
        {"orderTotalPrice": 337},
        {"payType": "4"},
        {"payType": 4},
        {"paymentConfirmTime": 1795399200000},
        {"somethingNew": "x"},
        {"itemInfoList": {"skuId": 5, "itemTotal": 2, "jdPrice": 149.0}},
        {"couponDetailList": []},
        {"parentOrderId": "0"},
        {"modified": "2026-11-23 11:00:00"},
    ],
    ids=repr,
)
def test_another_way_of_writing_is_no_change(same: dict[str, object]) -> None:
    """The content is what was said, not how."""
    assert content_hash(an_order(**same)) == content_hash(an_order())


@pytest.mark.parametrize(
    "changed",
    [
        {"orderState": "LOCKED"},
        {"orderTotalPrice": "338.00"},
        {"venderRemark": "x"},
        {"orderRemark": "x"},
        {"waybill": "SF1"},
        {"itemInfoList": [{"skuId": "5", "itemTotal": "3", "jdPrice": "149.00"}]},
        {"couponDetailList": [{"couponType": "29", "couponPrice": "1"}]},
        {"consigneeInfo": {"city": "朝阳区"}},
        {"partialLogisticsInfoModel": [{"shipmentId": "9", "skus": [{"skuId": "5", "num": 1}]}]},
        {"invoiceEasyInfo": {"invoiceType": "2"}},
        {"declarationStatus": "3"},
    ],
    ids=repr,
)
def test_a_change_of_business_is_a_change(changed: dict[str, object]) -> None:
    """Each of these Helm has to learn of."""
    assert content_hash(an_order(**changed)) != content_hash(an_order())


def test_a_plain_receiver_counts_in_full() -> None:
    """Where people can read it, another street is another address."""
    here = {"fullname": "王小明", "fullAddress": "一街1号", "mobile": "13812345678"}
    one = an_order(consigneeInfo=here)
    other = an_order(consigneeInfo=here | {"fullAddress": "二街2号"})

    assert content_hash(one) != content_hash(other)


def test_the_hash_names_the_version_of_its_list() -> None:
    """A later list of fields must not look like a change of every order."""
    assert content_hash(an_order()) == content_hash(an_order())
    assert content_hash(an_order()).startswith("1-")


def test_the_index_keeps_what_the_arithmetic_needs() -> None:
    """Units by listing, whether it is open, and when it was first published."""
    first = kept(an_order())
    later = kept(
        an_order(orderState="WAIT_GOODS_RECEIVE_CONFIRM"), revision=2, previous=first
    ).model_copy(update={"first_published": START - timedelta(hours=1)})

    assert first.is_open
    assert (first.ordered, first.shipped) == ({"5": 2}, {})
    assert first.first_published == START
    assert not later.is_open
    assert later.shipped == {"5": 2}
    assert kept(an_order(), revision=3, previous=later).first_published == later.first_published
    assert kept(an_order(), revision=0).first_published is None


class Reading(NamedTuple):
    """What one of JD's replicas answered."""

    second: int
    """Of `modified`."""
    remark: str
    """The content."""


@given(
    readings=st.lists(
        st.tuples(
            st.builds(Reading, st.integers(0, 2), st.sampled_from("abc")),
            st.sampled_from([True, True, True, False]),
        ),
        max_size=30,
    )
)
def test_whatever_replicas_answer_nothing_is_published_twice(
    readings: list[tuple[Reading, bool]],
) -> None:
    """Readings in any sequence, imported or not: what was published stays, and time never falls."""
    index: OrderIndexEntry | None = None
    published: list[Reading] = []
    newest = 0
    for reading, is_imported in readings:
        newest = max(newest, reading.second)
        order = an_order(
            modified=f"2026-11-23 10:00:0{reading.second}", venderRemark=reading.remark
        )
        decision = next_revision(index, order, content=content_hash(order), is_imported=is_imported)
        if decision.action == "publish":
            published.append(reading)

            assert decision.revision == len(published)
        if decision.action != "nothing":
            index = kept(order, revision=decision.revision, previous=index)

            assert index.modified == order.modified

        assert index is not None
        assert index.modified.second == newest
        if is_imported and reading.second == index.modified.second:
            assert reading in published

    assert len(published) == len(set(published))
    assert [reading.second for reading in published] == sorted(
        reading.second for reading in published
    )


def test_a_replica_that_lags_brings_nothing_back() -> None:
    """A, B and A again within one `modified`: the second A is no news, whichever is the truth."""
    a, b = an_order(), an_order(venderRemark="x")
    first = kept(a)
    second = kept(b, revision=2, previous=first)
    decision = next_revision(second, a, content=content_hash(a), is_imported=True)

    assert second.published_contents == [content_hash(a), content_hash(b)]
    assert decision == ("nothing", 2)


def test_what_was_published_is_kept_for_one_modified_only() -> None:
    """The list starts anew when `modified` rises, and holds nothing that was only kept."""
    first = kept(an_order())
    later = kept(an_order(modified="2026-11-23 10:00:01"), revision=2, previous=first)
    only_kept = kept(
        an_order(modified="2026-11-23 10:00:01", venderRemark="x"), revision=2, previous=later
    )
    left_out = kept(an_order(), revision=0)

    assert later.published_contents == only_kept.published_contents == [content_hash(an_order())]
    assert left_out.published_contents == []


def test_a_content_that_was_only_kept_is_published_when_it_may_be() -> None:
    """An order that was left out for a while is told as it stands, though it did not change."""
    changed = an_order(venderRemark="x")
    only_kept = kept(changed, revision=1, previous=kept(an_order()))

    assert next_revision(only_kept, changed, content=content_hash(changed), is_imported=True) == (
        "publish",
        2,
    )


@pytest.mark.parametrize(
    "later",
    [
        {"venderRemark": "x"},
        {"orderState": "LOCKED"},
        {"orderState": "TRADE_CANCELED"},
        {"orderState": "WAIT_GOODS_RECEIVE_CONFIRM"},
        {"partialLogisticsInfoModel": [{"skus": [{"skuId": "5", "num": 1}]}]},
        {"itemInfoList": [{"skuId": "6", "itemTotal": "1"}]},
    ],
    ids=repr,
)
def test_shipped_units_never_fall(later: dict[str, Any]) -> None:
    """The adapter's own shipment stands in the index before JD's state shows it."""
    shipped = kept(an_order()).model_copy(update={"shipped": {"5": 2}})
    order = an_order(modified="2026-11-23 10:00:01", **later)

    assert kept(order, revision=2, previous=shipped).shipped["5"] == 2


@given(
    states=st.lists(
        st.sampled_from(
            ["WAIT_SELLER_STOCK_OUT", "LOCKED", "PAUSE", "WAIT_GOODS_RECEIVE_CONFIRM", "UN_KNOWN"]
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_state_that_goes_back_books_again_only_what_never_left(states: list[str]) -> None:
    """A lock that is lifted books the units as before; after a shipment nothing is booked again."""
    index: OrderIndexEntry | None = None
    for second, state in enumerate(states):
        order = an_order(modified=f"2026-11-23 10:00:0{second}", orderState=state)
        index = kept(order, revision=second + 1, previous=index)
        has_left = "WAIT_GOODS_RECEIVE_CONFIRM" in states[: second + 1]
        is_booked = not has_left and state != "UN_KNOWN"

        assert open_units(index) == ({"5": 2} if is_booked else {})


@given(
    ordered=st.lists(st.tuples(st.sampled_from("567"), st.integers(-1, 5)), max_size=5),
    left=st.lists(st.tuples(st.sampled_from("5678"), st.integers(-1, 9)), max_size=5),
)
def test_never_more_has_left_than_was_ordered(
    ordered: list[tuple[str, int]], left: list[tuple[str, int]]
) -> None:
    """Parcels that JD lists twice or oversized do not make bookings negative."""
    order = an_order(
        itemInfoList=[{"skuId": sku, "itemTotal": number} for sku, number in ordered],
        partialLogisticsInfoModel=[{"skus": [{"skuId": sku, "num": num}]} for sku, num in left],
    )
    whole, shipped = ordered_units(order), shipped_units(order, order_facts(order))

    assert all(0 <= units <= whole[sku] for sku, units in shipped.items())
