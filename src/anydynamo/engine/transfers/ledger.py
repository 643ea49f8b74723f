"""Records of exports and imports: what became of each, its client token, lists of them.

A transfer takes many portions, each in a transaction of its own, so its record is written when it
begins and when it ends, and says in between when it was last seen at work. A record whose transfer
was not seen for a while belongs to a process that is gone; it is read as that of a failure.

Source: ExportTableToPointInTime, ListExports and ImportTable of the Amazon DynamoDB API Reference:
a client token is valid for 8 hours, and what ended more than 90 days ago is not listed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.items.access import bare_name
from anydynamo.engine.layout import decode, encode
from anydynamo.engine.tables.descriptions import arn_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from anydynamo.engine.store import Reader, Writer

__all__ = ["EXPORTS", "IMPORTS", "SEEN_SECONDS", "Beginning", "Ledger", "Record"]

# Any: a record is a JSON-like document; it has the request's own members in it.
Record = dict[str, Any]

SEEN_SECONDS: Final = 60.0
"""How often a transfer at work says so, at least."""

_GONE: Final = 15 * 60.0
"""Seconds without a sign after which nobody works at a transfer any more."""

_TOKEN: Final = 8 * 3600.0
_LISTED: Final = 90 * 86_400.0
_PAGE: Final = 25
_CURSOR: Final = 112
"""The least length of a page's token, of hexadecimal digits in blocks of 16."""

_ID_LENGTH: Final = 23


@dataclass(frozen=True, slots=True)
class Beginning:
    """A transfer that was accepted.

    Attributes:
        record: Its record.
        fresh: Whether it is to be carried out; otherwise its client token stands for an earlier
            one.
    """

    record: Record
    fresh: bool


