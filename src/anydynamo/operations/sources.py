"""Read JSON files that come from elsewhere, and name the place of whatever is wrong with them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn

from anydynamo.errors import ConfigurationError, StoreDamaged

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["read_json"]


def read_json(file: Traversable, name: str) -> Any:
    """Read one JSON file strictly.

    Args:
        file: The file, on disk or in a package.
        name: What errors call it.

    Returns:
        Its content: `dict`, `list`, `str`, `int`, `float`, `bool` and None.

    Raises:
        ConfigurationError: There is no such file, or it may not be read.
        StoreDamaged: It is not JSON in UTF-8, holds NaN or an infinity, is nested too deeply, or
            an object in it has one name twice, so that one of the two values would be lost.
    """
    text = _text(file, name)
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise StoreDamaged(f"{name}: not JSON at {where}: {error.msg}") from error
    except _Refused as error:
        raise StoreDamaged(f"{name}: {error}") from None
    except RecursionError as error:
        raise StoreDamaged(f"{name}: nested too deeply") from error
    except ValueError as error:
        # Python refuses to convert integers of thousands of digits.
        raise StoreDamaged(f"{name}: {error}") from error


def _text(file: Traversable, name: str) -> str:
    try:
        # Editors and PowerShell on Windows put a byte order mark before UTF-8.
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StoreDamaged(f"{name}: byte {error.start} is not UTF-8") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigurationError(f"{name}: cannot be read: {reason}") from error
    except ValueError as error:
        # A path with a null character in it.
        raise ConfigurationError(f"{name!r} cannot be read: {error}") from error


class _Refused(Exception):
    """Something that Python's parser would let through."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Refused(f'an object has the name "{twice}" twice; its names are {names}')
    return content


def _constant(text: str) -> NoReturn:
    raise _Refused(f"{text} is not a JSON number")
