"""Puts `await` in front of the blocking facade, so that one contract is run through both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo import sync

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["AwaitedDatabase"]

_ITERATORS = frozenset({"query", "scan", "get_many"})
_VIEWS = frozenset({"acting_as", "scoped", "with_deleted"})
_PLAIN = frozenset(
    {
        "to_create",
        "to_put",
        "to_update",
        "to_delete",
        "to_restore",
        "to_purge",
        "to_check",
        "to_get",
    }
)


class _AwaitedResults:
    def __init__(self, results: sync.Results[Any]) -> None:
        self._results = results

    def __aiter__(self) -> _AwaitedResults:
        return self

    async def __anext__(self) -> Any:
        for result in self._results:
            return result
        raise StopAsyncIteration

    def __await__(self) -> Generator[Any, None, list[Any]]:
        return _later(lambda: list(self._results)).__await__()

    @property
    def position(self) -> str | None:
        assert isinstance(self._results, sync.Scan)
        return self._results.position


class _AwaitedBatch:
    def __init__(self, batch: sync.Batch[Any]) -> None:
        self._batch = batch

    def __len__(self) -> int:
        return len(self._batch)

    async def __aenter__(self) -> _AwaitedBatch:
        self._batch.__enter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._batch.__exit__(*error)

    async def put(self, item: Any) -> None:
        self._batch.put(item)

    async def delete(self, key: Any) -> None:
        self._batch.delete(key)


class _AwaitedRepository:
    def __init__(self, repository: sync.Repository[Any]) -> None:
        self._repository = repository

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._repository, name)
        if name in _ITERATORS:
            return lambda *given, **options: _AwaitedResults(found(*given, **options))
        if name in _VIEWS:
            return lambda *given: _AwaitedRepository(found(*given))
        if name == "batch":
            return lambda **options: _AwaitedBatch(found(**options))
        return found if name in _PLAIN or not callable(found) else _awaited(found)


class _AwaitedChanges:
    def __init__(self, changes: sync.Changes[Any]) -> None:
        self._changes = changes

    def __aiter__(self) -> _AwaitedChanges:
        return self

    async def __anext__(self) -> Any:
        for change in self._changes:
            return change
        raise StopAsyncIteration

    async def __aenter__(self) -> _AwaitedChanges:
        self._changes.__enter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._changes.__exit__(*error)

    @property
    def position(self) -> str:
        return self._changes.position

    def batches(self) -> _AwaitedResults:
        return _AwaitedResults(self._changes.batches())

    def __getattr__(self, name: str) -> Any:
        return _awaited(getattr(self._changes, name))


class AwaitedDatabase:
    def __init__(self, database: sync.Database) -> None:
        self._database = database

    def repository(self, model: Any) -> _AwaitedRepository:
        return _AwaitedRepository(self._database.repository(model))

    def changes(self, *given: Any, **options: Any) -> _AwaitedChanges:
        return _AwaitedChanges(self._database.changes(*given, **options))

    @property
    def session(self) -> Any:
        async def of(database: Any) -> Any:
            return database.session

        return self._database.run(of)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._database, name)
        return _awaited(found) if callable(found) else found


def _awaited(function: Callable[..., Any]) -> Callable[..., Any]:
    async def call(*given: Any, **options: Any) -> Any:
        return function(*given, **options)

    return call


async def _later(function: Callable[[], Any]) -> Any:
    return function()
