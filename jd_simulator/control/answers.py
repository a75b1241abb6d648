"""JSON Schemas of what the control room answers: what `showing` and `invariants` show.

Objects are open: fields may be added, and readers must not mind.
"""

from collections.abc import Mapping

from jd_simulator.control.schemas import Schema

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
MAYBE_COUNT: Schema = {"type": ["integer", "null"], "minimum": 0}
INTEGER: Schema = {"type": "integer"}
TRUTH: Schema = {"type": "boolean"}
MONEY: Schema = {"type": "string", "pattern": r"^[0-9]+\.[0-9]{2}$", "description": "Yuan."}
INSTANT: Schema = {"type": "string", "format": "date-time"}
MAYBE_INSTANT: Schema = {"type": ["string", "null"], "format": "date-time"}
TEXTS: Schema = {"type": "array", "items": TEXT}


def shown(properties: Mapping[str, Schema]) -> Schema:
    """Describe an object that has all these fields."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def listed(items: Schema) -> Schema:
    """Describe an array."""
    return {"type": "array", "items": items}


def counted() -> Schema:
    """Describe counts by name."""
    return {"type": "object", "additionalProperties": COUNT}


PROBLEM: Schema = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": INTEGER,
        "detail": TEXT,
        "field": {**TEXT, "description": "Path of the field that is wrong."},
        "code": {**TEXT, "description": "JD's code, where JD itself would refuse."},
    },
}
SANDBOX = shown(
    {
        "sandbox_id": TEXT,
        "app_key": TEXT,
        "app_secret": TEXT,
        "app_id": TEXT,
        "access_token": TEXT,
        "refresh_token": TEXT,
        "endpoint": TEXT,
        "expires_at": INSTANT,
        "removed_scopes": TEXTS,
    }
)
SANDBOXES = shown({"sandboxes": TEXTS})
RECEIVER = shown(
    dict.fromkeys(("name", "phone", "address", "province", "city", "county", "town"), TEXT)
)
ORDER = shown(
    {
        "order_id": TEXT,
        "state": TEXT,
        "created": INSTANT,
        "modified": INSTANT,
        "paid": MAYBE_INSTANT,
        "shipped": MAYBE_INSTANT,
        "returned_modified": {
            **MAYBE_INSTANT,
            "description": "The newest `modified` that the seller was answered.",
        },
        "buyer": TEXT,
        "receiver": RECEIVER,
        "order_type": TEXT,
        "store_order": TEXT,
        "shipped_by_jd": {**TRUTH, "description": "Whether JD's staff ship it, not the seller."},
        "cross_border": TRUTH,
        "voucher": TRUTH,
        "cod": TRUTH,
        "remark": TEXT,
        "seller_remark": TEXT,
        "seller_flag": COUNT,
        "lines": listed(
            shown(
                {
                    "sku_id": TEXT,
                    "outer_id": TEXT,
                    "title": TEXT,
                    "quantity": COUNT,
                    "price": MONEY,
                    "gift": TRUTH,
                }
            )
        ),
        "carriers": TEXT,
        "waybills": TEXT,
        "parcels": listed(
            shown(
                {
                    "carrier": TEXT,
                    "waybills": TEXTS,
                    "at": INSTANT,
                    "units": listed(shown({"sku_id": TEXT, "quantity": COUNT})),
                }
            )
        ),
        "parent_id": MAYBE_TEXT,
        "children": {**TEXTS, "description": "Orders that took its place when it was split."},
        "changes": listed(shown({"state": TEXT, "modified": INSTANT, "cause": TEXT})),
    }
)
ORDERS = shown({"orders": listed(ORDER)})
REFUNDS = shown(
    {
        "refunds": listed(
            shown(
                {
                    "refund_id": TEXT,
                    "order_id": TEXT,
                    "amount": MONEY,
                    "reason": TEXT,
                    "status": TEXT,
                    "applied": INSTANT,
                    "checked": MAYBE_INSTANT,
                    "check_remark": TEXT,
                }
            )
        )
    }
)
SKU = shown(
    {
        "sku_id": TEXT,
        "ware_id": TEXT,
        "outer_id": TEXT,
        "title": TEXT,
        "price": MONEY,
        "status": {"type": "string", "enum": ["on_sale", "off_sale", "deleted"]},
        "bar_code": TEXT,
        "stock_num": INTEGER,
        "stock_model": COUNT,
        "booked": COUNT,
        "sellable": INTEGER,
        "created": INSTANT,
        "modified": INSTANT,
    }
)
SKUS = shown({"skus": listed(SKU)})
SKU_WITH_HISTORY = {
    "allOf": [
        SKU,
        shown(
            {
                "stock_writes": listed(
                    shown(
                        {
                            "at": INSTANT,
                            "cause": TEXT,
                            "stock_num": INTEGER,
                            "stock_ref": MAYBE_TEXT,
                            "call": MAYBE_COUNT,
                        }
                    )
                )
            }
        ),
    ]
}
CALL = shown(
    {
        "number": COUNT,
        "at": INSTANT,
        "verb": TEXT,
        "method": TEXT,
        "parameters": {"type": "object", "additionalProperties": TEXT},
        "arguments": {"type": ["object", "null"]},
        "in_query": TEXTS,
        "content_type": TEXT,
        "body_bytes": COUNT,
        "checks": listed(shown({"check": TEXT, "verdict": TEXT})),
        "checks_passed": TEXTS,
        "check_failed": MAYBE_TEXT,
        "status": MAYBE_COUNT,
        "code": MAYBE_TEXT,
        "answer": MAYBE_TEXT,
        "fault": {"type": ["object", "null"]},
        "applied_at": MAYBE_INSTANT,
        "took_ms": {"type": ["number", "null"]},
        "near_miss": {"type": ["object", "null"]},
        "notes": TEXTS,
        "traceback": MAYBE_TEXT,
    }
)
CALLS = shown({"calls": listed(CALL)})
FAULTS = shown(
    {
        "rules": listed(
            shown(
                {
                    "match": {"type": "object"},
                    "fault": {"type": "object", "required": ["kind"]},
                    "times": MAYBE_COUNT,
                    "hits": COUNT,
                }
            )
        )
    }
)
CLOCK = shown({"now": INSTANT, "speed": {"type": "number", "minimum": 0}, "frozen": TRUTH})
INVARIANTS = shown(
    {
        "orders_placed": COUNT,
        "orders_never_returned": TEXTS,
        "orders_newest_state_never_returned": TEXTS,
        "shipments_doubled": listed({"type": "object"}),
        "shipments_of_cancelled": listed({"type": "object"}),
        "orders_shipped_late": listed({"type": "object"}),
        "oversold": listed({"type": "object"}),
        "retries_renamed": listed({"type": "object"}),
        "crashes": COUNT,
        "broken": {**TEXTS, "description": "Names of those above that do not hold."},
        "calls": COUNT,
        "calls_by_method": counted(),
        "refused_by_code": counted(),
        "quota": shown({"used": COUNT, "limit": MAYBE_COUNT}),
    }
)
CROWD = shown({"running": TRUTH, "plan": {"type": ["object", "null"]}, "done": counted()})
CATALOGUE = shown(
    {
        "scenarios": listed(shown({"name": TEXT, "about": TEXT})),
        "states": listed(shown(dict.fromkeys(("state", "zh", "en", "meaning"), TEXT))),
        "codes": listed(shown(dict.fromkeys(("code", "zh", "en", "meaning", "remedy"), TEXT))),
        "methods": listed(shown({"method": TEXT, "title": TEXT})),
        "fault_kinds": listed(shown({"kind": TEXT, "about": TEXT})),
        "actions": listed(
            shown({"action": TEXT, "zh": TEXT, "en": TEXT, "states": TEXTS, "for_jd": TRUTH}),
        ),
    }
)
