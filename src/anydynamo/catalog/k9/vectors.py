"""Vectors as DynamoDB can keep them: exactly, and in 400 KB.

A vector is stored as a list of numbers. DynamoDB's numbers are decimal and have 38 digits; the 17
that identify each double are kept, so a vector comes back bit for bit. What has no such number is
refused: NaN, the infinities, and what is smaller than 1E-130 or larger than 9.99E+125. `-0.0`, of
which DynamoDB keeps no sign, becomes `0.0` when the vector is made, and not later unseen.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, cast

from pydantic import BeforeValidator

from anydynamo.engine.limits import ITEM_BYTES, LIST_OVERHEAD
from anydynamo.engine.values.values import measured_item, value_size
from anydynamo.errors import InvalidItem
from anydynamo.models.kinds import number_of_float

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Cost", "Vector", "cost_of", "exact"]


def exact(numbers: object) -> list[float]:
    """Return a vector's numbers as DynamoDB can keep them, or refuse them.

    Raises:
        ValueError: There are none, or one is no number that DynamoDB can hold exactly.
    """
    # What NumPy has becomes Python's own numbers, each of the same value.
    plain: object = cast("Any", numbers).tolist() if hasattr(numbers, "tolist") else numbers
    if isinstance(plain, str | bytes) or not isinstance(plain, Sequence):
        raise ValueError(f"a vector is a list of numbers, not a {type(numbers).__name__}")
    vector = [_exact(place, one) for place, one in enumerate(cast("Sequence[object]", plain))]
    if not vector:
        raise ValueError("the vector is empty; an embedding has at least one number")
    return vector


def _exact(place: int, number: object) -> float:
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise ValueError(f"[{place}] is a {type(number).__name__}, and not a number")
    try:
        value = float(number)
    except OverflowError:
        value = math.inf
    if isinstance(number, int) and value != number:
        raise ValueError(f"[{place}] is a whole number that no double holds exactly")
    try:
        number_of_float(value)
    except ValueError as error:
        raise ValueError(
            f"[{place}]: {error}; scale the vector, or use 0.0 for what is next to nothing"
        ) from None
    # Adding zero takes the sign off zero, and nothing off any other number.
    return value + 0.0


Vector = Annotated[list[float], BeforeValidator(exact)]
"""A list of doubles that comes back from DynamoDB bit for bit; not empty."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What an item with a vector takes.

    Attributes:
        item: The item's bytes, as DynamoDB counts them: names and values.
        vector: The bytes of its vector alone.
        dimension: How many numbers the vector has.
        fitting: How many of them an item has room for: the largest dimension that would fit.
    """

    item: int
    vector: int
    dimension: int
    fitting: int

    @property
    def fits(self) -> bool:
        """Whether the item is within DynamoDB's 400 KB."""
        return self.item <= ITEM_BYTES

    def check(self, what: str) -> None:
        """Refuse an item that is too large, before it is sent.

        Args:
            what: What it is, for the message.

        Raises:
            InvalidItem: It is.
        """
        if self.fits:
            return
        raise InvalidItem(
            f"{what} takes {self.item:,} bytes, and DynamoDB's limit for an item is "
            f"{ITEM_BYTES:,}: of the vector's {self.dimension:,} numbers {self.fitting:,} would "
            "fit. Round the numbers (a float32 needs 9 digits of the 17), reduce the dimension, or "
            "keep the vector in S3 and its place here"
        )


def cost_of(item: Mapping[str, Any], vector: str) -> Cost:
    """Return what an item takes.

    Args:
        item: The item in DynamoDB's JSON.
        vector: The name in DynamoDB of its vector.
    """
    checked, total = measured_item(item)
    # Each number costs one byte more in a list than it does alone.
    costs = [1 + value_size(one) for one in checked[vector]["L"]]
    room, fitting = ITEM_BYTES - total + sum(costs), 0
    for cost in costs:
        room -= cost
        fitting += room >= 0
    return Cost(total, LIST_OVERHEAD + sum(costs), len(costs), fitting)
