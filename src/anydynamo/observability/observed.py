"""`Observed`: an adapter around another that tells of each call."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final

from anydynamo.adapters.effort import EFFORT, Effort
from anydynamo.errors import (
    AccessDenied,
    AnyDynamoError,
    ConfigurationError,
    Conflict,
    CredentialsError,
    ProviderError,
    Throttled,
)
from anydynamo.observability import reading
from anydynamo.observability.records import Call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter, ProviderInfo
    from anydynamo.observability.records import Observer, Outcome

__all__ = ["Observed"]

_log = logging.getLogger("anydynamo.observability")

_REFUSED: Final = (AccessDenied, CredentialsError)
"""Errors in the branch of providers' trouble that are the caller's."""


class Observed:
    """An adapter that lets calls pass to another and tells observers of each.

    Answers and errors are those of the adapter inside. `Database(..., observer=)` puts one around
    its own.

    Args:
        adapter: What answers; closing this closes it.
        *observers: Who is told, in order.
        capacity: Ask for the capacity that each call consumes. The answer has it only where the
            caller asked as well.
        clock: Tells the time in seconds since 1970.
        timer: Tells the time in seconds since some moment, for measuring.

    Raises:
        ConfigurationError: An observer cannot be called, or is a coroutine function.
    """

    def __init__(
        self,
        adapter: DatabaseAdapter,
        *observers: Observer,
        capacity: bool = False,
        clock: Callable[[], float] = time.time,
        timer: Callable[[], float] = time.perf_counter,
    ) -> None:
        for observer in observers:
            if not _plain(observer):
                raise ConfigurationError(
                    f"The observer {observer!r} is no plain function: an observer is called with a "
                    "record, and nobody awaits it; put what is slow into a queue"
                )
        self._adapter = adapter
        self._observers = observers
        self._capacity = capacity
        self._clock = clock
        self._timer = timer
        # A list, because an observer need not be hashable; there are few.
        self._complained: list[Observer | None] = []

    @property
    def info(self) -> ProviderInfo:
        """What the adapter inside is."""
        return self._adapter.info

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Carry out one operation and tell of it; see `DatabaseAdapter.call`.

        Raises:
            AnyDynamoError: What the adapter inside says.
        """
        added = (
            self._capacity
            and operation in reading.CAPACITY
            and request.get("ReturnConsumedCapacity", "NONE") == "NONE"
        )
        sent = {**request, "ReturnConsumedCapacity": "INDEXES"} if added else request
        begun = _Begun(operation, request, self._clock(), self._timer())
        around = EFFORT.get()
        EFFORT.set(begun.effort)
        try:
            response = await self._adapter.call(operation, sent)
        except BaseException as error:
            # Not reset by its token: a call that is dropped may be closed in another context.
            EFFORT.set(around)
            self._tell(begun, {}, error)
            raise
        EFFORT.set(around)
        self._tell(begun, response, None)
        if added:
            response.pop("ConsumedCapacity", None)
        return response

    async def close(self) -> None:
        """Close the adapter inside."""
        await self._adapter.close()

    def _tell(
        self, begun: _Begun, response: Mapping[str, Any], error: BaseException | None
    ) -> None:
        seconds = self._timer() - begun.began
        try:
            call = _record(self._adapter.info, begun, response, error, seconds)
        except Exception:
            self._complain(None, "What %s was answered cannot be read by %r", begun.operation)
            return
        for observer in self._observers:
            try:
                observer(call)
            except Exception:
                self._complain(observer, "After %s the observer %r failed", begun.operation)

    def _complain(self, observer: Observer | None, text: str, operation: str) -> None:
        if observer not in self._complained:
            self._complained.append(observer)
            _log.exception(
                text + "; calls go on, and this is not logged again", operation, observer or self
            )


@dataclass(slots=True)
class _Begun:
    """A call under way."""

    operation: str
    request: Mapping[str, Any]
    started: float
    began: float
    effort: Effort = field(default_factory=Effort)


def _record(
    info: ProviderInfo,
    begun: _Begun,
    response: Mapping[str, Any],
    error: BaseException | None,
    seconds: float,
) -> Call:
    operation, request, effort = begun.operation, begun.request, begun.effort
    item_count, table_bytes = reading.described(response)
    return Call(
        operation=operation,
        provider=info.provider,
        region=info.region,
        tables=reading.tables_of(request),
        index=reading.index_of(request),
        started=begun.started,
        seconds=seconds,
        attempts=effort.attempts,
        outcome=_outcome(error),
        error=None if error is None else type(error).__name__,
        code=error.code if isinstance(error, AnyDynamoError) else None,
        requested=reading.requested(operation, request),
        returned=reading.returned(response, operation) if error is None else None,
        scanned=response.get("ScannedCount"),
        unprocessed=reading.unprocessed(response),
        bytes_sent=effort.bytes_sent,
        bytes_received=effort.bytes_received,
        consumed=reading.consumed(response),
        writes=reading.writes(operation, request),
        item_count=item_count,
        table_bytes=table_bytes,
    )


def _plain(observer: object) -> bool:
    awaited = iscoroutinefunction(observer) or iscoroutinefunction(type(observer).__call__)
    return callable(observer) and not awaited


def _outcome(error: BaseException | None) -> Outcome:
    if error is None:
        return "ok"
    if isinstance(error, Conflict):
        return "conflict"
    if isinstance(error, Throttled):
        return "throttled"
    if isinstance(error, ProviderError) and not isinstance(error, _REFUSED):
        return "failed"
    if isinstance(error, AnyDynamoError):
        return "refused"
    # A coroutine that is cancelled or dropped ends by an exception outside of `Exception`.
    return "failed" if isinstance(error, Exception) else "cancelled"
