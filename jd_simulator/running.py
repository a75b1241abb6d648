"""Lets the method of a call do its work, bent as a fault orders it.

Source: contracts/jd/
"""

import logging
import traceback
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any

from jd_simulator.bending import (
    bend_bytes,
    bend_receipt,
    bend_rows,
    business_failure,
    without_lost_skus,
)
from jd_simulator.checks import PARAMETERS, Candidate
from jd_simulator.errors import Code, JdError, written_code
from jd_simulator.fault_kinds import PAGE_KINDS
from jd_simulator.faults import Hit
from jd_simulator.journal import Entry
from jd_simulator.methods.arguments import Arguments
from jd_simulator.methods.call import ROWS, Call
from jd_simulator.methods.unknown import unknown_names
from jd_simulator.sandbox import Sandbox
from jd_simulator.shop.model import Order
from jd_simulator.shop.view import to_json
from jd_simulator.stale import named_ids
from jd_simulator.wire import JSON_NAME, SYSTEM

OK = "0"
_ROWS = to_json(ROWS)
_LAST_PAGE = 10**9
_UNREADABLE = frozenset({"truncated_json", "gb18030"})
"""Kinds whose answer tells the seller nothing: it is no JSON in UTF-8."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the method made of a call."""

    body: bytes
    """What is sent."""
    code: str
    returned: list[tuple[Order, int]] = field(default_factory=list)
    """Orders in the answer, with their `modified`."""
    true_body: bytes | None = None
    """The answer before its bytes were spoilt; None where they were not."""


def refuse(error: JdError, sandbox: Sandbox | None) -> Outcome:
    """Answer with an error of JD's platform, as the sandbox writes it, where there is one."""
    return Outcome(to_json(error.body(None if sandbox is None else sandbox.settings)), error.code)


def run(candidate: Candidate, entry: Entry, hit: Hit | None = None) -> Outcome:
    """Let the method do its work; a crash inside it is JD's system error, kept in the journal.

    Args:
        candidate: A call that passed the gateway's checks.
        entry: Its place in the journal, which is filled in.
        hit: The fault that bends its answer, if one does.
    """
    beside = sorted(candidate.parameters.keys() - SYSTEM)
    unknown = sorted(set(unknown_names(candidate.arguments, candidate.method.parameters)))
    entry.notes.extend(f"unknown parameter {name} beside {JSON_NAME}" for name in beside)
    entry.notes.extend(f"unknown parameter {name}" for name in unknown)
    try:
        outcome = _business_failure(candidate, entry, hit) or _answered(candidate, entry, hit)
    except JdError as error:
        entry.failed_check = PARAMETERS
        outcome = refuse(error, candidate.sandbox)
    except Exception:
        log.exception("method.crashed")
        entry.traceback = traceback.format_exc()
        candidate.sandbox.tallies.crashes += 1
        outcome = refuse(JdError(Code.SYSTEM_ERROR), candidate.sandbox)
    entry.bound_notes()
    return outcome if hit is None else _spoilt(outcome, entry, hit)


def _answered(candidate: Candidate, entry: Entry, hit: Hit | None) -> Outcome:
    sandbox, method = candidate.sandbox, candidate.method
    call, left_out = _call(candidate, entry, hit)
    befores = sandbox.faults.befores
    if befores is not None and method.is_write:
        befores.keep(sandbox.shop, named_ids(candidate.arguments))
    with _past(sandbox, entry, hit):
        content: dict[str, Any] = {"code": OK, **_content(candidate, call, left_out)}
        if hit is not None and hit.fault.kind in PAGE_KINDS and call.rows is not None:
            entry.notes.append(
                bend_rows(call, hit.fault, hit.chance, page=lambda step: _page(candidate, step))
            )
    if left_out:
        entry.notes.append(f"left out of the receipt: {', '.join(sorted(left_out))}")
        bend_receipt(content, left_out)
    code = str(content["code"])
    content["code"] = written_code(code, sandbox.settings)
    body = to_json({method.root_key(sandbox.settings): content})
    if call.rows is not None:
        body = body.replace(_ROWS, b"[%b]" % b",".join([row.text for row in call.rows]), 1)
        call.returned += [row.order for row in call.rows if row.order is not None]
    entry.applied_at = sandbox.clock.now()
    return Outcome(body, code, _known_from_now_on(sandbox, call.returned))


def _call(candidate: Candidate, entry: Entry, hit: Hit | None) -> tuple[Call, frozenset[str]]:
    arguments, left_out = Arguments(candidate.arguments), frozenset[str]()
    if hit is not None and hit.fault.kind == "receipt_without_skus":
        arguments, left_out = without_lost_skus(arguments, hit.fault, hit.chance)
    return Call(candidate.sandbox.shop, arguments, entry.number, entry.notes), left_out


def _content(candidate: Candidate, call: Call, left_out: frozenset[str]) -> dict[str, Any]:
    request = call.arguments.values.get("req")
    if left_out and isinstance(request, dict) and not request["skuStocks"]:
        # Every SKU was lost: the method has nothing to do, and JD says nothing of it.
        return {
            "returnType": {"success": True, "errorMessage": "", "obj": {"updateStockResult": []}}
        }
    return candidate.method.answer(call)


def _past(sandbox: Sandbox, entry: Entry, hit: Hit | None) -> AbstractContextManager[None]:
    if hit is None or hit.fault.kind != "stale_read":
        return nullcontext()
    befores = sandbox.faults.befores
    if not befores:
        entry.notes.append("stale_read: nothing was written since the rule was set")
        return nullcontext()
    return befores.shown(sandbox.shop)


def _known_from_now_on(sandbox: Sandbox, returned: list[Order]) -> list[tuple[Order, int]]:
    """Name the present orders, of which a past was shown perhaps, and the `modified` shown."""
    present = sandbox.shop.orders.by_id
    return [(present[order.order_id], order.modified) for order in returned]


def _page(candidate: Candidate, step: int) -> Call:
    """Answer the same call for a page that is `step` further on; JD may have no such page."""
    name = candidate.method.page_parameter or ""
    asked = Arguments(candidate.arguments).integer(name, low=0, high=_LAST_PAGE, default=0) or 1
    arguments = {**candidate.arguments, name: asked + step}
    call = Call(candidate.sandbox.shop, Arguments(arguments), 0)
    if asked + step > 0:
        with suppress(JdError):
            candidate.method.answer(call)
    return call


def _business_failure(candidate: Candidate, entry: Entry, hit: Hit | None) -> Outcome | None:
    if hit is None or hit.fault.kind != "business_failure":
        return None
    name, answer = business_failure(candidate.method, hit.fault, hit.chance)
    entry.notes.append(f"answered as the contract's example {name}")
    content = next(iter(answer.values())) if len(answer) == 1 else answer
    code = str(content.get("code", OK)) if isinstance(content, dict) else OK
    return Outcome(to_json(answer), code)


def _spoilt(outcome: Outcome, entry: Entry, hit: Hit) -> Outcome:
    body, note = bend_bytes(outcome.body, hit.fault, hit.chance)
    if note:
        entry.notes.append(note)
    if body is outcome.body:
        return outcome
    returned = [] if hit.fault.kind in _UNREADABLE else outcome.returned
    return Outcome(body, outcome.code, returned, outcome.body)
