"""Tags: settings of a table that are stored and described."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import bare_name
from anydynamo.engine.tables.definitions import check_tag_count, distinct_tags
from anydynamo.engine.tables.descriptions import store_document, stored_document

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = [
    "list_tags_of_resource",
    "tag_resource",
    "untag_resource",
]


def _table_arn(request: Mapping[str, Any]) -> str:
    """Return the ARN of the table whose tags are meant.

    Raises:
        EngineError: A ValidationException; there is none, or it is no table's.
    """
    arn: str | None = request.get("ResourceArn")
    if not arn:
        raise validation(texts.settings.NO_TABLE_ARN)
    if not arn.startswith("arn:") or "/" in arn.partition(":table/")[2] or ":table/" not in arn:
        raise validation(texts.settings.INVALID_TABLE_ARN, arn=arn)
    return arn


def _tagged(reader: Reader, arn: str) -> dict[str, Any]:
    try:
        return stored_document(reader, bare_name(arn))
    except EngineError:
        raise EngineError(
            "ResourceNotFoundException",
            texts.settings.TAGGED_NOT_FOUND,
            arn=arn,
        ) from None


def tag_resource(request: Mapping[str, Any]) -> Callable[[Writer], dict[str, Any]]:
    """Add tags to a table, or change them."""
    arn = _table_arn(request)
    tags = distinct_tags(request.get("Tags") or ())
    if not tags:
        raise validation(texts.settings.NO_TAGS)

    def work(writer: Writer) -> dict[str, Any]:
        document = _tagged(writer, arn)
        document["Tags"] = {**document["Tags"], **tags}
        check_tag_count(document["Tags"])
        store_document(writer, document)
        return {}

    return work


def untag_resource(request: Mapping[str, Any]) -> Callable[[Writer], dict[str, Any]]:
    """Remove tags from a table; those that it has not are no error."""
    arn = _table_arn(request)
    names = frozenset(request.get("TagKeys") or ())
    if not names:
        raise validation(texts.settings.NO_TAG_KEYS)

    def work(writer: Writer) -> dict[str, Any]:
        document = _tagged(writer, arn)
        document["Tags"] = {
            name: value for name, value in document["Tags"].items() if name not in names
        }
        store_document(writer, document)
        return {}

    return work


def list_tags_of_resource(request: Mapping[str, Any]) -> Callable[[Reader], dict[str, Any]]:
    """List a table's tags, all on one page: there are 50 at most."""
    arn = _table_arn(request)
    if request.get("NextToken") is not None:
        raise validation(texts.settings.INVALID_TAG_TOKEN)

    def work(reader: Reader) -> dict[str, Any]:
        tags = _tagged(reader, arn)["Tags"]
        return {"Tags": [{"Key": name, "Value": value} for name, value in tags.items()]}

    return work
