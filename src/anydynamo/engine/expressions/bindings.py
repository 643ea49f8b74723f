"""The expressions of one request, bound to its names and values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar, cast

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.expressions.conditions import Condition, compile_condition
from anydynamo.engine.expressions.keyconditions import KeyCondition, compile_key_condition
from anydynamo.engine.expressions.lexer import ExpressionError
from anydynamo.engine.expressions.parser import (
    Parsed,
    parse_condition,
    parse_projection,
    parse_update,
)
from anydynamo.engine.expressions.projections import Projection, compile_projection
from anydynamo.engine.expressions.updates import Update, compile_update
from anydynamo.engine.limits import (
    ATTRIBUTE_NAME_BYTES,
    BINDING_BYTES,
    EXPRESSION_BYTES,
    PLACEHOLDER_BYTES,
)
from anydynamo.engine.unreadable import ATTRIBUTE_VALUE, no_map, no_scalar
from anydynamo.engine.values.values import measured_value, utf8

if TYPE_CHECKING:
    from anydynamo.engine.expressions.evaluators import Values

__all__ = ["Expressions"]

_WITH_VALUES: Final = (
    "UpdateExpression",
    "ConditionExpression",
    "KeyConditionExpression",
    "FilterExpression",
)
_NAME: Final = re.compile(r"#[A-Za-z0-9_]+", re.ASCII)
_VALUE: Final = re.compile(r":[A-Za-z0-9_]+", re.ASCII)

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class _Bindable(Protocol[T_co]):
    def bind(self, values: Values) -> T_co: ...


class Expressions:
    """The expressions of one request, or of one action of a transaction.

    Make it, bind each expression that the operation takes, in DynamoDB's order (update, condition;
    key condition, filter, projection), then `finish`. Every error is a `ValidationException` with
    DynamoDB's text, which names the parameter; operations put their own prefix before it.
    """

    def __init__(
        self, request: Mapping[str, Any], allowed: Sequence[str] = (), *, prefix: str = ""
    ) -> None:
        """Check `ExpressionAttributeNames` and `ExpressionAttributeValues`, and copy the values.

        Args:
            request: The request, or the transaction's action.
            allowed: The operation's expression parameters that take values, in DynamoDB's order;
                they are named in the error if values were given without any expression.
            prefix: What the operation puts before the text of what is wrong inside an expression
                or a value. Where one is empty or not used, the service says so without it.

        Raises:
            EngineError: A placeholder is malformed, a value is invalid, or there is no expression
                to use them.
        """
        self._request = request
        self._prefix = prefix
        self._bound_bytes = 0
        names = request.get("ExpressionAttributeNames")
        values = request.get("ExpressionAttributeValues")
        self._names: dict[str, str] = {} if names is None else self._checked_names(names)
        self._values: Values = {} if values is None else self._checked_values(values, allowed)
        if self._bound_bytes > BINDING_BYTES:
            # The guide has the limit, and no text for it.
            raise validation(
                texts.expressions.BINDINGS_TOO_LARGE, prefix=self._prefix, size=self._bound_bytes
            )
        self._unused_names = dict.fromkeys(self._names)
        self._unused_values = dict.fromkeys(self._values)

    def _checked_names(self, names: object) -> dict[str, str]:
        known = _mapping(names)
        if not self._has(*_WITH_VALUES, "ProjectionExpression"):
            raise validation(texts.expressions.NAMES_WITHOUT_EXPRESSION)
        if not known:
            raise validation(texts.expressions.NO_NAMES)
        checked: dict[str, str] = {}
        for placeholder, name in known.items():
            _check_placeholder("ExpressionAttributeNames", _NAME, placeholder)
            if not isinstance(name, str):
                raise no_scalar(name, "String")
            size = _size(name)
            if not 1 <= size <= ATTRIBUTE_NAME_BYTES:
                raise validation(texts.expressions.NAME_LENGTH, placeholder=placeholder)
            checked[placeholder] = name
            self._bound_bytes += size
        return checked

    def _checked_values(self, values: object, allowed: Sequence[str]) -> Values:
        known = _mapping(values)
        if not self._has(*_WITH_VALUES):
            absent = " and ".join(
                texts.expressions.PARAMETER_IS_NULL.format(parameter=parameter)
                for parameter in allowed
            )
            raise validation(
                texts.expressions.VALUES_WITHOUT_EXPRESSION,
                prefix=self._prefix,
                absent=absent and f": {absent}",
            )
        if not known:
            raise validation(texts.expressions.NO_VALUES)
        checked: Values = {}
        for placeholder, value in known.items():
            _check_placeholder("ExpressionAttributeValues", _VALUE, placeholder)
            try:
                checked[placeholder], size = measured_value(value)
            except EngineError as error:
                if error.code != "ValidationException":
                    raise
                raise validation(
                    texts.expressions.INVALID_VALUE,
                    prefix=self._prefix,
                    why=error.message,
                    placeholder=placeholder,
                ) from None
            self._bound_bytes += size
        return checked

    def _has(self, *parameters: str) -> bool:
        request = self._request
        # Faster than any() with a generator, and every condition comes by here.
        for parameter in parameters:  # noqa: SIM110
            if request.get(parameter) is not None:
                return True
        return False

    def condition(self, parameter: str) -> Condition | None:
        """Bind a ConditionExpression or FilterExpression; None if the request has none."""
        return self._bound(parameter, parse_condition, compile_condition)

    def update(self, parameter: str = "UpdateExpression") -> Update | None:
        """Bind an UpdateExpression; None if the request has none."""
        return self._bound(parameter, parse_update, compile_update)

    def key_condition(self, parameter: str = "KeyConditionExpression") -> KeyCondition | None:
        """Bind a KeyConditionExpression; None if the request has none."""
        return self._bound(parameter, parse_condition, compile_key_condition)

    def projection(self, parameter: str = "ProjectionExpression") -> Projection | None:
        """Bind a ProjectionExpression; None if the request has none."""
        text = self._text(parameter)
        if text is None:
            return None
        try:
            return compile_projection(text, self._resolved(parse_projection(text)))
        except ExpressionError as error:
            raise self._invalid(parameter, error) from None

    def finish(self) -> None:
        """Refuse names and values that no bound expression used.

        Raises:
            EngineError: Listing them; names come first.
        """
        for kind, unused in (("Names", self._unused_names), ("Values", self._unused_values)):
            if unused:
                raise validation(
                    texts.expressions.UNUSED_BINDINGS, kind=kind, unused=", ".join(unused)
                )

    def _bound(
        self,
        parameter: str,
        parse: Callable[[str], Parsed[Any]],
        compile_: Callable[[str, tuple[tuple[str, str], ...]], _Bindable[T]],
    ) -> T | None:
        text = self._text(parameter)
        if text is None:
            return None
        try:
            return compile_(text, self._resolved(parse(text))).bind(self._values)
        except ExpressionError as error:
            raise self._invalid(parameter, error) from None

    def _text(self, parameter: str) -> str | None:
        text = self._request.get(parameter)
        if text is None:
            return None
        if not isinstance(text, str):
            raise no_scalar(text, "String")
        if not text:
            raise validation(texts.expressions.EMPTY, parameter=parameter)
        size = _size(text)
        if size > EXPRESSION_BYTES:
            raise validation(
                texts.expressions.TOO_LARGE, prefix=self._prefix, parameter=parameter, size=size
            )
        return text

    def _invalid(self, parameter: str, error: ExpressionError) -> EngineError:
        return validation(
            texts.expressions.INVALID_EXPRESSION,
            prefix=self._prefix,
            parameter=parameter,
            why=error,
        )

    def _resolved(self, parsed: Parsed[object]) -> tuple[tuple[str, str], ...]:
        """Look up the placeholders of an expression, and remember that they are in use."""
        for placeholder in parsed.names:
            if placeholder not in self._names:
                raise ExpressionError(texts.expressions.UNDEFINED_NAME, placeholder=placeholder)
            self._unused_names.pop(placeholder, None)
        for placeholder in parsed.values:
            if placeholder not in self._values:
                raise ExpressionError(texts.expressions.UNDEFINED_VALUE, placeholder=placeholder)
            self._unused_values.pop(placeholder, None)
        return tuple((placeholder, self._names[placeholder]) for placeholder in parsed.names)


def _check_placeholder(parameter: str, form: re.Pattern[str], placeholder: object) -> None:
    if not isinstance(placeholder, str):
        raise no_scalar(placeholder, "String")
    if len(placeholder) > PLACEHOLDER_BYTES:
        raise validation(
            texts.expressions.PLACEHOLDER_TOO_LONG, parameter=parameter, placeholder=placeholder
        )
    if form.fullmatch(placeholder) is None:
        raise validation(
            texts.expressions.PLACEHOLDER_SYNTAX, parameter=parameter, placeholder=placeholder
        )


def _mapping(value: object) -> Mapping[str, object]:
    if type(value) is not dict and not isinstance(value, Mapping):
        raise no_map(value, ATTRIBUTE_VALUE)
    return cast("Mapping[str, object]", value)


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(utf8(text))
