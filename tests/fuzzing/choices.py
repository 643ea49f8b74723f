"""Bytes read as decisions, so that one mutator of bytes can build anything.

A fuzzer only ever changes bytes. What is built from them stays well-formed where it should be, and
a small change of the bytes is a small change of what is built.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["NAMES", "Choices"]

T = TypeVar("T")

NAMES = ("a", "b", "pk", "sk", "g", "size", "x.y", "é", "a-b", "status")
"""Attribute names: keys, plain ones, and ones that an expression has to alias."""

STRINGS = ("", "a", "b", "ab", "é", "\U0001f600", "\x00", "S", "NULL", "0", "x" * 300, "\ud800")
NUMBERS = (
    *("0", "1", "-1", "2", "10", "1.5", "-0", "+5", ".5", "5.", "1e2", "1E-130", "9.9E125"),
    *("1e126", "1e-131", "0e126", "9" * 38, "9" * 39, "1" + "0" * 100, "1e99999999999999999999"),
    *("", ".", "1e", "NaN", "Infinity", "0x5", "1_000", " 5", "-", "٣", "0." + "0" * 200 + "1"),
)
BINARIES = (b"", b"\x00", b"a", b"ab", b"\xff", b"\xff\xff", b"\x00\xff")
TAGS = ("S", "N", "B", "BOOL", "NULL", "L", "M", "SS", "NS", "BS")


class Choices:
    """Decisions, each taken from the next bytes; when they run out, every decision is the first."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def spent(self) -> bool:
        """Whether no byte is left."""
        return self._position >= len(self._data)

    def byte(self) -> int:
        """Take one byte."""
        position = self._position
        self._position += 1
        return self._data[position] if position < len(self._data) else 0

    def below(self, count: int) -> int:
        """Choose one of so many; `count` is at most 65,536."""
        number = self.byte()
        if count > 256:
            number = number << 8 | self.byte()
        return number % count

    def one_of(self, several: Sequence[T]) -> T:
        """Choose an element."""
        return several[self.below(len(several))]

    def seldom(self, one_in: int = 8) -> bool:
        """Choose True about once in so many times, and never when no byte is left."""
        return self.byte() % one_in == one_in - 1

    def raw(self, most: int) -> bytes:
        """Take up to so many bytes as they are."""
        length = min(self.below(most + 1), len(self._data))
        taken = self._data[self._position : self._position + length]
        self._position += length
        return taken

    def rest(self) -> bytes:
        """Take all that is left."""
        taken = self._data[self._position :]
        self._position = len(self._data)
        return taken

    def string(self) -> str:
        """Make a string, now and then one that no UTF-8 can hold."""
        if self.seldom():
            return self.raw(24).decode("utf-8", "surrogateescape" if self.seldom(2) else "replace")
        return self.one_of(STRINGS[: -1 if self.byte() % 16 else None])

    def number(self) -> str:
        """Make the text of a number, or one that only looks like it."""
        if self.seldom(4):
            text = "".join(self.one_of("0123456789.eE+-") for _ in range(self.below(12)))
            return text * (1 + self.below(40)) if self.seldom(4) else text
        return self.one_of(NUMBERS[: 12 if self.byte() % 8 else None])

    def good_value(self, depth: int = 3) -> dict[str, Any]:
        """Make a value that DynamoDB takes."""
        tag = self.one_of(TAGS if depth else TAGS[:5])
        if tag == "S":
            return {"S": self.one_of(STRINGS[:9])}
        if tag == "N":
            return {"N": self.one_of(NUMBERS[:13])}
        if tag == "B":
            return {"B": self.one_of(BINARIES)}
        if tag == "BOOL":
            return {"BOOL": self.seldom(2)}
        if tag == "NULL":
            return {"NULL": True}
        if tag == "L":
            return {"L": [self.good_value(depth - 1) for _ in range(self.below(4))]}
        if tag == "M":
            return {"M": self.good_item(depth - 1, 4)}
        members: Sequence[Any] = {"SS": STRINGS[:9], "NS": NUMBERS[:6], "BS": BINARIES}[tag]
        start = self.below(len(members))
        return {tag: list(members[start : start + 1 + self.below(4)])}

    def good_item(self, depth: int = 3, most: int = 6) -> dict[str, Any]:
        """Make attributes that DynamoDB takes."""
        return {self.one_of(NAMES): self.good_value(depth) for _ in range(self.below(most + 1))}

    def value(self, depth: int = 4) -> Any:
        """Make what may or may not be an attribute value."""
        if self.seldom():
            return self.junk(2)
        tag = self.one_of(TAGS if depth else TAGS[:5])
        return {tag: self._content(tag, depth)}

    def _content(self, tag: str, depth: int) -> Any:
        if self.seldom(16):
            return self.junk(2)
        match tag:
            case "S":
                return self.string()
            case "N":
                return self.number()
            case "B":
                return self.raw(12) if self.seldom(2) else self.one_of(BINARIES)
            case "BOOL" | "NULL":
                return not self.seldom()
            case "L":
                if self.seldom(16):
                    return self._tower()
                return [self.value(depth - 1) for _ in range(self.below(5))]
            case "M":
                return self.item(depth - 1)
            case "SS":
                return [self.string() for _ in range(self.below(4))]
            case "NS":
                return [self.number() for _ in range(self.below(4))]
            case _:
                return [self.one_of(BINARIES) for _ in range(self.below(4))]

    def _tower(self) -> Any:
        """Nest lists or maps as deep as the bytes say, past every limit."""
        content: Any = []
        for _ in range(self.below(40) * (1 if self.seldom(2) else 40)):
            content = [{"L": content}] if self.byte() % 2 else [{"M": {"a": {"L": content}}}]
        return content

    def item(self, depth: int = 4) -> dict[str, Any]:
        """Make what may or may not be attributes."""
        return {
            (self.string() if self.seldom() else self.one_of(NAMES)): self.value(depth)
            for _ in range(self.below(6))
        }

    def junk(self, depth: int = 3) -> Any:
        """Make anything that JSON can hold."""
        match self.below(12 if depth else 9):
            case 0:
                return None
            case 1:
                return self.seldom(2)
            case 2:
                return self.byte() - 128
            case 3:
                return self.one_of((2**31, 2**53, 2**63, -(2**63) - 1, 2**64, 0.5, 1e300, -0.0))
            case 4 | 5:
                return self.string()
            case 6:
                return self.number()
            case 7:
                return []
            case 8:
                return {}
            case 9:
                return [self.junk(depth - 1) for _ in range(self.below(4))]
            case 10:
                return {self.string(): self.junk(depth - 1) for _ in range(self.below(4))}
            case _:
                return self.value(depth - 1)
