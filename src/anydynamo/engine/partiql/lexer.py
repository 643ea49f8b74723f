"""Split a PartiQL statement into tokens."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, filled, validation

__all__ = ["END", "Token", "malformed", "tokenize"]

END: Final = "<end>"

_KEYWORDS: Final = frozenset(
    (
        "AND",
        "ASC",
        "BETWEEN",
        "BY",
        "DELETE",
        "DESC",
        "EXISTS",
        "FALSE",
        "FROM",
        "GROUP",
        "HAVING",
        "IN",
        "INSERT",
        "INTO",
        "IS",
        "LIMIT",
        "MISSING",
        "NOT",
        "NULL",
        "OR",
        "ORDER",
        "REMOVE",
        "RETURNING",
        "SELECT",
        "SET",
        "TRUE",
        "UPDATE",
        "VALUE",
        "WHERE",
    )
)
"""Words with a meaning of their own, in any case; as names they stand in double quotes."""

# The repetitions within quotes are possessive: a quote that is never closed costs one look at it.
_TOKEN: Final = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<word>[A-Za-z_$][A-Za-z0-9_$]*)
    | (?P<number>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    | (?P<string>'(?:[^']|'')*+')
    | (?P<quoted>"(?:[^"]|"")*+")
    | (?P<symbol><<|>>|<>|!=|<=|>=|[=<>()\[\]{}.,:?*+-])
    """,
    re.VERBOSE | re.ASCII,
)


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: `name`, `quoted` (a name in double quotes), `string`, `number`, a keyword in capitals,
            the symbol itself, or `END`.
        text: What it says; of quoted ones what is within, of which doubled quotes are one.
        start: Where it begins in the statement.
    """

    kind: str
    text: str
    start: int


def malformed(why: str, /, **parts: object) -> EngineError:
    """Make the error for a statement that cannot be read.

    Args:
        why: What is wrong with it, with fields for the parts.
        parts: What goes into them.
    """
    return validation(texts.statements.MALFORMED, why=filled(why, parts))


def tokenize(text: str) -> list[Token]:
    """Return the tokens of a statement, closed by one of kind `END`.

    Raises:
        EngineError: A ValidationException; a character begins no token.
    """
    tokens: list[Token] = []
    position = 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise malformed(
                texts.statements.UNEXPECTED_CHARACTER,
                character=text[position],
                position=position + 1,
            )
        kind, found = match.lastgroup or "", match.group()
        if kind == "word":
            keyword = found.upper()
            kind = keyword if keyword in _KEYWORDS else "name"
            tokens.append(Token(kind, found, position))
        elif kind == "symbol":
            tokens.append(Token(found, found, position))
        elif kind in ("string", "quoted"):
            quote = found[0]
            tokens.append(Token(kind, found[1:-1].replace(quote * 2, quote), position))
        elif kind != "space":
            tokens.append(Token(kind, found, position))
        position = match.end()
    tokens.append(Token(END, END, len(text)))
    return tokens
