"""The engine's law, line by line: Query, Scan, indexes and paging.

Each test's number is its line's in the list of what emulations of DynamoDB get wrong, gathered
from AWS's documentation and from recorded answers.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.semantics.stage import KEY, Engine, bound, updating
from tests.targets import EMBEDDED

from anydynamo.errors import (
    InvalidRequest,
)
from anydynamo.testing.contracts.client import (
    Item,
    L,
    M,
    N,
    S,
    gsi,
)

pytestmark = pytest.mark.parametrize("target", EMBEDDED, indirect=True)


async def _fill(db: Engine, count: int = 6) -> None:
    for number in range(count):
        await db.put(
            "idx", {**KEY, "sk": S(str(number)), "gk": S("g"), "gs": N(number % 2), "b": S("b")}
        )


def _query(condition: str = "pk = :pk", **options: Any) -> dict[str, Any]:
    values = {":pk": KEY["pk"], **bound(options.pop("values", {}))}
    used = {name: value for name, value in values.items() if name in condition}
    return {
        "TableName": "idx",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": used,
        **options,
    }


async def test_46_a_limit_counts_items_before_the_filter(db: Engine) -> None:
    await _fill(db)
    page = await db("Query", **_query(Limit=2, FilterExpression="attribute_not_exists(b)"))
    assert (page["Items"], page["Count"], page["ScannedCount"]) == ([], 0, 2)
    assert page["LastEvaluatedKey"] == {**KEY, "sk": S("1")}


async def test_47_a_page_that_ends_at_the_limit_may_be_followed_by_an_empty_one(db: Engine) -> None:
    await _fill(db, 4)
    found = await db.all("Query", **_query(Limit=2))
    assert [item["sk"]["S"] for item in found] == ["0", "1", "2", "3"]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3])
@pytest.mark.parametrize("index", ["gsi", "lsi"])
async def test_48_pages_of_an_index_go_on_between_equal_keys(
    db: Engine, index: str, limit: int, forward: bool
) -> None:
    await _fill(db, 7)
    condition = "gk = :g" if index == "gsi" else "pk = :pk"
    request = _query(condition, IndexName=index, ScanIndexForward=forward, values={"g": S("g")})
    first = await db("Query", **request, Limit=limit)
    expected = {"pk", "sk", "gs", "gk"} if index == "gsi" else {"pk", "sk", "gs"}
    assert first["LastEvaluatedKey"].keys() == expected
    whole = (await db("Query", **request))["Items"]
    assert [item["gs"]["N"] for item in whole] == (["0"] * 4 + ["1"] * 3)[:: 1 if forward else -1]
    assert await db.all("Query", **request, Limit=limit) == whole


@pytest.mark.parametrize("forward", [True, False])
async def test_48_a_table_without_sort_key_pages_through_an_index_of_ties(
    db: Engine, forward: bool
) -> None:
    await db.create("hash", "pk:S", None, gsi("gsi", "gk:S"), gsi("srt", "gk:S", "gs:N"))
    for number in range(5):
        await db.put("hash", {"pk": S(str(number)), "gk": S("g"), "gs": N(1)})
    for index in ("gsi", "srt"):
        request = _query("gk = :g", IndexName=index, values={"g": S("g")}, Limit=1)
        request |= {"TableName": "hash", "ScanIndexForward": forward}
        found = await db.all("Query", **request)
        assert sorted(item["pk"]["S"] for item in found) == list("01234")


@pytest.mark.parametrize(
    ("says", "start", "options"),
    [
        (None, {**KEY, "sk": S("25")}, {}),
        ("The provided starting key is invalid", KEY, {}),
        ("The provided starting key is invalid", {**KEY, "sk": N(1)}, {}),
        ("The provided starting key is invalid", {**KEY, "sk": S("1"), "gk": S("g")}, {}),
        ("outside query boundaries", {"pk": S("b"), "sk": S("1")}, {}),
        ("The provided starting key is invalid", {**KEY, "sk": S("1")}, {"IndexName": "lsi"}),
        (None, {**KEY, "sk": S("2"), "gs": N(0)}, {"IndexName": "lsi"}),
    ],
)
async def test_49_a_start_key_is_exactly_the_keys_and_need_not_exist(
    db: Engine, says: str | None, start: Item, options: Item
) -> None:
    await _fill(db)
    request = _query(ExclusiveStartKey=start, **options)
    if says is not None:
        await db.invalid(says, "Query", **request)
        return
    found = [item["sk"]["S"] for item in (await db("Query", **request))["Items"]]
    assert found == (["4", "1", "3", "5"] if options else ["3", "4", "5"])


async def test_49_start_keys_stay_in_their_segment_and_out_of_single_items(db: Engine) -> None:
    query = {**_query(), "TableName": "tab", "ExclusiveStartKey": KEY}
    await db.invalid("outside query boundaries", "Query", **query)
    await db.put("tab", KEY)
    for segment in range(4):
        request = {"TableName": "tab", "Segment": segment, "TotalSegments": 4}
        if (await db("Scan", **request))["Items"]:
            assert (await db("Scan", **request, ExclusiveStartKey=KEY))["Items"] == []
        else:
            await db.invalid("correct Segment", "Scan", **request, ExclusiveStartKey=KEY)


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("sk = :v", "2"),
        ("sk < :v", "01"),
        ("sk <= :v", "012"),
        ("sk > :v", "345"),
        ("sk >= :v", "2345"),
        (":v <= sk", "2345"),
        ("sk BETWEEN :v AND :w", "234"),
        ("begins_with(sk, :v)", "2"),
        ("(sk = :v)", "2"),
    ],
)
async def test_50_a_sort_key_is_tested_in_eight_ways(
    db: Engine, condition: str, found: str
) -> None:
    await _fill(db)
    values = {"v": S("2"), "w": S("4")}
    for text in (f"pk = :pk AND {condition}", f"{condition} AND :pk = pk"):
        items = (await db("Query", **_query(text, values=values)))["Items"]
        assert "".join(item["sk"]["S"] for item in items) == found


@pytest.mark.parametrize(
    "condition",
    [
        "pk > :pk",
        "pk = :pk AND pk = :pk",
        "pk = :pk AND sk > :v AND sk < :w",
        "pk = :pk AND sk <> :v",
        "pk = :pk OR sk = :v",
        "NOT pk = :pk",
        "pk = :pk AND sk IN (:v)",
        "pk = :pk AND sk.a = :v",
        "pk = :pk AND contains(sk, :v)",
        "pk = :pk AND size(sk) = :v",
        "pk = :pk AND gk = :v",
        "pk = :pk AND sk = :n",
        "pk = :n",
        "sk = :v",
        "((pk = :pk))",
        "pk = :pk AND begins_with(:v, sk)",
    ],
)
async def test_50_other_key_conditions_are_refused(db: Engine, condition: str) -> None:
    values = {"v": S("2"), "w": S("4"), "n": N(1)}
    await db.invalid("", "Query", **_query(condition, values=values))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"Select": "ALL_PROJECTED_ATTRIBUTES"}, "IndexName"),
        ({"Select": "SPECIFIC_ATTRIBUTES"}, "ProjectionExpression"),
        ({"Select": "COUNT", "ProjectionExpression": "b"}, "Count"),
        ({"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "b"}, "ALL_ATTRIBUTES"),
        ({"Select": "ALL_PROJECTED_ATTRIBUTES", "ProjectionExpression": "b", "IndexName": "gsi"},
         "ALL_PROJECTED_ATTRIBUTES"),
        ({"Select": "ALL_ATTRIBUTES", "IndexName": "gsi"}, "projection type is not ALL"),
        ({"ProjectionExpression": "b", "IndexName": "gsi"}, "does not project"),
    ],
)  # fmt: skip
async def test_51_select_fits_the_index_and_the_projection(
    db: Engine, options: Item, says: str
) -> None:
    await db.invalid(says, "Scan", TableName="idx", **options)
    keyed = "gk = :pk" if options.get("IndexName") == "gsi" else "pk = :pk"
    await db.invalid(says, "Query", **_query(keyed, **options))


async def test_51_a_local_index_fetches_from_the_table(db: Engine) -> None:
    await _fill(db, 1)
    whole = {**KEY, "sk": S("0"), "gk": S("g"), "gs": N(0), "b": S("b")}
    for options, expected in (
        ({}, {**KEY, "sk": S("0"), "gs": N(0)}),
        ({"Select": "ALL_PROJECTED_ATTRIBUTES"}, {**KEY, "sk": S("0"), "gs": N(0)}),
        ({"Select": "ALL_ATTRIBUTES"}, whole),
        ({"ProjectionExpression": "b"}, {"b": S("b")}),
        ({"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": "b"}, {"b": S("b")}),
    ):
        assert (await db("Query", **_query(IndexName="lsi", **options)))["Items"] == [expected]


async def test_52_projections_select_parts_and_compact_lists(db: Engine) -> None:
    await db.put("tab", {**KEY, "a": L(N(0), N(1), N(2)), "m": M(x=M(y=N(1)), z=N(2))})
    get: dict[str, Any] = {"TableName": "tab", "Key": KEY}
    for projection, expected in (
        ("a[0], a[2]", {"a": L(N(0), N(2))}),
        ("a[2], a[0]", {"a": L(N(0), N(2))}),
        ("m.x.y", {"m": M(x=M(y=N(1)))}),
        ("nix, m.nix, a[9]", {}),
    ):
        assert (await db("GetItem", **get, ProjectionExpression=projection))["Item"] == expected
    assert await db("GetItem", TableName="tab", Key={"pk": S("z")}, ProjectionExpression="a") == {}
    for overlapping in ("a, a[0]", "m.x, m.x.y", "a, a", "m.x, m[0]"):
        await db.invalid("Two document paths", "GetItem", **get, ProjectionExpression=overlapping)


async def test_53_indexes_are_sparse_follow_updates_and_refuse_wrong_types(db: Engine) -> None:
    item = {**KEY, "sk": S("s")}

    async def indexed() -> list[str]:
        found = await db.all("Scan", TableName="idx", IndexName="gsi")
        return [entry["gk"]["S"] for entry in found]

    async def change(expression: str, **values: Item) -> None:
        request = {**updating(expression, values), "TableName": "idx", "Key": item}
        await db("UpdateItem", **request)

    await db.put("idx", item)
    assert await indexed() == []
    await change("SET gk = :v", v=S("one"))
    assert await indexed() == []
    await change("SET gs = :v", v=N(1))
    assert await indexed() == ["one"]
    await change("SET gk = :v", v=S("two"))
    assert await indexed() == ["two"]
    for operation, request in (
        ("UpdateItem", {**updating("SET gk = :v", {"v": N(1)}), "TableName": "idx", "Key": item}),
        ("PutItem", {"TableName": "idx", "Item": {**item, "gk": N(1)}}),
        ("BatchWriteItem",
         {"RequestItems": {"idx": [{"PutRequest": {"Item": {**item, "gk": N(1)}}}]}}),
    ):  # fmt: skip
        await db.invalid("Type mismatch for Index Key gk", operation, **request)
    assert await indexed() == ["two"]
    await change("REMOVE gs")
    assert await indexed() == []
    await change("SET gs = :v", v=N(1))
    await db.put("idx", {**item, "sk": S("other"), "gk": S("two"), "gs": N(1)})
    assert await indexed() == ["two", "two"]
    await db("DeleteItem", TableName="idx", Key=item)
    assert await indexed() == ["two"]
    with pytest.raises(InvalidRequest):
        await db.create("other", "pk:S", None, gsi("one", "gk:S"), gsi("two", "gk:N"))


async def test_54_segments_are_disjoint_complete_and_in_a_stable_order(db: Engine) -> None:
    for number in range(30):
        await db.put("rng", {"pk": S(str(number % 10)), "sk": N(number)})
    whole = await db.all("Scan", TableName="rng")
    parts: list[Item] = []
    for segment in range(3):
        request = {"TableName": "rng", "Segment": segment, "TotalSegments": 3, "Limit": 4}
        parts += await db.all("Scan", **request)
    assert parts == whole
    assert len({(item["pk"]["S"], item["sk"]["N"]) for item in whole}) == 30
    partitions = [item["pk"]["S"] for item in whole]
    assert [partitions[place] for place in range(0, 30, 3)] == list(dict.fromkeys(partitions))
    for place in range(0, 30, 3):
        numbers = [int(item["sk"]["N"]) for item in whole[place : place + 3]]
        assert numbers == sorted(numbers)


async def test_55_item_collections_are_measured_where_there_is_a_local_index(db: Engine) -> None:
    put = {"Item": {**KEY, "sk": S("s")}, "ReturnItemCollectionMetrics": "SIZE"}
    metrics = (await db("PutItem", TableName="idx", **put))["ItemCollectionMetrics"]
    assert metrics == {"ItemCollectionKey": KEY, "SizeEstimateRangeGB": [0.0, 1.0]}
    assert "ItemCollectionMetrics" not in await db("PutItem", TableName="tab", **put)
