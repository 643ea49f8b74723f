"""MediaMesh as its document describes it: hot data with time to live before a source of truth."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from anydynamo import Database, InvalidItem, InvalidRequest, TransactionCancelled, Unavailable
from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.catalog.mediamesh import (
    Content,
    Discovery,
    DiscoveryRepository,
    InProcessSearch,
    MediaMeshSettings,
    Models,
    Program,
    Search,
    SearchQuery,
    SearchRepository,
)
from anydynamo.sync import Database as BlockingDatabase

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from tests.targets import Target

    from anydynamo.adapters.protocol import DatabaseAdapter

# 2024-01-16T12:00:00Z, the document's moment.
NOW = 1_705_406_400


class Clock:
    def __init__(self) -> None:
        self.time = NOW

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def database(adapter: DatabaseAdapter, clock: Clock) -> AsyncIterator[Database]:
    async with Database(adapter, clock=clock) as opened:
        await opened.create_tables(Models())
        yield opened


def programs(*titles: str) -> list[Program]:
    return [
        Program(program_id=f"id-{title}", title=title, description=f"About {title}")
        for title in titles
    ]


def titles(found: list[Program] | None) -> list[str] | None:
    return None if found is None else [program.title for program in found]


class PostgreSQL:
    """The source of truth, which remembers what it was asked."""

    def __init__(self, *titles: str) -> None:
        self.programs = programs(*titles)
        self.asked: list[tuple[str, str, int]] = []

    async def find_trending(self, content_type: str, limit: int) -> list[Program]:
        self.asked.append(("trending", content_type, limit))
        return self.programs[:limit]

    async def find_popular(self, content_type: str, limit: int) -> list[Program]:
        self.asked.append(("popular", content_type, limit))
        return self.programs[:limit]


OCEAN = Content(
    content_id="ocean",
    content_type="PROGRAM",
    title="The Deep Ocean",
    description="Whales, and where they sleep.",
    category="nature",
    language="en",
    tags=("water", "Animals"),
)
OZEAN = Content(
    content_id="ozean",
    content_type="EPISODE",
    title="Tief im Ozean",
    category="nature",
    language="de",
    tags=("water",),
)
TRAINS = Content(content_id="trains", content_type="PROGRAM", title="Trains", category="travel")


# Tables


@pytest.mark.parametrize("target", ["memory", "dynoxide"], indirect=True)
async def test_the_tables_are_those_of_the_document(
    database: Database, adapter: DatabaseAdapter
) -> None:
    described = {}
    for name in ("mediamesh-trending", "mediamesh-popular", "mediamesh-search-index"):
        table = (await adapter.call("DescribeTable", {"TableName": name}))["Table"]
        ttl = (await adapter.call("DescribeTimeToLive", {"TableName": name}))[
            "TimeToLiveDescription"
        ]
        assert ttl["AttributeName"] == "ttl"
        described[name] = (
            [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]],
            {
                index["IndexName"]: [key["AttributeName"] for key in index["KeySchema"]]
                for index in table.get("GlobalSecondaryIndexes") or ()
            },
            {one["AttributeName"]: one["AttributeType"] for one in table["AttributeDefinitions"]},
        )
    key, types = [("contentType", "HASH"), ("rank", "RANGE")], {"contentType": "S", "rank": "N"}
    assert described == {
        "mediamesh-trending": (key, {}, types),
        "mediamesh-popular": (key, {}, types),
        "mediamesh-search-index": (
            [("contentId", "HASH")],
            {"contentType-index": ["contentType"], "category-index": ["category"]},
            {"contentId": "S", "contentType": "S", "category": "S"},
        ),
    }


async def test_a_trending_item_has_the_documented_attributes(
    database: Database, adapter: DatabaseAdapter
) -> None:
    program = Program.model_validate(
        {"programId": "uuid", "title": "Title", "description": "Text", "views": {"today": 7}}
    )
    await DiscoveryRepository(database, Program).store_trending("PROGRAM", [program])
    response = await adapter.call(
        "Query",
        {
            "TableName": "mediamesh-trending",
            "KeyConditionExpression": "contentType = :ct",
            "ExpressionAttributeValues": {":ct": {"S": "PROGRAM"}},
        },
    )
    (item,) = response["Items"]
    assert json.loads(item.pop("data")["S"]) == {
        "programId": "uuid",
        "title": "Title",
        "description": "Text",
        "views": {"today": 7},
    }
    assert len(item.pop("generation")["S"]) > 8
    assert item == {
        "contentType": {"S": "PROGRAM"},
        "rank": {"N": "1"},
        "programId": {"S": "uuid"},
        "title": {"S": "Title"},
        "description": {"S": "Text"},
        "ttl": {"N": str(NOW + 600)},
        "listSize": {"N": "1"},
    }


async def test_an_indexed_item_has_the_documented_attributes(
    database: Database, adapter: DatabaseAdapter
) -> None:
    await SearchRepository(database).index(OCEAN)
    key = {"contentId": {"S": "ocean"}}
    item = (await adapter.call("GetItem", {"TableName": "mediamesh-search-index", "Key": key}))[
        "Item"
    ]
    assert sorted(item.pop("words")["SS"]) == sorted(
        ["the", "deep", "ocean", "whales", "and", "where", "they", "sleep", "water", "animals"]
    )
    assert item == {
        **key,
        "contentType": {"S": "PROGRAM"},
        "title": {"S": "The Deep Ocean"},
        "description": {"S": "Whales, and where they sleep."},
        "category": {"S": "nature"},
        "language": {"S": "en"},
        "tags": {"L": [{"S": "water"}, {"S": "Animals"}]},
        "indexedAt": {"S": "2024-01-16T12:00:00Z"},
        "updatedAt": {"S": "2024-01-16T12:00:00Z"},
        "ttl": {"N": str(NOW + 2_592_000)},
    }


# Discovery: the repositories


async def test_trending_and_popular_lists_are_stored_and_read_by_rank(database: Database) -> None:
    discovery = DiscoveryRepository(database, Program)
    assert await discovery.get_trending("PROGRAM") is None
    await discovery.store_trending("PROGRAM", programs("a", "b", "c"))
    await discovery.store_popular("PROGRAM", programs("x"))
    assert await discovery.get_trending("PROGRAM") == programs("a", "b", "c")
    assert titles(await discovery.get_trending("PROGRAM", limit=2)) == ["a", "b"]
    assert titles(await discovery.get_popular("PROGRAM", limit=2)) == ["x"]
    assert await discovery.get_popular("EPISODE") is None


async def test_a_shorter_list_takes_the_place_of_a_longer_one_whole(database: Database) -> None:
    discovery = DiscoveryRepository(database, Program)
    await discovery.store_trending("all", programs("a", "b", "c"))
    await discovery.store_trending("all", programs("x"))
    assert titles(await discovery.get_trending("all")) == ["x"]


async def test_trending_expires_after_ten_minutes_and_popular_after_five(
    database: Database, clock: Clock
) -> None:
    discovery = DiscoveryRepository(database, Program)
    await discovery.store_trending("PROGRAM", programs("a", "b"))
    await discovery.store_popular("PROGRAM", programs("x", "y"))
    clock.time = NOW + 299
    assert titles(await discovery.get_popular("PROGRAM")) == ["x", "y"]
    clock.time = NOW + 300
    assert await discovery.get_popular("PROGRAM") is None
    assert titles(await discovery.get_trending("PROGRAM")) == ["a", "b"]
    clock.time = NOW + 600
    assert await discovery.get_trending("PROGRAM") is None
    await discovery.store_trending("PROGRAM", programs("c"), ttl=5)
    clock.time = NOW + 605
    assert await discovery.get_trending("PROGRAM") is None


async def test_programs_that_cannot_be_stored_leave_the_old_list(database: Database) -> None:
    discovery = DiscoveryRepository(database, Program)
    await discovery.store_trending("PROGRAM", programs("a"))
    with pytest.raises(InvalidRequest, match=r"101 items, .* at most 100"):
        await discovery.store_trending("PROGRAM", programs(*map(str, range(101))))
    with pytest.raises(InvalidRequest, match="above 0, not -1"):
        await discovery.store_trending("PROGRAM", programs("b"), ttl=-1)
    with pytest.raises(InvalidRequest, match="is 0 bytes long"):
        await discovery.store_trending("", programs("b"))
    with pytest.raises((InvalidRequest, TransactionCancelled), match=r"400 KB.*S3"):
        await discovery.store_trending("PROGRAM", programs("b", "x" * 450_000))
    assert titles(await discovery.get_trending("PROGRAM")) == ["a"]


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_stored_program_that_does_not_fit_is_an_error(database: Database) -> None:
    class Film(Program):
        minutes: int

    discovery = DiscoveryRepository(database, Film)
    await discovery.store_trending("PROGRAM", [Film(program_id="1", title="a", minutes=90)])
    assert (await discovery.get_trending("PROGRAM") or [])[0].minutes == 90
    await DiscoveryRepository(database, Program).store_trending("PROGRAM", programs("b"))
    with pytest.raises(InvalidItem, match=r"'PROGRAM' is no Film: .*\n.*minutes"):
        await discovery.get_trending("PROGRAM")


# Discovery: cache-aside


async def test_a_miss_is_loaded_from_the_source_and_stored(
    database: Database, clock: Clock
) -> None:
    source = PostgreSQL("a", "b", "c")
    discovery = Discovery(source, DiscoveryRepository(database, Program), depth=3)
    assert titles(await discovery.get_trending("PROGRAM", limit=2)) == ["a", "b"]
    assert titles(await discovery.get_trending("PROGRAM", limit=3)) == ["a", "b", "c"]
    assert titles(await discovery.get_popular("PROGRAM", limit=1)) == ["a"]
    assert source.asked == [("trending", "PROGRAM", 3), ("popular", "PROGRAM", 3)]
    assert (discovery.cache.hits, discovery.cache.misses) == (1, 2)

    clock.time += 600
    source.programs = programs("new")
    assert titles(await discovery.get_trending("PROGRAM")) == ["new"]


async def test_more_than_is_kept_comes_from_the_source(database: Database) -> None:
    source = PostgreSQL("a", "b", "c", "d")
    discovery = Discovery(source, DiscoveryRepository(database, Program), depth=2)
    assert titles(await discovery.get_trending("PROGRAM", limit=2)) == ["a", "b"]
    assert titles(await discovery.get_trending("PROGRAM", limit=4)) == ["a", "b", "c", "d"]
    assert titles(await discovery.get_trending("PROGRAM", limit=2)) == ["a", "b"]
    assert source.asked == [("trending", "PROGRAM", 2), ("trending", "PROGRAM", 4)]


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_source_that_gives_more_than_it_was_asked_for_is_kept_too(
    database: Database,
) -> None:
    class Generous(PostgreSQL):
        async def find_trending(self, content_type: str, limit: int) -> list[Program]:
            await super().find_trending(content_type, limit)
            return programs(*map(str, range(150)))

    source = Generous()
    discovery = Discovery(source, DiscoveryRepository(database, Program))
    for _ in range(2):
        assert titles(await discovery.get_trending("PROGRAM", limit=3)) == ["0", "1", "2"]
    assert len(await discovery.get_trending("PROGRAM", limit=50)) == 50
    assert source.asked == [("trending", "PROGRAM", 50)]
    assert discovery.cache.failed_writes == 0


async def test_an_empty_answer_is_asked_again(database: Database) -> None:
    source = PostgreSQL()
    discovery = Discovery(source, DiscoveryRepository(database, Program))
    assert await discovery.get_trending("PROGRAM") == []
    assert await discovery.get_trending("PROGRAM") == []
    assert len(source.asked) == 2


class Down:
    """A DynamoDB that nobody can reach, for some operations."""

    info = ProviderInfo("down", "nowhere", blocking=True)

    def __init__(self, inner: DatabaseAdapter | None = None, *operations: str) -> None:
        self.inner = inner
        self.operations = operations

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        if self.inner is None or operation in self.operations:
            raise Unavailable("Unable to connect to DynamoDB")
        return await self.inner.call(operation, request)

    async def close(self) -> None:
        """Nothing."""


async def test_the_source_answers_where_dynamodb_does_not(
    caplog: pytest.LogCaptureFixture,
) -> None:
    discovery = Discovery(PostgreSQL("a"), DiscoveryRepository(Database(Down()), Program))
    with caplog.at_level(logging.WARNING, "anydynamo.catalog.mediamesh"):
        assert titles(await discovery.get_trending("PROGRAM")) == ["a"]
    assert (discovery.cache.failed_reads, discovery.cache.failed_writes) == (1, 1)
    assert [record.getMessage() for record in caplog.records] == [
        "discovery: cannot read PROGRAM, so its source is asked: Unable to connect to DynamoDB",
        "discovery: cannot write PROGRAM: Unable to connect to DynamoDB",
    ]


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_an_answer_that_cannot_be_stored_is_not_lost(
    database: Database, adapter: DatabaseAdapter
) -> None:
    down = Database(Down(adapter, "TransactWriteItems"))
    discovery = Discovery(PostgreSQL("a"), DiscoveryRepository(down, Program))
    assert titles(await discovery.get_popular("PROGRAM")) == ["a"]
    assert discovery.cache.failed_writes == 1

    large = Discovery(PostgreSQL("x" * 450_000), DiscoveryRepository(database, Program))
    assert [len(program.title) for program in await large.get_popular("PROGRAM")] == [450_000]
    assert large.cache.failed_writes == 1


async def test_the_source_s_own_failure_is_the_caller_s() -> None:
    class Broken(PostgreSQL):
        async def find_trending(self, content_type: str, limit: int) -> list[Program]:
            raise ConnectionError("PostgreSQL is down")

    with pytest.raises(ConnectionError, match="PostgreSQL is down"):
        await Discovery(Broken(), None).get_trending("PROGRAM")


@pytest.mark.parametrize(("content_type", "limit"), [("", 1), ("all", 0), ("all", True)])
async def test_a_question_that_cannot_be_is_not_asked(content_type: str, limit: int) -> None:
    source = PostgreSQL("a")
    with pytest.raises(InvalidRequest):
        await Discovery(source, None).get_trending(content_type, limit)
    assert source.asked == []


@pytest.mark.parametrize("depth", [0, 101])
def test_a_depth_that_no_list_has_is_refused(depth: int) -> None:
    with pytest.raises(InvalidRequest, match="depth is 1 to 100"):
        Discovery(PostgreSQL(), None, depth=depth)


# Search: the repository


ASKED = [
    (SearchQuery("ocean"), {"ocean"}),
    (SearchQuery("OCEAN, deep!"), {"ocean"}),
    (SearchQuery("whales animals"), {"ocean"}),
    (SearchQuery("whales trains"), set()),
    (SearchQuery("oce"), set()),
    (SearchQuery("water"), {"ocean", "ozean"}),
    (SearchQuery("water", language="de"), {"ozean"}),
    (SearchQuery("water", content_type="PROGRAM"), {"ocean"}),
    (SearchQuery(category="nature"), {"ocean", "ozean"}),
    (SearchQuery(category="nature", content_type="EPISODE"), {"ozean"}),
    (SearchQuery(content_type="PROGRAM"), {"ocean", "trains"}),
    (SearchQuery(tags=("water",)), {"ocean", "ozean"}),
    (SearchQuery(tags=("water", "Animals")), {"ocean"}),
    (SearchQuery(tags=("animals",)), set()),
    (SearchQuery(category="sports"), set()),
    (SearchQuery(), {"ocean", "ozean", "trains"}),
    (SearchQuery("?!"), set()),
]


async def test_content_is_found_by_all_that_is_asked(database: Database) -> None:
    index = SearchRepository(database)
    await index.reindex([OCEAN, OZEAN, TRAINS])
    in_process = InProcessSearch([OCEAN, OZEAN, TRAINS])
    for query, found in ASKED:
        for asked in (index, in_process):
            ids = {content.content_id for content in await asked.search(query)}
            assert ids == found, query


async def test_a_limit_is_kept_after_the_filter(database: Database) -> None:
    index = SearchRepository(database)
    count = await index.reindex(
        Content(content_id=str(n), content_type="EPISODE", title=f"Part {n % 2}") for n in range(20)
    )
    assert count == 20
    found = await index.search(SearchQuery("part 1", content_type="EPISODE", limit=7))
    assert len(found) == 7
    assert {content.title for content in found} == {"Part 1"}


async def test_content_comes_back_as_it_was_indexed(database: Database) -> None:
    index = SearchRepository(database)
    for content in (OCEAN, OZEAN, TRAINS):
        await index.index(content)
        assert await index.find(content.content_id) == content
    assert await index.find("nothing") is None


async def test_content_is_changed_and_removed(database: Database, clock: Clock) -> None:
    index = SearchRepository(database)
    await index.index(OCEAN)
    clock.time += 60
    changed = Content(content_id="ocean", content_type="PROGRAM", title="!")
    await index.index(changed)
    assert await index.find("ocean") == changed
    assert await index.search(SearchQuery("ocean")) == []
    assert await index.search(SearchQuery(category="nature")) == []
    stored = await database.repository(Models().content).get("ocean", consistent=True)
    assert (stored.indexed_at, stored.updated_at) == (
        "2024-01-16T12:00:00Z",
        "2024-01-16T12:01:00Z",
    )
    assert stored.words == set()

    await index.remove("ocean")
    await index.remove("ocean")
    assert await index.find("ocean") is None


async def test_content_expires_after_thirty_days_unless_it_is_indexed_again(
    database: Database, clock: Clock
) -> None:
    index = SearchRepository(database)
    await index.index(OCEAN)
    await index.index(TRAINS)
    clock.time += 1_000_000
    await index.index(TRAINS)
    clock.time = NOW + 2_592_000
    assert await index.find("ocean") is None
    assert await index.search(SearchQuery(category="nature")) == []
    assert await index.search(SearchQuery()) == [TRAINS]


@pytest.mark.parametrize(
    "wrong",
    [
        {"content_id": ""},
        {"content_type": ""},
        {"tags": ("water", 7)},
        {"tags": "water"},
        {"category": ""},
        {"colour": "blue"},
    ],
    ids=str,
)
def test_content_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Content(**{"content_id": "1", "content_type": "PROGRAM", "title": "a", **wrong})


@pytest.mark.parametrize(
    "wrong",
    [{"limit": 0}, {"limit": "7"}, {"tags": "ab"}, {"tags": (1,)}, {"category": ""}],
    ids=str,
)
def test_a_query_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequest, match=next(iter(wrong))):
        SearchQuery(**wrong)


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_a_stored_item_that_is_no_content_is_an_error(database: Database) -> None:
    item = Models().content(
        content_id="1", content_type="PROGRAM", title="a", language="", indexed_at="", updated_at=""
    )
    await database.repository(Models().content).put(item)
    with pytest.raises(InvalidItem, match="'1' in the search index is no content"):
        await SearchRepository(database).find("1")


# Search: the documented rule


class FullText(InProcessSearch):
    """Full-text search that counts how often it was asked, and fails if it is told to."""

    asked = 0
    fails = False

    async def search(self, query: SearchQuery) -> list[Content]:
        self.asked += 1
        return await super().search(query)

    async def index(self, content: Content) -> None:
        if self.fails:
            raise ConnectionError("PostgreSQL is down")
        await super().index(content)

    async def remove(self, content_id: str) -> None:
        if self.fails:
            raise ConnectionError("PostgreSQL is down")
        await super().remove(content_id)


async def test_a_simple_query_with_a_hit_is_answered_by_dynamodb(database: Database) -> None:
    full_text = FullText([OCEAN, OZEAN])
    repository = SearchRepository(database)
    await repository.index(OCEAN)
    search = Search(full_text, repository)

    found = await search.search(SearchQuery("ocean"))
    assert (found.source, found.results, full_text.asked) == ("dynamodb", (OCEAN,), 0)

    missed = await search.search(SearchQuery("ozean"))
    assert (missed.source, missed.results, full_text.asked) == ("full_text", (OZEAN,), 1)
    assert (search.cache.hits, search.cache.misses) == (1, 1)


@pytest.mark.parametrize(("length", "source"), [(49, "dynamodb"), (50, "full_text")])
async def test_a_query_of_fifty_characters_is_not_simple(
    database: Database, length: int, source: str
) -> None:
    repository = SearchRepository(database)
    await repository.index(OCEAN)
    found = await Search(FullText([OCEAN]), repository).search(SearchQuery("ocean".ljust(length)))
    assert (found.source, found.results) == (source, (OCEAN,))


async def test_full_text_answers_where_dynamodb_does_not() -> None:
    search = Search(FullText([OCEAN]), SearchRepository(Database(Down())))
    assert (await search.search(SearchQuery("ocean"))).source == "full_text"
    assert search.cache.failed_reads == 1


async def test_content_is_written_to_dynamodb_and_then_to_full_text(database: Database) -> None:
    full_text, repository = FullText(), SearchRepository(database)
    search = Search(full_text, repository)
    assert (await search.index(OCEAN)).ok
    assert await full_text.search(SearchQuery("ocean")) == [OCEAN]
    assert await repository.find("ocean") == OCEAN
    assert (await search.remove("ocean")).ok
    assert await full_text.search(SearchQuery("ocean")) == []
    assert await repository.find("ocean") is None


@pytest.mark.parametrize("target", ["memory"], indirect=True)
async def test_it_is_told_where_content_could_not_be_written(database: Database) -> None:
    full_text = FullText()
    done = await Search(full_text, SearchRepository(Database(Down()))).index(OCEAN)
    assert not done.ok
    assert isinstance(done.dynamodb, Unavailable)
    assert done.full_text is None
    assert await full_text.search(SearchQuery("ocean")) == [OCEAN]

    full_text.fails = True
    search = Search(full_text, SearchRepository(database))
    for done in (await search.index(OCEAN), await search.remove("ocean")):
        assert done.dynamodb is None
        assert isinstance(done.full_text, ConnectionError)


@pytest.mark.parametrize("repository", [None, SearchRepository(Database(Down()))])
async def test_content_that_could_be_written_nowhere_is_an_error(
    repository: SearchRepository | None,
) -> None:
    full_text = FullText()
    full_text.fails = True
    search = Search(full_text, repository)
    for attempt in (search.index(OCEAN), search.remove("ocean")):
        with pytest.raises(ExceptionGroup, match="'ocean' could be written nowhere") as caught:
            await attempt
        assert len(caught.value.exceptions) == (1 if repository is None else 2)


async def test_an_empty_id_is_refused_before_anything_is_removed() -> None:
    with pytest.raises(InvalidRequest, match="A content id is not empty"):
        await Search(FullText([OCEAN]), None).remove("")


async def test_titles_come_first_in_process() -> None:
    aside = Content(content_id="1", content_type="PROGRAM", title="a", description="trains")
    assert await InProcessSearch([aside, TRAINS]).search(SearchQuery("trains")) == [TRAINS, aside]


# The whole, without asyncio


def test_it_all_works_without_asyncio(target: Target, clock: Clock) -> None:
    source = PostgreSQL("a", "b")

    async def work(db: Database) -> tuple[list[str] | None, str]:
        discovery = Discovery(source, DiscoveryRepository(db, Program))
        search = Search(FullText(), SearchRepository(db))
        await search.index(OCEAN)
        await discovery.get_trending("PROGRAM")
        found = await search.search(SearchQuery("whales"))
        return titles(await discovery.get_trending("PROGRAM")), found.source

    adapter = target.adapter(blocking=True)
    with BlockingDatabase(adapter, owns_adapter=True, clock=clock) as database:
        database.create_tables(Models())
        assert database.run(work) == (["a", "b"], "dynamodb")
    assert len(source.asked) == 1


async def test_another_ttl_attribute_is_the_one_on_the_wire(
    adapter: DatabaseAdapter, clock: Clock
) -> None:
    models = Models.expiring_by("expiresAt")
    settings = MediaMeshSettings(models=models, trending_seconds=60, search_seconds=60)
    async with Database(adapter, clock=clock) as database:
        await database.create_tables(models)
        index = SearchRepository(database, settings)
        discovery = DiscoveryRepository(database, Program, settings)
        await index.index(OCEAN)
        await discovery.store_trending("PROGRAM", programs("a"))
        for table in ("mediamesh-search-index", "mediamesh-trending"):
            described = await adapter.call("DescribeTimeToLive", {"TableName": table})
            assert described["TimeToLiveDescription"]["AttributeName"] == "expiresAt"
            (item,) = (await adapter.call("Scan", {"TableName": table}))["Items"]
            assert item["expiresAt"] == {"N": str(NOW + 60)}
            assert "ttl" not in item
        assert await index.search(SearchQuery("whales")) == [OCEAN]
        clock.time += 60
        assert await index.find("ocean") is None
        assert await discovery.get_trending("PROGRAM") is None
