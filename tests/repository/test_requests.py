"""What is asked for, what is sent, and what is refused before it is sent."""

from __future__ import annotations

import functools
import inspect
import operator
import typing
from dataclasses import dataclass
from typing import Any, TypedDict

import pytest
from pydantic import BaseModel, Field
from pynamodb.attributes import DiscriminatorAttribute, MapAttribute, UnicodeAttribute
from pynamodb.expressions.operand import Path, Value
from pynamodb.models import Model
from tests.repository.scripted import ScriptedAdapter, session
from typing_extensions import get_original_bases

from anydynamo import Capacity
from anydynamo.database import Database
from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    InvalidItem,
    InvalidRequest,
    NotFound,
    TransactionCancelled,
    VersionConflict,
)
from anydynamo.models.table import Attr, GlobalIndex, Table, attribute
from anydynamo.repositories import options
from anydynamo.repositories.repository import Repository


class Match(Table, name="matches"):
    """An index with several attributes on each side."""

    match_id: Attr[str] = attribute(hash_key=True)
    league: Attr[str] = attribute(default="a")
    season: Attr[int] = attribute(default=1)
    week: Attr[int] = attribute(default=1)
    day: Attr[str] = attribute(default="mon")
    note: Attr[str] = attribute(default="")

    by_week = GlobalIndex("WeekIndex", hash_key=(league, season), range_key=(week, day))


class Base(Table, name="people"):
    key: Attr[str] = attribute(hash_key=True)
    name: Attr[str] = attribute(default="")


class Other(Table, name="others"):
    key: Attr[str] = attribute(hash_key=True)
    name: Attr[str] = attribute(default="")


class Derived(Base, name="people"):
    age: Attr[int] = attribute(default=0)


class Street(MapAttribute[str, Any]):
    street = UnicodeAttribute()


class Animal(Model):
    class Meta:
        table_name = "animals"

    name = UnicodeAttribute(hash_key=True)
    kind = DiscriminatorAttribute()
    address = Street(null=True)  # type: ignore[no-untyped-call]


class Dog(Animal, discriminator="dog"):
    bark = UnicodeAttribute(default="wuff")


class Locked(Table, name="locked"):
    key: Attr[str] = attribute(hash_key=True)
    version: Attr[int | None] = attribute(version=True, default=None)


def repository(model: Any, *answers: Any) -> tuple[Any, ScriptedAdapter]:
    adapter = ScriptedAdapter(*answers or [{"Items": [], "ScannedCount": 0, "Count": 0}])
    return Repository(session(adapter), model), adapter


def key_condition(adapter: ScriptedAdapter) -> str:
    """Return the key condition that was sent, with names and values put in."""
    _, request = adapter.calls[-1]
    text: str = request["KeyConditionExpression"]
    for name, meant in request["ExpressionAttributeNames"].items():
        text = text.replace(name, meant)
    for name, value in request["ExpressionAttributeValues"].items():
        text = text.replace(name, next(iter(value.values())))
    return text


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ((), "league = x AND season = 2"),
        ((Match.week == 3,), "league = x AND season = 2 AND week = 3"),
        ((Match.week > 3,), "league = x AND season = 2 AND week > 3"),
        (
            (Match.week == 3, Match.day.startswith("m")),
            "league = x AND season = 2 AND week = 3 AND begins_with (day, m)",
        ),
        (
            ((Match.week == 3) & Match.day.between("a", "b"),),
            "league = x AND season = 2 AND week = 3 AND day BETWEEN a AND b",
        ),
    ],
)
async def test_an_index_may_have_several_attributes_on_each_side(
    conditions: tuple[Any, ...], said: str
) -> None:
    matches, adapter = repository(Match)
    await matches.query(Match.by_week, ("x", 2), *conditions)
    assert key_condition(adapter) == said
    assert adapter.calls[-1][1]["IndexName"] == "WeekIndex"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x",), r"tuple of its partition key's values, \(league, season\)"),
        ((("x",),), r"\(league, season\)"),
        ((("x", "y"),), "season"),
        ((("x", 2), Match.day == "mon"), "left to right"),
        ((("x", 2), Match.week > 1, Match.day == "mon"), "Only the last condition"),
        ((("x", 2), Match.week == 1, Match.week == 2), "one condition for each"),
        ((("x", 2), Match.note == "x"), "no condition on the sort key.*week, day"),
        ((("x", 2), Match.week == Match.season), "no condition on the sort key"),
        ((("x", 2), ~(Match.week == 1)), "no condition on the sort key"),
        ((("x", 2), Match.week.is_in(1, 2)), "no condition on the sort key"),
        ((("x", 2), 3), "3 is none"),
        (((None, 2),), "league.*is missing"),
        ((("", 2),), "not empty"),
    ],
)
def test_a_wrong_query_of_such_an_index_is_refused(arguments: tuple[Any, ...], said: str) -> None:
    matches, adapter = repository(Match)
    with pytest.raises(InvalidRequest, match=said):
        matches.query(Match.by_week, *arguments)
    assert adapter.calls == []


