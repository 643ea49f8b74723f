"""What happened to a table's items, in order and typed.

`Database.changes` reads a table's stream; `lambda_handler` takes the same changes from AWS Lambda;
`apply_once` lets each of them take effect exactly once.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

# The checkpoint's table brings pydantic along, which a function in AWS Lambda may not need.
_LAZY = {
    "Applied": "effects",
    "Change": "records",
    "Changes": "feed",
    "Checkpoint": "checkpoints",
    "Checkpoints": "checkpoints",
    "LambdaHandler": "aws_lambda",
    "TableCheckpoints": "checkpoints",
    "apply_once": "effects",
    "lambda_handler": "aws_lambda",
}


# A checker that saw it would let any name be imported.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _LAZY:
            value: object = getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)
            globals()[name] = value
            return value
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
