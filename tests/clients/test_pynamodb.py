"""PynamoDB's own models, as programs have them that know nothing of this library."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pynamodb.attributes import (
    BinaryAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.connection import Connection
from pynamodb.exceptions import (
    DeleteError,
    DoesNotExist,
    PutError,
    TransactWriteError,
    UpdateError,
)
from pynamodb.indexes import (
    AllProjection,
    GlobalSecondaryIndex,
    IncludeProjection,
    LocalSecondaryIndex,
)
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.clients.conftest import Account

FROM = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Tables:
    """Models that are bound to one account, and what their transactions need."""

    car: type[Any]
    counter: type[Any]
    connection: Connection


@pytest.fixture
def tables(account: Account) -> Iterator[Tables]:
    class Where:
        host = account.url
        region = account.region
        aws_access_key_id = account.key
        aws_secret_access_key = account.secret
        billing_mode = "PAY_PER_REQUEST"

    class ByColour(GlobalSecondaryIndex["Car"]):  # type: ignore[no-untyped-call] # PynamoDB's own
        class Meta:
            index_name = "colour"
            projection = AllProjection()

        colour = UnicodeAttribute(hash_key=True)
        wheels = NumberAttribute(range_key=True)

    class ByWheels(LocalSecondaryIndex["Car"]):  # type: ignore[no-untyped-call] # PynamoDB's own
        class Meta:
            index_name = "wheels"
            projection = IncludeProjection(["colour"])

        country = UnicodeAttribute(hash_key=True)
        wheels = NumberAttribute(range_key=True)

    class Engine(MapAttribute[str, Any]):
        cylinders = NumberAttribute()
        maker = UnicodeAttribute(null=True)

    class Car(Model):
        class Meta(Where):
            table_name = "cars"

        country = UnicodeAttribute(hash_key=True)
        plate = UnicodeAttribute(range_key=True)
        colour = UnicodeAttribute(default="red")
        wheels = NumberAttribute(default=4)
        photo = BinaryAttribute(legacy_encoding=False, null=True)
        tags = UnicodeSetAttribute(null=True)
        engine = Engine(null=True)  # type: ignore[no-untyped-call] # PynamoDB's own
        repairs: ListAttribute[Any] = ListAttribute(null=True)
        papers = JSONAttribute(null=True)
        sold_at = UTCDateTimeAttribute(null=True)
        gone_at = TTLAttribute(null=True)
        by_colour = ByColour()
        by_wheels = ByWheels()

    class Counter(Model):
        class Meta(Where):
            table_name = "counters"

        name = UnicodeAttribute(hash_key=True)
        value = NumberAttribute(default=0)
        version = VersionAttribute()

    Car.create_table(wait=True)
    Counter.create_table(wait=True)
    connection = Connection(region=account.region, host=account.url)
    connection.session.set_credentials(account.key, account.secret)
    yield Tables(Car, Counter, connection)
    Car.delete_table(wait=True)
    assert not Car.exists()


def fleet(tables: Tables) -> type[Any]:
    """Save forty cars, in two countries, of two colours."""
    with tables.car.batch_write() as batch:
        for number in range(40):
            batch.save(
                tables.car(
                    "FR" if number < 30 else "IT",
                    f"{number:02}",
                    colour="blue" if number % 2 else "red",
                    wheels=number % 5,
                )
            )
    return tables.car


def plates(cars: Any) -> list[str]:
    return [car.plate for car in cars]


def test_each_attribute_comes_back_as_it_was_saved(tables: Tables) -> None:
    saved = tables.car(
        "FR",
        "1",
        photo=b"\x00\xff",
        tags={"a", "b"},
        engine={"cylinders": 8},
        repairs=[1, "two", {"three": None}],
        papers={"valid": True},
        sold_at=FROM,
        gone_at=FROM + timedelta(days=1),
    )
    saved.save()
    found = tables.car.get("FR", "1", consistent_read=True)
    assert found.attribute_values.keys() == saved.attribute_values.keys()
    assert found.serialize() == saved.serialize()
    assert (found.photo, found.tags, found.engine.cylinders) == (b"\x00\xff", {"a", "b"}, 8)
    assert found.gone_at == FROM + timedelta(days=1)


def test_an_update_action_changes_the_item_and_the_model(tables: Tables) -> None:
    car = tables.car("FR", "1", tags={"a"}, engine={"cylinders": 4}, repairs=["x"], papers=1)
    car.save()
    cars = tables.car
    car.update(
        actions=[
            cars.wheels.set(cars.wheels + 2),
            cars.colour.set("green"),
            cars.engine.cylinders.set(12),
            cars.repairs.set(cars.repairs.append(["y"])),
            cars.tags.add({"b"}),
            cars.papers.remove(),
        ],
        condition=(cars.wheels == 4) & cars.engine.exists() & cars.tags.contains("a"),
    )
    assert (car.wheels, car.colour, car.engine.cylinders) == (6, "green", 12)
    assert (car.repairs, car.tags, car.papers) == (["x", "y"], {"a", "b"}, None)
    behind = cars.get("FR", "1")
    cars("FR", "1", colour="black").save()
    behind.refresh(consistent_read=True)
    assert (behind.colour, behind.tags) == ("black", None)


def test_a_condition_that_fails_names_itself_in_each_kind_of_write(tables: Tables) -> None:
    cars = tables.car
    cars("FR", "1").save()
    with pytest.raises(PutError) as put:
        cars("FR", "1").save(condition=cars.plate.does_not_exist())
    with pytest.raises(UpdateError) as update:
        cars("FR", "2").update(actions=[cars.wheels.set(1)], condition=cars.plate.exists())
    with pytest.raises(DeleteError) as delete:
        cars("FR", "1").delete(condition=cars.wheels > 4)
    codes = [refused.value.cause_response_code for refused in (put, update, delete)]
    assert codes == ["ConditionalCheckFailedException"] * 3
    cars("FR", "1").delete(condition=cars.wheels.between(3, 5))
    with pytest.raises(DoesNotExist):
        cars.get("FR", "1")


def test_queries_page_filter_count_and_go_backwards(tables: Tables) -> None:
    cars = fleet(tables)
    assert plates(cars.query("FR", page_size=7)) == [f"{number:02}" for number in range(30)]
    backwards = cars.query("FR", cars.plate.startswith("1"), scan_index_forward=False, limit=3)
    assert plates(backwards) == ["19", "18", "17"]
    blue = cars.query("FR", cars.plate < "10", filter_condition=cars.colour == "blue")
    assert plates(blue) == ["01", "03", "05", "07", "09"]
    assert cars.count("FR", cars.plate.between("05", "10")) == 6
    first = cars.query("FR", limit=10, attributes_to_get=["plate"])
    assert plates(first) == [f"{number:02}" for number in range(10)]
    rest = cars.query("FR", last_evaluated_key=first.last_evaluated_key)
    assert plates(rest) == [f"{number:02}" for number in range(10, 30)]


def test_indexes_are_queried_and_scanned(tables: Tables) -> None:
    cars = fleet(tables)
    assert plates(cars.by_colour.query("blue", cars.wheels == 3)) == ["03", "13", "23", "33"]
    assert sorted(car.wheels for car in cars.by_wheels.query("IT", cars.wheels > 2)) == [3, 3, 4, 4]
    assert cars.by_colour.count("red") == 20
    assert len(list(cars.by_colour.scan())) == 40


def test_scans_walk_segments_and_filters(tables: Tables) -> None:
    cars = fleet(tables)
    found = [
        plate for half in range(2) for plate in plates(cars.scan(segment=half, total_segments=2))
    ]
    assert sorted(found) == [f"{number:02}" for number in range(40)]
    assert len(list(cars.scan(cars.wheels.is_in(0, 1), page_size=5))) == 16
    assert cars.count() == 40


def test_batches_read_and_delete(tables: Tables) -> None:
    cars = fleet(tables)
    wanted = [("FR", f"{number:02}") for number in range(30)] + [("XX", "1")]
    assert sorted(plates(cars.batch_get(wanted))) == [f"{number:02}" for number in range(30)]
    with cars.batch_write() as batch:
        for car in cars.query("FR"):
            batch.delete(car)
    assert cars.count("FR") == 0
    assert cars.count() == 10


def test_a_transaction_does_all_or_nothing_and_tells_why(tables: Tables) -> None:
    cars, counters, connection = tables.car, tables.counter, tables.connection
    cars("FR", "1").save()
    with TransactWrite(connection=connection, client_request_token="once") as write:
        write.save(cars("FR", "2"))
        write.update(cars("FR", "1"), actions=[cars.wheels.set(3)])
        write.condition_check(cars, "FR", "9", condition=cars.plate.does_not_exist())
        write.save(counters("cars", value=2))
    with TransactGet(connection=connection) as read:
        one, sum_ = read.get(cars, "FR", "1"), read.get(counters, "cars")
        nothing = read.get(cars, "FR", "9")
    assert (one.get().wheels, sum_.get().value) == (3, 2)
    with pytest.raises(DoesNotExist):
        nothing.get()
    refused = TransactWrite(connection=connection)
    refused.delete(cars("FR", "2"))
    refused.save(cars("FR", "1"), condition=cars.plate.does_not_exist())
    with pytest.raises(TransactWriteError) as cancelled, refused:
        pass
    reasons = cancelled.value.cancellation_reasons
    assert [reason.code if reason else None for reason in reasons] == [
        None,
        "ConditionalCheckFailed",
    ]
    assert cars.get("FR", "2").wheels == 4


def test_who_saves_an_old_version_is_refused(tables: Tables) -> None:
    tables.counter("x").save()
    mine, theirs = tables.counter.get("x"), tables.counter.get("x")
    theirs.update(actions=[tables.counter.value.add(1)])
    mine.value = 5
    with pytest.raises(PutError) as refused:
        mine.save()
    assert refused.value.cause_response_code == "ConditionalCheckFailedException"
    mine.refresh()
    assert (mine.value, mine.version) == (1, 2)
    mine.delete()


def test_the_table_of_a_model_has_its_time_to_live(tables: Tables, account: Account) -> None:
    described = account.client().describe_time_to_live(TableName="cars")
    assert described["TimeToLiveDescription"]["AttributeName"] == "gone_at"
    assert described["TimeToLiveDescription"]["TimeToLiveStatus"] in ("ENABLING", "ENABLED")


def test_a_table_is_described_with_its_indexes(tables: Tables) -> None:
    described = tables.car.describe_table()
    assert described["TableStatus"] == "ACTIVE"
    assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["colour"]
    assert [index["IndexName"] for index in described["LocalSecondaryIndexes"]] == ["wheels"]
