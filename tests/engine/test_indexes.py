"""Secondary indexes: entries, order, projections, keys of several attributes, backfill."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.calling import (
    KEYS_ONLY,
    Engine,
    N,
    S,
    definitions,
    including,
    index,
    schema,
)

from anydynamo.engine.items.access import find_table
from anydynamo.engine.layout import entries, unpack


def create(db: Engine, name: str = "things") -> None:
    db(
        "CreateTable",
        TableName=name,
        KeySchema=schema("pk", "sk"),
        AttributeDefinitions=definitions(pk="S", sk="N", g="S", h="N", l="S"),
        LocalSecondaryIndexes=[
            index("local", "pk", "l"),
            index("localKeys", "pk", "l", projection=KEYS_ONLY),
        ],
        GlobalSecondaryIndexes=[
            index("whole", "g", "h"),
            index("keys", "g", projection=KEYS_ONLY),
            index("some", "g", projection=including("a")),
            index("turned", "sk", "pk"),
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture
def db(engine: Engine) -> Engine:
    create(engine)
    return engine


def by(db: Engine, name: str, *, table: str = "things", **parameters: Any) -> list[Any]:
    """Return what a query of an index finds for g = "x", or pk = "p" in a local one."""
    key = "pk" if name.startswith("local") else "g"
    pages = db.pages(
        "Query",
        table,
        IndexName=name,
        KeyConditionExpression=f"{key} = :v",
        ExpressionAttributeValues={":v": S("p" if key == "pk" else "x")},
        **parameters,
    )
    return [item for page in pages for item in page["Items"]]


def stored(db: Engine, name: str = "things") -> dict[str, set[tuple[bytes, bytes]]]:
    """Return what lies in the spaces of a table's items and indexes."""

    def work(reader: Any) -> dict[str, set[tuple[bytes, bytes]]]:
        table = find_table(reader, name, lambda: db.now)
        spaces = (table.items, *(each.space for each in table.indexes))
        return {space: set(reader.scan(space)) for space in spaces}

    return db.peek(work)  # type: ignore[no-any-return]


def check_whole(db: Engine, name: str = "things") -> None:
    """Hold what lies in the indexes to what the items say, and the totals to both."""
    there = stored(db, name)
    wanted: dict[str, dict[bytes, Any]] = {space: {} for space in there}
    table = db.peek(lambda reader: find_table(reader, name, lambda: db.now))
    for _, raw in there[table.items]:
        for space, key, value in entries(table, unpack(raw)):
            wanted[space][key] = unpack(value)
    # An entry keeps the order in which its attributes were first written, which says nothing.
    decoded = {space: {k: unpack(v) for k, v in pairs} for space, pairs in there.items()}
    assert decoded == wanted
    described = db("DescribeTable", TableName=name)["Table"]
    counts = {table.items: (described["ItemCount"], described["TableSizeBytes"])}
    kinds = ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
    for each in (each for kind in kinds for each in described.get(kind, ())):
        found = table.index(each["IndexName"])
        assert found is not None
        counts[found.space] = (each["ItemCount"], each["IndexSizeBytes"])
    for space, pairs in there.items():
        sizes = [int.from_bytes(value[:4]) for _, value in pairs]
        assert counts[space] == (len(pairs), sum(sizes))


FULL = {"pk": S("p"), "sk": N(1), "g": S("x"), "h": N(5), "l": S("z"), "a": S("A"), "b": S("B")}


def test_an_index_holds_what_it_projects(db: Engine) -> None:
    db.put("things", **FULL)
    assert by(db, "whole") == [FULL]
    assert by(db, "local") == [FULL]
    assert by(db, "keys") == [{"pk": S("p"), "sk": N(1), "g": S("x")}]
    assert by(db, "some") == [{"pk": S("p"), "sk": N(1), "g": S("x"), "a": S("A")}]
    assert by(db, "localKeys") == [{"pk": S("p"), "sk": N(1), "l": S("z")}]
    assert len(db.all("things", IndexName="turned")) == 1
    check_whole(db)


def test_an_entry_that_projects_all_shares_the_items_bytes(db: Engine) -> None:
    db.put("things", **FULL)

    def work(reader: Any) -> bool:
        table = find_table(reader, "things", lambda: db.now)
        ((_, item),) = reader.scan(table.items)
        whole = table.index("whole")
        assert whole is not None
        ((_, entry),) = reader.scan(whole.space)
        return item is entry

    assert db.peek(work)


