"""What requests cost: work in proportion to their size, by counting it, and errors in words."""

from __future__ import annotations

import decimal
import sys
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.calling import Engine, N, S
from tests.engine.counting import growth

from anydynamo.engine import limits
from anydynamo.engine.errors import EngineError
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.expressions.evaluators import contains
from anydynamo.engine.partiql.statements import parse
from anydynamo.engine.values.numbers import measured
from anydynamo.engine.values.values import check_item, check_value
from anydynamo.errors import AnyDynamoError, ConditionFailed, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable

LINEAR = 5.0
"""Four times the input may take a little more than four times the calls."""


@pytest.fixture
def db(engine: Engine) -> Engine:
    engine.create("tab", "pk", "sk", sk="N")
    return engine


def attempt(work: Callable[[], object]) -> Callable[[], object]:
    def attempted() -> object:
        try:
            return work()
        except (EngineError, AnyDynamoError) as error:
            return error

    return attempted


def bound(parameter: str, text: str, *values: str) -> Callable[[], object]:
    """Bind an expression that no cache has seen."""
    request: dict[str, Any] = {parameter: text}
    if values:
        request["ExpressionAttributeValues"] = {value: N(1) for value in values}

    def work() -> object:
        expressions = Expressions(request)
        if parameter == "UpdateExpression":
            return expressions.update()
        if parameter == "ProjectionExpression":
            return expressions.projection()
        if parameter == "KeyConditionExpression":
            return expressions.key_condition()
        return expressions.condition(parameter)

    return attempt(work)


