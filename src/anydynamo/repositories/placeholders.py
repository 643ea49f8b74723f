"""Expressions of one request, with every name and every value behind a placeholder.

PynamoDB's expression objects write themselves; what is added here is that they are looked at first:
an attribute that the model does not have is refused, so that a condition of another table, or a
misspelt one, never reaches a server that would find it merely false.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pynamodb.attributes import Attribute
from pynamodb.expressions.condition import Condition as PynamoCondition
from pynamodb.expressions.operand import Path as PynamoPath
from pynamodb.expressions.update import Action as PynamoAction
from pynamodb.expressions.update import Update
from pynamodb.models import Model

from anydynamo.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = ["Attributes", "Expressions", "attributes_of", "grouped", "top_level_paths"]


class Attributes:
    """The attributes that expressions on a model may name.

    Args:
        model: A `Table` or a plain PynamoDB model. If it has a discriminator, the attributes of the
            models that share its table count as well.
    """

    def __init__(self, model: type[Model]) -> None:
        self.model = model.__name__
        self._known: dict[str, list[Attribute[Any]]] = {}
        own: dict[str, Attribute[Any]] = {}
        for owner in _sharing(model):
            own = {**attributes_of(owner), **own}
        self._python = {name: attribute.attr_name for name, attribute in own.items()}
        for attribute in own.values():
            self._known.setdefault(attribute.attr_name, []).append(attribute)
        # What is said with a base class's attribute holds for a class that declares it again.
        for base in model.__mro__[1:]:
            if issubclass(base, Model):
                for attribute in attributes_of(base).values():
                    self._known.get(attribute.attr_name, []).append(attribute)

    def wire(self, attribute: object) -> str:
        """Return DynamoDB's name for a whole attribute.

        Args:
            attribute: A path such as `User.email`, or its name in Python.

        Raises:
            InvalidRequest: The model has no such attribute, or it is a part of one.
        """
        if isinstance(attribute, str):
            if attribute not in self._python:
                raise InvalidRequest(
                    f"{self.model} has no attribute {attribute!r}; it has "
                    f"{', '.join(sorted(self._python))}"
                )
            return self._python[attribute]
        path = _as_path(attribute)
        if path is None:
            raise InvalidRequest(
                f"An attribute of {self.model} is asked for as {self.model}.name or 'name', not as "
                f"{attribute!r}"
            )
        self.check(path)
        name = _top_level(path)
        if [name] != path.path:
            raise InvalidRequest(
                f"{path!s} is a part of an attribute of {self.model}; ask for the whole attribute "
                f"{name!r}"
            )
        return name

    def python(self, wire: str) -> str:
        """Return the name in Python of an attribute that `wire` returned."""
        return next(name for name, known in self._python.items() if known == wire)

    def check(self, path: PynamoPath) -> None:
        """Refuse a path that does not begin with one of the attributes.

        Raises:
            InvalidRequest: The model has no such attribute, or it is another model's.
        """
        name = _top_level(path)
        known = self._known.get(name)
        if known is None:
            raise InvalidRequest(
                f"{self.model} has no attribute that DynamoDB knows as {name!r}; it has "
                f"{', '.join(sorted(self._known))}"
            )
        attribute = _attribute(path)
        if attribute is None or attribute.attr_path != [name]:
            return
        if not any(attribute is own for own in known):
            raise InvalidRequest(
                f"The attribute {name!r} used here is another model's, not the one of {self.model}"
            )


class Expressions:
    """The expressions of one request, which share their placeholders.

    Args:
        attributes: What they may name.
    """

    def __init__(self, attributes: Attributes) -> None:
        self._attributes = attributes
        # From name to placeholder, as PynamoDB's serializers want it.
        self.names: dict[str, str] = {}
        self.values: dict[str, Any] = {}

    def name(self, wire: str) -> str:
        """Return the placeholder of an attribute's name."""
        return self.names.setdefault(wire, f"#{len(self.names)}")

    def value(self, value: object) -> str:
        """Return a placeholder for a value in DynamoDB's JSON."""
        placeholder = f":{len(self.values)}"
        self.values[placeholder] = value
        return placeholder

    def condition(self, condition: object, what: str = "condition") -> str:
        """Write a condition or a filter.

        Raises:
            InvalidRequest: It is no condition, or names an attribute that the model lacks.
        """
        if not isinstance(condition, PynamoCondition):
            raise InvalidRequest(
                f"A {what} is made of attributes of the class, such as {self._attributes.model}"
                f".name == value, and this is a {type(condition).__name__}: {condition!r}"
            )
        for path in _paths(condition):
            self._attributes.check(path)
        return self._write(condition, what)

    def conditions(self, own: Iterable[str], condition: object) -> str | None:
        """Write a user's condition together with conditions of our own; None if there is none."""
        parts = list(own)
        if condition is not None:
            parts.append(self.condition(condition))
        return " AND ".join(parts) or None

    def update(self, actions: Sequence[object], own: Sequence[PynamoAction] = ()) -> str:
        """Write an update.

        Args:
            actions: The user's actions.
            own: Further ones, which count as checked.

        Raises:
            InvalidRequest: One is no action, or names an attribute that the model lacks.
        """
        update = Update(*own)
        for action in actions:
            if not isinstance(action, PynamoAction):
                raise InvalidRequest(
                    f"An update is made of actions such as {self._attributes.model}.name.set(value)"
                    f", and this is a {type(action).__name__}: {action!r}"
                )
            for path in _paths(action):
                self._attributes.check(path)
            update.add_action(action)
        return self._write(update, "update")

    def projection(self, wires: Iterable[str]) -> str:
        """Write a projection of whole attributes."""
        return ", ".join(self.name(wire) for wire in wires)

    def into(self, request: dict[str, Any]) -> dict[str, Any]:
        """Add the names and values to a request that holds the expressions, and return it."""
        if self.names:
            request["ExpressionAttributeNames"] = {
                placeholder: name for name, placeholder in self.names.items()
            }
        if self.values:
            request["ExpressionAttributeValues"] = dict(self.values)
        return request

    def _write(self, expression: PynamoCondition | Update, what: str) -> str:
        try:
            return cast("str", expression.serialize(self.names, self.values))
        except RecursionError as error:
            raise InvalidRequest(
                f"This {what} is nested too deeply; DynamoDB takes 300 operators at most"
            ) from error
        except ValueError as error:
            raise InvalidRequest(f"This {what} cannot be written: {error}") from error


