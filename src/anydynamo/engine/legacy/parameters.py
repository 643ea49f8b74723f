"""Which parameters are legacy ones, and that they do not go together with expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from anydynamo.engine import texts
from anydynamo.engine.errors import validation
from anydynamo.engine.readings import reading

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LEGACY", "refuse_mixture"]

LEGACY: Final = frozenset(
    (
        "AttributesToGet",
        "AttributeUpdates",
        "ConditionalOperator",
        "Expected",
        "KeyConditions",
        "QueryFilter",
        "ScanFilter",
    )
)
"""The legacy parameters of all operations."""


def refuse_mixture(request: Mapping[str, Any], *, prefix: str = "") -> None:
    """Refuse a request, or a table's part of a batch, that has legacy parameters and expressions.

    Args:
        request: The request.
        prefix: What the operation puts before the text.

    Raises:
        EngineError: A ValidationException.
    """
    # What a program passes may have keys that are no strings, which `shapes` refuses afterwards.
    members = cast("Mapping[object, Any]", request)
    given = [name for name, value in members.items() if isinstance(name, str) and value is not None]
    legacy = [name for name in given if name in LEGACY]
    modern = [name for name in given if name.endswith("Expression")]
    if (
        legacy == ["KeyConditions"]
        and "KeyConditionExpression" not in modern
        and reading().key_conditions == "mixed"
    ):
        return
    if legacy and modern:
        raise validation(
            texts.legacy.MIXED_PARAMETERS,
            prefix=prefix,
            legacy=", ".join(legacy),
            modern=", ".join(modern),
        )
