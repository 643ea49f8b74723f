"""Hypothesis strategies for DynamoDB's values."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

__all__ = ["number_texts", "scalars", "values"]


@st.composite
def number_texts(draw: st.DrawFn) -> str:
    """Texts of numbers that DynamoDB holds, in every way of writing them."""
    digits = str(draw(st.integers(0, 10 ** draw(st.integers(1, 38)) - 1)))
    point = draw(st.integers(0, len(digits)))
    text = f"{digits[:point] or draw(st.sampled_from(['', '0', '000']))}"
    fraction = digits[point:]
    if fraction or not text or draw(st.booleans()):
        text += f".{fraction}" + draw(st.sampled_from(["", "0", "000"]))
    if text == ".":
        text = "0."
    text = draw(st.sampled_from(["", "+", "-"])) + text
    if draw(st.booleans()):
        text += draw(st.sampled_from("eE")) + str(draw(st.integers(-90, 85)))
    return text


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)

scalars: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.builds(lambda text: {"S": text}, texts),
    st.builds(lambda text: {"N": text}, number_texts()),
    st.builds(lambda data: {"B": data}, st.binary(max_size=12)),
    st.builds(lambda flag: {"BOOL": flag}, st.booleans()),
    st.builds(lambda: {"NULL": True}),
    st.builds(lambda members: {"SS": members}, st.lists(texts, min_size=1, unique=True)),
    st.builds(
        lambda members: {"NS": [str(member) for member in members]},
        st.lists(st.integers(-1000, 1000), min_size=1, unique=True),
    ),
    st.builds(
        lambda members: {"BS": members}, st.lists(st.binary(max_size=4), min_size=1, unique=True)
    ),
)

values: st.SearchStrategy[dict[str, Any]] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.builds(lambda elements: {"L": elements}, st.lists(inner, max_size=4)),
        st.builds(
            lambda attributes: {"M": attributes},
            st.dictionaries(texts.filter(bool), inner, max_size=4),
        ),
    ),
    max_leaves=8,
)
