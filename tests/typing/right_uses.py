"""Uses that both checkers accept, and the types that they see."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any, assert_type

from tests.typing.tables import Address, Alias, Dated, Event, User

from anydynamo import Action, Condition, GlobalIndex, LocalIndex, Path, size
from anydynamo.models.table import Operand


def instances() -> None:
    user = User(user_id="1", email="a@b.org", age=3, labels={"x"}, address=Address(city="Oslo"))
    assert_type(user, User)
    assert_type(user.user_id, str)
    assert_type(user.email, str)
    assert_type(user.nickname, str | None)
    assert_type(user.height, int | None)
    assert_type(user.balance, Decimal)
    assert_type(user.labels, set[str])
    assert_type(user.scores, list[int])
    assert_type(user.address, Address | None)
    assert_type(user.settings, dict[str, bool])
    assert_type(user.created_at, datetime)
    assert_type(user.undeclared, dict[str, Any])
    assert_type(Alias(aliasId="1").alias_id, str)
    user.age = 4
    user.nickname = None


def paths() -> None:
    assert_type(User.age, Path[int, User])
    assert_type(User.nickname, Path[str | None, User])
    assert_type(User.created_at, Path[datetime, User])
    assert_type(Dated.created_at, Path[datetime, Dated])
    assert_type(User.scores[0], Path[int, User])
    assert_type(User.counts["a"], Path[int, User])
    assert_type(User.address["city"], Path[Any, User])


def conditions() -> None:
    assert_type(User.age == 3, Condition[User])
    assert_type(User.age != User.version, Condition[User])
    assert_type(User.age < 3, Condition[User])
    assert_type(User.age >= 3, Condition[User])
    assert_type(User.nickname == None, Condition[User])  # noqa: E711 # no identity in DynamoDB
    assert_type(User.nickname == "x", Condition[User])
    assert_type(User.age.between(1, 2), Condition[User])
    assert_type(User.age.is_in(1, 2, 3), Condition[User])
    assert_type(User.age.exists(), Condition[User])
    assert_type(User.nickname.does_not_exist(), Condition[User])
    assert_type(User.email.startswith("a"), Condition[User])
    assert_type(User.nickname.startswith("a"), Condition[User])
    assert_type(User.email.contains("@"), Condition[User])
    assert_type(User.labels.contains("x"), Condition[User])
    assert_type(User.scores.contains(1), Condition[User])
    assert_type(size(User.labels) > 3, Condition[User])
    assert_type(User.address["city"] == "Oslo", Condition[User])
    assert_type((User.age > 3) & (User.email == "x") | ~(User.age == 3), Condition[User])


def a_condition_on_an_inherited_attribute() -> None:
    condition: Condition[User] = Dated.created_at > datetime(2026, 1, 1)
    both: Condition[User] = (Dated.created_at > datetime(2026, 1, 1)) & (User.age == 3)
    assert_type(both, Condition[User])
    assert_type(condition & (User.age == 3), Condition[User])


def updates() -> None:
    assert_type(User.age.set(3), Action[User])
    assert_type(User.nickname.set(None), Action[User])
    assert_type(User.age.set(User.age + 1), Action[User])
    assert_type(User.height.set(User.age), Action[User])
    assert_type(User.balance.add(Decimal(1)), Action[User])
    assert_type(User.age.add(1), Action[User])
    assert_type(User.height.add(1), Action[User])
    assert_type(User.labels.add("x", "y"), Action[User])
    assert_type(User.labels.add({"x"}), Action[User])
    assert_type(User.labels.delete("x"), Action[User])
    assert_type(User.scores.set(User.scores.append([1])), Action[User])
    assert_type(User.age.set(User.age | 0), Action[User])
    assert_type(User.age - 1, Operand[int, User])
    assert_type(User.counts["a"].set(1), Action[User])
    assert_type(User.nickname.remove(), Action[User])


def indexes() -> None:
    assert_type(User.by_email, GlobalIndex[str, None])
    assert_type(User.by_nickname, GlobalIndex[str | None, int])
    assert_type(Event.by_age, LocalIndex[int])
