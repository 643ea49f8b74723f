"""The shapes of requests: whatever comes in, DynamoDB's own error goes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import botocore.session
import pytest
from botocore.loaders import Loader
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.calling import Engine, S

from anydynamo.engine.engine import READS, STATEMENTS, TRANSFERS, WRITES
from anydynamo.engine.requests import OPERATIONS
from anydynamo.engine.shapes import Listing, Mapped, Structure
from anydynamo.errors import AnyDynamoError

if TYPE_CHECKING:
    from collections.abc import Iterator

STREAM_OPERATIONS = {"DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"}
ITEM_OPERATIONS = {"DeleteItem", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"}
KEY: dict[str, Any] = {"TableName": "users", "Key": {"pk": S("1")}}


@pytest.fixture
def db(engine: Engine) -> Engine:
    engine.create("users", "pk")
    return engine


def test_every_operation_is_declared_and_carried_out() -> None:
    assert sorted(OPERATIONS) == sorted([*READS, *STATEMENTS, *WRITES, *TRANSFERS])


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_the_parameters_are_those_of_the_service(db: Engine, operation: str) -> None:
    service = "dynamodbstreams" if operation in STREAM_OPERATIONS else "dynamodb"
    model = botocore.session.get_session().get_service_model(service)
    shape = model.operation_model(operation).input_shape
    declared: set[str] = set(OPERATIONS[operation]._members)
    refused: set[str] = set(OPERATIONS[operation]._refused)
    members = set(shape.members)
    assert declared <= members
    assert members - declared <= refused
    required = shape.required_members
    if operation in ("TagResource", "UntagResource", "ListTagsOfResource"):
        assert str(db.invalid("", operation, {})) == "Invalid TableArn"
    elif "TableName" in required and operation not in ITEM_OPERATIONS:
        says = "The parameter 'TableName' is required but was not present in the request"
        assert str(db.invalid(says, operation, {})) == says
    elif required:
        error = db.invalid("Member must not be null", operation, {})
        for name in required:
            assert f"Value null at '{name[0].lower()}{name[1:]}'" in str(error)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"TableName": None}, "Value null at 'tableName' failed to satisfy constraint"),
        ({"TableName": ""}, "have length greater than or equal to 1"),
        ({"TableName": "a b"}, "satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
        ({"TableName": "x" * 256}, "have length less than or equal to 255"),
        ({"TableName": "arn:aws:s3:::bucket"}, "satisfy regular expression pattern: arn"),
        ({"Key": None}, "Value null at 'key'"),
        (
            {"ReturnConsumedCapacity": "ALL"},
            "Value 'ALL' at 'returnConsumedCapacity' failed to satisfy constraint: Member must"
            " satisfy enum value set: [INDEXES, TOTAL, NONE]",
        ),
        ({"Keys": {}}, "Unknown parameter in the request: 'Keys', must be one of: TableName, Key"),
        ({5: {}}, "A parameter's name is a int, must be one of: TableName, Key"),
        (
            {"AttributesToGet": []},
            "Value '[]' at 'attributesToGet' failed to satisfy constraint: Member must have length"
            " greater than or equal to 1",
        ),
        (
            {"AttributesToGet": ["a"], "ProjectionExpression": "a"},
            "Can not use both expression and non-expression parameters in the same request: "
            "Non-expression parameters: {AttributesToGet} "
            "Expression parameters: {ProjectionExpression}",
        ),
        ({"ExpressionAttributeNames": {"#a": None}}, "expressionAttributeNames.#a.member"),
    ],
)
def test_a_broken_constraint_is_named(db: Engine, changes: dict[Any, Any], says: str) -> None:
    db.invalid(says, "GetItem", {**KEY, **changes})


def test_all_broken_constraints_are_named_at_once(db: Engine) -> None:
    error = db.invalid(
        "3 validation errors detected: ",
        "Scan",
        TableName="a b",
        Limit=-1,
        Select="X",
    )
    assert str(error).count("failed to satisfy constraint") == 3


def test_no_more_than_ten_faults_are_spelled_out(db: Engine) -> None:
    error = db.invalid(
        "100 validation errors detected", "TransactWriteItems", TransactItems=[None] * 100
    )
    assert str(error).count("failed to satisfy constraint") == 10


def test_a_long_value_is_cut_in_the_text(db: Engine) -> None:
    error = db.invalid("...'", "GetItem", {**KEY, "TableName": "x" * 100_000})
    assert len(str(error)) < 3000


@pytest.mark.parametrize(
    ("operation", "parameters", "says"),
    [
        ("GetItem", {"TableName": 5}, "NUMBER_VALUE cannot be converted to String"),
        ("GetItem", {"TableName": 5.5}, "DECIMAL_VALUE cannot be converted to String"),
        ("GetItem", {"TableName": True}, "TRUE_VALUE cannot be converted to String"),
        ("GetItem", {"TableName": False}, "FALSE_VALUE cannot be converted to String"),
        ("GetItem", {"TableName": []}, "Unrecognized collection type class java.lang.String"),
        ("GetItem", {"TableName": {}}, "Start of structure or map found where not expected"),
        ("GetItem", {"TableName": b"users"}, "A bytes cannot be converted to String"),
        ("GetItem", {"TableName": "\ud800"}, "surrogate"),
        ("GetItem", {**KEY, "Key": "x"}, "Unexpected field type"),
        ("GetItem", {**KEY, "ConsistentRead": "yes"}, "Unexpected token received from parser"),
        (
            "GetItem",
            {**KEY, "ExpressionAttributeNames": []},
            "Unrecognized collection type java.util.Map",
        ),
        ("GetItem", {**KEY, "ExpressionAttributeNames": {1: "a"}}, "NUMBER_VALUE"),
        ("Scan", {"TableName": "users", "Limit": "1"}, "cannot be converted to Integer"),
        ("Scan", {"TableName": "users", "Limit": True}, "cannot be converted to Integer"),
        ("Scan", {"TableName": "users", "Limit": 1.0}, "cannot be converted to Integer"),
        ("TransactGetItems", {"TransactItems": {}}, "Start of structure or map"),
        ("TransactGetItems", {"TransactItems": ["x"]}, "Unexpected value type in payload"),
        ("GetItem", [], "Unexpected value type in payload"),
        ("GetItem", None, "Unexpected value type in payload"),
    ],
)
def test_what_cannot_be_read_is_a_serialization_error(
    db: Engine, operation: str, parameters: Any, says: str
) -> None:
    with pytest.raises(AnyDynamoError) as caught:
        db.adapter.call(operation, parameters).send(None)
    assert caught.value.code == "SerializationException"
    assert says in str(caught.value)


@pytest.mark.parametrize("number", [2**31, -(2**31) - 1, 10**4000], ids=["above", "below", "far"])
def test_a_number_of_more_than_32_bits_is_no_integer(db: Engine, number: int) -> None:
    says = "NUMBER_VALUE cannot be converted to Integer"
    db.refused("SerializationException", says, "Scan", TableName="users", Limit=number)


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**4000], ids=["above", "below", "far"])
def test_a_number_of_more_than_64_bits_is_no_long(db: Engine, number: int) -> None:
    says = "NUMBER_VALUE cannot be converted to Long"
    before = db("DescribeTable", TableName="users")
    warm = {"ReadUnitsPerSecond": number}
    request = {"TableName": "users", "WarmThroughput": warm}
    db.refused("SerializationException", says, "UpdateTable", request)
    assert db("DescribeTable", TableName="users") == before
    warm["ReadUnitsPerSecond"] = 2**63 - 1
    described = db("UpdateTable", request)["TableDescription"]
    assert described["WarmThroughput"]["ReadUnitsPerSecond"] == 2**63 - 1


def test_an_unknown_operation_is_named(db: Engine) -> None:
    db.refused("UnknownOperationException", "Fly", "Fly", {})


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=5)
    | st.binary(max_size=5)
    | st.sampled_from(["users", "pk", "pk = :p", "SET a = :p", "ALL_OLD", ":p", "#a"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.text(max_size=3)
            | st.sampled_from(["S", "N", "B", "M", "L", "SS", "pk", ":p", "Put", "Key", "Item"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)
names = sorted({name for shape in OPERATIONS.values() for name in shape._members})


def answered(db: Engine, operation: str, request: dict[str, Any]) -> bool:
    """Tell whether the answer is a result or one of DynamoDB's errors; others are raised."""
    try:
        return isinstance(db(operation, request), dict)
    except AnyDynamoError as error:
        return error.code is not None


