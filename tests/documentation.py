"""Run the examples in README, docs and docstrings, a whole page at a time.

A page is one program: its Python blocks share a namespace and an event loop, so that a block may
`await` at top level, as it may in `python -m asyncio`. An `output` block holds what the page has
printed since the last one. A page cannot be split over tests, because test runners order and
distribute those as they like.
"""

from __future__ import annotations

import ast
import asyncio
import importlib
import inspect
import io
import re
import sys
import types
import unittest
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sybil import Document
from sybil.document import PythonDocStringDocument
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.parsers.abstract.doctest import DocTestStringParser
from sybil.parsers.markdown import CodeBlockParser, SkipParser

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sybil import Example, Region
    from sybil.typing import Evaluator, Parser

__all__ = ["ROOT", "Page", "Run", "docstring_pages", "fences", "pages", "run", "shown"]

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "src" / "anydynamo"

_FENCE = re.compile(r"^[ \t]*`{3,}[ \t]*(?P<info>\S[^\n]*)$", re.MULTILINE)
_PROMPT = re.compile(r"^[ \t]*>>> ", re.MULTILINE)
_NAMESPACE = "anydynamo_page"


@dataclass(frozen=True, slots=True)
class Page:
    """One text with examples: a Markdown file, or one docstring.

    Attributes:
        name: The file, from the repository's root, and for a docstring its line.
        text: The Markdown.
        module: The module whose docstring it is; its names are there in the examples.
    """

    name: str
    text: str
    module: str | None = None


@dataclass(slots=True)
class Run:
    """What a run of a page did.

    Attributes:
        blocks: How many blocks were run or compared.
        skipped: The reasons of those that were left out.
    """

    blocks: int = 0
    skipped: list[str] = field(default_factory=list)


def pages() -> Iterator[Page]:
    """Yield the Markdown files that users read."""
    files = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    for path in sorted(files):
        yield Page(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


def docstring_pages() -> Iterator[Page]:
    """Yield the docstrings that hold examples."""
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if "```" not in source and ">>> " not in source:
            continue
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        for start, _, text in PythonDocStringDocument.extract_docstrings(source):
            if "```" in text or ">>> " in text:
                line = source.count("\n", 0, start) + 1
                name = f"{path.relative_to(ROOT).as_posix()}:{line}"
                yield Page(name, inspect.cleandoc(text), module.removesuffix(".__init__"))


def fences(text: str) -> list[str]:
    """Give what stands behind the opening fence of each code block, by other means than `run`."""
    return [match["info"].strip() for match in _FENCE.finditer(text)]


def shown(page: Page) -> int:
    """Count the examples of a page that have to run, by other means than `run`."""
    blocks = sum(info in {"python", "output"} for info in fences(page.text))
    return blocks + len(_PROMPT.findall(page.text))


def run(page: Page) -> Run:
    """Run all that a page shows, in order.

    Raises:
        AssertionError: A block printed something else than its page says.
        Exception: Whatever a block raises.
    """
    done = Run()
    printed = io.StringIO()
    with asyncio.Runner() as runner, _namespace(page) as namespace:

        def python(example: Example) -> None:
            source = "\n" * (example.line + example.parsed.line_offset) + example.parsed
            flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
            code = compile(source, page.name, "exec", flags=flags, dont_inherit=True)
            with redirect_stdout(printed):
                if code.co_flags & inspect.CO_COROUTINE:
                    runner.run(eval(code, namespace))
                else:
                    exec(code, namespace)
            done.blocks += 1

        def output(example: Example) -> None:
            expected, got = example.parsed.strip(), printed.getvalue().strip()
            assert got == expected, f"{page.name}, line {example.line} shows other output"
            printed.seek(0)
            printed.truncate()
            done.blocks += 1

        class Interactive(DocTestEvaluator):
            def __call__(self, example: Example) -> str:
                done.blocks += 1
                return super().__call__(example)

        document = Document(page.text, page.name)
        document.namespace = namespace
        parsers: list[Parser] = [
            _Python(python, Interactive()),
            CodeBlockParser("output", output),
            SkipParser(),
        ]
        for parser in parsers:
            for region in parser(document):
                document.add(region)
        for example in document.examples():
            try:
                example.evaluate()
            except unittest.SkipTest as reason:
                done.skipped.append(str(reason))
    return done


class _Python:
    """Find Python blocks, and the interactive examples of docstrings."""

    def __init__(self, block: Evaluator, interactive: DocTestEvaluator) -> None:
        self.blocks = CodeBlockParser("python", block)
        self.interactive = DocTestStringParser(interactive)

    def __call__(self, document: Document) -> Iterator[Region]:
        regions = list(self.blocks(document))
        yield from regions
        inside = [(region.start, region.end) for region in regions]
        for region in self.interactive(document.text, document.path):
            assert not any(start < region.end and region.start < end for start, end in inside), (
                f"{document.path}: a Python block is a program, not an interactive session"
            )
            yield region


@contextmanager
def _namespace(page: Page) -> Iterator[dict[str, Any]]:
    """Give the page a module of its own, because classes are looked up in theirs."""
    module = types.ModuleType(_NAMESPACE)
    if page.module is not None:
        module.__dict__.update(
            (name, value)
            for name, value in vars(importlib.import_module(page.module)).items()
            if not (name.startswith("__") and name.endswith("__"))
        )
    sys.modules[_NAMESPACE] = module
    try:
        yield module.__dict__
    finally:
        del sys.modules[_NAMESPACE]
