"""Query and Scan of tables: ranges, order, pages, filters and starting keys."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.calling import B, Engine, N, S

from anydynamo.engine import engine as operations
from anydynamo.engine.behaviour import Surroundings
from anydynamo.engine.errors import EngineError


@pytest.fixture
def db(engine: Engine) -> Engine:
    engine.create("texts", "pk", "sk")
    engine.create("numbers", "pk", "sk", sk="N")
    engine.create("alone", "pk")
    for text in ("a", "a\x00", "a\x00b", "aa", "ab", "b", "é", "\U0001f600", "\uffff"):
        engine.put("texts", pk=S("p"), sk=S(text))
    for number in (-100, -1, "-0.5", 0, "1e-10", 1, 2, 10, "1e20"):
        engine.put("numbers", pk=S("p"), sk=N(number))
    engine.put("texts", pk=S("q"), sk=S("a"))
    engine.put("numbers", pk=S("q"), sk=N(1))
    return engine


TEXTS = ["a", "a\x00", "a\x00b", "aa", "ab", "b", "é", "\uffff", "\U0001f600"]
NUMBERS = ["-100", "-1", "-0.5", "0", "0.0000000001", "1", "2", "10", "100000000000000000000"]


def query(db: Engine, table: str, condition: str = "", **parameters: Any) -> dict[str, Any]:
    values = {":p": S("p"), **parameters.pop("values", {})}
    return db(  # type: ignore[no-any-return]
        "Query",
        TableName=table,
        KeyConditionExpression="pk = :p" + (f" AND {condition}" if condition else ""),
        ExpressionAttributeValues=values,
        **parameters,
    )


def texts(answer: dict[str, Any]) -> list[Any]:
    return [next(iter(item["sk"].values())) for item in answer["Items"]]


def test_strings_are_in_the_order_of_their_utf8_bytes(db: Engine) -> None:
    assert texts(query(db, "texts")) == TEXTS
    assert texts(query(db, "texts", ScanIndexForward=False)) == TEXTS[::-1]


def test_numbers_are_in_the_order_of_their_values(db: Engine) -> None:
    assert texts(query(db, "numbers")) == NUMBERS
    assert texts(query(db, "numbers", ScanIndexForward=False)) == NUMBERS[::-1]


@pytest.mark.parametrize(
    ("condition", "values", "wanted"),
    [
        ("sk = :a", {":a": "a"}, ["a"]),
        ("sk < :a", {":a": "aa"}, ["a", "a\x00", "a\x00b"]),
        ("sk <= :a", {":a": "aa"}, ["a", "a\x00", "a\x00b", "aa"]),
        ("sk > :a", {":a": "a"}, TEXTS[1:]),
        ("sk >= :a", {":a": "a\x00b"}, TEXTS[2:]),
        (":a < sk", {":a": "b"}, TEXTS[6:]),
        ("sk BETWEEN :a AND :b", {":a": "a\x00", ":b": "b"}, TEXTS[1:6]),
        ("begins_with(sk, :a)", {":a": "a\x00"}, ["a\x00", "a\x00b"]),
        ("begins_with(sk, :a)", {":a": "a"}, TEXTS[:5]),
        ("begins_with(sk, :a)", {":a": "z"}, []),
    ],
    ids=str,
)
@pytest.mark.parametrize("forward", [True, False])
def test_a_condition_on_the_sort_key_selects_a_range(
    db: Engine, condition: str, values: dict[str, str], wanted: list[str], forward: bool
) -> None:
    given_ = {name: S(text) for name, text in values.items()}
    answer = query(db, "texts", condition, values=given_, ScanIndexForward=forward)
    assert texts(answer) == (wanted if forward else wanted[::-1])
    assert answer["Count"] == answer["ScannedCount"] == len(wanted)


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("sk < :n", NUMBERS[:3]),
        ("sk <= :n", NUMBERS[:4]),
        ("sk > :n", NUMBERS[4:]),
        ("sk BETWEEN :n AND :m", ["0", "0.0000000001", "1", "2"]),
    ],
)
def test_ranges_of_numbers_go_by_value(db: Engine, condition: str, wanted: list[str]) -> None:
    values = {":n": N("0.0")} | ({":m": N("2.00")} if ":m" in condition else {})
    assert texts(query(db, "numbers", condition, values=values)) == wanted


def test_binary_keys_are_unsigned(engine: Engine) -> None:
    engine.create("octets", "pk", "sk", sk="B")
    for octets in (b"\x7f", b"\x80", b"\xff", b"\xff\xff", b"\x00"):
        engine.put("octets", pk=S("p"), sk=B(octets))
    whole = [b"\x00", b"\x7f", b"\x80", b"\xff", b"\xff\xff"]
    assert texts(query(engine, "octets")) == whole
    prefix = {":b": B(b"\xff")}
    assert texts(query(engine, "octets", "begins_with(sk, :b)", values=prefix)) == whole[3:]


def test_a_query_reads_the_range_of_its_partition_and_nothing_else(db: Engine) -> None:
    walked: list[tuple[bytes, bytes | None]] = []

    class Watched:
        def __init__(self, reader: Any) -> None:
            self._reader = reader
            self.get = reader.get

        def scan(self, space: str, **bounds: Any) -> Any:
            walked.append((bounds["start"], bounds["end"]))
            return self._reader.scan(space, **bounds)

    request = {
        "TableName": "texts",
        "KeyConditionExpression": "pk = :p AND sk BETWEEN :a AND :b",
        "ExpressionAttributeValues": {":p": S("p"), ":a": S("aa"), ":b": S("b")},
    }
    work = operations.prepare_read("Query", request, Surroundings(lambda: 0.0))
    answer = db.peek(lambda reader: work(Watched(reader)))
    assert texts(answer) == ["aa", "ab", "b"]
    ((start, end),) = walked
    keys = db.peek(
        lambda reader: [
            key for key, _ in reader.scan(_items(reader, "texts"), start=start, end=end)
        ]
    )
    assert len(keys) == 3


def _items(reader: Any, name: str) -> str:
    from anydynamo.engine.items.access import find_table

    return find_table(reader, name, lambda: 0.0).items


def test_limit_counts_what_was_evaluated(db: Engine) -> None:
    answer = query(
        db,
        "texts",
        Limit=3,
        FilterExpression="attribute_exists(absent)",
    )
    assert (answer["Items"], answer["Count"], answer["ScannedCount"]) == ([], 0, 3)
    assert answer["LastEvaluatedKey"] == {"pk": S("p"), "sk": S("a\x00b")}


def test_a_page_that_ends_at_its_limit_says_that_more_may_follow(db: Engine) -> None:
    assert "LastEvaluatedKey" in query(db, "texts", Limit=len(TEXTS))
    assert "LastEvaluatedKey" not in query(db, "texts", Limit=len(TEXTS) + 1)
    assert "LastEvaluatedKey" not in query(db, "texts", Limit=2**31 - 1)


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 2, 4, 100])
def test_pages_lead_through_everything_once(db: Engine, forward: bool, limit: int) -> None:
    pages = db.pages(
        "Query",
        "texts",
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": S("p")},
        Limit=limit,
        ScanIndexForward=forward,
    )
    found = [text for page in pages for text in texts(page)]
    assert found == (TEXTS if forward else TEXTS[::-1])


def test_a_page_ends_after_a_megabyte(engine: Engine) -> None:
    engine.create("large", "pk", "sk", sk="N")
    for number in range(8):
        engine.put("large", pk=S("p"), sk=N(number), a=S("x" * 300_000))
    pages = list(
        engine.pages(
            "Query",
            "large",
            KeyConditionExpression="pk = :p",
            ExpressionAttributeValues={":p": S("p")},
        )
    )
    assert [page["Count"] for page in pages] == [4, 4, 0]
    counted = query(engine, "large", Select="COUNT")
    assert counted["Count"] == 4
    assert "Items" not in counted
    assert counted["LastEvaluatedKey"] == {"pk": S("p"), "sk": N(3)}


def test_a_starting_key_need_not_exist(db: Engine) -> None:
    start = {"pk": S("p"), "sk": S("a\x00a")}
    assert texts(query(db, "texts", ExclusiveStartKey=start)) == TEXTS[2:]
    assert texts(query(db, "texts", ExclusiveStartKey=start, ScanIndexForward=False)) == [
        "a\x00",
        "a",
    ]


@pytest.mark.parametrize(
    ("start", "says"),
    [
        ({}, "The provided starting key is invalid"),
        ({"pk": S("p")}, "The provided starting key is invalid"),
        ({"pk": S("p"), "sk": S("a"), "x": S("a")}, "The provided starting key is invalid"),
        ({"pk": S("p"), "x": S("a")}, "does not match the schema"),
        ({"pk": S("p"), "sk": N(1)}, "does not match the schema"),
        ({"pk": S("p"), "sk": S("")}, "The provided starting key is invalid"),
        ({"pk": S("p"), "sk": {}}, "The provided starting key is invalid"),
        ({"pk": S("q"), "sk": S("a")}, "outside query boundaries"),
        ({"pk": S("p"), "sk": S("zz")}, "does not match the range key predicate"),
    ],
    ids=str,
)
def test_a_starting_key_that_is_none_is_refused(
    db: Engine, start: dict[str, Any], says: str
) -> None:
    db.invalid(
        says,
        "Query",
        TableName="texts",
        KeyConditionExpression="pk = :p AND sk < :b",
        ExpressionAttributeValues={":p": S("p"), ":b": S("b")},
        ExclusiveStartKey=start,
    )


def test_a_starting_key_of_the_wrong_json_type_is_a_serialization_error(db: Engine) -> None:
    start = {"pk": S("p"), "sk": {"S": 1}}
    db.refused("SerializationException", "", "Scan", TableName="texts", ExclusiveStartKey=start)


def test_a_table_without_a_sort_key_has_nothing_to_start_from(db: Engine) -> None:
    db.invalid(
        "outside query boundaries",
        "Query",
        TableName="alone",
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": S("p")},
        ExclusiveStartKey={"pk": S("p")},
    )


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("sk = :p", "Query condition missed key schema element: pk"),
        ("pk > :p", "Query key condition not supported"),
        ("pk = :p AND elsewhere = :p", "Query condition missed key schema element: sk"),
        ("pk = :p AND sk = :p AND elsewhere = :p", ""),
        ("pk = :n", "Condition parameter type does not match schema type"),
        ("pk = :p AND sk < :n", "Condition parameter type does not match schema type"),
        ("pk = :e", "cannot contain an empty string value. Key: pk"),
        ("pk = :p AND begins_with(sk, :e)", "cannot contain an empty string value. Key: sk"),
    ],
)
def test_a_condition_that_does_not_fit_the_key_schema_is_refused(
    db: Engine, condition: str, says: str
) -> None:
    values = {":p": S("p"), ":n": N(1), ":e": S("")}
    db.invalid(
        says,
        "Query",
        TableName="texts",
        KeyConditionExpression=condition,
        ExpressionAttributeValues={name: values[name] for name in values if name in condition},
    )


def test_a_table_without_a_sort_key_has_no_condition_on_it(db: Engine) -> None:
    db.invalid(
        "Query key condition not supported",
        "Query",
        TableName="alone",
        KeyConditionExpression="pk = :p AND sk = :p",
        ExpressionAttributeValues={":p": S("p")},
    )


def test_begins_with_has_no_meaning_for_numbers(db: Engine) -> None:
    for operand in (N(1), S("1")):
        db.invalid(
            "",
            "Query",
            TableName="numbers",
            KeyConditionExpression="pk = :p AND begins_with(sk, :n)",
            ExpressionAttributeValues={":p": S("p"), ":n": operand},
        )


def test_a_query_needs_a_key_condition(db: Engine) -> None:
    db.invalid("KeyConditionExpression parameter must be specified", "Query", TableName="texts")


def test_a_filter_decides_what_is_returned_not_what_is_read(db: Engine) -> None:
    for number in range(6):
        db.put("numbers", pk=S("f"), sk=N(number), even={"BOOL": number % 2 == 0})
    answer = db(
        "Query",
        TableName="numbers",
        KeyConditionExpression="pk = :p",
        FilterExpression="even = :yes",
        ProjectionExpression="sk",
        ExpressionAttributeValues={":p": S("f"), ":yes": {"BOOL": True}},
    )
    assert answer == {
        "Items": [{"sk": N(0)}, {"sk": N(2)}, {"sk": N(4)}],
        "Count": 3,
        "ScannedCount": 6,
    }
    counted = db(
        "Query",
        TableName="numbers",
        KeyConditionExpression="pk = :p",
        FilterExpression="even = :yes",
        ExpressionAttributeValues={":p": S("f"), ":yes": {"BOOL": True}},
        Select="COUNT",
    )
    assert counted == {"Count": 3, "ScannedCount": 6}


@pytest.mark.parametrize("name", ["pk", "sk"])
def test_a_filter_on_a_key_is_refused_in_a_query_and_not_in_a_scan(db: Engine, name: str) -> None:
    db.invalid(
        f"Filter Expression can only contain non-primary key attributes: "
        f"Primary key attribute: {name}",
        "Query",
        TableName="texts",
        KeyConditionExpression="pk = :p",
        FilterExpression=f"{name} = :p",
        ExpressionAttributeValues={":p": S("p")},
    )
    found = db.all(
        "texts", FilterExpression=f"{name} = :v", ExpressionAttributeValues={":v": S("q")}
    )
    assert len(found) == (1 if name == "pk" else 0)


@pytest.mark.parametrize("operation", ["Query", "Scan"])
@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"Select": "SPECIFIC_ATTRIBUTES"}, "Must specify the AttributesToGet or Projection"),
        ({"Select": "ALL_PROJECTED_ATTRIBUTES"}, "ALL_PROJECTED_ATTRIBUTES can be used only when"),
        ({"Select": "COUNT", "ProjectionExpression": "a"}, "choosing to get only the Count"),
        (
            {"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "a"},
            "choosing to get ALL_ATTRIBUTES",
        ),
        ({"Select": "NOTHING"}, "Member must satisfy enum value set"),
        ({"Limit": 0}, "Member must have value greater than or equal to 1"),
        ({"IndexName": "absent"}, "The table does not have the specified index: absent"),
    ],
    ids=str,
)
def test_what_cannot_be_selected_is_refused(
    db: Engine, operation: str, parameters: dict[str, Any], says: str
) -> None:
    request: dict[str, Any] = {"TableName": "texts", **parameters}
    if operation == "Query":
        request["KeyConditionExpression"] = "pk = :p"
        request["ExpressionAttributeValues"] = {":p": S("p")}
    db.invalid(says, operation, request)


def test_specific_attributes_are_those_of_the_projection(db: Engine) -> None:
    answer = query(db, "texts", Select="SPECIFIC_ATTRIBUTES", ProjectionExpression="sk", Limit=1)
    assert answer["Items"] == [{"sk": S("a")}]


def test_a_scan_finds_everything_and_keeps_partitions_sorted(db: Engine) -> None:
    found = db.all("texts")
    assert sorted(item["pk"]["S"] for item in found) == ["p"] * 9 + ["q"]
    assert [item["sk"]["S"] for item in found if item["pk"] == S("p")] == TEXTS


@pytest.mark.parametrize("total", [1, 2, 3, 7, 1_000_000])
def test_segments_are_disjoint_and_complete(engine: Engine, total: int) -> None:
    engine.create("many", "pk", pk="N")
    for number in range(60):
        engine.put("many", pk=N(number))
    used = range(total) if total < 100 else _segments_of_a_million(engine)
    found = [
        int(item["pk"]["N"])
        for segment in used
        for item in engine.all("many", Segment=segment, TotalSegments=total, Limit=3)
    ]
    assert sorted(found) == list(range(60))


def _segments_of_a_million(engine: Engine) -> list[int]:
    keys = engine.peek(lambda reader: [key for key, _ in reader.scan(_items(reader, "many"))])
    return sorted({int.from_bytes(key[:8]) * 1_000_000 >> 64 for key in keys})


def test_a_starting_key_lies_in_its_segment(engine: Engine) -> None:
    engine.create("many", "pk", pk="N")
    for number in range(20):
        engine.put("many", pk=N(number))
    (first, *_), (other, *_) = (
        engine.all("many", Segment=segment, TotalSegments=2) for segment in (0, 1)
    )
    page = engine("Scan", TableName="many", Segment=0, TotalSegments=2, ExclusiveStartKey=first)
    assert first not in page["Items"]
    engine.invalid(
        "Please use ExclusiveStartKey with correct Segment",
        "Scan",
        TableName="many",
        Segment=0,
        TotalSegments=2,
        ExclusiveStartKey=other,
    )


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"Segment": 0}, "TotalSegments parameter is required"),
        ({"TotalSegments": 2}, "Segment parameter is required"),
        ({"Segment": 2, "TotalSegments": 2}, "must be less than parameter TotalSegments"),
        ({"Segment": -1, "TotalSegments": 2}, "greater than or equal to 0"),
        ({"Segment": 0, "TotalSegments": 0}, "greater than or equal to 1"),
        ({"Segment": 0, "TotalSegments": 1_000_001}, "less than or equal to 1000000"),
    ],
    ids=str,
)
def test_segments_that_do_not_exist_are_refused(
    db: Engine, parameters: dict[str, int], says: str
) -> None:
    db.invalid(says, "Scan", TableName="texts", **parameters)


@given(
    st.sets(st.binary(min_size=1, max_size=4), max_size=30),
    st.binary(min_size=1, max_size=4),
    st.sampled_from(["=", "<", "<=", ">", ">="]),
    st.booleans(),
    st.integers(1, 5),
)
@settings(max_examples=150)
def test_ranges_agree_with_plain_comparison(
    keys: set[bytes], bound: bytes, operator: str, forward: bool, limit: int
) -> None:
    db = Engine()
    db.create("octets", "pk", "sk", sk="B")
    for key in keys:
        db.put("octets", pk=S("p"), sk=B(key))
    pages = db.pages(
        "Query",
        "octets",
        KeyConditionExpression=f"pk = :p AND sk {operator} :b",
        ExpressionAttributeValues={":p": S("p"), ":b": B(bound)},
        ScanIndexForward=forward,
        Limit=limit,
    )
    compare = {
        "=": bytes.__eq__,
        "<": bytes.__lt__,
        "<=": bytes.__le__,
        ">": bytes.__gt__,
        ">=": bytes.__ge__,
    }[operator]
    wanted = sorted((key for key in keys if compare(key, bound)), reverse=not forward)
    assert [octets for page in pages for octets in texts(page)] == wanted


def test_an_absent_table_has_nothing_to_query(engine: Engine) -> None:
    work = operations.prepare_read("Scan", {"TableName": "absent"}, Surroundings(lambda: 0.0))
    with pytest.raises(EngineError, match="Requested resource not found"):
        engine.peek(work)
