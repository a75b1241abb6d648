"""What faults do to an answer: the rows of a page, the lines of a receipt, the bytes themselves.

What a fault leaves open is drawn from the hit's own chance; what it could not do is told, so that
the journal does not claim more than happened.
"""

import re
from collections.abc import Callable
from random import Random
from typing import Any

from jd_simulator.fault_kinds import Fault, whole_failures
from jd_simulator.methods.arguments import Arguments
from jd_simulator.methods.call import Call, Method, Row

_FOREIGN = re.compile(rb"[^\x00-\x7f]+")
_BOM = b"\xef\xbb\xbf"


def bend_rows(call: Call, fault: Fault, chance: Random, *, page: Callable[[int], Call]) -> str:
    """Bend the page of an answered call in place.

    Args:
        call: The answered call of a paged method.
        fault: Its kind is `page_shift`, `duplicate_row` or `missing_row`.
        chance: Draws which row it is.
        page: Answers the same call for a page that is so many further on.

    Returns:
        What happened.
    """
    rows = call.rows or []
    if fault.kind == "page_shift":
        call.rows, note = _shifted(rows, fault.rows, page)
        return note
    if not rows:
        return f"{fault.kind}: the page was empty"
    index = chance.randrange(len(rows))
    row = rows[index]
    if fault.kind == "duplicate_row":
        rows.insert(index, row)
        return f"{row.id} is there twice"
    del rows[index]
    return f"{row.id} was left out"


def _shifted(rows: list[Row], shift: int, page: Callable[[int], Call]) -> tuple[list[Row], str]:
    """Move a page by some rows; where there is no page on that side its rows are just not there."""
    step = 1 if shift > 0 else -1
    others = page(step).rows or []
    note = f"the page began {abs(shift)} rows {'later' if shift > 0 else 'earlier'}"
    if shift > 0:
        return rows[shift:] + others[:shift], note
    if not others:
        return rows, "there is no page before this one: nothing shifted"
    return others[shift:] + rows[:shift], note


def business_failure(method: Method, fault: Fault, chance: Random) -> tuple[str, Any]:
    """Choose an answer of the contract in which the call fails inside a fine envelope.

    Returns:
        The example's name and the whole answer.
    """
    known = whole_failures(method)
    name = fault.example or chance.choice(sorted(known))
    return name, known[name]


def without_lost_skus(
    arguments: Arguments, fault: Fault, chance: Random
) -> tuple[Arguments, frozenset[str]]:
    """Draw the SKUs that the receipt of a stock write leaves out: one at least.

    Returns:
        What is left to write, and the SKUs that are left out, as they were written.
    """
    request = arguments.values.get("req")
    items = request.get("skuStocks") if isinstance(request, dict) else None
    if not isinstance(request, dict) or not isinstance(items, list) or not items:
        return arguments, frozenset()
    named = [str(item.get("skuId")) for item in items if isinstance(item, dict)]
    left_out = frozenset(chance.sample(named, k=chance.randint(1, len(named)))) if named else None
    if not left_out:
        return arguments, frozenset()
    if not fault.lost:
        return arguments, left_out
    kept = [
        item
        for item in items
        if not (isinstance(item, dict) and str(item.get("skuId")) in left_out)
    ]
    return Arguments({**arguments.values, "req": {**request, "skuStocks": kept}}), left_out


def bend_receipt(content: dict[str, Any], left_out: frozenset[str]) -> None:
    """Take SKUs out of the receipt of a stock write, in place."""
    receipt = content["returnType"]["obj"]
    if receipt is not None:
        receipt["updateStockResult"] = [
            line for line in receipt["updateStockResult"] if str(line["data"]) not in left_out
        ]


def bend_bytes(body: bytes, fault: Fault, chance: Random) -> tuple[bytes, str]:
    """Spoil the bytes of an answer as faults of their kind do; other kinds leave them.

    Returns:
        The bytes, and what happened, if that is not plain from the kind.
    """
    match fault.kind:
        case "truncated_json":
            return body[: len(body) // 2], ""
        case "bom":
            return _BOM + body, ""
        case "gb18030":
            return _in_gb18030(body, chance)
    return body, ""


def _in_gb18030(body: bytes, chance: Random) -> tuple[bytes, str]:
    """Write some runs of Chinese, one at least, in GB18030 and leave the others in UTF-8."""
    runs = list(_FOREIGN.finditer(body))
    if not runs:
        return body, "gb18030: there is no Chinese in the answer"
    chosen = {chance.randrange(len(runs))}
    chosen |= {index for index in range(len(runs)) if chance.random() < 0.5}
    parts, end = [], 0
    for index in sorted(chosen):
        run = runs[index]
        parts += [body[end : run.start()], run[0].decode().encode("gb18030")]
        end = run.end()
    return b"".join([*parts, body[end:]]), ""
