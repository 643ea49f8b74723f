"""Changes in AWS Lambda: a handler for the events of a table's stream.

Lambda calls a function with up to 10,000 records of one shard, in order. What the function returns
says where it stopped: Lambda goes on with the record that is named, and with all that follow it, at
its next call (`ReportBatchItemFailures` has to be switched on for the event source). So a handler
stops at the first failure, and names that one record.
"""

from __future__ import annotations

import inspect
import logging
import re
import traceback
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast, overload

from pynamodb.models import Model

from anydynamo.changes.records import RecordDecoder, sequence_of
from anydynamo.engine.errors import EngineError
from anydynamo.engine.values.wire import from_json
from anydynamo.errors import InvalidItem, InvalidRequest, NotSupported
from anydynamo.models.schema import schema_of
from anydynamo.naming import TableNames
from anydynamo.repositories.shards import ShardedTable

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from anydynamo.changes.records import Change

    _Finish = Callable[[object], Awaitable[None]]

__all__ = ["LambdaHandler", "lambda_handler"]

M = TypeVar("M", bound=Model)

_STREAM = re.compile(r"arn:[^:]+:dynamodb:[^:]*:[^:]*:table/([^/]+)/stream/.+", re.DOTALL)
_IMAGES = ("Keys", "OldImage", "NewImage")
_log = logging.getLogger("anydynamo")

Response = dict[str, list[dict[str, str]]]


