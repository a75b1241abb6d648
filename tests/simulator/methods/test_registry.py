"""No parameters, however odd, make a method crash."""

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jd_simulator.clock import Clock
from jd_simulator.errors import JdError
from jd_simulator.methods.arguments import Arguments
from jd_simulator.methods.call import Call
from jd_simulator.methods.registry import METHODS
from jd_simulator.settings import Settings
from jd_simulator.shop.shop import Shop

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=20)
    | st.sampled_from(["1", "0", "-1", "2026-11-23 12:00:00", "orderId", "fullStockIn", "467|463"])
    | st.sampled_from(["WAIT_SELLER_STOCK_OUT", "LOCKED,PAUSE", "1,2,4", "incrStockIn", "SF1|ZT1"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "skuStocks",
                    "stockRfId",
                    "updateModel",
                    "skuId",
                    "stockNum",
                    "storeId",
                    "incrStockNum",
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("name", METHODS)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_odd_parameters_are_answered_or_refused(name: str, data: st.DataObject) -> None:
    """Whatever JSON comes, a method answers with JSON or refuses with one of JD's codes."""
    method = METHODS[name]
    shop = Shop(settings=Settings(sku_count=2, order_count=2), clock=Clock())
    arguments = data.draw(st.dictionaries(st.sampled_from(sorted(method.parameters)), VALUES))
    call = Call(shop, Arguments(arguments), 1)

    with suppress(JdError):
        answer = method.answer(call)
        assert json.loads(json.dumps(answer)) == answer
