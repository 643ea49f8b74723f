"""Tables whose items hold every type that DynamoDB has."""

from __future__ import annotations

from decimal import Decimal

from anydynamo import Attr, GlobalIndex, Table, attribute

__all__ = ["MODELS", "Note", "Part", "note", "part"]


class Note(Table, name="notes"):
    note_id: Attr[str] = attribute(hash_key=True, attr_name="noteId")
    text: Attr[str] = attribute()
    tags: Attr[set[str] | None] = attribute(default=None)


class Part(Table, name="parts"):
    note_id: Attr[str] = attribute(hash_key=True, attr_name="noteId")
    number: Attr[int] = attribute(range_key=True)
    content: Attr[bytes] = attribute()
    weight: Attr[Decimal] = attribute(default=Decimal(0))
    owner: Attr[str | None] = attribute(default=None)

    by_owner = GlobalIndex("OwnerIndex", hash_key=owner)


MODELS = (Note, Part)


def note(number: int) -> Note:
    return Note(note_id=f"n{number}", text=f"text § {number}", tags={"b", "a", str(number)})


def part(number: int, sort: int = 1) -> Part:
    return Part(
        note_id=f"n{number}",
        number=sort,
        content=bytes([0, 255, number % 256]),
        weight=Decimal("1.10") * number,
        owner=f"o{number % 3}",
    )
