"""Resource policies of tables and streams: kept and described, and never asked for permission.

Source: PutResourcePolicy, GetResourcePolicy and DeleteResourcePolicy of the Amazon DynamoDB API
Reference (2012-08-10): at most 20 KB, white space included; the same policy keeps its revision; an
expected revision that is not there is a PolicyNotFoundException, and `NO_POLICY` expects none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, cast

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import bare_name
from anydynamo.engine.layout import STREAMS, TABLES, decode, encode, stream_key
from anydynamo.engine.limits import POLICY_BYTES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "check_policy",
    "delete_resource_policy",
    "get_resource_policy",
    "new_policy",
    "put_resource_policy",
]

_NONE: Final = "NO_POLICY"
_STREAM: Final = "/stream/"


def check_policy(text: str) -> None:
    """Check that a policy is a JSON object of no more than 20 KB, with statements.

    Whom and what they name is not looked at: there are no users here.

    Source: "Grammar of the IAM JSON policy language" and "IAM JSON policy elements: Principal" of
    the AWS Identity and Access Management User Guide; the latter is required in the policy of a
    resource.

    Raises:
        EngineError: A ValidationException.
    """
    if len(text.encode()) > POLICY_BYTES:
        raise validation(texts.settings.POLICY_TOO_LARGE)
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise validation(texts.settings.POLICY_NO_OBJECT)
    given: object = cast("dict[str, object]", document).get("Statement")
    statements = cast("list[object]", given if isinstance(given, list) else [given])
    if not statements or not all(isinstance(statement, dict) for statement in statements):
        raise validation(texts.settings.POLICY_NO_STATEMENT)
    for statement in cast("list[dict[str, object]]", statements):
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise validation(texts.settings.POLICY_NO_EFFECT)
        for element in ("Principal", "Action"):
            if (element in statement) == (f"Not{element}" in statement):
                raise validation(texts.settings.POLICY_EITHER, element=element)


def new_policy(text: str, at: float, before: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a policy as a resource's description keeps it, with a revision of its own.

    Args:
        text: The policy.
        at: The time, in seconds since the epoch.
        before: The policy that it replaces.
    """
    revision = int(at * 1000)
    if before is not None:
        revision = max(revision, int(before["RevisionId"]) + 1)
    return {"Policy": text, "RevisionId": str(revision)}


def put_resource_policy(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Attach a policy to a table or stream, over the one that is there."""
    arn, text = request["ResourceArn"], request["Policy"]
    expected = request.get("ExpectedRevisionId")
    check_policy(text)

    def work(writer: Writer) -> dict[str, Any]:
        space, key, document = _find(writer, arn)
        policy = document.get("ResourcePolicy")
        _expect(arn, policy, expected)
        if policy is None or policy["Policy"] != text:
            policy = document["ResourcePolicy"] = new_policy(text, now(), policy)
            writer.put(space, key, encode(document))
        return {"RevisionId": policy["RevisionId"]}

    return work


def get_resource_policy(request: Mapping[str, Any]) -> Callable[[Reader], dict[str, Any]]:
    """Return the policy of a table or stream."""
    arn = request["ResourceArn"]

    def work(reader: Reader) -> dict[str, Any]:
        policy = _find(reader, arn)[2].get("ResourcePolicy")
        if policy is None:
            raise _absent(arn)
        return dict(policy)

    return work


def delete_resource_policy(request: Mapping[str, Any]) -> Callable[[Writer], dict[str, Any]]:
    """Remove the policy of a table or stream; one that is not there is no error."""
    arn, expected = request["ResourceArn"], request.get("ExpectedRevisionId")

    def work(writer: Writer) -> dict[str, Any]:
        space, key, document = _find(writer, arn)
        policy = document.pop("ResourcePolicy", None)
        _expect(arn, policy, expected)
        if policy is None:
            return {}
        writer.put(space, key, encode(document))
        return {"RevisionId": policy["RevisionId"]}

    return work


def _find(reader: Reader, arn: str) -> tuple[str, bytes, dict[str, Any]]:
    if not arn.startswith("arn:") or ":table/" not in arn:
        raise validation(texts.settings.INVALID_RESOURCE_ARN, arn=arn)
    name, label = bare_name(arn), arn.partition(_STREAM)[2]
    space, key = (STREAMS, stream_key(name, label)) if label else (TABLES, name.encode())
    raw = reader.get(space, key)
    if raw is None:
        raise EngineError(
            "ResourceNotFoundException",
            texts.settings.RESOURCE_OF_POLICY_NOT_FOUND,
            arn=arn,
        )
    return space, key, decode(raw)


def _expect(arn: str, policy: Mapping[str, str] | None, expected: str | None) -> None:
    if expected is not None and expected != (_NONE if policy is None else policy["RevisionId"]):
        raise _absent(arn)


def _absent(arn: str) -> EngineError:
    return EngineError("PolicyNotFoundException", texts.settings.POLICY_NOT_FOUND, arn=arn)
