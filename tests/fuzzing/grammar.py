"""Texts of expressions and statements: drawn from their grammars, from their tokens, or raw."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fuzzing.choices import Choices

__all__ = ["EXPRESSIONS", "condition", "key_condition", "projection", "statement", "text", "update"]

_WORDS = ("a", "b", "g", "pk", "sk", "#a", "#b", "#n", ":a", ":b", ":c", "size", "status", "0", "1")
_TOKENS = {
    "expression": (
        *_WORDS,
        *("(", ")", "[", "]", ".", ",", "=", "<>", "<", "<=", ">", ">=", "+", "-"),
        *("AND", "OR", "NOT", "BETWEEN", "IN", "SET", "REMOVE", "ADD", "DELETE"),
        *("attribute_exists", "attribute_not_exists", "attribute_type", "begins_with"),
        *("contains", "size", "if_not_exists", "list_append", "99999999999", "é", "#", ":", "\0"),
    ),
    "statement": (
        *_WORDS,
        *("(", ")", "[", "]", "{", "}", "<<", ">>", ".", ",", ":", "?", "*", "=", "<>", "!="),
        *("<", "<=", ">", ">=", "+", "-", "'a'", "'it''s'", "'", '"', '"a"', '"t"', "1e5", "-1.5"),
        *("AND", "OR", "NOT", "BETWEEN", "IN", "IS", "NULL", "MISSING", "TRUE", "FALSE"),
        *("SELECT", "FROM", "WHERE", "ORDER", "BY", "ASC", "DESC", "INSERT", "INTO", "VALUE"),
        *("UPDATE", "SET", "REMOVE", "DELETE", "RETURNING", "ALL", "OLD", "NEW", "MODIFIED"),
        *("EXISTS", "LIMIT", "contains", "begins_with", "attribute_type", "size", "set_add"),
        *("set_delete", "list_append", "t", "--", "é", "\0"),
    ),
}
_COMPARATORS = ("=", "<>", "<", "<=", ">", ">=")
_PATHS = ("a", "b", "g", "#a", "#b", "#n", "a.b", "#a.#b", "a[0]", "b[1].a", "a.b[2]", "sk", "pk")
_VALUES = (":a", ":b", ":c")


def _operand(choices: Choices) -> str:
    return choices.one_of(_VALUES if choices.byte() % 2 else _PATHS)


def condition(choices: Choices, depth: int = 4) -> str:
    """Draw a condition that mostly parses."""
    path = choices.one_of(_PATHS)
    match choices.below(14 if depth and not choices.spent else 9):
        case 0 | 1:
            return f"{_operand(choices)} {choices.one_of(_COMPARATORS)} {_operand(choices)}"
        case 2:
            return f"{path} BETWEEN {_operand(choices)} AND {_operand(choices)}"
        case 3:
            count = 1 + choices.below(120 if choices.seldom() else 4)
            return f"{path} IN ({', '.join(_operand(choices) for _ in range(count))})"
        case 4:
            return f"size({_operand(choices)}) {choices.one_of(_COMPARATORS)} {_operand(choices)}"
        case 5:
            return f"{choices.one_of(('attribute_exists', 'attribute_not_exists'))}({path})"
        case 6:
            return f"attribute_type({_operand(choices)}, {choices.one_of(_VALUES)})"
        case 7:
            return f"begins_with({_operand(choices)}, {_operand(choices)})"
        case 8:
            return f"contains({_operand(choices)}, {_operand(choices)})"
        case 9:
            return f"NOT {condition(choices, depth - 1)}"
        case 10:
            return f"({condition(choices, depth - 1)})"
        case 11 | 12:
            word = choices.one_of(("AND", "OR", "and"))
            return f"{condition(choices, depth - 1)} {word} {condition(choices, depth - 1)}"
        case _:
            # Deep or long ones, which the limits end.
            inner, count = condition(choices, 0), choices.below(320)
            return choices.one_of(
                (
                    f"{'NOT ' * count}{inner}",
                    f"{'(' * count}{inner}{')' * count}",
                    f"{inner}{(' OR ' + inner) * count}",
                    f"{(inner + ' AND (') * count}{inner}{')' * count}",
                    f"{'NOT (' * count}{inner}{')' * count}",
                )
            )


def key_condition(choices: Choices) -> str:
    """Draw a key condition that mostly parses."""
    tests = [f"{choices.one_of(('pk', '#a', 'g'))} = {choices.one_of(_VALUES)}"]
    match choices.below(5):
        case 0:
            tests.append(f"sk {choices.one_of(_COMPARATORS)} {choices.one_of(_VALUES)}")
        case 1:
            tests.append("sk BETWEEN :a AND :b")
        case 2:
            tests.append(f"begins_with(sk, {choices.one_of(_VALUES)})")
        case 3:
            tests.append(condition(choices, 1))
        case _:
            pass
    if choices.seldom():
        tests.reverse()
    return " AND ".join(tests)


def _assigned(choices: Choices) -> str:
    path = choices.one_of(_PATHS)
    match choices.below(7):
        case 0 | 1:
            return _operand(choices)
        case 2:
            return f"{_operand(choices)} {choices.one_of('+-')} {_operand(choices)}"
        case 3:
            return f"list_append({_operand(choices)}, {_operand(choices)})"
        case 4:
            return f"if_not_exists({path}, {_operand(choices)})"
        case 5:
            return f"if_not_exists({path}, {_operand(choices)}) + {_operand(choices)}"
        case _:
            count = choices.below(310)
            return f"{f'if_not_exists({path}, ' * count}:a{')' * count}"


def update(choices: Choices) -> str:
    """Draw an update expression that mostly parses."""
    clauses: list[str] = []
    for _ in range(1 + choices.below(4)):
        actions: list[str] = []
        kind = choices.one_of(("SET", "SET", "REMOVE", "ADD", "DELETE"))
        for _ in range(1 + choices.below(4)):
            path = choices.one_of(_PATHS)
            match kind:
                case "SET":
                    actions.append(f"{path} = {_assigned(choices)}")
                case "REMOVE":
                    actions.append(path)
                case _:
                    actions.append(f"{path} {choices.one_of(_VALUES)}")
        if kind == "REMOVE" and choices.seldom():
            actions += [f"a[{index}]" for index in range(choices.below(600))]
        clauses.append(f"{kind} {', '.join(actions)}")
    return " ".join(clauses)


def projection(choices: Choices) -> str:
    """Draw a projection expression that mostly parses."""
    return ", ".join(choices.one_of(_PATHS) for _ in range(1 + choices.below(5)))


EXPRESSIONS: dict[str, Callable[[Choices], str]] = {
    "ConditionExpression": condition,
    "UpdateExpression": update,
    "ProjectionExpression": projection,
    "KeyConditionExpression": key_condition,
}
"""What draws the text of each parameter."""


def _literal(choices: Choices, depth: int = 2) -> str:
    match choices.below(11 if depth else 7):
        case 0 | 1:
            return "?"
        case 2:
            return choices.one_of(("'a'", "'ab'", "''", "'it''s'", "'S'"))
        case 3:
            return choices.one_of(("1", "-1", "1.5", "1e5", "0", "1e126"))
        case 4:
            return choices.one_of(("TRUE", "FALSE", "NULL"))
        case 5:
            return choices.one_of(("<<'a'>>", "<<1, 2>>", "<<?, ?>>", "<<>>", "<<1, 'a'>>"))
        case 6:
            count = choices.below(40)
            return f"{'[' * count}1{']' * count}"
        case 7 | 8:
            return f"[{', '.join(_literal(choices, depth - 1) for _ in range(choices.below(3)))}]"
        case _:
            names = [choices.one_of(("pk", "sk", "a", "b", "g")) for _ in range(choices.below(5))]
            members = [f"'{name}': {_literal(choices, depth - 1)}" for name in names]
            return "{" + ", ".join(members) + "}"


def _place(choices: Choices) -> str:
    return choices.one_of(("pk", "sk", "a", "b", "g", '"status"', "a.b", "a[0]", "a['x y']"))


def _where(choices: Choices, depth: int = 3) -> str:
    place = _place(choices)
    match choices.below(13 if depth and not choices.spent else 9):
        case 0 | 1:
            return f"pk = {_literal(choices)}"
        case 2:
            return f"pk = {_literal(choices, 0)} AND sk = {_literal(choices, 0)}"
        case 3:
            sign = choices.one_of((*_COMPARATORS, "!="))
            sides = [place, _literal(choices)]
            return f" {sign} ".join(reversed(sides) if choices.seldom() else sides)
        case 4:
            return f"{place} BETWEEN {_literal(choices, 0)} AND {_literal(choices, 0)}"
        case 5:
            count = 1 + choices.below(120 if choices.seldom() else 4)
            options = ", ".join(_literal(choices, 0) for _ in range(count))
            return f"{place} IN {choices.one_of((f'({options})', f'[{options}]'))}"
        case 6:
            state = choices.one_of(("MISSING", "NULL", "NOT MISSING", "NOT NULL"))
            return f"{place} IS {state}"
        case 7:
            name = choices.one_of(("contains", "begins_with", "attribute_type"))
            return f"{name}({place}, {_literal(choices, 0)})"
        case 8:
            return f"size({place}) > {_literal(choices, 0)}"
        case 9:
            return f"NOT {_where(choices, depth - 1)}"
        case 10:
            return f"({_where(choices, depth - 1)})"
        case 11:
            word = choices.one_of(("AND", "OR"))
            return f"{_where(choices, depth - 1)} {word} {_where(choices, depth - 1)}"
        case _:
            count = choices.below(320)
            return choices.one_of(
                (
                    f"{'NOT ' * count}a = 1",
                    f"{'(' * count}a = 1{')' * count}",
                    f"a = 1{' OR a = 1' * count}",
                    f"{'a = 1 AND (' * count}a = 1{')' * count}",
                    "pk = 'a'" + " OR pk = 'b'" * count,
                )
            )


def statement(choices: Choices) -> str:
    """Draw a statement that mostly parses."""
    table = choices.one_of(('"t"', "t", '"t"."i"', "u", '"h"'))
    match choices.below(6):
        case 0 | 1:
            columns = choices.one_of(("*", "a", "pk, a.b, a[0]", "*, a"))
            made = f"SELECT {columns} FROM {table}"
            if choices.byte() % 4:
                made += f" WHERE {_where(choices)}"
            if choices.seldom(4):
                made += f" ORDER BY {choices.one_of(('pk', 'sk DESC', 'pk DESC, sk', 'g'))}"
            return f"EXISTS({made})" if choices.seldom() else made
        case 2:
            return f"INSERT INTO {table} VALUE {_literal(choices)}"
        case 3:
            returning = choices.one_of(("", " RETURNING ALL OLD *", " RETURNING MODIFIED NEW *"))
            return f"DELETE FROM {table} WHERE {_where(choices)}{returning}"
        case _:
            clauses: list[str] = []
            for _ in range(1 + choices.below(3)):
                right = choices.one_of(
                    (
                        _literal(choices),
                        _place(choices),
                        f"a + {_literal(choices, 0)}",
                        f"list_append(a, {_literal(choices)})",
                        f"set_add(a, {_literal(choices)})",
                        f"set_delete(a, {_literal(choices)})",
                    )
                )
                place = _place(choices)
                clauses.append(f"REMOVE {place}" if choices.seldom(4) else f"SET {place} = {right}")
            returning = choices.one_of(("", " RETURNING ALL NEW *", " RETURNING MODIFIED OLD *"))
            return f"UPDATE {table} {' '.join(clauses)} WHERE {_where(choices)}{returning}"


def text(choices: Choices, language: str, draw: Callable[[Choices], str]) -> str:
    """Make a text: by a grammar, of tokens in any order, or of whatever the bytes say."""
    match choices.below(8):
        case 6:
            tokens = _TOKENS[language]
            return " ".join(choices.one_of(tokens) for _ in range(choices.below(60)))
        case 7:
            return choices.rest().decode(
                "utf-8", "surrogateescape" if choices.seldom(2) else "replace"
            )
        case _:
            drawn = draw(choices)
            if choices.seldom() and drawn:
                # One token of it is lost, doubled or exchanged.
                place, length = choices.below(len(drawn)), choices.below(8)
                drawn = drawn[:place] + choices.one_of(_TOKENS[language]) + drawn[place + length :]
            return drawn
