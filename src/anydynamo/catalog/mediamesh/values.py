"""What MediaMesh's services are given and give: programs, content, and what is looked for."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from anydynamo.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Content", "Name", "Program", "SearchQuery", "words_in"]

Name = Annotated[str, Field(min_length=1)]
"""A string that says something."""


class Program(BaseModel):
    """A program or episode, as its source of truth has it.

    What the source says beside these attributes is kept; a subclass can give it types.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="allow", frozen=True
    )

    program_id: Name
    title: str
    description: str | None = None


class Content(BaseModel):
    """What is known of a program or episode to somebody who looks for it.

    Attributes:
        content_id: Its id, which no other content has.
        content_type: `PROGRAM`, `EPISODE` or another kind.
    """

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )

    content_id: Name
    content_type: Name
    title: str
    description: str | None = None
    category: Name | None = None
    language: Name | None = None
    tags: tuple[str, ...] = ()

    @property
    def words(self) -> frozenset[str]:
        """The words of its title, description and tags."""
        return words_in(self.title, self.description or "", *self.tags)


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What somebody looks for; what is found fulfils all of it.

    Attributes:
        text: Words, in any order.
        content_type: The kind.
        category: The category.
        language: The language.
        tags: Tags, as they are written.
        limit: How many results there are at most.

    Raises:
        InvalidRequest: The limit is not a number from 1 up, the tags are not several texts, or the
            type, category or language is empty.
    """

    text: str = ""
    content_type: str | None = None
    category: str | None = None
    language: str | None = None
    tags: tuple[str, ...] = ()
    limit: int = 20

    def __post_init__(self) -> None:
        if type(self.limit) is not int or self.limit < 1:
            raise InvalidRequest(f"limit is a whole number from 1 up, not {self.limit!r}")
        # Not every caller has its types checked, and a text is a sequence of texts.
        given: object = self.tags
        if not isinstance(given, tuple) or not all(isinstance(tag, str) for tag in self.tags):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidRequest(f"tags is a tuple of texts, not {given!r}")
        for name in ("content_type", "category", "language"):
            if getattr(self, name) == "":
                raise InvalidRequest(f"{name} is empty; leave it out, and any will do")

    @property
    def words(self) -> frozenset[str]:
        """The words of its text."""
        return words_in(self.text)

    @property
    def wordless(self) -> bool:
        """Whether it has text, but not one word: then nothing fulfils it."""
        return bool(self.text.strip()) and not self.words

    def fits(self, content: Content) -> bool:
        """Tell whether some content is what is looked for."""
        return (
            self.content_type in (None, content.content_type)
            and self.category in (None, content.category)
            and self.language in (None, content.language)
            and set(self.tags) <= set(content.tags)
            and self.words <= content.words
            and not self.wordless
        )


def words_in(*texts: str) -> frozenset[str]:
    """Return the words of texts: runs of letters and digits, without regard to case."""
    return frozenset(_words(texts))


def _words(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        # Composed and decomposed accents, and full-width letters, are the same to a reader.
        yield from re.findall(r"[^\W_]+", unicodedata.normalize("NFKC", text).casefold())
