"""Attribute names and values, from pools that are small enough to collide."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

__all__ = [
    "NAMES",
    "attribute_names",
    "attribute_values",
    "key_values",
    "number_texts",
    "pooled",
    "set_values",
]

# The first four may stand bare in expressions; the others need a placeholder.
NAMES: tuple[str, ...] = ("aa", "bb", "cc", "dd", "status", "x.y", "é")

STRINGS = ("", "a", "ab", "abc", "b", "é", "\U0001f600")
BINARIES = (b"", b"\x00", b"a", b"ab", b"\x7f", b"\x80", b"\xff", b"\xff\xff")
# Equal numbers in several spellings, both ends of the range, and all 38 digits.
NUMBERS = (
    *("0", "-0", "0.0", "1", "1.0", "01", "1e0", "2", "3", "10", "1E1", "-1", "-1.50", "-1.5"),
    *("0.1", "0.5", "2.5", "100", "1e2", "99999999999999999999999999999999999999"),
    *("1E-130", "9.9999999999999999999999999999999999999E125", "-1E125", "1E37", "1E-10"),
)

# Any: a value is a mapping of one of ten shapes.
Value = dict[str, Any]


def number_texts() -> st.SearchStrategy[str]:
    """Draw the text of a number that DynamoDB can hold, not always in its plain form."""
    small = st.decimals(-1000, 1000, allow_nan=False, allow_infinity=False, places=2)
    return st.one_of(st.sampled_from(NUMBERS), small.map(str))


def attribute_names() -> st.SearchStrategy[str]:
    """Draw a name, from a pool in which some are reserved words or need a placeholder."""
    return st.sampled_from(NAMES)


def key_values(kind: str) -> st.SearchStrategy[Value]:
    """Draw a value that may be a key, of type `S`, `N` or `B`; never an empty one."""
    if kind == "S":
        return st.sampled_from([{"S": text} for text in STRINGS if text])
    if kind == "B":
        return st.sampled_from([{"B": raw} for raw in BINARIES if raw])
    return st.sampled_from([{"N": text} for text in NUMBERS])


def pooled() -> st.SearchStrategy[Value]:
    """Draw a value that stands for itself: no list and no map."""
    return st.one_of(
        st.sampled_from(STRINGS).map(lambda text: {"S": text}),
        number_texts().map(lambda text: {"N": text}),
        st.sampled_from(BINARIES).map(lambda raw: {"B": raw}),
        st.booleans().map(lambda flag: {"BOOL": flag}),
        st.just({"NULL": True}),
        set_values(),
    )


def set_values() -> st.SearchStrategy[Value]:
    """Draw a set of strings, numbers or binary values."""
    return st.one_of(
        _sets("SS", STRINGS),
        # Spelt differently, equal numbers would be duplicates.
        _sets("NS", ("0", "1", "2.5", "-1", "100")),
        _sets("BS", BINARIES),
    )


def _sets(kind: str, members: tuple[Any, ...]) -> st.SearchStrategy[Value]:
    chosen = st.lists(st.sampled_from(members), min_size=1, max_size=3, unique=True)
    return chosen.map(lambda drawn: {kind: drawn})


def attribute_values(max_leaves: int = 6) -> st.SearchStrategy[Value]:
    """Draw any attribute value, nested at most a few levels deep."""
    return st.recursive(
        pooled(),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3).map(lambda values: {"L": values}),
            st.dictionaries(attribute_names(), inner, max_size=3).map(lambda values: {"M": values}),
        ),
        max_leaves=max_leaves,
    )
