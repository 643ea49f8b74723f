"""Document 003, from top to bottom, on every provider, awaited and blocking."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from inspect import signature
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo import (
    AlreadyExists,
    Database,
    InvalidCursor,
    InvalidItem,
    InvalidRequest,
    NotFound,
    StoreDamaged,
    sync,
)
from anydynamo.catalog.k9 import (
    MODELS,
    DatabaseManager,
    Embedding,
    Report,
    User,
    blocking,
    repositories,
    table_names,
)
from anydynamo.models.schema import schema_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from tests.targets import Target

    from anydynamo import Table
    from anydynamo.adapters.protocol import DatabaseAdapter

START = datetime(2025, 9, 30, 10, tzinfo=UTC)


def ticking() -> Callable[[], float]:
    """Return a clock on which a second passes with each look."""
    seconds = count(int(START.timestamp()))
    return lambda: float(next(seconds))


class Awaited:
    """Puts `await` in front of the blocking classes, so that one test goes through both."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name in ("users", "reports", "embeddings"):
            return Awaited(found)

        async def call(*arguments: Any, **options: Any) -> Any:
            result = found(*arguments, **options)
            return list(result) if isinstance(result, sync.Results) else result

        return call


@pytest.mark.parametrize("name", repositories.__all__)
def test_blocking_code_has_the_same_verbs_with_the_same_arguments(name: str) -> None:
    def verbs(module: Any) -> dict[str, list[tuple[str, Any, Any]]]:
        return {
            verb: [
                (one.name, one.kind, one.default) for one in signature(function).parameters.values()
            ]
            for verb, function in vars(getattr(module, name)).items()
            if not verb.startswith("_") and callable(function)
        }

    assert verbs(blocking) == verbs(repositories)


@pytest.fixture(params=["awaited", "blocking"])
def blocks(request: pytest.FixtureRequest) -> bool:
    """Whether the test goes through the blocking classes."""
    return bool(request.param == "blocking")


@pytest.fixture
async def place(target: Target, blocks: bool) -> AsyncIterator[DatabaseAdapter]:
    """The provider, which the database closes."""
    adapter = target.adapter(blocking=blocks)
    yield adapter
    if not blocks:
        await adapter.close()


@pytest.fixture
async def k9(place: DatabaseAdapter, blocks: bool) -> AsyncIterator[Any]:
    """The tables of the environment dev, empty."""
    options: dict[str, Any] = {"tables": table_names("dev"), "clock": ticking()}
    if not blocks:
        manager = DatabaseManager(Database(place, **options))
        await manager.create_tables()
        yield manager
        return
    with sync.Database(place, owns_adapter=True, **options) as database:
        twin = blocking.DatabaseManager(database)
        twin.create_tables()
        yield Awaited(twin)


@pytest.fixture
async def raw(target: Target, place: DatabaseAdapter, blocks: bool) -> AsyncIterator[Any]:
    """The provider itself, beside the code under test."""
    if place.info.blocking or not blocks:
        yield place.call
        return
    # The other one belongs to the event loop of the blocking database's own thread.
    own = target.adapter()
    yield own.call
    await own.close()


# Tables Structure


TABLES: dict[type[Table], tuple[str, str, set[str], dict[str, list[str]]]] = {
    User: (
        "k9-users",
        "user_id",
        {"user_id", "name", "email", "avatar_url", "preferences", "created_at", "updated_at"},
        {},
    ),
    Report: (
        "k9-reports",
        "id",
        {
            "id",
            "user_id",
            "title",
            "author",
            "date",
            "reference",
            "favorites",
            "created_at",
            "updated_at",
        },
        {"UserReportsIndex": ["user_id", "created_at"]},
    ),
    Embedding: (
        "k9-embeddings",
        "product_id",
        {"product_id", "model_version", "embedding_vector", "vector_dimension", "created_at"},
        {"ModelVersionIndex": ["model_version"]},
    ),
}