@pytest.mark.parametrize(
    ("parameter", "make"),
    [
        ("FilterExpression", lambda n: " AND ".join(f"a{i} = :v" for i in range(n))),
        ("FilterExpression", lambda n: " OR ".join(["a = :v", *["NOT a = :v"] * n])),
        ("FilterExpression", lambda n: "NOT " * n + "a = :v"),
        ("FilterExpression", lambda n: "(" * n + "a = :v" + ")" * n),
        ("FilterExpression", lambda n: "(" * n),
        ("FilterExpression", lambda n: "NOT (" * n + "a = :v" + ")" * n),
        ("FilterExpression", lambda n: "(a = :v AND (a = :v OR " * (n // 2) + "a = :v" + "))" * n),
        ("FilterExpression", lambda n: f"a IN ({', '.join([':v'] * n)})"),
        ("FilterExpression", lambda n: "size(" * n + "a" + ")" * n + " = :v"),
        ("FilterExpression", lambda n: "a" + "[0]" * n + " = :v"),
        ("KeyConditionExpression", lambda n: " AND ".join(f"k{i} = :v" for i in range(n))),
        ("ProjectionExpression", lambda n: ", ".join(f"a.b{i}" for i in range(n))),
        ("ProjectionExpression", lambda n: ".".join(["a"] * n)),
        ("UpdateExpression", lambda n: "REMOVE " + ", ".join(f"a[{i}]" for i in range(n))),
        ("UpdateExpression", lambda n: "SET " + ", ".join(f"a{i} = :v" for i in range(n))),
        ("UpdateExpression", lambda n: f"SET a = {'if_not_exists(a, ' * n}:v{')' * n}"),
        ("UpdateExpression", lambda n: f"SET a = {'(' * n}:v{')' * n}"),
        ("UpdateExpression", lambda n: "SET a = :v " * n),
    ],
)
def test_reading_an_expression_is_linear_in_its_length(
    parameter: str, make: Callable[[int], str]
) -> None:
    longest = make(160)
    assert len(longest) <= limits.EXPRESSION_BYTES
    values = (":v",) if ":v" in longest else ()
    assert growth(lambda n: bound(parameter, make(n), *values), 40) < LINEAR


@pytest.mark.parametrize(
    "make",
    [
        lambda n: "SELECT * FROM t WHERE " + " AND ".join(["a = 1"] * n),
        lambda n: "SELECT * FROM t WHERE " + "NOT " * n + "a = 1",
        lambda n: "SELECT * FROM t WHERE " + "(" * n + "a = 1" + ")" * n,
        lambda n: "SELECT * FROM t WHERE " + "(a = 1 AND (a = 1 OR " * n + "a = 1" + "))" * n,
        lambda n: f"SELECT * FROM t WHERE a IN [{', '.join(['1'] * n)}]",
        lambda n: "SELECT " + ", ".join(f"a{i}" for i in range(n)) + " FROM t",
        lambda n: "INSERT INTO t VALUE {'a': " + "[" * n + "]" * n + "}",
        lambda n: "INSERT INTO t VALUE {" + ", ".join(f"'a{i}': 1" for i in range(n)) + "}",
        lambda n: "UPDATE t " + " ".join(f"SET a{i} = 1" for i in range(n)) + " WHERE pk = 1",
        lambda n: "SELECT * FROM t WHERE a = '" + "''" * n,
        lambda n: "SELECT * FROM t ORDER BY " + ", ".join(["a"] * n),
    ],
)
def test_reading_a_statement_is_linear_in_its_length(make: Callable[[int], str]) -> None:
    assert len(make(160)) <= 8192
    assert growth(lambda n: attempt(lambda: parse(make(n))), 40) < LINEAR


def towers(content: Any, depth: int) -> Any:
    for _ in range(depth):
        content = {"L": [content]}
    return content


@pytest.mark.parametrize(
    "make",
    [
        lambda n: {"SS": [str(i) for i in range(n)]},
        lambda n: {"NS": [str(i) for i in range(n)]},
        lambda n: {"NS": ["1"] * n},
        lambda n: {"BS": [str(i).encode() for i in range(n)]},
        lambda n: {"L": [{"NULL": True}] * n},
        lambda n: {"M": {str(i): {"N": "1.5"} for i in range(n)}},
        lambda n: towers({"S": ""}, n),
        lambda n: {"N": "0" * n + "1"},
        lambda n: {"N": "1" * n},
        lambda n: {"N": "1e" + "0" * n + "1"},
        lambda n: {"N": "." + "0" * n},
    ],
)
def test_checking_a_value_is_linear_in_its_size(make: Callable[[int], Any]) -> None:
    assert growth(lambda n: (lambda value: attempt(lambda: check_value(value)))(make(n)), 500) < 6


def test_a_number_of_a_million_digits_is_told_at_a_glance() -> None:
    for text in ("1" * 10**6, "1e" + "9" * 10**6, "0." + "0" * 10**6 + "1", "-" * 10**6):
        with pytest.raises(EngineError):
            measured(text)
    assert measured("0" * 10**6 + "1") == ("1", 2)
    assert measured("1" + "0" * 10**6 + f"e-{10**6}") == ("1", 2)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("REMOVE {}", None),
        ("SET {}", "= :v"),
    ],
)
def test_changing_many_elements_of_a_long_list_is_linear_in_both(
    text: str, value: str | None
) -> None:
    def prepared(count: int) -> Callable[[], object]:
        places = ", ".join(f"l[{i}] {value or ''}" for i in range(count))
        request: dict[str, Any] = {"UpdateExpression": text.format(places)}
        if value:
            request["ExpressionAttributeValues"] = {":v": N(1)}
        update = Expressions(request).update()
        assert update is not None
        item = check_item({"l": {"L": [N(i) for i in range(50 * count)]}})
        return lambda: update.apply(item)

    assert growth(prepared, 50) < LINEAR


def test_removed_elements_are_those_at_their_old_places_in_every_list(db: Engine) -> None:
    lists = {"L": [{"L": [N(i) for i in range(6)]} for _ in range(4)]}
    db.put("tab", pk=S("a"), sk=N(1), l=lists)
    db(
        "UpdateItem",
        TableName="tab",
        Key={"pk": S("a"), "sk": N(1)},
        UpdateExpression="REMOVE l[1], l[0][5], l[0][0], l[2][3], l[2][9], l[7]",
    )
    kept = [[1, 2, 3, 4], [0, 1, 2, 4, 5], [0, 1, 2, 3, 4, 5]]
    assert db.get("tab", pk=S("a"), sk=N(1))["l"] == {
        "L": [{"L": [N(i) for i in numbers]} for numbers in kept]
    }


