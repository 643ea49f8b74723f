"""Unique values, each held by a marker: a small item of the same table whose key is the value.

DynamoDB keeps nothing unique but keys. So every value that must be unique has an item of its own,
its marker. Both change in one transaction, and of two who take one value the second finds the
marker's key taken. The pattern is AWS's: "Simulating Amazon DynamoDB unique constraints using
transactions", AWS Database Blog.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from anydynamo.errors import InvalidRequest, UniqueViolation
from anydynamo.repositories.companions import Along, Impossible, Transition
from anydynamo.repositories.markers import (
    OWNER,
    PREFIX,
    is_marker,
    marker_key,
    marker_text,
    owner_of,
)
from anydynamo.repositories.resending import identity
from anydynamo.repositories.rules.expiry import expired

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from anydynamo.errors import ConditionFailed
    from anydynamo.models.codec import Codec
    from anydynamo.models.schema import KeyAttribute, UniqueSchema

__all__ = ["UniqueValues", "unique_values"]

Item = dict[str, Any]


def unique_values(codec: Codec[Any], table: str) -> UniqueValues | None:
    """Return what keeps a model's unique values; None if it has none.

    Args:
        codec: The model's codec.
        table: The table's real name.

    Raises:
        InvalidRequest: An index would show the markers.
    """
    schema = codec.schema
    if not schema.unique:
        return None
    names = ", ".join(one.name for one in schema.unique)
    model = codec.model.__name__
    held = {*(key.wire for key in schema.keys), schema.ttl}
    for index in schema.indexes.values():
        if held.issuperset(key.wire for key in index.keys):
            raise InvalidRequest(
                f"{names} of {model} cannot be unique: the items that hold unique values would "
                f"appear in the index {index.name}, whose key they have; give the index a key "
                "attribute that is neither the table's nor its time to live"
            )
    return UniqueValues(codec, table)


class _Claim(NamedTuple):
    """A value that a write takes."""

    transition: Transition
    unique: UniqueSchema


@dataclass(frozen=True, slots=True)
class UniqueValues:
    """Keeps the markers of one table as its items change; a companion.

    Args:
        codec: The model's codec.
        table: The table's real name.
    """

    codec: Codec[Any] = field(repr=False, compare=False)
    table: str

    @property
    def watched(self) -> frozenset[str]:
        """What decides which values an item holds, and how long."""
        schema = self.codec.schema
        deleted = None if schema.deleted is None else schema.deleted.wire
        names = [*(one.wire for one in schema.unique), deleted, schema.ttl]
        return frozenset(name for name in names if name is not None)

    @property
    def most(self) -> int:
        """A put may free each value and take another."""
        return 2 * len(self.codec.schema.unique)

    def plan(
        self,
        transitions: Sequence[Transition],
        refused: Mapping[tuple[Any, ...], Mapping[str, Any]],
    ) -> Iterator[Along | Impossible]:
        """Free the values that items give up, and take those that they get.

        A value that one item gives up and another gets is handed over by a single action, because a
        transaction may touch each item only once.
        """
        claims: dict[str, _Claim] = {}
        releases: dict[str, list[Transition]] = {}
        for transition in transitions:
            old, new = self.held(transition.old), self.held(transition.new)
            lasting = self._expiry(transition.old) == self._expiry(transition.new)
            kept = lasting and not self.is_over(transition.old, transition.at)
            for text, unique in new.items():
                if text in claims:
                    first = claims[text].transition.key
                    yield Impossible(transition.place, self._taken(transition, unique, first))
                elif not (kept and text in old):
                    claims[text] = _Claim(transition, unique)
            for text in old.keys() - new.keys():
                releases.setdefault(text, []).append(transition)
        for text, claim in claims.items():
            yield self._take(text, claim, releases.get(text, ()))
        for text in releases.keys() - claims.keys():
            yield self._free(text, releases[text], refused)

    def check_key(self, key: Mapping[str, Mapping[str, Any]]) -> None:
        """Refuse to write what only this module may write.

        Raises:
            InvalidRequest: The key is a marker's.
        """
        if is_marker(self.codec.schema, key):
            text: str = key[self.codec.schema.hash_key.wire]["S"]
            raise InvalidRequest(
                f"The key {text!r} of {self.table} begins with {PREFIX!r}, as the items do that "
                "hold unique values; those are written along with their owners, and not by "
                "themselves"
            )

    def held(self, item: Mapping[str, Any] | None) -> dict[str, UniqueSchema]:
        """Return the values that an item holds, as the texts of their markers' keys."""
        schema = self.codec.schema
        if item is None:
            return {}
        if schema.deleted is not None and "NULL" not in item.get(schema.deleted.wire, {"NULL": 1}):
            return {}
        return {
            marker_text(unique, item[unique.wire]["S"]): unique
            for unique in schema.unique
            if "S" in item.get(unique.wire, ())
        }

    def is_over(self, item: Mapping[str, Any] | None, at: float) -> bool:
        """Tell whether an item, or a marker, has expired."""
        expiry = self._expiry(item)
        first, last = expired(at)
        return expiry is not None and first <= Decimal(expiry["N"]) <= last

    def marker(self, text: str, owner: Mapping[str, Any]) -> Item:
        """Return the marker by which an item holds a value.

        It expires with its owner: whatever removes the one then removes the other, too.
        """
        expiry = self._expiry(owner)
        item = {**marker_key(self.codec.schema, text), OWNER: {"M": self.key_in(owner)}}
        if expiry is not None:
            item[str(self.codec.schema.ttl)] = expiry
        return item

    def key_in(self, item: Mapping[str, Any]) -> Item:
        """Return the key of an item."""
        return {key.wire: item[key.wire] for key in self.codec.schema.keys}

    def as_given(self, key: Mapping[str, Any]) -> object:
        """Return a key as a repository takes it."""

        def value(part: KeyAttribute) -> object:
            return self.codec.decode_value(part.name, key[part.wire])

        schema = self.codec.schema
        partition = value(schema.hash_key)
        return partition if schema.range_key is None else (partition, value(schema.range_key))

    def free_for(self, owners: Sequence[Item], at: float) -> Item:
        """Return the condition under which a marker may be written, as parts of a request.

        Args:
            owners: The keys of the items that may hold the value now.
            at: The time; a marker that has expired is as good as none.
        """
        schema = self.codec.schema
        names = {"#key": schema.hash_key.wire, "#owner": OWNER}
        values: Item = {f":{number}": {"M": owner} for number, owner in enumerate(owners)}
        parts = ["attribute_not_exists(#key)", *(f"#owner = {name}" for name in values)]
        if schema.ttl is not None:
            names["#expiry"] = schema.ttl
            values[":from"], values[":to"] = ({"N": str(second)} for second in expired(at))
            parts.append("(attribute_exists(#owner) AND #expiry BETWEEN :from AND :to)")
        return _condition(" OR ".join(parts), names, values)

    def _take(self, text: str, claim: _Claim, releases: Sequence[Transition]) -> Along:
        transition, unique = claim
        assert transition.new is not None  # noqa: S101 - what is not there holds nothing
        owners = [transition.key, *(release.key for release in releases)]
        request = {
            "TableName": self.table,
            "Item": self.marker(text, transition.new),
            **self.free_for(owners, transition.at),
        }

        def explain(error: ConditionFailed) -> UniqueViolation:
            return self._taken(transition, unique, owner_of(error.item or {}), error)

        return Along(transition.place, self._identity(text), "Put", request, explain)

    def _free(
        self,
        text: str,
        releases: Sequence[Transition],
        refused: Mapping[tuple[Any, ...], Mapping[str, Any]],
    ) -> Along:
        """Remove a marker if it is one of these items'; another's stays as it is.

        That of an item which was stored before its attribute became unique may be absent, or
        another item's that has the value, too.
        """
        about = self._identity(text)
        names = {"#owner": OWNER}
        values: Item = {f":{number}": {"M": one.key} for number, one in enumerate(releases)}
        own = " OR ".join(f"#owner = {name}" for name in values)
        found = refused.get(about)
        foreign = found is not None and not self._is_of(found, releases)
        condition = f"NOT ({own})" if foreign else f"attribute_not_exists(#owner) OR {own}"
        request = {
            "TableName": self.table,
            "Key": marker_key(self.codec.schema, text),
            **_condition(condition, names, values),
        }
        return Along(
            releases[0].place,
            about,
            "ConditionCheck" if foreign else "Delete",
            request,
            lambda _error: None,
        )

    def _is_of(self, marker: Mapping[str, Any], owners: Sequence[Transition]) -> bool:
        owner = owner_of(marker)
        return owner is not None and identity(owner) in {identity(one.key) for one in owners}

    def _identity(self, text: str) -> tuple[Any, ...]:
        return (self.table, *identity(marker_key(self.codec.schema, text)))

    def _expiry(self, item: Mapping[str, Any] | None) -> Item | None:
        ttl = self.codec.schema.ttl
        expiry: Item = {} if item is None or ttl is None else item.get(ttl, {})
        return expiry if "N" in expiry else None

    def _taken(
        self,
        transition: Transition,
        unique: UniqueSchema,
        owner: Mapping[str, Any] | None,
        error: ConditionFailed | None = None,
    ) -> UniqueViolation:
        # Whose a value is, is not for everybody to know.
        key = None if owner is None or transition.private else self.as_given(owner)
        by = "another item" if key is None else repr(key)
        return UniqueViolation(
            f"Cannot {transition.what}: {unique.name} is unique, and {by} has this value",
            attribute=unique.name,
            owner=key,
            operation=None if error is None else error.operation,
            table=self.table,
        )


def _condition(text: str, names: Item, values: Item) -> Item:
    return {
        "ConditionExpression": text,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
