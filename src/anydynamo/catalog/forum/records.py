"""The forum's items as dictionaries with DynamoDB's names, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from anydynamo.errors import InvalidItem, InvalidRequest
from anydynamo.models.codec import codec_of
from anydynamo.models.schema import schema_of
from anydynamo.models.untyped import natural, tagged

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pynamodb.attributes import Attribute

    from anydynamo.models.table import Action, Table

__all__ = ["changes", "dump", "key_of", "key_text", "load"]

M = TypeVar("M", bound="Table")


def load(model: type[M], row: Mapping[str, Any], *, complete: bool = False) -> M:
    """Make an item of a dictionary; names that the table does not declare are kept.

    Args:
        model: The table.
        row: Values by their names in DynamoDB.
        complete: Demand each declared attribute, in place of filling in defaults.

    Raises:
        InvalidItem: Something is missing, of the wrong type, or nothing that DynamoDB can hold.
    """
    names = _names(model)
    missing = [wire for wire in names if wire not in row] if complete else []
    if missing:
        raise InvalidItem(f"it lacks {', '.join(missing)}; it has {', '.join(row) or 'nothing'}")
    item = model(**{names[wire]: value for wire, value in row.items() if wire in names})
    codec = codec_of(model)
    codec.key_of(item)
    undeclared = {wire: value for wire, value in row.items() if wire not in names}
    if not undeclared:
        return item
    try:
        extra = {wire: tagged(value) for wire, value in undeclared.items()}
    except (TypeError, ValueError) as error:
        raise InvalidItem(f"{', '.join(undeclared)}: {error}") from error
    return codec.decode({**codec.encode(item), **extra})


def dump(item: Table) -> dict[str, Any]:
    """Make a dictionary of an item: all that it holds, by the names in DynamoDB."""
    stored = codec_of(type(item)).encode(item)
    return {wire: natural(value) for wire, value in stored.items()}


def changes(model: type[M], values: Mapping[str, Any]) -> list[Action[M]]:
    """Make an update of a dictionary: each value is set, and None removes its attribute.

    Raises:
        InvalidRequest: The table declares no such attribute, or it is part of the key.
    """
    names = _names(model)
    keys = {key.wire for key in schema_of(model).keys}
    actions: list[Action[M]] = []
    for wire, value in values.items():
        if wire not in names:
            raise InvalidRequest(
                f"{model.__name__} declares no attribute {wire!r}; it has {', '.join(names)}"
            )
        if wire in keys:
            raise InvalidRequest(
                f"{wire!r} is part of the key of {model.__name__}, which cannot change; create a "
                "new item and delete the old one"
            )
        path: Any = getattr(model, names[wire])
        actions.append(path.remove() if value is None else path.set(value))
    if not actions:
        raise InvalidRequest(
            f"nothing was given to change; {model.__name__} has {', '.join(names)}"
        )
    return actions


def key_of(item: Table) -> Any:
    """Give an item's key as a repository takes it: a value, or a `(partition, sort)` tuple."""
    schema = schema_of(type(item))
    partition = getattr(item, schema.hash_key.name)
    if schema.range_key is None:
        return partition
    return partition, getattr(item, schema.range_key.name)


def key_text(item: Table) -> str:
    """Say what an item's key is, by the names in DynamoDB."""
    keys = schema_of(type(item)).keys
    return ", ".join(f"{key.wire}={getattr(item, key.name)!r}" for key in keys)


def _names(model: type[Table]) -> dict[str, str]:
    """Give the Python name of each declared attribute by its name in DynamoDB."""
    # PynamoDB does not say what its attributes hold, and pyright minds.
    attributes = cast("Mapping[str, Attribute[Any]]", cast("Any", model).get_attributes())
    return {found.attr_name: name for name, found in attributes.items()}
