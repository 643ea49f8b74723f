from __future__ import annotations

from decimal import Context, Decimal, Inexact, Rounded

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.engine.strategies import number_texts

from anydynamo.engine.errors import EngineError
from anydynamo.engine.values.numbers import add, normalise, number_size, parse, sort_bytes, subtract

EXACT = Context(prec=1000, Emin=-2000, Emax=2000, traps=[Inexact, Rounded])
LARGEST = "9" * 38 + "0" * 88
SMALLEST = "0." + "0" * 129 + "1"


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("1", "1"),
        ("1.0", "1"),
        ("00042", "42"),
        ("1.5E2", "150"),
        ("0.1500", "0.15"),
        ("-0", "0"),
        ("-0.0e-5", "0"),
        ("+5", "5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("1.e5", "100000"),
        ("1e+2", "100"),
        ("-1.5e-3", "-0.0015"),
        ("1E125", "1" + "0" * 125),
        ("1" + "0" * 125, "1" + "0" * 125),
        ("1e-130", SMALLEST),
        ("0e125", "0"),
        ("0e-130", "0"),
        ("0." + "0" * 200, "0"),
        ("0" * 500 + "7", "7"),
        ("1e" + "0" * 40 + "2", "100"),
        ("9" * 38 + "e88", LARGEST),
        ("123" + "0" * 60, "123" + "0" * 60),
    ],
)
def test_a_number_is_kept_in_plain_notation_without_needless_zeros(written: str, kept: str) -> None:
    assert normalise(written) == kept


@pytest.mark.parametrize(
    "text",
    [
        *("1e", ".", "+-5", " 5", "5 ", "0x5", "NaN", "Infinity", "1_000", "e5", "1e5.0", "--1"),
        *("1,5", "٣", "²", "1\n", "1e99999999999999999999", "1e9223372036854775808", "abc"),
    ],
)
def test_what_is_no_number_is_refused_and_quoted(text: str) -> None:
    with pytest.raises(EngineError) as raised:
        normalise(text)
    assert raised.value.code == "ValidationException"
    assert raised.value.message == (f"The parameter cannot be converted to a numeric value: {text}")


def test_an_empty_number_is_refused_without_a_quotation() -> None:
    with pytest.raises(EngineError) as raised:
        normalise("")
    assert raised.value.message == "The parameter cannot be converted to a numeric value"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("1" + "0" * 126, "Number overflow"),
        ("1e126", "Number overflow"),
        ("-1e126", "Number overflow"),
        ("1e99999999999", "Number overflow"),
        ("0e126", "Number overflow"),
        ("1e-131", "Number underflow"),
        ("1e-99999999999", "Number underflow"),
        ("0e-131", "Number underflow"),
        ("9" * 39, "more than 38 significant digits"),
        ("0." + "1" * 39, "more than 38 significant digits"),
        ("1" + "0" * 37 + "1", "more than 38 significant digits"),
    ],
)
def test_a_number_out_of_range_is_refused(text: str, why: str) -> None:
    with pytest.raises(EngineError, match=why):
        normalise(text)


@given(number_texts())
def test_normalising_keeps_the_value_and_changes_nothing_the_second_time(text: str) -> None:
    kept = normalise(text)
    assert Decimal(kept) == Decimal(text)
    assert normalise(kept) == kept
    assert "e" not in kept.lower()
    assert "+" not in kept


@given(number_texts(), number_texts())
def test_key_bytes_sort_as_the_numbers_do(left: str, right: str) -> None:
    a, b = normalise(left), normalise(right)
    assert (sort_bytes(a) < sort_bytes(b)) is (Decimal(a) < Decimal(b))
    assert (sort_bytes(a) == sort_bytes(b)) is (Decimal(a) == Decimal(b))


@given(st.integers(-1500, 1500), st.integers(-1500, 1500), st.integers(-3, 3))
def test_key_bytes_sort_neighbouring_numbers(left: int, right: int, exponent: int) -> None:
    a, b = normalise(f"{left}e{exponent}"), normalise(str(right))
    assert (sort_bytes(a) < sort_bytes(b)) is (parse(a) < parse(b))
    assert (sort_bytes(a) == sort_bytes(b)) is (parse(a) == parse(b))


@given(number_texts(), number_texts())
def test_no_number_s_key_bytes_begin_another_s(left: str, right: str) -> None:
    a, b = sort_bytes(normalise(left)), sort_bytes(normalise(right))
    assert a == b or not b.startswith(a)


def test_key_bytes_reach_from_end_to_end_of_the_range() -> None:
    ascending = [f"-{LARGEST}", "-1", f"-{SMALLEST}", "0", SMALLEST, "1", LARGEST]
    assert sorted(ascending, key=sort_bytes) == ascending


@given(number_texts(), number_texts())
def test_sums_and_differences_are_exact_or_refused(left: str, right: str) -> None:
    a, b = normalise(left), normalise(right)
    for operation, exact in (
        (add, EXACT.add(Decimal(a), Decimal(b))),
        (subtract, EXACT.subtract(Decimal(a), Decimal(b))),
    ):
        try:
            result = operation(a, b)
        except EngineError:
            digits = exact.normalize(EXACT).as_tuple().digits
            assert len(digits) > 38
        else:
            assert Decimal(result) == exact
            assert normalise(result) == result


def test_a_sum_that_needs_39_digits_is_refused_instead_of_rounded() -> None:
    with pytest.raises(EngineError, match="38 significant digits"):
        add("9" * 38, "0.1")


def test_a_carry_into_the_39th_place_needs_one_digit_only() -> None:
    assert add("9" * 38, "1") == "1" + "0" * 38


def test_the_ends_of_the_range_can_meet_without_rounding() -> None:
    with pytest.raises(EngineError, match="38 significant digits"):
        add(LARGEST, SMALLEST)
    assert subtract(LARGEST, LARGEST) == "0"


def test_a_sum_beyond_the_largest_number_is_refused() -> None:
    with pytest.raises(EngineError, match="Number overflow"):
        add("9e125".replace("e125", "0" * 125), "9" + "0" * 125)


@pytest.mark.parametrize(
    ("number", "size"),
    [
        ("0", 1),
        ("1", 2),
        ("12", 2),
        ("123", 3),
        ("1000", 2),
        ("-1", 3),
        ("-123", 4),
        ("0.5", 2),
        ("0.0005", 2),
        ("1.5", 3),
        ("12.25", 3),
        ("123.456", 5),
        ("100.001", 5),
        ("1" + "0" * 125, 2),
        ("9" * 38, 20),
        ("-" + "9" * 38, 21),
        (SMALLEST, 2),
    ],
)
def test_a_number_costs_its_pairs_of_digits_about_the_point(number: str, size: int) -> None:
    assert number_size(number) == size