def test_a_value_that_is_copied_too_often_is_refused_before_it_takes_the_memory(db: Engine) -> None:
    db.put("tab", pk=S("a"), sk=N(1), x=S("x" * 100_000))
    key = {"pk": S("a"), "sk": N(1)}
    for count in (5, 500):
        error = db.invalid(
            "Item size to update has exceeded",
            "UpdateItem",
            TableName="tab",
            Key=key,
            UpdateExpression="SET " + ",".join(f"a{i}=x" for i in range(count)),
        )
        assert error.table == "tab"
    db(
        "UpdateItem",
        TableName="tab",
        Key=key,
        UpdateExpression="SET a = x, b = x, c = x REMOVE x",
    )
    assert db.get("tab", **key).keys() == {"pk", "sk", "a", "b", "c"}


def test_lists_that_no_item_holds_are_not_put_together(db: Engine) -> None:
    elements = {"L": [{"NULL": True}] * 150_000}
    db.put("tab", pk=S("a"), sk=N(1), l=elements)
    text = "l"
    for _ in range(60):
        text = f"list_append(l, if_not_exists(absent, {text}))"
    db.invalid(
        "Item size to update has exceeded",
        "UpdateItem",
        TableName="tab",
        Key={"pk": S("a"), "sk": N(1)},
        UpdateExpression=f"SET l = {text}",
    )


def test_taking_a_large_set_from_many_small_ones_looks_at_the_small_ones() -> None:
    def prepared(count: int) -> Callable[[], object]:
        request = {
            "UpdateExpression": "DELETE " + ", ".join(f"s{i} :v" for i in range(20)),
            "ExpressionAttributeValues": {":v": {"NS": [str(i) for i in range(count)]}},
        }
        update = Expressions(request).update()
        assert update is not None
        item = check_item({f"s{i}": {"NS": ["3", "0.5"]} for i in range(20)})
        assert update.apply(item).item == {f"s{i}": {"NS": ["0.5"]} for i in range(20)}
        return lambda: update.apply(item)

    assert growth(prepared, 1000) < 2


@given(
    st.sampled_from(["SS", "NS", "BS"]),
    st.sets(st.integers(-30, 30), min_size=1),
    st.sets(st.integers(-30, 30), min_size=1),
)
def test_what_a_set_loses_does_not_depend_on_which_set_is_larger(
    tag: str, have: set[int], gone: set[int]
) -> None:
    make = (lambda n: str(n).encode()) if tag == "BS" else str
    request = {
        "UpdateExpression": "DELETE s :v",
        "ExpressionAttributeValues": {":v": {tag: [make(n) for n in gone]}},
    }
    update = Expressions(request).update()
    assert update is not None
    left = update.apply(check_item({"s": {tag: [make(n) for n in have]}})).item
    wanted = [make(n) for n in have - gone]
    assert left == (check_item({"s": {tag: wanted}}) if wanted else {})


@settings(max_examples=200)
@given(
    st.integers(0, 2600),
    st.integers(0, 700),
    st.integers(0, 2),
    st.integers(0, 2600),
    st.booleans(),
)
def test_a_part_is_found_however_long_it_is(
    before: int, half: int, marks: int, after: int, binary: bool
) -> None:
    part = "a" * half + "b" * marks + "a" * half
    for text in ("a" * before + part + "a" * after, "a" * before, " " * before, part[:-1] + " "):
        content: Any = text.encode() if binary else text
        wanted: Any = part.encode() if binary else part
        tag = "B" if binary else "S"
        test = contains(lambda item, _: item["x"], lambda _, values: values[":v"])
        assert test({"x": {tag: content}}, {":v": {tag: wanted}}) is (wanted in content)


def filled(db: Engine, count: int) -> None:
    for start in range(0, count, 25):
        requests = [
            {"PutRequest": {"Item": {"pk": S("a"), "sk": N(number)}}}
            for number in range(start, start + 25)
        ]
        db("BatchWriteItem", RequestItems={"tab": requests})


