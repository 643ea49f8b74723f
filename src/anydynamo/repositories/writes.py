"""Writes of one model: checked, with their conditions and versions, and not yet sent.

A single write, an action of a transaction and an entry of a batch are the same request in three
envelopes, so all three are made here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast

from pynamodb.expressions.update import Action
from pynamodb.models import Model

from anydynamo.errors import InvalidRequest
from anydynamo.repositories.batches import Entry, identity
from anydynamo.repositories.companions import Companions
from anydynamo.repositories.placeholders import Expressions, attributes_of, top_level_paths
from anydynamo.repositories.transactions import TransactWrite
from anydynamo.repositories.unique import unique_values
from anydynamo.repositories.versions import Expectation, Versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anydynamo.models.codec import Codec
    from anydynamo.repositories.companions import Companion
    from anydynamo.repositories.placeholders import Attributes
    from anydynamo.repositories.session import Session

__all__ = ["WriteRequests"]

M = TypeVar("M", bound=Model)


class WriteRequests(Generic[M]):
    """Makes the writes of one model.

    Args:
        session: The open database.
        codec: The model's codec.
        attributes: The model's attributes.
        table: The table's real name.
    """

    def __init__(
        self, session: Session, codec: Codec[M], attributes: Attributes, table: str
    ) -> None:
        self._session = session
        self._codec = codec
        self._attributes = attributes
        self._table = table
        self._model = codec.model
        self._versions = Versions(codec)
        self._unique = unique_values(codec, table)
        self._companions = None if self._unique is None else self._accompany(self._unique)

    @property
    def locked(self) -> bool:
        """Whether the model has versions."""
        return self._versions.wire is not None

    @property
    def accompanied(self) -> bool:
        """Whether other items are written along with each item."""
        return self._companions is not None

    def put(self, instance: M, condition: object = None, *, create: bool = False) -> TransactWrite:
        """Make the write that stores an instance.

        Raises:
            InvalidItem: It cannot be stored.
            InvalidRequest: It is no instance of the model, or the condition is none.
        """
        self._check_instance(instance)
        item = self._codec.encode(instance)
        key = self._codec.key_in(item)
        expectation = Expectation(
            self._versions,
            "create" if create else "put",
            lambda: self.said(key),
            instance,
            absent=create,
            whole=True,
            conditional=condition is not None,
        )
        if self._versions.wire is not None:
            item[self._versions.wire] = {"N": str(expectation.following)}
        return self._write("Put", key, {"Item": item}, expectation, condition)

    def update(
        self,
        key: object,
        actions: Sequence[object],
        condition: object = None,
        *,
        upsert: bool = False,
    ) -> TransactWrite:
        """Make the write that changes a stored item.

        Raises:
            InvalidRequest: The key, an action or the condition is none of the model, there are no
                actions, or one of them changes the version.
        """
        found, instance = self.locate(key)
        if not actions:
            raise InvalidRequest(
                f"Cannot update {self.said(found)}: no action was given, such as "
                f"{self._model.__name__}.name.set(...)"
            )
        expectation = Expectation(
            self._versions,
            "update",
            lambda: self.said(found),
            instance,
            present=not upsert,
            conditional=condition is not None,
        )
        expressions = Expressions(self._attributes)
        if self.locked:
            for action in actions:
                if isinstance(action, Action):
                    self._versions.check_untouched(top_level_paths(action))
        request = {
            "Key": found,
            "UpdateExpression": expressions.update(actions, self._versions.raised(expectation)),
        }
        return self._write("Update", found, request, expectation, condition, expressions)

    def delete(self, key: object, condition: object = None) -> TransactWrite:
        """Make the write that deletes an item.

        Raises:
            InvalidRequest: The key or the condition is none of the model.
        """
        found, instance = self.locate(key)
        expectation = self._expect("delete", found, instance, condition)
        return self._write("Delete", found, {"Key": found}, expectation, condition)

    def check(self, key: object, condition: object) -> TransactWrite:
        """Make the action of a transaction that only looks.

        Raises:
            InvalidRequest: The key or the condition is none of the model.
        """
        found, instance = self.locate(key)
        expectation = self._expect("check", found, instance, condition)
        write = self._write("ConditionCheck", found, {"Key": found}, expectation, condition)
        if "ConditionExpression" not in write.request:
            raise InvalidRequest(f"Cannot {write.what}: no condition was given to check")
        return write

    def put_entry(self, instance: M) -> Entry:
        """Make a batch's entry that stores an instance."""
        write = self.put(instance)
        return Entry(instance, dict(write.key), identity(write.key), write)

    def delete_entry(self, key: object) -> Entry:
        """Make a batch's entry that deletes an item."""
        write = self.delete(key)
        return Entry(key, dict(write.key), identity(write.key), write)

    def locate(self, key: object) -> tuple[dict[str, Any], M | None]:
        """Return a key in DynamoDB's JSON, and the instance where one was given for it.

        Raises:
            InvalidRequest: It is neither a key nor an instance of the model.
        """
        if isinstance(key, Model):
            instance = cast("M", key)
            self._check_instance(instance)
            return self._codec.key_of(instance), instance
        return self._codec.key(key), None

    def said(self, key: dict[str, Any]) -> str:
        """Return a key in words, for messages."""
        values = ", ".join(repr(next(iter(value.values()))) for value in key.values())
        return f"({values}) in {self._table}" if len(key) > 1 else f"{values} in {self._table}"

    def _expect(
        self, verb: str, key: dict[str, Any], instance: M | None, condition: object
    ) -> Expectation[M]:
        return Expectation(
            self._versions,
            verb,
            lambda: self.said(key),
            instance,
            conditional=condition is not None,
        )

    def _write(
        self,
        kind: Literal["Put", "Update", "Delete", "ConditionCheck"],
        key: dict[str, Any],
        request: dict[str, Any],
        expectation: Expectation[M],
        condition: object,
        expressions: Expressions | None = None,
    ) -> TransactWrite:
        request["TableName"] = self._table
        if self._unique is not None:
            self._unique.check_key(key)
        if condition is None and expressions is None and expectation.unconditional:
            return self._accompanied(kind, request, expectation, key)
        expressions = expressions or Expressions(self._attributes)
        written = expressions.conditions(expectation.conditions(expressions), condition)
        if written is not None:
            request["ConditionExpression"] = written
            # The item in the way tells a lost race from a false condition, and costs nothing more.
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return self._accompanied(kind, expressions.into(request), expectation, key)

    def _accompanied(
        self,
        kind: Literal["Put", "Update", "Delete", "ConditionCheck"],
        request: dict[str, Any],
        expectation: Expectation[M],
        key: dict[str, Any],
    ) -> TransactWrite:
        session, companions = self._session, self._companions
        if companions is None or not companions.concerns(kind, request):
            return TransactWrite(kind, request, expectation, session, key)
        return TransactWrite(kind, request, expectation, session, key, companions, session.clock())

    def _accompany(self, *members: Companion) -> Companions:
        schema = self._codec.schema
        wires = (attribute.attr_name for attribute in attributes_of(self._model).values())
        return Companions(
            members, tuple(key.wire for key in schema.keys), self._versions.wire, tuple(wires)
        )

    def _check_instance(self, instance: object) -> None:
        if not isinstance(instance, self._model):
            raise InvalidRequest(
                f"This repository holds {self._model.__name__}, and this is a "
                f"{type(instance).__name__}: {instance!r}"
            )