def grouped(condition: str) -> str:
    """Put a condition into parentheses, unless it is already: DynamoDB refuses redundant ones.

    Args:
        condition: A condition in which all names and values are placeholders.
    """
    depth = 0
    for place, character in enumerate(condition):
        depth += (character == "(") - (character == ")")
        if depth == 0:
            whole = place == len(condition) - 1 and place > 0
            return condition if whole else f"({condition})"
    return condition


def attributes_of(model: type[Model]) -> dict[str, Attribute[Any]]:
    """Return a model's attributes by their names in Python."""
    return model.get_attributes()  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def top_level_paths(expression: PynamoCondition | PynamoAction) -> set[str]:
    """Return DynamoDB's names of the attributes that an expression touches or looks at."""
    return {_top_level(path) for path in _paths(expression)}


def _paths(expression: PynamoCondition | PynamoAction) -> Iterator[PynamoPath]:
    # A stack of its own: a condition that was built in a loop may be nested thousands deep.
    todo: list[Any] = [expression]
    while todo:
        part = todo.pop()
        if isinstance(part, PynamoPath):
            yield part
        else:
            values: tuple[Any, ...] = getattr(part, "values", ())
            todo += [value for value in values if hasattr(value, "serialize")]


def _as_path(attribute: object) -> PynamoPath | None:
    if isinstance(attribute, PynamoPath):
        return attribute
    return PynamoPath(attribute) if isinstance(attribute, Attribute) else None


def _attribute(path: PynamoPath) -> Attribute[Any] | None:
    # PynamoDB's annotation forgets that a path may be made of plain text.
    return path.attribute  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _top_level(path: PynamoPath) -> str:
    first: str = path.path[0]
    attribute = _attribute(path)
    # A name may hold brackets; only where no attribute vouches for it are they an index.
    if attribute is not None and attribute.attr_name == first:
        return first
    return first.partition("[")[0]


def _sharing(model: type[Model]) -> Iterator[type[Model]]:
    yield model
    discriminator = model._get_discriminator_attribute()  # pyright: ignore[reportPrivateUsage]
    if discriminator is not None:
        for derived in discriminator.get_registered_subclasses(model):
            if derived is not model:
                yield derived
