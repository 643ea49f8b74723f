"""DynamoDB's numbers: texts of up to 38 significant digits, exact, between 1E-130 and 9.99E+125.

A number travels and is stored as text in one canonical form (`normalise`), so that two numbers are
equal when their texts are.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal, Inexact, InvalidOperation, Rounded
from functools import lru_cache
from typing import Final

from anydynamo.engine import texts
from anydynamo.engine.errors import EngineError, validation
from anydynamo.engine.limits import EXPONENT_MAX, EXPONENT_MIN, NUMBER_DIGITS

__all__ = ["add", "measured", "normalise", "number_size", "parse", "sort_bytes", "subtract"]

_NUMBER: Final = re.compile(
    r"([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))(?:[eE]([+-]?[0-9]+))?", re.ASCII
)

# Two operands span at most 38 digits at each end of the exponents' range, so nothing that this
# context computes is ever rounded; the digits of the result are counted afterwards.
_EXACT: Final = Context(
    prec=2 * (EXPONENT_MAX - EXPONENT_MIN) + NUMBER_DIGITS,
    Emin=-1000,
    Emax=1000,
    traps=[Inexact, Rounded, InvalidOperation],
)

_EXPONENT_BITS: Final = 2**63


def normalise(text: str) -> str:
    """Return the canonical text of a number: plain decimal notation without needless zeros.

    Raises:
        EngineError: The text is no number, or one that DynamoDB cannot hold.
    """
    return measured(text)[0]


def measured(text: str) -> tuple[str, int]:
    """Return the canonical text of a number, and the bytes that it costs.

    Raises:
        EngineError: As for `normalise`.
    """
    # The commonest number by far is a short whole one, which is canonical as it stands.
    if text.isdigit() and text.isascii() and text[0] != "0" and len(text) <= NUMBER_DIGITS:
        return text, 1 + (len(text.rstrip("0")) + 1) // 2
    # Only texts of a sensible length are worth remembering.
    return _remembered(text) if len(text) <= _REMEMBERED_LENGTH else _measured(text)


def _measured(text: str) -> tuple[str, int]:
    canonical = _normalise(text)
    return canonical, number_size(canonical)


def _normalise(text: str) -> str:
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise _not_a_number(text)
    sign, whole, fraction, bare_fraction, power = match.groups()
    fraction = fraction or bare_fraction or ""
    digits = (whole or "") + fraction
    exponent = _exponent(power, text)
    significant = digits.lstrip("0")
    if not significant:
        _check_magnitude(exponent)
        return "0"
    # The number is 0.SIGNIFICANT times ten to the power of `point`.
    point = exponent - len(fraction) + len(significant)
    significant = significant.rstrip("0")
    _check_magnitude(point - 1)
    if len(significant) > NUMBER_DIGITS:
        raise validation(texts.values.TOO_MANY_DIGITS)
    return ("-" if sign == "-" else "") + _plain(significant, point)


_REMEMBERED_LENGTH: Final = 64
_remembered: Final = lru_cache(maxsize=4096)(_measured)


def _exponent(power: str | None, text: str) -> int:
    if power is None:
        return 0
    # Longer than any 64-bit integer: also keeps int() away from texts of thousands of digits.
    if len(power.lstrip("+-").lstrip("0")) > 19:
        raise _not_a_number(text)
    exponent = int(power)
    if not -_EXPONENT_BITS <= exponent < _EXPONENT_BITS:
        raise _not_a_number(text)
    return exponent


def _check_magnitude(exponent: int) -> None:
    if exponent > EXPONENT_MAX:
        raise validation(texts.values.NUMBER_OVERFLOW)
    if exponent < EXPONENT_MIN:
        raise validation(texts.values.NUMBER_UNDERFLOW)


def _not_a_number(text: str) -> EngineError:
    if not text:
        return validation(texts.values.NO_NUMBER)
    # Half a surrogate pair, which a program can pass, could not be written anywhere.
    shown = text.encode(errors="backslashreplace").decode()
    return validation(texts.values.NO_NUMBER_TEXT, text=shown)


def _plain(significant: str, point: int) -> str:
    if point <= 0:
        return "0." + "0" * -point + significant
    if point >= len(significant):
        return significant + "0" * (point - len(significant))
    return significant[:point] + "." + significant[point:]


def parse(text: str) -> Decimal:
    """Return the exact value of a canonical text."""
    return Decimal(text)


def add(left: str, right: str) -> str:
    """Return the exact sum of two canonical numbers.

    Raises:
        EngineError: The sum needs more than 38 digits or is out of range; nothing is rounded.
    """
    return normalise(format(_EXACT.add(Decimal(left), Decimal(right)), "f"))


def subtract(left: str, right: str) -> str:
    """Return the exact difference of two canonical numbers.

    Raises:
        EngineError: The difference needs more than 38 digits or is out of range.
    """
    return normalise(format(_EXACT.subtract(Decimal(left), Decimal(right)), "f"))


def _parts(text: str) -> tuple[bool, str, int]:
    """Split a canonical text other than `0` into sign, significant digits and decimal exponent."""
    negative = text[0] == "-"
    whole, _, fraction = text.removeprefix("-").partition(".")
    if whole == "0":
        digits = fraction.lstrip("0")
        exponent = len(digits) - len(fraction) - 1
    else:
        digits = whole + fraction
        exponent = len(whole) - 1
    return negative, digits.rstrip("0"), exponent


_NEGATIVE: Final = b"\x01"
_ZERO: Final = b"\x02"
_POSITIVE: Final = 3

# A digit becomes one half-byte from 1 to 10, so that 0 can end the digits; a negative number's
# half-bytes are the complements, and 15 ends them.
_DIGITS_UP: Final = str.maketrans("0123456789", "123456789a")
_DIGITS_DOWN: Final = str.maketrans("0123456789", "edcba98765")


@lru_cache(maxsize=4096)
def sort_bytes(text: str) -> bytes:
    """Encode a canonical number so that the bytes sort as the numbers do.

    Equal numbers have equal bytes, and no number's bytes are the beginning of another's, so that
    something else may follow them in a key. One byte for the sign, one for the exponent, then two
    digits to a byte.
    """
    if text == "0":
        return _ZERO
    negative, digits, exponent = _parts(text)
    even = len(digits) % 2 == 0
    if negative:
        half_bytes = digits.translate(_DIGITS_DOWN) + ("ff" if even else "f")
        return b"%b%c%b" % (_NEGATIVE, EXPONENT_MAX - exponent, bytes.fromhex(half_bytes))
    half_bytes = digits.translate(_DIGITS_UP) + ("00" if even else "0")
    return b"%c%c%b" % (_POSITIVE, exponent - EXPONENT_MIN, bytes.fromhex(half_bytes))


def number_size(text: str) -> int:
    """Return the bytes that a canonical number costs.

    One, and one for each pair of significant digits before and after the decimal point, and one
    more for a minus. Zeros at either end are not significant.
    """
    if text.isdigit():
        return 1 + (len(text.rstrip("0")) + 1) // 2
    negative = text[0] == "-"
    whole, _, fraction = (text[1:] if negative else text).partition(".")
    if not fraction:
        return 1 + (len(whole.rstrip("0")) + 1) // 2 + negative
    if whole == "0":
        return 1 + (len(fraction.lstrip("0")) + 1) // 2 + negative
    return 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2 + negative
