from __future__ import annotations

import pytest
from tests.engine.expressing import key_tests, refusal

from anydynamo.engine.expressions import KeyTest

P, S = {"S": "p"}, {"N": "1"}


@pytest.mark.parametrize(
    ("text", "tests"),
    [
        ("pk = :p", [KeyTest("pk", "=", (P,))]),
        ("(pk = :p)", [KeyTest("pk", "=", (P,))]),
        (":p = pk", [KeyTest("pk", "=", (P,))]),
        ("pk = :p AND sk < :s", [KeyTest("pk", "=", (P,)), KeyTest("sk", "<", (S,))]),
        ("pk = :p AND :s < sk", [KeyTest("pk", "=", (P,)), KeyTest("sk", ">", (S,))]),
        (":s >= sk AND pk = :p", [KeyTest("sk", "<=", (S,)), KeyTest("pk", "=", (P,))]),
        ("(pk = :p AND (sk > :s))", [KeyTest("pk", "=", (P,)), KeyTest("sk", ">", (S,))]),
        (
            "pk = :p AND sk BETWEEN :s AND :s",
            [KeyTest("pk", "=", (P,)), KeyTest("sk", "BETWEEN", (S, S))],
        ),
        ("begins_with(sk, :p)", [KeyTest("sk", "begins_with", (P,))]),
    ],
)
def test_a_key_condition_is_a_test_for_each_attribute(text: str, tests: list[KeyTest]) -> None:
    values = {name: value for name, value in (("p", P), ("s", S)) if f":{name}" in text}
    condition = key_tests(text, **values)
    assert list(condition.tests) == tests
    assert condition.get("nothing") is None
    assert condition.get(tests[-1].attribute) == tests[-1]


def test_names_are_resolved() -> None:
    condition = key_tests("#p = :p", names={"#p": "status"}, p=P)
    assert condition.tests == (KeyTest("status", "=", (P,)),)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pk = :p OR sk = :s", "Invalid operator used in KeyConditionExpression: OR"),
        ("pk = :p AND NOT sk = :s", "Invalid operator used in KeyConditionExpression: NOT"),
        ("pk <> :p AND sk = :s", "Invalid operator used in KeyConditionExpression: <>"),
        ("pk = :p AND sk IN (:s)", "Invalid operator used in KeyConditionExpression: IN"),
        (
            "pk = :p AND sk = :s AND attribute_exists(sk)",
            "Invalid operator used in KeyConditionExpression: attribute_exists",
        ),
        (
            "pk = :p AND contains(sk, :s)",
            "Invalid operator used in KeyConditionExpression: contains",
        ),
        (
            "pk = :p AND size(sk) = :s",
            "KeyConditionExpressions cannot contain nested operations",
        ),
        (
            "pk = :p AND sk = size(:p) AND :s = x",
            "KeyConditionExpressions cannot contain nested operations",
        ),
        (
            "pk.a = :p AND sk = :s",
            "KeyConditionExpressions cannot have conditions on nested attributes",
        ),
        (
            ":p = pk[0] AND sk = :s",
            "KeyConditionExpressions cannot have conditions on nested attributes",
        ),
        (
            "pk = :p AND sk > :s AND sk < :s",
            "KeyConditionExpressions must only contain one condition per key",
        ),
        (
            ":p = :p AND :s = sk",
            "Invalid condition in KeyConditionExpression: No key attribute specified",
        ),
        (
            "pk = sk AND x = :p AND y = :s",
            "Invalid condition in KeyConditionExpression: Multiple attribute names used in one"
            " condition",
        ),
        (
            "x = :s AND begins_with(:p, pk)",
            "Invalid condition in KeyConditionExpression: begins_with operator must have the key"
            " attribute as its first operand",
        ),
        (
            "x = :p AND :s BETWEEN :s AND sk",
            "Invalid condition in KeyConditionExpression: BETWEEN operator must have the key"
            " attribute as its first operand",
        ),
        (
            "pk = :p AND begins_with(sk, :s)",
            "Incorrect operand type for operator or function; operator or function: begins_with,"
            " operand type: N",
        ),
        (
            "pk = :p AND sk BETWEEN :p AND :s",
            "The BETWEEN operator requires same data type for lower and upper bounds; lower bound"
            " operand: AttributeValue: {S:p}, upper bound operand: AttributeValue: {N:1}",
        ),
        ("((pk = :p)) AND sk = :s", "The expression has redundant parentheses;"),
    ],
)
def test_anything_else_is_refused(text: str, message: str) -> None:
    assert refusal("KeyConditionExpression", text, p=P, s=S) == message
