"""Each kind of fault says what it needs, and which methods it fits."""

import pytest

from jd_simulator.fault_kinds import KINDS, Fault, fits, parse_fault
from jd_simulator.fields import BadInput, Fields
from jd_simulator.methods.registry import METHODS

SEARCH = "jingdong.pop.order.search"
SET = "jingdong.ware.stock.sku.set"
QUERY = "jingdong.ware.stock.sku.query"
NEEDED: dict[str, dict[str, object]] = {
    "latency": {"ms": 5},
    "apply_late": {"ms": 5},
    "http_status": {"status": 502},
    "jd_error": {"code": "67"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_fault_shows_itself_as_it_was_written(kind: str) -> None:
    """What `describe` gives is read again as the same fault."""
    fault = parse_fault(Fields({"kind": kind, **NEEDED.get(kind, {})}), None)

    assert parse_fault(Fields(fault.describe()), None) == fault


@pytest.mark.parametrize("code", ["1", "2", "8", "19", "24", "43", "65", "67", "70"])
def test_jds_codes_can_be_ordered(code: str) -> None:
    """Every code that an integration has to know how to take."""
    assert parse_fault(Fields({"kind": "jd_error", "code": code}), None) == Fault(
        kind="jd_error", code=code
    )


@pytest.mark.parametrize(
    ("fault", "method", "field"),
    [
        ({"kind": "page_shift", "rows": 0}, None, "rows"),
        ({"kind": "page_shift", "rows": 101}, None, "rows"),
        ({"kind": "page_shift"}, QUERY, "kind"),
        ({"kind": "missing_row"}, SET, "kind"),
        ({"kind": "stale_read"}, SET, "kind"),
        ({"kind": "receipt_without_skus"}, QUERY, "kind"),
        ({"kind": "receipt_without_skus", "lost": 1}, SET, "lost"),
        ({"kind": "business_failure", "example": "business-none"}, SET, "example"),
        ({"kind": "business_failure", "example": "business-busy"}, None, "example"),
        ({"kind": "wrong_content_type", "content_type": "a/b\r\nX: y"}, None, "content_type"),
        ({"kind": "wrong_content_type", "content_type": "html"}, None, "content_type"),
        ({"kind": "bom", "rows": 1}, None, "rows"),
    ],
    ids=str,
)
def test_wrong_faults_name_their_field(
    fault: dict[str, object], method: str | None, field: str
) -> None:
    """A fault that cannot happen is refused when it is ordered."""
    with pytest.raises(BadInput) as refused:
        parse_fault(Fields(fault), method)

    assert refused.value.field == field


def test_every_kind_fits_some_method() -> None:
    """And those that bend one method's answers fit no other."""
    for kind in KINDS:
        assert any(fits(kind, method) for method in METHODS.values()), kind
    assert [name for name in METHODS if fits("receipt_without_skus", METHODS[name])] == [SET]
    assert fits("page_shift", METHODS[SEARCH])
