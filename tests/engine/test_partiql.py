"""PartiQL: what the contract leaves out, its twins among requests, and statements from nowhere."""

from __future__ import annotations

import base64
import re
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.calling import KEYS_ONLY, Engine, N, S, definitions, index, schema

from anydynamo.engine.partiql.lexer import tokenize
from anydynamo.engine.partiql.statements import parse
from anydynamo.errors import AnyDynamoError, InvalidRequest, TransactionCancelled


@pytest.fixture
def db(engine: Engine) -> Engine:
    engine.create("tab", "pk", "sk", sk="N")
    return engine


def run(db: Engine, statement: str, *parameters: Any, **more: Any) -> Any:
    if parameters:
        more["Parameters"] = list(parameters)
    return db("ExecuteStatement", Statement=statement, **more)["Items"]


def pages(db: Engine, statement: str, **more: Any) -> list[Any]:
    """Return the items of every page."""
    items: list[Any] = []
    while True:
        answer = db("ExecuteStatement", Statement=statement, **more)
        items += answer["Items"]
        if "NextToken" not in answer:
            return items
        more["NextToken"] = answer["NextToken"]


def test_names_in_quotes_are_taken_as_they_are(db: Engine) -> None:
    run(db, "INSERT INTO tab VALUE {'pk': 'a', 'sk': 1, '#n': 1, 'a \"b\"': {'c.d': 2}}")
    statement = 'SELECT "#n", "a ""b"""[\'c.d\'] FROM "tab" WHERE "#n" = 1 AND "a ""b"""."c.d" = 2'
    assert run(db, statement) == [{"#n": N(1), "c.d": N(2)}]


def test_keywords_and_functions_are_written_in_any_case(db: Engine) -> None:
    run(db, "insert into tab value {'pk': 'a', 'sk': 1, 'l': []}")
    run(db, "Update tab Set l = LIST_APPEND(l, [Null, True, fALSE]) Where pk = 'a' and sk = 1")
    statement = "select l from tab where pk = 'a' and SIZE(l) = 3"
    assert run(db, statement) == [{"l": {"L": [{"NULL": True}, {"BOOL": True}, {"BOOL": False}]}}]


def test_parameters_stand_within_literals(db: Engine) -> None:
    statement = "INSERT INTO tab VALUE {'pk': ?, 'sk': ?, 'l': [?, {'m': ?}], 's': <<?, 'b'>>}"
    run(db, statement, S("a"), N(1), N(2), S("x"), S("a"))
    assert db.get("tab", pk=S("a"), sk=N(1)) == {
        "pk": S("a"),
        "sk": N(1),
        "l": {"L": [N(2), {"M": {"m": S("x")}}]},
        "s": {"SS": ["a", "b"]},
    }
    run(db, "INSERT INTO tab VALUE ?", {"M": {"pk": S("b"), "sk": N(1)}})
    assert db.get("tab", pk=S("b"), sk=N(1)) is not None


def test_a_literal_belongs_to_one_item_alone(db: Engine) -> None:
    update = "UPDATE tab SET l = [1] WHERE pk = 'a' AND sk = ? RETURNING ALL NEW *"
    for number in (1, 2):
        run(db, "INSERT INTO tab VALUE {'pk': 'a', 'sk': ?}", N(number))
        (item,) = run(db, update, N(number))
        assert item["l"] == {"L": [N(1)]}
        item["l"]["L"].append(N(2))


def test_every_comparison_may_be_turned_around(db: Engine) -> None:
    for number in range(5):
        db.put("tab", pk=S("a"), sk=N(number))
    for where, found in (
        ("'a' = pk AND 2 < sk", [3, 4]),
        ("'a' = pk AND 2 >= sk", [0, 1, 2]),
        ("pk = 'a' AND sk NOT IN (1, 2)", [0, 3, 4]),
        ("pk = 'a' AND sk NOT BETWEEN 1 AND 3", [0, 4]),
        ("pk = 'a' AND sk != 0", [1, 2, 3, 4]),
    ):
        statement = f"SELECT sk FROM tab WHERE {where}"
        assert run(db, statement) == [{"sk": N(number)} for number in found]