@dataclass(frozen=True, slots=True)
class Ledger:
    """The records of one kind of transfer.

    Attributes:
        space: Where they lie, ordered by table and age.
        word: What stands in their ARNs, `export` or `import`.
        absent: The error of one that is not there.
        conflict: The error of a client token that stands for another request.
        title: What texts call the kind.
    """

    space: str
    word: str
    absent: str
    conflict: str
    title: str

    def arn(self, record: Mapping[str, Any]) -> str:
        """Return a record's ARN."""
        return f"{arn_of(record['Table'])}/{self.word}/{record['Id']}"

    def find(self, reader: Reader, arn: str, at: float) -> Record:
        """Return a record as it is read at a moment.

        Raises:
            EngineError: There is none of this ARN.
        """
        name, _, number = bare_name(arn), *arn.rpartition(f"/{self.word}/")[1:]
        raw = reader.get(self.space, _key(name, number))
        if raw is None:
            raise EngineError(self.absent, texts.transfers.NOT_FOUND, title=self.title, arn=arn)
        return _read(decode(raw), at)

    def known(
        self, reader: Reader, token: str | None, request: Mapping[str, Any], at: float
    ) -> Record | None:
        """Return the record of the same request, if its client token was used for it before.

        Raises:
            EngineError: The token was used for another request.
        """
        if token is None:
            return None
        for record in self.records(reader, at):
            if record["Token"] == token and at - record["Seen"] < _TOKEN:
                if record["Request"] != request:
                    raise EngineError(
                        self.conflict,
                        texts.transfers.TOKEN_REUSED,
                        token=token,
                    )
                return record
        return None

    def records(self, reader: Reader, at: float) -> Iterator[Record]:
        """Walk all records as they are read at a moment, by table and age."""
        for _, raw in reader.scan(self.space):
            yield _read(decode(raw), at)

    def begin(
        self, writer: Writer, table: str, token: str | None, request: Mapping[str, Any], at: float
    ) -> Record:
        """Write the record of a transfer that begins, and forget those that are not listed now."""
        old = [
            _key(record["Table"], record["Id"])
            for record in self.records(writer, at)
            if record["Status"] != "IN_PROGRESS" and at - record["Ended"] > _LISTED
        ]
        for key in old:
            writer.delete(self.space, key)
        record: Record = {
            "Id": f"{int(at * 1000):014d}-{uuid4().hex[:8]}",
            "Table": table,
            "Token": token,
            "Request": request,
            "Status": "IN_PROGRESS",
            "Started": at,
            "Seen": at,
        }
        self.put(writer, record)
        return record

    def put(self, writer: Writer, record: Record) -> None:
        """Write a record."""
        writer.put(self.space, _key(record["Table"], record["Id"]), encode(record))

    def seen(self, writer: Writer, record: Mapping[str, Any], at: float) -> Record:
        """Say that somebody works at a transfer, and return its record.

        Raises:
            EngineError: It was given up, for want of such signs.
        """
        raw = writer.get(self.space, _key(record["Table"], record["Id"]))
        current = None if raw is None else decode(raw)
        if current is None or current["Status"] != "IN_PROGRESS":
            raise EngineError(
                "InternalServerError",
                texts.transfers.GIVEN_UP,
                title=self.title,
                arn=self.arn(record),
            )
        current["Seen"] = at
        self.put(writer, current)
        return current

    def end(self, writer: Writer, record: Mapping[str, Any], at: float, **outcome: Any) -> Record:
        """Say how a transfer ended, and return its record.

        Raises:
            EngineError: As for `seen`.
        """
        current = self.seen(writer, record, at) | outcome
        current["Ended"] = at
        self.put(writer, current)
        return current

    def page(
        self, reader: Reader, arn: str | None, limit: int | None, token: str | None, at: float
    ) -> tuple[list[Record], str | None]:
        """Return a page of records, and the token of the next page if there is one.

        Args:
            reader: The store.
            arn: The table whose records are wanted; None for all.
            limit: How many; None for as many as a page holds.
            token: The token of this page; None for the first.
            at: The moment.

        Raises:
            EngineError: A ValidationException; the token is none of ours.
        """
        start, end = b"", None
        if arn is not None:
            start, end = _key(bare_name(arn), ""), _key(bare_name(arn), "\x7f")
        if token is not None:
            start = max(start, _opened(token) + b"\x00")
        found: list[Record] = []
        for _, raw in reader.scan(self.space, start=start, end=end):
            record = _read(decode(raw), at)
            if record["Status"] != "IN_PROGRESS" and at - record["Ended"] > _LISTED:
                continue
            if len(found) == (limit or _PAGE):
                return found, _cursor(_key(found[-1]["Table"], found[-1]["Id"]))
            found.append(record)
        return found, None


EXPORTS: Final = Ledger(
    "exports", "export", "ExportNotFoundException", "ExportConflictException", "Export"
)
IMPORTS: Final = Ledger(
    "imports", "import", "ImportNotFoundException", "ImportConflictException", "Import"
)


def _key(table: str, number: str) -> bytes:
    return f"{table}\0{number}".encode()


def _read(record: Record, at: float) -> Record:
    if record["Status"] == "IN_PROGRESS" and at - record["Seen"] > _GONE:
        return record | {
            "Status": "FAILED",
            "Ended": record["Seen"],
            "FailureCode": "InternalServerError",
            "FailureMessage": texts.transfers.PROCESS_ENDED,
        }
    return record


def _cursor(key: bytes) -> str:
    """Write a key as a page's token, padded with the length that it has without."""
    digits = f"{len(key):04x}" + key.hex()
    length = max(_CURSOR, -(-len(digits) // 16) * 16)
    return digits.ljust(length, "0")


def _opened(token: str) -> bytes:
    try:
        raw = bytes.fromhex(token)
    except ValueError:
        raw = b""
    length = int.from_bytes(raw[:2])
    key = raw[2 : 2 + length]
    # Anything shorter is no key, and anything else after it is no padding.
    if length <= _ID_LENGTH or _cursor(key) != token:
        raise validation(texts.transfers.INVALID_TOKEN, token=token[:1024])
    return key
