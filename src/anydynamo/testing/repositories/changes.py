"""Changes: what is told of items, in which order, from where on and how often."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from pynamodb.attributes import DiscriminatorAttribute

from anydynamo.changes import Checkpoint, TableCheckpoints
from anydynamo.errors import (
    ChangesLost,
    DatabaseClosed,
    InvalidCursor,
    InvalidItem,
    InvalidRequest,
    TableNotFound,
)
from anydynamo.models.table import Attr, Table, attribute

if TYPE_CHECKING:
    from anydynamo.changes import Change
    from anydynamo.database import Database

__all__ = ["ChangesContract"]


class Order(Table, name="orders", stream="NEW_AND_OLD_IMAGES"):
    """A partition and a sort key, other names on the wire, and binary."""

    customer: Attr[str] = attribute(hash_key=True, attr_name="customerId")
    number: Attr[int] = attribute(range_key=True)
    total: Attr[int] = attribute(default=0)
    seal: Attr[bytes | None] = attribute(default=None)


class Line(Table, name="orders"):
    """The same table, and more demands than its items meet."""

    customer: Attr[str] = attribute(hash_key=True, attr_name="customerId")
    number: Attr[int] = attribute(range_key=True)
    article: Attr[str] = attribute()


class Plain(Table, name="plain"):
    """No stream."""

    name: Attr[str] = attribute(hash_key=True)


class Other(Table, name="others", stream="NEW_AND_OLD_IMAGES"):
    """Another stream."""

    name: Attr[str] = attribute(hash_key=True)


class Keys(Table, name="keys", stream="KEYS_ONLY"):
    """Nothing but keys in its stream."""

    name: Attr[str] = attribute(hash_key=True)
    value: Attr[int] = attribute(default=0)


class New(Table, name="new", stream="NEW_IMAGE"):
    """New images in its stream."""

    name: Attr[str] = attribute(hash_key=True)
    value: Attr[int] = attribute(default=0)


class Old(Table, name="old", stream="OLD_IMAGE"):
    """Old images in its stream."""

    name: Attr[str] = attribute(hash_key=True)
    value: Attr[int] = attribute(default=0)


class Animal(Table, name="animals", stream="NEW_AND_OLD_IMAGES"):
    """Classes that share a table."""

    name: Attr[str] = attribute(hash_key=True)
    cls = DiscriminatorAttribute()


class Cat(Animal, discriminator="cat"):
    """One of them."""

    lives: Attr[int] = attribute(default=9)


class Dog(Animal, discriminator="dog"):
    """The other."""

    tricks: Attr[int] = attribute(default=0)


class Place(Table, name="places"):
    """A user's own table for positions."""

    kind: Attr[str] = attribute(hash_key=True)
    name: Attr[str] = attribute(range_key=True)
    reached: Attr[str] = attribute()
    owner: Attr[str] = attribute()


async def told(changes: Any) -> list[Change[Any]]:
    """Return all that changes give; they have to end by themselves."""
    return [change async for change in changes]