def test_a_known_partition_is_all_that_is_evaluated(db: Engine) -> None:
    for partition in "abcdef":
        db.put("tab", pk=S(partition), sk=N(1), v={"B": bytes(8192)})
    for statement, units in (
        ("SELECT pk FROM tab WHERE pk = 'a' AND sk = 1", 3.0),
        ("SELECT pk FROM tab WHERE pk = 'a' AND sk = 2", 1.0),
        ("SELECT pk FROM tab WHERE pk = 'a' AND sk > 1", 1.0),
        ("SELECT pk FROM tab WHERE pk IN ['a', 'a', 'b']", 5.0),
        ("SELECT pk FROM tab WHERE (pk = 'a' AND sk = 1) OR pk = 'b'", 5.0),
        ("SELECT pk FROM tab WHERE pk = 'a' OR sk = 1", 13.0),
        ("SELECT pk FROM tab WHERE NOT pk = 'a'", 13.0),
    ):
        answer = db(
            "ExecuteStatement",
            Statement=statement,
            ConsistentRead=True,
            ReturnConsumedCapacity="TOTAL",
        )
        assert answer["ConsumedCapacity"]["CapacityUnits"] == units, statement


def test_an_item_that_its_key_names_needs_no_further_page(db: Engine) -> None:
    db.put("tab", pk=S("a"), sk=N(1))
    answer = db(
        "ExecuteStatement", Statement="SELECT * FROM tab WHERE pk = 'a' AND sk = 1", Limit=1
    )
    assert set(answer) == {"Items"}


def test_more_than_fifty_partitions_are_refused(db: Engine) -> None:
    for count in (50, 51):
        values = ", ".join(f"'{number}'" for number in range(count))
        statement = f"SELECT * FROM tab WHERE pk IN [{values}]"
        if count == 50:
            assert run(db, statement) == []
        else:
            db.invalid("partition key values", "ExecuteStatement", Statement=statement)


def test_several_partitions_are_not_ordered_by_their_sort_key_alone(db: Engine) -> None:
    statement = "SELECT * FROM tab WHERE pk IN ['a', 'b'] ORDER BY sk"
    db.invalid("can be ordered by pk first", "ExecuteStatement", Statement=statement)


def test_what_can_be_no_key_is_refused_in_whatever_order_the_keys_are_wanted(db: Engine) -> None:
    for value in ("[]", "{}", "NULL", "TRUE", "<<1>>", "1"):
        statement = f"SELECT * FROM tab WHERE pk = {value} ORDER BY pk"
        db.invalid("does not match schema type", "ExecuteStatement", Statement=statement)


