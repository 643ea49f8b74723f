"""AWS's clients in this process: on our mock, on moto's, and on answers that cost nothing.

Two constants show where the floor is. `botocore alone` is a handler of `before-send`, the hook that
moto uses, with a ready response: what a client costs that goes its whole way. `routing alone` is
`mock_dynamodb` with an adapter that returns a ready answer: the same without the engine.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager, nullcontext
from decimal import Decimal
from typing import Any, ClassVar
from unittest.mock import patch

import boto3
import msgspec
from aiobotocore.session import get_session
from boto3.dynamodb.conditions import Key
from botocore.awsrequest import AWSResponse
from moto import mock_aws
from pynamodb.attributes import ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.server.bodies import write_body
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing import mock_dynamodb
from benchmarks.measure import Result, Subject, compare
from benchmarks.server import TABLE, body, item, key

__all__ = ["run"]

Calls = Mapping[str, Callable[[int], Any]]
Within = Callable[[], AbstractContextManager[Any]]

UPDATE: dict[str, Any] = {
    "UpdateExpression": "SET nested.#c = nested.#c + :one, #n = :name",
    "ExpressionAttributeNames": {"#c": "count", "#n": "name"},
}


class Row(Model):
    class Meta:
        table_name = "bench"
        region = "us-east-1"

    pk = UnicodeAttribute(hash_key=True)
    sk = NumberAttribute(range_key=True)
    name = UnicodeAttribute(null=True)
    tags: ListAttribute[Any] = ListAttribute(null=True)
    nested: MapAttribute[Any, Any] = MapAttribute(null=True)  # type: ignore[no-untyped-call]


class Constant:
    """An adapter that answers what it answered first, once it is filled."""

    info: ClassVar = ProviderInfo("constant", "memory", blocking=True)

    def __init__(self) -> None:
        self._adapter = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
        self._answers: dict[tuple[Any, ...], bytes] = {}
        self.filled = False

    async def call(self, operation: str, request: Mapping[str, Any]) -> dict[str, Any]:
        kind = (operation, request.get("ReturnValues"), request.get("ReturnConsumedCapacity"))
        if kind not in self._answers:
            answer = await self._adapter.call(operation, request)
            if not self.filled:
                return answer
            self._answers[kind] = msgspec.msgpack.encode(answer)
        # The answer is the client's, and that of a resource changes it.
        fresh: dict[str, Any] = msgspec.msgpack.decode(self._answers[kind])
        return fresh

    async def close(self) -> None:
        await self._adapter.close()


class Whole:
    """A handler of `before-send` with ready responses."""

    def __call__(self, request: Any, **_: Any) -> AWSResponse | None:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        content = self.answers.get(operation, b"{}")
        return AWSResponse(request.url, 200, {"x-amzn-requestid": "0" * 52}, Raw(content))

    answers: ClassVar[dict[str, bytes]] = {
        "GetItem": write_body({"Item": item("read", 1)}),
        "Query": write_body({"Items": [item("read", n) for n in range(50)], "Count": 50}),
        "BatchWriteItem": b'{"UnprocessedItems":{}}',
        "DescribeTable": write_body({"Table": {**TABLE, "TableStatus": "ACTIVE"}}),
    }


class Raw:
    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._content


def plain(value: Any) -> Any:
    """Return an attribute value as a resource takes it."""
    ((tag, content),) = value.items()
    if tag == "N":
        return Decimal(content)
    if tag == "L":
        return [plain(one) for one in content]
    if tag == "M":
        return {name: plain(one) for name, one in content.items()}
    return content


def row(partition: str, number: int) -> dict[str, Any]:
    return {name: plain(value) for name, value in item(partition, number).items()}


def model(partition: str, number: int) -> Row:
    return Row(
        partition,
        number,
        name=f"name {number}",
        tags=["a", "b"],
        nested={"flag": True, "count": 12},
    )


def of_client(client: Any) -> Calls:
    def call(name: str, method: Callable[..., Any]) -> Callable[[int], Any]:
        return lambda number: method(**body(name, number)[1])

    def update(number: int) -> Any:
        values = {":one": {"N": "1"}, ":name": {"S": f"name {number}"}}
        wanted: dict[str, Any] = {**UPDATE, "ExpressionAttributeValues": values}
        return client.update_item(TableName="bench", Key=key(number), **wanted)

    return {
        "GetItem": call("GetItem", client.get_item),
        "PutItem": call("PutItem", client.put_item),
        "UpdateItem": update,
        "Query50": call("Query50", client.query),
        "BatchWrite25": call("BatchWrite25", client.batch_write_item),
    }


def of_resource(table: Any) -> Calls:
    def batch(number: int) -> None:
        with table.batch_writer() as writer:
            for n in range(25):
                writer.put_item(Item=row("batch", number % 20 * 25 + n))

    def update(number: int) -> Any:
        values = {":one": 1, ":name": f"name {number}"}
        where = {"pk": "read", "sk": number % 50}
        return table.update_item(Key=where, ExpressionAttributeValues=values, **UPDATE)

    return {
        "GetItem": lambda number: table.get_item(Key={"pk": "read", "sk": number % 50}),
        "PutItem": lambda number: table.put_item(Item=row("put", number % 500)),
        "UpdateItem": update,
        "Query50": lambda _: table.query(KeyConditionExpression=Key("pk").eq("read")),
        "BatchWrite25": batch,
    }


def of_models() -> Calls:
    def batch(number: int) -> None:
        with Row.batch_write() as writer:
            for n in range(25):
                writer.save(model("batch", number % 20 * 25 + n))

    def update(number: int) -> Any:
        return Row("read", number % 50).update(actions=[Row.name.set(f"name {number}")])

    return {
        "GetItem": lambda number: Row.get("read", number % 50),
        "PutItem": lambda number: model("put", number % 500).save(),
        "UpdateItem": update,
        "Query50": lambda _: list(Row.query("read")),
        "BatchWrite25": batch,
    }


@contextmanager
def moto() -> Iterator[None]:
    """Have moto answer, with the data that it had when it did so last."""
    mock = mock_aws()
    mock.start(reset=False)
    try:
        yield
    finally:
        mock.stop(remove_data=False)


def fill(client: Any) -> None:
    client.create_table(**TABLE)
    for number in range(50):
        client.put_item(TableName="bench", Item=item("read", number))


async def run(*, quick: bool) -> list[Result]:
    dummies = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "x")
    with patch.dict(os.environ, {**dummies, "AWS_DEFAULT_REGION": "us-east-1"}):
        return await _run(quick)


async def _run(quick: bool) -> list[Result]:
    engine = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
    constant = Constant()
    contexts: dict[str, Within] = {
        "anydynamo": lambda: mock_dynamodb(engine),
        "moto": moto,
        "routing alone": lambda: mock_dynamodb(constant),
        "botocore alone": nullcontext,
    }
    whole = Whole()
    subjects: list[Subject] = []
    async with AsyncExitStack() as stack:
        for place, within in contexts.items():
            client, resource = boto3.client("dynamodb"), boto3.resource("dynamodb")
            if place == "botocore alone":
                for one in (client, resource.meta.client):
                    one.meta.events.register_first("before-send.dynamodb", whole)
            with within():
                fill(client)
            constant.filled |= place == "routing alone"
            kinds: dict[str, Calls] = {
                "boto3": of_client(client),
                "resource": of_resource(resource.Table("bench")),
            }
            if place != "botocore alone":
                kinds["PynamoDB"] = of_models()
            if place not in ("moto", "botocore alone"):
                # Neither of them answers aiobotocore.
                made = get_session().create_client("dynamodb")
                kinds["aiobotocore"] = of_client(await stack.enter_async_context(made))
            subjects += [
                Subject(place, f"{name} {kind}", call, within=within)
                for kind, calls in kinds.items()
                for name, call in calls.items()
            ]
        return await compare(subjects, quick=quick)
