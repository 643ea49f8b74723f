"""A query of one partition of fixed size while the table around it grows from 10^3 to 10^6 items.

A query reads one key range of one partition, so its cost must not depend on what else the table
holds: compare the lines of one provider.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from itertools import pairwise

from anydynamo import Attr, Database, Table, attribute
from benchmarks.measure import Result, Subject, compare

SIZES = (1_000, 10_000, 100_000, 1_000_000)
PARTITION = 50


class Reading(Table, name="readings"):
    sensor: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)
    value: Attr[float] = attribute()


def readings(begin: int, end: int) -> Iterator[Reading]:
    for number in range(begin, end):
        sensor, position = divmod(number, PARTITION)
        yield Reading(sensor=f"sensor-{sensor}", number=position, value=number / 2)


async def run(*, quick: bool) -> list[Result]:
    """Measure at every size, on memory and on SQLite; `quick` stops at a hundred thousand."""
    sizes = SIZES[:3] if quick else SIZES
    with tempfile.TemporaryDirectory() as folder:
        sqlite = f"sqlite:///{folder}/growth.db?synchronous=normal"
        return [
            *await grow("anydynamo-memory", "memory://", sizes, quick=quick),
            *await grow("anydynamo-sqlite", sqlite, sizes, quick=quick),
        ]


async def grow(client: str, url: str, sizes: Sequence[int], *, quick: bool) -> list[Result]:
    """Fill a table step by step, and measure the same query at each step."""
    results: list[Result] = []
    async with Database.open(url) as db:
        await db.create_tables([Reading])
        repository = db.repository(Reading)

        async def query(i: int) -> None:
            found = repository.query(f"sensor-{i % (sizes[0] // PARTITION)}")
            assert len([reading async for reading in found]) == PARTITION

        for held, size in pairwise((0, *sizes)):
            await repository.put_many(readings(held, size))
            subject = Subject(client, f"Query{PARTITION} of {size:,}", query)
            results += await compare([subject], quick=quick)
    return results
