"""CloudWatch Contributor Insights: kept for a table and its global indexes, and described.

Nothing is counted. Whatever is changed says ENABLING or DISABLING in its answer and has arrived in
the next one. What was enabled once goes on being listed, as DISABLED at the end.

An index keeps its insights in its own entry of the table's description, and loses them with it.

Sources: UpdateContributorInsights, DescribeContributorInsights and ListContributorInsights of the
Amazon DynamoDB API Reference (2012-08-10); "CloudWatch Contributor Insights for DynamoDB: How it
works" of the Developer Guide for the rules and their names. That changing nothing is no error
follows from the errors that the reference has.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.layout import TABLES
from anydynamo.engine.tables.descriptions import moment, store_document
from anydynamo.engine.tables.states import settled_document

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "describe_contributor_insights",
    "list_contributor_insights",
    "update_contributor_insights",
]

_STORED: Final = "ContributorInsights"
_LISTED: Final = 100
_ALL_KEYS: Final = "ACCESSED_AND_THROTTLED_KEYS"
_RULE: Final = "DynamoDBContributorInsights"
_RULE_CHARACTERS: Final = 128


def update_contributor_insights(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Writer], dict[str, Any]]:
    """Enable or disable the insights of a table or of one of its global indexes."""
    name, index = request["TableName"], request.get("IndexName")
    enabled = request["ContributorInsightsAction"] == "ENABLE"
    mode = request.get("ContributorInsightsMode")

    def work(writer: Writer) -> dict[str, Any]:
        at = now()
        document = settled_document(writer, name, at)
        place = _place(document, index)
        known = place.get(_STORED, {"Status": "DISABLED", "Mode": _ALL_KEYS})
        wanted = {
            "Status": "ENABLED" if enabled else "DISABLED",
            "Mode": mode or known["Mode"],
        }
        changes = any(known[key] != value for key, value in wanted.items())
        if changes:
            place[_STORED] = {**wanted, "At": at}
            store_document(writer, document)
        status = ("ENABLING" if enabled else "DISABLING") if changes else wanted["Status"]
        return {
            **_named(document, index),
            "ContributorInsightsStatus": status,
            "ContributorInsightsMode": wanted["Mode"],
        }

    return work


def describe_contributor_insights(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """Describe the insights of a table or of one of its global indexes, with their rules."""
    name, index = request["TableName"], request.get("IndexName")

    def work(reader: Reader) -> dict[str, Any]:
        document = settled_document(reader, name, now())
        place = _place(document, index)
        described = _named(document, index)
        known = place.get(_STORED)
        if known is None:
            return {**described, "ContributorInsightsStatus": "DISABLED"}
        described["ContributorInsightsRuleList"] = []
        if known["Status"] == "ENABLED":
            described["ContributorInsightsRuleList"] = _rules(
                index or document["TableName"],
                known,
                sorted_too=place["KeySchema"][-1]["KeyType"] == "RANGE",
            )
        return {
            **described,
            "ContributorInsightsStatus": known["Status"],
            "LastUpdateDateTime": moment(known["At"]),
            "ContributorInsightsMode": known["Mode"],
        }

    return work


def list_contributor_insights(
    request: Mapping[str, Any], now: Callable[[], float]
) -> Callable[[Reader], dict[str, Any]]:
    """List the insights of a table and its indexes, or of all tables, a page at a time.

    Raises:
        EngineError: The token is none of ours.
    """
    name = request.get("TableName")
    after = _after(request.get("NextToken"))
    # The reference has no smallest number of results; 0 asks for none in particular.
    limit = request.get("MaxResults") or _LISTED
    if limit < 0:
        raise validation(texts.settings.MAX_RESULTS)

    def work(reader: Reader) -> dict[str, Any]:
        summaries: list[dict[str, Any]] = []
        last = after
        for document in _documents(reader, name, after, now()):
            for index, known in _known(document):
                place = (document["TableName"], index)
                if place <= after:
                    continue
                if len(summaries) == limit:
                    return {"ContributorInsightsSummaries": summaries, "NextToken": _token(last)}
                last = place
                summaries.append(
                    {
                        **_named(document, index or None),
                        "ContributorInsightsStatus": known["Status"],
                        "ContributorInsightsMode": known["Mode"],
                    }
                )
        return {"ContributorInsightsSummaries": summaries}

    return work


def _place(document: dict[str, Any], index: str | None) -> dict[str, Any]:
    """Return the part of a table's description that is about it, or about a global index."""
    if index is None:
        return document
    entry: dict[str, Any]
    for entry in document["GlobalSecondaryIndexes"]:
        if entry["IndexName"] == index:
            return entry
    raise EngineError(
        "ResourceNotFoundException",
        texts.tables.INDEX_OF_TABLE_NOT_FOUND,
        table=document["TableName"],
        index=index,
    )


def _known(document: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the insights of a table, under an empty name, and then those of its indexes."""
    places = [("", document)]
    places += [(entry["IndexName"], entry) for entry in document["GlobalSecondaryIndexes"]]
    known = [(name, place[_STORED]) for name, place in places if _STORED in place]
    return sorted(known, key=lambda one: one[0])


def _named(document: Mapping[str, Any], index: str | None) -> dict[str, Any]:
    named = {"TableName": document["TableName"]}
    return named if index is None else {**named, "IndexName": index}


def _rules(resource: str, known: Mapping[str, Any], *, sorted_too: bool) -> list[str]:
    events = "CT" if known["Mode"] == _ALL_KEYS else "T"
    keys = ("PK", "SK") if sorted_too else ("PK",)
    created = str(int(known["At"] * 1000))
    # PKC and PKT, SKC and SKT: most accessed and most throttled. A rule's name has less room than a
    # table's; how the service cuts it is not documented.
    room = _RULE_CHARACTERS - len(f"{_RULE}-PKC--{created}")
    return [f"{_RULE}-{key}{event}-{resource[:room]}-{created}" for event in events for key in keys]


def _documents(
    reader: Reader, name: str | None, after: tuple[str, str], at: float
) -> Iterator[dict[str, Any]]:
    if name is not None:
        yield settled_document(reader, name, at)
        return
    for key, _ in reader.scan(TABLES, start=after[0].encode()):
        yield settled_document(reader, key.decode(), at)


def _token(place: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode("\0".join(place).encode()).decode()


def _after(token: str | None) -> tuple[str, str]:
    """Return the table and index that a token stands for; before all of them without one."""
    if token is None:
        return "", ""
    try:
        table, index = base64.b64decode(token, altchars=b"-_", validate=True).decode().split("\0")
    except ValueError:
        raise validation(texts.settings.INSIGHTS_TOKEN) from None
    return table, index