def test_a_table_without_a_sort_key_takes_no_condition_on_one() -> None:
    matches, _ = repository(Match)
    with pytest.raises(InvalidRequest, match="which has none"):
        matches.query("x", Match.week == 1)


async def test_names_that_hold_dots_and_reserved_words_are_aliased() -> None:
    class Odd(Table, name="odd"):
        key: Attr[str] = attribute(hash_key=True, attr_name="the.key")
        select: Attr[str] = attribute(default="", attr_name="select")

    odd, adapter = repository(Odd)
    await odd.query("x", filter=Odd.select == "y", only=[Odd.select])
    _, request = adapter.calls[-1]
    assert set(request["ExpressionAttributeNames"].values()) == {"the.key", "select"}
    for name in ("KeyConditionExpression", "FilterExpression", "ProjectionExpression"):
        assert "select" not in request[name]
        assert "the.key" not in request[name]


async def test_a_base_classes_attributes_and_plain_paths_are_the_models_own() -> None:
    people, adapter = repository(Derived)
    await people.scan(filter=(Base.name == "x") & (Path("age") > Value(3)), only=[Path("name")])
    assert len(adapter.calls) == 1
    with pytest.raises(InvalidRequest, match="'name' used here is another model's"):
        people.scan(filter=Other.name == "x")
    with pytest.raises(InvalidRequest, match="no attribute that DynamoDB knows as 'nothing'"):
        people.scan(filter=Path("nothing") == "x")


async def test_models_that_share_a_table_share_their_attributes() -> None:
    item = {"name": {"S": "rex"}, "kind": {"S": "dog"}, "bark": {"S": "wau"}}
    animals, adapter = repository(Animal, {"Items": [item], "ScannedCount": 1})
    found = await animals.scan(filter=(Dog.bark == "wau") & (Animal.address.street == "x"))
    assert isinstance(found[0], Dog)
    await animals.put(Dog(name="rex"))
    assert adapter.calls[-1][1]["Item"]["kind"] == {"S": "dog"}


def test_an_index_is_not_asked_for_what_it_does_not_hold() -> None:
    class Part(Table, name="parts"):
        key: Attr[str] = attribute(hash_key=True)
        maker: Attr[str] = attribute(default="")
        weight: Attr[int] = attribute(default=0)
        price: Attr[int] = attribute(default=0)

        by_maker = GlobalIndex("MakerIndex", hash_key=maker, include=[weight])

    parts, _ = repository(Part)
    parts.query(Part.by_maker, "x", only=[Part.key, Part.maker, Part.weight])
    with pytest.raises(InvalidRequest, match="MakerIndex of parts does not hold price"):
        parts.query(Part.by_maker, "x", only=[Part.price])


def test_parts_of_attributes_are_no_projections() -> None:
    animals, _ = repository(Animal)
    with pytest.raises(InvalidRequest, match="part of an attribute"):
        animals.query("rex", only=[Animal.address.street])
    for wrong in ([], "name", 3, [3], [object()]):
        with pytest.raises(InvalidRequest, match=r"only=|asked for"):
            animals.query("rex", only=wrong)
    with pytest.raises(InvalidRequest, match="no fields"):
        animals.query("rex", only=int)


async def test_a_condition_that_is_nested_too_deeply_is_refused() -> None:
    people, _ = repository(Base)
    deep = functools.reduce(operator.and_, [Base.name == str(n) for n in range(20_000)])
    with pytest.raises(InvalidRequest, match="nested too deeply"):
        await people.put(Base(key="a"), condition=deep)


async def test_what_is_no_condition_and_no_action_is_refused() -> None:
    people, _ = repository(Base)
    with pytest.raises(InvalidRequest, match="this is a bool"):
        await people.put(Base(key="a"), condition=True)
    with pytest.raises(InvalidRequest, match="this is a str"):
        await people.update("a", "name")
    with pytest.raises(InvalidRequest, match="this is a dict"):
        people.scan(filter={"name": "x"})
    with pytest.raises(InvalidRequest, match="cannot be written"):
        people.scan(filter=Path(["name[x]"]) == "y")


class Row(TypedDict):
    name: str
    age: int


class Strict(BaseModel):
    name: str
    age: int = Field(gt=5)


