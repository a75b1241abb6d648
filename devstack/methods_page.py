"""Write the page of JD's methods in the simulator from the contracts and the tests.

`python -m devstack.methods_page` brings `docs/simulator/methods.md` up to date: each method with
its parameters and refusals, whether the simulator has them, how sure they are, and which test
tries them; then the platform's codes, the order states and the switches.

Source: contracts/jd/, jd_simulator/settings.py, tests/simulator/
"""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import get_args

import contracts
from devstack.method_tables import both, oauth, platform, shown, states, switches, table
from devstack.tried import TestCase, read_tests, trying

COMMAND = "python -m devstack.methods_page"
ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "simulator" / "methods.md"
TESTS = ROOT / "tests" / "simulator"

TWINS = {"pop.order.enSearch": "pop.order.search", "pop.order.enGet": "pop.order.get"}
"""Methods that another one's tests try too: the same code answers both."""
WITHOUT_EFFECT = {
    "installId": "JD's installation services are not simulated",
    "trade_no": "the seller's own number; no answer shows it",
    "venderTaskAddressId": "the seller's warehouse; no answer shows it",
    "deliveryName": "the carrier's number decides",
    "stockModel": "JD's stock models of a store are not known",
}
"""Parameters that are accepted and change nothing, with the reason."""
NOT_TRIED = {
    "sku不属于该商家": "a sandbox knows no other sellers: an unknown SKU is `sku不存在`",
}

_INTRO = f"""# JD's methods in the simulator

Made from the contracts and the tests by `{COMMAND}`; a test holds it equal.

**How sure** is each thing: `DOC` from JD's pages, `SDK` read in or seen from an SDK, `CLIENT` seen
in public clients, `INF` inferred, `ASSUMED` chosen here until someone has asked JD.
**Simulated**: *by itself*, as a consequence of the shop's state; or *on demand*, when a fault
(`business_failure`, `jd_error`) asks for it. Tests are those of `tests/simulator`.
A parameter that a method does not know is accepted, as JD does, and noted in the journal; a method
that is not listed answers 15."""


def page() -> str:
    """Make the text of the page."""
    cases = read_tests(TESTS)
    parts = [_INTRO, _overview(cases)]
    parts += [_method(contracts.jd_method(name), cases) for name in contracts.jd_methods()]
    parts += [oauth(cases), platform(cases), states(), switches(cases)]
    return "\n\n".join(parts) + "\n"


def gaps() -> list[str]:
    """List what the simulator is said to have and no test tries."""
    cases = read_tests(TESTS)
    found = []
    for name in contracts.jd_methods():
        contract = contracts.jd_method(name)
        found += [
            f"{name}: {path}"
            for path, _, _ in _parameters(contract.request_schema)
            if _leaf(path) not in WITHOUT_EFFECT and not _tries(cases, contract, _leaf(path))
        ]
        found += [
            f"{name}: {error.code or error.zh}"
            for error in contracts.jd_business_errors(name)
            if error.act != "retry"
            and error.zh not in NOT_TRIED
            and not _tries(cases, contract, error.code or error.zh)
            and not _is_on_demand(contract, error)
        ]
    return found


def main() -> None:
    """Bring the page up to date, and say whether it changed."""
    text = page()
    if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != text:
        PAGE.parent.mkdir(parents=True, exist_ok=True)
        PAGE.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {PAGE.relative_to(ROOT)}\n")


def _overview(cases: Sequence[TestCase]) -> str:
    rows = []
    for name in contracts.jd_methods():
        contract = contracts.jd_method(name)
        number = len(_tries(cases, contract))
        anchor = contract.full_name.replace(".", "").lower()
        rows.append(
            (
                f"[`{contract.full_name}`](#{anchor})",
                contract.title,
                contract.effect,
                _sureness(contract.facts),
                str(number),
            )
        )
    return "## Methods\n\n" + table(("Method", "What", "Kind", "How sure", "Tests"), rows)


