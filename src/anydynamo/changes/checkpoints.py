"""Checkpoints: where consumers of changes keep how far they are."""

from __future__ import annotations

# The annotations of a table are looked up when it is declared.
from datetime import datetime  # noqa: TC003
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar, cast

from pynamodb.models import Model

from anydynamo.errors import AlreadyExists, InvalidRequest, NotFound
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.repositories.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from anydynamo.repositories.options import Key
    from anydynamo.repositories.session import Session

__all__ = ["Checkpoint", "Checkpoints", "TableCheckpoints", "checkpoints_of"]

M = TypeVar("M", bound=Model)


class Checkpoints(Protocol):
    """Where positions are kept, by the name of their consumer; both may be plain functions too."""

    def load(self, consumer: str) -> Awaitable[str | None] | str | None:
        """Return the position that was saved last; None if there is none."""
        ...

    def save(self, consumer: str, position: str) -> Awaitable[None] | None:
        """Keep a position in place of the one before."""
        ...


class Checkpoint(Table, name="checkpoints"):
    """How far a consumer is; a table for `Database.changes(..., checkpoint=Checkpoint)`."""

    consumer: Attr[str] = attribute(hash_key=True)
    position: Attr[str] = attribute()
    saved_at: Attr[datetime | None] = attribute(default=None, updated=True)


class TableCheckpoints(Generic[M]):
    """Keeps positions in a table.

    Args:
        repository: The table's items.
        position: The attribute that holds a position, by its name in Python.
        key: Returns the key of a consumer's item; without it, its name is the key.
        make: Makes the item of a consumer that has none yet, from its name and a position; needed
            where the item has more required attributes than key and position.

    Raises:
        InvalidRequest: The key cannot be the consumer's name alone, or there is no such attribute.
    """

    def __init__(
        self,
        repository: Repository[M],
        *,
        position: str = "position",
        key: Callable[[str], Key] | None = None,
        make: Callable[[str, str], M] | None = None,
    ) -> None:
        # Not every caller has its types checked, and one that blocks would wait for itself.
        if not isinstance(repository, Repository):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidRequest(
                "Checkpoints are kept by a Repository, and this is a "
                f"{type(repository).__name__}; give `asynchronous` of one that blocks"
            )
        schema = repository.schema
        if (key is None or make is None) and schema.range_key is not None:
            raise InvalidRequest(
                f"{repository.model.__name__} has a sort key, so the name of a consumer is no key: "
                "give key= and make="
            )
        self._repository = repository
        self._position = position
        self._key: Callable[[str], Key] = key or (lambda consumer: consumer)
        self._make: Callable[[str, str], M] = make or self._made

    async def load(self, consumer: str) -> str | None:
        """Return the position that was saved last; None if there is none."""
        found = await self._repository.find(
            self._key(consumer), only=[self._position], consistent=True
        )
        return None if found is None else found[self._position]

    async def save(self, consumer: str, position: str) -> None:
        """Keep a position in place of the one before."""
        attribute: Any = getattr(self._repository.model, self._position)
        action = attribute.set(position)
        try:
            await self._repository.update(self._key(consumer), action)
        except NotFound:
            try:
                await self._repository.create(self._make(consumer, position))
            except AlreadyExists:
                await self._repository.update(self._key(consumer), action)

    def _made(self, consumer: str, position: str) -> M:
        model = cast("Callable[..., M]", self._repository.model)
        hash_key = self._repository.schema.hash_key.name
        return model(**{hash_key: consumer, self._position: position})


def checkpoints_of(session: Session, given: Checkpoints | type[Model]) -> Checkpoints:
    """Return where positions are kept, given that or the model of a table for them.

    Raises:
        InvalidRequest: It is neither.
    """
    if isinstance(given, type):
        return TableCheckpoints(Repository(session, given))
    # Not every caller has its types checked, and a checkpoint is wanted long after it was given.
    if not (hasattr(given, "load") and hasattr(given, "save")):
        raise InvalidRequest(
            f"Positions are kept by something with load and save, or in a model's table, and not "
            f"by {given!r}"
        )
    return given
