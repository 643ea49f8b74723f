"""Files are read and checked as a whole before anything is written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.catalog.forum.migration import Source, read_files, sample_files
from anydynamo.catalog.forum.records import dump
from anydynamo.errors import AnyDynamoError, ConfigurationError, InvalidItem, StoreDamaged

if TYPE_CHECKING:
    from pathlib import Path

USERS = [
    {"userId": "1", "email": "a@example.com", "name": "A", "createdAt": "2024-11-20T08:15:00.000Z"},
    {"userId": "2", "email": "b@example.com", "name": "B", "createdAt": "2024-11-20T09:30:00.000Z"},
]
POSTS = [
    {
        "postId": "1",
        "threadId": thread,
        "userId": "1",
        "title": "",
        "content": "",
        "createdAt": "2024-11-20T10:05:00.000Z",
    }
    for thread in ("1", "2")
]


def write(folder: Path, **tables: Any) -> Path:
    for name in ("users", "threads", "posts"):
        (folder / name).mkdir(exist_ok=True)
        content = tables.get(name, {name: []})
        text = content if isinstance(content, str) else json.dumps(content)
        (folder / name / "db.json").write_text(text, encoding="utf-8")
    return folder


def refused(folder: Path, kind: type[AnyDynamoError], **tables: Any) -> str:
    with pytest.raises(kind) as caught:
        read_files(write(folder, **tables))
    return str(caught.value)


def column(source: Source, name: str) -> set[Any]:
    return {dump(item)[name] for item in source.items}


def test_the_sample_files_are_three_users_two_threads_and_posts_in_each() -> None:
    users, threads, posts = read_files(sample_files())
    assert [source.name for source in (users, threads, posts)] == ["users", "threads", "posts"]
    assert (len(users.items), len(threads.items)) == (3, 2)
    assert len(posts.items) >= 2
    assert column(posts, "userId") <= column(users, "userId")
    assert column(posts, "threadId") == column(threads, "threadId")


@pytest.mark.parametrize("content", [{"users": USERS}, USERS, {"users": USERS, "version": 2}])
def test_a_list_may_stand_alone_or_under_its_name(tmp_path: Path, content: Any) -> None:
    users, threads, posts = read_files(write(tmp_path, users=content))
    assert [dump(user) for user in users.items] == USERS
    assert (threads.items, posts.items) == ((), ())


def test_items_with_a_sort_key_are_told_apart_by_both_parts(tmp_path: Path) -> None:
    *_, posts = read_files(write(tmp_path, posts=POSTS))
    assert len(posts.items) == 2


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path)
    (folder / "threads" / "db.json").unlink()
    with pytest.raises(ConfigurationError, match=r"^threads/db\.json: cannot be read"):
        read_files(folder)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"users": [', "users/db.json: not JSON at line 1"),
        ({"people": []}, "users/db.json: there is no list under \"users\"; it has 'people'"),
        ({}, 'users/db.json: there is no list under "users"; it has nothing'),
        ({"users": {"1": {}}}, 'users/db.json: there is no list under "users"'),
        ('"users"', "users/db.json: expected a list"),
    ],
)
def test_a_file_that_holds_no_list_is_damaged(tmp_path: Path, content: Any, message: str) -> None:
    assert message in refused(tmp_path, StoreDamaged, users=content)


def test_a_missing_key_is_named_with_file_and_place(tmp_path: Path) -> None:
    row = {key: value for key, value in USERS[1].items() if key != "userId"}
    message = refused(tmp_path, InvalidItem, users={"users": [USERS[0], row]})
    assert message.startswith("users/db.json: users[1]: it lacks userId")


def test_a_missing_attribute_is_named_in_a_bare_list_too(tmp_path: Path) -> None:
    row = {key: value for key, value in USERS[0].items() if key != "createdAt"}
    message = refused(tmp_path, InvalidItem, users=[row])
    assert message.startswith("users/db.json: [0]: it lacks createdAt")


@pytest.mark.parametrize(("name", "value"), [("userId", 7), ("userId", ""), ("createdAt", "today")])
def test_a_wrong_value_is_named_with_file_and_place(
    tmp_path: Path, name: str, value: object
) -> None:
    message = refused(tmp_path, InvalidItem, users=[USERS[0], {**USERS[1], name: value}])
    assert message.startswith("users/db.json: [1]: ")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [("email", "", "empty string"), ("biography", "x" * 410_000, "size")],
)
def test_what_dynamodb_would_refuse_is_refused_before(
    tmp_path: Path, name: str, value: object, message: str
) -> None:
    said = refused(tmp_path, InvalidItem, users=[USERS[0], {**USERS[1], name: value}])
    assert said.startswith("users/db.json: [1]: ")
    assert message in said


def test_a_duplicate_names_both_places(tmp_path: Path) -> None:
    message = refused(tmp_path, InvalidItem, users={"users": [*USERS, USERS[0]]})
    assert message == (
        "users/db.json: users[2]: the key userId='1' is that of users/db.json: users[0] already"
    )


def test_something_that_is_no_object_is_refused(tmp_path: Path) -> None:
    message = refused(tmp_path, InvalidItem, users=[USERS[0], "Bob"])
    assert message == "users/db.json: [1]: expected an object, and found str"


def test_the_problems_of_all_files_are_told_at_once_but_not_hundreds(tmp_path: Path) -> None:
    message = refused(tmp_path, InvalidItem, users=[{}] * 3, posts=[{}] * 4)
    assert message.count("users/db.json") == 3
    assert message.count("posts/db.json") == 2
    assert message.endswith("; and 2 more")


def test_two_users_with_one_address_are_refused(tmp_path: Path) -> None:
    twins = [USERS[0], {**USERS[1], "email": USERS[0]["email"]}]
    why = refused(tmp_path, InvalidItem, users={"users": twins})
    assert why == (
        "users/db.json: users[1]: Cannot put '2' in users: email is unique, and '1' has this value"
    )