def test_an_item_without_an_index_key_is_not_in_the_index(db: Engine) -> None:
    db.put("things", pk=S("p"), sk=N(1), g=S("x"))
    db.put("things", pk=S("p"), sk=N(2), h=N(5))
    assert by(db, "whole") == []
    assert [item["sk"] for item in by(db, "keys")] == [N(1)]
    check_whole(db)


def test_every_way_of_writing_maintains_the_indexes(db: Engine) -> None:
    key = {"pk": S("p"), "sk": N(1)}
    db.put("things", **FULL)
    db.put("things", **{**FULL, "g": S("y")})
    check_whole(db)
    db(
        "UpdateItem",
        TableName="things",
        Key=key,
        UpdateExpression="SET h = h + :one, a = :a REMOVE l",
        ExpressionAttributeValues={":one": N(1), ":a": S("new")},
    )
    check_whole(db)
    db("UpdateItem", TableName="things", Key={"pk": S("q"), "sk": N(2)})
    check_whole(db)
    put = {"PutRequest": {"Item": {**FULL, "sk": N(3)}}}
    db("BatchWriteItem", RequestItems={"things": [put, {"DeleteRequest": {"Key": key}}]})
    check_whole(db)
    update = {
        "TableName": "things",
        "Key": {"pk": S("p"), "sk": N(3)},
        "UpdateExpression": "SET g = :g",
        "ExpressionAttributeValues": {":g": S("moved")},
    }
    db("TransactWriteItems", TransactItems=[{"Update": update}])
    check_whole(db)
    db("DeleteItem", TableName="things", Key={"pk": S("p"), "sk": N(3)})
    check_whole(db)
    assert db.all("things", IndexName="whole") == []


def test_an_unchanged_entry_is_not_written_again(db: Engine) -> None:
    db.put("things", **FULL)
    before = stored(db)
    db.put("things", **dict(reversed(FULL.items())))
    after = stored(db)
    table = db.peek(lambda reader: find_table(reader, "things", lambda: db.now))
    for each in table.indexes:
        assert after[each.space] == before[each.space]


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 3, 20])
def test_equal_index_keys_are_paged_through_once(db: Engine, forward: bool, limit: int) -> None:
    for number in range(7):
        for pk in ("p", "q"):
            db.put("things", pk=S(pk), sk=N(number), g=S("x"), h=N(number // 4))
    for name in ("whole", "keys"):
        found = by(db, name, Limit=limit, ScanIndexForward=forward)
        places = [(item["pk"]["S"], item["sk"]["N"]) for item in found]
        assert len(places) == len(set(places)) == 14
    found = by(db, "whole", Limit=limit, ScanIndexForward=forward)
    numbers = [int(item["h"]["N"]) for item in found]
    assert numbers == sorted(numbers, reverse=not forward)


def test_a_page_of_an_index_ends_with_its_keys_and_the_tables(db: Engine) -> None:
    db.put("things", **FULL)
    answer = db(
        "Query",
        TableName="things",
        IndexName="whole",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": S("x")},
        Limit=1,
    )
    assert answer["LastEvaluatedKey"] == {name: FULL[name] for name in ("g", "h", "pk", "sk")}
    scanned = db("Scan", TableName="things", IndexName="localKeys", Limit=1)
    assert scanned["LastEvaluatedKey"] == {name: FULL[name] for name in ("pk", "l", "sk")}


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ({"pk": S("p"), "sk": N(1)}, "The provided starting key is invalid"),
        ({"g": S("x"), "h": N(1)}, "The provided starting key is invalid"),
        ({"g": S(""), "h": N(1), "pk": S("p"), "sk": N(1)}, "The provided starting key is invalid"),
        ({"g": S("x"), "h": N(1), "pk": S(""), "sk": N(1)}, "The provided starting key is invalid"),
        ({"g": S("x"), "h": S("1"), "pk": S("p"), "sk": N(1)}, "does not match the schema"),
        ({"g": S("y"), "h": N(1), "pk": S("p"), "sk": N(1)}, "outside query boundaries"),
        ({"g": S("x"), "h": N(9), "pk": S("p"), "sk": N(1)}, "the range key predicate"),
    ],
    ids=str,
)
def test_an_indexs_starting_key_is_checked_whole(
    db: Engine, start: dict[str, Any], says: str
) -> None:
    db.invalid(
        says,
        "Query",
        TableName="things",
        IndexName="whole",
        KeyConditionExpression="g = :g AND h < :h",
        ExpressionAttributeValues={":g": S("x"), ":h": N(5)},
        ExclusiveStartKey=start,
    )


