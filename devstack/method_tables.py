"""The tables that stand behind the methods on their page: tokens, codes, states, switches.

Source: contracts/jd/, jd_simulator/settings.py
"""

import ast
import inspect
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields

import contracts
from contracts.oauth import oauth_refresh
from devstack.tried import TestCase, trying
from jd_simulator.errors import Code
from jd_simulator.settings import Settings


def oauth(cases: Sequence[TestCase]) -> str:
    """Tell of the refresh of tokens."""
    contract = oauth_refresh()
    facts = "\n".join(f"* {fact.strength}: {fact.fact}" for fact in contract.facts)
    rows = [
        (
            error.code,
            error.zh,
            error.en,
            error.strength,
            shown(trying(_of_oauth(cases), error.code)),
        )
        for error in contract.errors
    ]
    refusals = table(("Code", "JD's words", "In English", "How sure", "Tests"), rows)
    return f"## {contract.path}\n\n{contract.title}.\n\n{refusals}\n\n{facts}"


def platform(cases: Sequence[TestCase]) -> str:
    """List the codes of JD's platform."""
    own = {str(code) for code in Code}
    rows = [
        (
            code.code,
            code.zh,
            code.en,
            both(code.strength, code.wording),
            "by itself" if code.code in own else "on demand",
            shown(trying(cases, code.code, "error_response")) if code.code in own else "",
        )
        for code in contracts.jd_error_codes().values()
    ]
    return "## Codes of the platform\n\n" + table(
        ("Code", "JD's words", "In English", "How sure", "Simulated", "Tests"), rows
    )


def states() -> str:
    """List the states of an order in both languages."""
    rows = [
        (
            f"`{state.state}`",
            state.zh,
            state.en,
            state.meaning,
            ", ".join(
                f"`{after}`" + (" (ASSUMED)" if after in state.assumed_transitions else "")
                for after in state.transitions
            ),
            both(state.strength, state.wording),
        )
        for state in contracts.jd_order_states().values()
    ]
    return "## States of an order\n\n" + table(
        ("State", "JD's words", "In English", "Meaning", "May become", "How sure"), rows
    )


def switches(cases: Sequence[TestCase]) -> str:
    """List what can be chosen for a sandbox."""
    told = dict(_docstrings(Settings))
    defaults = Settings()
    rows = [
        (
            f"`{field.name}`",
            f"`{getattr(defaults, field.name)!r}`",
            told[field.name],
            shown(trying(cases, field.name)),
        )
        for field in fields(Settings)
    ]
    return "## Switches of a sandbox\n\n" + table(("Switch", "Default", "What", "Tests"), rows)


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )


def shown(tests: Sequence[TestCase]) -> str:
    """Name the first of some tests; how many more there are would change with every new one."""
    return f"`{tests[0].file}::{tests[0].name}`" if tests else ""


def both(strength: str, wording: str) -> str:
    """Tell how sure a meaning is, and its words where they are another matter."""
    return strength if strength == wording else f"{strength}, words {wording}"


def _docstrings(model: type) -> Iterator[tuple[str, str]]:
    (definition,) = ast.parse(inspect.getsource(model)).body
    if not isinstance(definition, ast.ClassDef):
        return
    for field, told in zip(definition.body, definition.body[1:], strict=False):
        match field, told:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                yield name, " ".join(text.split())


def _of_oauth(cases: Iterable[TestCase]) -> list[TestCase]:
    return [case for case in cases if case.file == "test_oauth.py"]
