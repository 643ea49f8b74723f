"""Errors of DynamoDB's own say what to do, on each way that a write takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from anydynamo import Attr, InvalidRequest, Table, TransactionCancelled, attribute

if TYPE_CHECKING:
    from anydynamo import Database

SAYS = r"exceeded the maximum allowed size.*; an item holds 400 KB .* such as S3"


class Blob(Table, name="blobs"):
    name: Attr[str] = attribute(hash_key=True)
    data: Attr[str] = attribute()


# moto has a limit and a text of its own for updates.
@pytest.mark.parametrize("target", ["memory", "json", "sqlite", "dynoxide"], indirect=True)
async def test_an_item_that_is_too_large_is_refused_with_the_limit_and_a_way_out(
    database: Database,
) -> None:
    await database.create_tables([Blob])
    blobs = database.repository(Blob)
    large = Blob(name="a", data="x" * 410_000)
    with pytest.raises(InvalidRequest, match=SAYS):
        await blobs.put(large)
    with pytest.raises(InvalidRequest, match=SAYS):
        await blobs.update("a", Blob.data.set(large.data), upsert=True)
    with pytest.raises(InvalidRequest, match=SAYS):
        await blobs.put_many([Blob(name="b", data="y"), large])
    with pytest.raises((InvalidRequest, TransactionCancelled), match=SAYS):
        await database.transact(blobs.to_put(Blob(name="b", data="y")), blobs.to_put(large))
    assert await blobs.scan() == []
