"""Reads of one model: checked and written, and not yet sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pynamodb.models import Model

from anydynamo.errors import InvalidRequest
from anydynamo.repositories.placeholders import Attributes, Expressions, grouped
from anydynamo.repositories.projections import projection_of
from anydynamo.repositories.spread_keys import check_spread
from anydynamo.repositories.targets import Target
from anydynamo.repositories.walks import Plan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anydynamo.models.codec import Codec
    from anydynamo.repositories.rules import Rule
    from anydynamo.repositories.session import Session

__all__ = ["ReadRequests"]

M = TypeVar("M", bound=Model)
T = TypeVar("T")


class ReadRequests(Generic[M]):
    """Makes the reads of one model.

    Args:
        session: The open database.
        codec: The model's codec.
        attributes: The model's attributes.
        table: The table's real name.
        rules: What holds for all items, in order.
    """

    def __init__(
        self,
        session: Session,
        codec: Codec[M],
        attributes: Attributes,
        table: str,
        rules: tuple[Rule, ...] = (),
    ) -> None:
        self._session = session
        self._codec = codec
        self._attributes = attributes
        self._table = table
        self._hiding = tuple(rule for rule in rules if rule.sees)
        self._private = any(rule.private for rule in self._hiding)
        # A view's pages are its own; without such rules tokens stay what they were.
        self._views = [part for rule in rules for part in rule.identity]

    def shown(self, item: Mapping[str, Any]) -> M | None:
        """Turn an item into an instance; None if it is hidden."""
        found: M | None = self._shown(self._codec.decode)(item)
        return found

    def get(
        self, key: dict[str, Any], only: object, consistent: bool
    ) -> tuple[dict[str, Any], Callable[[Mapping[str, Any]], Any]]:
        """Return the request for one item, and what turns the item into a result.

        A hidden item has the result None.

        Raises:
            InvalidRequest: `only` names an attribute that the model lacks.
        """
        request: dict[str, Any] = {"TableName": self._table, "Key": key}
        options, decode = self.options(only, consistent)
        return request | options, decode

    def options(
        self, only: object, consistent: bool, *, keys: bool = False
    ) -> tuple[dict[str, Any], Callable[[Mapping[str, Any]], Any]]:
        """Return what a read says beside its keys, and what turns an item into a result.

        Args:
            only: The attributes to read; None for all.
            consistent: Whether the read is consistent.
            keys: Whether the key must be among what is read.

        Raises:
            InvalidRequest: `only` names an attribute that the model lacks.
        """
        request: dict[str, Any] = {"ConsistentRead": True} if consistent else {}
        if only is None:
            return request, self._shown(self._codec.decode)
        projection = projection_of(self._codec, self._attributes, only)
        wires = dict.fromkeys(projection.wires)
        if keys:
            wires |= dict.fromkeys(key.wire for key in self._codec.schema.keys)
        wires |= dict.fromkeys(wire for rule in self._hiding for wire in rule.sees)
        expressions = Expressions(self._attributes)
        request["ProjectionExpression"] = expressions.projection(wires)
        return expressions.into(request), self._shown(projection.decode)

    def _shown(
        self, decode: Callable[[Mapping[str, Any]], T]
    ) -> Callable[[Mapping[str, Any]], Any]:
        """Return what gives None for a hidden item instead of decoding it."""
        if not self._hiding:
            return decode
        hidden = self._hidden(self._hiding)
        return lambda item: None if hidden(item) else decode(item)

    def _hidden(self, rules: Sequence[Rule]) -> Callable[[Mapping[str, Any]], bool]:
        at = self._session.clock()
        return lambda item: any(rule.hides(item, at) for rule in rules)

    def query(
        self,
        arguments: Sequence[object],
        *,
        where: object = None,
        only: object = None,
        reverse: bool = False,
        consistent: bool = False,
        whole: bool = True,
    ) -> Plan[Any]:
        """Plan a query.

        Args:
            arguments: An index or nothing, the partition key's value, conditions on the sort key.
            where: The filter.
            only: The attributes to read; None for all.
            reverse: Whether to go from the end.
            consistent: Whether reads are consistent.
            whole: Whether whole items are needed, and not just their number.

        Raises:
            InvalidRequest: The query cannot be asked.
        """
        if not arguments:
            raise InvalidRequest(
                f"A query of {self._codec.model.__name__} needs a partition key's value; `scan` "
                "goes through the whole table"
            )
        first, *rest = arguments
        target = Target.choose(self._codec, first)
        if target is None:
            target, rest = Target(self._codec.schema), [first, *rest]
        if not rest:
            raise InvalidRequest(
                f"A query of {target.where} needs its partition key's value; `scan` goes through "
                "the whole index"
            )
        key, *conditions = rest
        target.check_filter(where)
        for condition in conditions:
            check_spread(self._session.sharding.find(self._table), condition, key=True)
        expressions = Expressions(self._attributes)
        settled: list[Rule] = []

        def narrow(partition: Mapping[str, Any], given: Sequence[str]) -> Mapping[str, Any]:
            further: dict[str, Any] = {}
            for rule in self._hiding:
                wanted = rule.narrow(target, partition, given)
                if wanted is not None:
                    settled.append(rule)
                    further |= wanted
            return further

        request: dict[str, Any] = {
            "KeyConditionExpression": target.key_condition(
                self._codec, expressions, key, conditions, narrow if self._hiding else None
            ),
        }
        if reverse:
            request["ScanIndexForward"] = False
        return self._plan(
            "Query", target, request, expressions, where, only, consistent, whole, settled
        )

    def scan(
        self,
        index: object = None,
        *,
        where: object = None,
        only: object = None,
        consistent: bool = False,
        segment: tuple[int, int] | None = None,
        whole: bool = True,
    ) -> Plan[Any]:
        """Plan a scan of the table or of an index.

        Args:
            index: The index; None for the table.
            where: The filter.
            only: The attributes to read; None for all.
            consistent: Whether reads are consistent.
            segment: Which segment of how many; None for everything.
            whole: Whether whole items are needed, and not just their number.

        Raises:
            InvalidRequest: The scan cannot be made.
        """
        target = Target(self._codec.schema)
        if index is not None:
            chosen = Target.choose(self._codec, index)
            if chosen is None:
                raise InvalidRequest(
                    f"A scan of {self._codec.model.__name__} takes one of its indexes, and "
                    f"{index!r} is none; `query` goes through one partition"
                )
            target = chosen
        request: dict[str, Any] = {}
        if segment is not None:
            request["Segment"], request["TotalSegments"] = segment
        expressions = Expressions(self._attributes)
        return self._plan("Scan", target, request, expressions, where, only, consistent, whole)

    def _plan(
        self,
        operation: Any,
        target: Target,
        request: dict[str, Any],
        expressions: Expressions,
        where: object,
        only: object,
        consistent: bool,
        whole: bool,
        settled: Sequence[Rule] = (),
    ) -> Plan[Any]:
        target.check_consistent(consistent)
        request["TableName"] = self._table
        if target.index is not None:
            request["IndexName"] = target.index.name
        if consistent:
            request["ConsistentRead"] = True
        check_spread(self._session.sharding.find(self._table), where)
        if where is not None:
            request["FilterExpression"] = expressions.condition(where, "filter")
        key_names = target.key_names
        identity = self._identity(operation, target, key_names, request, expressions)
        hiding = [rule for rule in self._hiding if rule not in settled]
        aside = self._filter(operation, target, request, expressions, hiding) if hiding else []
        # These cannot be filtered by DynamoDB, so they have to be read.
        seen = [wire for rule in aside for wire in rule.sees]
        decode: Callable[[Mapping[str, Any]], Any] = self._codec.decode
        wanted: tuple[str, ...] = ()
        if only is not None:
            projection = projection_of(self._codec, self._attributes, only)
            self._check_projected(target, projection.wires)
            # The key is read along, because a page may have to end at any item.
            wanted = (*projection.wires, *key_names, *seen)
            decode = projection.decode
        elif seen and not whole:
            wanted = (*key_names, *seen)
        # An item that has to be fetched from the table costs as much in parts as it does whole.
        if any(map(target.lacks, seen)) or (whole and not wanted and target.is_partial):
            self._ask_for_all(target, request)
        elif wanted:
            request["ProjectionExpression"] = expressions.projection(dict.fromkeys(wanted))
        hides = self._hidden(aside) if aside else None
        request = expressions.into(request)
        return Plan(operation, request, key_names, decode, identity, hides, self._private)

    def _filter(
        self,
        operation: str,
        target: Target,
        request: dict[str, Any],
        expressions: Expressions,
        hiding: Sequence[Rule],
    ) -> list[Rule]:
        """Let DynamoDB filter what is hidden; return the rules for which it cannot.

        A query's filter may not use its key, and what a local index lacks is fetched from the table
        only after the filter.
        """
        aside: list[Rule] = []
        filters: list[str] = []
        at = self._session.clock()
        for rule in hiding:
            self._check_seen(target, rule)
            if any(
                target.lacks(wire) or (operation == "Query" and target.is_key(wire))
                for wire in rule.sees
            ):
                aside.append(rule)
            elif (shown := rule.shows(expressions, at)) is not None:
                filters.append(shown)
        if filters:
            own = request.get("FilterExpression")
            parts = filters if own is None else [grouped(own), *filters]
            request["FilterExpression"] = " AND ".join(parts)
        return aside

    def _check_seen(self, target: Target, rule: Rule) -> None:
        missing = [self._attributes.python(wire) for wire in rule.sees if not target.projects(wire)]
        if missing:
            raise InvalidRequest(
                f"{target.where} does not hold {', '.join(missing)}, which tells whether an item "
                "is to be seen; let the index project it, with include=[...] or with ALL"
            )

    def _identity(
        self,
        operation: str,
        target: Target,
        key_names: Sequence[str],
        request: Mapping[str, Any],
        expressions: Expressions,
    ) -> tuple[Any, ...]:
        """Return what a page token is bound to; the names of tables here and there differ."""
        return (
            *self._views,
            operation,
            self._codec.schema.table_name,
            None if target.index is None else target.index.name,
            list(key_names),
            request.get("KeyConditionExpression"),
            request.get("FilterExpression"),
            request.get("ScanIndexForward", True),
            [request.get("Segment"), request.get("TotalSegments")],
            dict(expressions.names),
            dict(expressions.values),
        )

    def _check_projected(self, target: Target, wires: Sequence[str]) -> None:
        missing = [self._attributes.python(wire) for wire in wires if not target.projects(wire)]
        if missing:
            raise InvalidRequest(
                f"{target.where} does not hold {', '.join(missing)}; read the items themselves "
                "with get_many, or let the index project these attributes"
            )

    def _ask_for_all(self, target: Target, request: dict[str, Any]) -> None:
        assert target.index is not None  # noqa: S101 - only an index projects less than all
        if not target.index.local:
            raise InvalidRequest(
                f"{target.where} holds only a part of each item, so no whole "
                f"{self._codec.model.__name__} can be made of it; name what you want with only=, "
                "read the items themselves with get_many, or let the index project ALL"
            )
        # DynamoDB then fetches from the table what the local index lacks.
        request["Select"] = "ALL_ATTRIBUTES"
