"""Split an expression into tokens."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from anydynamo.engine.errors import filled

__all__ = ["END", "KEYWORDS", "ExpressionError", "Token", "tokenize"]

END: Final = "<EOF>"

KEYWORDS: Final = frozenset(("ADD", "AND", "BETWEEN", "DELETE", "IN", "NOT", "OR", "REMOVE", "SET"))
"""Words with a meaning of their own, in any case; they are never attribute names."""

_TOKEN: Final = re.compile(
    r"""
      (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<name>\#[A-Za-z0-9_]+)
    | (?P<value>:[A-Za-z0-9_]+)
    | (?P<index>[0-9]+)
    | (?P<symbol><>|<=|>=|[=<>()\[\].,+-])
    | (?P<space>\s+)
    | (?P<unknown>.)
    """,
    re.VERBOSE | re.DOTALL | re.ASCII,
)


class ExpressionError(Exception):
    """What is wrong with an expression, in DynamoDB's words but without the parameter's name."""

    def __init__(self, text: str, /, **parts: object) -> None:
        """Make an error from a text and what goes into its fields, as an `EngineError` is made."""
        super().__init__(filled(text, parts))


class Token(NamedTuple):
    """One token.

    Attributes:
        kind: `word`, `name` (`#n`), `value` (`:v`), `index` (digits), a keyword in capitals, the
            symbol itself, `unknown`, or `END`.
        text: The token as it was written.
        start: Where it begins in the expression.
        end: Where it ends.
    """

    kind: str
    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """Return the tokens of an expression, closed by one of kind `END`.

    A character that begins no token becomes a token of kind `unknown`, for the parser to refuse.
    """
    tokens: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "unknown"
        if kind == "space":
            continue
        found = match.group()
        if kind == "symbol":
            kind = found
        elif kind == "word" and found.upper() in KEYWORDS:
            kind = found.upper()
        tokens.append(Token(kind, found, match.start(), match.end()))
    tokens.append(Token(END, END, len(text), len(text)))
    return tokens
