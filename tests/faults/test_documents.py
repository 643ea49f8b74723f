"""Faults from JSON: what a document may say, and what it is told when it says something else."""

from __future__ import annotations

import inspect
import json
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from anydynamo.errors import ConfigurationError
from anydynamo.testing import faults
from anydynamo.testing.faults import Document, When, documents, read_faults


def read(*given: Any, **more: Any) -> Document:
    return read_faults(json.dumps({"faults": list(given), **more}))


def test_a_document_makes_the_rules_that_the_functions_make() -> None:
    document = read(
        {
            "fault": "throttle",
            "operations": ["PutItem", "DeleteItem"],
            "table": "ads",
            "times": 3,
            "code": "ThrottlingException",
            "limit": "AccountLimitExceeded",
        },
        {
            "fault": "lose_reply",
            "operations": "TransactWriteItems",
            "probability": 0.1,
            "how": "cut",
        },
        {"fault": "slow", "seconds": 0.5, "nth": 2, "skip": 1, "index": "by-colour"},
        {"fault": "fail", "applied": True, "nth": [1, 5], "between": [10, None]},
        {"fault": "stale", "lag": 2.5, "between": [0, 60]},
        {"fault": "leave_unprocessed", "share": 0.5},
        {"fault": "conflict", "key": {"pk": {"S": "a"}, "n": {"N": "1"}, "raw": {"B": "AP8="}}},
        {"fault": "lose_request", "how": "timeout"},
        {"fault": "in_progress"},
        {"fault": "expire_token"},
        seed=7,
    )
    assert document.seed == 7
    assert document.rules == (
        faults.throttle(
            "PutItem",
            "DeleteItem",
            table="ads",
            times=3,
            code="ThrottlingException",
            limit="AccountLimitExceeded",
        ),
        faults.lose_reply("TransactWriteItems", probability=0.1, how="cut"),
        faults.slow(seconds=0.5, nth=2, skip=1, index="by-colour"),
        faults.fail(applied=True, nth=[1, 5], between=(10, None)),
        faults.stale(lag=2.5, between=(0, 60)),
        faults.leave_unprocessed(share=0.5),
        faults.conflict(key={"pk": {"S": "a"}, "n": {"N": "1"}, "raw": {"B": b"\x00\xff"}}),
        faults.lose_request(how="timeout"),
        faults.in_progress(),
        faults.expire_token(),
    )


def test_a_list_alone_is_a_document_and_a_seed_may_be_text() -> None:
    assert read_faults(b'[{"fault": "in_progress"}]') == Document((faults.in_progress(),))
    assert read(seed="monday") == Document((), "monday")


def test_a_document_can_say_all_that_the_functions_take_but_a_function() -> None:
    assert set(documents._WHEN) == set(When.__annotations__) - {"matching"}
    for name, known in documents._FAULTS.items():
        parameters = inspect.signature(getattr(faults, name)).parameters.values()
        own = [one for one in parameters if one.kind is one.KEYWORD_ONLY]
        assert {one.name for one in own} == set(known.own)
        assert {one.name for one in own if one.default is one.empty} == known.required
    makers = {name for name in faults.__all__ if name.islower()} - {"read_faults"}
    assert makers == set(documents._FAULTS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON that can be read"),
        ("[" * 100_000, "not JSON that can be read"),
        ("7", 'a list, or an object with a list as "faults"'),
        ("{}", 'no list as "faults"'),
        ('{"fault": []}', "The document has no member 'fault'; there are faults, seed"),
        ('{"faults": [], "seed": true}', "A seed is a whole number or text, and not True"),
        ('{"faults": [], "seed": null}', "A seed is a whole number or text, and not None"),
        ("[7]", 'Fault 1 has no "fault" that is known; there are conflict, .* throttle'),
        ('[{"fault": "fial"}]', 'Fault 1 has no "fault" that is known'),
        ('[{"fault": ["fail"]}]', 'Fault 1 has no "fault" that is known'),
        (
            '[{"fault": "fail"}, {"fault": "fail", "tabel": "ads"}]',
            "Fault 2, fail, has no member 'tabel'; there are applied, between, .* table",
        ),
        ('[{"fault": "fail", "how": "cut"}]', "has no member 'how'"),
        ('[{"fault": "fail", "matching": "x"}]', "has no member 'matching'"),
        ('[{"fault": "slow"}]', "Fault 1, slow, needs seconds"),
        ('[{"fault": "slow", "seconds": "1"}]', "'1' as seconds, which is to be a number"),
        ('[{"fault": "fail", "times": 1.5}]', "1.5 as times, which is to be a whole number"),
        ('[{"fault": "fail", "times": true}]', "True as times, which is to be a whole number"),
        ('[{"fault": "fail", "probability": true}]', "as probability, which is to be a number"),
        ('[{"fault": "fail", "applied": 1}]', "1 as applied, which is to be true or false"),
        ('[{"fault": "fail", "table": 7}]', "7 as table, which is to be text"),
        ('[{"fault": "fail", "nth": [1, "2"]}]', "as nth, which is to be a whole number"),
        ('[{"fault": "fail", "operations": 7}]', "which is to be a list of operations"),
        ('[{"fault": "fail", "operations": [7]}]', "as operations, which is to be text"),
        (
            '[{"fault": "fail", "operations": "Puttem"}]',
            "is refused: fail cannot happen to 'Puttem'",
        ),
        (
            '[{"fault": "fail", "probability": 2}]',
            "is refused: probability is a number from 0 to 1",
        ),
        ('[{"fault": "fail", "between": 5}]', "a list of two numbers"),
        ('[{"fault": "fail", "between": [5]}]', "a list of two numbers"),
        ('[{"fault": "fail", "key": 7}]', "attributes in DynamoDB's JSON"),
        ('[{"fault": "fail", "key": {"pk": "a"}}]', "attributes in DynamoDB's JSON"),
        ('[{"fault": "fail", "key": {"pk": {"BOOL": true}}}]', "attributes in DynamoDB's JSON"),
        ('[{"fault": "fail", "key": {"pk": {"S": 7}}}]', "attributes in DynamoDB's JSON"),
        ('[{"fault": "fail", "key": {"pk": {"B": "?"}}}]', "attributes in DynamoDB's JSON"),
    ],
)
def test_what_nobody_understands_is_refused_with_what_would_be_right(
    text: str, message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        read_faults(text)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from(["fault", "operations", *documents._WHEN, "how", "share", "seconds"]),
        st.sampled_from(sorted(documents._FAULTS)) | _JSON,
    )
)
def test_any_json_makes_one_rule_or_a_configuration_error(fault: dict[str, Any]) -> None:
    try:
        count = len(read({"fault": "throttle", **fault}).rules)
    except ConfigurationError:
        count = 1
    assert count == 1
