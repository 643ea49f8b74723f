"""PartiQL statements on one table, most of which can be carried out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from anydynamo.testing import strategies
from anydynamo.testing.generated.values import NAMES, key_values, pooled, set_values

if TYPE_CHECKING:
    from anydynamo.testing.strategies import TableShape

__all__ = ["batches", "reads", "transactions", "writes"]

# Any: requests and attribute values have DynamoDB's shapes.
Request = dict[str, Any]

NAMED = tuple(f'"{name}"' for name in NAMES)


class Statement:
    """A statement while it is drawn, and its parameters."""

    def __init__(self) -> None:
        self.parameters: list[Any] = []

    def value(self, value: Any) -> str:
        """Say a value: by a literal where it has one, otherwise by a parameter."""
        if value.get("S", "'").isascii() and "'" not in value.get("S", "'"):
            return f"'{value['S']}'"
        if "BOOL" in value:
            return str(value["BOOL"]).lower()
        self.parameters.append(value)
        return "?"

    def request(self, text: str) -> Request:
        """Make a request of it."""
        request: Request = {"Statement": text}
        if self.parameters:
            request["Parameters"] = self.parameters
        return request


def _keyed(draw: st.DrawFn, table: TableShape, statement: Statement) -> str:
    key = draw(strategies.keys(table))
    return " AND ".join(f"{name} = {statement.value(value)}" for name, value in key.items())


@st.composite
def _conditions(draw: st.DrawFn, statement: Statement) -> str:
    name = draw(st.sampled_from(NAMED))
    kind = draw(st.sampled_from(["compare", "compare", "in", "between", "missing", "call"]))
    if kind == "compare":
        operator = draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]))
        value = pooled() if operator in "<>" else key_values(draw(st.sampled_from("SNB")))
        return f"{name} {operator} {statement.value(draw(value))}"
    if kind == "in":
        values = draw(st.lists(pooled(), min_size=1, max_size=3))
        return f"{name} IN [{', '.join(map(statement.value, values))}]"
    if kind == "between":
        low = draw(st.integers(-3, 3))
        return f"{name} BETWEEN {low} AND {low + draw(st.integers(0, 9))}"
    if kind == "missing":
        return f"{name} IS {draw(st.sampled_from(['', 'NOT ']))}MISSING"
    if draw(st.booleans()):
        return f"begins_with({name}, {statement.value(draw(key_values('S')))})"
    return f"contains({name}, {statement.value(draw(pooled()))})"


@st.composite
def reads(draw: st.DrawFn, table: TableShape, *, single: bool = False) -> Request:
    """Draw a SELECT: of one item, or of what a condition selects."""
    statement = Statement()
    columns = draw(st.lists(st.sampled_from([*NAMED, "pk"]), max_size=3, unique=True))
    source = f'"{table.name}"'
    where: list[str] = []
    if single or draw(st.booleans()):
        where.append(_keyed(draw, table, statement))
    elif draw(st.booleans()) and table.indexes:
        index = draw(st.sampled_from(table.indexes))
        source += f'."{index.name}"'
        if index.projection != "ALL":
            columns = []
        (name, kind), *_ = index.keys
        where.append(f"{name} = {statement.value(draw(key_values(kind)))}")
    if not single and draw(st.booleans()):
        where.append(draw(_conditions(statement)))
    text = f"SELECT {', '.join(columns) or '*'} FROM {source}"
    if where:
        text += f" WHERE {' AND '.join(where)}"
    return statement.request(text)


@st.composite
def writes(draw: st.DrawFn, table: TableShape, *, plain: bool = False) -> Request:
    """Draw an INSERT, an UPDATE or a DELETE of one item.

    Args:
        draw: Hypothesis's.
        table: The table.
        plain: Without RETURNING, which batches and transactions refuse in part.
    """
    statement = Statement()
    kind = draw(st.sampled_from(["INSERT", "UPDATE", "DELETE"]))
    target = f'"{table.name}"'
    if kind == "INSERT":
        item = draw(strategies.items(table))
        members = ", ".join(f"'{name}': {statement.value(value)}" for name, value in item.items())
        return statement.request(f"INSERT INTO {target} VALUE {{{members}}}")
    if kind == "DELETE":
        text = f"DELETE FROM {target}"
        returned = ["ALL OLD"]
    else:
        text = f"UPDATE {target} {draw(_assignments(statement))}"
        returned = ["ALL OLD", "ALL NEW", "MODIFIED OLD", "MODIFIED NEW"]
    text += f" WHERE {_keyed(draw, table, statement)}"
    if draw(st.integers(0, 2)) == 0:
        text += f" AND {draw(_conditions(statement))}"
    if not plain and draw(st.booleans()):
        text += f" RETURNING {draw(st.sampled_from(returned))} *"
    return statement.request(text)


@st.composite
def _assignments(draw: st.DrawFn, statement: Statement) -> str:
    name = draw(st.sampled_from(NAMED))
    kind = draw(st.sampled_from(["value", "value", "sum", "append", "add", "delete", "remove"]))
    if kind == "remove":
        return f"REMOVE {name}"
    if kind == "value":
        return f"SET {name} = {statement.value(draw(strategies.attribute_values(3)))}"
    if kind == "sum":
        return f"SET {name} = {name} {draw(st.sampled_from('+-'))} {draw(st.integers(0, 9))}"
    if kind == "append":
        value = statement.value({"L": draw(st.lists(pooled(), max_size=2))})
        return f"SET {name} = list_append({name}, {value})"
    return f"SET {name} = set_{kind}({name}, {statement.value(draw(set_values()))})"


@st.composite
def batches(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw a BatchExecuteStatement of reads or of writes."""
    one = reads(table, single=True) if draw(st.booleans()) else writes(table, plain=True)
    return {"Statements": draw(st.lists(one, min_size=1, max_size=4))}


@st.composite
def transactions(draw: st.DrawFn, table: TableShape) -> Request:
    """Draw an ExecuteTransaction of reads or of writes."""
    one = reads(table, single=True) if draw(st.booleans()) else writes(table, plain=True)
    return {"TransactStatements": draw(st.lists(one, min_size=1, max_size=3))}
