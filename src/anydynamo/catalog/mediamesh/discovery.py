"""Trending and popular programs: lists in DynamoDB before a source of truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from pydantic import ValidationError

from anydynamo.catalog.mediamesh.cache_aside import CacheAside
from anydynamo.catalog.mediamesh.settings import MediaMeshSettings
from anydynamo.catalog.mediamesh.values import Program
from anydynamo.errors import InvalidItem, InvalidRequest
from anydynamo.repositories.lists import WholeList
from anydynamo.repositories.transactions import MOST_ACTIONS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from anydynamo.catalog.mediamesh.models import RankedProgram
    from anydynamo.database import Database

__all__ = ["Discovery", "DiscoveryRepository", "DiscoverySource"]

P = TypeVar("P", bound=Program)
P_co = TypeVar("P_co", bound=Program, covariant=True)
R = TypeVar("R", bound="RankedProgram")


class DiscoveryRepository(Generic[P]):
    """The lists of programs in DynamoDB, each of which is read and replaced as a whole.

    Args:
        database: Where they are.
        program: What programs are: `Program`, or a subclass of it.
        settings: The tables, and how long lists stay.
    """

    def __init__(
        self, database: Database, program: type[P], settings: MediaMeshSettings | None = None
    ) -> None:
        settings = settings or MediaMeshSettings()
        self._program = program
        self._trending = _Lists(database, settings.models.trending, settings.trending_seconds)
        self._popular = _Lists(database, settings.models.popular, settings.popular_seconds)

    async def get_trending(self, content_type: str, limit: int | None = None) -> list[P] | None:
        """Return trending programs by rank; None if no list is there, or it has expired.

        Raises:
            InvalidRequest: The content type is empty, or the limit is not above 0.
            InvalidItem: A stored program does not fit.
        """
        return await self._trending.get(content_type, limit, self._program)

    async def store_trending(
        self, content_type: str, programs: Sequence[P], ttl: float | None = None
    ) -> None:
        """Store trending programs, the first one of rank 1, in place of those that are there.

        Args:
            content_type: `PROGRAM`, `EPISODE` or `all`.
            programs: Up to 100 of them. None at all is no list.
            ttl: How many seconds the list stays, where it is not what the settings say.

        Raises:
            InvalidRequest: There are too many, or one cannot be stored; or the time to live is not
                above 0. What was there stays.
        """
        await self._trending.store(content_type, programs, ttl)

    async def get_popular(self, content_type: str, limit: int | None = None) -> list[P] | None:
        """Return popular programs, as `get_trending` does trending ones."""
        return await self._popular.get(content_type, limit, self._program)

    async def store_popular(
        self, content_type: str, programs: Sequence[P], ttl: float | None = None
    ) -> None:
        """Store popular programs, as `store_trending` does trending ones."""
        await self._popular.store(content_type, programs, ttl)


class _Lists(Generic[R]):
    """The lists of one table."""

    def __init__(self, database: Database, model: type[R], seconds: int) -> None:
        self._model = model
        self._seconds = seconds
        self._lists = WholeList(
            database.repository(model), generation=model.generation, size=model.list_size
        )

    async def get(self, content_type: str, limit: int | None, program: type[P]) -> list[P] | None:
        found = await self._lists.read(content_type, limit=limit)
        if found is None:
            return None
        try:
            return [program.model_validate_json(one.data) for one in found]
        except ValidationError as error:
            raise InvalidItem(
                f"A stored program of {content_type!r} is no {program.__name__}: {error}",
            ) from error

    async def store(
        self, content_type: str, programs: Sequence[P], ttl: float | None = None
    ) -> None:
        items = [
            self._model(
                content_type=content_type,
                rank=rank,
                program_id=program.program_id,
                title=program.title,
                description=program.description,
                data=program.model_dump_json(by_alias=True),
            )
            for rank, program in enumerate(programs, start=1)
        ]
        await self._lists.replace(content_type, items, ttl=self._seconds if ttl is None else ttl)


class DiscoverySource(Protocol[P_co]):
    """The source of truth for lists of programs: PostgreSQL, or Redis before it."""

    async def find_trending(self, content_type: str, limit: int) -> Sequence[P_co]:
        """Return the trending programs of a type, by rank."""
        ...

    async def find_popular(self, content_type: str, limit: int) -> Sequence[P_co]:
        """Return the popular programs of a type, by rank."""
        ...


class Discovery(Generic[P]):
    """Trending and popular programs, from DynamoDB where they are there and from a source if not.

    A list that was not there is stored when the source has given it. DynamoDB's failures are logged
    and counted in `cache`, and answers come from the source then.

    Args:
        source: The source of truth.
        repository: The lists in DynamoDB; None where it is not enabled.
        depth: How many programs are asked of the source and stored, up to 100. Were it only as many
            as somebody wanted first, a longer list would be wanted of a shorter one later.
    """

    def __init__(
        self,
        source: DiscoverySource[P],
        repository: DiscoveryRepository[P] | None,
        *,
        depth: int = 50,
    ) -> None:
        if not 1 <= depth <= MOST_ACTIONS:
            raise InvalidRequest(f"depth is 1 to {MOST_ACTIONS}, not {depth!r}")
        self._source = source
        self._repository = repository
        self._depth = depth
        self.cache = CacheAside("discovery")

    async def get_trending(self, content_type: str, limit: int = 10) -> list[P]:
        """Return trending programs by rank.

        Args:
            content_type: `PROGRAM`, `EPISODE` or `all`.
            limit: How many there are at most. More than `depth` come from the source.

        Raises:
            InvalidRequest: The content type is empty, or the limit is not above 0.
            Exception: What the source raises.
        """
        kept = self._repository
        return await self._get(
            content_type,
            limit,
            self._source.find_trending,
            None if kept is None else (kept.get_trending, kept.store_trending),
        )

    async def get_popular(self, content_type: str, limit: int = 10) -> list[P]:
        """Return popular programs, as `get_trending` does trending ones."""
        kept = self._repository
        return await self._get(
            content_type,
            limit,
            self._source.find_popular,
            None if kept is None else (kept.get_popular, kept.store_popular),
        )

    async def _get(
        self,
        content_type: str,
        limit: int,
        find: Callable[[str, int], Awaitable[Sequence[P]]],
        kept: tuple[
            Callable[[str, int], Awaitable[Sequence[P] | None]],
            Callable[[str, Sequence[P]], Awaitable[None]],
        ]
        | None,
    ) -> list[P]:
        if not content_type:
            raise InvalidRequest("A content type is not empty: PROGRAM, EPISODE, all")
        if type(limit) is not int or limit < 1:
            raise InvalidRequest(f"limit is a whole number from 1 up, not {limit!r}")
        if kept is None or limit > self._depth:
            return list((await find(content_type, limit))[:limit])
        get, store = kept
        programs = await self.cache.get_or_load(
            content_type,
            read=lambda: get(content_type, limit),
            load=lambda: find(content_type, self._depth),
            # A source may give more than it was asked for.
            store=lambda found: store(content_type, found[: self._depth]),
        )
        return list(programs[:limit])
