"""Failures on order: rules that say which calls go wrong, and how.

A rule is `{"match": {"method"?, "nth"?, "sku"?, "probability"?}, "fault": {"kind": …}, "times"?}`.
Of several rules that match a call the first one holds. The same seed and the same calls meet the
same faults. Durations are real time: they are about the client's patience, not the shop's clock.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from random import Random

from jd_simulator.errors import is_platform_code
from jd_simulator.fields import BadInput, Fields
from jd_simulator.methods.registry import METHODS

LONGEST_MS = 600_000
"""Longest a fault may keep a caller waiting."""

KINDS = {
    "latency": "the answer comes `ms` later; the call takes effect after that",
    "hang": "nothing happens and nothing is answered until the client gives up",
    "reset_before": "the connection is reset; the call takes no effect",
    "reset_after": "the call takes effect, then the connection is reset",
    "apply_late": "nothing is answered; the call takes effect `ms` later, come what may",
    "http_status": "the edge answers `status` with an HTML body; the call takes no effect",
    "jd_error": "JD answers its error `code`; the call takes no effect",
    "truncated_json": "the call takes effect; half of the answer comes",
}
"""What can go wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to fail; only the fields of its kind count."""

    kind: str
    ms: int = 0
    status: int = 500
    code: str = "1"

    def describe(self) -> dict[str, object]:
        """Show the fault as its rule wrote it."""
        described: dict[str, object] = {"kind": self.kind}
        if self.kind in ("latency", "apply_late"):
            described["ms"] = self.ms
        elif self.kind == "http_status":
            described["status"] = self.status
        elif self.kind == "jd_error":
            described["code"] = self.code
        return described


@dataclass(slots=True, kw_only=True)
class Rule:
    """Which calls fail, how, and how often."""

    fault: Fault
    method: str | None = None
    nth: int | None = None
    """Only the n-th call, from 1, of those that method and SKU match."""
    sku: str | None = None
    """Only calls that name this SKU, by id."""
    probability: float = 1.0
    times: int | None = None
    """How often the rule may hit in all; None sets no limit."""
    seen: int = 0
    hits: int = 0
    chance: Random = field(default_factory=Random)

    def hit(self, method: str, skus: Collection[str]) -> bool:
        """Decide about one call, and count it."""
        if self.method not in (None, method) or not (self.sku is None or self.sku in skus):
            return False
        self.seen += 1
        # Drawn for each call that matches, so that `times` does not shift what comes later.
        is_drawn = self.probability >= 1 or self.chance.random() < self.probability
        if (
            not is_drawn
            or self.nth not in (None, self.seen)
            or (self.times is not None and self.hits >= self.times)
        ):
            return False
        self.hits += 1
        return True

    def describe(self) -> dict[str, object]:
        """Show the rule as it was written, and how often it hit."""
        match = {
            "method": self.method,
            "nth": self.nth,
            "sku": self.sku,
            "probability": self.probability if self.probability < 1 else None,
        }
        return {
            "match": {name: value for name, value in match.items() if value is not None},
            "fault": self.fault.describe(),
            "times": self.times,
            "hits": self.hits,
        }


class FaultPlan:
    """The fault rules of a sandbox."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self.rules: list[Rule] = []

    def replace(self, rules: Iterable[Rule]) -> None:
        """Put these rules, in this order, in the place of all that were there."""
        self.rules = list(rules)
        for number, rule in enumerate(self.rules):
            rule.chance = Random(f"fault {self._seed} {number}")  # noqa: S311 - made-up data

    def pick(self, method: str, skus: Collection[str]) -> tuple[int, Fault] | None:
        """Decide whether a call fails: the number of the rule, from 0, and its fault."""
        for number, rule in enumerate(self.rules):
            if rule.hit(method, skus):
                return number, rule.fault
        return None


def parse_rules(value: object) -> list[Rule]:
    """Read fault rules: `{"rules": [...]}`.

    Raises:
        BadInput: Names the field of the rule that is wrong.
    """
    fields = Fields(value)
    rules = [_parse_rule(Fields(item, path)) for path, item in fields.array("rules")]
    fields.done()
    return rules


def _parse_rule(fields: Fields) -> Rule:
    match = fields.nested("match")
    rule = Rule(
        fault=_parse_fault(fields.nested("fault")),
        method=match.choice("method", METHODS) if match.has("method") else None,
        nth=match.integer("nth", low=1) if match.has("nth") else None,
        sku=match.text("sku", longest=20) if match.has("sku") else None,
        probability=match.number("probability", 1.0, low=0, high=1),
        times=fields.integer("times", low=1) if fields.has("times") else None,
    )
    match.done()
    fields.done()
    return rule


def _parse_fault(fields: Fields) -> Fault:
    kind = fields.choice("kind", KINDS)
    fault = Fault(kind=kind)
    if kind in ("latency", "apply_late"):
        fault = Fault(kind=kind, ms=fields.integer("ms", low=1, high=LONGEST_MS))
    elif kind == "http_status":
        fault = Fault(kind=kind, status=fields.integer("status", low=400, high=599))
    elif kind == "jd_error":
        code = fields.text("code", longest=12)
        if not is_platform_code(code):
            raise BadInput(fields.path("code"), "must be an error code of JD's platform")
        fault = Fault(kind=kind, code=code)
    fields.done()
    return fault
