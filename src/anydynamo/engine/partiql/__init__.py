"""PartiQL: statements in place of requests, over the semantics of `engine.expressions`.

A statement is read by `statements` into the trees that expressions have, so that conditions and
updates are evaluated by the same code whichever language they came in. `planner` finds the keys in
WHERE; `select` and `writes` then do what Query, Scan, GetItem, PutItem, UpdateItem and DeleteItem
do.

Source: "PartiQL - a SQL-compatible query language for Amazon DynamoDB" of the Amazon DynamoDB
Developer Guide, and ExecuteStatement, BatchExecuteStatement and ExecuteTransaction of the API
Reference.
"""

from anydynamo.engine.partiql.batch import batch_execute_statement
from anydynamo.engine.partiql.execute import Reading, Writing, execute_statement
from anydynamo.engine.partiql.transaction import execute_transaction

__all__ = [
    "Reading",
    "Writing",
    "batch_execute_statement",
    "execute_statement",
    "execute_transaction",
]
