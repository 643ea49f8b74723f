"""Requests for every operation that botocore knows, valid in the main, with something wrong."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

from botocore.loaders import Loader
from tests.fuzzing import grammar
from tests.fuzzing.choices import NAMES, Choices
from tests.fuzzing.parsers import bindings
from tests.fuzzing.values import written

from anydynamo.engine.engine import READS, STATEMENTS, WRITES
from anydynamo.engine.legacy import LEGACY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["OPERATIONS", "TABLES", "Requests"]

TABLES: Sequence[dict[str, Any]] = (
    {
        "TableName": "ttt",
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
                "IndexName": "iii",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        ],
        "LocalSecondaryIndexes": [
            {
                "IndexName": "lll",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "g", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    },
    {
        "TableName": "hhh",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "BillingMode": "PAY_PER_REQUEST",
    },
)
"""The tables that are there when a fuzzed request arrives."""

_KEYS = (
    {"pk": {"S": "a"}, "sk": {"N": "1"}},
    {"pk": {"S": "b"}, "sk": {"N": "2.0"}},
    {"pk": {"S": "a"}},
    {"sk": {"N": "1"}},
    {"pk": {"S": "a"}, "sk": {"N": "1"}, "g": {"B": "YQ=="}},
    {"pk": {"S": "x" * 2049}, "sk": {"N": "1"}},
)
_GOOD = {
    "pk": ({"S": "a"}, {"S": "b"}, {"S": "é"}),
    "sk": ({"N": "1"}, {"N": "2.0"}, {"N": "-1"}),
}
_ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/ttt"
_WORDS: dict[str, Sequence[Any]] = {
    "TableName": (*("ttt", "hhh") * 6, "new", _ARN, "ttt.", "\0"),
    "TargetTableName": ("new", "ttt", "n"),
    "SourceTableName": ("ttt", "hhh"),
    "IndexName": ("iii", "lll", "jjj", "i"),
    "AttributeName": ("pk", "sk", "g", "a"),
    "ResourceArn": (_ARN, f"{_ARN}/stream/x", "arn:aws:dynamodb:x"),
    "TableArn": (_ARN,),
    "StreamArn": (f"{_ARN}/stream/2026-01-01T00:00:00.000",),
    "BackupArn": (f"{_ARN}/backup/01234567890123-01234567",),
    "BackupName": ("bbb", "b"),
    "Policy": ('{"Version":"2012-10-17","Statement":[]}', "{", "[" * 3000, "{}" * 9000),
    "KeyType": ("HASH", "RANGE"),
    "AttributeType": ("S", "N", "B"),
    "ClientRequestToken": ("token", "", "x" * 40),
    "NextToken": ("x", "", "e30="),
}
_REMEMBERED = frozenset(
    (
        *("StreamArn", "LatestStreamArn", "ShardId", "ShardIterator", "NextShardIterator"),
        *("BackupArn", "NextToken", "TableArn", "RevisionId", "SequenceNumber", "TableId"),
        *("StartingSequenceNumber", "LastEvaluatedKey", "LastEvaluatedTableName", "ExportArn"),
        *("ImportArn", "LastEvaluatedShardId", "LastEvaluatedBackupArn", "LastEvaluatedStreamArn"),
    )
)
"""Members of answers that a later request can use."""

_SAME = {
    "NextShardIterator": "ShardIterator",
    "LatestStreamArn": "StreamArn",
    "StartingSequenceNumber": "SequenceNumber",
    "LastEvaluatedKey": "ExclusiveStartKey",
    "LastEvaluatedTableName": "ExclusiveStartTableName",
    "LastEvaluatedShardId": "ExclusiveStartShardId",
    "LastEvaluatedBackupArn": "ExclusiveStartBackupArn",
    "LastEvaluatedStreamArn": "ExclusiveStartStreamArn",
    "TableArn": "ResourceArn",
    "RevisionId": "ExpectedRevisionId",
}


@cache
def _models() -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    loader = Loader()
    return (
        loader.load_service_model("dynamodb", "service-2"),
        loader.load_service_model("dynamodbstreams", "service-2"),
    )


def _model(operation: str) -> Mapping[str, Any]:
    return next(model for model in reversed(_models()) if operation in model["operations"])


OPERATIONS = tuple(sorted({name for model in _models() for name in model["operations"]}))
"""Every operation of the two services, those that the engine lacks among them."""

_KNOWN = tuple(sorted({*READS, *WRITES, *STATEMENTS}))


class Requests:
    """Requests that build on what earlier ones were answered."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._remembered: dict[str, list[Any]] = {}

    def remember(self, answer: Any) -> None:
        """Keep what an answer says that a later request can use."""
        waiting = [answer]
        while waiting:
            found = waiting.pop()
            if isinstance(found, list):
                waiting.extend(found)
            elif isinstance(found, dict):
                for name, content in found.items():
                    if name in _REMEMBERED and content:
                        self._remembered.setdefault(_SAME.get(str(name), str(name)), []).append(
                            content
                        )
                    elif isinstance(content, dict | list):
                        waiting.append(content)

    def draw(self, junk: Callable[[], Any] | None = None) -> tuple[str, Any]:
        """Draw an operation and a request for it.

        Args:
            junk: Makes what is put in wrong places, now and then; JSON if it is not given.
        """
        choices = self._choices
        junk = junk or (lambda: written(choices.junk()))
        operation = choices.one_of(OPERATIONS if choices.seldom(16) else _KNOWN)
        model = _model(operation)
        shape = model["operations"][operation]["input"]["shape"]
        request = self._shaped(model["shapes"], shape, "", 12)
        if isinstance(request, dict):
            self._complete(operation, request)
            for part in (request, *_parts(request)):
                self._fit(part)
                self._bind(part)
            for _ in range(choices.below(8) // 6):
                self._spoil(request, junk)
        return operation, request

    def _complete(self, operation: str, request: dict[str, Any]) -> None:
        """Add what hardly any request would have by chance, most of the time."""
        choices = self._choices
        if choices.seldom():
            return
        for name in [*request]:
            if name.startswith(("ExclusiveStart", "NextToken")) and name not in self._remembered:
                del request[name]
        if operation == "Query":
            request["KeyConditionExpression"] = grammar.key_condition(choices)
        elif operation == "CreateTable":
            wanted = deepcopy(choices.one_of(TABLES))
            wanted.pop("StreamSpecification", None)
            request.pop("ProvisionedThroughput", None)
            request.update(wanted, TableName=choices.one_of(("new", "ttt", "newer")))

    def _fit(self, part: dict[str, Any]) -> None:
        """Let keys fit their table, and expressions stand alone, most of the time."""
        choices = self._choices
        if not LEGACY.isdisjoint(part):
            modern = [name for name in part if name.endswith("Expression")]
            for name in modern if choices.byte() % 2 else LEGACY & part.keys():
                del part[name]
        schema = {"ttt": ("pk", "sk"), "hhh": ("pk",)}
        for table, content in [*part.items(), (part.get("TableName"), part)]:
            names = schema.get(str(table))
            if names is None or choices.seldom():
                continue
            for holder in (content, *_parts({"": content})):
                if not isinstance(holder, dict):
                    continue
                for key in (holder.get("Key"), *_listed(holder.get("Keys"))):
                    if isinstance(key, dict):
                        key.clear()
                        key.update({name: dict(choices.one_of(_GOOD[name])) for name in names})
                item = holder.get("Item")
                if isinstance(item, dict):
                    item.update({name: dict(choices.one_of(_GOOD[name])) for name in names})

    def _bind(self, part: dict[str, Any]) -> None:
        """Give expressions the names and values that they need."""
        texts = [text for name, text in part.items() if name.endswith("Expression")]
        part.pop("ExpressionAttributeNames", None)
        part.pop("ExpressionAttributeValues", None)
        if texts and all(isinstance(text, str) for text in texts):
            part.update(written(bindings(self._choices, *texts)))
        text = part.get("Statement")
        if isinstance(text, str):
            part.pop("Parameters", None)
            if "?" in text:
                values = [self._choices.good_value(1) for _ in range(text.count("?"))]
                part["Parameters"] = written(values)

    def _spoil(self, request: Any, junk: Callable[[], Any]) -> None:
        """Exchange, drop or double something somewhere in a request."""
        choices = self._choices
        while isinstance(request, dict | list) and request:
            places: Sequence[Any] = (
                list(request) if isinstance(request, dict) else range(len(request))
            )
            place = choices.one_of(places)
            if isinstance(request[place], dict | list) and request[place] and choices.byte() % 4:
                request = request[place]
                continue
            match choices.below(5):
                case 0:
                    del request[place]
                case 1 if isinstance(request, dict):
                    request[_json(choices.string())] = request[place]
                case 2 if isinstance(request, list):
                    request.extend(request * choices.below(60))
                case 3:
                    request[place] = None
                case _:
                    request[place] = junk()
            return

    def _shaped(self, shapes: Mapping[str, Any], name: str, member: str, depth: int) -> Any:
        choices, shape = self._choices, shapes[name]
        if name == "AttributeValue":
            return written(choices.good_value(2) if choices.byte() % 8 else choices.value(2))
        if member in ("Key", "Keys", "ExclusiveStartKey") and shape["type"] == "map":
            known = self._remembered.get(member)
            return deepcopy(choices.one_of(known if known and choices.seldom(2) else _KEYS))
        if member == "Item" and shape["type"] == "map":
            return {**deepcopy(choices.one_of(_KEYS)), **written(choices.good_item(2))}
        match shape["type"]:
            case "structure":
                return self._structure(shapes, shape, depth)
            case "list":
                if not depth:
                    return []
                count = (0 if choices.seldom(16) else 1) + choices.below(3)
                inner = shape["member"]["shape"]
                return [self._shaped(shapes, inner, member, depth - 1) for _ in range(count)]
            case "map":
                if not depth:
                    return {}
                return {
                    self._word(shapes, shape["key"]["shape"], member): self._shaped(
                        shapes, shape["value"]["shape"], member, depth - 1
                    )
                    for _ in range(1 + choices.below(2))
                }
            case "string":
                return self._word(shapes, name, member)
            case "boolean":
                return choices.seldom(2)
            case "blob":
                return "YQ=="
            case "integer" | "long":
                if choices.byte() % 8:
                    return choices.one_of((1, 2, 10, 100))
                return choices.one_of((0, -1, 1000, 2**31 - 1, 2**31, 2**63 - 1))
            case _:
                return choices.one_of((0, 1.5, 1_767_225_600, -1, 1e300))

    def _structure(self, shapes: Mapping[str, Any], shape: Mapping[str, Any], depth: int) -> Any:
        choices = self._choices
        if not depth:
            return {}
        required = shape.get("required", ())
        made: dict[str, Any] = {}
        if not required and 0 < len(shape["members"]) <= 4 and choices.byte() % 8:
            # A choice between several: one put, one deletion.
            name = choices.one_of(tuple(shape["members"]))
            inner = shape["members"][name]["shape"]
            return {name: self._shaped(shapes, inner, name, depth - 1)}
        for name, member in shape["members"].items():
            lost = choices.seldom(64) if name in required else choices.byte() % 6 < 5
            if not lost:
                made[name] = self._shaped(shapes, member["shape"], name, depth - 1)
        return made

    def _word(self, shapes: Mapping[str, Any], name: str, member: str) -> str:
        choices, shape = self._choices, shapes[name]
        if choices.seldom(64):
            return _json(choices.string())
        if member == "Statement":
            return _json(grammar.text(choices, "statement", _statement))
        if member.endswith("Expression"):
            draw = grammar.EXPRESSIONS.get(member, grammar.condition)
            return _json(draw(choices))
        remembered = self._remembered.get(member)
        if remembered and choices.byte() % 4:
            return str(choices.one_of(remembered))
        if "enum" in shape:
            return str(choices.one_of(shape["enum"]))
        if member == "RequestItems":
            return choices.one_of(("ttt", "hhh", "ttt", "hhh", "new"))
        words = _WORDS.get(member)
        return str(choices.one_of(words)) if words else choices.one_of(NAMES)


def _statement(choices: Choices) -> str:
    made = grammar.statement(choices).replace('"h"', '"hhh"')
    return made.replace('"t"', '"ttt"').replace(" t ", " ttt ").replace('"i"', '"iii"')


def _parts(request: Any) -> list[dict[str, Any]]:
    """Return every object inside of a request that may hold expressions."""
    found: list[dict[str, Any]] = []
    waiting = list(request.values())
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            found.append(part)
            waiting.extend(part.values())
        elif isinstance(part, list):
            waiting.extend(part)
    return found


def _listed(several: Any) -> list[Any]:
    return several if isinstance(several, list) else []


def _json(text: str) -> str:
    return text.encode("utf-8", "replace").decode()