def test_a_local_index_fetches_what_it_does_not_project(db: Engine) -> None:
    db.put("things", **FULL)
    assert by(db, "localKeys", Select="ALL_ATTRIBUTES") == [FULL]
    assert by(db, "localKeys", ProjectionExpression="b, sk") == [{"b": S("B"), "sk": N(1)}]
    assert by(db, "localKeys", ProjectionExpression="sk") == [{"sk": N(1)}]


def test_a_global_index_cannot_fetch(db: Engine) -> None:
    request = {
        "TableName": "things",
        "IndexName": "keys",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": S("x")},
    }
    db.invalid("projection type is not ALL", "Query", {**request, "Select": "ALL_ATTRIBUTES"})
    db.invalid(
        "Global secondary index keys does not project [a]",
        "Query",
        {**request, "ProjectionExpression": "pk, a"},
    )
    assert db("Query", {**request, "ProjectionExpression": "pk"})["Items"] == []


def test_only_local_indexes_have_consistent_reads(db: Engine) -> None:
    assert by(db, "local", ConsistentRead=True) == []
    for operation in ("Query", "Scan"):
        request: dict[str, Any] = {
            "TableName": "things",
            "IndexName": "whole",
            "ConsistentRead": True,
        }
        if operation == "Query":
            request["KeyConditionExpression"] = "g = :g"
            request["ExpressionAttributeValues"] = {":g": S("x")}
        db.invalid(
            "Consistent reads are not supported on global secondary indexes", operation, request
        )


def test_a_filter_on_the_tables_key_is_fine_in_an_index(db: Engine) -> None:
    db.put("things", **FULL)
    found = db(
        "Query",
        TableName="things",
        IndexName="keys",
        KeyConditionExpression="g = :g",
        FilterExpression="sk = :n",
        ExpressionAttributeValues={":g": S("x"), ":n": N(1)},
    )
    assert found["Count"] == 1


