"""What a request is about: its tables, its index and the items that it names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from anydynamo.engine.engine import READS, STATEMENTS, WRITES
from anydynamo.engine.errors import EngineError
from anydynamo.engine.items.access import bare_name
from anydynamo.engine.layout import Table
from anydynamo.engine.partiql.execute import Bound, bind
from anydynamo.engine.partiql.planner import item_key
from anydynamo.engine.partiql.statements import Insert, Select
from anydynamo.engine.values.values import check_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from anydynamo.adapters.protocol import DatabaseAdapter

__all__ = ["OPERATIONS", "Asked", "Named", "Schemas", "has_attributes"]

OPERATIONS: Final = frozenset((*READS, *WRITES, *STATEMENTS))
"""The operations that there are."""

_TABLES: Final = ("TableName", "SourceTableName", "TargetTableName", "ResourceArn", "StreamArn")

_ALTERING: Final = frozenset(
    (
        "CreateTable",
        "DeleteTable",
        "ImportTable",
        "RestoreTableFromBackup",
        "RestoreTableToPointInTime",
        "UpdateTable",
    )
)
"""The operations after which a table may be another than it was."""


class Named(NamedTuple):
    """One item that a request names.

    Attributes:
        table: The table's name.
        attributes: The item of a put; the key of everything else; None if a statement has it.
        bound: The statement, in an operation of PartiQL that could be read.
        writes: Whether the item may be another afterwards.
    """

    table: str
    attributes: Mapping[str, Any] | None
    bound: Bound | None
    writes: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as it can be understood: one that makes no sense names nothing.

    Attributes:
        operation: DynamoDB's name for it.
        request: Its parameters.
        tables: The names of its tables.
        named: The items that it names, in order, one for each action, statement or key.
        index: The index that it reads.
        consistent: Whether what it reads must be what is stored.
    """

    operation: str
    request: Mapping[str, Any]
    tables: frozenset[str] = frozenset()
    named: tuple[Named, ...] = ()
    index: str | None = None
    consistent: bool = False
    alters: bool = field(init=False, default=False)
    """Whether a table may be another afterwards."""

    def __post_init__(self) -> None:
        """Tell what follows from the operation."""
        object.__setattr__(self, "alters", self.operation in _ALTERING)

    @classmethod
    def of(cls, operation: str, request: Mapping[str, Any]) -> Asked:
        """Look at a request."""
        named = tuple(_named(operation, request))
        tables = {bare_name(name) for name in map(request.get, _TABLES) if isinstance(name, str)}
        tables.update(one.table for one in named)
        tables.update(name for name, _ in _parts(request))
        index = request.get("IndexName")
        for one in named:
            if one.bound is not None and isinstance(one.bound.statement, Select):
                index = one.bound.statement.index or index
        return cls(
            operation,
            request,
            frozenset(tables),
            named,
            index if isinstance(index, str) else None,
            _consistent(operation, request),
        )

    @property
    def writes(self) -> bool:
        """Whether it writes an item."""
        return any(one.writes for one in self.named)


def _named(operation: str, request: Mapping[str, Any]) -> Iterator[Named]:
    if operation == "BatchGetItem":
        for name, part in _parts(request):
            for key in _several(_member(part, "Keys")):
                yield Named(name, _mapping(key), None, writes=False)
    elif operation == "BatchWriteItem":
        for name, part in _parts(request):
            for one in _several(part):
                put, delete = _member(one, "PutRequest"), _member(one, "DeleteRequest")
                given = _member(delete, "Key") if put is None else _member(put, "Item")
                yield Named(name, _mapping(given), None, writes=True)
    elif operation in ("TransactGetItems", "TransactWriteItems"):
        for one in _several(request.get("TransactItems")):
            for kind, action in (_mapping(one) or {}).items():
                if isinstance(action, Mapping):
                    given = cast("Mapping[str, Any]", action)
                    yield _action(given, writes=kind in ("Put", "Update", "Delete"))
    elif operation in ("GetItem", "PutItem", "UpdateItem", "DeleteItem"):
        yield _action(request, writes=operation != "GetItem")
    elif operation in STATEMENTS:
        several = request.get("Statements", request.get("TransactStatements"))
        for one in [request] if operation == "ExecuteStatement" else _several(several):
            yield _statement(one)


