"""What holds for all items of a repository, one rule in each module.

A repository has its rules in an order: those of a view, then those that its model declares. Each of
them sees every write before it is sent and every item that is read. So what one rule is about is in
one place, and single writes, transactions, batches, queries and errors have it from there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from anydynamo.repositories.rules.expiry import Expiry
from anydynamo.repositories.rules.markers import Markers
from anydynamo.repositories.rules.rule import Rule
from anydynamo.repositories.rules.soft_delete import SoftDelete
from anydynamo.repositories.rules.timestamps import Timestamps
from anydynamo.repositories.rules.versions import Versions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anydynamo.models.codec import Codec

__all__ = ["Expiry", "Markers", "Rule", "SoftDelete", "Timestamps", "Versions", "rules_of"]


def rules_of(codec: Codec[Any]) -> tuple[Rule, ...]:
    """Return the rules that a model declares, in their order."""
    return tuple(_declared(codec))


def _declared(codec: Codec[Any]) -> Iterator[Rule]:
    schema = codec.schema
    if schema.unique:
        yield Markers(schema.hash_key.wire)
    # What has expired is absent to all other rules.
    if schema.hide_expired and schema.ttl is not None:
        yield Expiry(schema.ttl)
    # It makes updates of deletes, which the following ones then treat as such.
    if schema.deleted is not None:
        yield SoftDelete(codec, schema.deleted)
    if schema.version is not None:
        yield Versions(codec.model.__name__, schema.version)
    if schema.created is not None or schema.updated is not None:
        yield Timestamps(codec, schema.created, schema.updated)
