"""ExecuteTransaction: up to 100 statements, all of them or none."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import find_named_table
from anydynamo.engine.items.capacity import add_consumed, read_units
from anydynamo.engine.items.transactions import (
    check_distinct,
    check_total,
    commit,
    content_digest,
    sound,
    table_consumption,
)
from anydynamo.engine.partiql.execute import Bound, Reading, Writing, bind
from anydynamo.engine.partiql.select import One, read_one
from anydynamo.engine.partiql.statements import DeleteStatement, Select, UpdateStatement
from anydynamo.engine.partiql.writes import write_action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.items.capacity import Consumption
    from anydynamo.engine.partiql.writes import Write
    from anydynamo.engine.store import Reader, Writer

__all__ = ["execute_transaction"]

T = TypeVar("T")


def execute_transaction(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Reading | Writing:
    """Carry out statements that all read or all write; EXISTS belongs to those that write.

    Raises:
        EngineError: The request or a statement is not valid, or statements of both kinds are in it.
    """
    statements = [bind(one) for one in request["TransactStatements"]]
    reads = {isinstance(one.statement, Select) for one in statements}
    if len(reads) > 1:
        raise validation(texts.statements.MIXED_TRANSACTION)
    if any(_returns(one) for one in statements):
        raise validation(texts.statements.RETURNING_IN_TRANSACTION)
    mode = request.get("ReturnConsumedCapacity")
    if reads == {True}:
        return _read(statements, mode, surroundings.now)
    token = request.get("ClientRequestToken")
    if token is None:
        return _write(statements, mode, None, surroundings)
    digest = content_digest(request["TransactStatements"])
    return _write(statements, mode, (token, digest), surroundings)


def _returns(bound: Bound) -> bool:
    statement = bound.statement
    return (
        isinstance(statement, UpdateStatement | DeleteStatement) and statement.returning is not None
    )


def _attempt(make: Callable[[], T]) -> T | EngineError:
    """Return what came of one statement, or what is wrong with it: a reason to cancel all.

    Raises:
        EngineError: A ResourceNotFoundException, which is the whole transaction's.
    """
    try:
        return make()
    except EngineError as error:
        if error.code == "ResourceNotFoundException":
            raise
        return error


def _read_one(source: Reader, bound: Bound, now: Callable[[], float]) -> One:
    select = cast("Select", bound.statement)
    return read_one(source, select, bound.values, "ExecuteTransaction", now)


def _read(statements: Sequence[Bound], mode: str | None, now: Callable[[], float]) -> Reading:
    def work(source: Reader) -> dict[str, Any]:
        consumptions: dict[str, Consumption] = {}
        responses: list[dict[str, Any]] = []
        total = 0
        results = [_attempt(partial(_read_one, source, bound, now)) for bound in statements]
        check_distinct((one.table, one.key) for one in results if isinstance(one, One))
        for bound, found in zip(statements, sound(results), strict=True):
            consumption = table_consumption(
                consumptions, found.table, bound.statement.table, writes=False
            )
            consumption.table += read_units(found.size, consistent=True)
            total += found.size
            responses.append({} if found.item is None else {"Item": found.item})
        check_total((total,))
        response: dict[str, Any] = {"Responses": responses}
        add_consumed(response, mode, consumptions.values())
        return response

    return Reading(work)


def _write(
    statements: Sequence[Bound],
    mode: str | None,
    token: tuple[str, bytes] | None,
    surroundings: Surroundings,
) -> Writing:
    def work(writer: Writer) -> dict[str, Any]:
        writes = [cast("Write", bound.statement) for bound in statements]
        tables = [find_named_table(writer, write.table, surroundings.now) for write in writes]
        actions = sound(
            [
                _attempt(
                    partial(write_action, write, bound.values, table, show_item=bound.show_item)
                )
                for write, bound, table in zip(writes, statements, tables, strict=True)
            ]
        )
        consumptions = commit(writer, surroundings, actions, tables, token)
        response: dict[str, Any] = {"Responses": [{} for _ in statements]}
        add_consumed(response, mode, consumptions)
        return response

    return Writing(work)
