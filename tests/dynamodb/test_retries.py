"""Backoff, quota, and which errors are worth another attempt."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anydynamo.adapters.dynamodb.retries import Backoff, RetryQuota, is_worth_retrying
from anydynamo.errors import (
    CODES,
    AlreadyExists,
    AnyDynamoError,
    ConditionFailed,
    RequestTimeout,
    Throttled,
    TransactionCancelled,
    VersionConflict,
    from_code,
)


@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_never_longer_than_the_cap_nor_than_the_doubled_base(
    attempt: int, fraction: float
) -> None:
    delay = Backoff(base=0.1, cap=7.0).delay(attempt, fraction)
    assert 0 <= delay <= 7.0
    assert delay <= 0.1 * 2.0 ** min(attempt - 1, 20)


def test_full_jitter_reaches_from_nothing_to_everything() -> None:
    assert Backoff().delay(3, 0.0) == 0.0
    assert Backoff().delay(3, 0.5) == 0.1
    assert Backoff().delay(100, 0.5) == 10.0


@pytest.mark.parametrize("cls", [ConditionFailed, AlreadyExists, VersionConflict])
def test_a_failed_condition_is_never_worth_it(cls: type[ConditionFailed]) -> None:
    assert not is_worth_retrying(cls())


@pytest.mark.parametrize("code", sorted(CODES))
def test_which_codes_are_worth_it(code: str) -> None:
    worth = {
        "InternalFailure",
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "ReplicatedWriteConflictException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
    assert is_worth_retrying(from_code(code, "text")) == (code in worth)


@pytest.mark.parametrize(
    ("codes", "worth"),
    [
        ([], False),
        (["None", "None"], False),
        (["None", "TransactionConflict"], True),
        (["ThrottlingError", "ProvisionedThroughputExceeded"], True),
        (["TransactionConflict", "ConditionalCheckFailed"], False),
        (["ValidationError"], False),
    ],
)
def test_a_cancelled_transaction_is_worth_it_when_no_action_was_at_fault(
    codes: list[str], worth: bool
) -> None:
    reasons: list[dict[str, Any]] = [{"Code": code} for code in codes]
    assert is_worth_retrying(TransactionCancelled("text", reasons=reasons)) == worth


def test_a_reason_without_code_is_no_fault() -> None:
    assert not is_worth_retrying(TransactionCancelled("text", reasons=[{}]))


def _drain(quota: RetryQuota, error: AnyDynamoError) -> int:
    paid = 0
    while quota.take(error) is not None:
        paid += 1
    return paid


def test_time_outs_cost_twice_as_much() -> None:
    assert _drain(RetryQuota(), Throttled("text")) == 100
    assert _drain(RetryQuota(), RequestTimeout("text")) == 50


def test_success_pays_back_but_never_beyond_the_start() -> None:
    quota = RetryQuota()
    quota.give_back(0)
    assert _drain(quota, Throttled("text")) == 100
    quota.give_back(5)
    assert quota.take(Throttled("text")) == 5
    for _ in range(5):
        quota.give_back(0)
    assert quota.take(Throttled("text")) == 5
    assert quota.take(Throttled("text")) is None
