"""The tables that the right and the wrong uses speak of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, EmailStr, Field

from anydynamo import Attr, AuditEntry, GlobalIndex, Json, LocalIndex, Table, attribute


class Address(BaseModel):
    city: str
    zip_code: int | None = None


@dataclass
class Tag:
    name: str


class Dated(Table):
    created_at: Attr[datetime] = attribute(default_factory=datetime.now, attr_name="createdAt")


class User(Dated, name="users"):
    user_id: Attr[str] = attribute(hash_key=True, attr_name="userId")
    email: Attr[EmailStr] = attribute()
    nickname: Attr[str | None] = attribute(default=None)
    age: Attr[int] = attribute(default=18)
    height: Attr[Annotated[int, Field(ge=0)] | None] = attribute(default=None)
    balance: Attr[Decimal] = attribute(default=Decimal(0))
    labels: Attr[set[str]] = attribute(default_factory=set)
    scores: Attr[list[int]] = attribute(default_factory=list[int])
    counts: Attr[dict[str, int]] = attribute(default_factory=dict[str, int])
    address: Attr[Address | None] = attribute(default=None)
    settings: Attr[Json[dict[str, bool]]] = attribute(default_factory=dict[str, bool])
    anything: Attr[Any] = attribute(default=None)
    version: Attr[int] = attribute(version=True, default=0)

    by_email = GlobalIndex("ByEmail", hash_key=email)
    by_nickname = GlobalIndex("ByNickname", hash_key=nickname, range_key=age)


class Alias(Table, name="aliases"):
    alias_id: Attr[str] = attribute(hash_key=True, alias="aliasId")


class Event(Dated, name="events"):
    campaign: Attr[str] = attribute(hash_key=True)
    number: Attr[int] = attribute(range_key=True)
    age: Attr[int] = attribute(default=0)

    by_age = LocalIndex("ByAge", range_key=age)


class NoteAudit(AuditEntry, name="note_audit"):
    pass


class Note(Table, name="notes", expired="hide", audit=NoteAudit):
    note_id: Attr[str] = attribute(hash_key=True)
    email: Attr[str] = attribute(unique=str.casefold)
    created_at: Attr[datetime | None] = attribute(default=None, created=True)
    updated_at: Attr[datetime | None] = attribute(default=None, updated=True, epoch=True)
    deleted_at: Attr[datetime | None] = attribute(default=None, deleted=True)
    expires: Attr[datetime | None] = attribute(default=None, ttl=True)
