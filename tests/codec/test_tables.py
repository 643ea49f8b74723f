"""A table's items: exact, byte for byte PynamoDB's, and nothing that does not fit."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AnyUrl, SecretBytes, SecretStr
from tests.codec.models import Address, Colour, Everything, HandMirror, Level, Mirror, Point

from anydynamo import Attr, InvalidItem, InvalidRequest, Table, attribute
from anydynamo.models.codec import codec_of

MOMENT = datetime(2026, 1, 31, 12, 30, 15, 123456, tzinfo=UTC)


def everything(**changes: Any) -> Everything:
    values: dict[str, Any] = {
        "key": "k",
        "number": -7,
        "real": 0.1,
        "exact": Decimal("1.10"),
        "flag": True,
        "blob": b"\x00\xff",
        "moment": MOMENT,
        "day": date(2026, 1, 31),
        "token": UUID(int=5),
        "colour": Colour.BLUE,
        "level": Level.HIGH,
        "mood": "bad",
        "either": "text",
        "words": ["a", ""],
        "counts": {"a": 1, "": 2},
        "tags": {"a", "b"},
        "numbers": {1, 2},
        "exacts": {Decimal("0.5")},
        "blobs": frozenset({b"x"}),
        "address": Address(city="Oslo", zipCode=1234, moved_in=MOMENT),
        "point": Point(Decimal("0.1"), Decimal(2)),
        "options": {"theme": "dark"},
        "history": [None, Address(city="Rome")],
        "matrix": [[1, 2], []],
        "document": {"a": [1, 2]},
        "anything": {"deep": [None, 0.1, True, {"x"}, b"y", {"z": ""}]},
        "email": "a@example.org",
        "link": AnyUrl("https://example.org/x"),
        "secret": SecretStr("pw"),
        "small": 9,
        "pair": (1, "x"),
    }
    return Everything(**(values | changes))


def test_every_type_comes_back_equal() -> None:
    codec = codec_of(Everything)
    instance = everything(seen=MOMENT, expires=MOMENT, version=3, optional="x", stored_null="y")
    assert codec.decode(codec.encode(instance)) == instance


def test_the_item_is_what_dynamodb_calls_it() -> None:
    item = codec_of(Everything).encode(everything(seen=MOMENT))
    assert item["Key"] == {"S": "k"}
    assert item["exact"] == {"N": "1.10"}
    assert item["day"] == {"S": "2026-01-31"}
    assert item["token"] == {"S": "00000000-0000-0000-0000-000000000005"}
    assert item["colour"] == {"S": "blue"}
    assert item["level"] == {"N": "2"}
    assert item["seen"] == {"N": str(int(MOMENT.timestamp()))}
    assert item["secret"] == {"S": "pw"}
    assert item["pair"] == {"L": [{"N": "1"}, {"S": "x"}]}
    assert item["address"]["M"]["zipCode"] == {"N": "1234"}
    assert item["document"] == {"S": '{"a": [1, 2]}'}
    assert item["stored_null"] == {"NULL": True}
    assert "optional" not in item


def test_the_quick_way_and_the_models_own_say_the_same() -> None:
    codec = codec_of(Everything)
    instance = everything(optional="x")
    item = codec.encode(instance)
    assert instance.serialize() == item
    assert Everything.from_raw_data(item) == codec.decode(item)


texts = st.text(max_size=8)
integers = st.integers(-(10**38) + 1, 10**38 - 1)
reals = st.floats(allow_nan=False, allow_infinity=False).filter(
    lambda x: x == 0 or 1e-130 <= abs(x) < 1e126
)
moments = st.datetimes(
    min_value=datetime(1, 1, 2),  # hypothesis adds the zone
    max_value=datetime(9999, 12, 30),
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
)
mirrored = st.fixed_dictionaries(
    {
        "key": texts,
        "number": integers,
        "real": reals,
        "flag": st.booleans(),
        "blob": st.binary(max_size=8),
        "moment": moments,
        "words": st.lists(texts, max_size=3),
        "counts": st.dictionaries(texts, st.integers(-9, 9), max_size=3),
        "tags": st.sets(texts, max_size=3),
        "numbers": st.sets(integers, max_size=3),
        "blobs": st.sets(st.binary(max_size=3), max_size=3),
        "document": st.recursive(
            st.none() | st.booleans() | st.integers(-(10**38) + 1, 10**38 - 1) | texts,
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
            max_leaves=5,
        ),
        "optional": st.none() | texts,
        "expires": st.none()
        | st.datetimes(
            min_value=datetime(1970, 1, 2),
            max_value=datetime(2100, 1, 1),
            timezones=st.just(UTC),
        ),
        "version": st.none() | st.integers(0, 99),
    }
)
addresses = st.fixed_dictionaries(
    {"city": texts, "zip_code": st.integers(0, 99999), "moved_in": moments}
)


def unordered(item: dict[str, Any]) -> dict[str, Any]:
    """Give an item whose sets compare equal: neither Python nor DynamoDB keeps their order."""
    return {
        name: {wire: sorted(value) if wire in ("SS", "NS", "BS") else value}
        for name, stored in item.items()
        for wire, value in stored.items()
    }


@settings(max_examples=200, deadline=None)
@given(mirrored, addresses)
def test_items_are_pynamodbs_to_the_byte_and_read_by_both(
    values: dict[str, Any], address: dict[str, Any]
) -> None:
    ours = Mirror(**values, address=Address(city="x").model_copy(update=address))
    # A None is not given to PynamoDB, whose VersionAttribute cannot take one.
    given_values = {name: value for name, value in values.items() if value is not None}
    theirs = HandMirror(**given_values, address=address)
    item = codec_of(Mirror).encode(ours)
    # PynamoDB's own check of the hand-written model wants a document, which None is none of.
    written = theirs.serialize(null_check=False)
    assert unordered(item) == unordered(written)
    assert unordered(HandMirror.from_raw_data(item).serialize(null_check=False)) == unordered(item)
    assert codec_of(Mirror).decode(written) == ours


def test_a_moment_without_a_zone_is_utc_as_in_pynamodb() -> None:
    instance = everything(moment=MOMENT.replace(tzinfo=None))
    assert instance.moment == MOMENT
    assert codec_of(Everything).decode(codec_of(Everything).encode(instance)) == instance


def test_years_before_1000_are_padded() -> None:
    instance = everything(moment=datetime(7, 1, 2, tzinfo=UTC))
    item = codec_of(Everything).encode(instance)
    assert item["moment"] == {"S": "0007-01-02T00:00:00.000000+0000"}
    item["moment"] = {"S": "7-01-02T00:00:00.000000+0000"}
    assert codec_of(Everything).decode(item).moment == instance.moment


def test_epoch_seconds_are_whole_on_the_instance_too() -> None:
    instance = everything(seen=MOMENT, expires=MOMENT)
    assert instance.seen == instance.expires == MOMENT.replace(microsecond=0)
    early = everything(seen=datetime(1969, 12, 31, 23, 59, 59, 500000, tzinfo=UTC))
    assert codec_of(Everything).encode(early)["seen"] == {"N": "-1"}


# --- numbers ------------------------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(st.integers(-(10**38), 10**38), st.integers(-130, 87), reals)
def test_38_digits_are_kept_exactly(digits: int, exponent: int, real: float) -> None:
    exact = Decimal(digits).scaleb(exponent) if digits else Decimal(0)
    if exact and not -130 <= exact.adjusted() <= 125:
        return
    codec = codec_of(Everything)
    back = codec.decode(codec.encode(everything(exact=exact, real=real)))
    assert back.exact == exact
    assert back.real == real


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("real", math.nan),
        ("real", math.inf),
        ("real", -math.inf),
        ("real", 1e126),
        ("real", 1e-131),
        ("exact", Decimal("1" * 39)),
        ("exact", Decimal("1E126")),
        ("exact", Decimal("1E-131")),
        ("number", 10**38 + 1),
        ("number", 10**126),
        ("anything", {"a": [math.nan]}),
        ("counts", {"a": 10**38 + 1}),
        ("numbers", {10**38 + 1}),
        ("exacts", {Decimal("1" * 39)}),
        ("matrix", [[10**38 + 1]]),
    ],
)
def test_numbers_that_dynamodb_cannot_hold_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(InvalidItem, match=f"'{name}' of Everything"):
        codec_of(Everything).encode(everything(**{name: value}))


@pytest.mark.parametrize("value", [10**37, -(10**37), 10**125, 12 * 10**100, True])
def test_large_round_integers_are_stored(value: int) -> None:
    codec = codec_of(Everything)
    assert codec.decode(codec.encode(everything(number=value))).number == value


def test_numbers_are_read_in_any_notation() -> None:
    item = codec_of(Everything).encode(everything())
    item |= {"number": {"N": "1.5E2"}, "real": {"N": "5"}, "exact": {"N": "5E-1"}}
    back = codec_of(Everything).decode(item)
    assert (back.number, back.real, back.exact) == (150, 5.0, Decimal("0.5"))
    item["number"] = {"N": "1.5"}
    with pytest.raises(InvalidItem, match=r"'number'.*not an integer"):
        codec_of(Everything).decode(item)


def test_any_keeps_what_a_float_would_lose() -> None:
    codec = codec_of(Everything)
    exact = Decimal("0.12345678901234567890123456789")
    back = codec.decode(codec.encode(everything(anything=[exact, 10**30, 0.25, Decimal("1E3")])))
    assert back.anything == [exact, 10**30, 0.25, 1000]
    assert [type(one) for one in back.anything] == [Decimal, int, float, int]


# --- sets, None, defaults -----------------------------------------------------------------------


def test_an_empty_set_is_refused_where_it_could_not_come_back() -> None:
    with pytest.raises(InvalidItem, match=r"'tags' of Everything.*an empty set"):
        codec_of(Everything).encode(everything(tags=set()))


def test_an_empty_set_is_left_out_where_it_is_the_default() -> None:
    class Tagged(Table, name="tagged"):
        key: Attr[str] = attribute(hash_key=True)
        tags: Attr[set[str]] = attribute(default_factory=set)
        more: Attr[set[int] | None] = attribute(default_factory=set)
        fixed: Attr[frozenset[str]] = attribute(default=frozenset())

    codec = codec_of(Tagged)
    empty = Tagged(key="a")
    assert codec.encode(empty) == empty.serialize() == {"key": {"S": "a"}}
    assert codec.decode(codec.encode(empty)) == empty
    nothing = Tagged(key="a", more=None)
    assert codec.encode(nothing) == nothing.serialize()
    assert codec.decode(codec.encode(nothing)).more is None
    full = Tagged(key="a", tags={"x"}, more={1}, fixed=frozenset("y"))
    assert codec.decode(codec.encode(full)) == full


def test_none_is_stored_where_the_default_would_take_its_place() -> None:
    class Limited(Table, name="limited"):
        key: Attr[str] = attribute(hash_key=True)
        limit: Attr[int | None] = attribute(default=10)

    codec = codec_of(Limited)
    assert codec.encode(Limited(key="a", limit=None))["limit"] == {"NULL": True}
    assert codec.decode({"key": {"S": "a"}, "limit": {"NULL": True}}).limit is None
    assert codec.decode({"key": {"S": "a"}}).limit == 10


def test_each_read_makes_a_default_of_its_own() -> None:
    class Listed(Table, name="listed"):
        key: Attr[str] = attribute(hash_key=True)
        words: Attr[list[str]] = attribute(default_factory=list)

    first, second = (codec_of(Listed).decode({"key": {"S": "a"}}) for _ in range(2))
    first.words.append("x")
    assert second.words == []


# --- what does not fit --------------------------------------------------------------------------


class Strict(Table, name="strict"):
    key: Attr[str] = attribute(hash_key=True)
    age: Attr[int] = attribute()
    colour: Attr[Colour] = attribute(default=Colour.RED)


class Lax(Strict, name="lax", reads="lax"):
    pass


class Closed(Strict, name="closed", extra="forbid"):
    pass


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"age": {"S": "x"}}, "'age' does not fit 'age' of Strict: its type in DynamoDB is S"),
        ({"age": {"N": "1.5"}}, "'age'.*not an integer"),
        ({"age": {"N": "x"}}, "'age'.*not a number"),
        ({"age": {"NULL": True}}, "'age'.*is NULL"),
        ({"age": None}, "lacks 'age'"),
        ({"colour": {"S": "green"}}, "'colour'.*none of 'red', 'blue'"),
        ({"colour": {"N": "1"}}, "'colour'.*none of"),
    ],
)
def test_strict_reads_refuse_what_does_not_fit(change: dict[str, Any], message: str) -> None:
    item = {"key": {"S": "a"}, "age": {"N": "1"}} | change
    item = {name: value for name, value in item.items() if value is not None}
    with pytest.raises(InvalidItem, match=message):
        codec_of(Strict).decode(item)


def test_lax_reads_hand_out_what_does_not_fit_as_it_stands() -> None:
    codec = codec_of(Lax)
    read = codec.decode({"key": {"S": "a"}, "age": {"S": "x"}, "colour": {"L": [{"N": "1"}]}})
    assert [*map(repr, (read.age, read.colour))] == ["'x'", "[1]"]
    assert codec.decode({"key": {"S": "a"}}).age is None
    with pytest.raises(InvalidItem, match="'age' of Strict"):
        codec.encode(read)


def test_constraints_hold_on_reads() -> None:
    item = codec_of(Everything).encode(everything())
    for name, value in (("small", {"N": "10"}), ("email", {"S": "nobody"}), ("link", {"S": "?"})):
        with pytest.raises(InvalidItem, match=f"'{name}'"):
            codec_of(Everything).decode(item | {name: value})


def test_undeclared_attributes_survive_a_read_and_a_write() -> None:
    codec = codec_of(Strict)
    item = {"key": {"S": "a"}, "age": {"N": "1"}, "colour": {"S": "red"}, "odd name'": {"N": "7"}}
    read = codec.decode(item)
    assert read.undeclared == {"odd name'": 7}
    assert codec.encode(read) == read.serialize() == item
    assert Strict.from_raw_data(item) == read
    assert read != Strict(key="a", age=1)


def test_undeclared_attributes_can_be_forbidden() -> None:
    item = {"key": {"S": "a"}, "age": {"N": "1"}, "odd": {"N": "7"}}
    with pytest.raises(InvalidItem, match="'odd', which Closed does not declare"):
        codec_of(Closed).decode(item)


def test_what_was_changed_in_place_is_checked_when_it_is_written() -> None:
    codec = codec_of(Everything)
    changed = everything()
    changed.words.append(3)  # type: ignore[arg-type]
    with pytest.raises(
        InvalidItem, match=r"'words' of Everything has at \[2\]: .* is not a string"
    ):
        codec.encode(changed)
    changed = everything()
    changed.counts["x"] = "y"  # type: ignore[assignment]
    with pytest.raises(InvalidItem, match=r"'counts' of Everything has at \['x'\]"):
        codec.encode(changed)
    changed = everything()
    changed.tags.clear()
    with pytest.raises(InvalidItem, match="'tags'"):
        codec.encode(changed)


def test_endless_nesting_is_an_error_and_no_crash() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidItem, match=r"'anything' of Everything.*nested"):
        codec_of(Everything).encode(everything(anything=deep))


@pytest.mark.parametrize(
    "value", [object(), {1: "x"}, set(), {1, "x"}, {None}, {frozenset({1})}, 1j]
)
def test_any_refuses_what_dynamodb_has_no_type_for(value: Any) -> None:
    with pytest.raises(InvalidItem, match="'anything' of Everything"):
        codec_of(Everything).encode(everything(anything=value))


def test_names_in_dynamodb_are_never_code() -> None:
    class Odd(Table, name="odd"):
        key: Attr[str] = attribute(hash_key=True, attr_name="k'] + exit() #\n\"{0}")
        other: Attr[int | None] = attribute(default=None, attr_name="}}\\")

    codec = codec_of(Odd)
    odd = Odd(key="a", other=1)
    assert codec.encode(odd) == {"k'] + exit() #\n\"{0}": {"S": "a"}, "}}\\": {"N": "1"}}
    assert codec.decode(codec.encode(odd)) == odd


def test_items_do_not_share_what_the_instance_can_change() -> None:
    codec = codec_of(Everything)
    instance = everything()
    item = codec.encode(instance)
    instance.words.append("later")
    instance.counts["later"] = 1
    assert item["words"] == {"L": [{"S": "a"}, {"S": ""}]}
    read = codec.decode(item)
    read.words.append("x")
    read.anything["deep"].append(1)
    assert codec.decode(item).words == ["a", ""]
    assert codec.encode(everything(colour=Colour.RED)) is not codec.encode(everything())


def test_collections_that_are_not_inlined_are_checked_too() -> None:
    class Nested(Table, name="nested"):
        key: Attr[str] = attribute(hash_key=True)
        maps: Attr[list[dict[str, Address | None]]] = attribute(default_factory=list)
        links: Attr[set[AnyUrl]] = attribute(default_factory=set)
        colours: Attr[frozenset[Colour]] = attribute(default=frozenset())
        maybe: Attr[list[int | None]] = attribute(default_factory=list)
        numbers: Attr[Annotated[list[int], "only a note"]] = attribute(default_factory=list)
        pairs: Attr[dict[str, tuple[int, ...]]] = attribute(default_factory=dict)
        when: Attr[dict[str, time]] = attribute(default_factory=dict)
        durations: Attr[list[timedelta]] = attribute(default_factory=list)

    codec = codec_of(Nested)
    nested = Nested(
        key="a",
        maps=[{"x": Address(city="Oslo"), "y": None}],
        links={AnyUrl("https://example.org/")},
        colours=frozenset({Colour.RED}),
        maybe=[1, None],
        pairs={"x": (1, 2)},
        when={"x": time(12, 30)},
        durations=[timedelta(hours=1)],
    )
    item = codec.encode(nested)
    assert item["maybe"] == {"L": [{"N": "1"}, {"NULL": True}]}
    assert item["when"] == {"M": {"x": {"S": "12:30:00"}}}
    assert item["durations"] == {"L": [{"S": "PT1H"}]}
    assert codec.decode(item) == nested == Nested.from_raw_data(item)
    nested.maps[0][3] = None  # type: ignore[index]
    with pytest.raises(InvalidItem, match=r"'maps' of Nested has at \[0\]"):
        codec.encode(nested)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("real", "x"),
        ("exact", "x"),
        ("flag", 1),
        ("blob", "x"),
        ("moment", "x"),
        ("day", datetime(2026, 1, 1)),  # a wrong value
        ("token", "x"),
        ("colour", "green"),
        ("mood", ["good"]),
        ("words", "x"),
        ("counts", [1]),
        ("tags", ["x"]),
        ("seen", 3),
        ("link", 3),
        ("number", True),
    ],
)
def test_a_condition_takes_values_of_the_attributes_type_alone(name: str, value: Any) -> None:
    with pytest.raises(InvalidRequest, match=f"'{name}' of Everything"):
        getattr(Everything, name).is_in(value)


def test_a_text_enumeration_is_stored_by_its_value() -> None:
    class Shade(str, Enum):  # noqa: UP042 # str() of a member is its name here
        DARK = "dark"

    class Shaded(Table, name="shaded"):
        key: Attr[str] = attribute(hash_key=True)
        shade: Attr[Shade] = attribute(default=Shade.DARK)
        anything: Attr[Any] = attribute(default=None)
        words: Attr[list[str]] = attribute(default_factory=list)

    codec = codec_of(Shaded)
    shaded = Shaded(key="a", anything=[Shade.DARK, Level.LOW], words=["x"])
    shaded.words.append(Shade.DARK)
    item = codec.encode(shaded)
    assert item == shaded.serialize()
    assert (item["shade"], item["words"]["L"][1]) == ({"S": "dark"}, {"S": "dark"})
    assert item["anything"]["L"] == [{"S": "dark"}, {"N": "1"}]
    assert type(item["words"]["L"][1]["S"]) is str


def test_a_moment_of_another_format_is_refused_and_not_rewritten() -> None:
    item = codec_of(Everything).encode(everything())
    for text in ("2026-01-31T12:00:00Z", "2026-01-31", "2026-01-31 12:00:00.000000+0000", "x" * 31):
        with pytest.raises(InvalidItem, match="'moment'"):
            codec_of(Everything).decode(item | {"moment": {"S": text}})


def test_two_attributes_of_one_name_are_refused() -> None:
    with pytest.raises(TypeError, match="Twice: 'one' and 'other' are both 'x' in DynamoDB"):

        class Twice(Table, name="twice"):
            one: Attr[str] = attribute(hash_key=True, attr_name="x")
            other: Attr[str] = attribute(attr_name="x")


def test_literals_of_several_types_are_told_apart() -> None:
    class Choosing(Table, name="choosing"):
        key: Attr[str] = attribute(hash_key=True)
        choice: Attr[Literal["a", 1, b"x"]] = attribute(default="a")

    codec = codec_of(Choosing)
    for value, stored in (("a", {"S": "a"}), (1, {"N": "1"}), (b"x", {"B": b"x"})):
        item = codec.encode(Choosing(key="k", choice=value))  # type: ignore[arg-type]
        assert item["choice"] == stored
        assert codec.decode(item).choice == value


def test_moments_without_a_zone_are_taken_as_utc_inside_collections_too() -> None:
    class Calendar(Table, name="calendars"):
        key: Attr[str] = attribute(hash_key=True)
        days: Attr[list[datetime | None]] = attribute()
        names: Attr[dict[str, list[datetime]] | None] = attribute()
        free: Attr[set[datetime]] = attribute()

    naive = datetime(2026, 1, 31, 12)
    one = Calendar(key="a", days=[naive, None], names={"x": [naive]}, free={naive})
    assert one.days[0] == naive.replace(tzinfo=UTC)
    assert codec_of(Calendar).decode(codec_of(Calendar).encode(one)) == one


@pytest.mark.parametrize("value", ["a", 1, True, 0, False, None])
def test_literals_are_told_apart_by_their_type(value: Any) -> None:
    class Chosen(Table, name="chosen"):
        key: Attr[str] = attribute(hash_key=True)
        one: Attr[Literal["a", 1, True, 0, False, None]] = attribute(default=None)

    instance = Chosen(key="a", one=value)
    back = codec_of(Chosen).decode(codec_of(Chosen).encode(instance)).one
    assert (type(back), back) == (type(value), value)


def test_secret_bytes_are_kept_as_binary() -> None:
    class Locked(Table, name="locked"):
        key: Attr[str] = attribute(hash_key=True)
        secret: Attr[SecretBytes] = attribute()

    one = Locked(key="a", secret=SecretBytes(b"\xff"))
    item = codec_of(Locked).encode(one)
    assert item["secret"] == {"B": b"\xff"}
    assert codec_of(Locked).decode(item) == one


def test_a_moment_before_the_first_year_in_utc_is_refused_by_name() -> None:
    early = datetime.min.replace(tzinfo=timezone(timedelta(hours=1)))
    with pytest.raises(InvalidItem, match="'moment' of Everything"):
        codec_of(Everything).encode(everything(moment=early))
    with pytest.raises(InvalidRequest, match="'moment' of Everything"):
        assert Everything.moment > early


def test_email_addresses_are_read_alike_each_time() -> None:
    codec = codec_of(Everything)
    item = codec.encode(everything()) | {"email": {"S": "Ada@EXAMPLE.org"}}
    assert [codec.decode(item).email for _ in range(2)] == ["Ada@example.org"] * 2
    for _ in range(2):
        with pytest.raises(InvalidItem, match="'email' of Everything"):
            codec.decode(item | {"email": {"S": "nobody"}})
