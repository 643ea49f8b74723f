"""A table with every kind of attribute, and the same written by hand for PynamoDB."""

# mypy: disable-error-code="no-untyped-call"
# PynamoDB's map attributes have constructors without annotations.

# No `from __future__ import annotations`: both ways of keeping annotations have to work.

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AnyUrl, BaseModel, EmailStr, Field, SecretStr
from pynamodb.attributes import (
    BinaryAttribute,
    BinarySetAttribute,
    BooleanAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    NumberSetAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.models import Model
from typing_extensions import TypedDict

from anydynamo import Attr, GlobalIndex, Json, Table, attribute


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Address(BaseModel):
    city: str
    zip_code: int | None = Field(default=None, alias="zipCode")
    moved_in: datetime | None = None


@dataclass
class Point:
    x: Decimal
    y: Decimal


class Options(TypedDict, total=False):
    theme: str
    size: int


class Everything(Table, name="everything"):
    key: Attr[str] = attribute(hash_key=True, attr_name="Key")
    number: Attr[int] = attribute(range_key=True)
    real: Attr[float] = attribute()
    exact: Attr[Decimal] = attribute()
    flag: Attr[bool] = attribute()
    blob: Attr[bytes] = attribute()
    moment: Attr[datetime] = attribute()
    day: Attr[date] = attribute()
    token: Attr[UUID] = attribute()
    colour: Attr[Colour] = attribute()
    level: Attr[Level] = attribute()
    mood: Attr[Literal["good", "bad"]] = attribute()
    either: Attr[int | str] = attribute()
    words: Attr[list[str]] = attribute()
    counts: Attr[dict[str, int]] = attribute()
    tags: Attr[set[str]] = attribute()
    numbers: Attr[set[int]] = attribute()
    exacts: Attr[set[Decimal]] = attribute()
    blobs: Attr[frozenset[bytes]] = attribute()
    address: Attr[Address] = attribute()
    point: Attr[Point] = attribute()
    options: Attr[Options] = attribute()
    history: Attr[list[Address | None]] = attribute()
    matrix: Attr[list[list[int]]] = attribute()
    document: Attr[Json[dict[str, list[int]]]] = attribute()
    anything: Attr[Any] = attribute()
    email: Attr[EmailStr] = attribute()
    link: Attr[AnyUrl] = attribute()
    secret: Attr[SecretStr] = attribute()
    small: Attr[Annotated[int, Field(ge=0, le=9)]] = attribute()
    pair: Attr[tuple[int, str]] = attribute()
    optional: Attr[str | None] = attribute(default=None)
    stored_null: Attr[str | None] = attribute(default=None, null="store")
    expires: Attr[datetime | None] = attribute(default=None, ttl=True)
    seen: Attr[datetime | None] = attribute(default=None, epoch=True)
    version: Attr[int | None] = attribute(default=None, version=True)


class Mirror(Table, name="mirror"):
    """What PynamoDB has attributes for."""

    key: Attr[str] = attribute(hash_key=True, attr_name="Key")
    number: Attr[int] = attribute(range_key=True)
    real: Attr[float] = attribute()
    flag: Attr[bool] = attribute()
    blob: Attr[bytes] = attribute()
    moment: Attr[datetime] = attribute()
    words: Attr[list[str]] = attribute()
    counts: Attr[dict[str, int]] = attribute()
    tags: Attr[set[str]] = attribute(default_factory=set)
    numbers: Attr[set[int]] = attribute(default_factory=set)
    blobs: Attr[set[bytes]] = attribute(default_factory=set)
    document: Attr[Json[Any]] = attribute()
    address: Attr[Address] = attribute()
    optional: Attr[str | None] = attribute(default=None)
    expires: Attr[datetime | None] = attribute(default=None, ttl=True)
    version: Attr[int | None] = attribute(default=None, version=True)

    by_optional = GlobalIndex("ByOptional", hash_key=optional, range_key=number)


class HandAddress(MapAttribute[str, Any]):
    city = UnicodeAttribute()
    zip_code = NumberAttribute(attr_name="zipCode")
    moved_in = UTCDateTimeAttribute()


class HandMirror(Model):
    class Meta:
        table_name = "mirror"

    key = UnicodeAttribute(hash_key=True, attr_name="Key")
    number = NumberAttribute(range_key=True)
    real = NumberAttribute()
    flag = BooleanAttribute()
    blob = BinaryAttribute(legacy_encoding=False)
    moment = UTCDateTimeAttribute()
    words = ListAttribute[Any]()
    counts = MapAttribute[str, Any]()
    tags = UnicodeSetAttribute(default=set)
    numbers = NumberSetAttribute(default=set)
    blobs = BinarySetAttribute(legacy_encoding=False, default=set)
    document = JSONAttribute()
    address = HandAddress()
    optional = UnicodeAttribute(null=True)
    expires = TTLAttribute(null=True)
    version = VersionAttribute(null=True)
