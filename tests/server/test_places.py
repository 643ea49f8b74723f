"""Where each caller's data lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.server.asking import UNVERIFIED, create, document, request

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.errors import DatabaseClosed, LimitExceeded
from anydynamo.server.places import Isolated
from anydynamo.server.service import Service
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from anydynamo.adapters.protocol import DatabaseAdapter


def memory(_: str) -> DatabaseAdapter:
    return EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)


async def test_data_is_apart_for_each_access_key_and_region() -> None:
    asked = Service(Isolated(memory), provider="memory")
    await asked.answer(request("CreateTable", create("abc")))

    async def tables(authorization: str) -> object:
        reply = await asked.answer(request(authorization=authorization))
        return document(reply)["TableNames"]

    assert await tables(UNVERIFIED) == ["abc"]
    assert await tables(UNVERIFIED.replace("=test/", "=other/")) == []
    assert await tables(UNVERIFIED.replace("eu-west-1", "us-east-1")) == []
    assert await tables(UNVERIFIED.replace("20260101", "20260102")) == ["abc"]


async def test_a_name_of_a_place_holds_nothing_that_a_client_sent() -> None:
    names: list[str] = []

    def opened(name: str) -> DatabaseAdapter:
        names.append(name)
        return memory(name)

    places = Isolated(opened)
    for key, region in (("../../etc", "eu-west-1"), ("a", "b/../c"), ("a\0b", "c"), ("a", "b\0c")):
        places.of(key, region)
    assert all(len(name) == 16 and int(name, 16) >= 0 for name in names)
    assert len(set(names)) >= 3


async def test_no_more_places_are_opened_than_allowed() -> None:
    places = Isolated(memory, most=2)
    first = places.of("a", "r")
    places.of("b", "r")
    assert places.of("a", "r") is first
    with pytest.raises(LimitExceeded):
        places.of("c", "r")


async def test_all_places_are_closed() -> None:
    places = Isolated(memory)
    adapters = [places.of(key, "r") for key in "ab"]
    await places.close()
    for adapter in adapters:
        with pytest.raises(DatabaseClosed):
            await adapter.call("ListTables", {})
