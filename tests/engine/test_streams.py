"""Streams: what is recorded, and how streams are switched on, off, listed and described."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from tests.engine.calling import Engine, N, S, definitions, finished, schema
from tests.engine.streaming import HOUR, OFF, Streamed, on

from anydynamo.engine.items.writes import Changes, Stored
from anydynamo.engine.layout import TABLES, Table


@pytest.fixture
def db() -> Streamed:
    return Streamed()


def short(record: dict[str, Any]) -> tuple[Any, ...]:
    body = record["dynamodb"]
    return record["eventName"], body["Keys"], body.get("OldImage"), body.get("NewImage")


A, A1, A2 = {"pk": S("a")}, {"pk": S("a"), "n": N(1)}, {"pk": S("a"), "n": N(2)}
LIFE: list[tuple[Any, ...]] = [
    ("INSERT", A, None, A1),
    ("MODIFY", A, A1, A2),
    ("REMOVE", A, A2, None),
]


def live(db: Streamed) -> None:
    """Put, change and delete an item."""
    db.put("a", n=N(1))
    db.put("a", n=N(2))
    db.delete("a")


@pytest.mark.parametrize(
    ("view", "old", "new"),
    [
        ("KEYS_ONLY", False, False),
        ("NEW_IMAGE", False, True),
        ("OLD_IMAGE", True, False),
        ("NEW_AND_OLD_IMAGES", True, True),
    ],
)
def test_the_view_says_which_images_a_record_has(view: str, old: bool, new: bool) -> None:
    db = Streamed(view)
    live(db)
    assert [short(record) for record in db.records()] == [
        (name, keys, before if old else None, after if new else None)
        for name, keys, before, after in LIFE
    ]
    assert {record["dynamodb"]["StreamViewType"] for record in db.records()} == {view}


def test_a_record_has_every_member_of_the_services() -> None:
    engine = Engine()
    engine.now = 1_700_000_000.987
    db = Streamed(engine=engine)
    db.put("101", text=S("New item!"))
    (record,) = db.records()
    assert len(record.pop("eventID")) == 32
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
            "Keys": {"pk": S("101")},
            "NewImage": {"pk": S("101"), "text": S("New item!")},
            "SequenceNumber": "170000000098700000001",
            "SizeBytes": 5 + 18,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
    }


def test_the_size_of_a_record_is_that_of_awss_examples() -> None:
    # "Process DynamoDB Streams records with Lambda": the example's event has sizes 26, 59 and 38.
    engine = Engine()
    engine(
        "CreateTable",
        TableName="examples",
        KeySchema=schema("Id"),
        AttributeDefinitions=definitions(Id="N"),
        BillingMode="PAY_PER_REQUEST",
        **on(),
    )
    first, second = S("New item!"), S("This item has changed")
    engine.put("examples", Id=N(101), Message=first)
    engine.put("examples", Id=N(101), Message=second)
    engine("DeleteItem", TableName="examples", Key={"Id": N(101)})
    db = Streamed(engine=engine)
    records = db.records(engine("ListStreams", TableName="examples")["Streams"][0]["StreamArn"])
    assert [record["dynamodb"]["SizeBytes"] for record in records] == [26, 59, 38]


def test_what_changes_nothing_is_not_recorded(db: Streamed) -> None:
    db.put("a", x=N(1), y=N(2))
    db.put("a", x=N("1.0"), y=N(2))
    db.engine("PutItem", TableName="users", Item={"y": N(2), "x": N(1), "pk": S("a")})
    db.delete("b")
    update = {"TableName": "users", "Key": A}
    db.engine("UpdateItem", {**update, "UpdateExpression": "SET x = x REMOVE z"})
    db.engine("UpdateItem", update)
    db.engine(
        "TransactWriteItems",
        TransactItems=[
            {"Put": {"TableName": "users", "Item": {"pk": S("a"), "x": N(1), "y": N(2)}}},
            {
                "ConditionCheck": {
                    "TableName": "users",
                    "Key": {"pk": S("b")},
                    "ConditionExpression": "attribute_not_exists(pk)",
                }
            },
        ],
    )
    assert [record["eventName"] for record in db.records()] == ["INSERT"]


def test_an_update_that_creates_the_bare_item_is_an_insert(db: Streamed) -> None:
    db.engine("UpdateItem", TableName="users", Key=A)
    assert [short(record) for record in db.records()] == [("INSERT", A, None, A)]


def test_a_failed_condition_records_nothing(db: Streamed) -> None:
    db.put("a")
    item = {"TableName": "users", "Item": A1}
    db.engine.refused(
        "ConditionalCheckFailedException",
        "",
        "PutItem",
        {**item, "ConditionExpression": "attribute_not_exists(pk)"},
    )
    assert len(db.records()) == 1


def test_a_batch_records_its_writes_in_their_order_and_per_table(db: Streamed) -> None:
    other = db.create("other")
    db.put("0")
    puts = [{"PutRequest": {"Item": {"pk": S(str(n))}}} for n in range(1, 12)]
    delete = {"DeleteRequest": {"Key": {"pk": S("0")}}}
    db.engine("BatchWriteItem", RequestItems={"users": [*puts, delete], "other": puts})
    assert db.keys() == ["0", *map(str, range(1, 12)), "0"]
    assert db.keys(other) == list(map(str, range(1, 12)))


def test_a_transaction_records_its_actions_together_or_not_at_all(db: Streamed) -> None:
    db.put("old")
    actions: list[Any] = [
        {"Put": {"TableName": "users", "Item": A1}},
        {"Delete": {"TableName": "users", "Key": {"pk": S("old")}}},
        {
            "Update": {
                "TableName": "users",
                "Key": {"pk": S("new")},
                "UpdateExpression": "SET n = :n",
                "ExpressionAttributeValues": {":n": N(1)},
            }
        },
    ]
    never = {
        "ConditionCheck": {
            "TableName": "users",
            "Key": A,
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    refused = [*actions[1:], never]
    db.engine.refused(
        "TransactionCanceledException", "", "TransactWriteItems", TransactItems=refused
    )
    assert db.keys() == ["old"]
    db.engine("TransactWriteItems", TransactItems=actions, ClientRequestToken="once")
    db.engine("TransactWriteItems", TransactItems=actions, ClientRequestToken="once")
    assert [(r["eventName"], r["dynamodb"]["Keys"]["pk"]["S"]) for r in db.records()] == [
        ("INSERT", "old"),
        ("INSERT", "a"),
        ("REMOVE", "old"),
        ("INSERT", "new"),
    ]


def test_a_table_without_a_stream_records_nothing(db: Streamed) -> None:
    db.engine.create("quiet", "pk")
    db.put("a", table="quiet")
    assert db.engine("ListStreams", TableName="quiet") == {"Streams": []}
    assert list(db.spaces()) == ["streams"]


def test_who_wrote_it_is_passed_through(db: Streamed) -> None:
    db.put("a")
    service = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}

    def expire(writer: Any) -> None:
        table = Table.load(writer.get(TABLES, b"users"))
        key = table.key(A)
        changes = Changes(writer, lambda: db.engine.now, identity=service)
        changes.delete(table, key, Stored(writer.get(table.items, key)))
        changes.finish()

    finished(db.engine.store.write(expire))
    put, removed = db.records()
    assert "userIdentity" not in put
    assert removed["eventName"] == "REMOVE"
    assert removed["userIdentity"] == service


def test_an_answer_shares_nothing_with_the_next_one(db: Streamed) -> None:
    db.put("a", tags={"L": [S("x")]})
    (first,) = db.records()
    first["dynamodb"]["NewImage"]["tags"]["L"].clear()
    assert first["dynamodb"]["Keys"]["pk"] is not first["dynamodb"]["NewImage"]["pk"]
    (again,) = db.records()
    assert again["dynamodb"]["NewImage"]["tags"] == {"L": [S("x")]}


def test_sequence_numbers_grow_even_when_the_clock_steps_back(db: Streamed) -> None:
    for number in range(5):
        db.put(str(number))
        db.wait(-60)
    db.wait(3600)
    db.put("later")
    numbers = [record["dynamodb"]["SequenceNumber"] for record in db.records()]
    assert numbers == sorted(set(numbers))
    assert {len(number) for number in numbers} == {21}
    assert db.keys() == ["0", "1", "2", "3", "4", "later"]


def test_before_1970_sequence_numbers_begin_at_nothing() -> None:
    engine = Engine()
    engine.now = -5.0
    db = Streamed(engine=engine)
    db.put("a")
    (record,) = db.records()
    assert record["dynamodb"]["SequenceNumber"] == "000000000000000000001"


def test_event_ids_are_unique_over_tables_and_streams(db: Streamed) -> None:
    other = db.create("other")
    live(db)
    db.put("a", table="other", n=N(1))
    ids = [record["eventID"] for record in [*db.records(), *db.records(other)]]
    assert len(set(ids)) == len(ids)


def test_the_description_agrees_with_the_tables(db: Streamed) -> None:
    table = db.engine("DescribeTable", TableName="users")["Table"]
    described = db.describe()
    assert described.pop("Shards") == [
        {
            "ShardId": described_id(db),
            "SequenceNumberRange": {"StartingSequenceNumber": "170000000000000000000"},
        }
    ]
    assert described == {
        "StreamArn": table["LatestStreamArn"],
        "StreamLabel": table["LatestStreamLabel"],
        "StreamStatus": "ENABLED",
        "StreamViewType": table["StreamSpecification"]["StreamViewType"],
        "CreationRequestDateTime": datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC),
        "TableName": "users",
        "KeySchema": table["KeySchema"],
    }


def described_id(db: Streamed) -> str:
    shard_id: str = db.shards()[0]["ShardId"]
    assert shard_id.startswith("shardId-00000001700000000000-")
    assert len(shard_id) == 37
    return shard_id


def test_a_disabled_stream_is_readable_for_a_day(db: Streamed) -> None:
    db.put("a")
    iterator = db.iterator("LATEST")
    db.put("b")
    described = db.engine("UpdateTable", TableName="users", **OFF)["TableDescription"]
    assert described["LatestStreamArn"] == db.arn
    db.put("c")
    assert db.describe()["StreamStatus"] == "DISABLED"
    (shard,) = db.shards()
    last = db.records()[-1]["dynamodb"]["SequenceNumber"]
    assert shard["SequenceNumberRange"]["EndingSequenceNumber"] == last
    assert db.keys() == ["a", "b"]
    page = db.get(iterator)
    assert [record["dynamodb"]["Keys"] for record in page["Records"]] == [{"pk": S("b")}]
    assert "NextShardIterator" not in page
    db.wait(24 * HOUR)
    assert db.describe()["StreamStatus"] == "DISABLED"
    db.wait(1)
    db.engine.refused(
        "ResourceNotFoundException",
        f"Stream: {db.arn} not found",
        "DescribeStream",
        StreamArn=db.arn,
    )
    assert db.engine("ListStreams") == {"Streams": []}


def test_a_stream_without_records_ends_without_any(db: Streamed) -> None:
    iterator = db.iterator()
    db.engine("UpdateTable", TableName="users", **OFF)
    (shard,) = db.shards()
    numbers = shard["SequenceNumberRange"]
    assert numbers["EndingSequenceNumber"] == numbers["StartingSequenceNumber"]
    for one in (iterator, db.iterator(), db.iterator("LATEST")):
        assert db.get(one) == {"Records": []}


def test_a_stream_that_is_enabled_again_is_a_new_one(db: Streamed) -> None:
    db.put("a")
    db.engine("UpdateTable", TableName="users", **OFF)
    # In the same millisecond: the label is still another one.
    described = db.engine("UpdateTable", TableName="users", **on("KEYS_ONLY"))["TableDescription"]
    again = described["LatestStreamArn"]
    assert again != db.arn
    assert described["LatestStreamLabel"] == "2023-11-14T22:13:20.001"
    db.put("b")
    assert (db.keys(), db.keys(again)) == (["a"], ["b"])
    assert [stream["StreamArn"] for stream in db.engine("ListStreams")["Streams"]] == [
        db.arn,
        again,
    ]


def test_a_deleted_tables_stream_is_readable_for_a_day(db: Streamed) -> None:
    live(db)
    db.engine("DeleteTable", TableName="users")
    assert db.describe()["StreamStatus"] == "DISABLED"
    assert db.keys() == ["a", "a", "a"]
    assert db.engine("ListStreams", TableName="users")["Streams"][0]["StreamArn"] == db.arn
    # A table of the same name, created in the same millisecond, has a stream of its own.
    again = db.create("users")
    assert again != db.arn
    assert db.keys(again) == []
    assert db.keys() == ["a", "a", "a"]


@pytest.mark.parametrize("way", ["CreateTable", "DeleteTable", "UpdateTable", "PutItem"])
def test_a_stream_that_ended_long_ago_leaves_no_bytes(db: Streamed, way: str) -> None:
    other = db.create("other")
    live(db)
    db.engine("DeleteTable", TableName="users")
    assert [len(one) for one in db.spaces().values()] == [2, 3]
    db.wait(24.5 * HOUR)
    if way == "CreateTable":
        db.engine.create("third", "pk")
    elif way == "UpdateTable":
        db.engine("UpdateTable", TableName="other", DeletionProtectionEnabled=True)
    elif way == "DeleteTable":
        db.engine("DeleteTable", TableName="other")
    else:
        db.put("a", table="other")
    # What the put has recorded is in the other table's own.
    assert [len(one) for one in db.spaces().values()] == [1] + [1] * (way == "PutItem")
    assert [one["StreamArn"] for one in db.engine("ListStreams")["Streams"]] == [other]


def test_streams_are_listed_in_pages(db: Streamed) -> None:
    arns = sorted([db.arn, *(db.create(f"table-{number}") for number in range(6))])
    seen: list[str] = []
    page: dict[str, Any] = {"LastEvaluatedStreamArn": None}
    while "LastEvaluatedStreamArn" in page:
        last = page["LastEvaluatedStreamArn"]
        page = db.engine("ListStreams", Limit=2, ExclusiveStartStreamArn=last)
        seen += [stream["StreamArn"] for stream in page["Streams"]]
        assert len(page["Streams"]) <= 2
    assert seen == arns
    (one,) = db.engine("ListStreams", TableName="table-3")["Streams"]
    assert one == {
        "StreamArn": arns[3],
        "TableName": "table-3",
        "StreamLabel": "2023-11-14T22:13:20.000",
    }
    after = {"TableName": "table-3", "ExclusiveStartStreamArn": arns[3]}
    assert db.engine("ListStreams", after) == {"Streams": []}


def test_streams_of_a_table_that_is_not_there_are_not_found(db: Streamed) -> None:
    db.engine.refused(
        "ResourceNotFoundException", "Table: nope not found", "ListStreams", TableName="nope"
    )


@pytest.mark.parametrize("operation", ["DescribeStream", "GetShardIterator"])
def test_an_arn_that_is_none_is_refused_and_one_of_nothing_is_not_found(
    db: Streamed, operation: str
) -> None:
    shard = {"ShardId": db.shards()[0]["ShardId"], "ShardIteratorType": "LATEST"}
    more = shard if operation == "GetShardIterator" else {}
    db.engine.invalid("Invalid StreamArn", operation, StreamArn="arn:" + "x" * 40, **more)
    for other in (
        db.arn.replace("users", "others"),
        db.arn[:-1] + "9",
        db.arn.replace(":us-east-1:", ":eu-west-1:"),
    ):
        db.engine.refused(
            "ResourceNotFoundException",
            f"Requested resource not found: Stream: {other} not found",
            operation,
            StreamArn=other,
            **more,
        )
    db.engine.invalid("Invalid StreamArn", "ListStreams", ExclusiveStartStreamArn="y" * 40)


def test_a_description_without_its_stream_begins_a_new_one(db: Streamed) -> None:
    # As in a JSON file of which somebody removed what was not a list.
    def forget(writer: Any) -> None:
        writer.clear("streams")

    finished(db.engine.store.write(forget))
    db.put("a")
    assert db.keys() == ["a"]
    finished(db.engine.store.write(forget))
    db.engine("UpdateTable", TableName="users", **OFF)
    assert db.describe()["StreamStatus"] == "DISABLED"
