"""The table of error texts, held to the modules that raise them and to the page."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING

import pytest

import anydynamo.engine
from anydynamo.engine import texts
from anydynamo.engine.errors import validation

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "texts.md"
ENGINE = Path(anydynamo.engine.__file__).parent
SERVER = ENGINE.with_name("server")
"""It has texts about JSON from the table, too."""

RAISING = {
    "EngineError": 1,
    "ExpressionError": 0,
    "in_use": 0,
    "malformed": 0,
    "serialization": 0,
    "EmptyKey": 0,
    "validation": 0,
}
"""What makes errors of texts, and where in its arguments the text stands."""

PROGRAMMING = frozenset(("AssertionError", "TypeError", "ValueError"))
"""What is raised for a mistake in the program or its settings, and answers no request."""

PAGES = frozenset(("support.py",))
"""Modules that write pages."""

TABLES: dict[str, ModuleType] = {name: getattr(texts, name) for name in texts.__all__}


def _trees() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(ENGINE.rglob("*.py")):
        name = path.relative_to(ENGINE).as_posix()
        if not name.startswith("texts/") and name not in PAGES:
            yield name, ast.parse(path.read_text(encoding="utf-8"))


MODULES = dict(_trees())


def _called(node: ast.AST) -> str | None:
    return node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else None


def _literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the literals that are neither docstrings, type expressions nor programmers' errors."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return
    if _called(node) in PROGRAMMING | {"cast"}:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.lineno, node.value
    for child in ast.iter_child_nodes(node):
        yield from _literals(child)


def _texts_of(table: ModuleType) -> dict[str, str]:
    return {
        name: text
        for name, text in vars(table).items()
        if isinstance(text, str) and name in table.__annotations__
    }


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def _named(node: ast.AST) -> tuple[str, str] | None:
    """Return the table and the name that `texts.table.NAME` has."""
    match node:
        case ast.Attribute(ast.Attribute(ast.Name("texts"), table), name) if table in TABLES:
            return table, name
        case _:
            return None


def _uses(tree: ast.AST) -> Iterator[tuple[int, tuple[str, str], ast.Call | None]]:
    """Yield each text that a module uses, with the call that fills it in."""
    filled: dict[ast.AST, ast.Call] = {}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = _called(node)
        if called in RAISING and len(node.args) > RAISING[called]:
            filled[node.args[RAISING[called]]] = node
        elif isinstance(node.func, ast.Attribute) and node.func.attr == "format":
            filled[node.func.value] = node
    for node in ast.walk(tree):
        named = _named(node)
        if named is not None and isinstance(node, ast.Attribute):
            yield node.lineno, named, filled.get(node)


def test_the_page_is_what_the_command_writes() -> None:
    command = [sys.executable, "-m", "anydynamo.engine.texts"]
    written = subprocess.run(command, capture_output=True, text=True, check=True)
    assert PAGE.read_text(encoding="utf-8") == written.stdout, (
        "python -m anydynamo.engine.texts > docs/reference/texts.md"
    )


@pytest.mark.parametrize("module", MODULES)
def test_no_text_stands_outside_of_the_table(module: str) -> None:
    sentences = [
        f"{module}:{line}: {text}"
        for line, text in _literals(MODULES[module])
        # Keywords of expressions and statements are in capitals, and no sentences.
        if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", text) and not text.isupper()
    ]
    assert sentences == []


@pytest.mark.parametrize("module", MODULES)
def test_no_error_is_raised_with_a_literal_text(module: str) -> None:
    literals = [
        f"{module}:{line}: {literal}"
        for node in ast.walk(MODULES[module])
        if isinstance(node, ast.Call)
        and (called := _called(node)) in RAISING
        and len(node.args) > RAISING[called]
        for line, literal in _literals(node.args[RAISING[called]])
    ]
    assert literals == []


@pytest.mark.parametrize("module", MODULES)
def test_every_field_of_a_text_is_filled_in_and_no_other(module: str) -> None:
    for line, (table, name), call in _uses(MODULES[module]):
        given: set[str | None] = set()
        if call is not None:
            given = {keyword.arg for keyword in call.keywords}
        assert given - {"item", "reasons"} == _fields(_texts_of(TABLES[table])[name]), (
            f"{module}:{line}"
        )


@pytest.mark.parametrize("module", MODULES)
def test_an_error_has_the_code_that_the_table_says(module: str) -> None:
    for line, (table, name), call in _uses(MODULES[module]):
        called = _called(call) if call is not None else None
        if call is None or called not in ("EngineError", "serialization", "validation"):
            continue
        text = _texts_of(TABLES[table])[name]
        known = getattr(TABLES[table], "CODES", {}).get(text, "ValidationException")
        match called, call.args[0]:
            case "serialization", _:
                assert known == "SerializationException", f"{module}:{line}"
            case "EngineError", ast.Constant(code):
                assert known == code, f"{module}:{line}"
            case "validation", _:
                assert known == "ValidationException", f"{module}:{line}"
            case _:
                """Another error's code is passed on."""
        assert text not in getattr(TABLES[table], "PARTS", ()), f"{module}:{line}"


@pytest.mark.parametrize("table", TABLES)
def test_every_text_is_used(table: str) -> None:
    served = [ast.parse(path.read_text(encoding="utf-8")) for path in SERVER.rglob("*.py")]
    used = {
        name
        for tree in (*MODULES.values(), *served)
        for _, (of, name), _ in _uses(tree)
        if of == table
    }
    for other in TABLES.values():
        assert other.__file__ is not None
        tree = ast.parse(Path(other.__file__).read_text(encoding="utf-8"))
        # Those in sets of texts, such as PARTS, are no uses.
        used |= {
            node.id
            for sum_ in ast.walk(tree)
            if isinstance(sum_, ast.BinOp | ast.JoinedStr)
            for node in ast.walk(sum_)
            if isinstance(node, ast.Name)
        }
    assert _texts_of(TABLES[table]).keys() <= used


@pytest.mark.parametrize("table", TABLES)
def test_a_text_without_fields_has_no_braces(table: str) -> None:
    """It is not formatted, so that escaped ones would be seen."""
    for name, text in _texts_of(TABLES[table]).items():
        assert _fields(text) or not re.search("[{}]", text), name


@pytest.mark.parametrize("table", TABLES)
def test_each_text_of_a_subject_has_one_name(table: str) -> None:
    known = list(_texts_of(TABLES[table]).values())
    assert len(known) == len(set(known))


def test_braces_of_a_caller_stay_as_they_are() -> None:
    once = validation(texts.tables.INDEX_EXISTS, name="{name}")
    assert once.message == "Attempting to create an index which already exists: {name}"
    assert validation(once.message).message == once.message
