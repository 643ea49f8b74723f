"""Key condition expressions: one test per key attribute."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from anydynamo.engine.values import AttributeValue

__all__ = ["KeyCondition", "KeyOperator", "KeyTest"]

KeyOperator: TypeAlias = Literal["=", "<", "<=", ">", ">=", "BETWEEN", "begins_with"]


@dataclass(frozen=True, slots=True)
class KeyTest:
    """One test of one attribute.

    Attributes:
        attribute: The attribute's name.
        operator: The operator, as if the attribute stood on its left.
        operands: The checked values: two for BETWEEN, one for everything else.
    """

    attribute: str
    operator: KeyOperator
    operands: tuple[AttributeValue, ...]


@dataclass(frozen=True, slots=True)
class KeyCondition:
    """The tests of a key condition, in the order of the expression, one per attribute."""

    tests: tuple[KeyTest, ...]

    def get(self, attribute: str) -> KeyTest | None:
        """Return the test of an attribute, or None."""
        for test in self.tests:
            if test.attribute == attribute:
                return test
        return None