def test_an_index_gives_what_it_holds(engine: Engine) -> None:
    engine(
        "CreateTable",
        TableName="tab",
        KeySchema=schema("pk"),
        AttributeDefinitions=definitions(pk="S", g="S"),
        BillingMode="PAY_PER_REQUEST",
        GlobalSecondaryIndexes=[index("by_g", "g", projection=KEYS_ONLY)],
    )
    engine.put("tab", pk=S("a"), g=S("x"), v=N(1))
    assert run(engine, 'SELECT * FROM "tab"."by_g" WHERE g = \'x\'') == [
        {"pk": S("a"), "g": S("x")}
    ]
    for columns, where, says in (
        ("v", "", "does not project [v]"),
        ("*", " AND v = 1", "does not project one or more filter attributes: [v]"),
    ):
        statement = f"SELECT {columns} FROM tab.by_g WHERE g = 'x'{where}"
        engine.invalid(says, "ExecuteStatement", Statement=statement)
    run(engine, "UPDATE tab SET g = 'y' WHERE pk = 'a'")
    assert run(engine, "SELECT pk FROM tab.by_g WHERE g = 'y'") == [{"pk": S("a")}]
    assert run(engine, "SELECT pk FROM tab.by_g WHERE g = 'x'") == []


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        (
            "INSERT INTO tab.by_g VALUE {'pk': 'a'}",
            "may only contain a single table name in data manipulation statements at 1:13:3",
        ),
        (
            "UPDATE\n \"tab\".by_g SET a = 1 WHERE pk = 'a'",
            "may only contain a single table name in data manipulation statements at 2:2:5",
        ),
        (
            "DELETE FROM tab.by_g WHERE pk = 'a'",
            "may only contain a single table name in data manipulation statements at 1:13:3",
        ),
        ("SELECT * FROM tab;", "Unexpected character ';'"),
        ("SELECT * FROM 'tab'", "expected table name"),
        ("SELECT * FROM tab WHERE pk = 'a", "Unexpected character"),
        ("SELECT * FROM tab WHERE pk", "expected an operator"),
        ("SELECT * FROM tab WHERE (pk = 'a'", "expected )"),
        ("SELECT * FROM tab WHERE pk = 'a')", "expected the end"),
        ("SELECT * FROM tab WHERE nope(pk, 'a')", "no function nope"),
        ("SELECT * FROM tab WHERE pk = nope(pk)", "no function nope"),
        ("SELECT * FROM tab WHERE 1 IS MISSING", "IS has an attribute on its left"),
        ("SELECT * FROM tab WHERE pk IN []", "expected an attribute"),
        ("SELECT * FROM tab WHERE begins_with(v, 1)", "Incorrect operand type"),
        ("SELECT * FROM tab WHERE attribute_type(v, 'X')", "Invalid attribute type name"),
        ("SELECT * FROM tab WHERE v BETWEEN 2 AND 1", "BETWEEN"),
        ("SELECT * FROM tab WHERE pk = 1", "does not match schema type"),
        ("SELECT select FROM tab", "Unexpected 'select'"),
        ('SELECT "" FROM tab', "expected an attribute"),
        ("SELECT a[1.5] FROM tab", "expected an index"),
        ("SELECT a[9999999999] FROM tab", "expected an index"),
        (f"SELECT a{'.a' * 40} FROM tab", "more than 32 levels"),
        ("INSERT INTO tab VALUES ('a')", "expected VALUE"),
        ("INSERT INTO tab VALUE 'a'", "expected an item"),
        ("INSERT INTO tab VALUE {'pk': 'a', 'pk': 'b'}", "stands twice"),
        ("INSERT INTO tab VALUE {'pk': 'a', 'sk': 1, 'b': <<true>>}", "members of a set"),
        ("INSERT INTO tab VALUE {'pk': 'a', 'sk': 1, 'b': <<'a', 'a'>>}", "duplicates"),
        ("INSERT INTO tab VALUE {'pk': 'a', 'sk': 1e999}", "Number overflow"),
        (f"INSERT INTO tab VALUE {{'l': {'[' * 40}{']' * 40}}}", "Nesting Levels"),
        ("UPDATE tab WHERE pk = 'a'", "expected SET or REMOVE"),
        ("UPDATE tab SET v = nope(v, 1) WHERE pk = 'a' AND sk = 1", "no function nope in SET"),
        ("UPDATE tab SET v = set_add(w, <<1>>) WHERE pk = 'a' AND sk = 1", "and no other"),
        ("UPDATE tab SET v = set_add(v, 1) WHERE pk = 'a' AND sk = 1", "is a set"),
        ("UPDATE tab SET v = v + 'x' WHERE pk = 'a' AND sk = 1", "Incorrect operand type"),
        ("UPDATE tab SET v = 1 SET v = 2 WHERE pk = 'a' AND sk = 1", "overlap"),
        ("UPDATE tab SET v = 1 WHERE pk = 'a' AND sk = 1 RETURNING SOME *", "expected ALL"),
        (f"SELECT * FROM tab WHERE {'v = 1 OR ' * 400}v = 1", "more than 300 operators"),
        (f"SELECT * FROM tab WHERE v IN [{', '.join(['1'] * 101)}]", "IN has 101 values"),
    ],
)
def test_a_statement_that_cannot_be_is_explained(db: Engine, statement: str, says: str) -> None:
    db.invalid(says, "ExecuteStatement", Statement=statement)


def test_parameters_are_counted_and_checked(db: Engine) -> None:
    statement = "SELECT * FROM tab WHERE pk = ?"
    wrong: list[list[Any]] = [[S("a"), S("b")], [N("x")], [{}]]
    for parameters in wrong:
        with pytest.raises(InvalidRequest):
            run(db, statement, *parameters)
    db.invalid(
        "INSERT is a map",
        "ExecuteStatement",
        Statement="INSERT INTO tab VALUE ?",
        Parameters=[S("x")],
    )


