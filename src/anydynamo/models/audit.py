"""The entries of an audit trail: one for each write to a table that has one."""

from __future__ import annotations

import hashlib
import json
from base64 import b64encode
from datetime import datetime  # noqa: TC003 - annotations are read when the class is made
from typing import TYPE_CHECKING, Any, Literal

from anydynamo.engine.values.numbers import normalise
from anydynamo.models.attributes import Attr, attribute
from anydynamo.models.table import Table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pynamodb.models import Model

    from anydynamo.models.schema import TableSchema

__all__ = ["AuditEntry", "entity"]

_MOST_BYTES = 2048
"""A partition key has no more: "Quotas in Amazon DynamoDB", Developer Guide."""


class AuditEntry(Table):
    """What was done to one item; a subclass names the table that keeps it.

        class ReportAudit(AuditEntry, name="report_audit"): ...

        class Report(Table, name="reports", audit=ReportAudit): ...

    Attributes:
        entity: Which item it was done to; `entity_of` gives it for a key.
        entry_id: Sorts after the entries before it.
        operation: What was called.
        actor: Who called it, where a view said so: see `Repository.acting_as`.
        at: When it was called, by the database's clock.
        before: The item's attributes as they were, by their names in DynamoDB; None if there was
            no item.
        after: The same as they were afterwards; None if the item was removed.
    """

    entity: Attr[str] = attribute(hash_key=True)
    entry_id: Attr[str] = attribute(range_key=True)
    operation: Attr[Literal["create", "put", "update", "delete", "restore", "purge"]] = attribute()
    actor: Attr[str | None] = attribute(default=None)
    at: Attr[datetime] = attribute()
    before: Attr[dict[str, Any] | None] = attribute(default=None)
    after: Attr[dict[str, Any] | None] = attribute(default=None)

    @staticmethod
    def entity_of(model: type[Model], key: object) -> str:
        """Return what `entity` is for an item.

            async for entry in db.repository(ReportAudit).query(
                ReportAudit.entity_of(Report, "report-1")
            ):
                ...

        Args:
            model: The item's model.
            key: Its key, as its repository takes it.

        Raises:
            InvalidRequest: It is no key of the model.
        """
        # The codec is built on this module's neighbours.
        from anydynamo.models.codec import codec_of

        codec = codec_of(model)
        return entity(codec.schema, codec.key(key))


def entity(schema: TableSchema, key: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the text that stands for an item: its table's name and its key, as JSON.

    Args:
        schema: The item's table.
        key: Its key, in DynamoDB's JSON.
    """
    text = json.dumps(
        [schema.table_name, *(_payload(key[part.wire]) for part in schema.keys)],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    if len(text.encode()) <= _MOST_BYTES:
        return text
    return f"{schema.table_name}#sha256#{hashlib.sha256(text.encode()).hexdigest()}"


def _payload(value: Mapping[str, Any]) -> str:
    if "N" in value:
        return normalise(value["N"])
    return b64encode(value["B"]).decode() if "B" in value else str(value["S"])
