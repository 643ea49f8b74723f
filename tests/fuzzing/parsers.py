"""Expressions and statements of any text: they are read, or refused; and the same way again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.fuzzing.answers import refused
from tests.fuzzing.choices import NAMES, Choices
from tests.fuzzing.grammar import EXPRESSIONS, statement, text

from anydynamo.engine.errors import EngineError
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.layout import Table
from anydynamo.engine.partiql import statements
from anydynamo.engine.partiql.planner import plan
from anydynamo.engine.partiql.writes import write_action

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SEEDS", "TABLE", "bindings", "run"]

TABLE = Table.parse(
    {
        "TableId": "0",
        "TableName": "t",
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "g", "AttributeType": "B"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "i",
                "KeySchema": [
                    {"AttributeName": "g", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    }
)

SEEDS = tuple(
    bytes([kind, 0, *range(start, start + 60, step)])
    for kind in range(6)
    for start, step in ((0, 1), (40, 3), (90, 2), (128, 1))
)

_PLACEHOLDER = re.compile(r"[#:][A-Za-z0-9_]+", re.ASCII)


def bindings(choices: Choices, *texts: str) -> dict[str, Any]:
    """Name every placeholder of some texts, but for one now and then."""
    names: dict[str, str] = {}
    values: dict[str, Any] = {}
    for found in dict.fromkeys(_PLACEHOLDER.findall(" ".join(texts))):
        if choices.seldom(64):
            continue
        if found[0] == "#":
            names[found] = choices.one_of(NAMES)
        else:
            values[found] = choices.good_value(2)
    made: dict[str, Any] = {}
    if names:
        made["ExpressionAttributeNames"] = names
    if values:
        made["ExpressionAttributeValues"] = values
    return made


def run(data: bytes) -> None:
    """Read one text, twice."""
    choices = Choices(data)
    parameter = choices.one_of((*EXPRESSIONS, "Statement", "Statement"))
    if parameter == "Statement":
        _read_statement(choices)
        return
    made = text(choices, "expression", EXPRESSIONS[parameter])
    request = {parameter: made, **bindings(choices, made)}
    first = refused(lambda: _bound(request, parameter))
    second = refused(lambda: _bound(request, parameter))
    assert isinstance(first, EngineError) is isinstance(second, EngineError)
    if isinstance(first, EngineError) and isinstance(second, EngineError):
        assert first.message == second.message


def _bound(request: Mapping[str, Any], parameter: str) -> object:
    bound = Expressions(request)
    match parameter:
        case "UpdateExpression":
            made: object = bound.update()
        case "ProjectionExpression":
            made = bound.projection()
        case "KeyConditionExpression":
            made = bound.key_condition()
        case _:
            made = bound.condition(parameter)
    bound.finish()
    return made


def _read_statement(choices: Choices) -> None:
    made = text(choices, "statement", statement)
    parameters = [choices.good_value(2) for _ in range(made.count("?"))]
    script = refused(lambda: statements.parse(made))
    if isinstance(script, EngineError):
        return
    values = refused(lambda: script.bind(parameters))
    if isinstance(values, EngineError):
        return
    read = script.statement
    if isinstance(read, statements.Select):
        index = TABLE.index("i") if read.index else None
        planned = refused(lambda: plan(TABLE, index, read, values))
        if not isinstance(planned, EngineError):
            assert planned.ranges
            assert len(planned.ranges) <= 50
    else:
        refused(lambda: write_action(read, values, TABLE, show_item=False))
