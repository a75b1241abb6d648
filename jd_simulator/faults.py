"""Failures on order: rules that say which calls go wrong, and how.

A rule is `{"match": {"method"?, "nth"?, "sku"?, "probability"?}, "fault": {"kind": …}, "times"?}`.
Of several rules that match a call the first one holds. The same seed and the same calls meet the
same faults, byte for byte. Durations are real time: they are about the client's patience, not the
shop's clock.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from random import Random

from jd_simulator.fault_kinds import Fault, fits, parse_fault
from jd_simulator.fields import Fields
from jd_simulator.methods.call import Method
from jd_simulator.methods.registry import METHODS
from jd_simulator.stale import Befores


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

    def hit(self, method: Method, skus: Collection[str]) -> bool:
        """Decide about one call, and count it."""
        if self.method not in (None, method.name) or not (self.sku is None or self.sku in skus):
            return False
        if not fits(self.fault.kind, method):
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


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that hit a call."""

    rule: int
    """Number of the rule, from 0."""
    fault: Fault
    chance: Random
    """What the fault leaves open is drawn from it: of this hit's own, so that it shifts nothing."""


class FaultPlan:
    """The fault rules of a sandbox."""

    def __init__(self, *, seed: int) -> None:
        self._seed = seed
        self.rules: list[Rule] = []
        self.befores: Befores | None = None
        """What stale reads show; kept only while a rule asks for them."""

    def replace(self, rules: Iterable[Rule]) -> None:
        """Put these rules, in this order and unhit, in the place of all that were there."""
        self.rules = [
            replace(rule, seen=0, hits=0, chance=_chance("fault", self._seed, number))
            for number, rule in enumerate(rules)
        ]
        is_stale = any(rule.fault.kind == "stale_read" for rule in self.rules)
        self.befores = (self.befores or Befores()) if is_stale else None

    def pick(self, method: Method, skus: Collection[str]) -> Hit | None:
        """Decide whether and how a call fails that names some SKU ids."""
        for number, rule in enumerate(self.rules):
            if rule.hit(method, skus):
                return Hit(number, rule.fault, _chance("hit", self._seed, number, rule.hits))
        return None


def parse_rules(value: object) -> list[Rule]:
    """Read fault rules: `{"rules": [...]}`.

    Raises:
        BadInput: Names the field of the rule that is wrong.
    """
    fields = Fields(value)
    rules = read_rules(fields, "rules")
    fields.done()
    return rules


def read_rules(fields: Fields, name: str) -> list[Rule]:
    """Read fault rules that stand in a field of something larger.

    Raises:
        BadInput: Names the field of the rule that is wrong.
    """
    return [_parse_rule(Fields(item, path)) for path, item in fields.array(name)]


def _parse_rule(fields: Fields) -> Rule:
    match = fields.nested("match")
    method = match.choice("method", METHODS) if match.has("method") else None
    rule = Rule(
        fault=parse_fault(fields.nested("fault"), method),
        method=method,
        nth=match.integer("nth", low=1) if match.has("nth") else None,
        sku=match.text("sku", longest=20) if match.has("sku") else None,
        probability=match.number("probability", 1.0, low=0, high=1),
        times=fields.integer("times", low=1) if fields.has("times") else None,
    )
    match.done()
    fields.done()
    return rule


def _chance(*parts: object) -> Random:
    return Random(" ".join(map(str, parts)))  # noqa: S311 - made-up failures, no secrets
