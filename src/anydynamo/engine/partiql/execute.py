"""ExecuteStatement: one statement."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.items.access import find_named_table
from anydynamo.engine.items.capacity import Consumption
from anydynamo.engine.items.writes import Changes
from anydynamo.engine.partiql.cursors import read_token, statement_digest, write_token
from anydynamo.engine.partiql.select import read_page
from anydynamo.engine.partiql.statements import Exists, Select, parse
from anydynamo.engine.partiql.writes import returned, write_action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.expressions.evaluators import Values
    from anydynamo.engine.partiql.statements import Statement
    from anydynamo.engine.partiql.writes import Write
    from anydynamo.engine.store import Reader, Writer

__all__ = ["Bound", "Reading", "Writing", "bind", "execute_statement"]


class Reading(NamedTuple):
    """Work that only reads."""

    work: Callable[[Reader], dict[str, Any]]


class Writing(NamedTuple):
    """Work that writes."""

    work: Callable[[Writer], dict[str, Any]]


class Bound(NamedTuple):
    """A statement of a request.

    Attributes:
        statement: The statement.
        values: Its values.
        show_item: Whether a failed condition returns the item that stood in the way.
    """

    statement: Statement
    values: Values
    show_item: bool


def bind(given: Mapping[str, Any]) -> Bound:
    """Read a statement, and fill its parameters in.

    Raises:
        EngineError: A ValidationException or a SerializationException.
    """
    script = parse(given["Statement"])
    return Bound(
        script.statement,
        script.bind(given.get("Parameters") or ()),
        given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD",
    )


def execute_statement(request: Mapping[str, Any], surroundings: Surroundings) -> Reading | Writing:
    """Carry out one statement.

    Raises:
        EngineError: The request is not valid.
    """
    bound = bind(request)
    statement = bound.statement
    if isinstance(statement, Select):
        return _read(statement, bound.values, request, surroundings.now)
    if isinstance(statement, Exists):
        raise validation(texts.statements.EXISTS_OUTSIDE_OF_TRANSACTION)
    if request.get("NextToken") is not None:
        raise validation(texts.statements.TOKEN_OF_ANOTHER_REQUEST)
    return _write(statement, bound, request.get("ReturnConsumedCapacity"), surroundings)


def _read(
    select: Select, values: Values, request: Mapping[str, Any], now: Callable[[], float]
) -> Reading:
    digest = statement_digest(request["Statement"], request.get("Parameters") or ())
    token = request.get("NextToken")
    start = None if token is None else read_token(token, digest)
    limit, mode = request.get("Limit"), request.get("ReturnConsumedCapacity")
    consistent = request.get("ConsistentRead") is True

    def work(source: Reader) -> dict[str, Any]:
        page = read_page(
            source, select, values, now, limit=limit, consistent=consistent, start=start, mode=mode
        )
        response: dict[str, Any] = {"Items": page["Items"]}
        if "LastEvaluatedKey" in page:
            response["LastEvaluatedKey"] = page["LastEvaluatedKey"]
            response["NextToken"] = write_token(digest, page["LastEvaluatedKey"])
        if "ConsumedCapacity" in page:
            response["ConsumedCapacity"] = page["ConsumedCapacity"]
        return response

    return Reading(work)


def _write(write: Write, bound: Bound, mode: str | None, surroundings: Surroundings) -> Writing:
    def work(writer: Writer) -> dict[str, Any]:
        table = find_named_table(writer, write.table, surroundings.now)
        action = write_action(write, bound.values, table, show_item=bound.show_item)
        outcome = action.evaluate(writer, table, action.key(table))
        consumption = Consumption(write.table)
        changes = Changes.of_request(writer, surroundings)
        action.perform(changes, outcome, consumption)
        changes.finish()
        response: dict[str, Any] = {"Items": returned(write, outcome)}
        if mode is not None and mode != "NONE":
            response["ConsumedCapacity"] = consumption.describe(mode)
        return response

    return Writing(work)
