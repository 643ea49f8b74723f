"""What application code asks of a repository, one small protocol per ability.

A service that only reads can say so (`def __init__(self, users: ReadRepository[User])`), and its
tests can hand it anything with these methods; `Repository` has them all, and the options that are
not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from pynamodb.models import Model

if TYPE_CHECKING:
    from collections.abc import AsyncIterable, Iterable

    from pynamodb.indexes import Index

    from anydynamo.models.indexes import GlobalIndex
    from anydynamo.repositories.options import (
        AnyAction,
        AnyCondition,
        Key,
        KeyPart,
    )
    from anydynamo.repositories.paging import Page

__all__ = ["QueryRepository", "ReadRepository", "WriteRepository"]

M = TypeVar("M", bound=Model)
M_co = TypeVar("M_co", bound=Model, covariant=True)
H = TypeVar("H")


class ReadRepository(Protocol[M]):
    """Reads items by their keys."""

    async def get(self, key: Key | M, /, *, consistent: bool = False) -> M:
        """Read an item, or raise `NotFound`."""
        ...

    async def find(self, key: Key | M, /, *, consistent: bool = False) -> M | None:
        """Read an item, or None if there is none."""
        ...

    async def exists(self, key: Key | M, /) -> bool:
        """Tell whether there is an item under a key."""
        ...

    def get_many(self, keys: Iterable[Key | M], /) -> AsyncIterable[M]:
        """Read the items that are there, in the order of the keys."""
        ...


class WriteRepository(Protocol[M]):
    """Writes items, one by one and in batches."""

    async def create(self, item: M, /) -> M:
        """Store an item, or raise `AlreadyExists`."""
        ...

    async def put(self, item: M, /, *, condition: AnyCondition[M] | None = None) -> M:
        """Store an item, over whatever is under its key."""
        ...

    async def update(
        self, key: Key | M, /, *actions: AnyAction[M], condition: AnyCondition[M] | None = None
    ) -> M:
        """Change a stored item and return it, or raise `NotFound`."""
        ...

    async def delete(self, key: Key | M, /, *, condition: AnyCondition[M] | None = None) -> None:
        """Delete an item; one that is absent is no error."""
        ...

    async def put_many(self, items: Iterable[M], /) -> None:
        """Store items in batches."""
        ...

    async def delete_many(self, keys: Iterable[Key | M], /) -> None:
        """Delete items in batches."""
        ...


class QueryRepository(Protocol[M_co]):
    """Asks for many items at once."""

    @overload
    def query(
        self,
        index: GlobalIndex[Any, Any],
        key: Any,
        /,
        *conditions: AnyCondition[M_co],
        reverse: bool = False,
        limit: int | None = None,
    ) -> AsyncIterable[M_co]: ...
    @overload
    def query(
        self,
        key_or_index: KeyPart | Index[Any],
        /,
        *key_and_conditions: Key | AnyCondition[M_co],
        reverse: bool = False,
        limit: int | None = None,
    ) -> AsyncIterable[M_co]: ...
    def query(self, *arguments: Any, **options: Any) -> AsyncIterable[M_co]:
        """Walk one partition of the table or of an index, in the order of the sort key."""
        ...

    @overload
    async def page(
        self,
        index: GlobalIndex[Any, Any],
        key: Any,
        /,
        *conditions: AnyCondition[M_co],
        reverse: bool = False,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[M_co]: ...
    @overload
    async def page(
        self,
        key_or_index: KeyPart | Index[Any],
        /,
        *key_and_conditions: Key | AnyCondition[M_co],
        reverse: bool = False,
        limit: int | None = None,
        after: str | None = None,
    ) -> Page[M_co]: ...
    async def page(self, *arguments: Any, **options: Any) -> Page[M_co]:
        """Read one page of a query, and the token that leads to the next."""
        ...

    def scan(self, *, limit: int | None = None) -> AsyncIterable[M_co]:
        """Walk the whole table, in no order that means anything."""
        ...
