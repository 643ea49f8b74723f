"""A process that writes until it is killed, and reports each write once it is acknowledged.

The table has a stream and point-in-time recovery. Several tasks write at once, so that the kill
meets commits of groups. Each task takes turns:

- `put`: one new item with an index entry;
- `transaction`: two new items and one added to a counter, all or nothing;
- `move`: one item of the task's own gets a higher number and another place in the index.

A report is a line `<kind> <task> <number>` on the standard output; `ready` comes before the first.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests.durability.stores import TABLE, open_adapter

from anydynamo.errors import TableInUse

if TYPE_CHECKING:
    from anydynamo.adapters.protocol import DatabaseAdapter

TASKS = 6
GROUPS = 5


async def write(adapter: DatabaseAdapter, task: int, number: int) -> None:
    group = {"S": f"g{number % GROUPS}"}
    value = {"N": str(number)}
    text = {"S": "x" * (number % 700)}
    put = {"id": {"S": f"put {task} {number}"}, "group": group, "number": value, "text": text}
    await adapter.call("PutItem", {"TableName": TABLE, "Item": put})
    report("put", task, number)
    halves = [
        {"id": {"S": f"{side} {task} {number}"}, "group": group, "number": value}
        for side in ("left", "right")
    ]
    count = {
        "TableName": TABLE,
        "Key": {"id": {"S": "counter"}},
        "UpdateExpression": "ADD #number :one",
        "ExpressionAttributeNames": {"#number": "number"},
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    actions: list[dict[str, object]] = [
        {"Put": {"TableName": TABLE, "Item": half}} for half in halves
    ]
    await adapter.call("TransactWriteItems", {"TransactItems": [*actions, {"Update": count}]})
    report("transaction", task, number)
    await adapter.call(
        "UpdateItem",
        {
            "TableName": TABLE,
            "Key": {"id": {"S": f"moving {task}"}},
            "UpdateExpression": "SET #number = :number, #group = :group",
            "ExpressionAttributeNames": {"#number": "number", "#group": "group"},
            "ExpressionAttributeValues": {":number": value, ":group": group},
        },
    )
    report("move", task, number)


def report(kind: str, task: int, number: int) -> None:
    os.write(1, f"{kind} {task} {number}\n".encode())


async def main(name: str, folder: str, first: str) -> None:
    adapter = open_adapter(name, Path(folder))
    with suppress(TableInUse):
        await adapter.call(
            "CreateTable",
            {
                "TableName": TABLE,
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [
                    {"AttributeName": "id", "AttributeType": "S"},
                    {"AttributeName": "group", "AttributeType": "S"},
                    {"AttributeName": "number", "AttributeType": "N"},
                ],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "StreamSpecification": {
                    "StreamEnabled": True,
                    "StreamViewType": "NEW_AND_OLD_IMAGES",
                },
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by_group",
                        "KeySchema": [
                            {"AttributeName": "group", "KeyType": "HASH"},
                            {"AttributeName": "number", "KeyType": "RANGE"},
                        ],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
            },
        )
    await adapter.call(
        "UpdateContinuousBackups",
        {
            "TableName": TABLE,
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
    )
    os.write(1, b"ready\n")

    async def write_on(task: int) -> None:
        number = int(first)
        while True:
            await write(adapter, task, number)
            number += 1

    await asyncio.gather(*(write_on(task) for task in range(TASKS)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
