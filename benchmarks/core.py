"""The codec and the embedded engine, each beside the peers that do the same job.

Codec operations turn one typed instance of twelve attributes into DynamoDB's JSON or back;
`construct` builds and checks one from native values. Engine operations run through a typed
repository on a table of a thousand such items; each peer is used as its own documentation advises.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks import core_peers as peers
from benchmarks.core_models import Event, PlainEvent, values
from benchmarks.measure import Result, Subject, compare

ITEMS = 1000
IN_FLIGHT = (1, 64)


async def run(*, quick: bool) -> list[Result]:
    """Measure the codec, then the engine."""
    results = await compare(codec(), quick=quick)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with AsyncExitStack() as stack:
            subjects: list[Subject] = []
            for client, url in (
                ("anydynamo-memory", "memory://"),
                ("anydynamo-sqlite", f"sqlite:///{folder}/full.db"),
                ("anydynamo-sqlite-normal", f"sqlite:///{folder}/normal.db?synchronous=normal"),
            ):
                subjects += await stack.enter_async_context(engine(client, url))
            for peer in (peers.pydynox, peers.tinydb, peers.moto):
                subjects += stack.enter_context(peer(folder, ITEMS))
            results += await compare(subjects, quick=quick)
    return results


def codec() -> list[Subject]:
    """The three conversions, by us, by PynamoDB and by boto3's own converters."""
    from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

    from anydynamo.models.codec import codec_of

    ours = codec_of(Event)
    native, event, plain = values(1), Event(**values(1)), PlainEvent(**values(1))
    item = ours.encode(event)
    serializer, deserializer = TypeSerializer(), TypeDeserializer()
    for_boto3 = {name: deserializer.deserialize(value) for name, value in item.items()}
    boto3 = "boto3 (dicts)"
    return [
        Subject("anydynamo", "decode", lambda _: ours.decode(item)),
        Subject("pynamodb", "decode", lambda _: PlainEvent.from_raw_data(item)),
        Subject(
            boto3,
            "decode",
            lambda _: {name: deserializer.deserialize(value) for name, value in item.items()},
        ),
        Subject("anydynamo", "encode", lambda _: ours.encode(event)),
        Subject("pynamodb", "encode", lambda _: plain.serialize()),
        Subject(
            boto3,
            "encode",
            lambda _: {name: serializer.serialize(value) for name, value in for_boto3.items()},
        ),
        Subject("anydynamo", "construct", lambda _: Event(**native)),
        Subject("pynamodb", "construct", lambda _: PlainEvent(**native)),
    ]


@asynccontextmanager
async def engine(client: str, url: str) -> AsyncIterator[list[Subject]]:
    """The operations through a typed repository, alone and with many in flight."""
    from anydynamo import Database

    async with Database.open(url) as db:
        await db.create_tables([Event])
        events = db.repository(Event)
        await events.put_many(Event(**values(number)) for number in range(ITEMS))

        async def get(i: int) -> None:
            await events.get((f"campaign-{i % ITEMS // 100}", i % 100))

        async def put(i: int) -> None:
            await events.put(Event(**values(i % ITEMS)))

        async def conditional(i: int) -> None:
            await events.put(Event(**values(i % ITEMS)), condition=Event.campaign.exists())

        async def update(i: int) -> None:
            await events.update((f"campaign-{i % ITEMS // 100}", i % 100), Event.clicks.set(i))

        async def query(i: int) -> None:
            below = Event.number < 50
            found = events.query(f"campaign-{i % ITEMS // 100}", below)
            assert len([event async for event in found]) == 50

        async def write(i: int) -> None:
            batch: list[Any] = [Event(**values((i * 25 + n) % ITEMS)) for n in range(25)]
            await events.put_many(batch)

        calls = {
            "GetItem": get,
            "PutItem": put,
            "PutItem if": conditional,
            "UpdateItem": update,
            "Query50": query,
            "BatchWrite25": write,
        }
        yield [
            Subject(client, name, call, in_flight)
            for name, call in calls.items()
            for in_flight in IN_FLIGHT
        ]