def _method(contract: contracts.JdMethodContract, cases: Sequence[TestCase]) -> str:
    parameters = [
        (
            f"`{path}`",
            "yes" if is_required else "",
            _kind(schema),
            _parameter_state(path),
            shown(_tries(cases, contract, _leaf(path))),
        )
        for path, schema, is_required in _parameters(contract.request_schema)
    ]
    refusals = []
    for error in contracts.jd_business_errors(contract.name):
        tests = _tries(cases, contract, error.code or error.zh)
        state = _refusal_state(contract, error, tests)
        refusals.append(
            (
                error.code or "words only",
                error.zh,
                error.en,
                both(error.strength, error.wording),
                state,
                shown(tests),
            )
        )
    facts = "\n".join(
        f"* {fact.strength}: {fact.fact}" + (f" {fact.note}" if fact.note else "")
        for fact in sorted(contract.facts, key=lambda fact: _rank(fact.strength))
    )
    return "\n\n".join(
        (
            f"### {contract.full_name}",
            f"{contract.title}. Answers under `{contract.envelope}`.",
            table(("Parameter", "Required", "Takes", "Simulated", "Tests"), parameters),
            table(
                ("Refusal", "JD's words", "In English", "How sure", "Simulated", "Tests"), refusals
            ),
            f"<details><summary>How sure</summary>\n\n{facts}\n\n</details>",
        )
    )


def _parameters(
    schema: contracts.JsonObject, above: str = ""
) -> Iterator[tuple[str, contracts.JsonObject, bool]]:
    """Walk through the parameters of a request: path, schema, whether it is required."""
    for name, inner in schema.get("properties", {}).items():
        path = f"{above}{name}"
        if inner.get("type") == "object":
            yield from _parameters(inner, f"{path}.")
        elif inner.get("type") == "array" and "properties" in inner["items"]:
            yield from _parameters(inner["items"], f"{path}[].")
        else:
            yield path, inner, name in schema.get("required", ())


def _kind(schema: contracts.JsonObject) -> str:
    name = schema.get("$ref", "").rpartition("/")[2].replace("_", " ")
    return " ".join(filter(None, (name, schema.get("description", "")))) or "see the contract"


def _leaf(path: str) -> str:
    return path.rpartition(".")[2]


def _tries(
    cases: Sequence[TestCase], contract: contracts.JdMethodContract, *texts: str
) -> list[TestCase]:
    names = [contract.full_name]
    if contract.name in TWINS:
        names.append(contracts.jd_method(TWINS[contract.name]).full_name)
    found = {case: None for name in names for case in trying(_of_methods(cases), name, *texts)}
    return list(found)


def _of_methods(cases: Iterable[TestCase]) -> list[TestCase]:
    return [case for case in cases if case.file.startswith("methods/")]


def _is_on_demand(contract: contracts.JdMethodContract, error: contracts.JdBusinessError) -> bool:
    wanted = error.code or error.zh
    return any(
        wanted in str(body)
        for name, body in contract.response_examples.items()
        if name.startswith("business-")
    )


def _parameter_state(path: str) -> str:
    reason = WITHOUT_EFFECT.get(_leaf(path))
    return f"accepted, without effect: {reason}" if reason else "yes"


def _refusal_state(
    contract: contracts.JdMethodContract,
    error: contracts.JdBusinessError,
    tests: Sequence[TestCase],
) -> str:
    if tests:
        return "by itself"
    state = "on demand" if _is_on_demand(contract, error) else "no"
    reason = NOT_TRIED.get(error.zh)
    return f"{state}: {reason}" if reason else state


def _sureness(facts: Iterable[contracts.JdFact]) -> str:
    counted = Counter(fact.strength for fact in facts)
    return ", ".join(f"{counted[name]} {name}" for name in sorted(counted, key=_rank))


def _rank(strength: contracts.Strength) -> int:
    return get_args(contracts.Strength).index(strength)


if __name__ == "__main__":
    main()
