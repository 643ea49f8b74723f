"""Trending programs and search before a source of truth: `python examples/mediamesh.py`.

It runs on SQLite, in anydynamo.db. Set the documented variables, such as DYNAMODB_ENABLED=true and
DYNAMODB_ENDPOINT, to run it on DynamoDB, or DYNAMODB_ENABLED=false to do without.
"""

import asyncio

from anydynamo.catalog.mediamesh import (
    Content,
    Discovery,
    DiscoveryRepository,
    InProcessSearch,
    MediaMeshSettings,
    Program,
    Search,
    SearchQuery,
    SearchRepository,
)

CATALOGUE = [
    ("1", "Blue Planet", "The sea, from its surface to its floor.", "nature"),
    ("2", "Cosmos", "From the shores of the ocean of space.", "science"),
    ("3", "Night Mail", "A train, its crew and its letters.", "travel"),
]


class Source:
    """Stands for PostgreSQL."""

    def __init__(self) -> None:
        self.asked = 0

    async def find_trending(self, content_type: str, limit: int) -> list[Program]:
        self.asked += 1
        if content_type not in ("PROGRAM", "all"):
            return []
        return [
            Program(program_id=number, title=title, description=description)
            for number, title, description, _ in CATALOGUE[:limit]
        ]

    async def find_popular(self, content_type: str, limit: int) -> list[Program]:
        return (await self.find_trending(content_type, len(CATALOGUE)))[::-1][:limit]


async def main() -> None:
    settings = MediaMeshSettings.from_env()
    async with settings.open() as db:
        programs = index = None
        if db is not None:
            await db.create_tables(settings.models)
            programs = DiscoveryRepository(db, Program, settings)
            index = SearchRepository(db, settings)

        source = Source()
        discovery = Discovery(source, programs)
        trending = await discovery.get_trending("PROGRAM", limit=2)
        print("Trending:", ", ".join(program.title for program in trending))
        assert trending == await discovery.get_trending("PROGRAM", limit=2)
        popular = await discovery.get_popular("PROGRAM", limit=1)
        print("Popular:", ", ".join(program.title for program in popular))
        # The second question for a list was answered by DynamoDB.
        assert db is None or source.asked <= 2

        search = Search(InProcessSearch(), index)
        for number, title, description, category in CATALOGUE:
            content = Content(
                content_id=number,
                content_type="PROGRAM",
                title=title,
                description=description,
                category=category,
            )
            assert (await search.index(content)).ok
        for query in (SearchQuery("ocean"), SearchQuery("train", category="travel")):
            found = await search.search(query)
            print(f"{query.text}:", ", ".join(content.title for content in found.results))


if __name__ == "__main__":
    asyncio.run(main())
