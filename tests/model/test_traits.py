"""What a table can declare about all of its items, and what it is told when it cannot."""

from __future__ import annotations

from datetime import date, datetime
from types import new_class
from typing import TYPE_CHECKING, Any

import pytest
from pynamodb.attributes import UnicodeAttribute
from pynamodb.models import Model

from anydynamo import Attr, AuditEntry, InvalidRequest, Table, attribute
from anydynamo.models.schema import AttributeName, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable


class Stamped(Table):
    created_at: Attr[datetime | None] = attribute(default=None, created=True, attr_name="createdAt")
    updated_at: Attr[datetime | None] = attribute(default=None, updated=True, epoch=True)


class Kept(Table):
    deleted_at: Attr[datetime | None] = attribute(default=None, deleted=True)


class Trail(AuditEntry, name="trail"):
    pass


class Note(Stamped, Kept, name="notes", expired="hide", audit=Trail, shards=8):
    note_id: Attr[str] = attribute(hash_key=True)
    part: Attr[str] = attribute(range_key=True)
    email: Attr[str | None] = attribute(default=None, unique=str.casefold, attr_name="mail")
    nick: Attr[str] = attribute(default="", unique=True)
    expires: Attr[int | None] = attribute(default=None, ttl=True)


def test_a_schema_says_which_attribute_has_which_role() -> None:
    schema = schema_of(Note)
    assert schema.created == AttributeName("created_at", "createdAt")
    assert schema.updated == AttributeName("updated_at", "updated_at")
    assert schema.deleted == AttributeName("deleted_at", "deleted_at")
    assert schema.hide_expired
    assert schema.audit is Trail
    assert schema.shards == 8
    assert [(one.name, one.wire, one.normalise("A")) for one in schema.unique] == [
        ("email", "mail", "a"),
        ("nick", "nick", "A"),
    ]


def test_a_table_has_no_traits_unless_it_declares_them() -> None:
    schema = schema_of(Trail)
    assert (schema.created, schema.updated, schema.deleted, schema.audit) == (None,) * 4
    assert (schema.hide_expired, schema.unique, schema.shards) == (False, (), 1)


def test_a_subclass_shares_the_traits_of_its_table() -> None:
    class Special(Note):
        extra: Attr[str] = attribute(default="")

    assert schema_of(Special).created == schema_of(Note).created
    assert schema_of(Special).shards == 8


def test_a_subclass_with_a_table_of_its_own_may_have_others() -> None:
    class Other(Note, name="others", expired="show", shards=1):
        pass

    assert not schema_of(Other).hide_expired
    assert schema_of(Other).shards == 1


def declare(annotation: Any, **options: Any) -> Callable[[], object]:
    def make() -> object:
        body: dict[str, Any] = {
            "__module__": __name__,
            "__annotations__": {"key": Attr[str], "value": Attr[annotation]},
            "key": attribute(hash_key=True),
            "value": attribute(**options),
        }
        return new_class("Bad", (Table,), {"name": "bad"}, lambda names: names.update(body))

    return make


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (declare(datetime, created=True), r"annotate it as Attr\[datetime \| None\]"),
        (declare(str | None, default=None, updated=True), "for a moment that may be absent"),
        (declare(date | None, default=None, deleted=True), "for a moment that may be absent"),
        (declare(datetime | None, created=True), r"attribute\(default=None, created=True\)"),
        (
            declare(datetime | None, default_factory=datetime.now, updated=True),
            "repositories give the value",
        ),
        (
            declare(datetime | None, default=None, created=True, updated=True),
            "created=True and updated= are two roles",
        ),
        (
            declare(datetime | None, default=None, deleted=True, ttl=True),
            "deleted=True and ttl= are two roles",
        ),
        (declare(int, unique=True), "keeps as strings, not for"),
        (declare(str, unique="casefold"), "a function from text to text"),
        (declare(str, unique=True, range_key=True), "not for a part of the key"),
    ],
)
def test_an_attribute_that_cannot_have_its_role_is_refused(
    make: Callable[[], object], said: str
) -> None:
    with pytest.raises(TypeError, match=rf"Bad\.value: .*{said}"):
        make()


