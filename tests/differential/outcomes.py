"""What a provider answered, in a form that can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from anydynamo.errors import AnyDynamoError, ConditionFailed, TransactionCancelled

if TYPE_CHECKING:
    from collections.abc import Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter

__all__ = ["Outcome", "ask", "normal", "walk"]

PAGES = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, or an error with all that it says."""

    response: Any = None
    error: str | None = None
    code: str | None = None
    message: str | None = None
    item: Any = None
    reasons: Any = None

    @property
    def kind(self) -> Any:
        """The outcome without texts, sets in one order: what independent servers agree on."""
        reasons = self.reasons and [
            (reason["Code"], normal(reason.get("Item"))) for reason in self.reasons
        ]
        return normal(self.response), self.error, self.code, normal(self.item), reasons


async def ask(adapter: DatabaseAdapter, operation: str, request: Mapping[str, Any]) -> Outcome:
    """Carry out one operation; an error of DynamoDB is an outcome, any other is a defect."""
    try:
        return Outcome(await adapter.call(operation, request))
    except AnyDynamoError as error:
        return Outcome(
            error=type(error).__name__,
            code=error.code,
            message=error.message,
            item=error.item if isinstance(error, ConditionFailed) else None,
            reasons=list(error.reasons) if isinstance(error, TransactionCancelled) else None,
        )


async def walk(
    adapter: DatabaseAdapter, operation: str, request: Mapping[str, Any]
) -> list[Outcome]:
    """Walk all pages of a Query or Scan, up to the first error."""
    pages: list[Outcome] = []
    more: dict[str, Any] = {}
    while len(pages) < PAGES:
        page = await ask(adapter, operation, {**request, **more})
        assert not (more and page.error), f"a page cannot be continued: {more} {page.message}"
        pages.append(page)
        if page.error or "LastEvaluatedKey" not in page.response:
            return pages
        more = {"ExclusiveStartKey": page.response["LastEvaluatedKey"]}
    raise AssertionError(f"{operation} does not come to an end: {request}")


def normal(value: Any) -> Any:
    """Put the members of sets and of maps in one order."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((kind, members),) = value.items()
            if kind in {"SS", "NS", "BS"} and isinstance(members, list):
                return {kind: sorted(members)}
        return {name: normal(inner) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [normal(inner) for inner in value]
    return value
