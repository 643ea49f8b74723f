"""The table of error texts in the docs.

python -m anydynamo.engine.texts > docs/reference/texts.md
"""

from __future__ import annotations

import sys
from inspect import getdoc
from typing import TYPE_CHECKING, Final

from anydynamo.engine import texts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

__all__ = ["page"]

_HEAD: Final = """\
# What the engine says

Every text of an error that the embedded providers and `anydynamo serve` answer with, as far as it
comes from the engine. Fields stand in braces. The code is DynamoDB's; in place of one, a *part* is
what only stands in other texts. Texts that are marked as *ours* are not the service's: nothing is
known of its own, or it has no such error.

An expression's texts follow `Invalid ConditionExpression: ` or whichever parameter it is, and
PutItem, UpdateItem and DeleteItem put `1 validation error detected: ` before what is wrong with
their values and expressions.

This page is written by `python -m anydynamo.engine.texts`.
"""


def page() -> str:
    """Return the page, in Markdown."""
    sections = "".join(_section(name, getattr(texts, name)) for name in texts.__all__)
    return f"{_HEAD}{sections}"


def _section(name: str, module: ModuleType) -> str:
    rows = "".join(_rows(module))
    return (
        f"\n## {name.capitalize()}\n\n{getdoc(module)}\n\n"
        f"| text | code | whose |\n|---|---|---|\n{rows}"
    )


def _rows(module: ModuleType) -> Iterator[str]:
    codes, ours = getattr(module, "CODES", {}), getattr(module, "OURS", ())
    parts = getattr(module, "PARTS", ())
    # Nothing but the subject's own texts: what a module takes from another one stands there.
    for name, text in vars(module).items():
        if not isinstance(text, str) or name not in module.__annotations__:
            continue
        code = "part" if text in parts else f"`{codes.get(text, 'ValidationException')}`"
        shown = text.replace("|", "\\|")
        yield f"| `{shown}` | {code} | {'ours' if text in ours else ''} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
