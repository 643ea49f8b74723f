"""Actions of transactions: the part of `Repository` that makes what `Database.transact` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, overload

from pynamodb.models import Model
from typing_extensions import TypeVar

from anydynamo.repositories.transactions import TransactRead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from anydynamo.models.paths import Path
    from anydynamo.repositories.options import AnyAction, AnyCondition, Key
    from anydynamo.repositories.reads import ReadRequests
    from anydynamo.repositories.session import Session
    from anydynamo.repositories.transactions import TransactWrite
    from anydynamo.repositories.writes import WriteRequests

__all__ = ["Actions"]

M = TypeVar("M", bound=Model)
# What `only=` gives: the type that was given, or a dict where a list was given.
P = TypeVar("P", default=dict[str, Any])


class Actions(Generic[M]):
    """What a repository adds to transactions."""

    _session: Session
    _reads: ReadRequests[M]
    _writes: WriteRequests[M]

    def to_create(self, item: M) -> TransactWrite:
        """Make the action of a transaction that stores an item under a key that is free.

        Raises:
            InvalidItem: It cannot be stored.
        """
        return self._writes.put(item, create=True)

    def to_put(self, item: M, *, condition: AnyCondition[M] | None = None) -> TransactWrite:
        """Make the action of a transaction that stores an item over whatever is there.

        Raises:
            InvalidItem: It cannot be stored.
            InvalidRequest: The condition does not fit the model.
        """
        return self._writes.put(item, condition)

    def to_update(
        self,
        key: Key | M,
        *actions: AnyAction[M],
        condition: AnyCondition[M] | None = None,
        upsert: bool = False,
    ) -> TransactWrite:
        """Make the action of a transaction that changes a stored item; see `update`.

        Raises:
            InvalidRequest: The key, an action or the condition does not fit the model.
        """
        return self._writes.update(key, actions, condition, upsert=upsert)

    def to_delete(self, key: Key | M, *, condition: AnyCondition[M] | None = None) -> TransactWrite:
        """Make the action of a transaction that deletes an item; see `delete`.

        Raises:
            InvalidRequest: The key or the condition does not fit the model.
        """
        return self._writes.delete(key, condition)

    def to_restore(self, key: Key | M) -> TransactWrite:
        """Make the action of a transaction that brings a deleted item back; see `restore`.

        Raises:
            InvalidRequest: The model keeps no deleted items, or the key does not fit it.
        """
        return self._writes.restore(key)

    def to_purge(self, key: Key | M) -> TransactWrite:
        """Make the action of a transaction that removes an item for good; see `purge`.

        Raises:
            InvalidRequest: The key does not fit the model.
        """
        return self._writes.purge(key)

    def to_check(self, key: Key | M, condition: AnyCondition[M]) -> TransactWrite:
        """Make the action of a transaction that only looks: it fails if the condition is false.

        Raises:
            InvalidRequest: The key or the condition does not fit the model.
        """
        return self._writes.check(key, condition)

    @overload
    def to_get(self, key: Key | M, *, only: None = None) -> TransactRead[M]: ...
    @overload
    def to_get(
        self, key: Key | M, *, only: type[P] | Sequence[Path[Any, M] | str]
    ) -> TransactRead[P]: ...
    def to_get(self, key: Key | M, *, only: object = None) -> TransactRead[Any]:
        """Make the action of a transaction that reads an item; see `Database.transact_get`.

        Raises:
            InvalidRequest: The key or `only` does not fit the model.
        """
        wire, _ = self._writes.locate(key)
        request, decode = self._reads.get(wire, only, consistent=False)
        return TransactRead(request, f"read {self._writes.said(wire)}", decode, self._session)
