"""Writes of one model: checked, prepared by its rules, and not yet sent.

A single write, an action of a transaction and an entry of a batch are the same request in three
envelopes, so all three are made here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from pynamodb.expressions.update import Action
from pynamodb.models import Model

from anydynamo.engine.errors import EngineError
from anydynamo.engine.expressions import Expressions as BoundExpressions
from anydynamo.engine.values.values import check_item
from anydynamo.errors import InvalidRequest, from_code
from anydynamo.repositories.batches import Entry
from anydynamo.repositories.companions import Companions
from anydynamo.repositories.expectations import Expectation
from anydynamo.repositories.placeholders import (
    Expressions,
    attributes_of,
    grouped,
    top_level_paths,
)
from anydynamo.repositories.resending import identity
from anydynamo.repositories.rules.soft_delete import with_deleted
from anydynamo.repositories.spread_keys import check_spread
from anydynamo.repositories.transactions import TransactWrite
from anydynamo.repositories.unique import unique_values

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anydynamo.models.codec import Codec
    from anydynamo.repositories.companions import Companion
    from anydynamo.repositories.expectations import Kind, Verb
    from anydynamo.repositories.placeholders import Attributes
    from anydynamo.repositories.rules import Rule
    from anydynamo.repositories.session import Session
    from anydynamo.repositories.unique import UniqueValues

__all__ = ["WriteRequests"]

M = TypeVar("M", bound=Model)


class WriteRequests(Generic[M]):
    """Makes the writes of one model.

    Args:
        session: The open database.
        codec: The model's codec.
        attributes: The model's attributes.
        table: The table's real name.
        rules: What holds for all items, in order.

    Attributes:
        session: The open database.
    """

    def __init__(
        self,
        session: Session,
        codec: Codec[M],
        attributes: Attributes,
        table: str,
        rules: tuple[Rule, ...] = (),
    ) -> None:
        self.session = session
        self._codec = codec
        self._attributes = attributes
        self._table = table
        self._rules = rules
        self._model = codec.model
        self._unique = unique_values(codec, table)
        members: list[Companion] = [] if self._unique is None else [self._unique]
        if codec.schema.audit is not None:
            # Imported here, because the entries are a table, which brings pydantic along.
            from anydynamo.repositories.audit import audit_trail

            members.append(audit_trail(session, codec.schema, codec.schema.audit))
        self._companions = self._accompany(*members) if members else None

    @property
    def locked(self) -> bool:
        """Whether a rule makes writes conditional, which DynamoDB's batches cannot be."""
        return any(rule.conditional for rule in self._rules)

    @property
    def unique(self) -> UniqueValues | None:
        """What keeps the model's unique values; None if it has none."""
        return self._unique

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
        expectation = self._expect(
            "create" if create else "put", "Put", key, instance, condition, item=item
        )
        return self._write(key, {"Item": expectation.item}, expectation, condition)

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
                actions, or one of them is left to a rule.
        """
        found, instance = self.locate(key)
        if not actions:
            raise InvalidRequest(
                f"Cannot update {self.said(found)}: no action was given, such as "
                f"{self._model.__name__}.name.set(...)"
            )
        if self._rules:
            touched = {
                path
                for action in actions
                if isinstance(action, Action)
                for path in top_level_paths(action)
            }
            for rule in self._rules:
                rule.check_update(touched)
        expectation = self._expect("update", "Update", found, instance, condition, upsert=upsert)
        return self._write(found, {"Key": found}, expectation, condition, actions)

    def delete(self, key: object, condition: object = None) -> TransactWrite:
        """Make the write that deletes an item.

        Raises:
            InvalidRequest: The key or the condition is none of the model.
        """
        found, instance = self.locate(key)
        expectation = self._expect("delete", "Delete", found, instance, condition)
        return self._write(found, {"Key": found}, expectation, condition)

    def purge(self, key: object) -> TransactWrite:
        """Make the write that removes an item, whether it is deleted or not.

        Raises:
            InvalidRequest: The key is none of the model.
        """
        found, instance = self.locate(key)
        rules = with_deleted(self._rules)
        expectation = self._expect("purge", "Delete", found, instance, None, rules=rules)
        return self._write(found, {"Key": found}, expectation, None)

    def restore(self, key: object) -> TransactWrite:
        """Make the write that brings a deleted item back.

        Raises:
            InvalidRequest: The key is none of the model, or the model's items are not kept when
                they are deleted.
        """
        found, instance = self.locate(key)
        self.check_kept()
        rules = with_deleted(self._rules)
        expectation = self._expect("restore", "Update", found, instance, None, rules=rules)
        return self._write(found, {"Key": found}, expectation, None)

    def check_kept(self) -> None:
        """Refuse to go on where deleted items are not kept.

        Raises:
            InvalidRequest: They are not.
        """
        if self._codec.schema.deleted is None:
            raise InvalidRequest(
                f"{self._model.__name__} keeps no deleted items; declare an attribute with "
                "attribute(default=None, deleted=True), and `delete` keeps them"
            )

    def check(self, key: object, condition: object) -> TransactWrite:
        """Make the action of a transaction that only looks.

        Raises:
            InvalidRequest: The key or the condition is none of the model.
        """
        found, instance = self.locate(key)
        expectation = self._expect("check", "ConditionCheck", found, instance, condition)
        write = self._write(found, {"Key": found}, expectation, condition)
        if "ConditionExpression" not in write.request:
            raise InvalidRequest(f"Cannot {write.what}: no condition was given to check")
        return write

    def instead(self, write: TransactWrite) -> TransactWrite | None:
        """Make what takes the place of a write of a transaction that was refused.

        Args:
            write: The write; what it met is known.

        Returns:
            Where it had nothing to do, the check that this is still so; where an upsert met an item
            that counts as absent, the write that stores what the upsert makes of nothing; or None.
        """
        expectation = write.expectation
        if expectation.idle:
            return self._idle(write)
        return self._anew(write) if expectation.anew else None

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

    def said(self, key: Mapping[str, Any]) -> str:
        """Return a key in words, for messages."""
        values = ", ".join(repr(next(iter(value.values()))) for value in key.values())
        return f"({values}) in {self._table}" if len(key) > 1 else f"{values} in {self._table}"

    def _expect(
        self,
        verb: Verb,
        kind: Kind,
        key: dict[str, Any],
        instance: M | None,
        condition: object,
        *,
        item: dict[str, Any] | None = None,
        upsert: bool = False,
        rules: tuple[Rule, ...] | None = None,
    ) -> Expectation[M]:
        return Expectation(
            self._codec,
            self._rules if rules is None else rules,
            verb,
            kind,
            key,
            self.said,
            self.session.clock(),
            instance,
            item=item,
            upsert=upsert,
            conditional=condition is not None,
        )

    def _write(
        self,
        key: dict[str, Any],
        request: dict[str, Any],
        expectation: Expectation[M],
        condition: object,
        actions: Sequence[object] = (),
    ) -> TransactWrite:
        request["TableName"] = self._table
        if self._unique is not None:
            self._unique.check_key(key)
        spread = self.session.sharding.find(self._table)
        if spread is not None:
            for expression in (condition, *actions):
                check_spread(spread, expression)
        kind = expectation.kind
        if condition is None and kind != "Update" and expectation.unconditional:
            return self._made(kind, request, expectation)
        expressions = Expressions(self._attributes)
        if kind == "Update":
            request["UpdateExpression"] = expressions.update(actions, expectation.actions)
        written = expressions.conditions(expectation.conditions(expressions), condition)
        if expectation.gone is not None:
            written = self._or_gone(written, expectation, expectation.gone, expressions)
        if written is not None:
            request["ConditionExpression"] = written
            # The item in the way tells a lost race from a false condition, and costs nothing more.
            request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
        return self._made(kind, expressions.into(request), expectation)

    def _or_gone(
        self,
        written: str | None,
        expectation: Expectation[M],
        gone: Callable[[Expressions], str],
        expressions: Expressions,
    ) -> str:
        """Write a condition so that it takes an item which counts as absent for no item."""
        over = gone(expressions)
        if written is None:
            return f"NOT {grouped(over)}"
        # An update would change what is there, and not begin anew.
        if expectation.kind != "Update" and _holds_of_nothing(written, expressions):
            return f"{grouped(written)} OR {grouped(over)}"
        return f"{grouped(written)} AND NOT {grouped(over)}"

    def _idle(self, write: TransactWrite) -> TransactWrite:
        expectation = write.expectation
        expressions = Expressions(self._attributes)
        refused = f"NOT {grouped(' AND '.join(expectation.conditions(expressions)))}"
        gone = expectation.gone
        over = None if gone is None else grouped(gone(expressions))
        if expectation.present:
            there = f"attribute_exists({expressions.name(expectation.hash_key)}) AND {refused}"
            still = there if over is None else f"{there} AND NOT {over}"
        else:
            still = refused if over is None else f"{refused} OR {over}"
        request = {
            "TableName": self._table,
            "Key": dict(write.key),
            "ConditionExpression": still,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return self._made("ConditionCheck", expressions.into(request), expectation)

    def _anew(self, write: TransactWrite) -> TransactWrite | None:
        expectation, gone = write.expectation, write.expectation.gone
        assert gone is not None  # noqa: S101 - or nothing would count as absent
        try:
            bound = BoundExpressions(write.request)
            update, condition = bound.update(), bound.condition("ConditionExpression")
            if update is None or condition is None or not condition.evaluate({}):
                return None
            item = update.apply(check_item(dict(write.key)), exists=False).item
        except EngineError as error:
            raise from_code(
                error.code,
                f"Cannot {write.what}: {error.message}",
                operation="UpdateItem",
                table=self._table,
            ) from error
        expressions = Expressions(self._attributes)
        request = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": gone(expressions),
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return self._made("Put", expressions.into(request), expectation)

    def _made(
        self,
        kind: Kind,
        request: dict[str, Any],
        expectation: Expectation[M],
    ) -> TransactWrite:
        companions = self._companions
        if companions is not None and not companions.concerns(kind, request):
            companions = None
        return TransactWrite(kind, request, expectation, self, companions)

    def _accompany(self, *members: Companion) -> Companions:
        schema = self._codec.schema
        version = None if schema.version is None else schema.version.wire
        wires = (attribute.attr_name for attribute in attributes_of(self._model).values())
        return Companions(members, tuple(key.wire for key in schema.keys), version, tuple(wires))

    def _check_instance(self, instance: object) -> None:
        if not isinstance(instance, self._model):
            raise InvalidRequest(
                f"This repository holds {self._model.__name__}, and this is a "
                f"{type(instance).__name__}: {instance!r}"
            )


def _holds_of_nothing(condition: str, expressions: Expressions) -> bool:
    """Tell whether a condition is true where there is no item."""
    request = expressions.into({"ConditionExpression": condition})
    try:
        bound = BoundExpressions(request).condition("ConditionExpression")
    except EngineError:
        # The provider is to refuse it, in its own words.
        return False
    return bound is not None and bound.evaluate({})
