"""Reading the items of an object: what it is compressed with, and which of three formats it has.

Items are read one at a time, a line each; a CSV record may go over several. What cannot be read is
an error of that item alone, unless nothing that follows can be made out after it.

Source: "Amazon S3 import formats for DynamoDB" and "Import format quotas and validation" of the
Amazon DynamoDB Developer Guide: an object that is malformed may not be read to its end.
"""

from __future__ import annotations

import base64
import gzip
import io
import os
import re
import zlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any, Final, cast

import orjson

from anydynamo.adapters.transfers.ion import IonReader
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.values.wire import with_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping
    from pathlib import Path

    from anydynamo.engine.layout import Table

__all__ = ["Entry", "Source", "opened"]

LONGEST: Final = 4 * 1024 * 1024
"""Bytes of one line; no item's JSON is longer, even with every character of it escaped."""

_PACKED: Final = 256
"""Bytes that are unpacked at once: even these can become several megabytes."""

_DELIMITER: Final = ","
_NOTHING: Final[Mapping[str, Any]] = {}


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of an object, or what is in its place.

    Attributes:
        size: The bytes that it takes there.
        item: The item, which nobody has checked yet.
        error: What is wrong with the item; None where it could be read.
        broken: What is wrong with the object, of which nothing more is read.
        is_item: Whether this is an item at all; an empty line and a header are none.
    """

    size: int
    item: object = None
    error: str | None = None
    broken: str | None = None
    is_item: bool = True


@contextmanager
def opened(path: Path, compression: str) -> Generator[IO[bytes]]:
    """Open an object's bytes as they were before they were compressed.

    Args:
        path: Its file, which is not followed if it has become a link.
        compression: `NONE`, `GZIP` or `ZSTD`.

    Raises:
        OSError: It cannot be opened.
    """
    with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb") as raw:
        if compression == "GZIP":
            with gzip.open(raw) as unpacked:
                yield cast("IO[bytes]", unpacked)
        elif compression == "ZSTD":
            with io.BufferedReader(_Frames(raw)) as unpacked:
                yield unpacked
        else:
            yield raw


class _Frames(io.RawIOBase):
    """The content of a Zstandard file, which may have several frames.

    zstandard's own reader does not tell when a file ends within a frame.
    """

    def __init__(self, raw: IO[bytes]) -> None:
        import zstandard

        self._new = zstandard.ZstdDecompressor().decompressobj
        self._raw = raw
        self._frame = self._new()
        self._begun = False
        self._packed = self._ready = b""

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read some bytes into a buffer, and return how many.

        Raises:
            EOFError: The file ends within a frame.
        """
        while not self._ready:
            packed = self._packed or self._raw.read(_PACKED)
            if not packed:
                if self._begun:
                    raise EOFError("the file ends within a frame")
                return 0
            self._begun = True
            self._ready = self._frame.decompress(packed)
            self._packed = b""
            if self._frame.eof:
                self._packed = self._frame.unused_data
                self._frame, self._begun = self._new(), False
        size = min(len(buffer), len(self._ready))
        buffer[:size] = self._ready[:size]
        self._ready = self._ready[size:]
        return size