BAD_KEYS: list[Any] = [
    (N(1), "Type mismatch for Index Key g Expected: S Actual: N"),
    ({"NULL": True}, "Type mismatch for Index Key g Expected: S Actual: NULL"),
    (S(""), "cannot contain an empty string value."),
    (S("x" * 2049), "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
]


@pytest.mark.parametrize(("value", "says"), BAD_KEYS, ids=["type", "null", "empty", "long"])
def test_what_cannot_be_an_index_key_is_refused_by_every_write(
    db: Engine, value: Any, says: str
) -> None:
    key = {"pk": S("p"), "sk": N(1)}
    item = {**key, "g": value}
    db.invalid(says, "PutItem", TableName="things", Item=item)
    db.invalid(says, "BatchWriteItem", RequestItems={"things": [{"PutRequest": {"Item": item}}]})
    update = {
        "TableName": "things",
        "Key": key,
        "UpdateExpression": "SET g = :g",
        "ExpressionAttributeValues": {":g": value},
    }
    db.invalid(says, "UpdateItem", update)
    for action in ({"Put": {"TableName": "things", "Item": item}}, {"Update": update}):
        if value == S(""):
            db.invalid(says, "TransactWriteItems", TransactItems=[action])
            continue
        error = db.refused(
            "TransactionCanceledException",
            "[ValidationError]",
            "TransactWriteItems",
            TransactItems=[action],
        )
        assert says in error.reasons[0]["Message"]  # type: ignore[attr-defined]
    assert db.all("things") == []


def test_a_put_says_where_its_empty_index_key_stands_and_an_update_does_not(db: Engine) -> None:
    item = {"pk": S("p"), "sk": N(1), "g": S("")}
    where = "empty string value. IndexName: keys, IndexKey: g"
    db.invalid(where, "PutItem", TableName="things", Item=item)
    update = {"UpdateExpression": "SET g = :g", "ExpressionAttributeValues": {":g": S("")}}
    key = {"pk": S("p"), "sk": N(1)}
    error = db.refused(
        "ValidationException",
        "empty string value.",
        "UpdateItem",
        TableName="things",
        Key=key,
        **update,
    )
    assert "IndexName" not in error.message


def test_a_sort_key_of_an_index_has_its_own_length(db: Engine) -> None:
    item = {"pk": S("p"), "sk": N(1), "l": S("x" * 1025)}
    db.invalid("Aggregated size of all range keys", "PutItem", TableName="things", Item=item)
    db.put("things", **{**item, "l": S("x" * 1024)})


COMPOSED = index("composed", "a", "b", "/", "c", "d")


@pytest.fixture
def composed(engine: Engine) -> Engine:
    engine(
        "CreateTable",
        TableName="things",
        KeySchema=schema("pk"),
        AttributeDefinitions=definitions(pk="N", a="S", b="N", c="S", d="N"),
        GlobalSecondaryIndexes=[COMPOSED],
        BillingMode="PAY_PER_REQUEST",
    )
    places = [(c, d) for c in ("a", "a\x00", "aa", "b") for d in (-1, 0, 3, 20)]
    for number, (c, d) in enumerate(places):
        engine.put("things", pk=N(number), a=S("x"), b=N(1), c=S(c), d=N(d))
    engine.put("things", pk=N(100), a=S("x"), b=N(1), c=S("a"))
    engine.put("things", pk=N(101), a=S("x"), b=N(2), c=S("a"), d=N(0))
    engine.put("things", pk=N(102), a=S("x1"), b=N(1), c=S("a"), d=N(0))
    return engine


def compose(db: Engine, condition: str, **values: Any) -> list[tuple[str, int]]:
    pages = db.pages(
        "Query",
        "things",
        IndexName="composed",
        KeyConditionExpression=f"a = :a AND b = :b{condition}",
        ExpressionAttributeValues={
            ":a": S("x"),
            ":b": N(1),
            **{f":{name}": value for name, value in values.items()},
        },
        Limit=3,
    )
    return [(item["c"]["S"], int(item["d"]["N"])) for page in pages for item in page["Items"]]


@pytest.mark.parametrize(
    ("condition", "values", "wanted"),
    [
        ("", {}, lambda _c, _d: True),
        (" AND c = :c", {"c": S("a")}, lambda c, _d: c == "a"),
        (" AND c < :c", {"c": S("aa")}, lambda c, _d: c < "aa"),
        (" AND c <= :c", {"c": S("a")}, lambda c, _d: c <= "a"),
        (" AND c > :c", {"c": S("a")}, lambda c, _d: c > "a"),
        (" AND c >= :c", {"c": S("a\x00")}, lambda c, _d: c >= "a\x00"),
        (" AND begins_with(c, :c)", {"c": S("a")}, lambda c, _d: c.startswith("a")),
        (" AND c BETWEEN :c AND :e", {"c": S("a"), "e": S("aa")}, lambda c, _d: "a" <= c <= "aa"),
        (" AND c = :c AND d > :d", {"c": S("a"), "d": N(0)}, lambda c, d: c == "a" and d > 0),
        (" AND c = :c AND d <= :d", {"c": S("b"), "d": N(3)}, lambda c, d: c == "b" and d <= 3),
        (" AND c = :c AND d = :d", {"c": S("aa"), "d": N(20)}, lambda c, d: (c, d) == ("aa", 20)),
        (
            " AND c = :c AND d BETWEEN :d AND :e",
            {"c": S("aa"), "d": N(0), "e": N(3)},
            lambda c, d: c == "aa" and 0 <= d <= 3,
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_keys_of_several_attributes_are_tested_from_the_left(
    composed: Engine, condition: str, values: dict[str, Any], wanted: Any
) -> None:
    everything = [(c, d) for c in ("a", "a\x00", "aa", "b") for d in (-1, 0, 3, 20)]
    found = compose(composed, condition, **values)
    assert found == [(c, d) for c, d in everything if wanted(c, d)]


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("a = :a", "Query condition missed key schema element: b"),
        ("a = :a AND b > :b", "Query key condition not supported"),
        ("a = :a AND b = :b AND d = :b", "Query condition missed key schema element: c"),
        ("a = :a AND b = :b AND c > :a AND d = :b", "Query key condition not supported"),
        ("a = :a AND b = :b AND pk = :b", "Query condition missed key schema element: c"),
    ],
)
def test_keys_of_several_attributes_leave_none_out(
    composed: Engine, condition: str, says: str
) -> None:
    values = {":a": S("x"), ":b": N(1)}
    composed.invalid(
        says,
        "Query",
        TableName="things",
        IndexName="composed",
        KeyConditionExpression=condition,
        ExpressionAttributeValues={name: values[name] for name in values if name in condition},
    )


def test_a_new_index_is_filled_from_the_items_that_fit(engine: Engine) -> None:
    engine.create("things", "pk", pk="N")
    values: list[Any] = [S("x"), S("y"), N(1), {"L": [S("x")]}, S(""), S("x" * 3000), None]
    for number, value in enumerate(values):
        item = {"pk": N(number)} | ({} if value is None else {"g": value})
        engine("PutItem", TableName="things", Item=item)
    for name, projection in (("whole", {"ProjectionType": "ALL"}), ("keys", KEYS_ONLY)):
        engine(
            "UpdateTable",
            TableName="things",
            AttributeDefinitions=definitions(g="S"),
            GlobalSecondaryIndexUpdates=[{"Create": index(name, "g", projection=projection)}],
        )
        found = engine.all("things", IndexName=name)
        assert sorted(item["g"]["S"] for item in found) == ["x", "y"]
    check_whole(engine)


def test_an_item_that_does_not_fit_a_new_index_can_still_be_changed(engine: Engine) -> None:
    engine.create("things", "pk")
    engine.put("things", pk=S("1"), g={"L": []})
    engine(
        "UpdateTable",
        TableName="things",
        AttributeDefinitions=definitions(g="S"),
        GlobalSecondaryIndexUpdates=[{"Create": index("whole", "g")}],
    )
    key = {"TableName": "things", "Key": {"pk": S("1")}}
    engine(
        "UpdateItem",
        {**key, "UpdateExpression": "SET a = :a", "ExpressionAttributeValues": {":a": N(1)}},
    )
    engine(
        "UpdateItem",
        {**key, "UpdateExpression": "SET g = :g", "ExpressionAttributeValues": {":g": S("x")}},
    )
    assert engine.all("things", IndexName="whole") == [{"pk": S("1"), "g": S("x"), "a": N(1)}]
    engine("DeleteItem", key)
    check_whole(engine)


def test_a_deleted_index_is_gone_with_its_entries(db: Engine) -> None:
    db.put("things", **FULL)
    before = set(stored(db))
    db(
        "UpdateTable",
        TableName="things",
        GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "whole"}}],
    )
    (gone,) = before - set(stored(db))
    assert db.peek(lambda reader: list(reader.scan(gone))) == []
    db.invalid(
        "The table does not have the specified index: whole",
        "Scan",
        TableName="things",
        IndexName="whole",
    )
    check_whole(db)


