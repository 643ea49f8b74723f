"""BatchExecuteStatement: up to 25 statements, each of which succeeds or fails by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import bare_name, find_named_table
from anydynamo.engine.items.capacity import Consumption, add_consumed, read_units, write_units
from anydynamo.engine.items.writes import Changes, Stored
from anydynamo.engine.partiql.execute import Bound, Reading, Writing, bind
from anydynamo.engine.partiql.select import read_one
from anydynamo.engine.partiql.statements import Exists, Select
from anydynamo.engine.partiql.writes import returned, write_action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anydynamo.engine.behaviour import Surroundings
    from anydynamo.engine.items.actions import Action
    from anydynamo.engine.layout import Table
    from anydynamo.engine.partiql.writes import Write
    from anydynamo.engine.store import Reader, Writer
    from anydynamo.engine.values.values import Item

__all__ = ["batch_execute_statement"]

_CODES: Final = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
    "ResourceNotFoundException": "ResourceNotFound",
}
"""The codes of `BatchStatementError`; everything else is a ValidationError."""


def batch_execute_statement(
    request: Mapping[str, Any], surroundings: Surroundings
) -> Reading | Writing:
    """Carry out a batch of statements, which all read or all write.

    Raises:
        EngineError: The request is not valid, or statements of both kinds are in it.
    """
    given: list[Mapping[str, Any]] = request["Statements"]
    statements = [_bound(one) for one in given]
    reads = {isinstance(one.statement, Select) for one in statements if isinstance(one, Bound)}
    if len(reads) > 1:
        raise validation(texts.statements.MIXED_BATCH)
    mode = request.get("ReturnConsumedCapacity")
    if reads == {False}:
        return _write(statements, mode, surroundings)
    consistent = [one.get("ConsistentRead") is True for one in given]
    return _read(statements, consistent, mode, surroundings.now)


def _bound(given: Mapping[str, Any]) -> Bound | EngineError:
    try:
        bound = bind(given)
    except EngineError as error:
        if error.code == "SerializationException":
            # Not one statement is wrong: the request cannot be read.
            raise
        return error
    if isinstance(bound.statement, Exists):
        return validation(texts.statements.EXISTS_OUTSIDE_OF_TRANSACTION)
    return bound


def _failed(error: EngineError) -> dict[str, Any]:
    described: dict[str, Any] = {
        "Code": _CODES.get(error.code, "ValidationError"),
        "Message": error.message,
    }
    if error.item is not None:
        described["Item"] = error.item
    return {"Error": described}


def _read(
    statements: Sequence[Bound | EngineError],
    consistent: Sequence[bool],
    mode: str | None,
    now: Callable[[], float],
) -> Reading:
    def work(source: Reader) -> dict[str, Any]:
        consumptions: dict[str, Consumption] = {}
        responses: list[dict[str, Any]] = []
        targets = _Targets()
        for bound, strong in zip(statements, consistent, strict=True):
            if isinstance(bound, EngineError):
                responses.append(_failed(bound))
                continue
            select = cast("Select", bound.statement)
            name = bare_name(select.table)
            try:
                found = read_one(source, select, bound.values, "BatchExecuteStatement", now)
            except EngineError as error:
                responses.append({**_failed(error), "TableName": name})
                continue
            targets.add(found.table, found.key)
            consumption = consumptions.setdefault(name, Consumption(name))
            consumption.table += read_units(found.size, consistent=strong)
            responses.append(_succeeded(name, found.item))
        return _answer(responses, mode, consumptions)

    return Reading(work)


def _write(
    statements: Sequence[Bound | EngineError], mode: str | None, surroundings: Surroundings
) -> Writing:
    def work(writer: Writer) -> dict[str, Any]:
        consumptions: dict[str, Consumption] = {}
        targets = _Targets()
        # All keys are known before anything is written: a repeated one refuses the batch.
        located = [_located(writer, bound, targets, surroundings.now) for bound in statements]
        responses: list[dict[str, Any]] = []
        changes = Changes.of_request(writer, surroundings)
        for one in located:
            if not isinstance(one, _Located):
                responses.append(one)
                continue
            name = one.table.name
            consumption = consumptions.setdefault(name, Consumption(name))
            try:
                outcome = one.action.evaluate(writer, one.table, one.key)
            except EngineError as error:
                # A write that its condition prevents costs what it would have to look at.
                consumption.table += write_units(Stored(writer.get(one.table.items, one.key)).size)
                responses.append({**_failed(error), "TableName": name})
                continue
            try:
                one.action.perform(changes, outcome, consumption)
            except EngineError as error:
                responses.append({**_failed(error), "TableName": name})
                continue
            items = returned(one.write, outcome)
            responses.append(_succeeded(name, items[0] if items else None))
        changes.finish()
        return _answer(responses, mode, consumptions)

    return Writing(work)


class _Targets:
    """The items that a batch is about, each of which may be named once."""

    def __init__(self) -> None:
        self._seen: set[tuple[str, bytes]] = set()

    def add(self, table: Table, key: bytes) -> None:
        """Note an item.

        Raises:
            EngineError: A ValidationException; it was noted already.
        """
        if (table.id, key) in self._seen:
            raise validation(texts.batches.DUPLICATE_KEYS)
        self._seen.add((table.id, key))


class _Located(NamedTuple):
    """A writing statement whose item is known."""

    write: Write
    table: Table
    action: Action
    key: bytes


def _located(
    writer: Writer,
    bound: Bound | EngineError,
    targets: _Targets,
    now: Callable[[], float],
) -> _Located | dict[str, Any]:
    """Return a statement with its item, or the response that says why it has none."""
    if isinstance(bound, EngineError):
        return _failed(bound)
    write = cast("Write", bound.statement)
    try:
        table = find_named_table(writer, write.table, now)
        action = write_action(write, bound.values, table, show_item=bound.show_item)
        key = action.key(table)
    except EngineError as error:
        return {**_failed(error), "TableName": bare_name(write.table)}
    targets.add(table, key)
    return _Located(write, table, action, key)


def _succeeded(table: str, item: Item | None) -> dict[str, Any]:
    return {"TableName": table} if item is None else {"TableName": table, "Item": item}


def _answer(
    responses: list[dict[str, Any]], mode: str | None, consumptions: dict[str, Consumption]
) -> dict[str, Any]:
    response: dict[str, Any] = {"Responses": responses}
    add_consumed(response, mode, consumptions.values())
    return response
