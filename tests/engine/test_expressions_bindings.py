from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from tests.engine.expressing import holds, refusal
from tests.engine.strategies import values

from anydynamo.engine.errors import EngineError
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.values.values import check_value

CONDITION = {"ConditionExpression": "a = :v", "ExpressionAttributeValues": {":v": {"N": "1"}}}


def refused(request: dict[str, Any], allowed: tuple[str, ...] = ()) -> EngineError:
    with pytest.raises(EngineError) as raised:
        Expressions(request, allowed)
    return raised.value


def test_a_request_without_expressions_binds_nothing() -> None:
    bound = Expressions({"TableName": "t"})
    assert bound.condition("ConditionExpression") is None
    assert bound.update() is None
    assert bound.projection() is None
    assert bound.key_condition() is None
    bound.finish()


@pytest.mark.parametrize(
    "parameter",
    ["ConditionExpression", "FilterExpression", "UpdateExpression", "ProjectionExpression"],
)
def test_an_empty_expression_is_refused(parameter: str) -> None:
    assert refusal(parameter, "") == "The expression can not be empty;"


def test_the_message_names_the_parameter() -> None:
    bound = Expressions({"FilterExpression": "", "ProjectionExpression": "a b"})
    with pytest.raises(EngineError) as raised:
        bound.condition("FilterExpression")
    assert raised.value.message == "Invalid FilterExpression: The expression can not be empty;"
    with pytest.raises(EngineError) as raised:
        bound.projection()
    assert raised.value.message.startswith("Invalid ProjectionExpression: Syntax error;")


def test_an_expression_that_is_no_string_that_utf8_can_hold_is_a_serialization_error() -> None:
    for text in (5, b"a", {"S": "a"}, "a = \ud800"):
        with pytest.raises(EngineError) as raised:
            Expressions({"ConditionExpression": text}).condition("ConditionExpression")
        assert raised.value.code == "SerializationException"


def test_an_expression_has_at_most_4096_bytes_as_it_is_sent() -> None:
    item = {"a": {"N": "1"}}
    assert holds("a = :v".ljust(4096), item, v={"N": "1"})
    assert refusal("ConditionExpression", "a = :v".ljust(4097), v={"N": "1"}) == (
        "Expression size has exceeded the maximum allowed size; expression size: 4097"
    )
    message = refusal("ConditionExpression", "é" * 2049)
    assert message.endswith("expression size: 4098")
    assert holds("#" + "n" * 254 + " = :v", item, names={"#" + "n" * 254: "a"}, v={"N": "1"})


def test_undefined_placeholders_are_refused_names_first() -> None:
    assert refusal("ConditionExpression", "a = :w AND #n = :v", v={"N": "1"}) == (
        "An expression attribute name used in the document path is not defined; attribute name: #n"
    )
    assert refusal("ConditionExpression", "a = :w AND b = :u", v={"N": "1"}) == (
        "An expression attribute value used in expression is not defined; attribute value: :w"
    )
    assert refusal("UpdateExpression", "SET #a.#b = :w", names={"#a": "x"}).endswith("#b")


def test_undefined_placeholders_are_refused_also_where_they_are_never_evaluated() -> None:
    text = "attribute_exists(a) AND b = :w"
    assert "not defined" in refusal("ConditionExpression", text, v={"N": "1"})


def test_unused_placeholders_are_refused_names_first() -> None:
    names = {"#x": "a", "#y": "b", "#z": "c"}
    assert refusal("ConditionExpression", "#y = :v", names=names, v={"N": "1"}, w={"N": "1"}) == (
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#x, #z}"
    )
    assert refusal("ConditionExpression", "a = :v", v={"N": "1"}, w={"N": "1"}, x={"N": "1"}) == (
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w, :x}"
    )


def test_a_placeholder_may_be_used_by_any_of_the_expressions() -> None:
    request = {
        "UpdateExpression": "SET #a = :v",
        "ConditionExpression": "#b < :w",
        "ExpressionAttributeNames": {"#a": "a", "#b": "b"},
        "ExpressionAttributeValues": {":v": {"N": "1"}, ":w": {"N": "1"}},
    }
    bound = Expressions(request)
    bound.update()
    with pytest.raises(EngineError, match="unused in expressions: keys"):
        bound.finish()
    bound.condition("ConditionExpression")
    bound.finish()


