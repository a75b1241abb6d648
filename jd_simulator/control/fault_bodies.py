"""JSON Schema of fault rules: one shape a kind.

What it leaves to the reader: whether a kind fits the method (only a search has a page to shift),
and which of the contract's examples a business failure can be. Both are refused with the field.
"""

import contracts
from jd_simulator.control.schemas import Schema, array, choice, closed, flag, integer, number, text
from jd_simulator.fault_kinds import KINDS, LONGEST_MS, MOST_ROWS
from jd_simulator.methods.registry import METHODS

_DELAY = integer(1, LONGEST_MS, "Real milliseconds.")
_REQUIRED: dict[str, dict[str, Schema]] = {
    "latency": {"ms": _DELAY},
    "apply_late": {"ms": _DELAY},
    "http_status": {"status": integer(400, 599)},
    "jd_error": {"code": choice(contracts.jd_error_codes())},
}
_OPTIONAL: dict[str, dict[str, Schema]] = {
    "business_failure": {
        "example": text(100, "Name of an answer in the method's contract; needs `match.method`.")
    },
    "wrong_content_type": {
        "content_type": {"type": "string", "maxLength": 100, "pattern": "^[ -~]*/[ -~]*$"}
    },
    "page_shift": {"rows": {"anyOf": [integer(-MOST_ROWS, -1), integer(1, MOST_ROWS)]}},
    "receipt_without_skus": {"lost": flag()},
}


def rules_schema() -> Schema:
    """Describe a list of fault rules."""
    match = closed(
        {},
        {
            "method": choice(METHODS),
            "nth": integer(1, about="Only the n-th call of those that method and SKU match."),
            "sku": text(20, "Only calls that name this SKU, by id."),
            "probability": number(0, 1),
        },
    )
    times = integer(1, about="How often the rule may hit in all.")
    fault = {"anyOf": [_fault(kind, about) for kind, about in KINDS.items()]}
    rule = closed({"fault": fault}, {"match": match, "times": times})
    return array(rule, about="Of several that match a call the first one holds.")


def faults_schema() -> Schema:
    """Describe the body that sets fault rules."""
    return closed({}, {"rules": rules_schema()})


def _fault(kind: str, about: str) -> Schema:
    shape = closed({"kind": {"const": kind}, **_REQUIRED.get(kind, {})}, _OPTIONAL.get(kind, {}))
    return {**shape, "description": about}
