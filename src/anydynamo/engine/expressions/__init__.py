"""DynamoDB's expressions: parsed once per text, compiled once per text and names, evaluated fast.

`Expressions` is the way in: one object per request, or per action of a transaction.
"""

from anydynamo.engine.expressions.bindings import Expressions
from anydynamo.engine.expressions.conditions import Condition
from anydynamo.engine.expressions.keyconditions import KeyCondition, KeyTest
from anydynamo.engine.expressions.projections import Projection
from anydynamo.engine.expressions.updates import Update, Updated

__all__ = [
    "Condition",
    "Expressions",
    "KeyCondition",
    "KeyTest",
    "Projection",
    "Update",
    "Updated",
]
