"""Audit trails: each write brings an entry along that says what it did, by whom, and to what."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from anydynamo.errors import InvalidRequest
from anydynamo.models.audit import AuditEntry, entity
from anydynamo.models.codec import codec_of
from anydynamo.repositories.companions import Along
from anydynamo.repositories.rules.expiry import Expiry

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pynamodb.models import Model

    from anydynamo.models.codec import Codec
    from anydynamo.models.schema import TableSchema
    from anydynamo.repositories.companions import Transition
    from anydynamo.repositories.session import Session

__all__ = ["AuditTrail", "audit_trail"]


def audit_trail(session: Session, schema: TableSchema, entries: type[Model]) -> AuditTrail:
    """Return what keeps the audit trail of a table.

    Args:
        session: The open database.
        schema: What the table's model declares.
        entries: What is to keep it.

    Raises:
        InvalidRequest: That is no `AuditEntry`.
    """
    if not issubclass(entries, AuditEntry):
        raise InvalidRequest(
            f"The audit trail of {schema.table_name} is kept by a subclass of AuditEntry with a "
            f"table's name, and {entries.__name__} is none"
        )
    codec = codec_of(entries)
    return AuditTrail(session.table(codec.schema), schema, codec, session)


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """Writes the entries of one table; a companion.

    Args:
        table: The real name of the table that keeps them.
        schema: The table whose trail it is.
        codec: The entries' codec.
        session: The open database.
    """

    table: str
    schema: TableSchema = field(compare=False, repr=False)
    codec: Codec[AuditEntry] = field(compare=False, repr=False)
    session: Session = field(compare=False, repr=False)

    @property
    def watched(self) -> None:
        """Whatever is written is of interest."""

    @property
    def most(self) -> int:
        """Each write has one entry."""
        return 1

    def plan(
        self,
        transitions: Sequence[Transition],
        refused: Mapping[tuple[Any, ...], Mapping[str, Any]],
    ) -> Iterator[Along]:
        """Write an entry for each write that does something."""
        del refused  # an entry has a key of its own, so nothing can be in its way
        for transition in transitions:
            before = self._seen(transition)
            if before is None and transition.new is None:
                continue
            item = self._entry(transition, before)
            request = {"TableName": self.table, "Item": item}
            about = (self.table, item[self.codec.schema.keys[1].wire]["S"])
            yield Along(transition.place, about, "Put", request, lambda _: None)

    def _seen(self, transition: Transition) -> Mapping[str, Any] | None:
        """Return the item as it was to those who read; what has expired is absent to them."""
        old, ttl = transition.old, self.schema.ttl
        if old is None or ttl is None or not self.schema.hide_expired:
            return old
        return None if Expiry(ttl).hides(old, transition.at) else old

    def _entry(self, transition: Transition, before: Mapping[str, Any] | None) -> dict[str, Any]:
        values: dict[str, Any] = {
            "entity": entity(self.schema, transition.key),
            "entry_id": self.session.new_id(),
            "operation": transition.verb,
            "actor": transition.actor,
            "at": datetime.fromtimestamp(transition.at, UTC),
        }
        item = self.codec.encode(self.codec.model(**values))
        # As they are stored: no value goes through Python, which has other numbers.
        for name, image in (("before", before), ("after", transition.new)):
            if image is not None:
                item[self.codec.wire(name)] = {"M": dict(image)}
        return item
