"""GetItem, PutItem, UpdateItem and DeleteItem.

Each function takes a request whose shape has been checked, checks everything that needs no table,
and returns the work that a store then runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.items.access import find_table, primary_key
from anydynamo.engine.items.actions import prepare_action
from anydynamo.engine.items.capacity import Consumption, read_units
from anydynamo.engine.items.collections import collection_metrics
from anydynamo.engine.items.writes import Changes
from anydynamo.engine.layout import size_of, unpack
from anydynamo.engine.legacy import attributes_to_get
from anydynamo.engine.values.values import check_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.expressions import Projection
    from anydynamo.engine.items.actions import Kind, Outcome
    from anydynamo.engine.store import Reader, Writer
    from anydynamo.engine.values.values import Item

__all__ = ["delete_item", "get_item", "prepare_projection", "put_item", "update_item"]

_PROJECTIONS = frozenset(("ProjectionExpression", "ExpressionAttributeNames", "AttributesToGet"))


def get_item(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Read one item by its key.

    Raises:
        EngineError: The request is not valid.
    """
    name = request["TableName"]
    key = check_item(request["Key"])
    projection = prepare_projection(request)
    mode = request.get("ReturnConsumedCapacity")
    consistent = request.get("ConsistentRead") is True

    def work(reader: Reader) -> dict[str, Any]:
        table = find_table(reader, name, now)
        raw = reader.get(table.items, primary_key(table, key))
        response: dict[str, Any] = {}
        if raw is not None:
            item = unpack(raw)
            response["Item"] = item if projection is None else projection.apply(item)
        if mode is not None and mode != "NONE":
            size = 0 if raw is None else size_of(raw)
            units = read_units(size, consistent=consistent)
            response["ConsumedCapacity"] = Consumption(name, units).describe(mode)
        return response

    return work


def prepare_projection(request: Mapping[str, Any]) -> Projection | None:
    """Bind the projection, of either kind, of a request that has no other expression.

    Raises:
        EngineError: The projection, or its names, are not valid.
    """
    if _PROJECTIONS.isdisjoint(request):
        return None
    bound = Expressions(request)
    projection = bound.projection("ProjectionExpression")
    bound.finish()
    return attributes_to_get(request) if projection is None else projection


def put_item(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Write one item, over whatever stood under its key.

    Raises:
        EngineError: The request is not valid.
    """
    return _write("Put", request, surroundings)


def delete_item(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Remove one item.

    Raises:
        EngineError: The request is not valid.
    """
    return _write("Delete", request, surroundings)


def update_item(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    """Change one item, or create it.

    Raises:
        EngineError: The request is not valid.
    """
    return _write("Update", request, surroundings)


def _write(
    kind: Kind, request: Mapping[str, Any], surroundings: Surroundings
) -> Callable[[Writer], dict[str, Any]]:
    wanted = request.get("ReturnValues") or "NONE"
    if kind != "Update" and wanted not in ("NONE", "ALL_OLD"):
        raise validation(texts.items.RETURN_VALUES_OF_A_WRITE)
    action = prepare_action(kind, request, prefix=texts.requests.DETECTED)
    mode = request.get("ReturnConsumedCapacity")
    counted = mode is not None and mode != "NONE"
    measured = request.get("ReturnItemCollectionMetrics") == "SIZE"

    def work(writer: Writer) -> dict[str, Any]:
        table = find_table(writer, action.table, surroundings.now)
        outcome = action.evaluate(writer, table, action.key(table))
        consumption = Consumption(action.table) if counted else None
        changes = Changes.of_request(writer, surroundings)
        action.perform(changes, outcome, consumption)
        changes.finish()
        response: dict[str, Any] = {}
        if wanted != "NONE":
            attributes = _returned(wanted, outcome)
            if attributes:
                response["Attributes"] = attributes
        if consumption is not None:
            response["ConsumedCapacity"] = consumption.describe(mode or "TOTAL")
        if measured:
            metrics = collection_metrics(writer, table, action.given)
            if metrics is not None:
                response["ItemCollectionMetrics"] = metrics
        return response

    return work


def _returned(wanted: str, outcome: Outcome) -> Item | None:
    if wanted == "ALL_OLD":
        return outcome.before.item
    if wanted == "ALL_NEW":
        return outcome.item
    if outcome.updated is None:
        return None
    return outcome.updated.old if wanted == "UPDATED_OLD" else outcome.updated.new
