"""What a query or a scan walks: a table or one of its indexes, and under which key condition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from pynamodb.expressions.condition import And, BeginsWith, Between, Comparison, Condition
from pynamodb.expressions.operand import Path
from pynamodb.indexes import Index

from anydynamo.errors import InvalidRequest
from anydynamo.repositories.placeholders import top_level_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from anydynamo.models.codec import Codec
    from anydynamo.models.schema import IndexSchema, KeyAttribute, TableSchema
    from anydynamo.repositories.placeholders import Expressions

__all__ = ["Target"]

_TYPES = {"S": "a string", "N": "a number", "B": "binary"}


@dataclass(frozen=True, slots=True)
class Target:
    """A table, or one of its indexes.

    Attributes:
        schema: The table.
        index: The index; None for the table itself.
    """

    schema: TableSchema
    index: IndexSchema | None = None

    @classmethod
    def choose(cls, codec: Codec[Any], first: object) -> Target | None:
        """Return the index that a call's first argument is; None if it is none.

        Raises:
            InvalidRequest: It is another table's index.
        """
        if not isinstance(first, Index):
            return None
        index = cast("Any", first)
        name: str = index.Meta.index_name
        schema = codec.schema
        found = schema.indexes.get(name)
        owner: object = getattr(index, "_model", None)
        shares = isinstance(owner, type) and (
            issubclass(codec.model, owner) or issubclass(owner, codec.model)
        )
        if found is None or not shares:
            known = ", ".join(sorted(schema.indexes)) or "none"
            raise InvalidRequest(
                f"The index {name} is none of {codec.model.__name__}, whose indexes are: {known}"
            )
        return cls(schema, found)

    @property
    def where(self) -> str:
        """The table and index in words, for messages."""
        if self.index is None:
            return f"the table {self.schema.table_name}"
        return f"the index {self.index.name} of {self.schema.table_name}"

    @property
    def hash_keys(self) -> tuple[KeyAttribute, ...]:
        """The attributes of the partition key."""
        return (self.schema.hash_key,) if self.index is None else self.index.hash_keys

    @property
    def range_keys(self) -> tuple[KeyAttribute, ...]:
        """The attributes of the sort key, if there is one."""
        if self.index is not None:
            return self.index.range_keys
        return () if self.schema.range_key is None else (self.schema.range_key,)

    @property
    def key_names(self) -> tuple[str, ...]:
        """DynamoDB's names of all attributes that say where a page ended."""
        keys = (*self.hash_keys, *self.range_keys, *self.schema.keys)
        return tuple(dict.fromkeys(key.wire for key in keys))

    def projects(self, wire: str) -> bool:
        """Tell whether an attribute can be read from here."""
        index = self.index
        # What a local index lacks, DynamoDB fetches from the table.
        if index is None or index.local or index.projection == "ALL":
            return True
        return wire in index.include or wire in self.key_names

    @property
    def is_partial(self) -> bool:
        """Whether it is an index that holds only a part of each item."""
        return self.index is not None and self.index.projection != "ALL"

    def lacks(self, wire: str) -> bool:
        """Tell whether an attribute has to be fetched from the table."""
        index = self.index
        if index is None or not index.local or index.projection == "ALL":
            return False
        return wire not in index.include and wire not in self.key_names

    def is_key(self, wire: str) -> bool:
        """Tell whether an attribute belongs to the key of what is walked."""
        return any(key.wire == wire for key in (*self.hash_keys, *self.range_keys))

    def check_consistent(self, consistent: bool) -> None:
        """Refuse a consistent read where DynamoDB has none.

        Raises:
            InvalidRequest: It is asked of a global index.
        """
        if consistent and self.index is not None and not self.index.local:
            raise InvalidRequest(
                f"Consistent reads are not supported on global secondary indexes, and "
                f"{self.where} is one; leave consistent=True out"
            )

    def key_condition(
        self,
        codec: Codec[Any],
        expressions: Expressions,
        key: object,
        conditions: Sequence[object],
        narrow: Callable[[Mapping[str, Any], Sequence[str]], Mapping[str, Any]] | None = None,
    ) -> str:
        """Write the key condition of a query.

        Args:
            codec: The model's codec.
            expressions: The request's expressions.
            key: The partition key's value, or a tuple of several where an index has several.
            conditions: Conditions on the sort key, from left to right where it has several.
            narrow: Given the partition key's values in DynamoDB's JSON and the attributes of the
                sort key that there are conditions on, returns values for those that follow. None
                where nothing follows.

        Raises:
            InvalidRequest: The key is missing or has the wrong type, or a condition is none that
                a sort key can have.
        """
        partition = {
            attribute.wire: self._value(codec, attribute, value)
            for attribute, value in zip(self.hash_keys, self._partition(key), strict=True)
        }
        compared = [part for condition in conditions for part in self._flat(condition)]
        self._check_range(compared)
        further: Mapping[str, Any] = {}
        if narrow is not None:
            further = narrow(partition, [self._compared(part) or "" for part in compared])
            if further:
                self._check_equality(compared)
        parts = [_equal(expressions, *one) for one in partition.items()]
        parts += [expressions.condition(part) for part in compared]
        parts += [_equal(expressions, *one) for one in further.items()]
        return " AND ".join(parts)

    def check_filter(self, condition: object) -> None:
        """Refuse a query's filter that uses the key, which DynamoDB refuses too.

        Raises:
            InvalidRequest: It does.
        """
        if not isinstance(condition, Condition):
            return
        keys = {key.wire: key.name for key in (*self.hash_keys, *self.range_keys)}
        used = sorted(keys.keys() & top_level_paths(condition))
        if used:
            raise InvalidRequest(
                f"The filter uses {', '.join(keys[name] for name in used)}, which belongs to the "
                f"key of {self.where}; give it as a key condition, before the filter"
            )

    def _partition(self, key: object) -> tuple[object, ...]:
        keys = self.hash_keys
        if len(keys) == 1:
            if isinstance(key, tuple | Condition):
                raise InvalidRequest(
                    f"A query of {self.where} begins with the value of its partition key, "
                    f"{keys[0].name}, and not with {key!r}; conditions on the sort key come after "
                    "it"
                )
            return (key,)
        values = cast("tuple[object, ...]", key) if isinstance(key, tuple) else ()
        if len(values) != len(keys):
            names = ", ".join(attribute.name for attribute in keys)
            raise InvalidRequest(
                f"A query of {self.where} begins with a tuple of its partition key's values, "
                f"({names}), and not with {key!r}"
            )
        return values

    def _value(self, codec: Codec[Any], attribute: KeyAttribute, value: object) -> dict[str, Any]:
        if value is None:
            raise InvalidRequest(f"{self._named(attribute)} is missing: a query needs its value")
        try:
            encoded = codec.encode_value(attribute.name, value)
        except InvalidRequest as error:
            raise InvalidRequest(
                f"{self._named(attribute)} cannot be {value!r}: {error}"
            ) from error
        payload = encoded.get(attribute.type)
        if payload is None or payload in ("", b""):
            raise InvalidRequest(
                f"{self._named(attribute)} is {_TYPES[attribute.type]} that is not empty, and "
                f"cannot be {value!r}"
            )
        return encoded

    def _named(self, attribute: KeyAttribute) -> str:
        return f"The partition key {attribute.name} of {self.where}"

    def _flat(self, condition: object) -> Iterator[Condition]:
        if isinstance(condition, And):
            for part in _operands(condition):
                yield from self._flat(part)
        elif isinstance(condition, Condition):
            yield condition
        else:
            raise InvalidRequest(
                f"A query of {self.where} takes conditions on its sort key after the partition "
                f"key's value, and {condition!r} is none"
            )

    def _check_range(self, conditions: Sequence[Condition]) -> None:
        names = [attribute.wire for attribute in self.range_keys]
        for place, condition in enumerate(conditions):
            wire = self._compared(condition)
            if wire not in names:
                keys = ", ".join(attribute.name for attribute in self.range_keys)
                raise InvalidRequest(
                    f"{condition!r} is no condition on the sort key of {self.where}, which "
                    + (f"is {keys}" if keys else "has none")
                    + "; give conditions on other attributes as filter="
                )
            if names[place : place + 1] != [wire]:
                raise InvalidRequest(
                    f"The sort key of {self.where} takes one condition for each attribute, from "
                    f"left to right without a gap; {condition!r} is out of place"
                )
        self._check_equality(conditions[:-1])

    def _check_equality(self, conditions: Sequence[Condition]) -> None:
        for condition in conditions:
            if getattr(condition, "operator", "") != "=":
                raise InvalidRequest(
                    f"Only the last condition on the sort key of {self.where} may be other than "
                    f"equality; {condition!r} comes before another"
                )

    def _compared(self, condition: Condition) -> str | None:
        """Return the attribute that a condition compares in a way that a sort key can be."""
        if isinstance(condition, Comparison | Between | BeginsWith) and condition.operator != "<>":
            path, *operands = _operands(condition)
            if isinstance(path, Path) and not any(isinstance(one, Path) for one in operands):
                segments: list[str] = path.path
                return segments[0] if len(segments) == 1 else None
        return None


def _equal(expressions: Expressions, wire: str, value: Mapping[str, Any]) -> str:
    return f"{expressions.name(wire)} = {expressions.value(value)}"


def _operands(condition: Condition) -> tuple[object, ...]:
    return condition.values  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
