from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from anydynamo.errors import ConfigurationError, StoreDamaged
from anydynamo.operations.sources import read_json

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, content: bytes) -> Any:
    file = folder / "db.json"
    file.write_bytes(content)
    return read_json(file, "users/db.json")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a": [1, 2.5, null, "", true]}', {"a": [1, 2.5, None, "", True]}),
        ("[\u201cé\u201d]".replace("\u201c", '"').replace("\u201d", '"').encode(), ["é"]),
        (b"12345678901234567890123456789", 12345678901234567890123456789),
    ],
)
def test_json_is_read_exactly(tmp_path: Path, content: bytes, expected: Any) -> None:
    assert read(tmp_path, content) == expected


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf{}") == {}


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"", "line 1, column 1"),
        (b'{"users": [\n  {"userId": "1",}\n]}', "line 2"),
        (b'{"users": []', "line 1, column 13"),
        (b'["\xff"]', "byte 2 is not UTF-8"),
        (b'[{"id": 1}, {"id": 1, "id": 2}]', '"id" twice'),
        (b"[NaN]", "NaN is not a JSON number"),
        (b"[-Infinity]", "-Infinity is not a JSON number"),
        (b"[" * 200_000, "nested too deeply"),
        (b"1" * 10_000, "digits"),
    ],
)
def test_a_damaged_file_is_refused_with_its_name_and_the_place(
    tmp_path: Path, content: bytes, place: str
) -> None:
    with pytest.raises(StoreDamaged) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith("users/db.json: ")
    assert place in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"users/db\.json: cannot be read: No such file"):
        read_json(tmp_path / "absent.json", "users/db.json")


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_json(tmp_path, "users/db.json")
