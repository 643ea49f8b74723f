"""Every text of an error that the engine raises, one table a subject.

A text has fields where something is inserted (`str.format`), and an `EngineError` is made from it
and from what goes into them. Numbers come from `anydynamo.engine.limits`. Each module says which
texts are the service's and which are ours, and has beside its texts:

- `CODES`: the codes of those that are no ValidationException.
- `OURS`: those that are not the service's.
- `PARTS`: those that only stand in others.

    python -m anydynamo.engine.texts > docs/reference/texts.md
"""

from __future__ import annotations

from anydynamo.engine.texts import (
    backups,
    batches,
    capacity,
    expressions,
    items,
    legacy,
    replicas,
    requests,
    settings,
    statements,
    streams,
    tables,
    transactions,
    transfers,
    values,
    walks,
)

__all__ = [
    "backups",
    "batches",
    "capacity",
    "expressions",
    "items",
    "legacy",
    "replicas",
    "requests",
    "settings",
    "statements",
    "streams",
    "tables",
    "transactions",
    "transfers",
    "values",
    "walks",
]
