"""Whatever was read is carried out on any item, as an oracle would, or refused in words."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from tests.fuzzing import grammar
from tests.fuzzing.answers import refused
from tests.fuzzing.choices import NAMES, Choices
from tests.fuzzing.oracle import Oracle
from tests.fuzzing.parsers import TABLE, bindings

from anydynamo.engine.errors import EngineError
from anydynamo.engine.expressions import Expressions
from anydynamo.engine.expressions.parser import parse_condition
from anydynamo.engine.items.actions import prepare_action
from anydynamo.engine.legacy import attributes_to_get, filter_condition, key_conditions
from anydynamo.engine.legacy.comparisons import COMPARISONS
from anydynamo.engine.reads.ranges import condition_range
from anydynamo.engine.requests import checked
from anydynamo.engine.values.values import check_item, item_size, measured_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.values.values import Item

__all__ = ["SEEDS", "run"]

SEEDS = tuple(
    bytes([kind, *range(start, start + 100, step)])
    for kind in range(6)
    for start, step in ((0, 1), (20, 2), (80, 1), (100, 1), (0, 3))
)


def run(data: bytes) -> None:
    """Carry out one expression, or one legacy parameter, on one item."""
    choices = Choices(data)
    kind = choices.one_of((_condition, _condition, _update, _update, _projection, _keys, _legacy))
    kind(choices, _stored(choices))


def _stored(choices: Choices) -> Item:
    return check_item(
        {
            **choices.good_item(3, 8),
            "pk": {"S": choices.one_of(("a", "ab", "é"))},
            "sk": {"N": choices.one_of(("0", "1", "-1.5", "100"))},
        }
    )


def _expressions(
    choices: Choices, parameter: str, draw: Callable[[Choices], str]
) -> tuple[dict[str, Any], str]:
    made = grammar.text(choices, "expression", draw)
    return {parameter: made, **bindings(choices, made)}, made


def _condition(choices: Choices, item: Item) -> None:
    request, made = _expressions(choices, "ConditionExpression", grammar.condition)
    bound = refused(lambda: Expressions(request).condition("ConditionExpression"))
    if bound is None or isinstance(bound, EngineError):
        return
    tree = parse_condition(made).tree
    names = request.get("ExpressionAttributeNames", {})
    before = copy.deepcopy(item)
    for one in (item, {}):
        assert bound.evaluate(one) is Oracle(one, names, bound.values).holds(tree), (made, one)
    assert item == before


def _update(choices: Choices, item: Item) -> None:
    request, _ = _expressions(choices, "UpdateExpression", grammar.update)
    bound = refused(lambda: Expressions(request).update())
    if bound is None or isinstance(bound, EngineError):
        return
    _apply(lambda: bound.apply(item), item, bound.top_level_names)
    _apply(lambda: bound.apply({"pk": item["pk"]}, exists=False), {"pk": item["pk"]}, frozenset())


def _apply(work: Callable[[], Any], item: Item, changed: frozenset[str]) -> None:
    before = copy.deepcopy(item)
    updated = refused(work)
    assert item == before
    if isinstance(updated, EngineError):
        return
    again, size = measured_item(updated.item)
    assert again == updated.item
    assert size == item_size(updated.item)
    for name in item.keys() - changed:
        assert updated.item.get(name) == item[name] or not changed
    assert updated.new.keys() <= updated.item.keys()
    assert updated.old.keys() <= item.keys()


def _projection(choices: Choices, item: Item) -> None:
    request, _ = _expressions(choices, "ProjectionExpression", grammar.projection)
    bound = refused(lambda: Expressions(request).projection())
    if bound is None or isinstance(bound, EngineError):
        return
    found = bound.apply(item)
    assert found.keys() <= item.keys()
    for path in bound.paths:
        if len(path) == 1:
            assert found.get(str(path[0])) == item.get(str(path[0]))
    assert check_item(found) == found


def _keys(choices: Choices, item: Item) -> None:
    request, made = _expressions(choices, "KeyConditionExpression", grammar.key_condition)
    bound = refused(lambda: Expressions(request).key_condition())
    if bound is None or isinstance(bound, EngineError):
        return
    names = request.get("ExpressionAttributeNames", {})
    for index in (None, TABLE.indexes[0]):
        keys = refused(lambda index=index: condition_range(TABLE, index, bound))  # type: ignore[misc]
        if isinstance(keys, EngineError):
            continue
        key = TABLE.key(item) if index is None else index.key(TABLE, item)
        values = {
            name: check_item({"v": value})["v"]
            for name, value in request.get("ExpressionAttributeValues", {}).items()
        }
        if key is not None:
            wanted = Oracle(item, names, values).holds(parse_condition(made).tree)
            assert (key in keys) is wanted, (made, item)


def _legacy(choices: Choices, item: Item) -> None:
    def comparison() -> dict[str, Any]:
        count = choices.below(3)
        made: dict[str, Any] = {
            "ComparisonOperator": choices.one_of(COMPARISONS),
            "AttributeValueList": [choices.good_value(1) for _ in range(count)],
        }
        return made

    def several(make: Callable[[], Any]) -> dict[str, Any]:
        return {choices.one_of(NAMES): make() for _ in range(choices.below(4))}

    def expectation() -> dict[str, Any]:
        if choices.seldom(2):
            return comparison()
        return {"Exists": choices.seldom(2), "Value": choices.value(1)}

    def change() -> dict[str, Any]:
        return {"Action": choices.one_of(("PUT", "ADD", "DELETE")), "Value": choices.good_value(2)}

    operator = {"ConditionalOperator": choices.one_of(("AND", "OR"))} if choices.seldom(2) else {}
    key = {"pk": item["pk"], "sk": item["sk"]}
    match choices.below(4):
        case 0:
            request = {
                "TableName": "t",
                "Key": key,
                "AttributeUpdates": several(change),
                "Expected": several(expectation),
                **operator,
            }
            _act("UpdateItem", request, item)
        case 1:
            request = {"TableName": "t", "KeyConditions": several(comparison)}
            _walk("Query", {**request, "QueryFilter": several(comparison), **operator}, item)
        case 2:
            _walk("Scan", {"TableName": "t", "ScanFilter": several(comparison), **operator}, item)
        case _:
            wanted = [choices.one_of(NAMES) for _ in range(choices.below(4))]
            request = {"TableName": "t", "Key": key, "AttributesToGet": wanted}
            parameters = refused(lambda: checked("GetItem", request))
            if not isinstance(parameters, EngineError):
                projection = refused(lambda: attributes_to_get(parameters))
                if projection is not None and not isinstance(projection, EngineError):
                    assert projection.apply(item) == {n: item[n] for n in wanted if n in item}


def _act(operation: str, request: Mapping[str, Any], item: Item) -> None:
    parameters = refused(lambda: checked(operation, request))
    if isinstance(parameters, EngineError):
        return
    action = refused(lambda: prepare_action("Update", parameters))
    if isinstance(action, EngineError):
        return
    if action.condition is not None:
        for one in (item, {}):
            action.condition.evaluate(one)
    update = action.update
    if update is not None:
        _apply(lambda: update.apply(item), item, update.top_level_names)


def _walk(operation: str, request: Mapping[str, Any], item: Item) -> None:
    parameters = refused(lambda: checked(operation, request))
    if isinstance(parameters, EngineError):
        return
    condition = refused(lambda: filter_condition(parameters))
    if condition is not None and not isinstance(condition, EngineError):
        for one in (item, {}):
            condition.evaluate(one)
    keys = refused(lambda: key_conditions(parameters))
    if keys is not None and not isinstance(keys, EngineError):
        refused(lambda: condition_range(TABLE, None, keys))
