"""Full-text search in the process's memory, for tests and examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from anydynamo.catalog.mediamesh.values import words_in

if TYPE_CHECKING:
    from collections.abc import Iterable

    from anydynamo.catalog.mediamesh.values import Content, SearchQuery

__all__ = ["InProcessSearch"]


class InProcessSearch:
    """A `FullTextSearch` that looks at everything it has.

    Args:
        contents: What it has to begin with.
    """

    def __init__(self, contents: Iterable[Content] = ()) -> None:
        self._contents = {content.content_id: content for content in contents}

    async def index(self, content: Content) -> None:
        """Store content, over what is there under its id."""
        self._contents[content.content_id] = content

    async def remove(self, content_id: str) -> None:
        """Remove content; what is not there is no error."""
        self._contents.pop(content_id, None)

    async def search(self, query: SearchQuery) -> list[Content]:
        """Return content that has each word somewhere, those with words in their title first."""
        found = [content for content in self._contents.values() if query.fits(content)]
        found.sort(key=lambda content: -len(query.words & words_in(content.title)))
        return found[: query.limit]