def _action(given: Mapping[str, Any], *, writes: bool) -> Named:
    name = given.get("TableName")
    table = bare_name(name) if isinstance(name, str) else ""
    return Named(table, _mapping(given.get("Item", given.get("Key"))), None, writes)


def _statement(given: object) -> Named:
    try:
        bound = bind(cast("Mapping[str, Any]", given))
    except (EngineError, KeyError, TypeError, AttributeError, ValueError):
        # It will be refused, and not here.
        return Named("", None, None, writes=False)
    statement = bound.statement
    table = bare_name(statement.table)
    if isinstance(statement, Select):
        return Named(table, None, bound, writes=False)
    item = bound.values[statement.item].get("M") if isinstance(statement, Insert) else None
    return Named(table, _mapping(item), bound, writes=True)


def _parts(request: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    """Return the tables of a batch, and what is asked of each."""
    parts = _mapping(request.get("RequestItems")) or {}
    return [(bare_name(str(name)), part) for name, part in parts.items()]


def _consistent(operation: str, request: Mapping[str, Any]) -> bool:
    if operation.startswith("Transact") or operation == "ExecuteTransaction":
        return True
    if operation == "BatchGetItem":
        return any(_member(part, "ConsistentRead") is True for _, part in _parts(request))
    if operation == "BatchExecuteStatement":
        statements = _several(request.get("Statements"))
        return any(_member(one, "ConsistentRead") is True for one in statements)
    return request.get("ConsistentRead") is True


def _several(given: object) -> Sequence[object]:
    return cast("Sequence[object]", given) if isinstance(given, list | tuple) else ()


def _mapping(given: object) -> Mapping[str, Any] | None:
    return cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else None


def _member(given: object, name: str) -> Any:
    return cast("Mapping[str, Any]", given).get(name) if isinstance(given, Mapping) else None


def has_attributes(item: Mapping[str, Any] | None, wanted: Mapping[str, Any]) -> bool:
    """Tell whether an item, or a key, has attributes with these values; 1 and 1.0 are the same."""
    if item is None:
        return False
    try:
        return all(
            name in item and check_value(item[name]) == check_value(value)
            for name, value in wanted.items()
        )
    except EngineError:
        return False


class Schemas:
    """The keys of an adapter's tables, asked for once.

    Args:
        adapter: What knows them.
    """

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter
        self._tables: dict[str, Table] = {}

    async def learn(self, tables: Iterable[str]) -> None:
        """Ask for the tables that are not known.

        Raises:
            AnyDynamoError: One of them cannot be described.
        """
        for name in tables:
            if name not in self._tables:
                answer = await self._adapter.call("DescribeTable", {"TableName": name})
                described = answer["Table"]
                document = {
                    member: described[member] for member in ("AttributeDefinitions", "KeySchema")
                }
                self._tables[name] = Table.parse({"TableId": "", "TableName": name, **document})

    def forget(self, tables: Iterable[str]) -> None:
        """Ask anew for tables that may be others now."""
        for name in tables:
            self._tables.pop(name, None)

    def key(self, named: Named) -> Mapping[str, Any] | None:
        """Return the key of an item that a request names; None if that cannot be told."""
        table = self._tables.get(named.table)
        if table is None:
            return None
        attributes = named.attributes
        try:
            if attributes is None:
                if named.bound is None or isinstance(named.bound.statement, Insert):
                    return None
                attributes = item_key(table, named.bound.statement.where, named.bound.values)
            if attributes is None:
                return None
            return {key.name: check_value(attributes[key.name]) for key in table.keys}
        except (EngineError, KeyError):
            return None

    def identity(self, named: Named) -> tuple[str, bytes] | None:
        """Return what tells an item from all others; None if that cannot be told."""
        key = self.key(named)
        if key is None:
            return None
        try:
            return named.table, self._tables[named.table].key(key)
        except (TypeError, ValueError):
            # A key of a type that none can have.
            return None