@pytest.mark.parametrize(
    "parameters",
    [
        {"FilterExpression": " AND ".join(["x <> :p"] * 150)},
        {"FilterExpression": f"NOT x IN ({', '.join([':p'] * 100)})"},
        {"ProjectionExpression": ", ".join(f"x{i}" for i in range(150))},
        {"ProjectionExpression": ", ".join(f"x.y{i}" for i in range(150))},
    ],
)
def test_a_page_of_many_comparisons_ends_early_and_the_walk_misses_nothing(
    db: Engine, monkeypatch: pytest.MonkeyPatch, parameters: dict[str, Any]
) -> None:
    monkeypatch.setattr("anydynamo.engine.reads.pages.PAGE_COMPARISONS", 3000)
    filled(db, 100)
    query = {
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": S("a")},
        **parameters,
    }
    pages = list(db.pages("Query", "tab", **query))
    assert len(pages) > 2
    assert sum(page["ScannedCount"] for page in pages) == 100
    assert sum(page["Count"] for page in pages) == 100
    assert max(page["ScannedCount"] for page in pages) < 100
    assert all(page["ScannedCount"] <= 7 for page in db.pages("Query", "tab", **query, Limit=7))


def test_a_page_of_few_comparisons_is_as_long_as_ever(db: Engine) -> None:
    filled(db, 100)
    page = db(
        "Scan",
        TableName="tab",
        FilterExpression=" AND ".join(["x <> :p"] * 20),
        ExpressionAttributeValues={":p": S("a")},
    )
    assert page["ScannedCount"] == 100
    assert limits.PAGE_COMPARISONS // 20 > 50_000


