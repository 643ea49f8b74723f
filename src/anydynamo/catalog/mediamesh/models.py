"""MediaMesh's tables: trending and popular programs, and the search index.

Keys, indexes and names are those of the services that MediaMesh's tables come from. `generation`,
`listSize` and `words` are additions: the first two let a list be read and replaced as a whole, the
last one lets DynamoDB find words.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from anydynamo.errors import ConfigurationError
from anydynamo.models.table import Attr, GlobalIndex, Table, attribute

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["IndexedContent", "Models", "Popular", "RankedProgram", "Trending"]

T = TypeVar("T", bound=Table)


class RankedProgram(Table):
    """A program's place in a list of programs of one content type."""

    content_type: Attr[str] = attribute(hash_key=True, attr_name="contentType")
    rank: Attr[int] = attribute(range_key=True)
    program_id: Attr[str] = attribute(attr_name="programId")
    title: Attr[str] = attribute()
    description: Attr[str | None] = attribute(default=None)
    data: Attr[str] = attribute(description="The whole program as JSON.")
    ttl: Attr[int | None] = attribute(default=None, ttl=True)
    generation: Attr[str | None] = attribute(default=None)
    list_size: Attr[int | None] = attribute(default=None, attr_name="listSize")


class Trending(RankedProgram, name="mediamesh-trending", expired="hide"):
    """What is watched more and more."""


class Popular(RankedProgram, name="mediamesh-popular", expired="hide"):
    """What is watched most."""


class IndexedContent(Table, name="mediamesh-search-index", expired="hide"):
    """What is known of a program or episode to somebody who looks for it."""

    content_id: Attr[str] = attribute(hash_key=True, attr_name="contentId")
    content_type: Attr[str] = attribute(attr_name="contentType")
    title: Attr[str] = attribute()
    description: Attr[str | None] = attribute(default=None)
    category: Attr[str | None] = attribute(default=None)
    language: Attr[str | None] = attribute(default=None)
    tags: Attr[list[str]] = attribute(default_factory=list)
    indexed_at: Attr[str] = attribute(attr_name="indexedAt")
    updated_at: Attr[str] = attribute(attr_name="updatedAt")
    ttl: Attr[int | None] = attribute(default=None, ttl=True)
    words: Attr[set[str]] = attribute(default_factory=set)

    by_content_type = GlobalIndex("contentType-index", hash_key=content_type)
    by_category = GlobalIndex("category-index", hash_key=category)


@dataclass(frozen=True, slots=True)
class Models:
    """The tables under one name of the attribute by which items expire.

    Iterate over it for `create_tables` and `health`.
    """

    trending: type[Trending] = Trending
    popular: type[Popular] = Popular
    content: type[IndexedContent] = IndexedContent

    @classmethod
    def expiring_by(cls, attribute_name: str) -> Models:
        """Return the tables with another name for `ttl` in DynamoDB.

        Raises:
            ConfigurationError: A table has an attribute of that name already.
        """
        if attribute_name == "ttl":
            return cls()
        return cls(
            _expiring_by(Trending, attribute_name),
            _expiring_by(Popular, attribute_name),
            _expiring_by(IndexedContent, attribute_name),
        )

    def __iter__(self) -> Iterator[type[Table]]:
        yield self.trending
        yield self.popular
        yield self.content


def _expiring_by(model: type[T], attribute_name: str) -> type[T]:
    """Return a table's class with another name for `ttl` in DynamoDB."""

    def body(namespace: dict[str, Any]) -> None:
        namespace["__module__"] = __name__
        namespace["__annotations__"] = {"ttl": Attr[int | None]}
        namespace["ttl"] = attribute(default=None, ttl=True, attr_name=attribute_name)

    try:
        made: type[T] = types.new_class(model.__name__, (model,), exec_body=body)
    except TypeError as error:
        raise ConfigurationError(
            f"DYNAMODB_TTL_ATTRIBUTE is {attribute_name!r}, which cannot be: {error}"
        ) from error
    return made
