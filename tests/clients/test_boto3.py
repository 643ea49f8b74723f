"""boto3's client and resource, and the paginators and waiters that botocore has for them."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from boto3.dynamodb.conditions import Attr, Key
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer
from botocore.exceptions import WaiterError
from tests.clients.conftest import BUCKET
from tests.server.asking import create

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.clients.conftest import Account

SORTED: Mapping[str, Any] = {
    "TableName": "things",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "sk", "AttributeType": "N"},
        {"AttributeName": "colour", "AttributeType": "S"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by_colour",
            "KeySchema": [
                {"AttributeName": "colour", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "BillingMode": "PAY_PER_REQUEST",
}
VALUES: Mapping[str, Any] = {
    "text": "ä€𝄞",
    "number": Decimal("-1.25E-7"),
    "many_digits": Decimal("12345678901234567890123456789012345678"),
    "binary": Binary(b"\x00\xff"),
    "yes": True,
    "nothing": None,
    "texts": {"a", "b"},
    "numbers": {Decimal(1), Decimal("2.5")},
    "binaries": {Binary(b"\x00"), Binary(b"\x01")},
    "list": [Decimal(1), "two", [None, {}]],
    "map": {"deep": {"er": [{"x": b"raw"}]}},
    "empty": "",
}
SLOW: Mapping[str, int] = {"Delay": 1, "MaxAttempts": 1}


def things(account: Account, count: int = 0) -> Any:
    """Make a table, with items of one partition."""
    table = account.resource().create_table(**SORTED)
    table.wait_until_exists()
    with table.batch_writer() as batch:
        for number in range(count):
            batch.put_item(
                Item={"pk": "p", "sk": number, "colour": "red" if number % 3 else "blue"}
            )
    return table


def numbers(answer: Mapping[str, Any]) -> list[int]:
    return [int(item["sk"]) for item in answer["Items"]]


def test_values_come_back_as_the_types_that_boto3_has_for_them(account: Account) -> None:
    table = things(account)
    table.put_item(Item={"pk": "p", "sk": 1, **VALUES})
    found = table.get_item(Key={"pk": "p", "sk": 1}, ConsistentRead=True)["Item"]
    assert found == {"pk": "p", "sk": Decimal(1), **VALUES}
    assert {name: type(value) for name, value in found.items() if name in VALUES} == {
        name: type(value) for name, value in VALUES.items()
    }


def test_the_serializer_writes_what_the_deserializer_reads(account: Account) -> None:
    client = account.client()
    client.create_table(**SORTED)
    item = {"pk": "p", "sk": Decimal(1), **VALUES}
    write, read = TypeSerializer().serialize, TypeDeserializer().deserialize
    client.put_item(TableName="things", Item={name: write(value) for name, value in item.items()})
    (found,) = client.scan(TableName="things")["Items"]
    assert {name: read(value) for name, value in found.items()} == item


def test_the_batch_writer_writes_each_key_once_and_deletes(account: Account) -> None:
    table = things(account, 60)
    with table.batch_writer(overwrite_by_pkeys=["pk", "sk"]) as batch:
        for number in range(30):
            batch.put_item(Item={"pk": "p", "sk": number, "round": 1})
            batch.put_item(Item={"pk": "p", "sk": number, "round": 2})
        for number in range(30, 60):
            batch.delete_item(Key={"pk": "p", "sk": number})
    found = table.query(KeyConditionExpression=Key("pk").eq("p"))["Items"]
    assert [item["round"] for item in found] == [2] * 30


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        (Key("sk").eq(4), [4]),
        (Key("sk").lt(2), [0, 1]),
        (Key("sk").lte(2), [0, 1, 2]),
        (Key("sk").gt(6), [7, 8]),
        (Key("sk").gte(7), [7, 8]),
        (Key("sk").between(3, 5), [3, 4, 5]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_queries_take_each_condition_on_a_sort_key(
    condition: Any, wanted: list[int], account: Account
) -> None:
    table = things(account, 9)
    assert numbers(table.query(KeyConditionExpression=Key("pk").eq("p") & condition)) == wanted
    backwards = table.query(
        KeyConditionExpression=Key("pk").eq("p") & condition, ScanIndexForward=False
    )
    assert numbers(backwards) == wanted[::-1]


def test_filters_take_each_condition_on_an_attribute(account: Account) -> None:
    table = things(account)
    items: list[dict[str, Any]] = [
        {"pk": "p", "sk": 0, "n": 5, "s": "abc", "tags": {"a", "b"}, "map": {"deep": [1, 2]}},
        {"pk": "p", "sk": 1, "n": 6, "s": "abd", "tags": {"b"}},
        {"pk": "p", "sk": 2, "n": 7, "s": b"xyz", "list": ["a", 1]},
        {"pk": "p", "sk": 3},
    ]
    with table.batch_writer() as batch:
        for item in items:
            batch.put_item(Item=item)
    wanted: list[tuple[Any, list[int]]] = [
        (Attr("n").eq(5), [0]),
        (Attr("n").ne(5), [1, 2, 3]),
        (Attr("n").lt(6), [0]),
        (Attr("n").lte(6), [0, 1]),
        (Attr("n").gt(6), [2]),
        (Attr("n").gte(6), [1, 2]),
        (Attr("n").between(5, 6), [0, 1]),
        (Attr("n").is_in([5, 7, 9]), [0, 2]),
        (Attr("s").begins_with("ab"), [0, 1]),
        (Attr("s").contains("d"), [1]),
        (Attr("s").size().eq(3), [0, 1, 2]),
        (Attr("s").attribute_type("B"), [2]),
        (Attr("tags").contains("a"), [0]),
        (Attr("list").contains(1), [2]),
        (Attr("map.deep[1]").eq(2), [0]),
        (Attr("n").exists(), [0, 1, 2]),
        (Attr("n").not_exists(), [3]),
        (~Attr("n").exists(), [3]),
        (Attr("n").eq(5) | Attr("n").eq(7) & Attr("list").exists(), [0, 2]),
        ((Attr("n").eq(5) | Attr("n").eq(7)) & Attr("list").exists(), [2]),
    ]
    found = [(each, numbers(table.scan(FilterExpression=each))) for each, _ in wanted]
    assert found == wanted


def test_a_condition_that_fails_is_an_exception_of_the_client_with_the_old_item(
    account: Account,
) -> None:
    table = things(account, 1)
    client = table.meta.client
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as refused:
        table.put_item(
            Item={"pk": "p", "sk": 0},
            ConditionExpression=Attr("pk").not_exists(),
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    # A resource converts answers and leaves errors as they are.
    assert refused.value.response["Item"] == {
        "pk": {"S": "p"},
        "sk": {"N": "0"},
        "colour": {"S": "blue"},
    }


def test_updates_return_numbers_and_sets(account: Account) -> None:
    table = things(account, 1)
    updated = table.update_item(
        Key={"pk": "p", "sk": 0},
        UpdateExpression="SET #n = if_not_exists(#n, :zero) + :one ADD tags :tags REMOVE colour",
        ExpressionAttributeNames={"#n": "n"},
        ExpressionAttributeValues={":zero": 0, ":one": Decimal("1.5"), ":tags": {"x"}},
        ReturnValues="ALL_NEW",
    )
    assert updated["Attributes"] == {"pk": "p", "sk": 0, "n": Decimal("1.5"), "tags": {"x"}}


def test_the_resource_lists_tables_and_reloads_a_changed_one(account: Account) -> None:
    table = things(account)
    assert [found.name for found in account.resource().tables.all()] == ["things"]
    changed = table.update(BillingMode="PAY_PER_REQUEST", DeletionProtectionEnabled=True)
    changed.reload()
    assert changed.deletion_protection_enabled is True
    assert changed.item_count == 0
    assert [index["IndexName"] for index in changed.global_secondary_indexes] == ["by_colour"]


def test_a_batch_of_a_resource_reads_what_is_there(account: Account) -> None:
    things(account, 3)
    keys = [{"pk": "p", "sk": number} for number in range(5)]
    answer = account.resource().batch_get_item(RequestItems={"things": {"Keys": keys}})
    assert sorted(item["sk"] for item in answer["Responses"]["things"]) == [0, 1, 2]
    assert answer["UnprocessedKeys"] == {}


def test_a_cancelled_transaction_tells_each_reason_and_does_nothing(account: Account) -> None:
    client = things(account, 2).meta.client
    put = {"TableName": "things", "Item": {"pk": "p", "sk": 9}}
    check = {
        "TableName": "things",
        "Key": {"pk": "p", "sk": 1},
        "ConditionExpression": "attribute_not_exists(pk)",
    }
    with pytest.raises(client.exceptions.TransactionCanceledException) as cancelled:
        client.transact_write_items(TransactItems=[{"Put": put}, {"ConditionCheck": check}])
    reasons = cancelled.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert client.scan(TableName="things", Select="COUNT")["Count"] == 2
    client.transact_write_items(TransactItems=[{"Put": put}])
    get = {"TableName": "things", "Key": {"pk": "p", "sk": 9}}
    (found,) = client.transact_get_items(TransactItems=[{"Get": get}])["Responses"]
    assert found["Item"] == {"pk": "p", "sk": 9}


def test_partiql_reads_and_writes_with_parameters(account: Account) -> None:
    client = things(account).meta.client
    insert = "INSERT INTO things VALUE {'pk': ?, 'sk': ?, 'tags': ?}"
    client.execute_statement(Statement=insert, Parameters=["p", 1, {"a", "b"}])
    update = "UPDATE things SET n = ? WHERE pk = ? AND sk = ?"
    client.batch_execute_statement(
        Statements=[{"Statement": update, "Parameters": [Decimal("0.5"), "p", 1]}]
    )
    answer = client.execute_statement(Statement="SELECT n, tags FROM things WHERE pk = 'p'")
    assert answer["Items"] == [{"n": Decimal("0.5"), "tags": {"a", "b"}}]


def test_changes_are_read_by_amazons_client_of_streams(account: Account) -> None:
    client, streams = account.client(), account.client("dynamodbstreams")
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
    client.create_table(**create("watched", StreamSpecification=stream))
    key = {"pk": {"S": "x"}}
    client.put_item(TableName="watched", Item={**key, "photo": {"B": b"\x00"}})
    client.update_item(
        TableName="watched",
        Key=key,
        UpdateExpression="SET photo = :photo",
        ExpressionAttributeValues={":photo": {"B": b"\x01"}},
    )
    client.delete_item(TableName="watched", Key=key)
    (listed,) = streams.list_streams(TableName="watched")["Streams"]
    arn = listed["StreamArn"]
    records: list[Any] = []
    for shard in streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]:
        at = {"StreamArn": arn, "ShardId": shard["ShardId"]}
        iterator = streams.get_shard_iterator(ShardIteratorType="TRIM_HORIZON", **at)
        records += streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert [
        (
            record["eventName"],
            record["dynamodb"].get("OldImage", {}).get("photo"),
            record["dynamodb"].get("NewImage", {}).get("photo"),
        )
        for record in records
    ] == [
        ("INSERT", None, {"B": b"\x00"}),
        ("MODIFY", {"B": b"\x00"}, {"B": b"\x01"}),
        ("REMOVE", {"B": b"\x01"}, None),
    ]


def _backups(client: Any) -> tuple[str, Mapping[str, Any], list[Any]]:
    client.create_table(**create("things"))
    names = [f"backup{number}" for number in range(5)]
    for name in names:
        client.create_backup(TableName="things", BackupName=name)
    return "BackupSummaries[].BackupName", {}, names


def _tables(client: Any) -> tuple[str, Mapping[str, Any], list[Any]]:
    names = [f"table{number}" for number in range(5)]
    for name in names:
        client.create_table(**create(name))
    return "TableNames", {}, names


def _items(client: Any) -> tuple[str, Mapping[str, Any], list[Any]]:
    client.create_table(**SORTED)
    for number in range(5):
        client.put_item(TableName="things", Item={"pk": {"S": "p"}, "sk": {"N": f"{number}"}})
    return "Items[].sk.N", {"TableName": "things"}, [f"{number}" for number in range(5)]


def _partition(client: Any) -> tuple[str, Mapping[str, Any], list[Any]]:
    found, arguments, wanted = _items(client)
    values = {":p": {"S": "p"}}
    asked = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": values}
    return found, {**arguments, **asked}, wanted


def _tags(client: Any) -> tuple[str, Mapping[str, Any], list[Any]]:
    names = [f"tag{number:02}" for number in range(25)]
    tags = [{"Key": name, "Value": "x"} for name in names]
    made = client.create_table(**create("things", Tags=tags))["TableDescription"]
    return "sort(Tags[].Key)", {"ResourceArn": made["TableArn"]}, names


PAGINATED: Mapping[str, Callable[[Any], tuple[str, Mapping[str, Any], list[Any]]]] = {
    "list_backups": _backups,
    "list_tables": _tables,
    "list_tags_of_resource": _tags,
    "query": _partition,
    "scan": _items,
}
"""What fills the pages of an operation, and where its results lie in them."""


@pytest.mark.parametrize("operation", PAGINATED)
def test_the_paginator_of_an_operation_walks_to_the_end(operation: str, account: Account) -> None:
    client = account.client()
    found, arguments, wanted = PAGINATED[operation](client)
    # Tags have no page size of the caller's.
    size = {} if operation == "list_tags_of_resource" else {"PageSize": 2}

    def pages(**more: Any) -> Any:
        paginator = client.get_paginator(operation)
        return paginator.paginate(**arguments, PaginationConfig={**size, **more})

    assert not size or len(list(pages())) == 3
    assert list(pages().search(found)) == wanted
    beginning = pages(MaxItems=3)
    first = list(beginning.search(found))
    assert first == wanted[:3]
    assert [*first, *pages(StartingToken=beginning.resume_token).search(found)] == wanted


def test_every_paginator_of_botocore_is_tried(account: Account) -> None:
    client = account.client()
    names = client.meta.method_to_api_mapping
    assert {name for name in names if client.can_paginate(name)} <= PAGINATED.keys()


def test_the_waiters_of_tables_end_when_the_table_is_there_and_when_it_is_not(
    account: Account,
) -> None:
    client = account.client()
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        client.get_waiter("table_exists").wait(TableName="things", WaiterConfig=SLOW)
    client.create_table(**create("things"))
    client.get_waiter("table_exists").wait(TableName="things")
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        client.get_waiter("table_not_exists").wait(TableName="things", WaiterConfig=SLOW)
    client.delete_table(TableName="things")
    client.get_waiter("table_not_exists").wait(TableName="things")


def _insights(client: Any) -> Mapping[str, Any]:
    client.create_table(**create("things"))
    client.update_contributor_insights(TableName="things", ContributorInsightsAction="ENABLE")
    return {"TableName": "things"}


def _destination(client: Any) -> Mapping[str, Any]:
    client.create_table(**create("things"))
    stream = "arn:aws:kinesis:eu-west-1:000000000000:stream/changes"
    client.enable_kinesis_streaming_destination(TableName="things", StreamArn=stream)
    return {"TableName": "things"}


def _export(client: Any) -> Mapping[str, Any]:
    made = client.create_table(**create("things"))["TableDescription"]
    client.put_item(TableName="things", Item={"pk": {"S": "x"}})
    client.update_continuous_backups(
        TableName="things",
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )
    begun = client.export_table_to_point_in_time(TableArn=made["TableArn"], S3Bucket=BUCKET)
    return {"ExportArn": begun["ExportDescription"]["ExportArn"]}


def _import(client: Any) -> Mapping[str, Any]:
    exported = _export(client)
    client.get_waiter("export_completed").wait(**exported)
    described = client.describe_export(**exported)["ExportDescription"]
    data = described["ExportManifest"].replace("manifest-summary.json", "data/")
    begun = client.import_table(
        S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": data},
        InputFormat="DYNAMODB_JSON",
        InputCompressionType="GZIP",
        TableCreationParameters=create("imported"),
    )
    return {"ImportArn": begun["ImportTableDescription"]["ImportArn"]}


WAITED: Mapping[str, Callable[[Any], Mapping[str, Any]]] = {
    "contributor_insights_enabled": _insights,
    "export_completed": _export,
    "import_completed": _import,
    "kinesis_streaming_destination_active": _destination,
}
"""What begins what a waiter waits for, and what it is then asked about."""


@pytest.mark.parametrize("waiter", WAITED)
def test_the_waiter_for_what_was_begun_sees_it_end(waiter: str, account: Account) -> None:
    client = account.client()
    if waiter not in client.waiter_names:
        pytest.skip("this botocore has no such waiter")
    # Once: it is done as soon as somebody asks.
    client.get_waiter(waiter).wait(**WAITED[waiter](client), WaiterConfig=SLOW)


def test_every_waiter_of_botocore_is_tried(account: Account) -> None:
    tables = {"table_exists", "table_not_exists"}
    assert set(account.client().waiter_names) <= WAITED.keys() | tables
