"""What a server answered to one request, in a form that can be compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Difference", "Outcome", "differences", "join", "normal", "read"]

SETS = frozenset({"SS", "NS", "BS"})


@dataclass(frozen=True, slots=True)
class Outcome:
    """An answer, or an error with all that it says.

    Attributes:
        response: The body of an answer, and of an error without its code and text.
        code: The error's code; None of an answer.
        text: The error's text.
    """

    response: Any
    code: str | None = None
    text: str = ""

    @property
    def codes(self) -> list[str]:
        """The codes of the reasons that a transaction was cancelled for."""
        return [reason["Code"] for reason in self.response.get("CancellationReasons", ())]


@dataclass(frozen=True, slots=True)
class Difference:
    """A point in which two outcomes of one request differ.

    Attributes:
        operation: What was asked.
        request: With what.
        aspect: `code`, or the member of the responses that is not the same.
        ours: What the engine answered.
        theirs: What the other one answered.
    """

    operation: str
    request: Any
    aspect: str
    ours: Outcome
    theirs: Outcome

    @property
    def mine(self) -> Any:
        """The member that differs, as the engine has it."""
        return normal(self.ours.response.get(self.aspect))

    @property
    def other(self) -> Any:
        """The member that differs, as the other one has it."""
        return normal(self.theirs.response.get(self.aspect))

    def __str__(self) -> str:
        """Show all that is needed to judge it."""
        return (
            f"{self.operation} {self.request}\n{self.aspect} differs\n"
            f"engine: {self.ours}\nother:  {self.theirs}"
        )


def read(status: int, body: Any) -> Outcome:
    """Take an HTTP reply apart.

    Raises:
        AssertionError: It is no reply of DynamoDB's protocol: a defect of the server.
    """
    assert isinstance(body, dict), f"the body is no object: {body!r}"
    if status == 200:
        return Outcome(body)
    members = dict(body)
    code = str(members.pop("__type", f"HTTP {status}")).rpartition("#")[2]
    text = members.pop("message", None) or members.pop("Message", None) or ""
    return Outcome(members, code, text)


def differences(
    operation: str, request: Any, ours: Outcome, theirs: Outcome
) -> Iterator[Difference]:
    """Compare what is specified: codes and members, not texts, and sets without an order."""
    if ours.code != theirs.code:
        yield Difference(operation, request, "code", ours, theirs)
        return
    for member in sorted(ours.response.keys() | theirs.response.keys()):
        if member == "LastEvaluatedKey" and not (
            member in ours.response and member in theirs.response
        ):
            # Whether there is one when the limit is just reached is not specified.
            continue
        mine = _member(operation, request, member, ours.response.get(member))
        other = _member(operation, request, member, theirs.response.get(member))
        if mine != other:
            yield Difference(operation, request, member, ours, theirs)


def _member(operation: str, request: Any, member: str, value: Any) -> Any:
    if member == "CancellationReasons":
        return [(reason.get("Code"), normal(reason.get("Item"))) for reason in value or ()]
    if operation == "BatchExecuteStatement" and member == "Responses":
        # Of an error the code is compared, as elsewhere.
        value = [{**one, "Error": one.get("Error", {}).get("Code")} for one in value or ()]
    several = operation == "ExecuteStatement" and member == "Items" and bool(value)
    if several and not _of_one_partition(request["Statement"]):
        return sorted(map(repr, map(normal, value)))
    if operation == "BatchGetItem" and member == "Responses":
        # The items of a batch have no order.
        return {table: sorted(map(repr, map(normal, found))) for table, found in value.items()}
    if member == "ConsumedCapacity" and isinstance(value, list):
        return sorted(map(repr, map(normal, value)))
    return normal(value)


def _of_one_partition(statement: str) -> bool:
    """Tell whether what a statement selects has an order: that of partitions is not specified."""
    return " WHERE pk = " in statement and '"."' not in statement


def join(pages: Sequence[Outcome], *, ordered: bool) -> Outcome:
    """Make one answer of a walk's pages: where one ends when its limit is just reached is open.

    Args:
        pages: The pages, of all segments.
        ordered: Whether the items have an order. That of partitions, and of equal keys of an index,
            is not specified.
    """
    for page in pages:
        if page.code:
            return page
    items = [normal(item) for page in pages for item in page.response.get("Items", ())]
    if not ordered:
        items.sort(key=repr)
    joined: dict[str, Any] = {
        "Items": items,
        "Count": sum(page.response["Count"] for page in pages),
        "ScannedCount": sum(page.response["ScannedCount"] for page in pages),
    }
    if len(pages) == 1 and "ConsumedCapacity" in pages[0].response:
        joined["ConsumedCapacity"] = pages[0].response["ConsumedCapacity"]
    return Outcome(joined)


def normal(value: Any) -> Any:
    """Put the members of sets and of maps in one order."""
    if isinstance(value, dict):
        if len(value) == 1:
            ((kind, members),) = value.items()
            if kind in SETS and isinstance(members, list):
                return {kind: sorted(members)}
        return {name: normal(inner) for name, inner in sorted(value.items())}
    if isinstance(value, list):
        return [normal(inner) for inner in value]
    return value
