"""The error tree: what it looks like, what it is made from, and that it travels."""

from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from anydynamo import errors

CLASSES = [
    value
    for value in vars(errors).values()
    if inspect.isclass(value) and issubclass(value, errors.AnyDynamoError)
]


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    drawn: dict[str, list[str]] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if match := re.match(r"    ((?:[│ ]   )*)(?:[├└]── )?(\w+)", line):
            depth = len(match[1]) // 4 + ("──" in line)
            path[depth:] = [match[2]]
            parents = path[depth - 1 : depth] if depth else []
            builtin = re.search(r"\w+ \((\w+)\)", line)
            drawn[match[2]] = parents + ([builtin[1]] if builtin else [])
    real = {
        cls.__name__: [base.__name__ for base in cls.__bases__ if base is not Exception]
        for cls in CLASSES
    }
    assert drawn == real


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_survives_pickling_and_copying(cls: type[errors.AnyDynamoError]) -> None:
    error = cls("what happened", code="Code", operation="PutItem", table="users")
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert type(twin) is cls
        assert twin.__dict__ == error.__dict__
        assert str(twin) == "what happened"


@pytest.mark.parametrize("code", sorted(errors.CODES))
def test_a_code_becomes_the_error_of_the_table_and_keeps_what_is_known(code: str) -> None:
    error = errors.from_code(code, "text", operation="PutItem", table="users")
    assert type(error) is errors.CODES[code]
    assert (error.code, error.message) == (code, "text")
    assert (error.operation, error.table) == ("PutItem", "users")


def test_a_failed_condition_carries_the_item_that_stood_in_the_way() -> None:
    item = {"id": {"S": "1"}}
    error = errors.from_code("ConditionalCheckFailedException", "text", item=item)
    assert isinstance(error, errors.ConditionFailed)
    assert error.item == item


def test_a_cancelled_transaction_carries_its_reasons() -> None:
    reasons = [{"Code": "None"}, {"Code": "ConditionalCheckFailed", "Message": "text"}]
    error = errors.from_code("TransactionCanceledException", "text", reasons=reasons)
    assert isinstance(error, errors.TransactionCancelled)
    assert error.reasons == tuple(reasons)


def test_a_code_that_nobody_knows_is_kept_as_a_provider_error() -> None:
    error = errors.from_code("BrandNewException", "text")
    assert type(error) is errors.ProviderError
    assert error.code == "BrandNewException"
    assert not error.retryable