def test_names_need_an_expression() -> None:
    assert refused({"ExpressionAttributeNames": {"#a": "a"}}).message == (
        "ExpressionAttributeNames can only be specified when using expressions"
    )


def test_values_need_an_expression_that_takes_values() -> None:
    request = {
        "ExpressionAttributeValues": {":v": {"N": "1"}},
        "ProjectionExpression": "a",
    }
    assert refused(request, ("UpdateExpression", "ConditionExpression")).message == (
        "ExpressionAttributeValues can only be specified when using expressions:"
        " UpdateExpression is null and ConditionExpression is null"
    )
    assert refused(request).message == (
        "ExpressionAttributeValues can only be specified when using expressions"
    )


@pytest.mark.parametrize("parameter", ["ExpressionAttributeNames", "ExpressionAttributeValues"])
def test_empty_placeholders_are_refused(parameter: str) -> None:
    assert refused({**CONDITION, parameter: {}}).message == f"{parameter} must not be empty"


@pytest.mark.parametrize("parameter", ["ExpressionAttributeNames", "ExpressionAttributeValues"])
def test_placeholders_must_be_a_map(parameter: str) -> None:
    assert refused({**CONDITION, parameter: ["#a"]}).code == "SerializationException"


@pytest.mark.parametrize("key", ["a", "#", "#a-b", "#a b", "##a", ":a", "", "#é", "#a\n"])
def test_a_malformed_name_is_refused(key: str) -> None:
    request = {"ProjectionExpression": "a", "ExpressionAttributeNames": {key: "a"}}
    assert refused(request).message == (
        f'ExpressionAttributeNames contains invalid key: Syntax error; key: "{key}"'
    )


@pytest.mark.parametrize("key", ["v", ":", ":a-b", "#v", "::v", ":v.w"])
def test_a_malformed_value_placeholder_is_refused(key: str) -> None:
    request = {**CONDITION, "ExpressionAttributeValues": {key: {"N": "1"}}}
    assert refused(request).message == (
        f'ExpressionAttributeValues contains invalid key: Syntax error; key: "{key}"'
    )


def test_a_placeholder_has_at_most_255_bytes() -> None:
    request = {"ProjectionExpression": "a", "ExpressionAttributeNames": {"#" + "a" * 255: "a"}}
    assert "contains a key that is too long" in refused(request).message


@pytest.mark.parametrize("name", ["", "x" * 65536, "é" * 32768])
def test_a_name_has_1_to_65535_bytes(name: str) -> None:
    request = {"ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": name}}
    assert refused(request).message.startswith("ExpressionAttributeNames contains invalid value")


@pytest.mark.parametrize("name", [{"S": "a"}, 5, None, "\ud800"])
def test_a_name_is_a_string_that_utf8_can_hold(name: object) -> None:
    request = {"ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": name}}
    assert refused(request).code == "SerializationException"


@pytest.mark.parametrize("parameter", ["ExpressionAttributeNames", "ExpressionAttributeValues"])
def test_a_placeholder_is_a_string(parameter: str) -> None:
    assert refused({**CONDITION, parameter: {5: "a"}}).code == "SerializationException"


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"N": "x"}, "The parameter cannot be converted to a numeric value: x"),
        (
            {},
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
        (
            {"SS": []},
            "One or more parameter values were invalid: An string set  may not be empty",
        ),
    ],
)
def test_an_invalid_value_is_refused_with_its_placeholder(value: object, why: str) -> None:
    request = {**CONDITION, "ExpressionAttributeValues": {":v": value}}
    assert refused(request).message == (
        f"ExpressionAttributeValues contains invalid value: {why} for key :v"
    )


def test_a_value_of_the_wrong_shape_stays_a_serialization_error() -> None:
    request = {**CONDITION, "ExpressionAttributeValues": {":v": {"N": 1}}}
    assert refused(request).code == "SerializationException"


@given(values)
def test_the_request_s_values_are_copied(value: dict[str, Any]) -> None:
    request = {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": {":v": value}}
    checked = check_value(value)
    update = Expressions(request).update()
    assert update is not None
    value.clear()
    assert update.apply({}).item == {"a": checked}