class ChangesContract:
    """A subclass gives the `database` fixture."""

    @pytest.fixture
    async def orders(self, database: Database) -> Any:
        """An empty table with a stream."""
        await database.create_tables([Order])
        return database.repository(Order)

    async def test_what_happens_to_an_item_is_told_in_order_with_images_and_key(
        self, database: Database, orders: Any
    ) -> None:
        before = datetime.now(UTC)
        await orders.create(Order(customer="ada", number=1, total=3, seal=b"\x00\xff"))
        await orders.update(("ada", 1), Order.total.set(4))
        await orders.delete(("ada", 1))
        made, changed, gone = await told(database.changes(Order, start="oldest", follow=False))
        first = Order(customer="ada", number=1, total=3, seal=b"\x00\xff")
        second = Order(customer="ada", number=1, total=4, seal=b"\x00\xff")
        assert (made.kind, made.old, made.new) == ("insert", None, first)
        assert (changed.kind, changed.old, changed.new) == ("modify", first, second)
        assert (gone.kind, gone.old, gone.new) == ("remove", second, None)
        assert [change.key for change in (made, changed, gone)] == [("ada", 1)] * 3
        assert int(made.sequence) < int(changed.sequence) < int(gone.sequence)
        assert len({change.id for change in (made, changed, gone)}) == 3
        assert made.shard
        assert not gone.expired
        assert made.time.tzinfo is UTC
        assert abs((made.time - before).total_seconds()) < 120

    async def test_batches_and_transactions_are_told_item_by_item(
        self, database: Database, orders: Any
    ) -> None:
        await orders.put_many(Order(customer="ada", number=number) for number in range(30))
        await database.transact(
            orders.to_put(Order(customer="ada", number=0, total=1)), orders.to_delete(("ada", 1))
        )
        found = await told(database.changes(Order, start="oldest", follow=False))
        assert {change.key for change in found[:30]} == {("ada", number) for number in range(30)}
        assert {(change.kind, change.key) for change in found[30:]} == {
            ("modify", ("ada", 0)),
            ("remove", ("ada", 1)),
        }

    async def test_latest_tells_all_that_happens_after_the_beginning_and_nothing_before(
        self, database: Database, orders: Any
    ) -> None:
        await orders.create(Order(customer="ada", number=1))
        async with database.changes(Order) as changes:
            await orders.create(Order(customer="ada", number=2))
            await orders.create(Order(customer="ada", number=3))
            keys = [(await anext(changes)).key, (await anext(changes)).key]
        assert keys == [("ada", 2), ("ada", 3)]

    async def test_a_beginning_is_fixed_without_a_block_too(
        self, database: Database, orders: Any
    ) -> None:
        changes = database.changes(Order)
        with pytest.raises(InvalidRequest, match="not begun yet"):
            _ = changes.position
        await changes.begin()
        await orders.create(Order(customer="ada", number=1))
        await changes.begin()
        assert (await anext(changes)).key == ("ada", 1)

    async def test_latest_without_following_is_nothing(
        self, database: Database, orders: Any
    ) -> None:
        await orders.create(Order(customer="ada", number=1))
        assert await told(database.changes(Order, follow=False)) == []

    async def test_a_position_of_the_end_tells_what_comes_after_it(
        self, database: Database, orders: Any
    ) -> None:
        await orders.create(Order(customer="ada", number=1))
        async with database.changes(Order) as changes:
            position = changes.position
        await orders.create(Order(customer="ada", number=2))
        found = await told(database.changes(Order, start=position, follow=False))
        assert [change.key for change in found] == [("ada", 2)]

    async def test_every_change_has_a_position_that_tells_the_rest(
        self, database: Database, orders: Any
    ) -> None:
        for number in range(5):
            await orders.create(Order(customer="ada", number=number))
        found = await told(database.changes(Order, start="oldest", follow=False))
        assert len(found) == 5
        for place, change in enumerate(found):
            rest = await told(database.changes(Order, start=change.position, follow=False))
            assert rest == found[place + 1 :]

    async def test_what_was_read_to_its_end_has_a_position_that_tells_what_is_new(
        self, database: Database, orders: Any
    ) -> None:
        await orders.create(Order(customer="ada", number=1))
        changes = database.changes(Order, start="oldest", follow=False)
        assert len(await told(changes)) == 1
        again = database.changes(Order, start=changes.position, follow=False)
        assert await told(again) == []
        await orders.delete(("ada", 1))
        (change,) = await told(database.changes(Order, start=again.position, follow=False))
        assert change.kind == "remove"

    async def test_following_waits_by_the_sessions_sleep_until_something_happens(
        self, database: Database, orders: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        session = database.session
        item = {"customerId": {"S": "ada"}, "number": {"N": "1"}, "total": {"N": "0"}}
        waits: list[float] = []

        async def sleep(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                await session.call("PutItem", {"TableName": orders.table, "Item": item})

        monkeypatch.setattr(session, "sleep", sleep)
        change = await anext(database.changes(Order, poll=7))
        assert change.key == ("ada", 1)
        assert waits == [7, 7, 7]

    async def test_more_changes_than_one_answer_holds_come_in_batches(
        self, database: Database, orders: Any
    ) -> None:
        await orders.put_many(Order(customer="ada", number=number) for number in range(1100))
        batches = await database.changes(Order, start="oldest", follow=False).batches()
        assert len(batches) > 1
        assert all(batches)
        assert {change.key[1] for batch in batches for change in batch} == set(range(1100))

    async def test_a_change_and_then_the_rest_as_a_batch(
        self, database: Database, orders: Any
    ) -> None:
        for number in range(3):
            await orders.create(Order(customer="ada", number=number))
        changes = database.changes(Order, start="oldest", follow=False)
        first = await anext(changes)
        assert changes.position == first.position
        rest = await changes.batch()
        assert rest is not None
        assert [change.key[1] for change in (first, *rest)] == [0, 1, 2]
        assert changes.position == rest[-1].position
        assert await changes.batch() is None

    async def test_a_consumer_that_writes_what_it_reads_comes_to_an_end(
        self, database: Database, orders: Any
    ) -> None:
        await orders.create(Order(customer="ada", number=0))
        seen = 0
        async for change in database.changes(Order, start="oldest", follow=False):
            seen += 1
            await orders.create(Order(customer="ada", number=change.key[1] + 1))
        assert 1 <= seen < 5
        assert await orders.count() == seen + 1

    @pytest.mark.parametrize(
        ("model", "images"),
        [
            (Keys, [(None, None)] * 3),
            (New, [(None, 1), (None, 2), (None, None)]),
            (Old, [(None, None), (1, None), (2, None)]),
        ],
    )
    async def test_images_that_the_stream_leaves_out_are_none(
        self, database: Database, model: Any, images: list[tuple[int | None, int | None]]
    ) -> None:
        await database.create_tables([model])
        items = database.repository(model)
        await items.create(model(name="a", value=1))
        await items.put(model(name="a", value=2))
        await items.delete("a")
        found = await told(database.changes(model, start="oldest", follow=False))
        values = [
            tuple(image and image.value for image in (change.old, change.new)) for change in found
        ]
        assert values == images
        assert [change.kind for change in found] == ["insert", "modify", "remove"]
        assert [change.key for change in found] == ["a"] * 3

    async def test_an_item_comes_as_the_class_that_was_stored(self, database: Database) -> None:
        await database.create_tables([Animal])
        animals = database.repository(Animal)
        await animals.create(Cat(name="Tom"))
        await animals.create(Dog(name="Rex", tricks=3))
        found = await told(database.changes(Animal, start="oldest", follow=False))
        assert [change.new for change in found] == [Cat(name="Tom"), Dog(name="Rex", tricks=3)]

    async def test_an_item_that_does_not_fit_is_an_error_that_can_be_passed_over(
        self, database: Database, orders: Any
    ) -> None:
        lines = database.repository(Line)
        await lines.create(Line(customer="ada", number=1, article="pen"))
        await orders.create(Order(customer="ada", number=2))
        await lines.create(Line(customer="ada", number=3, article="ink"))
        sequences = [
            change.sequence
            for change in await told(database.changes(Order, start="oldest", follow=False))
        ]
        changes = database.changes(Line, start="oldest", follow=False).batches()
        (first,) = await anext(changes)
        with pytest.raises(InvalidItem, match=sequences[1]):
            await anext(changes)
        (last,) = await anext(changes)
        assert [first.new, last.new] == [
            Line(customer="ada", number=1, article="pen"),
            Line(customer="ada", number=3, article="ink"),
        ]
        assert await changes == []

    # Where nothing can be told

    async def test_a_table_without_a_stream_is_refused(self, database: Database) -> None:
        await database.create_tables([Plain])
        with pytest.raises(InvalidRequest, match=r'has no stream.*stream="NEW_AND_OLD_IMAGES"'):
            await told(database.changes(Plain, follow=False))

    async def test_a_table_that_is_not_there_is_not_found(self, database: Database) -> None:
        with pytest.raises(TableNotFound, match="orders"):
            await told(database.changes(Order, follow=False))

    async def test_a_position_of_another_table_is_refused(
        self, database: Database, orders: Any
    ) -> None:
        del orders
        await database.create_tables([Other])
        async with database.changes(Other) as changes:
            position = changes.position
        with pytest.raises(InvalidCursor, match=r"belongs to the stream .*others"):
            await told(database.changes(Order, start=position, follow=False))

    async def test_a_position_in_a_stream_that_was_replaced_says_what_is_lost(
        self, database: Database, orders: Any
    ) -> None:
        del orders
        async with database.changes(Order) as changes:
            position = changes.position
        await database.delete_tables([Order])
        await database.create_tables([Order])
        with pytest.raises(ChangesLost, match="start='oldest'"):
            await told(database.changes(Order, start=position, follow=False))

    async def test_a_closed_database_ends_the_changes(
        self, database: Database, orders: Any
    ) -> None:
        await orders.create(Order(customer="ada", number=1))
        await orders.create(Order(customer="ada", number=2))
        changes = database.changes(Order, start="oldest")
        await anext(changes)
        await anext(changes)
        await database.close()
        with pytest.raises(DatabaseClosed):
            await anext(changes)
        with pytest.raises(DatabaseClosed):
            database.changes(Order)

    # Checkpoints

    async def test_a_consumer_goes_on_after_what_it_handled(
        self, database: Database, orders: Any
    ) -> None:
        await database.create_tables([Checkpoint])
        for number in range(3):
            await orders.create(Order(customer="ada", number=number))
        options: Any = {"start": "oldest", "follow": False, "consumer": "sums", "every": 1}
        died = database.changes(Order, checkpoint=Checkpoint, **options)
        assert [(await anext(died)).key[1], (await anext(died)).key[1]] == [0, 1]
        # Nobody came back for more after the second, so it may not have been handled.
        seen = await told(database.changes(Order, checkpoint=Checkpoint, **options))
        assert [change.key[1] for change in seen] == [1, 2]
        assert await told(database.changes(Order, checkpoint=Checkpoint, **options)) == []
        options["consumer"] = "other"
        assert len(await told(database.changes(Order, checkpoint=Checkpoint, **options))) == 3

    async def test_positions_are_kept_in_a_table_of_the_users_own(
        self, database: Database, orders: Any
    ) -> None:
        await database.create_tables([Place])
        places = database.repository(Place)
        checkpoints = TableCheckpoints(
            getattr(places, "asynchronous", places),
            position="reached",
            key=lambda consumer: ("orders", consumer),
            make=lambda consumer, text: Place(
                kind="orders", name=consumer, reached=text, owner="ada"
            ),
        )
        await orders.create(Order(customer="ada", number=1))
        options: Any = {"follow": False, "checkpoint": checkpoints, "consumer": "sums"}
        assert len(await told(database.changes(Order, start="oldest", **options))) == 1
        await orders.create(Order(customer="ada", number=2))
        (change,) = await told(database.changes(Order, start="oldest", **options))
        assert change.key == ("ada", 2)
        place = await places.get(("orders", "sums"))
        assert (place.owner, place.reached[:3]) == ("ada", "c1.")
