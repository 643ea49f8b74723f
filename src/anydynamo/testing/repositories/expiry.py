"""Items whose time to live is over, and that DynamoDB has not deleted yet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.errors import (
    AlreadyExists,
    ConditionFailed,
    NotFound,
    TransactionCancelled,
)
from anydynamo.models.table import Attr, Table, attribute
from anydynamo.testing.repositories.models import stored

if TYPE_CHECKING:
    from anydynamo.database import Database
    from anydynamo.repositories.repository import Repository
    from anydynamo.testing.repositories.models import Raw

__all__ = ["ExpiryContract", "Ticket"]


class Ticket(Table, name="tickets", expired="hide"):
    """Hidden expiry alone, and a time to live of any precision."""

    ticket_id: Attr[str] = attribute(hash_key=True)
    text: Attr[str] = attribute(default="")
    uses: Attr[int] = attribute(default=0)
    expires: Attr[int | None] = attribute(default=None, ttl=True)


class ExpiryContract:
    """What has expired is absent, though it may be there."""

    @pytest.fixture
    async def tickets(self, database: Database) -> Repository[Ticket]:
        """One ticket that is valid, one that never expires, and one that is over."""
        await database.create_tables([Ticket])
        tickets = database.repository(Ticket)
        await tickets.put_many(
            [
                Ticket(ticket_id="valid", expires=int(time.time()) + 10_000),
                Ticket(ticket_id="endless"),
                Ticket(ticket_id="over", text="old", uses=7, expires=int(time.time()) - 100),
            ]
        )
        return tickets

    async def test_an_expired_item_is_not_seen(
        self, tickets: Repository[Ticket], database: Database, raw: Raw
    ) -> None:
        assert await tickets.find("over") is None
        assert await tickets.find("over", only=[Ticket.text]) is None
        assert not await tickets.exists("over")
        assert len(await tickets.get_many(["over", "valid", "endless"])) == 2
        assert await database.transact_get(tickets.to_get("over")) == (None,)
        assert sorted(one.ticket_id for one in await tickets.scan()) == ["endless", "valid"]
        assert await tickets.query("over") == []
        assert await tickets.count() == 2
        assert await stored(raw, tickets, ticket_id={"S": "over"}) is not None

    async def test_dynamodbs_rules_say_what_has_expired(
        self, tickets: Repository[Ticket], raw: Raw
    ) -> None:
        now = int(time.time())
        values: dict[str, tuple[dict[str, str], bool]] = {
            "ancient": ({"N": str(now - 6 * 366 * 86_400)}, True),
            "fraction": ({"N": f"{now - 100}.5"}, False),
            "milliseconds": ({"N": str((now - 100) * 1000)}, True),
        }
        lax: Any = tickets
        for name, (value, seen) in values.items():
            item = {"ticket_id": {"S": name}, "expires": value}
            await raw("PutItem", {"TableName": tickets.table, "Item": item})
            assert await lax.exists(name) is seen, name
            assert bool(await lax.count(name)) is seen, name
            if seen:
                with pytest.raises(AlreadyExists):
                    await lax.create(Ticket(ticket_id=name))
            await lax.create(Ticket(ticket_id=f"{name} again"))

    async def test_a_time_to_live_that_is_no_number_is_none(
        self, tickets: Repository[Ticket], raw: Raw
    ) -> None:
        item = {"ticket_id": {"S": "text"}, "expires": {"S": str(int(time.time()) - 100)}}
        await raw("PutItem", {"TableName": tickets.table, "Item": item})
        assert await tickets.exists("text")
        assert await tickets.count("text") == 1
        with pytest.raises(AlreadyExists):
            await tickets.create(Ticket(ticket_id="text"))

    async def test_a_write_finds_nothing_where_an_item_has_expired(
        self, tickets: Repository[Ticket], database: Database
    ) -> None:
        with pytest.raises(NotFound):
            await tickets.update("over", Ticket.uses.add(1))
        with pytest.raises(ConditionFailed) as failed:
            await tickets.put(Ticket(ticket_id="over"), condition=Ticket.uses == 7)
        assert (failed.value.item, failed.value.current) == (None, None)
        with pytest.raises(ConditionFailed):
            await tickets.delete("over", condition=Ticket.uses == 7)
        for action in (
            tickets.to_update("over", Ticket.uses.add(1)),
            tickets.to_check("over", Ticket.uses == 7),
        ):
            with pytest.raises(TransactionCancelled) as caught:
                await database.transact(action)
            assert isinstance(caught.value.errors[0], NotFound | ConditionFailed)
            assert "Item" not in caught.value.reasons[0]
        assert await tickets.delete("over", return_old=True) is None

    async def test_a_new_item_takes_the_place_of_an_expired_one(
        self, tickets: Repository[Ticket], database: Database
    ) -> None:
        created = await tickets.create(Ticket(ticket_id="over", text="new"))
        assert await tickets.get("over") == created
        with pytest.raises(AlreadyExists):
            await tickets.create(Ticket(ticket_id="over"))
        for number, write in enumerate((tickets.to_create, tickets.to_put)):
            over = Ticket(ticket_id=f"{number}", expires=int(time.time()) - 100)
            await tickets.put(over)
            await database.transact(write(Ticket(ticket_id=f"{number}", text="new")))
            assert (await tickets.get(f"{number}")).text == "new"

    async def test_conditions_hold_of_an_expired_item_as_of_an_absent_one(
        self, tickets: Repository[Ticket], database: Database
    ) -> None:
        new = Ticket(ticket_id="over", text="new")
        await database.transact(tickets.to_check("over", Ticket.uses.does_not_exist()))
        assert (
            await tickets.put(new, condition=Ticket.uses.does_not_exist(), return_old=True) is None
        )
        assert await tickets.get("over") == new

    async def test_an_upsert_begins_anew(
        self, tickets: Repository[Ticket], database: Database, raw: Raw
    ) -> None:
        assert await tickets.update("over", Ticket.uses.add(1), upsert=True) == Ticket(
            ticket_id="over", uses=1
        )
        assert await tickets.update("over", Ticket.uses.add(1), upsert=True) == Ticket(
            ticket_id="over", uses=2
        )
        over = Ticket(ticket_id="old", text="old", uses=7, expires=int(time.time()) - 100)
        await tickets.put(over)
        await database.transact(
            tickets.to_update("old", Ticket.uses.add(1), upsert=True),
            tickets.to_update("other", Ticket.uses.add(1), upsert=True),
        )
        assert await stored(raw, tickets, ticket_id={"S": "old"}) == {
            "ticket_id": {"S": "old"},
            "uses": {"N": "1"},
        }
        await tickets.put(over)
        with pytest.raises(ConditionFailed):
            await tickets.update(
                "old", Ticket.uses.add(1), upsert=True, condition=Ticket.text == "old"
            )
        assert not await tickets.exists("old")
        await tickets.update(
            "old", Ticket.uses.add(1), upsert=True, condition=Ticket.text.does_not_exist()
        )
        assert (await tickets.get("old")).uses == 1
