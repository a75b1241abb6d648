"""Find out which tests of the simulator try a method, a parameter or a refusal.

A test tries what it names: the texts and numbers in it, in its parameters, and in the functions,
fixtures and constants of its module that it uses. That it looks at the right thing is the test's
own business; that nobody names a thing at all is told here.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class TestCase:
    """A test and every text it names."""

    __test__ = False  # pytest is not to collect it

    file: str
    """Path below the folder that was read."""
    name: str
    named: frozenset[str]


@dataclass(frozen=True, slots=True)
class Piece:
    """A definition of a module: what it names itself, and the names it uses."""

    texts: frozenset[str]
    used: frozenset[str]


def read_tests(folder: Path) -> list[TestCase]:
    """Read every test below a folder, sorted by file and place."""
    files = sorted(folder.rglob("test_*.py"))
    return [case for file in files for case in _tests_of(file, str(file.relative_to(folder)))]


def trying(cases: Iterable[TestCase], *texts: str) -> list[TestCase]:
    """List the tests that name every one of some texts."""
    return [case for case in cases if case.named.issuperset(texts)]


def _tests_of(file: Path, shown: str) -> Iterator[TestCase]:
    pieces = dict(_pieces(ast.parse(file.read_text(encoding="utf-8"))))
    for name in pieces:
        if name.startswith("test_"):
            yield TestCase(shown, name, _reached(name, pieces))


def _pieces(module: ast.Module) -> Iterator[tuple[str, Piece]]:
    for node in module.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name, _piece(node)
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                yield name, _piece(node)


def _piece(node: ast.AST) -> Piece:
    texts, used = set(), set()
    for part in ast.walk(node):
        match part:
            case ast.Constant(value=str(text)):
                texts |= {text, *text.split(",")}
            case ast.Constant(value=int(number)):
                texts.add(str(number))
            case ast.keyword(arg=str(name)):
                texts.add(name)
            case ast.Name(id=name) | ast.arg(arg=name):
                used.add(name)
    return Piece(frozenset(texts), frozenset(used))


def _reached(name: str, pieces: Mapping[str, Piece]) -> frozenset[str]:
    texts: set[str] = set()
    seen: set[str] = set()
    waiting = {name}
    while waiting:
        piece = pieces[waiting.pop()]
        texts |= piece.texts
        new = (piece.used & pieces.keys()) - seen
        seen |= new
        waiting |= new
    return frozenset(texts)