@given(
    st.sampled_from(sorted(OPERATIONS)),
    st.dictionaries(st.sampled_from(names), json, max_size=6),
)
@settings(max_examples=400)
def test_nonsense_gets_an_error_of_ours(operation: str, nonsense: dict[str, Any]) -> None:
    db = Engine()
    db.create("users", "pk")
    before = repr(nonsense)
    assert answered(db, operation, nonsense)
    assert repr(nonsense) == before


VALID: dict[str, dict[str, Any]] = {
    "GetItem": KEY,
    "PutItem": {"TableName": "users", "Item": {"pk": S("1")}},
    "UpdateItem": {
        **KEY,
        "UpdateExpression": "SET a = :a",
        "ExpressionAttributeValues": {":a": S("x")},
    },
    "DeleteItem": {**KEY, "ConditionExpression": "attribute_exists(pk)"},
    "Query": {
        "TableName": "users",
        "KeyConditionExpression": "pk = :p",
        "ExpressionAttributeValues": {":p": S("1")},
    },
    "Scan": {"TableName": "users", "ExclusiveStartKey": {"pk": S("1")}},
    "BatchGetItem": {"RequestItems": {"users": {"Keys": [{"pk": S("1")}]}}},
    "BatchWriteItem": {"RequestItems": {"users": [{"PutRequest": {"Item": {"pk": S("1")}}}]}},
    "TransactGetItems": {"TransactItems": [{"Get": KEY}]},
    "TransactWriteItems": {"TransactItems": [{"Delete": KEY}]},
}