def test_a_legacy_filter_and_partiql_are_measured_by_their_parts_too(
    db: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("anydynamo.engine.reads.pages.PAGE_COMPARISONS", 3000)
    filled(db, 100)
    values = [N(-number) for number in range(1, 200)]
    filters = {"v": {"ComparisonOperator": "NE", "AttributeValueList": values[:1]}}
    assert db("Scan", TableName="tab", ScanFilter=filters)["ScannedCount"] == 100
    filters = {"sk": {"ComparisonOperator": "IN", "AttributeValueList": values}}
    pages = list(db.pages("Scan", "tab", ScanFilter=filters))
    assert len(pages) > 2
    columns = ", ".join(f"x{i}" for i in range(300))
    answer = db("ExecuteStatement", Statement=f"SELECT {columns} FROM tab WHERE pk = 'a'")
    assert len(answer["Items"]) < 100
    assert "NextToken" in answer


DEEP = (
    "a = :v AND NOT (" * 90 + "a = :v" + ")" * 90,
    "(a = :v AND (a = :v OR " * 70 + "a = :v" + "))" * 70,
)


def depth() -> int:
    """Return how many frames of the stack are in use."""
    count, frame = 0, sys._getframe()
    while frame.f_back is not None:
        count, frame = count + 1, frame.f_back
    return count


def at_depth(frames: int, work: Callable[[], object]) -> object:
    return work() if not frames else at_depth(frames - 1, work)


@pytest.mark.parametrize("condition", DEEP, ids=["NOT", "OR"])
def test_a_request_that_finds_too_little_stack_is_refused_and_changes_nothing(
    db: Engine, condition: str
) -> None:
    room = sys.getrecursionlimit() - depth()

    def put() -> object:
        return db(
            "PutItem",
            TableName="tab",
            Item={"pk": S("a"), "sk": N(1)},
            ConditionExpression=condition,
            ExpressionAttributeValues={":v": N(1)},
        )

    with pytest.raises(InvalidRequest, match="has room for"):
        at_depth(room - 130, put)
    assert db.get("tab", pk=S("a"), sk=N(1)) is None
    with pytest.raises(ConditionFailed):
        at_depth(room - 600, put)


def test_three_hundred_nested_defaults_take_no_stack(db: Engine) -> None:
    room = sys.getrecursionlimit() - depth()
    text = "if_not_exists(a," * 239 + ":v" + ")" * 239
    request = {
        "TableName": "tab",
        "Key": {"pk": S("a"), "sk": N(1)},
        "UpdateExpression": f"SET b = {text}",
        "ExpressionAttributeValues": {":v": N(1)},
    }
    at_depth(room - 150, lambda: db("UpdateItem", request))
    assert db.get("tab", pk=S("a"), sk=N(1))["b"] == N(1)


def test_numbers_are_exact_whatever_the_caller_made_of_the_decimal_context(db: Engine) -> None:
    traps = [decimal.Inexact, decimal.Rounded, decimal.Subnormal, decimal.FloatOperation]
    hostile = decimal.Context(prec=1, Emin=-1, Emax=1, clamp=1, traps=traps)
    with decimal.localcontext(hostile):
        db.put("tab", pk=S("a"), sk=N("123456789.5"), n=N("9.99e125"), s={"NS": ["30", "1e-9"]})
        key = {"pk": S("a"), "sk": N("123456789.5")}
        answer = db(
            "UpdateItem",
            TableName="tab",
            Key=key,
            UpdateExpression="SET m = n - :v ADD s :s",
            ConditionExpression="n > :v AND sk < :v",
            ExpressionAttributeValues={":v": N("1e100"), ":s": {"NS": ["2.5"]}},
            ReturnValues="ALL_NEW",
        )["Attributes"]
        assert db.all("tab", FilterExpression="m < n") == [answer]
    assert answer["m"] == N(10**125 * 10 - 10**123 - 10**100)
    assert answer["s"] == {"NS": ["0.000000001", "2.5", "30"]}


def test_long_digits_are_refused_in_words_however_many_a_program_lets_int_read(db: Engine) -> None:
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(640)
    try:
        digits = "9" * 3000
        request: dict[str, Any] = {"TableName": "tab", "Key": {"pk": S("a"), "sk": N(1)}}
        db.invalid(
            "List index is not within the allowable range",
            "UpdateItem",
            {**request, "UpdateExpression": f"REMOVE l[{digits}]"},
        )
        db.invalid(
            "expected an index", "ExecuteStatement", Statement=f"SELECT l[{digits}] FROM tab"
        )
        wrong: dict[Any, Any]
        for wrong in ({10**1000: 1}, {10**1000: 1, "Expected": {}}):
            db.invalid("name is a int", "GetItem", {**request, **wrong})
        db.invalid("overflow", "GetItem", {**request, "Key": {"pk": S("a"), "sk": N(digits)}})
    finally:
        sys.set_int_max_str_digits(before)


def test_half_a_surrogate_pair_is_refused_in_words_that_can_be_written(db: Engine) -> None:
    for value in (
        {"N": "\ud800"},
        {"S": "\ud800"},
        {"NS": ["1", "\udfff"]},
        {"M": {"\ud800": N(1)}},
    ):
        with pytest.raises(AnyDynamoError) as caught:
            db.put("tab", pk=S("a"), sk=N(1), v=value)
        str(caught.value).encode()


def test_an_index_with_zeros_before_it_is_the_index(db: Engine) -> None:
    db.put("tab", pk=S("a"), sk=N(1), l={"L": [N(1), N(2)]})
    db(
        "UpdateItem",
        TableName="tab",
        Key={"pk": S("a"), "sk": N(1)},
        UpdateExpression=f"REMOVE l[{'0' * 100}1]",
    )
    assert db.get("tab", pk=S("a"), sk=N(1))["l"] == {"L": [N(1)]}


class Broken(dict[str, Any]):
    def items(self) -> Any:
        raise KeyError("the caller's own trouble")


def test_trouble_in_what_the_caller_passes_goes_back_to_it_and_changes_nothing(db: Engine) -> None:
    item = {"pk": S("a"), "sk": N(1)}
    actions = [{"Put": {"TableName": "tab", "Item": item}}]
    for operation, request in (
        ("PutItem", {"TableName": "tab", "Item": {**item, "m": {"M": Broken(a=S("x"))}}}),
        ("PutItem", {"TableName": "tab", "Item": Broken(item)}),
        (
            "TransactWriteItems",
            {"TransactItems": [*actions, {"Put": {"TableName": "tab", "Item": Broken(item)}}]},
        ),
    ):
        with pytest.raises(KeyError, match="the caller's own trouble"):
            db(operation, request)
    assert db.all("tab") == []
    db.put("tab", **item)
