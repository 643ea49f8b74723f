"""The peers of the core benchmark: each brings the same operations on the same items.

moto runs in process under PynamoDB, pydynox on its own in-memory fake (which ignores conditions:
its figures are for work that it does not do), TinyDB on a JSON file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.core_models import PlainEvent, values
from benchmarks.measure import Subject

__all__ = ["moto", "pydynox", "tinydb"]


@contextmanager
def moto(_folder: Path, items: int) -> Iterator[list[Subject]]:
    from moto import mock_aws

    keys = {"AWS_ACCESS_KEY_ID": "dummy", "AWS_SECRET_ACCESS_KEY": "dummy"}
    with mock.patch.dict(os.environ, keys), mock_aws():
        PlainEvent.create_table(billing_mode="PAY_PER_REQUEST")
        with PlainEvent.batch_write() as batch:
            for number in range(items):
                batch.save(PlainEvent(**values(number)))

        def get(i: int) -> None:
            PlainEvent.get(f"campaign-{i % items // 100}", i % 100)

        def put(i: int) -> None:
            PlainEvent(**values(i % items)).save()

        def conditional(i: int) -> None:
            PlainEvent(**values(i % items)).save(condition=PlainEvent.campaign.exists())

        def update(i: int) -> None:
            event = PlainEvent(f"campaign-{i % items // 100}", i % 100)
            event.update(actions=[PlainEvent.clicks.set(i)])

        def query(i: int) -> None:
            partition = f"campaign-{i % items // 100}"
            assert len(list(PlainEvent.query(partition, PlainEvent.number < 50))) == 50

        def write(i: int) -> None:
            with PlainEvent.batch_write() as batch:
                for n in range(25):
                    batch.save(PlainEvent(**values((i * 25 + n) % items)))

        yield _subjects("moto+pynamodb", get, put, conditional, update, query, write)


@contextmanager
def pydynox(_folder: Path, items: int) -> Iterator[list[Subject]]:
    from pydynox import Model, ModelConfig
    from pydynox.attributes import (
        BooleanAttribute,
        DatetimeAttribute,
        ListAttribute,
        MapAttribute,
        NumberAttribute,
        StringAttribute,
        StringSetAttribute,
    )
    from pydynox.testing import MemoryBackend

    class DynoxEvent(Model):
        model_config = ModelConfig(table="events")
        campaign = StringAttribute(partition_key=True)
        number = NumberAttribute(sort_key=True)
        user_id = StringAttribute()
        kind = StringAttribute()
        url = StringAttribute()
        price = NumberAttribute()
        clicks = NumberAttribute()
        paid = BooleanAttribute()
        at = DatetimeAttribute()
        tags = StringSetAttribute()
        scores = ListAttribute()
        context = MapAttribute()

    with MemoryBackend():
        # Without it the fake guesses the keys' names.
        DynoxEvent.sync_create_table()
        for number in range(items):
            DynoxEvent(**values(number)).sync_save()

        def get(i: int) -> None:
            DynoxEvent.sync_get(campaign=f"campaign-{i % items // 100}", number=i % 100)

        def put(i: int) -> None:
            DynoxEvent(**values(i % items)).sync_save()

        def conditional(i: int) -> None:
            event = DynoxEvent(**values(i % items))
            event.sync_save(condition=DynoxEvent.campaign.exists())

        def update(i: int) -> None:
            campaign = f"campaign-{i % items // 100}"
            DynoxEvent.sync_update_by_key(campaign=campaign, number=i % 100, clicks=i)

        def query(i: int) -> None:
            partition = f"campaign-{i % items // 100}"
            # A limit, because the fake ignores a condition on the sort key as well.
            found = DynoxEvent.sync_query(partition_key=partition, limit=50)
            assert len(list(found)) == 50

        yield _subjects("pydynox-memory", get, put, conditional, update, query, None)


@contextmanager
def tinydb(folder: Path, items: int) -> Iterator[list[Subject]]:
    from tinydb import Query, TinyDB

    def document(number: int) -> dict[str, Any]:
        plain = values(number)
        return {**plain, "at": plain["at"].isoformat(), "tags": sorted(plain["tags"])}

    row = Query()
    with TinyDB(folder / "tiny.json") as file:
        # Its cache of whole query results answers a repeated query without looking.
        db = file.table("events", cache_size=0)
        db.insert_multiple(document(number) for number in range(items))

        def find(i: int) -> Any:
            return (row.campaign == f"campaign-{i % items // 100}") & (row.number == i % 100)

        def get(i: int) -> None:
            assert db.get(find(i))

        def put(i: int) -> None:
            db.upsert(document(i % items), find(i % items))

        def update(i: int) -> None:
            assert db.update({"clicks": i}, find(i))

        def query(i: int) -> None:
            partition = row.campaign == f"campaign-{i % items // 100}"
            assert len(db.search(partition & (row.number < 50))) == 50

        yield _subjects("tinydb", get, put, None, update, query, None)


def _subjects(client: str, *calls: Any) -> list[Subject]:
    names = ("GetItem", "PutItem", "PutItem if", "UpdateItem", "Query50", "BatchWrite25")
    return [Subject(client, name, call) for name, call in zip(names, calls, strict=True) if call]