@pytest.mark.parametrize("operation", sorted(VALID))
def test_a_null_parameter_is_an_absent_one(db: Engine, operation: str) -> None:
    db.put("users", pk=S("1"))
    nulls = dict.fromkeys(OPERATIONS[operation]._members)
    assert db(operation, {**nulls, **VALID[operation]}) is not None


def test_nulls_inside_of_batches_and_transactions_are_absent(db: Engine) -> None:
    nulls = {"ProjectionExpression": None, "ExpressionAttributeNames": None}
    wanted = {"users": {"Keys": [{"pk": S("1")}], "ConsistentRead": None, **nulls}}
    assert db("BatchGetItem", RequestItems=wanted)["UnprocessedKeys"] == {}
    assert db("TransactGetItems", TransactItems=[{"Get": {**KEY, **nulls}}]) == {"Responses": [{}]}
    nulls = {"ConditionExpression": None, "ExpressionAttributeValues": None}
    delete = {"Delete": {**KEY, **nulls}, "Put": None}
    assert db("TransactWriteItems", TransactItems=[delete], ClientRequestToken=None) == {}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths to all members of a nested value."""
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    found = [path] if path else []
    return found + [place for name, member in inner for place in places(member, (*path, name))]


def replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    """Copy a nested value with one member replaced."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


@given(st.sampled_from(sorted(VALID)), st.data(), json)
@settings(max_examples=400)
def test_one_wrong_member_gets_an_error_of_ours(
    operation: str, data: st.DataObject, wrong: Any
) -> None:
    db = Engine()
    db.create("users", "pk")
    request = VALID[operation]
    db_request = replaced(request, data.draw(st.sampled_from(places(request))), wrong)
    assert answered(db, operation, db_request)


