from __future__ import annotations

import pytest
from tests.documentation import Page, docstring_pages, fences, pages, run, shown

PAGES = [*pages(), *docstring_pages()]
KNOWN = {"python", "output", "sh", "console", "text", "json", "yaml"}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("page"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_example_of_a_page_runs(page: Page) -> None:
    unknown = sorted(set(fences(page.text)) - KNOWN)
    assert not unknown, f"{page.name}: nobody runs or checks blocks of {unknown}"

    done = run(page)

    assert done.blocks + len(done.skipped) == shown(page)


def test_a_block_that_fails_fails_its_page() -> None:
    with pytest.raises(ZeroDivisionError):
        run(Page("page.md", "```python\n1 / 0\n```\n"))


def test_output_that_differs_fails_its_page() -> None:
    text = "```python\nprint(1)\n```\n\n```output\n2\n```\n"
    with pytest.raises(AssertionError, match="other output"):
        run(Page("page.md", text))


def test_blocks_of_a_page_share_names_and_one_event_loop() -> None:
    text = (
        "```python\nimport asyncio\nevent = asyncio.Event()\nwaiter = event.wait()\n```\n"
        "```python\nevent.set()\nprint(await waiter)\n```\n"
        "```output\nTrue\n```\n"
    )
    assert run(Page("page.md", text)).blocks == 3


def test_a_block_is_left_out_only_with_a_reason_that_readers_of_the_source_see() -> None:
    text = '<!--- skip: next "needs an account" -->\n\n```python\n1 / 0\n```\n'
    done = run(Page("page.md", text))
    assert (done.blocks, done.skipped) == (0, ["needs an account"])


def test_a_block_that_is_left_out_without_a_reason_is_missed() -> None:
    page = Page("page.md", "<!--- skip: next -->\n\n```python\n1 / 0\n```\n")
    done = run(page)
    assert done.blocks + len(done.skipped) < shown(page)


def test_interactive_examples_of_docstrings_run() -> None:
    assert run(Page("page", ">>> 1 + 1\n2\n")).blocks == 1
    with pytest.raises(AssertionError, match="Expected"):
        run(Page("page", ">>> 1 + 1\n3\n"))