@dataclass
class Pair:
    key: str
    age: int


async def test_a_projection_may_be_any_type_with_fields() -> None:
    item = {"key": {"S": "a"}, "name": {"S": "x"}, "age": {"N": "7"}}
    people, adapter = repository(Derived, {"Item": item})
    assert await people.get("a", only=Row) == {"name": "x", "age": 7}
    assert await people.get("a", only=Strict) == Strict(name="x", age=7)
    assert await people.get("a", only=Pair) == Pair("a", 7)
    assert adapter.calls[-1][1]["ProjectionExpression"] == "#0, #1"
    people, _ = repository(Derived, {"Item": {**item, "age": {"N": "3"}}})
    with pytest.raises(InvalidItem, match=r"no Strict: age: .*greater than 5"):
        await people.get("a", only=Strict)
    people, _ = repository(Derived, {"Item": {"key": {"S": "a"}}})
    with pytest.raises(InvalidItem, match="no Row"):
        await people.get("a", only=Row)


def refused(**given: Any) -> ConditionFailed:
    return ConditionFailed(operation="PutItem", table="locked", **given)


async def test_a_server_that_does_not_show_the_item_is_believed_as_far_as_it_goes() -> None:
    locked, _ = repository(Locked, refused())
    with pytest.raises(AlreadyExists) as caught:
        await locked.create(Locked(key="a"))
    assert (caught.value.item, caught.value.current) == (None, None)
    with pytest.raises(VersionConflict):
        await locked.put(Locked(key="a", version=3))
    people, _ = repository(Base, refused())
    with pytest.raises(NotFound):
        await people.update("a", Base.name.set("x"))


async def test_an_item_in_the_way_that_does_not_fit_the_model_is_shown_as_it_is() -> None:
    broken = {"key": {"S": "a"}, "name": {"N": "1"}}
    people, _ = repository(Base, refused(item=broken))
    with pytest.raises(AlreadyExists) as caught:
        await people.create(Base(key="a"))
    assert caught.value.item == broken
    assert caught.value.current is None


async def test_conditions_say_which_version_is_expected() -> None:
    sent: dict[Any, str] = {}
    for version in (None, 0, 7):
        locked, adapter = repository(Locked, {})
        await locked.put(Locked(key="a", version=version))
        _, request = adapter.calls[-1]
        sent[version] = request["ConditionExpression"]
        assert request["Item"]["version"] == {"N": str((version or 0) + 1)}
    assert sent == {
        None: "attribute_not_exists(#0)",
        0: "(attribute_not_exists(#0) OR #0 = :0)",
        7: "#0 = :0",
    }


async def test_reasons_that_do_not_match_the_actions_are_not_assigned() -> None:
    adapter: Any = ScriptedAdapter(TransactionCancelled("cancelled", reasons=[{"Code": "None"}]))
    database = Database(adapter)
    people = database.repository(Base)
    with pytest.raises(TransactionCancelled, match="cancelled") as caught:
        await database.transact(people.to_put(Base(key="a")), people.to_put(Base(key="b")))
    assert caught.value.errors == (None, None)


async def test_reasons_of_every_kind_become_errors() -> None:
    codes = ["ThrottlingError", "ValidationError", "SomethingNew", "None"]
    reasons = [{"Code": code, "Message": f"said {code}"} for code in codes]
    adapter: Any = ScriptedAdapter(TransactionCancelled("cancelled", reasons=reasons))
    database = Database(adapter)
    people = database.repository(Base)
    with pytest.raises(TransactionCancelled, match="said ValidationError") as caught:
        await database.transact(*[people.to_put(Base(key=key)) for key in "abcd"])
    kinds = [type(error).__name__ for error in caught.value.errors]
    assert kinds == ["Throttled", "InvalidRequest", "ProviderError", "NoneType"]


async def test_a_walk_with_a_filter_looks_at_more_and_more() -> None:
    sizes: list[int | None] = []

    def nothing(operation: str, request: Any) -> dict[str, Any]:
        sizes.append(request.get("Limit"))
        more = {"LastEvaluatedKey": {"key": {"S": "x"}}} if len(sizes) < 5 else {}
        return {"Items": [], "ScannedCount": 0, **more}

    people, _ = repository(Base, nothing)
    assert await people.scan(filter=Base.name == "x", limit=6000) == []
    assert sizes == [6000, 12000, None, None, None]
    sizes.clear()
    assert await people.scan(filter=Base.name == "x", limit=2, page_size=9) == []
    assert sizes == [9] * 5