class Source:
    """How the objects of an import are read.

    Args:
        request: The import's parameters.

    Raises:
        EngineError: A ValidationException; what would be needed is not installed.
    """

    def __init__(self, request: Mapping[str, Any]) -> None:
        self.compression: str = request.get("InputCompressionType") or "NONE"
        form: str = request["InputFormat"]
        formats: Mapping[str, Any] = request.get("InputFormatOptions") or _NOTHING
        options: Mapping[str, Any] = formats.get("Csv") or _NOTHING
        self._headers: list[str] | None = options.get("HeaderList")
        self._split = _splitter(options.get("Delimiter") or _DELIMITER)
        self._is_csv = form == "CSV"
        self._read: Callable[[str], Iterator[object]] = _read_json
        self._troubles: tuple[type[Exception], ...] = (EOFError, OSError, zlib.error)
        if form == "ION":
            self._read = IonReader()
        if self.compression == "ZSTD":
            self._troubles += (_zstandard_error(),)

    def entries(self, stream: IO[bytes], table: Table) -> Iterator[Entry]:
        """Walk what an object holds.

        Args:
            stream: The object, uncompressed.
            table: The table that it is for: its keys' types are those of a CSV file's columns.
        """
        try:
            yield from self._records(stream, table) if self._is_csv else self._lines(stream)
        except self._troubles as error:
            yield Entry(
                0, broken=f"the object cannot be read on: {str(error) or type(error).__name__}"
            )

    def _lines(self, stream: IO[bytes]) -> Iterator[Entry]:
        for line in _lines(stream):
            if line is None:
                yield _too_long()
                return
            text = line.strip()
            if not text:
                yield Entry(len(line), is_item=False)
                continue
            size = len(line)
            try:
                for item in self._read(text.decode()):
                    yield Entry(size, item)
                    size = 0
            except (EngineError, ValueError) as error:
                yield Entry(size, error=_said(error))

    def _records(self, stream: IO[bytes], table: Table) -> Iterator[Entry]:
        types = {
            entry["AttributeName"]: entry["AttributeType"]
            for entry in table.document["AttributeDefinitions"]
        }
        headers = self._headers
        for record in _whole_records(stream):
            if record is None:
                yield _too_long()
                return
            size = len(record)
            text = record.removesuffix(b"\n").removesuffix(b"\r")
            if not text:
                yield Entry(size, is_item=False)
                continue
            try:
                fields = self._split(text.decode())
                if headers is None:
                    headers = fields
                    if len(set(headers)) < len(headers):
                        yield Entry(size, broken="the header has a column twice")
                        return
                    yield Entry(size, is_item=False)
                else:
                    yield Entry(size, _row(headers, fields, types))
            except ValueError as error:
                if headers is None:
                    yield Entry(size, broken=f"the header cannot be read: {error}")
                    return
                yield Entry(size, error=str(error))


def _zstandard_error() -> type[Exception]:
    try:
        import zstandard
    except ImportError as error:
        raise validation(
            "InputCompressionType ZSTD needs zstandard, which is not installed: pip install"
            " 'anydynamo[zstd]'"
        ) from error
    return zstandard.ZstdError


def _said(error: Exception) -> str:
    return error.message if isinstance(error, EngineError) else str(error)


def _too_long() -> Entry:
    return Entry(LONGEST, broken=f"the object has a line of more than {LONGEST} bytes")


def _lines(stream: IO[bytes]) -> Iterator[bytes | None]:
    """Walk a stream's lines; None stands for one that is too long, and is the last."""
    while line := stream.readline(LONGEST + 1):
        if len(line) > LONGEST:
            yield None
            return
        yield line


def _whole_records(stream: IO[bytes]) -> Iterator[bytes | None]:
    """Walk a CSV file's records; None stands for one that is too long, and is the last."""
    parts: list[bytes] = []
    length = quotes = 0
    for line in _lines(stream):
        length += 0 if line is None else len(line)
        if line is None or length > LONGEST:
            yield None
            return
        parts.append(line)
        quotes += line.count(b'"')
        # Within quotes a line's end is a character like others; outside, quotes come in pairs.
        if not quotes % 2:
            yield b"".join(parts)
            parts, length, quotes = [], 0, 0
    if parts:
        yield b"".join(parts)


def _splitter(delimiter: str) -> Callable[[str], list[str]]:
    """Return what splits a record into its fields, as RFC 4180 has it."""
    field = re.compile(rf'"([^"]*(?:""[^"]*)*)"|([^"{re.escape(delimiter)}]*)')

    def split(record: str) -> list[str]:
        fields: list[str] = []
        place = 0
        while True:
            match = field.match(record, place)
            # The second alternative matches everywhere, if only nothing.
            assert match is not None  # noqa: S101
            quoted = match[1]
            fields.append(match[2] if quoted is None else quoted.replace('""', '"'))
            place = match.end()
            if place == len(record):
                return fields
            if record[place] != delimiter:
                raise ValueError(
                    f"column {len(fields)} has a quote that is not escaped; write it twice, and"
                    " the column in quotes"
                )
            place += 1

    return split


def _row(
    headers: list[str], fields: list[str], types: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    if len(fields) != len(headers):
        raise ValueError(f"it has {len(fields)} columns where the header has {len(headers)}")
    return {
        name: _typed(types.get(name, "S"), field)
        for name, field in zip(headers, fields, strict=True)
    }


def _typed(kind: str, field: str) -> dict[str, Any]:
    if kind == "B":
        return {"B": base64.b64decode(field, validate=True)}
    return {kind: field}


def _read_json(text: str) -> Iterator[object]:
    value: Any = orjson.loads(text)
    if not isinstance(value, dict) or "Item" not in value:
        raise ValueError("it is no object with an Item")
    yield with_bytes(cast("dict[str, Any]", value)["Item"])