@pytest.mark.parametrize("model", MODELS)
def test_tables_keys_attributes_and_indexes_are_the_documented_ones(model: type[Table]) -> None:
    schema = schema_of(model)
    indexes = {name: [key.wire for key in index.keys] for name, index in schema.indexes.items()}
    attributes = {found.attr_name for found in model.get_attributes().values()}
    assert (schema.table_name, schema.hash_key.wire, attributes, indexes) == TABLES[model]
    assert schema.range_key is None
    assert {index.projection for index in schema.indexes.values()} <= {"ALL"}


@pytest.mark.parametrize("model", MODELS)
def test_tables_are_paid_by_request_and_can_be_restored_to_a_point_in_time(
    model: type[Table],
) -> None:
    schema = schema_of(model)
    assert (schema.billing, schema.point_in_time_recovery) == ("PAY_PER_REQUEST", True)


async def test_each_environment_has_tables_of_its_own(
    adapter: DatabaseAdapter,
) -> None:
    for environment in ("dev", "prod"):
        database = Database(adapter, tables=table_names(environment))
        await database.create_tables(MODELS)
        await DatabaseManager(database).users.create_user(
            User(user_id=environment, name="Ann", email="ann@example.com")
        )
    listed = await adapter.call("ListTables", {})
    assert sorted(listed["TableNames"]) == sorted(
        f"k9-{name}-{environment}"
        for name in ("users", "reports", "embeddings")
        for environment in ("dev", "prod")
    )
    dev = DatabaseManager(Database(adapter, tables=table_names("dev")))
    assert await dev.users.get_user("prod") is None


# User operations


ANN: dict[str, Any] = {"user_id": "u1", "name": "Ann", "email": "ann@example.com"}


async def test_users_are_created_read_and_updated(k9: Any, raw: Any) -> None:
    await k9.users.create_user(User(**ANN, preferences={"theme": "dark", "sizes": [1, 2.5, None]}))
    ann = await k9.users.get_user("u1")
    assert ann.preferences == {"theme": "dark", "sizes": [1, 2.5, None]}
    assert ann.created_at is not None
    assert ann.created_at >= START

    ann.name, ann.avatar_url = "Ann B.", "https://example.com/a.png"
    stored = await k9.users.update_user(ann)
    assert stored.created_at == ann.created_at
    assert stored.updated_at > ann.updated_at

    item = (await raw("GetItem", {"TableName": "k9-users-dev", "Key": {"user_id": {"S": "u1"}}}))[
        "Item"
    ]
    assert item["name"] == {"S": "Ann B."}
    assert item["preferences"]["M"]["theme"] == {"S": "dark"}
    assert item["preferences"]["M"]["sizes"] == {"L": [{"N": "1"}, {"N": "2.5"}, {"NULL": True}]}


async def test_part_of_a_user_can_be_changed(k9: Any) -> None:
    await k9.users.create_user(User(**ANN, avatar_url="https://example.com/a.png"))
    changed = await k9.users.change_user(
        "u1", User.preferences["theme"].set("light"), User.avatar_url.remove()
    )
    assert (changed.name, changed.avatar_url, changed.preferences) == (
        "Ann",
        None,
        {"theme": "light"},
    )


async def test_a_user_is_created_once_and_has_to_be_there_to_be_updated(k9: Any) -> None:
    await k9.users.create_user(User(**ANN))
    with pytest.raises(AlreadyExists):
        await k9.users.create_user(User(**{**ANN, "name": "Eve"}))
    assert (await k9.users.get_user("u1")).name == "Ann"
    with pytest.raises(NotFound):
        await k9.users.update_user(User(**{**ANN, "user_id": "u2"}))
    assert await k9.users.get_user("u2") is None


# Report operations (user-scoped)


def report(number: int, user_id: str = "u1", **values: Any) -> Report:
    return Report(id=f"r{number}", user_id=user_id, **{"title": f"Report {number}", **values})


