"""The embedded adapter: what it says of itself, its errors, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.engine.calling import Engine, N, S

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.adapters.protocol import ProviderInfo
from anydynamo.engine.errors import EngineError
from anydynamo.errors import DatabaseClosed, InvalidRequest, StoreDamaged, TableNotFound
from anydynamo.stores.memory import MemoryStore

if TYPE_CHECKING:
    from anydynamo.adapters.protocol import DatabaseAdapter


def test_it_says_what_it_is(engine: Engine) -> None:
    adapter: DatabaseAdapter = engine.adapter
    assert adapter.info == ProviderInfo("memory", "memory", blocking=True)


async def test_it_closes_its_store_once() -> None:
    class Counted(MemoryStore):
        closed = 0

        async def close(self) -> None:
            self.closed += 1

    store = Counted()
    adapter = EmbeddedAdapter(store, provider="memory")
    await adapter.close()
    await adapter.close()
    assert store.closed == 1


async def test_a_call_after_close_says_so(engine: Engine) -> None:
    await engine.adapter.close()
    with pytest.raises(DatabaseClosed, match="GetItem on a closed memory database") as caught:
        await engine.adapter.call("GetItem", {})
    assert caught.value.operation == "GetItem"


def test_an_error_knows_its_operation_table_and_cause(engine: Engine) -> None:
    with pytest.raises(TableNotFound) as caught:
        engine("GetItem", TableName="absent", Key={"pk": S("1")})
    error = caught.value
    assert (error.operation, error.table) == ("GetItem", "absent")
    assert isinstance(error.__cause__, EngineError)


@pytest.mark.parametrize("request_", [{"TableName": 5}, {}, [], None])
def test_an_error_knows_no_table_where_none_was_named(engine: Engine, request_: Any) -> None:
    with pytest.raises(InvalidRequest) as caught:
        engine.adapter.call("GetItem", request_).send(None)
    assert caught.value.table is None


async def test_the_stores_own_trouble_passes_unchanged() -> None:
    trouble = StoreDamaged("the file is not ours")

    class Damaged(MemoryStore):
        async def read(self, work: Any) -> Any:
            raise trouble

    with pytest.raises(StoreDamaged) as caught:
        await EmbeddedAdapter(Damaged(), provider="memory").call("ListTables", {})
    assert caught.value is trouble


def test_a_request_may_change_while_its_work_waits(engine: Engine) -> None:
    item: dict[str, Any] = {"pk": S("1"), "a": N(1)}
    values, names = {":v": S("kept")}, {"#a": "b"}

    class Waiting(MemoryStore):
        async def write(self, work: Any) -> Any:
            item["a"] = values[":v"]["S"] = names["#a"] = "changed"
            return await super().write(work)

    engine.create("users", "pk")
    update = {
        "TableName": "users",
        "Key": {"pk": S("1")},
        "UpdateExpression": "SET #a = :v",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }
    engine.store.__class__ = Waiting
    engine("UpdateItem", update)
    assert engine.get("users", pk=S("1")) == {"pk": S("1"), "b": S("kept")}
    item["a"] = N(1)
    engine("PutItem", TableName="users", Item=item)
    assert engine.get("users", pk=S("1")) == {"pk": S("1"), "a": N(1)}


def test_the_clock_is_the_one_that_was_given(engine: Engine) -> None:
    engine.create("users", "pk")
    created = engine("DescribeTable", TableName="users")["Table"]["CreationDateTime"]
    assert created.timestamp() == engine.now
