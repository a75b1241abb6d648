from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