async def test_reports_are_created_listed_updated_and_deleted(k9: Any, raw: Any) -> None:
    await k9.reports.create_report(
        report(1, author="Ann", date=date(2025, 9, 30), reference="A-1", favorites=["p1", "p2"])
    )
    item = (await raw("GetItem", {"TableName": "k9-reports-dev", "Key": {"id": {"S": "r1"}}}))[
        "Item"
    ]
    assert item["user_id"] == {"S": "u1"}
    assert item["date"] == {"S": "2025-09-30"}
    assert item["favorites"] == {"L": [{"S": "p1"}, {"S": "p2"}]}

    (listed,) = await k9.reports.list_reports("u1")
    assert (listed.title, listed.favorites) == ("Report 1", ["p1", "p2"])

    listed.title, listed.author = "Another", None
    stored = await k9.reports.update_report(listed)
    assert (stored.title, stored.author, stored.reference) == ("Another", None, "A-1")
    assert (await k9.reports.get_report("r1", "u1")) == stored

    changed = await k9.reports.change_report("r1", "u1", Report.favorites.set(["p3"]))
    assert (changed.title, changed.favorites) == ("Another", ["p3"])

    assert await k9.reports.delete_report("r1", "u1")
    assert not await k9.reports.delete_report("r1", "u1")
    assert await k9.reports.get_report("r1", "u1") is None


async def test_conditions_keep_reports_from_everybody_but_their_user(k9: Any) -> None:
    await k9.reports.create_report(report(1))
    assert await k9.reports.get_report("r1", "u2") is None
    assert (await k9.reports.list_reports("u2")).items == ()
    assert not await k9.reports.delete_report("r1", "u2")
    with pytest.raises(NotFound) as theirs:
        await k9.reports.update_report(report(1, "u2"))
    with pytest.raises(NotFound) as absent:
        await k9.reports.update_report(report(2, "u2"))
    assert str(theirs.value) == str(absent.value).replace("r2", "r1")
    with pytest.raises(NotFound):
        await k9.reports.change_report("r1", "u2", Report.title.set("Mine"))
    with pytest.raises(InvalidRequest, match="user_id"):
        await k9.reports.change_report("r1", "u1", Report.user_id.set("u2"))
    with pytest.raises(AlreadyExists) as taken:
        await k9.reports.create_report(report(1, "u2"))
    assert (taken.value.item, taken.value.current) == (None, None)
    with pytest.raises(InvalidRequest):
        await k9.reports.list_reports("")
    assert (await k9.reports.get_report("r1", "u1")).title == "Report 1"


async def test_reports_come_by_date_page_by_page_the_newest_first(k9: Any) -> None:
    for number in range(5):
        await k9.reports.create_report(report(number))
        await k9.reports.create_report(report(100 + number, "u2"))
    first = await k9.reports.list_reports("u1", limit=2)
    second = await k9.reports.list_reports("u1", limit=2, after=first.next)
    third = await k9.reports.list_reports("u1", limit=2, after=second.next)
    found = [one.id for page in (first, second, third) for one in page]
    assert found == ["r4", "r3", "r2", "r1", "r0"]
    assert third.next is None

    with pytest.raises(InvalidCursor):
        await k9.reports.list_reports("u2", limit=2, after=first.next)

    times = {one.id: one.created_at for page in (first, second, third) for one in page}
    middle = await k9.reports.list_reports("u1", since=times["r1"], until=times["r3"])
    assert [one.id for one in middle] == ["r3", "r2", "r1"]
    assert [one.id for one in await k9.reports.list_reports("u1", since=times["r3"])] == [
        "r4",
        "r3",
    ]
    assert [one.id for one in await k9.reports.list_reports("u1", until=times["r1"])] == [
        "r1",
        "r0",
    ]
    with pytest.raises(InvalidRequest, match="exchange the two"):
        await k9.reports.list_reports("u1", since=times["r3"], until=times["r1"])


# Embedding operations


async def test_embeddings_are_stored_and_found_by_model_version(k9: Any, raw: Any) -> None:
    vector = [0.1, -1 / 3, 3.0, 1e-12, 5e100]
    await k9.embeddings.store_embedding(Embedding.of("p1", "v1", vector))
    await k9.embeddings.store_embedding(Embedding.of("p2", "v1", [0.5]))
    await k9.embeddings.store_embedding(Embedding.of("p3", "v2", [0.5]))

    found = await k9.embeddings.get_embeddings_by_model("v1")
    assert {one.product_id: one.embedding_vector for one in found} == {"p1": vector, "p2": [0.5]}
    assert len(await k9.embeddings.get_embeddings_by_model("v1", limit=1)) == 1

    key = {"TableName": "k9-embeddings-dev", "Key": {"product_id": {"S": "p1"}}}
    item = (await raw("GetItem", key))["Item"]
    assert [float(one["N"]) for one in item["embedding_vector"]["L"]] == vector
    assert item["vector_dimension"] == {"N": "5"}

    assert await k9.embeddings.delete_embedding("p1")
    assert not await k9.embeddings.delete_embedding("p1")
    assert await k9.embeddings.get_embedding("p1") is None