def test_a_write_has_no_next_page(db: Engine) -> None:
    statement = "INSERT INTO tab VALUE {'pk': 'a', 'sk': 1}"
    db.invalid("NextToken", "ExecuteStatement", Statement=statement, NextToken="x")
    assert db.get("tab", pk=S("a"), sk=N(1)) is None


@pytest.mark.parametrize(
    "raw",
    [b"", b"\x81", b"\xa1a", b"\x80", b"\x82\xa6digest\x01\xa6cursor\x01", b"\x91" * 20_000],
    ids=["nothing", "cut off", "text", "empty", "no key", "deep"],
)
def test_what_is_no_token_is_refused(db: Engine, raw: bytes) -> None:
    token = base64.urlsafe_b64encode(raw).decode() or "="
    statement = "SELECT * FROM tab"
    db.invalid("Invalid NextToken", "ExecuteStatement", Statement=statement, NextToken=token)
    db.invalid("Invalid NextToken", "ExecuteStatement", Statement=statement, NextToken="é")


def test_a_token_is_of_no_use_to_other_parameters(db: Engine) -> None:
    for number in range(3):
        db.put("tab", pk=S("a"), sk=N(number))
    statement = "SELECT * FROM tab WHERE pk = ?"
    answer = db("ExecuteStatement", Statement=statement, Parameters=[S("a")], Limit=1)
    db.invalid(
        "NextToken does not match request",
        "ExecuteStatement",
        Statement=statement,
        Parameters=[S("b")],
        NextToken=answer["NextToken"],
    )


