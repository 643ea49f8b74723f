"""The public strategies make what they say, and say what is missing."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anydynamo.adapters.embedded import EmbeddedAdapter
from anydynamo.stores.memory import MemoryStore
from anydynamo.testing import strategies

if TYPE_CHECKING:
    from anydynamo.testing.strategies import TableShape


@given(strategies.tables(), st.data())
async def test_a_generated_table_and_item_are_accepted(
    table: TableShape, data: st.DataObject
) -> None:
    adapter = EmbeddedAdapter(MemoryStore(), provider="memory")
    await adapter.call("CreateTable", table.create_request())
    item = data.draw(strategies.items(table))
    await adapter.call("PutItem", {"TableName": table.name, "Item": item})
    found: dict[str, Any] = await adapter.call("Scan", {"TableName": table.name})
    assert found["Items"][0].keys() == item.keys()
    for index in table.indexes:
        request = {"TableName": table.name, "IndexName": index.name}
        inside = all(name in item for name, _ in index.keys)
        assert (await adapter.call("Scan", request))["Count"] == int(inside)
    await adapter.close()


@given(st.data())
def test_every_placeholder_of_a_request_is_used(data: st.DataObject) -> None:
    table = data.draw(strategies.tables())
    make = data.draw(
        st.sampled_from(
            [
                strategies.puts,
                strategies.deletes,
                strategies.update_requests,
                strategies.gets,
                strategies.queries,
                strategies.scans,
            ]
        )
    )
    request = data.draw(make(table))
    text = " ".join(value for name, value in request.items() if name.endswith("Expression"))
    for member in ("ExpressionAttributeNames", "ExpressionAttributeValues"):
        for placeholder in request.get(member, {}):
            assert placeholder in text


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("anydynamo.testing.strategies", "hypothesis"),
        ("anydynamo.testing.adapter_contract", "pytest"),
    ],
)
def test_without_its_library_a_module_names_the_pip_line(module: str, absent: str) -> None:
    code = (
        f"import sys; sys.modules[{absent!r}] = None\n"
        "from anydynamo.errors import MissingDependency\n"
        f"try:\n    import {module}\n"
        "except MissingDependency as error:\n    print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert f"pip install {absent}" in done.stdout
