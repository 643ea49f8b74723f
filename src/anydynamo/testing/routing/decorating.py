"""Functions and classes of tests that run inside a context."""

from __future__ import annotations

import functools
import inspect
import unittest
from contextlib import AbstractContextManager, aclosing
from types import FunctionType
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator

__all__ = ["decorated_class", "decorated_function"]

T = TypeVar("T")

_COUNTED = frozenset(("setup_method", "teardown_method"))
"""The methods whose code pytest looks at, to tell whether they want the test's method, too."""


def decorated_function(
    function: Callable[..., Any], enter: Callable[..., AbstractContextManager[Any]]
) -> Callable[..., Any]:
    """Run a function inside a context: the body of a coroutine or a generator, too.

    Args:
        function: The function.
        enter: Makes the context; gets the function's arguments.
    """
    if inspect.isasyncgenfunction(function):

        @functools.wraps(function)
        async def wrapped_steps(*arguments: Any, **named: Any) -> AsyncIterator[Any]:
            with enter(*arguments):
                async with aclosing(function(*arguments, **named)) as steps:
                    async for step in steps:
                        yield step

        return wrapped_steps
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def wrapped_coroutine(*arguments: Any, **named: Any) -> Any:
            with enter(*arguments):
                return await function(*arguments, **named)

        return wrapped_coroutine
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def wrapped_generator(*arguments: Any, **named: Any) -> Generator[Any, Any, Any]:
            with enter(*arguments):
                steps: Generator[Any, Any, Any] = function(*arguments, **named)
                return (yield from steps)

        return wrapped_generator

    @functools.wraps(function)
    def wrapped(*arguments: Any, **named: Any) -> Any:
        with enter(*arguments):
            return function(*arguments, **named)

    return wrapped


def decorated_class(
    cls: type[T],
    whole: Callable[[], AbstractContextManager[Any]],
    of: Callable[[Any], AbstractContextManager[Any]],
) -> type[T]:
    """Run a class's tests inside a context.

    A `unittest.TestCase` has one around each of its tests, with `setUp`, `tearDown` and clean-ups.
    Any other class has it around its public methods, one for each instance: pytest makes an
    instance for each test, with `setup_method` and `teardown_method`.

    Args:
        cls: The class, which is changed.
        whole: Makes the context of a test case.
        of: Makes the context of an instance's methods.
    """
    changed = cast("Any", cls)
    if issubclass(cls, unittest.TestCase):
        for name in ("run", "debug"):
            function = getattr(cls, name)
            setattr(changed, name, decorated_function(function, lambda *_: whole()))
        return cls
    for name, function in _methods(cls).items():
        decorated = decorated_function(function, _of_first(of))
        if name in _COUNTED and len(inspect.signature(function).parameters) == 1:
            decorated = _with_one_argument(decorated)
        setattr(changed, name, decorated)
    return cls


def _of_first(of: Callable[[Any], AbstractContextManager[Any]]) -> Callable[..., Any]:
    return lambda *arguments: of(arguments[0])


def _with_one_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def method(self: Any) -> Any:
        return function(self)

    return method


def _methods(cls: type) -> dict[str, Callable[..., Any]]:
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__[:-1]):
        found.update(vars(base))
    return {
        name: function
        for name, function in found.items()
        if isinstance(function, FunctionType)
        and not name.startswith("_")
        # A fixture; until pytest 8.3 it was a function still.
        and not hasattr(function, "_pytestfixturefunction")
    }