@pytest.mark.parametrize(
    ("operation", "request_"),
    [
        ("PutItem", {"TableName": "", "Item": {"pk": {"S": 1}}}),
        ("BatchWriteItem", {"RequestItems": {"users": [{}, {"PutRequest": {"Item": {"pk": 1}}}]}}),
        ("UpdateItem", {**KEY, "UpdateExpression": "", "ExpressionAttributeValues": {"NULL": 1}}),
        ("Scan", {"TableName": "users", "Limit": 0, "ExclusiveStartKey": {"pk": ["x"]}}),
    ],
)
def test_what_cannot_be_read_is_wrong_before_anything_else_is(
    db: Engine, operation: str, request_: dict[str, Any]
) -> None:
    db.refused("SerializationException", "", operation, request_)


@pytest.mark.parametrize("length", [1, 2, 256])
@pytest.mark.parametrize(
    "operation", ["UpdateTable", "DescribeTable", "DeleteTable", "DescribeTimeToLive"]
)
def test_operations_on_tables_say_only_that_a_name_is_too_short_or_too_long(
    db: Engine, operation: str, length: int
) -> None:
    says = "TableName must be at least 3 characters long and at most 255 characters long"
    more = {"BillingMode": "FREE"} if operation == "UpdateTable" else {}
    assert str(db.invalid(says, operation, {"TableName": "!" * length, **more})) == says


@pytest.mark.parametrize("name", ["", "a!"])
@pytest.mark.parametrize(
    ("operation", "parameter"),
    [("CreateTable", "TableName"), ("ListTables", "ExclusiveStartTableName")],
)
def test_a_new_name_is_told_what_it_may_consist_of_before_how_long_it_may_be(
    db: Engine, operation: str, parameter: str, name: str
) -> None:
    place = parameter[0].lower() + parameter[1:]
    first = f"Value '{name}' at '{place}' failed to satisfy constraint: Member must"
    keys = {
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }
    more = keys if operation == "CreateTable" else {}
    says = (
        f"2 validation errors detected: {first} satisfy regular expression pattern:"
        f" [a-zA-Z0-9_.-]+; {first} have length greater than or equal to 3"
    )
    assert str(db.invalid("", operation, {parameter: name, **more})) == says


def test_an_empty_name_of_a_table_with_items_is_only_too_short(db: Engine) -> None:
    says = (
        "1 validation error detected: Value '' at 'tableName' failed to satisfy constraint:"
        " Member must have length greater than or equal to 1"
    )
    assert str(db.invalid("", "GetItem", {**KEY, "TableName": ""})) == says


def test_what_cannot_be_read_comes_before_what_is_not_there(db: Engine) -> None:
    db.refused("SerializationException", "NUMBER_VALUE", "UpdateTable", {"BillingMode": 5})


def _structures(
    shape: Any, models: Any, name: str, top: bool = True
) -> Iterator[tuple[str, str | None]]:
    members = models[name].get("members", {})
    if isinstance(shape, Structure):
        if not top:
            yield name, shape.java_name
        for member, (below, _) in shape._members.items():
            yield from _structures(below, models, members[member]["shape"], top=False)
    elif isinstance(shape, Listing):
        yield from _structures(shape.member, models, models[name]["member"]["shape"], top=False)
    elif isinstance(shape, Mapped):
        yield from _structures(shape.member, models, models[name]["value"]["shape"], top=False)


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_a_structure_is_called_as_the_service_calls_it(operation: str) -> None:
    service = "dynamodbstreams" if operation in STREAM_OPERATIONS else "dynamodb"
    loader: Any = Loader()  # botocore has no types
    model: dict[str, Any] = loader.load_service_model(service, "service-2")
    given: str = model["operations"][operation]["input"]["shape"]
    for name, called in _structures(OPERATIONS[operation], model["shapes"], given):
        # One that stands for several of the service's has no name.
        assert called in (None, f"com.amazonaws.dynamodb.v20120810.{name}")


