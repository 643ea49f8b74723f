"""Search: an index in DynamoDB for simple queries, and full text for all others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import ValidationError

from anydynamo.catalog.mediamesh.cache_aside import CacheAside
from anydynamo.catalog.mediamesh.settings import MediaMeshSettings
from anydynamo.catalog.mediamesh.values import Content, SearchQuery
from anydynamo.errors import AnyDynamoError, InvalidItem, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence
    from datetime import datetime

    from anydynamo.catalog.mediamesh.models import IndexedContent
    from anydynamo.database import Database

__all__ = ["FullTextSearch", "Indexed", "Search", "SearchRepository", "SearchResults"]

_SIMPLE = 50
"""A query of so many characters is not simple any more."""


class SearchRepository:
    """The search index in DynamoDB.

    A search for a category or a content type reads the part of the index that has it, and filters
    that; any other search reads the whole table. Both end when there are as many results as wanted.
    What is read is paid for, found or not.

    Args:
        database: Where it is.
        settings: The table, and how long content stays in it.
    """

    def __init__(self, database: Database, settings: MediaMeshSettings | None = None) -> None:
        settings = settings or MediaMeshSettings()
        self._model = settings.models.content
        self._seconds = settings.search_seconds
        self._items = database.repository(self._model)
        self._now = database.now

    async def index(self, content: Content) -> None:
        """Store content, or what has changed of it; when it was first indexed stays known."""
        entry = self._entry(content)
        model: Any = self._model
        values = {
            name: value
            for name, value in entry.attribute_values.items()
            if name not in ("content_id", "indexed_at")
        }
        await self._items.update(
            content.content_id,
            model.indexed_at.set(model.indexed_at | entry.indexed_at),
            *[_set(getattr(model, name), value) for name, value in values.items()],
            upsert=True,
        )

    async def reindex(self, contents: Iterable[Content]) -> int:
        """Store much content at once, as if all of it were new, and return how much it was.

        Not atomic: when it fails, some is stored.
        """
        count = 0

        def entries() -> Iterable[IndexedContent]:
            nonlocal count
            for content in contents:
                count += 1
                yield self._entry(content)

        await self._items.put_many(entries())
        return count

    async def remove(self, content_id: str) -> None:
        """Remove content; what is not there is no error."""
        await self._items.delete(content_id)

    async def find(self, content_id: str) -> Content | None:
        """Return content by its id, or None."""
        found = await self._items.find(content_id)
        return None if found is None else _content(found)

    async def search(self, query: SearchQuery) -> list[Content]:
        """Return content that fulfils a query, in no order that means anything."""
        if query.wordless:
            return []
        model = self._model
        conditions: list[Any] = [model.words.contains(word) for word in sorted(query.words)]
        conditions += [model.tags.contains(tag) for tag in query.tags]
        if query.language is not None:
            conditions.append(model.language == query.language)
        if query.category is not None and query.content_type is not None:
            conditions.append(model.content_type == query.content_type)
        where = reduce(lambda one, other: one & other, conditions) if conditions else None
        # There are more categories than types, so one of them is the smaller part.
        if query.category is not None:
            found = self._items.query(
                model.by_category, query.category, filter=where, limit=query.limit
            )
        elif query.content_type is not None:
            found = self._items.query(
                model.by_content_type, query.content_type, filter=where, limit=query.limit
            )
        else:
            found = self._items.scan(filter=where, limit=query.limit)
        return [_content(one) async for one in found]

    def _entry(self, content: Content) -> IndexedContent:
        now = self._now()
        stamp = _stamp(now)
        values: dict[str, Any] = {**content.model_dump(), "tags": list(content.tags)}
        return self._model(
            **values,
            indexed_at=stamp,
            updated_at=stamp,
            ttl=int(now.timestamp()) + self._seconds,
            words=set(content.words),
        )


class FullTextSearch(Protocol):
    """Full-text search over all content, which is also the source of truth."""

    async def index(self, content: Content) -> None:
        """Store content, over what is there under its id."""
        ...

    async def remove(self, content_id: str) -> None:
        """Remove content; what is not there is no error."""
        ...

    async def search(self, query: SearchQuery) -> Sequence[Content]:
        """Return content that fulfils a query, the best first."""
        ...


@dataclass(frozen=True, slots=True)
class SearchResults:
    """What was found, and by which of the two."""

    results: tuple[Content, ...]
    source: Literal["dynamodb", "full_text"]


@dataclass(frozen=True, slots=True)
class Indexed:
    """Where content was written, and why not.

    Attributes:
        dynamodb: Why it is not in DynamoDB; None if it is, or if DynamoDB is not enabled.
        full_text: Why full-text search does not have it; None if it does.
    """

    dynamodb: Exception | None = None
    full_text: Exception | None = None

    @property
    def ok(self) -> bool:
        """Whether it is everywhere where it is to be."""
        return self.dynamodb is None and self.full_text is None


class Search:
    """Search in DynamoDB and by full text: the simple here, the rest there.

    Args:
        full_text: Full-text search.
        repository: The index in DynamoDB; None where it is not enabled.
    """

    def __init__(self, full_text: FullTextSearch, repository: SearchRepository | None) -> None:
        self._full_text = full_text
        self._repository = repository
        self.cache = CacheAside("search")

    async def search(self, query: SearchQuery) -> SearchResults:
        """Return what DynamoDB finds of a query under 50 characters, or else what full text does.

        Raises:
            Exception: What full-text search raises.
        """
        if self._repository is not None and len(query.text) < _SIMPLE:
            try:
                found = await self._repository.search(query)
            except AnyDynamoError as error:
                self.cache.read_failed("the index", error)
            else:
                if found:
                    self.cache.hits += 1
                    return SearchResults(tuple(found), "dynamodb")
                self.cache.misses += 1
        return SearchResults(tuple(await self._full_text.search(query)), "full_text")

    async def index(self, content: Content) -> Indexed:
        """Write content to DynamoDB, then to full-text search, whether or not DynamoDB has it.

        Raises:
            ExceptionGroup: It could be written nowhere.
        """
        repository = self._repository
        return await self._both(
            content.content_id,
            None if repository is None else partial(repository.index, content),
            partial(self._full_text.index, content),
        )

    async def remove(self, content_id: str) -> Indexed:
        """Remove content from both, as `index` writes to both.

        Raises:
            InvalidRequest: The id is empty.
            ExceptionGroup: It could be removed nowhere.
        """
        if not content_id:
            raise InvalidRequest("A content id is not empty")
        repository = self._repository
        return await self._both(
            content_id,
            None if repository is None else partial(repository.remove, content_id),
            partial(self._full_text.remove, content_id),
        )

    async def _both(
        self,
        content_id: str,
        first: Callable[[], Awaitable[None]] | None,
        second: Callable[[], Awaitable[None]],
    ) -> Indexed:
        dynamodb: Exception | None = None
        full_text: Exception | None = None
        if first is not None:
            try:
                await first()
            except AnyDynamoError as error:
                self.cache.write_failed(repr(content_id), error)
                dynamodb = error
        try:
            await second()
        except Exception as error:
            # Somebody else's search raises whatever it likes, and that is reported.
            full_text = error
        failures = [one for one in (dynamodb, full_text) if one is not None]
        if full_text is not None and (first is None or dynamodb is not None):
            raise ExceptionGroup(f"The content {content_id!r} could be written nowhere", failures)
        return Indexed(dynamodb, full_text)


def _set(path: Any, value: Any) -> Any:
    # DynamoDB has no empty sets.
    return path.remove() if value is None or value == set() else path.set(value)


def _stamp(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")


def _content(entry: IndexedContent) -> Content:
    try:
        return Content.model_validate({name: getattr(entry, name) for name in Content.model_fields})
    except ValidationError as error:
        raise InvalidItem(
            f"{entry.content_id!r} in the search index is no content: {error}"
        ) from error
