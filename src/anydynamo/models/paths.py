"""What type checkers see of attributes, conditions and update actions.

At run time a table's class attributes are PynamoDB attributes and PynamoDB builds the expressions.
PynamoDB's own annotations accept any value anywhere, so the classes here describe the same
operators with the attribute's type and the table it belongs to: `User.age == "x"` is then no
condition, and a condition on another table's attribute is refused where one on `User` is wanted.
"""

# pyright: reportPrivateUsage=false
# Some of PynamoDB's operands, which the names stand for at run time, are private to it.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pynamodb.attributes import Attribute
from pynamodb.expressions import condition as pynamodb_condition
from pynamodb.expressions import operand as pynamodb_operand
from pynamodb.expressions import update as pynamodb_update

__all__ = ["Action", "Condition", "Operand", "Path", "Size", "size"]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
M = TypeVar("M")
# The table that a path belongs to. Invariant, or mypy would find a common base for `User.age` and
# `Event.age` in one expression.
B = TypeVar("B")
# A condition on a base class's attribute holds for every table that inherits the attribute.
M_contra = TypeVar("M_contra", contravariant=True)

if TYPE_CHECKING:
    import builtins
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet
    from decimal import Decimal
    from typing import overload

    from _typeshed import DataclassInstance
    from pydantic import BaseModel

    V = TypeVar("V")
    Number = TypeVar("Number", int, float, Decimal)

    class Condition(Generic[M_contra]):
        """A condition on items of one table; combine conditions with `&`, `|` and `~`."""

        # The reflected forms are for a base class's condition on the left: it holds for the table
        # of the other one too, which the answer then is about.
        def __and__(self, other: Condition[M_contra]) -> Condition[M_contra]: ...
        def __rand__(self, other: Condition[M_contra]) -> Condition[M_contra]: ...
        def __or__(self, other: Condition[M_contra]) -> Condition[M_contra]: ...
        def __ror__(self, other: Condition[M_contra]) -> Condition[M_contra]: ...
        def __invert__(self) -> Condition[M_contra]: ...
        def serialize(
            self, placeholder_names: dict[str, str], expression_attribute_values: dict[str, Any]
        ) -> str:
            """Write the expression; its names and values are added to the two dicts."""
            ...

    class Action(Generic[M_contra]):
        """One change of an update, made by an attribute's `set`, `add`, `remove` or `delete`."""

        def serialize(
            self, placeholder_names: dict[str, str], expression_attribute_values: dict[str, Any]
        ) -> str:
            """Write the action; its names and values are added to the two dicts."""
            ...

    class Operand(Generic[T_co, B]):
        """Something with a value in DynamoDB: an attribute, `User.age + 1`, `User.age | 0`."""

        def __add__(
            self: Operand[Number | None, M], other: Number | Operand[Number | None, M]
        ) -> Operand[Number, M]: ...
        def __sub__(
            self: Operand[Number | None, M], other: Number | Operand[Number | None, M]
        ) -> Operand[Number, M]: ...
        def append(
            self: Operand[list[V] | None, M], other: list[V] | Operand[list[V] | None, M]
        ) -> Operand[list[V], M]:
            """Give this list with another one after it, for `set`."""
            ...

        def prepend(
            self: Operand[list[V] | None, M], other: list[V] | Operand[list[V] | None, M]
        ) -> Operand[list[V], M]:
            """Give this list with another one before it, for `set`."""
            ...

    class Size(Operand[int, B], Generic[B]):
        """The size of an attribute's value, to be compared with a number."""

        __hash__ = object.__hash__

        def __eq__(self, other: int) -> Condition[B]: ...  # type: ignore[override]
        def __ne__(self, other: int) -> Condition[B]: ...  # type: ignore[override]
        def __lt__(self, other: int) -> Condition[B]: ...
        def __le__(self, other: int) -> Condition[B]: ...
        def __gt__(self, other: int) -> Condition[B]: ...
        def __ge__(self, other: int) -> Condition[B]: ...
        def between(self, lower: int, upper: int) -> Condition[B]:
            """Compare with two bounds, both included."""
            ...

    def size(path: Path[Any, M]) -> Size[M]:
        """Give the length of a string or binary, or the number of elements of a collection."""
        ...

    class Path(Operand[T, B], Generic[T, B]):
        """An attribute of type `T` of the table `M`, or a place inside it."""

        __hash__ = object.__hash__

        def __eq__(  # type: ignore[override]
            self, other: T | Operand[T, B]
        ) -> Condition[B]: ...
        def __ne__(  # type: ignore[override]
            self, other: T | Operand[T, B]
        ) -> Condition[B]: ...
        def __lt__(self, other: T | Operand[T, B]) -> Condition[B]: ...
        def __le__(self, other: T | Operand[T, B]) -> Condition[B]: ...
        def __gt__(self, other: T | Operand[T, B]) -> Condition[B]: ...
        def __ge__(self, other: T | Operand[T, B]) -> Condition[B]: ...
        def between(self, lower: T | Operand[T, B], upper: T | Operand[T, B]) -> Condition[B]:
            """Compare with two bounds, both included."""
            ...

        def is_in(self, *values: T | Operand[T, B]) -> Condition[B]:
            """Tell whether the value is one of up to 100."""
            ...

        def exists(self) -> Condition[B]:
            """Tell whether the item has the attribute."""
            ...

        def does_not_exist(self) -> Condition[B]:
            """Tell whether the item lacks the attribute."""
            ...

        @overload
        def startswith(self: Operand[str | None, M], prefix: str) -> Condition[M]: ...
        @overload
        def startswith(self: Operand[bytes | None, M], prefix: bytes) -> Condition[M]: ...
        def startswith(self: Any, prefix: Any) -> Any:
            """Tell whether a string, or binary, begins with a prefix."""
            ...

        # mypy infers nothing from `Path[set[V], M] | Path[set[V] | None, M]`; two overloads it can.
        @overload
        def contains(self: Operand[str | None, M], item: str) -> Condition[M]: ...
        @overload
        def contains(self: Path[builtins.set[V], M], item: V) -> Condition[M]: ...
        @overload
        def contains(self: Path[builtins.set[V] | None, M], item: V) -> Condition[M]: ...
        @overload
        def contains(self: Path[frozenset[V], M], item: V) -> Condition[M]: ...
        @overload
        def contains(self: Path[frozenset[V] | None, M], item: V) -> Condition[M]: ...
        @overload
        def contains(self: Path[list[V], M], item: V) -> Condition[M]: ...
        @overload
        def contains(self: Path[list[V] | None, M], item: V) -> Condition[M]: ...
        def contains(self: Any, item: Any) -> Any:
            """Tell whether a string holds another one, or a set or list an element."""
            ...

        def set(self, value: T | Operand[T, B]) -> Action[B]:
            """Give the attribute a value; None removes it, unless None is declared as stored."""
            ...

        def remove(self) -> Action[B]:
            """Take the attribute off the item."""
            ...

        @overload
        def add(self: Operand[Number | None, M], value: Number, /) -> Action[M]: ...
        @overload
        def add(self: Path[builtins.set[V], M], value: AbstractSet[V], /) -> Action[M]: ...
        @overload
        def add(self: Path[builtins.set[V] | None, M], value: AbstractSet[V], /) -> Action[M]: ...
        @overload
        def add(self: Path[builtins.set[V], M], /, *values: V) -> Action[M]: ...
        @overload
        def add(self: Path[builtins.set[V] | None, M], /, *values: V) -> Action[M]: ...
        def add(self: Any, /, *values: Any) -> Any:
            """Add to a number, which counts as 0 when it is absent, or elements to a set."""
            ...

        @overload
        def delete(self: Path[builtins.set[V], M], value: AbstractSet[V], /) -> Action[M]: ...
        @overload
        def delete(
            self: Path[builtins.set[V] | None, M], value: AbstractSet[V], /
        ) -> Action[M]: ...
        @overload
        def delete(self: Path[builtins.set[V], M], /, *values: V) -> Action[M]: ...
        @overload
        def delete(self: Path[builtins.set[V] | None, M], /, *values: V) -> Action[M]: ...
        def delete(self: Any, /, *values: Any) -> Any:
            """Take elements out of a set; it vanishes with the last one."""
            ...

        def __or__(self, other: T | Operand[T, B]) -> Operand[T, B]: ...
        @overload
        def __getitem__(self: Path[list[V], M], key: int) -> Path[V, M]: ...
        @overload
        def __getitem__(self: Path[list[V] | None, M], key: int) -> Path[V, M]: ...
        @overload
        def __getitem__(self: Path[dict[str, V], M], key: str) -> Path[V, M]: ...
        @overload
        def __getitem__(self: Path[dict[str, V] | None, M], key: str) -> Path[V, M]: ...
        @overload
        def __getitem__(
            self: Operand[BaseModel | DataclassInstance | Mapping[str, Any] | None, M], key: str
        ) -> Path[Any, M]: ...
        def __getitem__(self: Any, key: Any) -> Any: ...

else:
    size = pynamodb_condition.size

    class _Face(type):
        """Lets `isinstance` answer for the PynamoDB classes that a name stands for."""

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, cls.stands_for)

    class Condition(Generic[M_contra], metaclass=_Face):
        """A condition on items of one table; combine conditions with `&`, `|` and `~`."""

        stands_for = pynamodb_condition.Condition

    class Action(Generic[M_contra], metaclass=_Face):
        """One change of an update, made by an attribute's `set`, `add`, `remove` or `delete`."""

        stands_for = pynamodb_update.Action

    class Operand(Generic[T_co, B], metaclass=_Face):
        """Something with a value in DynamoDB: an attribute, `User.age + 1`, `User.age | 0`."""

        stands_for = (Attribute, pynamodb_operand._Operand)

    class Size(Operand, Generic[B]):
        """The size of an attribute's value, to be compared with a number."""

        stands_for = pynamodb_operand._Size

    class Path(Operand, Generic[T, B]):
        """An attribute of a table, or a place inside it."""

        stands_for = (Attribute, pynamodb_operand.Path)
