"""Two hundred sign-ups with one address, from threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from anydynamo import Attr, Table, UniqueViolation, attribute, sync

if TYPE_CHECKING:
    from tests.targets import Target


class Account(Table, name="accounts"):
    account_id: Attr[str] = attribute(hash_key=True)
    email: Attr[str] = attribute(unique=str.casefold)


@pytest.mark.parametrize("target", ["json", "sqlite"], indirect=True)
def test_of_two_hundred_threads_that_want_one_value_one_gets_it(target: Target) -> None:
    with ExitStack() as stack:
        # Only SQLite lets two have one file open.
        databases = [
            stack.enter_context(sync.Database.open(target.url))
            for _ in range(2 if target.name == "sqlite" else 1)
        ]
        databases[0].create_tables([Account])
        repositories = [database.repository(Account) for database in databases]

        def sign_up(number: int) -> Account | UniqueViolation:
            email = "Ada@example.com" if number % 3 else "ada@EXAMPLE.com"
            account = Account(account_id=str(number), email=email)
            try:
                return repositories[number % len(repositories)].create(account)
            except UniqueViolation as error:
                return error

        with ThreadPoolExecutor(16) as threads:
            outcomes = list(threads.map(sign_up, range(200)))
        made = [one for one in outcomes if isinstance(one, Account)]
        assert len(made) == 1
        assert list(repositories[-1].scan()) == made
        assert {one.owner for one in outcomes if isinstance(one, UniqueViolation)} == {
            made[0].account_id
        }
        assert repositories[0].check_unique().ok
