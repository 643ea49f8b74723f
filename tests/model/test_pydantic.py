"""A table is a pydantic type: validated, serialized and described, also inside other models."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from anydynamo import Attr, Json, Table, attribute
from anydynamo.models.codec import codec_of


class User(Table, name="users"):
    """Somebody who may sign in."""

    user_id: Attr[str] = attribute(hash_key=True, attr_name="userId", description="Who it is.")
    age: Attr[Annotated[int, Field(ge=0)] | None] = attribute(default=None)
    blob: Attr[bytes] = attribute(default=b"\xff")
    tags: Attr[set[str]] = attribute(default_factory=set)
    extra: Attr[Json[list[int]]] = attribute(default_factory=list)
    created_at: Attr[datetime] = attribute(
        default=datetime(2026, 1, 1, tzinfo=UTC), attr_name="createdAt"
    )


class Closed(User, name="closed", extra="forbid", strict=True):
    pass


class Team(BaseModel):
    lead: User
    members: list[User] = []


users = TypeAdapter(User)


def test_dicts_are_validated_by_either_name() -> None:
    expected = User(user_id="1", age=3)
    assert users.validate_python({"userId": "1", "age": "3"}) == expected
    assert users.validate_python({"user_id": "1", "age": 3}) == expected
    assert users.validate_json('{"userId": "1", "age": 3, "extra": []}') == expected


def test_an_instance_is_itself() -> None:
    one = User(user_id="1")
    assert users.validate_python(one) is one


def test_errors_are_pydantics_with_their_place() -> None:
    with pytest.raises(ValidationError) as caught:
        Team.model_validate({"lead": {"userId": "1"}, "members": [{"userId": "2", "age": -1}]})
    (problem,) = caught.value.errors()
    assert problem["loc"] == ("members", 0, "age")
    assert problem["type"] == "greater_than_equal"


def test_unknown_keys_are_ignored_or_forbidden() -> None:
    assert users.validate_python({"userId": "1", "odd": 1}).undeclared == {}
    with pytest.raises(ValidationError, match="odd"):
        TypeAdapter(Closed).validate_python({"userId": "1", "odd": 1})
    with pytest.raises(ValidationError, match="odd"):
        TypeAdapter(Closed).validate_json('{"userId": "1", "odd": 1}')


def test_strict_tables_are_validated_strictly() -> None:
    closed = TypeAdapter(Closed)
    assert closed.validate_python({"userId": "1", "age": 1}).age == 1
    assert closed.validate_json('{"userId": "1", "createdAt": "2026-01-01T00:00:00Z"}').age is None
    with pytest.raises(ValidationError, match="valid integer"):
        closed.validate_python({"userId": "1", "age": "1"})


def test_serialization_by_either_name() -> None:
    one = User(user_id="1", age=3, extra=[1])
    plain = users.dump_python(one)
    assert plain["user_id"] == "1"
    assert plain["created_at"] == one.created_at
    shown = users.dump_python(one, mode="json", by_alias=True)
    assert shown == {
        "userId": "1",
        "age": 3,
        "blob": "_w==",
        "tags": [],
        "extra": [1],
        "createdAt": "2026-01-01T00:00:00Z",
    }
    assert users.validate_json(users.dump_json(one, by_alias=True)) == one
    assert users.dump_python(one, include={"age"}) == {"age": 3}


def test_a_table_stands_inside_a_model() -> None:
    team = Team(lead=User(user_id="1"), members=[User(user_id="2")])
    assert Team.model_validate_json(team.model_dump_json(by_alias=True)) == team
    assert team.model_dump()["lead"]["user_id"] == "1"


def test_what_is_undeclared_is_not_shown() -> None:
    item = codec_of(User).encode(User(user_id="1")) | {"hidden": {"S": "x"}}
    assert "hidden" not in users.dump_python(codec_of(User).decode(item))


def test_the_json_schema_describes_the_attributes() -> None:
    schema = users.json_schema()
    assert schema["title"] == "User"
    assert schema["description"] == "Somebody who may sign in."
    assert schema["required"] == ["userId"]
    assert schema["properties"]["userId"]["description"] == "Who it is."
    assert schema["properties"]["extra"]["items"] == {"type": "integer"}
    assert (
        users.json_schema(mode="serialization")["properties"].keys() == schema["properties"].keys()
    )
    assert users.json_schema(by_alias=False)["required"] == ["user_id"]
    assert set(Team.model_json_schema()["$defs"]) == {"User"}


def test_a_nested_model_that_holds_a_table_is_stored() -> None:
    class Kept(Table, name="kept"):
        key: Attr[str] = attribute(hash_key=True)
        team: Attr[Team] = attribute()

    kept = Kept(key="a", team=Team(lead=User(user_id="1", age=3, tags={"x"})))
    item: dict[str, Any] = codec_of(Kept).encode(kept)
    assert item["team"]["M"]["lead"]["M"]["userId"] == {"S": "1"}
    assert codec_of(Kept).decode(item) == kept