class LambdaHandler(Generic[M]):
    """A function that AWS Lambda calls with an event; made by `lambda_handler`.

    Call it with the event and the context, as Lambda does. Coroutines run on one event loop, which
    is kept from call to call, so that a `Database` may be kept as well. A plain function runs
    outside of it, and may have a loop of its own.

    Args:
        model: The model of the items.
        function: What is called with each change, or with a list of them.
        names: How tables are called there.
        batch: Whether the function takes all changes of an event at once.
        shards: Over how many partitions each partition key is spread, if the model does not say so.
    """

    def __init__(
        self,
        model: type[M],
        function: Callable[[Any], Any],
        *,
        names: TableNames,
        batch: bool,
        shards: int | None = None,
    ) -> None:
        self._decoder = RecordDecoder(model, ShardedTable.of(schema_of(model), shards))
        self._function = function
        self._batch = batch
        # A table may be named by its ARN.
        self._table = names.real(self._decoder.schema.table_name).rpartition("/")[2]
        self._runner: asyncio.Runner | None = None

    def __call__(self, event: Mapping[str, Any], context: object = None) -> Response:
        """Handle an event.

        Args:
            event: What Lambda gives.
            context: What Lambda gives beside it; not used.

        Returns:
            `{"batchItemFailures": [{"itemIdentifier": sequence}]}`, or an empty list there.

        Raises:
            InvalidRequest: The event is not one of this table's stream; nothing was handled.
            NotSupported: An event loop is running in this thread; await `handle` there.
        """
        import asyncio

        del context
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            pass
        else:
            raise NotSupported(
                "An event loop is running in this thread already: `await handler.handle(event)`"
            )
        handling = self._handle(event, self._run)
        try:
            # It waits for nothing but `_run`, which blocks.
            handling.send(None)
        except StopIteration as done:
            response: Response = done.value
            return response
        raise AssertionError("a handler that blocks has waited for something else")

    async def handle(self, event: Mapping[str, Any]) -> Response:
        """Handle an event where an event loop is running already.

        Raises:
            InvalidRequest: The event is not one of this table's stream; nothing was handled.
        """
        return await self._handle(event, _finished)

    def close(self) -> None:
        """Close the event loop, if there was need of one; Lambda itself never does."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None

    async def _handle(self, event: Mapping[str, Any], finish: _Finish) -> Response:
        records = self._records(event)
        handle = self._all if self._batch else self._each
        failed = await handle(records, finish)
        return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}

    async def _run(self, result: object) -> None:
        """Wait for what a function returned, where no event loop is running."""
        if not inspect.isawaitable(result):
            return
        import asyncio

        if self._runner is None:
            self._runner = asyncio.Runner()
        self._runner.run(_finished(result))

    def _records(self, event: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        # Lambda's word is taken for nothing: another source's events look much the same.
        given: object = event
        records: object = (
            cast("Mapping[str, Any]", given).get("Records") if isinstance(given, dict) else None
        )
        if not isinstance(records, list):
            raise InvalidRequest("This is no event of a stream: it has no list of Records")
        checked = cast("list[Mapping[str, Any]]", records)
        for record in checked:
            # Without a number there is no way to tell Lambda which record has failed.
            sequence_of(record)
            self._check_source(record.get("eventSourceARN"))
        return checked

    def _check_source(self, arn: object) -> None:
        match = _STREAM.fullmatch(arn) if isinstance(arn, str) else None
        if match is None or match[1] != self._table:
            raise InvalidRequest(
                f"This handler is for the stream of {self._table}, and the event comes from "
                f"{arn!r}; check the event source mapping, and table_prefix= or tables= here"
            )

    async def _each(self, records: Sequence[Mapping[str, Any]], finish: _Finish) -> str | None:
        for record in records:
            try:
                change = self._decode(record)
                if change is not None:
                    await finish(self._function(change))
            except Exception as error:
                return self._failure(record, error)
        return None

    async def _all(self, records: Sequence[Mapping[str, Any]], finish: _Finish) -> str | None:
        changes: list[Change[M]] = []
        failed: str | None = None
        for record in records:
            try:
                change = self._decode(record)
            except InvalidItem as error:
                failed = self._failure(record, error)
                break
            if change is not None:
                changes.append(change)
        try:
            if changes:
                await finish(self._function(changes))
        except Exception as error:
            return self._failure(records[0], error)
        return failed

    def _decode(self, record: Mapping[str, Any]) -> Change[M] | None:
        """Make a change of a record; None if it is of no item that a repository shows."""
        sequence = sequence_of(record)
        stream = dict(record["dynamodb"])
        for name in _IMAGES:
            if stream.get(name) is None:
                continue
            try:
                stream[name] = from_json(stream[name])
            except (EngineError, ValueError) as error:
                raise InvalidItem(
                    f"The change {sequence} of {self._table} holds no item in {name}: {error}"
                ) from error
        given = {**record, "dynamodb": stream}
        return None if self._decoder.passes_over(given) else self._decoder.decode(given)

    def _failure(self, record: Mapping[str, Any], error: Exception) -> str:
        sequence = sequence_of(record)
        # An error's text may hold values of the item, which belong in no log; its place does not.
        _log.error(
            "The change %s of %s failed with %s; Lambda is to deliver it again, and what follows "
            "it. It was raised here:\n%s",
            sequence,
            self._table,
            type(error).__name__,
            "".join(traceback.format_tb(error.__traceback__)),
        )
        return sequence


@overload
def lambda_handler(
    model: type[M],
    *,
    batch: Literal[False] = False,
    table_prefix: str = "",
    tables: Mapping[str, str] | None = None,
    shards: int | None = None,
) -> Callable[[Callable[[Change[M]], Awaitable[object] | object]], LambdaHandler[M]]: ...
@overload
def lambda_handler(
    model: type[M],
    *,
    batch: Literal[True],
    table_prefix: str = "",
    tables: Mapping[str, str] | None = None,
    shards: int | None = None,
) -> Callable[[Callable[[Sequence[Change[M]]], Awaitable[object] | object]], LambdaHandler[M]]: ...
def lambda_handler(
    model: type[M],
    *,
    batch: bool = False,
    table_prefix: str = "",
    tables: Mapping[str, str] | None = None,
    shards: int | None = None,
) -> Callable[[Callable[[Any], Any]], LambdaHandler[M]]:
    """Make a function the handler of AWS Lambda for the stream of a model's table.

        @lambda_handler(Order)
        async def handle(change: Change[Order]) -> None: ...

    The function is called with one change after the other. When it raises, or a record does not fit
    the model, the handler stops and returns that record's sequence number; Lambda delivers it
    again, with all that follow. A change can come more than once, therefore: see `apply_once`.

    Args:
        model: The model of the items.
        batch: Call the function once, with all changes of an event; when it raises, all of them
            come again.
        table_prefix: As for `Database`.
        tables: As for `Database`.
        shards: As for `Database.repository`.

    Returns:
        A decorator.

    Raises:
        InvalidRequest: This is no model, or it declares no table.
    """
    # Without it, `@lambda_handler` alone would be noticed only when Lambda calls.
    schema_of(model)
    names = TableNames(table_prefix, dict(tables or {}))

    def decorate(function: Callable[[Any], Any]) -> LambdaHandler[M]:
        return LambdaHandler(model, function, names=names, batch=batch, shards=shards)

    return decorate


async def _finished(result: object) -> None:
    if inspect.isawaitable(result):
        await result
