"""Instances: valid from the start, valid after each assignment, and like other values of Python."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any

import pytest
from pydantic import EmailStr, Field, SecretStr, ValidationError

from anydynamo import Attr, InvalidItem, InvalidRequest, Table, attribute
from anydynamo.models.codec import codec_of


class User(Table, name="users"):
    user_id: Attr[str] = attribute(hash_key=True, attr_name="userId")
    email: Attr[EmailStr]
    age: Attr[Annotated[int, Field(ge=0)] | None] = attribute(default=None)
    words: Attr[list[str]] = attribute(default_factory=list)
    secret: Attr[SecretStr | None] = attribute(default=None)
    created_at: Attr[datetime] = attribute(default_factory=lambda: datetime(2026, 1, 1))


class Exacting(Table, name="exacting", strict=True):
    key: Attr[str] = attribute(hash_key=True)
    age: Attr[int] = attribute(default=1)


def user(**changes: Any) -> User:
    return User(**{"user_id": "1", "email": "a@example.org", **changes})


def test_values_are_converted_as_pydantic_does() -> None:
    assert user(age="7").age == 7


def test_strict_tables_convert_nothing() -> None:
    assert Exacting(key="a", age=2).age == 2
    with pytest.raises(InvalidItem, match="'age': Input should be a valid integer"):
        Exacting(key="a", age="2")  # type: ignore[arg-type]
    one = Exacting(key="a")
    with pytest.raises(InvalidItem, match="'age'"):
        one.age = "2"  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"user_id": "1"}, "User: 'email' is missing"),
        ({"user_id": 1, "email": "a@example.org"}, r"'user_id': .*valid string \(got int\)"),
        ({"user_id": "1", "email": "nobody"}, "'email': .*not a valid email"),
        ({"user_id": "1", "email": "a@example.org", "age": -1}, "'age': .*greater than or equal"),
        ({"user_id": "1", "email": "a@example.org", "agee": 1}, "User has no attribute 'agee'; it"),
        ({"userId": "1", "email": "a@example.org"}, "no attribute 'userId'"),
        ({"user_id": "1", "email": "a@example.org", "words": ["a", 1]}, r"'words\.1'"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidItem, match=message) as caught:
        User(**arguments)
    assert isinstance(caught.value, InvalidRequest)
    assert (
        "agee" in arguments
        or "userId" in arguments
        or isinstance(caught.value.__cause__, ValidationError)
    )


def test_messages_do_not_carry_values() -> None:
    with pytest.raises(InvalidItem) as caught:
        user(secret=["hunter2"])
    assert "hunter2" not in str(caught.value)
    assert "hunter2" not in repr(user(secret="hunter2"))


def test_positional_arguments_are_refused() -> None:
    with pytest.raises(TypeError, match="positional"):
        User("1")  # type: ignore[call-arg]


def test_assignments_are_checked() -> None:
    one = user()
    one.age = 5
    one.age = None
    with pytest.raises(InvalidItem, match=r"User: 'age': .*greater"):
        one.age = -1
    assert one.age is None
    with pytest.raises(AttributeError, match="User has no attribute 'agee'; it has user_id"):
        one.agee = 3  # type: ignore[attr-defined]


def test_defaults_are_made_per_instance_and_checked() -> None:
    one, other = user(), user()
    one.words.append("x")
    assert other.words == []
    assert one.created_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_repr_shows_the_constructor() -> None:
    assert repr(user(age=3)).startswith("User(user_id='1', email='a@example.org', age=3, words=[]")


def test_instances_are_equal_by_value_and_class() -> None:
    class Twin(User, name="twins"):
        pass

    assert user() == user()
    assert user() != user(age=1)
    assert user() != Twin(user_id="1", email="a@example.org")
    assert user() != "user"


def test_instances_cannot_be_hashed_because_they_change() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(user())


def test_a_copy_is_apart() -> None:
    one = user(words=["a"])
    shallow, deep = copy.copy(one), copy.deepcopy(one)
    assert one == shallow == deep
    shallow.age = 3
    assert one.age is None
    deep.words.append("b")
    assert one.words == ["a"]
    assert shallow.words is one.words


def test_pickles_come_back_with_what_is_undeclared() -> None:
    item = codec_of(User).encode(user()) | {"odd": {"N": "1"}}
    one = codec_of(User).decode(item)
    for back in (pickle.loads(pickle.dumps(one)), copy.copy(one), copy.deepcopy(one)):
        assert back == one
        assert back.undeclared == {"odd": 1}
        assert codec_of(User).encode(back) == item


def test_pynamodbs_dicts_go_both_ways() -> None:
    one = user(age=3)
    other = user(user_id="2")
    other.from_dynamodb_dict(one.to_dynamodb_dict())
    assert other == one
    other = user(user_id="2")
    other.from_simple_dict(one.to_simple_dict() | {"odd": "x"})
    assert other.age == 3
    assert other.undeclared == {"odd": "x"}


def test_numbers_of_other_types_are_taken_where_nothing_is_lost() -> None:
    class Priced(Table, name="priced"):
        key: Attr[str] = attribute(hash_key=True)
        price: Attr[Decimal] = attribute()
        weight: Attr[float] = attribute()

    one = Priced(key="a", price=3, weight=2)  # type: ignore[arg-type]
    assert (one.price, one.weight) == (Decimal(3), 2.0)
    assert codec_of(Priced).encode(one)["weight"] == {"N": "2.0"}


def test_a_default_is_of_its_type_whether_it_is_made_or_read() -> None:
    class Priced(Table, name="priced"):
        key: Attr[str] = attribute(hash_key=True)
        price: Attr[Decimal] = attribute(default=3)  # type: ignore[arg-type]
        email: Attr[EmailStr] = attribute(default="Ada@EXAMPLE.org")
        since: Attr[datetime] = attribute(default=datetime(2026, 1, 1))

    one = Priced(key="a")
    assert (type(one.price), one.email) == (Decimal, "Ada@example.org")
    assert one.since == datetime(2026, 1, 1, tzinfo=UTC)
    assert codec_of(Priced).decode({"key": {"S": "a"}}) == one