def test_statements_that_cannot_be_read_do_not_stop_a_batch(db: Engine) -> None:
    answer = db(
        "BatchExecuteStatement",
        Statements=[
            {"Statement": "SELEC"},
            {"Statement": "EXISTS(SELECT * FROM tab WHERE pk = 'a' AND sk = 1)"},
            {"Statement": "UPDATE tab SET v = 1 WHERE pk = 'a'"},
            {"Statement": "INSERT INTO tab VALUE {'pk': 'a', 'sk': 1}"},
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    codes = [one.get("Error", {}).get("Code") for one in answer["Responses"]]
    assert codes == ["ValidationError", "ValidationError", "ValidationError", None]
    assert answer["ConsumedCapacity"] == [{"TableName": "tab", "CapacityUnits": 1.0}]
    answer = db("BatchExecuteStatement", Statements=[{"Statement": "SELEC"}])
    assert answer["Responses"][0]["Error"]["Code"] == "ValidationError"


def test_a_parameter_of_another_json_type_stops_a_batch(db: Engine) -> None:
    statement = "SELECT * FROM tab WHERE pk = ? AND sk = 1"
    db.refused(
        "SerializationException",
        "NUMBER_VALUE cannot be converted to String",
        "BatchExecuteStatement",
        Statements=[
            {"Statement": statement, "Parameters": [S("a")]},
            {"Statement": statement, "Parameters": [{"S": 1}]},
        ],
    )


def test_a_write_that_fails_in_a_batch_costs_and_shows_its_item(db: Engine) -> None:
    db.put("tab", pk=S("a"), sk=N(1), v={"B": bytes(2000)})
    answer = db(
        "BatchExecuteStatement",
        Statements=[
            {
                "Statement": "DELETE FROM tab WHERE pk = 'a' AND sk = 1 AND v IS MISSING",
                "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            }
        ],
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["Responses"][0]["Error"]["Item"] == db.get("tab", pk=S("a"), sk=N(1))
    assert answer["ConsumedCapacity"] == [{"TableName": "tab", "CapacityUnits": 2.0}]


def test_a_transaction_costs_twice_and_names_what_is_wrong(db: Engine) -> None:
    answer = db(
        "ExecuteTransaction",
        TransactStatements=[{"Statement": "INSERT INTO tab VALUE {'pk': 'a', 'sk': 1}"}],
        ReturnConsumedCapacity="TOTAL",
    )
    units = {"CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}
    assert answer["ConsumedCapacity"] == [{"TableName": "tab", **units}]
    answer = db(
        "ExecuteTransaction",
        TransactStatements=[{"Statement": "SELECT * FROM tab WHERE pk = 'a' AND sk = 1"}],
        ReturnConsumedCapacity="TOTAL",
    )
    units = {"CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}
    assert answer["ConsumedCapacity"] == [{"TableName": "tab", **units}]
    for statements in (
        ["DELETE FROM tab WHERE pk = 'a'", "DELETE FROM tab WHERE pk = 'a' AND sk = 1"],
        ["SELECT * FROM tab WHERE pk = 'a'", "SELECT * FROM tab WHERE pk = 'a' AND sk = 1"],
    ):
        with pytest.raises(TransactionCancelled) as caught:
            db(
                "ExecuteTransaction",
                TransactStatements=[{"Statement": statement} for statement in statements],
            )
        assert "[ValidationError, None]" in str(caught.value)
    assert db.get("tab", pk=S("a"), sk=N(1)) is not None


def test_statements_are_recorded_by_the_stream(engine: Engine) -> None:
    engine(
        "CreateTable",
        TableName="tab",
        KeySchema=schema("pk"),
        AttributeDefinitions=definitions(pk="S"),
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    )
    run(engine, "INSERT INTO tab VALUE {'pk': 'a'}")
    run(engine, "UPDATE tab SET v = 1 WHERE pk = 'a'")
    run(engine, "DELETE FROM tab WHERE pk = 'a'")
    (stream,) = engine("ListStreams", TableName="tab")["Streams"]
    arn = stream["StreamArn"]
    (shard,) = engine("DescribeStream", StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = engine(
        "GetShardIterator",
        StreamArn=arn,
        ShardId=shard["ShardId"],
        ShardIteratorType="TRIM_HORIZON",
    )["ShardIterator"]
    records = engine("GetRecords", ShardIterator=iterator)["Records"]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]


def test_deep_conditions_neither_exhaust_the_stack_nor_are_refused(db: Engine) -> None:
    db.put("tab", pk=S("a"), sk=N(1))
    condition = "(" * 3000 + "sk = 1" + ")" * 3000
    assert len(run(db, f"SELECT * FROM tab WHERE {condition}")) == 1
    nested = "NOT (" * 200 + "sk = 1" + ")" * 200
    assert len(run(db, f"SELECT * FROM tab WHERE {nested}")) == 1
    woven = "(sk = 1 AND (sk = 2 OR " * 70 + "sk = 1" + "))" * 70
    assert len(run(db, f"SELECT * FROM tab WHERE {woven}")) == 1


def test_a_statement_is_looked_at_once_whatever_is_left_open() -> None:
    # A quote that is never closed is the last thing that is read.
    for text in ("'" * 8191, '"' * 8191, "<" * 8192, "(" * 8192):
        with pytest.raises(Exception, match="formed"):
            parse(text)
    assert len(tokenize("a " * 4096)) == 4097


# Twins

_VALUES = st.sampled_from(["1", "2", "3"])
_TESTS = st.one_of(
    st.tuples(
        st.sampled_from(["pk", "sk", "v"]), st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
    ).flatmap(lambda pair: _VALUES.map(lambda value: f"{pair[0]} {pair[1]} {value}")),
    st.sampled_from(
        [
            "pk IN (1, 3)",
            "sk BETWEEN 1 AND 2",
            "attribute_not_exists(v)",
            "attribute_exists(v)",
            "attribute_type(v, 'N')",
        ]
    ),
)
_CONDITIONS = st.recursive(
    _TESTS,
    lambda inner: st.one_of(
        inner.map(lambda one: f"NOT ({one})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) AND ({two[1]})"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]}) OR ({two[1]})"),
    ),
    max_leaves=5,
)
_ITEMS = st.dictionaries(st.tuples(_VALUES, _VALUES), st.one_of(st.none(), _VALUES), max_size=9)


def _as_where(condition: str) -> str:
    return condition.replace("attribute_not_exists(v)", "v IS MISSING").replace(
        "attribute_exists(v)", "v IS NOT MISSING"
    )


def _as_filter(condition: str) -> dict[str, Any]:
    """Write a condition as the filter of a Scan."""
    text = re.sub(r"\b([123])\b", r":v\1", condition).replace("'N'", ":t")
    values = {":v1": N(1), ":v2": N(2), ":v3": N(3), ":t": S("N")}
    used = {name: value for name, value in values.items() if name in text}
    return {
        "FilterExpression": text,
        **({"ExpressionAttributeValues": used} if used else {}),
    }


@settings(max_examples=150)
@given(items=_ITEMS, condition=_CONDITIONS, limit=st.integers(1, 4))
def test_a_select_and_its_scan_find_the_same(
    items: dict[tuple[str, str], str | None], condition: str, limit: int
) -> None:
    db = Engine()
    db.create("tab", "pk", "sk", pk="N", sk="N")
    for (pk, sk), v in items.items():
        db.put("tab", pk=N(pk), sk=N(sk), **({} if v is None else {"v": N(v)}))
    twin = db.all("tab", **_as_filter(condition))
    found = pages(db, f"SELECT * FROM tab WHERE {_as_where(condition)}", Limit=limit)
    assert sorted(map(repr, found)) == sorted(map(repr, twin))


@settings(max_examples=50)
@given(items=_ITEMS, reverse=st.booleans(), test=_VALUES)
def test_a_select_and_its_query_give_the_same_order(
    items: dict[tuple[str, str], str | None], reverse: bool, test: str
) -> None:
    db = Engine()
    db.create("tab", "pk", "sk", pk="N", sk="N")
    for pk, sk in items:
        db.put("tab", pk=N(pk), sk=N(sk))
    twin = db(
        "Query",
        TableName="tab",
        KeyConditionExpression="pk = :p AND sk >= :s",
        ExpressionAttributeValues={":p": N(1), ":s": N(test)},
        ScanIndexForward=not reverse,
    )["Items"]
    statement = "SELECT * FROM tab WHERE pk = 1 AND sk >= ? ORDER BY sk"
    order = f"{statement}{' DESC' if reverse else ''}"
    assert run(db, order, N(test)) == twin
    assert pages(db, order, Parameters=[N(test)], Limit=1) == twin


# Statements from nowhere

_WORDS = st.sampled_from(
    re.split(
        " +",
        "SELECT INSERT INTO VALUE UPDATE SET REMOVE DELETE FROM WHERE AND OR NOT IN BETWEEN IS"
        " MISSING NULL ORDER BY DESC RETURNING ALL OLD MODIFIED NEW EXISTS tab pk sk v * = <> < >="
        " ( ) [ ] { } << >> , . : ? + - 1 2.5 1e3 'a' '' \"v\" begins_with( size( contains("
        " list_append( set_add( {'pk':'a','sk':1} pk='a' sk=1 TRUE",
    )
)


@settings(max_examples=400)
@given(
    head=st.sampled_from(
        [
            "",
            "SELECT * FROM tab WHERE",
            "INSERT INTO tab VALUE",
            "UPDATE tab SET v =",
            "DELETE FROM tab WHERE pk='a' AND sk=1 AND",
        ]
    ),
    words=st.lists(_WORDS, max_size=25),
    junk=st.text(string.printable, max_size=5),
    parameters=st.lists(st.sampled_from([S("a"), N(1), {"L": []}]), max_size=2),
)
def test_any_text_gets_an_answer_or_a_refusal(
    head: str, words: list[str], junk: str, parameters: list[Any]
) -> None:
    db = Engine()
    db.create("tab", "pk", "sk", sk="N")
    db.put("tab", pk=S("a"), sk=N(1), v=N(2))
    text = " ".join([head, *words, junk]) or " "
    request: dict[str, Any] = {"Statement": text}
    if parameters:
        request["Parameters"] = parameters
    try:
        code, answer = None, db("ExecuteStatement", request)
    except AnyDynamoError as error:
        code, answer = error.code, {"Items": []}
    assert isinstance(answer["Items"], list)
    assert code in (
        None,
        "ConditionalCheckFailedException",
        "DuplicateItemException",
        "ResourceNotFoundException",
        "ValidationException",
    )
