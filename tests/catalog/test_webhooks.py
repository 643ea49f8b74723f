from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.catalog.webhooks import Webhook, read_payloads, same
from anydynamo.errors import ConfigurationError, StoreDamaged

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = [
    {"name": "push", "description": "", "examples": [{"ref": "a"}, {"ref": "b"}]},
    {"name": "ping", "description": "", "examples": [{"zen": ""}]},
]


def write(file: Path, content: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(content), encoding="utf-8")
    return file


def seen(found: list[Webhook]) -> list[tuple[str, str, Any]]:
    return [(webhook.event, webhook.source, webhook.payload) for webhook in found]


def test_a_catalogue_gives_its_examples_under_their_events(tmp_path: Path) -> None:
    assert seen(read_payloads(write(tmp_path / "index.json", CATALOGUE))) == [
        ("push", "index.json#push/0", {"ref": "a"}),
        ("push", "index.json#push/1", {"ref": "b"}),
        ("ping", "index.json#ping/0", {"zen": ""}),
    ]


def test_a_file_may_hold_one_payload_or_a_list(tmp_path: Path) -> None:
    write(tmp_path / "in" / "push.payload.json", {"ref": "a"})
    write(tmp_path / "in" / "star.json", [{"action": "x"}, {"action": "y"}])
    assert seen(read_payloads(tmp_path / "in")) == [
        ("push", "push.payload.json#0", {"ref": "a"}),
        ("star", "star.json#0", {"action": "x"}),
        ("star", "star.json#1", {"action": "y"}),
    ]


def test_an_npm_package_s_own_description_is_no_payload(tmp_path: Path) -> None:
    write(tmp_path / "package.json", {"name": "examples"})
    write(tmp_path / "node_modules" / "other" / "data.json", {"a": 1})
    write(tmp_path / "api.github.com" / "index.json", CATALOGUE)
    found = read_payloads(tmp_path)
    assert {webhook.source.partition("#")[0] for webhook in found} == {"api.github.com/index.json"}


def test_a_folder_without_payloads_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no payload"):
        read_payloads(tmp_path)


@pytest.mark.parametrize("content", [["text"], 5, [{"a": 1}, None]])
def test_something_that_is_no_payload_is_refused_with_its_place(
    tmp_path: Path, content: Any
) -> None:
    with pytest.raises(StoreDamaged, match=r"push\.json#\d: a payload is an object"):
        read_payloads(write(tmp_path / "push.json", content))


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ({"a": [1, None, "", {}]}, {"a": [1, None, "", {}]}, True),
        ({"a": None}, {}, False),
        ({"a": None}, {"a": ""}, False),
        ([1], [True], False),
        ([0], [False], False),
        ([1.0], [1], True),
        ([1.5], [1.5], True),
        ([1], ["1"], False),
        ([1, 2], [1], False),
        ([], {}, False),
        ({}, None, False),
    ],
)
def test_payloads_are_compared_exactly(one: Any, other: Any, equal: bool) -> None:
    assert same(one, other) is equal
    assert same(other, one) is equal
