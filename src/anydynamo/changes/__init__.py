"""What happened to a table's items, in order and typed.

`Database.changes` reads a table's stream; `lambda_handler` takes the same changes from AWS Lambda;
`apply_once` lets each of them take effect exactly once.
"""

from __future__ import annotations

from anydynamo.changes.aws_lambda import LambdaHandler, lambda_handler
from anydynamo.changes.checkpoints import Checkpoint, Checkpoints, TableCheckpoints
from anydynamo.changes.effects import Applied, apply_once
from anydynamo.changes.feed import Changes
from anydynamo.changes.records import Change

__all__ = [
    "Applied",
    "Change",
    "Changes",
    "Checkpoint",
    "Checkpoints",
    "LambdaHandler",
    "TableCheckpoints",
    "apply_once",
    "lambda_handler",
]

# Tracebacks and the documentation then show the path that a user imports from.
for _name in __all__:
    globals()[_name].__module__ = __name__