attributes = st.fixed_dictionaries(
    {},
    optional={
        "g": st.sampled_from([S("x"), S("y"), S("\x00")]),
        "h": st.sampled_from([N(0), N(-1), N(1000)]),
        "l": st.sampled_from([S("a"), S("b")]),
        "a": st.sampled_from([S("A"), {"L": [N(1)]}]),
        "b": st.sampled_from([S("B"), {"NULL": True}]),
    },
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["put", "delete", "remove"]),
        st.sampled_from(["p", "q"]),
        st.integers(0, 2),
        attributes,
    ),
    max_size=12,
)


@given(steps)
@settings(max_examples=100)
def test_whatever_is_written_the_indexes_follow(changes: list[Any]) -> None:
    db = Engine()
    create(db)
    model: dict[tuple[str, int], dict[str, Any]] = {}
    for step, pk, sk, given_ in changes:
        key = {"pk": S(pk), "sk": N(sk)}
        if step == "put":
            db("PutItem", TableName="things", Item={**key, **given_})
            model[pk, sk] = {**key, **given_}
        elif step == "delete":
            db("DeleteItem", TableName="things", Key=key)
            model.pop((pk, sk), None)
        else:
            db("UpdateItem", TableName="things", Key=key, UpdateExpression="REMOVE g, l")
            kept = model.get((pk, sk), key)
            model[pk, sk] = {name: kept[name] for name in kept if name not in ("g", "l")}
        check_whole(db)
    found = {(item["pk"]["S"], int(item["sk"]["N"])): item for item in db.all("things")}
    assert found == model
    whole = db.all("things", IndexName="whole")
    assert len(whole) == sum({"g", "h"} <= item.keys() for item in model.values())
