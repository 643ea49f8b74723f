"""What pydantic does for a table: check values, and make the table a pydantic type.

Each table has a `Shape`: a dataclass that nobody sees, with the table's annotations, from which
pydantic makes the validator, the serializer and the JSON Schema.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from anydynamo.errors import InvalidItem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pydantic import ConfigDict, GetCoreSchemaHandler, TypeAdapter, ValidationError
    from pydantic_core import CoreSchema

__all__ = ["FieldShape", "Shape", "check_for", "config_for", "refusal"]


@dataclass(frozen=True, slots=True)
class FieldShape:
    """One attribute, as pydantic is to see it.

    Attributes:
        name: Its name in Python.
        annotation: Its type.
        options: What `pydantic.Field` is told.
        argument: A second name that the constructor takes for it.
    """

    name: str
    annotation: Any
    options: Mapping[str, Any]
    argument: str | None = None


def config_for(*, strict: bool, forbid_extra: bool, foreign: bool = True) -> ConfigDict:
    """Make pydantic's configuration for a table.

    Args:
        strict: Whether nothing is converted.
        forbid_extra: Whether unknown keys are refused where pydantic validates a dict.
        foreign: Whether types that pydantic does not know are taken, by `isinstance`.
    """
    from pydantic import ConfigDict

    return ConfigDict(
        strict=strict,
        extra="forbid" if forbid_extra else "ignore",
        arbitrary_types_allowed=foreign,
        validate_by_name=True,
        validate_by_alias=True,
        # Binary attributes are seldom UTF-8.
        ser_json_bytes="base64",
        val_json_bytes="base64",
        # Messages must not carry values: one may be a secret.
        hide_input_in_errors=True,
    )


def refusal(owner: str, error: ValidationError, name: str | None = None) -> InvalidItem:
    """Say what was wrong, in the attributes' names and without the values."""
    problems: list[str] = []
    for one in error.errors(include_url=False, include_context=False, include_input=True):
        path = [*((name,) if name else ()), *map(str, one["loc"])]
        if one["type"] == "missing" and len(path) == 1:
            problems.append(f"'{path[0]}' is missing")
        else:
            got = type(one["input"]).__name__
            problems.append(f"'{'.'.join(path)}': {one['msg']} (got {got})")
    return InvalidItem(f"{owner}: " + "; ".join(problems))


class Shape:
    """The pydantic side of one table.

    Args:
        owner: The table's class.
        fields: Its attributes.
        config: pydantic's configuration.
    """

    def __init__(self, owner: type, fields: Sequence[FieldShape], config: ConfigDict) -> None:
        from pydantic import Field, TypeAdapter, ValidationError
        from pydantic_core import ArgsKwargs

        self._arguments = ArgsKwargs
        self._error = ValidationError
        self.owner = owner
        self.names = frozenset(field.name for field in fields)
        self._by_argument = {field.argument: field.name for field in fields if field.argument}
        self._annotations = {field.name: field.annotation for field in fields}
        self._checks: dict[str, TypeAdapter[Any]] = {}
        self.record: type[Any] = dataclasses.make_dataclass(
            owner.__name__,
            [(field.name, field.annotation, Field(**field.options)) for field in fields],
            kw_only=True,
            eq=False,
            repr=False,
            namespace={
                "__module__": owner.__module__,
                "__qualname__": owner.__qualname__,
                "__doc__": owner.__dict__.get("__doc__"),
                "__pydantic_config__": config,
            },
        )
        self._strict = bool(config.get("strict"))
        self._validate = TypeAdapter(self.record).validator.validate_python

    def construct(self, values: dict[str, Any]) -> dict[str, Any]:
        """Check a constructor's arguments and fill in the defaults.

        Raises:
            InvalidItem: An argument is unknown, missing or of the wrong type.
        """
        if values.keys() - self.names:
            values = self._named(values)
        try:
            return self._validated(values, by_alias=False)
        except self._error as error:
            raise refusal(self.owner.__name__, error) from error

    def _named(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Put the attributes' own names in the place of aliases."""
        values: dict[str, Any] = {}
        for argument, value in arguments.items():
            name = self._by_argument.get(argument, argument)
            if name not in self.names:
                raise InvalidItem(
                    f"{self.owner.__name__} has no attribute {argument!r}; it has "
                    f"{', '.join(self._annotations)}"
                )
            if name in values:
                raise InvalidItem(f"{self.owner.__name__}: '{name}' is given under both its names")
            values[name] = value
        return values

    def _validated(self, values: dict[str, Any], *, by_alias: bool) -> dict[str, Any]:
        # Into an instance, as a dataclass's constructor does it: pydantic would otherwise refuse
        # arguments in strict mode.
        record = object.__new__(self.record)
        self._validate(
            self._arguments((), values), self_instance=record, by_alias=by_alias, by_name=True
        )
        return cast("dict[str, Any]", vars(record))

    def core_schema(
        self,
        handler: GetCoreSchemaHandler,
        make: Callable[[dict[str, Any]], Any],
        values_of: Callable[[Any], Mapping[str, Any]],
    ) -> CoreSchema:
        """Describe the table to pydantic.

        Args:
            handler: pydantic's.
            make: Makes an instance of valid values.
            values_of: Gives an instance's values.
        """
        from pydantic_core import core_schema

        owner, record, names = self.owner, self.record, self.names
        described = handler.generate_schema(record)

        def of_record(value: Any) -> Any:
            return make(cast("dict[str, Any]", value.__dict__))

        def validate_python(value: Any, inner: Callable[[Any], Any]) -> Any:
            if isinstance(value, owner):
                return value
            if self._strict and isinstance(value, dict):
                # pydantic takes no dict for a dataclass then, though the values may be exact.
                return make(self._validated(cast("dict[str, Any]", value), by_alias=True))
            return of_record(inner(value))

        def serialize(value: Any, inner: Callable[[Any], Any]) -> Any:
            shown = object.__new__(record)
            shown.__dict__.update(
                {name: one for name, one in values_of(value).items() if name in names}
            )
            return inner(shown)

        return core_schema.json_or_python_schema(
            # After, since what comes to a function before is no longer JSON, to which strict mode
            # allows more.
            json_schema=core_schema.no_info_after_validator_function(of_record, described),
            python_schema=core_schema.no_info_wrap_validator_function(validate_python, described),
            serialization=core_schema.wrap_serializer_function_ser_schema(
                serialize, schema=described
            ),
        )


def check_for(owner: str, name: str, annotation: Any, config: ConfigDict) -> Callable[[Any], Any]:
    """Give the function that checks an attribute's value, and raises `InvalidItem`.

    Args:
        owner: The table's name, for messages.
        name: The attribute's.
        annotation: Its type.
        config: pydantic's configuration.
    """
    from pydantic import TypeAdapter, ValidationError

    validate: Callable[[Any], Any] | None = None

    def check(value: Any) -> Any:
        nonlocal validate
        if validate is None:
            validate = _adapter(TypeAdapter, annotation, config).validator.validate_python
        try:
            return validate(value)
        except ValidationError as error:
            raise refusal(owner, error, name) from error

    return check


def _adapter(
    adapter: type[TypeAdapter[Any]], annotation: Any, config: ConfigDict
) -> TypeAdapter[Any]:
    from pydantic import PydanticUserError

    try:
        return adapter(annotation, config=config)
    except PydanticUserError:
        # Models, dataclasses and TypedDicts bring their own configuration and take no other.
        return adapter(annotation)
