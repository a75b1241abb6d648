"""The kinds of failure that a rule can order, what each needs to know, and which calls it fits.

Source: contracts/jd/
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from jd_simulator.errors import is_platform_code
from jd_simulator.fields import BadInput, Fields
from jd_simulator.methods.call import Method
from jd_simulator.methods.registry import METHODS

LONGEST_MS = 600_000
"""Longest a fault may keep a caller waiting."""
MOST_ROWS = 100
"""Furthest that a page may shift: the largest page JD gives."""
STOCK_SET = "jingdong.ware.stock.sku.set"

KINDS = {
    "latency": "the answer comes `ms` later; the call takes effect after that",
    "hang": "nothing happens and nothing is answered until the client gives up",
    "reset_before": "the connection is reset; the call takes no effect",
    "reset_after": "the call takes effect, then the connection is reset",
    "apply_late": "nothing is answered; the call takes effect `ms` later, come what may",
    "http_status": "the edge answers `status` with an HTML body; the call takes no effect",
    "jd_error": "JD answers its error `code`; the call takes no effect",
    "business_failure": "the envelope is fine, what is inside says no, in the words of the "
    "contract's `example` (none: one drawn); the call takes no effect",
    "truncated_json": "the call takes effect; half of the answer comes",
    "wrong_content_type": "the call takes effect; the answer calls itself `content_type`",
    "gb18030": "the call takes effect; some Chinese in the answer is in GB18030, not UTF-8",
    "bom": "the call takes effect; a byte order mark precedes the answer",
    "page_shift": "a page begins `rows` later, as if as many rows had left the pages before "
    "(negative: earlier, as if they had come in)",
    "duplicate_row": "a row of the page is there twice",
    "missing_row": "a row of the page is not there",
    "stale_read": "a reading call is answered as if the seller's last write of each order and SKU "
    "had not come yet",
    "receipt_without_skus": "the receipt of a stock write leaves some SKUs out; with `lost` they "
    "are not written either",
}
"""What can go wrong."""

UNANSWERED = frozenset({"hang", "reset_before", "reset_after", "apply_late"})
"""Kinds after which the connection ends without an answer."""


PAGE_KINDS = frozenset({"page_shift", "duplicate_row", "missing_row"})
"""Kinds that bend a page, of whatever."""


def _is_paged(method: Method) -> bool:
    return method.page_parameter is not None


_FITS: Mapping[str, Callable[[Method], bool]] = {
    "business_failure": lambda method: bool(whole_failures(method)),
    **dict.fromkeys(PAGE_KINDS, _is_paged),
    "stale_read": lambda method: not method.is_write,
    "receipt_without_skus": lambda method: method.name == STOCK_SET,
}
"""Which methods a kind fits; one that is not named here fits all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to fail; only the fields of its kind count."""

    kind: str
    ms: int = 0
    status: int = 500
    code: str = "1"
    example: str | None = None
    content_type: str = "text/html"
    rows: int = 1
    lost: bool = False

    def describe(self) -> dict[str, object]:
        """Show the fault as its rule wrote it."""
        named = {name: getattr(self, name) for name in _OPTIONS.get(self.kind, ())}
        return {"kind": self.kind} | {
            name: value for name, value in named.items() if value is not None
        }


_OPTIONS: Mapping[str, tuple[str, ...]] = {
    "latency": ("ms",),
    "apply_late": ("ms",),
    "http_status": ("status",),
    "jd_error": ("code",),
    "business_failure": ("example",),
    "wrong_content_type": ("content_type",),
    "page_shift": ("rows",),
    "receipt_without_skus": ("lost",),
}
"""The fields of each kind."""


def fits(kind: str, method: Method) -> bool:
    """Tell whether a call of a method can fail that way."""
    fit = _FITS.get(kind)
    return fit is None or fit(method)


def whole_failures(method: Method) -> dict[str, object]:
    """Choose the contract's examples of answers in which a whole call fails."""
    return {
        name: example
        for name, example in method.business_failures.items()
        # An answer that succeeds in part names SKUs or orders of its own.
        if '"success": true' not in json.dumps(example)
    }


def parse_fault(fields: Fields, method_name: str | None) -> Fault:
    """Read a fault that is to hit calls of a method, or of any where it is None.

    Raises:
        BadInput: A field is wrong, or the method cannot fail that way.
    """
    kind = fields.choice("kind", KINDS)
    if method_name is not None and not fits(kind, METHODS[method_name]):
        raise BadInput(fields.path("kind"), f"does not fit {method_name}")
    fault = Fault(kind=kind)
    match kind:
        case "latency" | "apply_late":
            fault = Fault(kind=kind, ms=fields.integer("ms", low=1, high=LONGEST_MS))
        case "http_status":
            fault = Fault(kind=kind, status=fields.integer("status", low=400, high=599))
        case "jd_error":
            fault = Fault(kind=kind, code=_code(fields))
        case "business_failure" if fields.has("example"):
            fault = Fault(kind=kind, example=_example(fields, method_name))
        case "wrong_content_type":
            fault = Fault(kind=kind, content_type=_content_type(fields))
        case "page_shift":
            fault = Fault(kind=kind, rows=_rows(fields))
        case "receipt_without_skus":
            fault = Fault(kind=kind, lost=fields.boolean("lost", default=False))
    fields.done()
    return fault


def _code(fields: Fields) -> str:
    code = fields.text("code", longest=12)
    if not is_platform_code(code):
        raise BadInput(fields.path("code"), "must be an error code of JD's platform")
    return code


def _example(fields: Fields, method_name: str | None) -> str:
    if method_name is None:
        raise BadInput(fields.path("example"), "needs a method in `match`")
    return fields.choice("example", whole_failures(METHODS[method_name]))


def _content_type(fields: Fields) -> str:
    content_type = fields.text("content_type", "text/html", longest=100)
    # It goes into a header as it is.
    if not content_type.isascii() or not content_type.isprintable() or "/" not in content_type:
        raise BadInput(fields.path("content_type"), "must be a media type such as text/html")
    return content_type


def _rows(fields: Fields) -> int:
    rows = fields.integer("rows", 1, low=-MOST_ROWS, high=MOST_ROWS)
    if rows == 0:
        raise BadInput(fields.path("rows"), "must not be 0")
    return rows
