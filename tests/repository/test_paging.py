"""Page tokens: opaque, signed, bound to their query."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anydynamo.errors import ConfigurationError, InvalidCursor
from anydynamo.repositories.paging import CursorSigner, Page, checked_secret, fingerprint

KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
NAMES = frozenset(KEY)
QUERY = fingerprint("Query", "users")

keys = st.dictionaries(
    st.text(min_size=1, max_size=5),
    st.one_of(
        st.text(max_size=20).map(lambda text: {"S": text}),
        st.integers().map(lambda number: {"N": str(number)}),
        st.binary(max_size=20).map(lambda raw: {"B": raw}),
    ),
    min_size=1,
    max_size=4,
)


@given(keys)
def test_a_token_gives_back_the_key_that_was_put_in(key: dict[str, Any]) -> None:
    signer = CursorSigner(b"secret")
    token = signer.sign(key, QUERY)
    assert signer.open(token, QUERY, frozenset(key)) == key
    assert token.isascii()
    assert not set(token) & set("+/= ")


@given(st.data())
def test_no_altered_token_is_taken(data: st.DataObject) -> None:
    signer = CursorSigner(b"secret")
    token = signer.sign(KEY, QUERY)
    place = data.draw(st.integers(0, len(token) - 1))
    letter = data.draw(st.sampled_from("ABCDabcd0189-_ =.\u00e4"))
    altered = token[:place] + letter + token[place + 1 :]
    if altered != token:
        with pytest.raises(InvalidCursor):
            signer.open(altered, QUERY, NAMES)


@given(st.text(max_size=80))
def test_nonsense_is_refused_and_nothing_worse(text: str) -> None:
    with pytest.raises(InvalidCursor):
        CursorSigner(b"secret").open(text, QUERY, NAMES)


def test_a_token_that_is_too_long_is_not_even_decoded() -> None:
    with pytest.raises(InvalidCursor, match="no page token"):
        CursorSigner(b"secret").open("A" * 20_000, QUERY, NAMES)


@pytest.mark.parametrize("value", [5, b"token", {"after": 1}])
def test_what_is_no_text_is_no_token(value: Any) -> None:
    with pytest.raises(InvalidCursor, match="no page token"):
        CursorSigner(b"secret").open(value, QUERY, NAMES)


def test_a_token_belongs_to_its_query_secret_and_key_schema() -> None:
    signer = CursorSigner(b"secret")
    token = signer.sign(KEY, QUERY)
    with pytest.raises(InvalidCursor, match="another query"):
        signer.open(token, fingerprint("Query", "posts"), NAMES)
    with pytest.raises(InvalidCursor, match="another secret") as caught:
        CursorSigner(b"other").open(token, QUERY, NAMES)
    assert "DATABASE_CURSOR_SECRET" not in str(caught.value)
    with pytest.raises(InvalidCursor, match="another version"):
        signer.open(token, QUERY, frozenset({"pk"}))


def test_without_a_secret_all_databases_of_a_process_share_a_random_one() -> None:
    token = CursorSigner().sign(KEY, QUERY)
    assert CursorSigner().open(token, QUERY, NAMES) == KEY
    script = (
        "from anydynamo.repositories.paging import *; "
        f"print(CursorSigner(clock=lambda: 0).sign({KEY!r}, {QUERY!r}))"
    )
    tokens = {
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True
        ).stdout.strip()
        for _ in range(2)
    }
    assert len(tokens) == 2
    for other in tokens:
        with pytest.raises(InvalidCursor, match="DATABASE_CURSOR_SECRET"):
            CursorSigner().open(other, QUERY, NAMES)


def test_a_token_grows_stale_where_that_is_wanted() -> None:
    now = 1000.0
    signer = CursorSigner(b"secret", 60, clock=lambda: now)
    token = signer.sign(KEY, QUERY)
    now = 1060.0
    assert signer.open(token, QUERY, NAMES) == KEY
    now = 1061.0
    with pytest.raises(InvalidCursor, match="older than 60 seconds"):
        signer.open(token, QUERY, NAMES)


def test_the_secret_does_not_print_and_is_not_too_short() -> None:
    assert "secret" not in repr(CursorSigner(b"secret"))
    assert checked_secret("0123456789abcdef") == "0123456789abcdef"
    with pytest.raises(ConfigurationError, match="16 characters"):
        checked_secret("0123456789abcde")


def test_the_order_of_a_sets_members_makes_no_other_query() -> None:
    one = fingerprint({":0": {"SS": ["a", "b"]}, ":1": {"M": {"SS": {"L": [{"N": "1"}]}}}})
    two = fingerprint({":1": {"M": {"SS": {"L": [{"N": "1"}]}}}, ":0": {"SS": ["b", "a"]}})
    assert one == two
    assert fingerprint({":0": {"L": [{"S": "a"}, {"S": "b"}]}}) != fingerprint(
        {":0": {"L": [{"S": "b"}, {"S": "a"}]}}
    )
    assert fingerprint(b"x") != fingerprint("x")
    with pytest.raises(TypeError, match="set"):
        fingerprint({1})


def test_a_page_is_its_items_and_where_they_go_on() -> None:
    page = Page((1, 2), "token", 5)
    assert (list(page), len(page), page.count, page.scanned, page.capacity) == (
        [1, 2],
        2,
        2,
        5,
        None,
    )