def test_two_attributes_of_one_role_are_refused() -> None:
    with pytest.raises(TypeError, match="created_at and made_at are both declared with created"):

        class Twice(Stamped, name="twice"):
            key: Attr[str] = attribute(hash_key=True)
            made_at: Attr[datetime | None] = attribute(default=None, created=True)


def test_hidden_expiry_needs_a_time_to_live() -> None:
    with pytest.raises(TypeError, match=r"declare one with attribute\(ttl=True\)"):

        class Endless(Table, name="endless", expired="hide"):
            key: Attr[str] = attribute(hash_key=True)

    class Mixin(Table, expired="hide"):
        """It may come with a subclass."""

    class Ending(Mixin, name="ending"):
        key: Attr[str] = attribute(hash_key=True)
        expires: Attr[int | None] = attribute(default=None, ttl=True)

    assert schema_of(Ending).hide_expired


def test_a_plain_model_that_hides_nothing_it_could_hide_is_refused() -> None:
    class Plain(Model):
        class Meta:
            table_name = "plain"
            expired = "hide"

        key = UnicodeAttribute(hash_key=True)

    with pytest.raises(InvalidRequest, match="no attribute says when"):
        schema_of(Plain)


def test_a_unique_attribute_needs_keys_that_are_strings() -> None:
    with pytest.raises(TypeError, match="'number' is none"):

        class Numbered(Table, name="numbered"):
            number: Attr[int] = attribute(hash_key=True)
            email: Attr[str] = attribute(unique=True)


@pytest.mark.parametrize("shards", [0, 1001, True, "3", 2.0])
def test_shards_are_a_number_from_1_to_1000(shards: Any) -> None:
    with pytest.raises(TypeError, match="from 1 to 1000"):

        class Bad(Table, name="bad", shards=shards):
            key: Attr[str] = attribute(hash_key=True)
            sort: Attr[str] = attribute(range_key=True)


def test_shards_need_a_string_to_write_to_and_a_sort_key_to_spread() -> None:
    with pytest.raises(TypeError, match="without a sort key there is one item only"):

        class Single(Table, name="single", shards=2):
            key: Attr[str] = attribute(hash_key=True)

    with pytest.raises(TypeError, match="has to be a string"):

        class Number(Table, name="number", shards=2):
            key: Attr[int] = attribute(hash_key=True)
            sort: Attr[str] = attribute(range_key=True)


def test_expired_is_one_of_two_words() -> None:
    with pytest.raises(TypeError, match="expired= is 'hide' or 'show', not 'drop'"):

        class Bad(Table, name="bad", expired="drop"):
            key: Attr[str] = attribute(hash_key=True)


class Nameless(AuditEntry):
    pass


@pytest.mark.parametrize("audit", [Note, Nameless, AuditEntry, "trail", int])
def test_an_audit_trail_is_kept_by_entries_with_a_tables_name(audit: Any) -> None:
    with pytest.raises(TypeError, match="subclass of AuditEntry with a table's name"):

        class Bad(Table, name="bad", audit=audit):
            key: Attr[str] = attribute(hash_key=True)


def test_a_class_that_shares_a_table_cannot_treat_its_items_otherwise() -> None:
    class Base(Table, name="shared"):
        key: Attr[str] = attribute(hash_key=True)
        expires: Attr[int | None] = attribute(default=None, ttl=True)

    with pytest.raises(TypeError, match=r"gone_at: deleted=.*declare it in Base"):

        class Keeping(Base):
            gone_at: Attr[datetime | None] = attribute(default=None, deleted=True)

    with pytest.raises(TypeError, match=r"expired=.*declare it in Base"):

        class Hiding(Base, expired="hide"):
            pass


def test_an_items_entity_is_its_table_and_key() -> None:
    assert Trail.entity_of(Note, ("ö#", "2")) == '["notes","ö#","2"]'
    assert len(Trail.entity_of(Note, ("x" * 2048, "2"))) < 100
    with pytest.raises(InvalidRequest, match="a key of Note is a tuple"):
        Trail.entity_of(Note, "x")


def test_entities_of_equal_numbers_and_of_bytes_are_equal() -> None:
    class Number(Table, name="numbers"):
        key: Attr[float] = attribute(hash_key=True)
        sort: Attr[bytes] = attribute(range_key=True)

    assert Trail.entity_of(Number, (1.0, b"\xff")) == '["numbers","1","/w=="]'