async def test_a_vector_beyond_the_limit_is_refused_before_it_is_sent(k9: Any) -> None:
    long = [1 / (number + 3) for number in range(40_000)]
    with pytest.raises(InvalidItem, match=r"limit for an item is 409,600.*would fit"):
        await k9.embeddings.store_embedding(Embedding.of("p1", "v1", long))
    assert await k9.embeddings.get_embedding("p1") is None


# Data Migration


ROWS = [
    {"id": "r1", "user_id": "u1", "title": "One", "created_at": "2025-09-01T10:00:00"},
    {"id": "r2", "user_id": "u2", "title": "Two", "date": "2025-09-02", "favorites": ["p1"]},
    {"id": "r3", "title": "Nobody's"},
    {"id": "r1", "user_id": "u1", "title": "One again"},
    "nonsense",
    {"id": "r4", "user_id": "u1", "title": 4},
    {"id": "r5", "user_id": "", "title": "Five"},
    {"id": "r6", "user_id": "u1", "title": "Six", "favourites": []},
    {"id": "r7", "user_id": "u1", "title": "Seven", "date": "lately"},
    {"id": {"S": "r8"}, "user_id": "u1", "title": "Eight"},
]


async def test_an_existing_file_is_imported_and_each_problem_named(k9: Any, tmp_path: Path) -> None:
    file = tmp_path / "existing_data.json"
    file.write_text(json.dumps(ROWS), encoding="utf-8")
    done = await k9.reports.import_reports(file)
    assert (done.file, done.found, done.created, done.unchanged, done.complete) == (
        "existing_data.json",
        10,
        2,
        0,
        False,
    )
    reasons = {problem.position: str(problem) for problem in done.problems}
    assert list(reasons) == [2, 3, 4, 5, 6, 7, 8, 9]
    assert reasons[2] == "[2] ('r3'): it lacks user_id; it has id, title"
    assert reasons[3] == "[3] ('r1'): the id is that of [0] already"
    assert reasons[4] == "[4]: expected an object, and found str"
    assert "'title'" in reasons[5]
    assert "'user_id'" in reasons[6]
    assert "no 'favourites'; it has id" in reasons[7]
    assert "'date'" in reasons[8]
    assert reasons[9].startswith("[9]: Report: 'id'")

    one = await k9.reports.get_report("r1", "u1")
    assert one.created_at == datetime(2025, 9, 1, 10, tzinfo=UTC)
    assert (await k9.reports.get_report("r2", "u2")).favorites == ["p1"]
    assert await k9.reports.get_report("r3", "u1") is None

    again = await k9.reports.import_reports(file)
    assert (again.created, again.unchanged, len(again.problems)) == (0, 2, 8)


async def test_an_import_overwrites_nothing_and_shows_nothing_of_others(
    k9: Any, tmp_path: Path
) -> None:
    await k9.reports.create_report(report(1, "u2", title="Secret"))
    file = tmp_path / "existing_data.json"
    file.write_text(json.dumps({"reports": ROWS[:1]}), encoding="utf-8")
    done = await k9.reports.import_reports(file)
    (problem,) = done.problems
    assert "another report under this id" in problem.reason
    assert "Secret" not in problem.reason
    assert (await k9.reports.get_report("r1", "u2")).title == "Secret"


@pytest.mark.parametrize("target", ["memory"], indirect=True)
@pytest.mark.parametrize("content", ['[{"id": 1', '{"users": []}', "7", '[{"a": 1, "a": 2}]'])
async def test_a_file_that_holds_no_reports_changes_nothing(
    k9: Any, tmp_path: Path, content: str
) -> None:
    file = tmp_path / "existing_data.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(StoreDamaged, match=r"existing_data\.json"):
        await k9.reports.import_reports(file)
