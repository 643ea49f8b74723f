"""Uses that both checkers refuse, on each line that ends in `# E` and on no other."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from tests.typing.tables import Dated, Event, User

import anydynamo
from anydynamo.database import Database
from anydynamo.models.attributes import attribute
from anydynamo.models.table import Attr, Condition, GlobalIndex, Table

if TYPE_CHECKING:
    from anydynamo.repositories.repository import Repository


def names() -> None:
    _ = anydynamo.Tabel  # E
    from anydynamo import nonsense  # noqa: F401  # E


def on_user(condition: Condition[User]) -> None:
    raise NotImplementedError(condition)


def on_dated(condition: Condition[Dated]) -> None:
    raise NotImplementedError(condition)


def constructors() -> None:
    User(user_id="1")  # E
    User(user_id=1, email="a@b.org")  # E
    User(user_id="1", email="a@b.org", shoe_size=43)  # E
    User("1", email="a@b.org")  # E
    User(userId="1", email="a@b.org")  # E


def assignments(user: User) -> None:
    user.age = "x"  # E
    user.user_id = None  # E
    user.agee = 3  # E


def comparisons() -> None:
    on_user(User.age < "x")  # E
    User.age.between(1, "x")  # E
    User.age.is_in(1, "x")  # E
    User.age.startswith("x")  # E
    User.email.startswith(1)  # E
    User.labels.contains(1)  # E
    User.age.contains(1)  # E
    User.unknown.exists()  # E
    on_user(User.age == "x")  # E
    on_user(User.age != "x")  # E
    on_user(User.nickname == 3)  # E


def tables() -> None:
    on_user(Event.age == 3)  # E
    on_user((User.age == 3) & (Event.age == 3))  # E
    on_dated(User.created_at > datetime(2026, 1, 1))  # E


def updates() -> None:
    User.age.set("x")  # E
    User.age.set(None)  # E
    User.age.set(User.email)  # E
    User.age.add("x")  # E
    User.age.delete(1)  # E
    User.labels.add(1)  # E
    User.email.append(["x"])  # E
    User.age.set(Event.age)  # E
    User.scores["a"].exists()  # E
    User.email + 1  # E


class Misdeclared(Table, name="misdeclared"):
    key: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(default="x")  # E
    names: Attr[list[str]] = attribute(default_factory=dict)  # E
    unknown: Attr[int] = attribute(column="Unknown")  # E

    by_text = GlobalIndex("ByText", hash_key="key")  # E


async def operations(users: Repository[User], user: User) -> None:
    await users.put(user, condition=User.age == "x")  # E
    await users.put(user, condition=Event.age == 3)  # E
    await users.put(Event(campaign="x", number=1))  # E
    await users.update("1", Event.age.set(3))  # E
    users.query(User.by_email, 3)  # E
    await users.get("1", only=[Event.age])  # E


def observers(names: list[str]) -> None:
    Database.open("memory://", observer=names.append)  # E
    Database.open("memory://", observer="log")  # E
