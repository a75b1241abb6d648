"""The rules of orders, pure: what to read, what is new, and what Helm is told.

A poll reads one window (`windows`); of each order in it the facts give Helm's status (`facts`),
the content tells whether it is new (`revisions`), and the whole is written as Helm reads it
(`translation`, with `amounts` and `receivers`).
"""

from adapter.rules.orders.facts import (
    FulfilledBy,
    fulfilled_by,
    helm_status,
    in_scope,
    is_open,
    order_facts,
)
from adapter.rules.orders.revisions import (
    NextRevision,
    content_hash,
    index_entry,
    next_revision,
    ordered_units,
    shipped_units,
)
from adapter.rules.orders.translation import Mapped, translate
from adapter.rules.orders.windows import PollWindow, halved, pages_last_first, poll_window

__all__ = [
    "FulfilledBy",
    "Mapped",
    "NextRevision",
    "PollWindow",
    "content_hash",
    "fulfilled_by",
    "halved",
    "helm_status",
    "in_scope",
    "index_entry",
    "is_open",
    "next_revision",
    "order_facts",
    "ordered_units",
    "pages_last_first",
    "poll_window",
    "shipped_units",
    "translate",
]
