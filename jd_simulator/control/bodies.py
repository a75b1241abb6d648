"""JSON Schemas of what callers send to the control room: what `reading` and the rest accept."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from jd_simulator.clock import FASTEST
from jd_simulator.control.reading import (
    MOST_STOCK_MODEL,
    ORDER_TYPES,
    REFUND_DECISIONS,
    STATUSES,
    STORE_ORDERS,
)
from jd_simulator.control.schemas import (
    Schema,
    amount,
    array,
    attribute_docs,
    choice,
    closed,
    flag,
    instant,
    integer,
    number,
    text,
)
from jd_simulator.methods.registry import METHODS
from jd_simulator.settings import Settings
from jd_simulator.shop.shelves import MOST_UNITS

LONGEST_JUMP_S = 10 * 366 * 86_400
"""Furthest that a clock jumps at once."""

NOTHING = closed({})
RECEIVER = closed(
    {
        "name": text(100),
        "phone": text(30),
        "address": text(300, "Street and number."),
        "province": text(50),
        "city": text(50, "In a municipality: the district."),
    },
    {"county": text(50), "town": text(50)},
)
_UNITS = integer(1, MOST_UNITS)


def _line(more: Mapping[str, Schema]) -> Schema:
    """Describe a line: its SKU is named by either its id or the seller's code."""
    sku_id = {"anyOf": [integer(), text(100)], "description": "JD's id."}
    return {
        "oneOf": [
            closed({"sku_id": sku_id}, {"quantity": _UNITS, **more}),
            closed({"outer_id": text(100, "The seller's code.")}, {"quantity": _UNITS, **more}),
        ]
    }


PURCHASE = closed(
    {"lines": array(_line({"gift": flag()}), 200, shortest=1)},
    {
        "buyer": text(100, "Account name; the same buyer lives at the same place."),
        "receiver": RECEIVER,
        "paid": flag("Default true."),
        "cod": flag("Cash on delivery."),
        "cross_border": flag(),
        "pick_up": flag("Fetched by the buyer at the shop's pick-up point."),
        "voucher": flag("The goods are a code: it is sent to the buyer, nothing is shipped."),
        "order_type": choice(ORDER_TYPES, "22 SOP, 21 FBP, 23 LBP, 25 SOPL, 112 FCS."),
        "store_order": choice(STORE_ORDERS, "JD's warehouse that ships it; empty: the seller."),
        "remark": text(500, "The buyer's words."),
        "coupons": array(
            closed(
                {"amount": amount()},
                {"kind": text(50), "sku_id": integer(1, about="None: on the whole order.")},
            ),
            20,
        ),
        "freight": amount(),
    },
)
READDRESS = closed({}, {"receiver": RECEIVER})
SPLIT = closed(
    {},
    {
        "parts": array(
            array(_line({}), 200),
            50,
            "What each child holds, all of the order's units between them. Left out: a child a "
            "line, or two halves of a single line.",
        )
    },
)
REFUND = closed(
    {},
    {
        "decision": choice(
            REFUND_DECISIONS,
            "`apply` (default) and `withdraw` are the buyer's, the others JD's staff's.",
        ),
        "reason": text(200, "The buyer's words, with `apply`."),
        "remark": text(200, "The staff's words, with `reject`."),
    },
)
NEW_SKU = closed(
    {"title": text(200)},
    {
        "outer_id": text(100, "The seller's code; empty by default."),
        "price": amount(),
        "stock_num": integer(0, MOST_UNITS),
        "bar_code": text(30),
    },
)
SKU_CHANGE = {
    **closed(
        {},
        {
            "title": text(200),
            "price": amount(),
            "status": choice(STATUSES),
            "outer_id": text(100),
            "stock_num": integer(0, MOST_UNITS),
            "stock_model": integer(
                0, MOST_STOCK_MODEL, "JD's stockModel; other than 0, JD keeps the stock (assumed)."
            ),
        },
    ),
    "minProperties": 1,
}
CLOCK = closed(
    {},
    {
        "set": instant("Where to jump to."),
        "advance": number(-LONGEST_JUMP_S, LONGEST_JUMP_S, "Seconds to jump, after `set`."),
        "speed": number(0, FASTEST, "Virtual seconds in a real one."),
        "freeze": flag("`false` lets a frozen clock run again at its normal pace."),
    },
)
CREDENTIALS = closed(
    {},
    {
        "rotate": flag("Put new tokens in the place of the old ones."),
        "expire": flag("Let the access token's life end now."),
        "remove_scopes": array(choice(sorted(METHODS)), about="Methods the app may not call."),
        "restore_scopes": array(choice(sorted(METHODS)), about="Methods it may call again."),
    },
)

_DAY_S = 86_400
_TEN_YEARS_S = 3650 * _DAY_S
_SETTINGS: Mapping[str, Schema] = {
    "seed": integer(),
    "sku_count": integer(0, 50_000),
    "initial_stock": integer(0, 10**8),
    "order_count": integer(0, 100_000),
    "stock_model": choice(("spot", "sellable")),
    "receipts": choice(("failures", "all")),
    "receivers": choice(("encrypted", "plain")),
    "ciphertext_varies": flag(),
    "search_lag_s": integer(0, _DAY_S),
    "split_parent": choice(("refused", "shown")),
    "partial_shipment": choice(("supported", "refused")),
    "belong_type": integer(0, 1000),
    "delivery_type": integer(0, 1000),
    "refund_sum_unit": choice(("yuan", "fen")),
    "legacy_envelopes": choice(("short", "response", "responce")),
    "code_type": choice(("text", "number")),
    "app_state": choice(("online", "test")),
    "token_life_s": integer(1, _TEN_YEARS_S),
    "refresh_window_s": integer(0, _TEN_YEARS_S),
    "clock_start": instant("Where the clock starts."),
    "timestamp_tolerance_s": integer(0, _DAY_S),
    "daily_quota": integer(),
    "calls_per_second": integer(1),
    "page_cap": integer(1, 10**6),
    "journal_size": integer(0, 100_000),
}


def settings_properties() -> dict[str, Schema]:
    """Describe each setting of a sandbox, in the words of `Settings`, with its default."""
    said = attribute_docs(Settings)
    defaults: dict[str, Any] = {field.name: field.default for field in fields(Settings)}
    return {
        name: {**_SETTINGS[name], "description": said[name], "default": default}
        for name, default in defaults.items()
    }
