"""The tables are those of document 001, name by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from anydynamo.catalog.forum.models import MODELS, Post, Thread, User, now
from anydynamo.catalog.forum.records import changes, dump, key_of, key_text, load
from anydynamo.errors import InvalidItem, InvalidRequest
from anydynamo.models.schema import schema_of

if TYPE_CHECKING:
    from anydynamo import Table

ALICE = {
    "userId": "1",
    "email": "alice@example.com",
    "name": "Alice",
    "createdAt": "2024-11-20T08:15:00.000Z",
}
DOCUMENTED: dict[type[Table], set[str]] = {
    User: {"userId", "email", "name", "createdAt"},
    Thread: {"threadId", "title", "description", "createdAt"},
    Post: {"postId", "threadId", "userId", "title", "content", "createdAt"},
}
TABLES: dict[type[Table], tuple[str, list[str], dict[str, list[str]]]] = {
    User: ("users", ["userId"], {"EmailIndex": ["email"]}),
    Thread: ("threads", ["threadId"], {"CreatedAtIndex": ["createdAt"]}),
    Post: (
        "posts",
        ["postId", "threadId"],
        {"ThreadIndex": ["threadId", "createdAt"], "UserIndex": ["userId", "createdAt"]},
    ),
}


@pytest.mark.parametrize("model", MODELS)
def test_attributes_have_their_documented_names(model: type[Table]) -> None:
    names = {found.attr_name for found in model.get_attributes().values()}
    assert names == DOCUMENTED[model]


@pytest.mark.parametrize("model", MODELS)
def test_keys_and_indexes_are_the_documented_ones(model: type[Table]) -> None:
    schema = schema_of(model)
    indexes = {name: [key.wire for key in index.keys] for name, index in schema.indexes.items()}
    assert (schema.table_name, [key.wire for key in schema.keys], indexes) == TABLES[model]
    assert {key.type for key in schema.keys} == {"S"}
    assert not any(index.local for index in schema.indexes.values())


@pytest.mark.parametrize("model", MODELS)
def test_tables_are_paid_by_request_and_can_be_restored_to_a_point_in_time(
    model: type[Table],
) -> None:
    schema = schema_of(model)
    assert (schema.billing, schema.point_in_time_recovery) == ("PAY_PER_REQUEST", True)


def test_the_time_is_written_as_javascript_writes_it() -> None:
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", now())
    user = User(user_id="1", email="alice@example.com", name="Alice")
    assert re.fullmatch(r".*\.\d{3}Z", user.created_at)


@pytest.mark.parametrize("text", ["yesterday", "2024-11-20", "2024-11-20T08:15:00", ""])
def test_a_time_without_date_or_offset_is_refused(text: str) -> None:
    with pytest.raises(InvalidItem, match=r"created_at|createdAt"):
        load(User, {**ALICE, "createdAt": text})


def test_a_dictionary_goes_through_a_table_unchanged() -> None:
    assert dump(load(User, ALICE)) == ALICE


def test_undeclared_names_are_kept() -> None:
    row = {**ALICE, "avatar": {"url": "", "size": None, "tags": ["x", 1, 2.5]}}
    assert dump(load(User, row)) == row


def test_what_dynamodb_cannot_hold_is_refused_by_name() -> None:
    with pytest.raises(InvalidItem, match="score"):
        load(User, {**ALICE, "score": float("nan")})


def test_a_complete_item_lacks_nothing() -> None:
    row = {"userId": "1", "name": "Alice"}
    with pytest.raises(InvalidItem, match="it lacks email, createdAt"):
        load(User, row, complete=True)
    with pytest.raises(InvalidItem, match="email"):
        load(User, row)


@pytest.mark.parametrize(("name", "value"), [("userId", 1), ("userId", ""), ("email", None)])
def test_wrong_values_are_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(InvalidRequest, match=r"user_id|email"):
        load(User, {**ALICE, name: value})


def test_keys_are_values_or_tuples() -> None:
    post = Post(post_id="1", thread_id="2", user_id="3", title="", content="")
    assert key_of(load(User, ALICE)) == "1"
    assert key_of(post) == ("1", "2")
    assert key_text(post) == "postId='1', threadId='2'"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nick": "Al"}, "no attribute 'nick'; it has userId"),
        ({"userId": "2"}, "part of the key"),
        ({}, "nothing was given to change"),
    ],
)
def test_changes_that_cannot_be_are_refused(values: dict[str, str], message: str) -> None:
    with pytest.raises(InvalidRequest, match=message):
        changes(User, values)
