"""The same library without asyncio: `Database`, `Repository` and `Batch` that block.

There is one implementation, `anydynamo.Database` and `anydynamo.Repository`, and its documentation
holds here: a method does what the one of the same name does there, and returns when that is done.
Where there is an asynchronous iterator there, here is an ordinary one.

Over embedded providers the caller's own thread does the work, with or without an event loop running
in it. Over the network it is done by one event loop in a thread that belongs to the database.
Databases and repositories may be shared by threads; a batch may not.
"""

from __future__ import annotations

from anydynamo.sync.changes import Changes
from anydynamo.sync.database import Database
from anydynamo.sync.repository import Batch, Repository, Results, Scan

__all__ = ["Batch", "Changes", "Database", "Repository", "Results", "Scan"]

# Tracebacks and the documentation then show the path that a user imports from.
for _public in (Batch, Changes, Database, Repository, Results, Scan):
    _public.__module__ = __name__
