"""A suite as users of moto write it. One line says what it runs on, and both say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import boto3
import moto
import pytest
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

import anydynamo.testing

if TYPE_CHECKING:
    from collections.abc import Iterator


class Orders:
    """The code under test, which makes its own clients."""

    def __init__(self) -> None:
        self._table: Any = boto3.resource("dynamodb", region_name="us-east-1").Table("orders")

    def place(self, customer: str, number: int, total: int) -> bool:
        item = {"customer": customer, "number": number, "total": total, "state": "open"}
        try:
            self._table.put_item(Item=item, ConditionExpression=Attr("number").not_exists())
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def ship(self, customer: str, number: int) -> dict[str, Any]:
        changed: dict[str, Any] = self._table.update_item(
            Key={"customer": customer, "number": number},
            UpdateExpression="SET #s = :shipped ADD attempts :one",
            ConditionExpression=Attr("state").eq("open"),
            ExpressionAttributeNames={"#s": "state"},
            ExpressionAttributeValues={":shipped": "shipped", ":one": 1},
            ReturnValues="ALL_NEW",
        )["Attributes"]
        return changed

    def of(self, customer: str) -> list[int]:
        found = self._table.query(
            KeyConditionExpression=Key("customer").eq(customer), ScanIndexForward=False
        )
        return [int(item["number"]) for item in found["Items"]]

    def expensive(self, least: int) -> int:
        pages = (
            boto3.client("dynamodb", region_name="us-east-1")
            .get_paginator("query")
            .paginate(
                TableName="orders",
                IndexName="by_state",
                KeyConditionExpression="#s = :open",
                FilterExpression="#t >= :least",
                ExpressionAttributeNames={"#s": "state", "#t": "total"},
                ExpressionAttributeValues={":open": {"S": "open"}, ":least": {"N": str(least)}},
                PaginationConfig={"PageSize": 2},
            )
        )
        return sum(page["Count"] for page in pages)


@pytest.fixture(params=[moto.mock_aws, anydynamo.testing.mock_dynamodb], ids=["moto", "anydynamo"])
def orders(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Orders]:
    mock_aws = request.param
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("dynamodb")
        client.create_table(
            TableName="orders",
            KeySchema=[
                {"AttributeName": "customer", "KeyType": "HASH"},
                {"AttributeName": "number", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": "customer", "AttributeType": "S"},
                {"AttributeName": "number", "AttributeType": "N"},
                {"AttributeName": "state", "AttributeType": "S"},
            ],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by_state",
                    "KeySchema": [{"AttributeName": "state", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            BillingMode="PAY_PER_REQUEST",
        )
        client.get_waiter("table_exists").wait(TableName="orders")
        yield Orders()


def test_an_order_is_placed_once(orders: Orders) -> None:
    assert orders.place("ada", 1, 20)
    assert not orders.place("ada", 1, 30)
    assert orders.of("ada") == [1]


def test_orders_come_with_the_newest_first(orders: Orders) -> None:
    for number in (1, 10, 2):
        orders.place("ada", number, 20)
    orders.place("bob", 3, 20)
    assert orders.of("ada") == [10, 2, 1]


def test_an_order_is_shipped_once(orders: Orders) -> None:
    orders.place("ada", 1, 20)
    assert orders.ship("ada", 1)["attempts"] == 1
    with pytest.raises(ClientError, match="ConditionalCheckFailedException"):
        orders.ship("ada", 1)


def test_expensive_orders_are_counted_over_pages(orders: Orders) -> None:
    for number in range(7):
        orders.place("ada", number, number * 10)
    orders.ship("ada", 6)
    assert orders.expensive(30) == 3
