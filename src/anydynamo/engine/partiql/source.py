"""The text of one statement, read from left to right: tokens, names, paths and literals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from anydynamo.engine import texts
from anydynamo.engine.expressions.ast import Path, Value
from anydynamo.engine.limits import ATTRIBUTE_NAME_BYTES, LIST_INDEX_MAX, NESTING_LEVELS
from anydynamo.engine.partiql.lexer import END, Token, malformed, tokenize
from anydynamo.engine.partiql.literals import (
    Template,
    constant,
    list_of,
    map_of,
    parameter,
    set_of,
)
from anydynamo.engine.values.values import too_deep, utf8

if TYPE_CHECKING:
    from anydynamo.engine.errors import EngineError

__all__ = ["Source"]

_WORDS: Final = {"NULL": ("NULL", True), "TRUE": ("BOOL", True), "FALSE": ("BOOL", False)}
_INDEX_DIGITS: Final = 10


class Source:
    """A statement that is being read.

    Paths and values become those of `engine.expressions`: each name and each literal stands
    under a placeholder, so that no name is mistaken for one and literals are bound like values.

    Attributes:
        names: The attribute name under each `#` placeholder.
        templates: What makes the value under each `:` placeholder.
        parameters: How many `?` have been read.
    """

    def __init__(self, text: str) -> None:
        """Take the text.

        Raises:
            EngineError: A ValidationException; it does not consist of tokens.
        """
        self._text = text
        self._tokens = tokenize(text)
        self._position = 0
        self._placeholders: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.templates: dict[str, Template] = {}
        self.parameters = 0

    # Tokens

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._position]

    def follows(self, *kinds: str) -> bool:
        """Tell whether the next tokens are of these kinds."""
        following = self._tokens[self._position : self._position + len(kinds)]
        return tuple(token.kind for token in following) == kinds

    def take(self, kind: str) -> bool:
        """Read a token if it is of this kind."""
        if self.token.kind != kind:
            return False
        self._position += 1
        return True

    def expect(self, kind: str) -> Token:
        """Read a token, which must be of this kind.

        Raises:
            EngineError: It is not.
        """
        token = self.token
        if token.kind != kind:
            raise self.unexpected(texts.statements.EXPECTED.format(what=kind))
        self._position += 1
        return token

    def word(self, *words: str) -> str:
        """Read one of some words that are no keywords, and return it in capitals.

        Raises:
            EngineError: Something else stands there.
        """
        found = self.token.text.upper()
        if self.token.kind != "name" or found not in words:
            raise self.unexpected(texts.statements.EXPECTED.format(what=" or ".join(words)))
        self._position += 1
        return found

    def unexpected(self, wanted: str) -> EngineError:
        """Make the error that blames the next token."""
        token = self.token
        if token.kind == END:
            return malformed(texts.statements.UNEXPECTED_END, wanted=wanted)
        if token.kind in ("LIMIT", "GROUP", "HAVING"):
            return malformed(
                texts.statements.UNSUPPORTED_CLAUSE, clause=token.kind, position=token.start + 1
            )
        return malformed(
            texts.statements.UNEXPECTED, token=token.text, position=token.start + 1, wanted=wanted
        )

    def place(self, name: Token) -> str:
        """Spell where a name stands: its line, its column and its length."""
        before = self._text[: name.start]
        line, column = before.count("\n") + 1, name.start - before.rfind("\n")
        quotes = 0 if name.kind == "name" else 2 + name.text.count('"')
        return f"{line}:{column}:{len(name.text) + quotes}"

    # Names

    def name(self, what: str) -> str:
        """Read a name, bare or in double quotes.

        Raises:
            EngineError: There is none, or it is too long.
        """
        token = self.token
        if token.kind not in ("name", "quoted"):
            raise self.unexpected(texts.statements.EXPECTED.format(what=what))
        if not 1 <= len(utf8(token.text)) <= ATTRIBUTE_NAME_BYTES:
            raise self.unexpected(texts.statements.EXPECTED.format(what=what))
        self._position += 1
        return token.text

    def path(self) -> Path:
        """Read a document path: `a`, `a.b`, `a[0]`, `a['b']`."""
        elements: list[str | int] = [self._element(self.name(texts.statements.ATTRIBUTE))]
        while True:
            if self.take("."):
                elements.append(self._element(self.name(texts.statements.ATTRIBUTE)))
            elif self.take("["):
                if self.token.kind == "string" and self.token.text:
                    elements.append(self._element(self.expect("string").text))
                else:
                    elements.append(self._index())
                self.expect("]")
            else:
                break
        if len(elements) > NESTING_LEVELS:
            raise malformed(texts.statements.PATH_TOO_LONG)
        return Path(tuple(elements))

    def _element(self, name: str) -> str:
        placeholder = self._placeholders.get(name)
        if placeholder is None:
            placeholder = self._placeholders[name] = f"#{len(self._placeholders)}"
            self.names[placeholder] = name
        return placeholder

    def _index(self) -> int:
        digits = self.token.text
        if self.token.kind != "number" or not digits.isdigit() or len(digits) > _INDEX_DIGITS:
            raise self.unexpected(texts.statements.INDEX_EXPECTED)
        index = int(digits)
        if index > LIST_INDEX_MAX:
            raise self.unexpected(texts.statements.INDEX_EXPECTED)
        self._position += 1
        return index

    # Literals

    def at_value(self) -> bool:
        """Tell whether a literal or a parameter comes next."""
        kind = self.token.kind
        return kind in ("string", "number", "?", "[", "{", "<<", "+", "-") or kind in _WORDS

    def value(self) -> Value:
        """Read a literal or a parameter, and put it under a placeholder."""
        placeholder = f":{len(self.templates)}"
        self.templates[placeholder] = self.literal()
        return Value(placeholder)

    def literal(self, level: int = 1) -> Template:
        """Read a literal or a parameter.

        Args:
            level: How many literals it stands in, and one.

        Raises:
            EngineError: A ValidationException; there is none, or it is nested too deeply.
        """
        if level > NESTING_LEVELS:
            raise too_deep()
        token = self.token
        if token.kind in _WORDS:
            self._position += 1
            return constant(*_WORDS[token.kind])
        if token.kind in ("+", "-"):
            self._position += 1
            digits = self.expect("number").text
            return constant("N", f"-{digits}" if token.kind == "-" else digits)
        if token.kind not in ("string", "number", "?", "[", "{", "<<"):
            raise self.unexpected(texts.statements.VALUE_EXPECTED)
        self._position += 1
        match token.kind:
            case "string":
                return constant("S", token.text)
            case "number":
                return constant("N", token.text)
            case "?":
                self.parameters += 1
                return parameter(self.parameters - 1)
            case "[":
                return list_of(self._members("]", level))
            case "<<":
                return set_of(self._members(">>", level))
            case _:
                return map_of(self._entries(level))

    def _members(self, closing: str, level: int) -> list[Template]:
        members: list[Template] = []
        if self.take(closing):
            return members
        members.append(self.literal(level + 1))
        while self.take(","):
            members.append(self.literal(level + 1))
        self.expect(closing)
        return members

    def _entries(self, level: int) -> dict[str, Template]:
        entries: dict[str, Template] = {}
        if self.take("}"):
            return entries
        while True:
            name = self.expect("string").text
            if name in entries:
                raise malformed(texts.statements.DUPLICATE_ENTRY, name=name)
            self.expect(":")
            entries[name] = self.literal(level + 1)
            if not self.take(","):
                break
        self.expect("}")
        return entries