@pytest.mark.parametrize(
    ("operation", "wrong", "name"),
    [
        ("CreateTable", {"KeySchema": [[]]}, "KeySchemaElement"),
        ("CreateTable", {"StreamSpecification": []}, "StreamSpecification"),
        ("UpdateTable", {"GlobalSecondaryIndexUpdates": [[]]}, "GlobalSecondaryIndexUpdate"),
        ("TransactGetItems", {"TransactItems": [{"Get": []}]}, "Get"),
    ],
)
def test_a_list_in_place_of_a_structure_is_told_which(
    db: Engine, operation: str, wrong: dict[str, Any], name: str
) -> None:
    says = f"Unrecognized collection type class com.amazonaws.dynamodb.v20120810.{name}"
    assert str(db.refused("SerializationException", says, operation, wrong)) == says


TABLE_ARN = "arn:aws:dynamodb:local:000000000000:table/users"


@pytest.mark.parametrize(
    ("operation", "request_", "says"),
    [
        ("TagResource", {"ResourceArn": "", "Tags": []}, "Invalid TableArn"),
        ("ListTagsOfResource", {"ResourceArn": ""}, "Invalid TableArn"),
        (
            "UntagResource",
            {"ResourceArn": "x"},
            "Invalid TableArn: Invalid ResourceArn provided as input x",
        ),
        (
            "TagResource",
            {"ResourceArn": TABLE_ARN},
            "Atleast one Tag needs to be provided as Input.",
        ),
        (
            "TagResource",
            {"ResourceArn": TABLE_ARN, "Tags": []},
            "Atleast one Tag needs to be provided as Input.",
        ),
        (
            "UntagResource",
            {"ResourceArn": TABLE_ARN, "TagKeys": None},
            "Atleast one Tag Key needs to be provided as Input.",
        ),
    ],
)
def test_tags_are_told_what_is_missing_one_thing_after_the_other(
    db: Engine, operation: str, request_: dict[str, Any], says: str
) -> None:
    assert str(db.invalid("", operation, request_)) == says


@pytest.mark.parametrize(
    ("operation", "wrong", "says"),
    [
        (
            "BatchGetItem",
            {"RequestItems": []},
            "Unrecognized collection type java.util.Map<java.lang.String,"
            " com.amazonaws.dynamodb.v20120810.KeysAndAttributes>",
        ),
        (
            "BatchWriteItem",
            {"RequestItems": []},
            "Unrecognized collection type java.util.Map<java.lang.String,"
            " java.util.List<com.amazonaws.dynamodb.v20120810.WriteRequest>>",
        ),
        (
            "GetItem",
            {**KEY, "ExpressionAttributeNames": []},
            "Unrecognized collection type java.util.Map<java.lang.String, java.lang.String>",
        ),
        ("BatchGetItem", {"RequestItems": {"users": {"Keys": ["x"]}}}, "ParameterizedTypeImpl"),
        ("BatchWriteItem", {"RequestItems": {"users": {}}}, "ParameterizedTypeImpl"),
        (
            "ExecuteStatement",
            {"Statement": "SELECT * FROM users", "Parameters": ["x"]},
            "Unexpected value type in payload",
        ),
    ],
)
def test_what_a_collection_cannot_consist_of_is_told_in_javas_words(
    db: Engine, operation: str, wrong: dict[str, Any], says: str
) -> None:
    db.refused("SerializationException", says, operation, wrong)


def test_a_null_in_place_of_a_value_counts_as_none(db: Engine) -> None:
    says = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
    for value in ({"S": None}, {"B": None}, {"L": None}, None):
        assert str(db.invalid("", "GetItem", {**KEY, "Key": {"pk": value}})) == says
