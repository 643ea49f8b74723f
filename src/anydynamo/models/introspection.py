"""What PynamoDB knows about a model, with types: the one place that reaches into its internals."""

# pyright: reportPrivateUsage=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pynamodb.models import Model

if TYPE_CHECKING:
    from pynamodb.attributes import Attribute, DiscriminatorAttribute
    from pynamodb.indexes import Index

__all__ = [
    "attributes_of",
    "discriminator_name",
    "discriminator_of",
    "indexes_of",
    "owner_of",
    "registered_classes",
    "registered_number",
    "stored_class",
    "ttl_of",
    "version_name",
]


def attributes_of(model: type[Model]) -> dict[str, Attribute[Any]]:
    """Give a model's attributes by their names in Python."""
    return cast("Any", model).get_attributes()  # type: ignore[no-any-return]


def indexes_of(model: type[Model]) -> dict[str, Index[Any]]:
    """Give a model's own and inherited indexes by their names in DynamoDB."""
    return cast("Any", model)._indexes  # type: ignore[no-any-return]


def owner_of(index: Index[Any]) -> type[Model]:
    """Give the model that an index belongs to."""
    return cast("Any", index)._model  # type: ignore[no-any-return]


def version_name(model: type[Model]) -> str | None:
    """Give the Python name of the attribute that counts versions."""
    return model._version_attribute_name


def ttl_of(model: type[Model]) -> Attribute[Any] | None:
    """Give the attribute that says when an item expires."""
    return cast("Any", model)._ttl_attribute()  # type: ignore[no-any-return]


def discriminator_name(model: type[Model]) -> str | None:
    """Give the Python name of the attribute that names an item's class."""
    return cast("Any", model)._discriminator  # type: ignore[no-any-return]


def discriminator_of(model: type[Model]) -> DiscriminatorAttribute | None:
    """Give the attribute that names an item's class."""
    return cast("Any", model)._get_discriminator_attribute()  # type: ignore[no-any-return]


def registered_classes(model: type[Model]) -> list[type[Model]]:
    """Give the classes that share the model's table through its discriminator."""
    attribute = cast("Any", discriminator_of(model))
    return [] if attribute is None else attribute.get_registered_subclasses(Model)


def registered_number(model: type[Model]) -> int:
    """Tell how many classes are registered with a model's discriminator, at any time cheaply."""
    attribute = cast("Any", discriminator_of(model))
    return 0 if attribute is None else len(attribute._class_map)


def stored_class(model: type[Model], item: dict[str, Any]) -> type[Model] | None:
    """Give the class that an item's discriminator names, where it names one.

    Raises:
        ValueError: It names a class that is not known.
    """
    return cast("Any", model)._get_discriminator_class(item)  # type: ignore[no-any-return]