async def test_counting_goes_on_to_the_end() -> None:
    people, adapter = repository(
        Base,
        {"Count": 2, "ScannedCount": 2, "LastEvaluatedKey": {"key": {"S": "x"}}},
        {"Count": 3, "ScannedCount": 3},
    )
    assert await people.count() == 5
    assert adapter.calls[1][1]["ExclusiveStartKey"] == {"key": {"S": "x"}}
    assert adapter.calls[0][1]["Select"] == "COUNT"


async def test_capacity_is_added_up_by_table_and_index() -> None:
    capacity = Capacity()
    consumed = {
        "TableName": "people",
        "CapacityUnits": 2.5,
        "GlobalSecondaryIndexes": {"I": {"CapacityUnits": 1.5}},
    }
    capacity.add({"ConsumedCapacity": consumed})
    capacity.add({"ConsumedCapacity": [consumed, {"TableName": "other", "CapacityUnits": 1}]})
    capacity.add({})
    assert (capacity.total, capacity.requests) == (6.0, 3)
    assert capacity.tables == {"people": 5.0, "other": 1.0}
    assert capacity.indexes == {("people", "I"): 3.0}


async def test_a_batch_read_asks_for_the_keys_even_if_nobody_wants_them() -> None:
    item = {"key": {"S": "a"}, "name": {"S": "x"}}
    people, adapter = repository(Base, {"Responses": {"people": [item]}})
    assert await people.get_many(["a"], only=[Base.name], consistent=True) == [{"name": "x"}]
    asked = adapter.calls[0][1]["RequestItems"]["people"]
    assert set(asked["ExpressionAttributeNames"].values()) == {"name", "key"}
    assert asked["ConsistentRead"] is True


def test_too_many_segments_and_segments_with_a_limit_are_refused() -> None:
    people, _ = repository(Base)
    for wrong in ({"segments": 1_000_001}, {"segments": 2, "limit": 1}, {"segments": True}):
        with pytest.raises(InvalidRequest, match="segments"):
            people.scan(**wrong)


def test_the_options_of_overloads_are_those_of_the_methods() -> None:
    for typed, method in (
        (options.ReadOptions, Repository.find),
        (options.ManyOptions, Repository.get_many),
        (options.QueryOptions, Repository.query),
        (options.PageOptions, Repository.page),
        (options.ScanOptions, Repository.scan),
        (options.ScanPageOptions, Repository.scan_page),
    ):
        parameters = inspect.signature(method).parameters.values()
        named = {one.name for one in parameters if one.kind is one.KEYWORD_ONLY}
        declared: set[str] = set()
        for base in (typed, *get_original_bases(typed)):
            declared |= set(getattr(typing.get_origin(base) or base, "__annotations__", ()))
        assert declared == named - {"only"}


async def test_a_conflict_tells_no_version_from_version_0() -> None:
    database = Database.open("memory://")
    await database.create_tables([Locked])

    class Unlocked(Table, name="locked"):
        key: Attr[str] = attribute(hash_key=True)
        version: Attr[int | None] = attribute(default=None)

    locked, unlocked = database.repository(Locked), database.repository(Unlocked)
    await unlocked.put(Unlocked(key="a", version=0))
    with pytest.raises(VersionConflict, match="no version was read, and version 0 is stored"):
        await locked.put(Locked(key="a"))
    await unlocked.put(Unlocked(key="a"))
    with pytest.raises(VersionConflict, match="version 3 was read, and none is stored"):
        await locked.put(Locked(key="a", version=3))


async def test_an_update_that_leaves_an_item_unfit_says_that_it_was_made() -> None:
    class Needy(Table, name="needy"):
        key: Attr[str] = attribute(hash_key=True)
        name: Attr[str] = attribute()
        note: Attr[str | None] = attribute(default=None)

    database = Database.open("memory://")
    await database.create_tables([Needy])
    needy = database.repository(Needy)
    with pytest.raises(InvalidItem, match="'a' in needy was changed, and does not fit Needy now"):
        await needy.update("a", Needy.note.set("x"), upsert=True)


async def test_one_key_where_several_belong_deletes_nothing() -> None:
    database = Database.open("memory://")
    await database.create_tables([Base])
    people = database.repository(Base)
    await people.put_many([Base(key="a"), Base(key="b")])
    with pytest.raises(InvalidRequest, match=r"such as \['ab'\]"):
        await people.delete_many("ab")
    with pytest.raises(InvalidRequest, match="and this is one"):
        await people.get_many("ab")
    assert await people.count() == 2


async def test_what_is_no_action_is_refused() -> None:
    database: Any = Database.open("memory://")
    with pytest.raises(InvalidRequest, match=r"actions such as .*this is a str: 'x'"):
        await database.transact("x")
